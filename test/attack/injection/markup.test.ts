import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asked } from '../../../src/adapters/slack/asked.ts';
import { type Frame, plain, preformatted } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { click } from '../../../src/adapters/slack/clicks.ts';
import {
  channelLink,
  code,
  foreign,
  foreignLines,
  link,
  spoken,
  who,
} from '../../../src/adapters/slack/escape.ts';
import {
  declareForm,
  noteForm,
  reopenForm,
  roleForm,
  severityForm,
  updateForm,
} from '../../../src/adapters/slack/modals/incidentForms.ts';
import { resolveForm } from '../../../src/adapters/slack/modals/resolveForm.ts';
import {
  answerForm,
  chooseRollbackForm,
  glassForm,
  runForm,
} from '../../../src/adapters/slack/modals/runForms.ts';
import { slash } from '../../../src/adapters/slack/slash/slash.ts';
import { allWords } from '../../../src/adapters/slack/slash/words.ts';
import type { View } from '../../../src/core/view.ts';
import { wallClock } from '../../adapters/slack/clocks.ts';
import { fakeDesk } from '../../adapters/slack/fakeDesk.ts';
import {
  definition,
  everyView,
  incident,
  lead,
  now,
  oncall,
  responder,
  rollback,
  run,
} from '../../adapters/slack/views.ts';
import { activeIn } from './activeMarkup.ts';
import { hostileMarkup, hostileTemplates } from './hostileTexts.ts';
import { replaced, textsIn } from './poison.ts';

const frame: Frame = {
  now,
  linkTo: (subject) => (subject.startsWith('step/') ? 'https://team.slack.com/archives/C1/p1' : null),
  channelUrl: (channel) => `https://team.slack.com/archives/${encodeURIComponent(channel.toWellFormed())}`,
  canRollBack: () => true,
};

const allowed = { people: [oncall, responder, lead], channels: ['C0INCIDENT9'] };
const hostile = [...hostileMarkup, ...hostileTemplates];
const views = Object.entries(everyView);
const soak = process.env.SOAK === '1';

const anyText = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '!',
      '@',
      '#',
      '|',
      '&',
      ';',
      'l',
      't',
      '`',
      '\n',
      '\u202e',
      '\u200b',
      'U0',
    ),
    maxLength: 300,
  }),
);

const isId = /^[UWCDG][A-Z0-9]{2,30}$/;

describe('text from outside in Slack', { tags: ['trust-34'], timeout: 120_000 }, () => {
  it('does nothing in any field of any card', async ({ annotate }) => {
    let cards = 0;
    let fields = 0;
    for (const [index, [name, view]] of views.entries()) {
      const texts = textsIn(view);
      fields += texts.length;
      for (const [at, text] of texts.entries()) {
        // One of them in each field, another one in the next; all of them, everywhere, in the long run.
        const chosen = soak ? hostile : [hostile[(index * 7 + at) % hostile.length] ?? ''];
        for (const words of chosen) {
          const card = render(
            replaced(view, (each) => (each === text ? words : each)),
            frame,
          );
          cards += 1;
          expect(
            activeIn(card, allowed),
            `${name}: ${JSON.stringify(words)} for ${JSON.stringify(text)}`,
          ).toEqual([]);
        }
      }
      for (const words of soak ? hostile : hostile.filter((_, at) => at % 3 === index % 3)) {
        const card = render(
          replaced(view, (each) => (allowed.people.includes(each) ? each : words)),
          frame,
        );
        cards += 1;
        expect(activeIn(card, allowed), `${name}: ${JSON.stringify(words)} everywhere`).toEqual([]);
      }
    }
    await annotate(
      `${hostile.length} hostile texts in ${fields} fields of ${views.length} kinds of message: ${cards} messages, 0 active mentions, 0 masked links`,
      'figure',
    );
  });

  it('does nothing, whatever it is', async ({ annotate }) => {
    const runs = soak ? 20_000 : 500;
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    fc.assert(
      fc.property(
        fc.constantFrom(...views),
        // Ids come from Slack's signed requests and from nowhere else.
        fc.array(
          anyText.filter((text) => !isId.test(text)),
          { minLength: 1, maxLength: 6 },
        ),
        ([, view], words) => {
          const texts = textsIn(view);
          const changed = new Map(
            texts.map((text, index) => [text, words[index % (words.length + 1)] ?? text] as const),
          );
          const card = render(
            replaced(view, (text) => changed.get(text) ?? text),
            frame,
          );
          expect(activeIn(card, allowed)).toEqual([]);
        },
      ),
      { numRuns: runs, seed },
    );
    await annotate(`${runs} random messages (seed ${seed}): 0 active mentions, 0 masked links`, 'figure');
  });

  it('does nothing in any form', async ({ annotate }) => {
    let forms = 0;
    for (const words of hostile) {
      const poison = <T>(value: T): T =>
        replaced(value, (text) => (allowed.people.includes(text) ? text : words));
      const origin = { channel: words, responseUrl: words, value: { option: words } };
      const about = poison(incident());
      for (const view of [
        declareForm(origin, { services: [words, 'b'], title: words, service: words }),
        severityForm(origin, about),
        roleForm(origin, about),
        updateForm(origin, about),
        noteForm(origin, about),
        resolveForm(origin, about, [poison({ run: run(), definition })]),
        reopenForm(origin, about),
        runForm(origin, { definition: poison(definition), incident: about, allowed: false, reason: words }),
        runForm(origin, { definition: poison(rollback), incident: null, allowed: true, reason: words }),
        chooseRollbackForm(origin, [words]),
        glassForm(origin, words),
        answerForm(origin, {
          id: 'ask',
          kind: 'ask',
          question: words,
          input: { kind: 'text', maxLength: 500 },
        }),
      ]) {
        forms += 1;
        // What a person is given to edit is exactly what was there, so it stays as it is.
        const { blocks } = JSON.parse(
          JSON.stringify(view, (key, value) => (key === 'initial_value' ? undefined : value)),
        ) as typeof view;
        expect(activeIn({ blocks: [...blocks, view.title] }, allowed), view.callback_id).toEqual([]);
      }
    }
    await annotate(`${forms} forms, 0 active mentions, 0 masked links`, 'figure');
  });

  it('does nothing in what one person alone is answered', async ({ annotate }) => {
    const asked: Asked = { user: oncall, channel: 'C0INCIDENT9', responseUrl: null, once: 'slack:1' };
    let answers = 0;
    for (const words of hostile) {
      const poison = <T>(value: T): T =>
        replaced(value, (text) => (allowed.people.includes(text) ? text : words));
      const desk = fakeDesk();
      const whole = poison({ definition, run: run({ at: 'which' }), incident: incident() });
      desk.incidents = [{ ...whole.incident, channel: { id: 'C0INCIDENT9', name: words } }];
      desk.runs = [{ run: whole.run, definition: whole.definition }];
      const said = [
        ...allWords.map((word) => `${word} ${words}`),
        words,
        '',
        'status',
        'status INC-42',
        'playbook list',
        'playbook show high-error-rate',
        `help ${words}`,
        `playbook run ${words}`,
        `rollback ${words}`,
      ];
      const reach = async () => true;
      const replies = [
        ...(await Promise.all(said.map((text) => slash({ desk, clock: wallClock, reach }, asked, text)))),
        ...(await Promise.all(
          ['step.why', 'step.not-sure', 'incident.run', 'incident.more', 'no.such', words].map((actionId) =>
            click(desk, asked, {
              actionId,
              value: JSON.stringify({ r: 'INC-42.1', i: 'INC-42', s: words, a: 1, o: words }),
            }),
          ),
        )),
      ];
      for (const reply of replies) {
        if (reply.kind !== 'private') continue;
        answers += 1;
        expect(activeIn(reply.say, allowed), `${JSON.stringify(words)}: ${reply.say.text}`).toEqual([]);
      }
    }
    expect(answers).toBeGreaterThan(hostile.length * 5);
    await annotate(`${answers} private answers, 0 active mentions, 0 masked links`, 'figure');
  });

  it('is written the way that was agreed on', async () => {
    const ways = {
      foreign,
      foreignLines,
      code,
      who,
      channelLink,
      link: (text: string) => link(text, 'Dashboard'),
      label: (text: string) => link('https://grafana.example/d/1', text),
      spoken: (text: string) => spoken(text, [oncall]),
      plain: (text: string) => plain(text, 150).text,
      preformatted: (text: string) => JSON.stringify(preformatted(text, 300)),
    };
    const lines = hostileMarkup
      .filter((text) => text.length < 200)
      .flatMap((text) => [
        `# ${JSON.stringify(text)}`,
        ...Object.entries(ways).map(([name, way]) => `${name}: ${JSON.stringify(way(text))}`),
        '',
      ]);
    await expect(lines.join('\n')).toMatchFileSnapshot('./markup.golden.txt');
  });

  it('a search for active markup finds it where it is', () => {
    const card = (text: string) => ({ text, blocks: [] });
    for (const text of [
      '<!channel>',
      '<@U0VISITOR01>',
      '<#C0GENERAL01>',
      '<https://evil.example|Grafana>',
      '<https://evil.example|(grafana.example)>',
      'a &l',
      'a\u200bb',
    ]) {
      expect(activeIn(card(text), allowed), text).not.toEqual([]);
    }
    const view: View = { kind: 'quiet', incident: incident() };
    expect(activeIn(render(view, frame), allowed)).toEqual([]);
  });
});
