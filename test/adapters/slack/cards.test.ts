import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Card, Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import type { Definition, Step } from '../../../src/core/playbook/definition.ts';
import type { View } from '../../../src/core/view.ts';
import {
  blockTextLength,
  checkMessageBlocks,
  maxBlockText,
} from '../../../src/sandbox/emulator/blockKit/payload.ts';
import { definition, everyView, incident, lead, now, oncall, responder, stepView } from './views.ts';

const frame: Frame = {
  now,
  linkTo: (subject) => (subject.startsWith('step/') ? 'https://team.slack.com/archives/C1/p1' : null),
  channelUrl: (channel) => `https://team.slack.com/archives/${channel}`,
  canRollBack: () => true,
};

type Json = Readonly<Record<string, unknown>>;

function objectsIn(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(objectsIn)];
}

const buttonsOf = (card: Card): Json[] =>
  objectsIn(card.blocks).filter((each) => each.type === 'button' || each.type === 'overflow');

/** Every text in which Slack would see markup. */
const markupOf = (card: Card): string[] => [
  card.text,
  ...objectsIn(card.blocks).flatMap((each) =>
    each.type === 'mrkdwn' && typeof each.text === 'string' ? [each.text] : [],
  ),
];

function broken(card: Card): unknown[] {
  const problems: unknown[] = checkMessageBlocks(card.blocks, '/blocks', () => false);
  if ([...card.text].length > 4_000 || card.text.trim() === '') problems.push('text');
  if (blockTextLength(card.blocks) > maxBlockText) problems.push('too much text');
  return problems;
}

/** A card as one reads it, for the golden file. */
function written(name: string, card: Card): string {
  const shown = (element: Json): string => {
    const label = (element.text as Json | undefined)?.text ?? '⋯';
    const notes = [element.action_id, element.style, element.confirm ? 'confirm' : undefined]
      .filter((note) => note !== undefined)
      .join(', ');
    const options = Array.isArray(element.options)
      ? ` {${element.options.map((option: Json) => (option.text as Json).text).join(' | ')}}`
      : '';
    return `[${label}${options} <${notes}>]`;
  };
  const lines = (card.blocks as unknown as Json[]).flatMap((block) => {
    switch (block.type) {
      case 'header':
        return [`# ${(block.text as Json).text}`];
      case 'section':
        return [String((block.text as Json).text)];
      case 'context':
        return (block.elements as Json[]).map((element) => `  ${String(element.text)}`);
      case 'actions':
        return [(block.elements as Json[]).map(shown).join(' ')];
      default:
        return objectsIn(block).flatMap((each) =>
          each.type === 'text' ? [`| ${String(each.text).replaceAll('\n', '\n| ')}`] : [],
        );
    }
  });
  return [`## ${name}`, `(${card.text})`, ...lines, ''].join('\n');
}

describe('cards', () => {
  it('look as they were agreed on', async () => {
    const all = Object.entries(everyView).map(([name, view]) => written(name, render(view, frame)));
    await expect(all.join('\n')).toMatchFileSnapshot('./cards.golden.txt');
  });

  it.each(Object.entries(everyView))('keep within what Slack takes: %s', (_, view) => {
    const card = render(view, frame);
    expect(broken(card)).toEqual([]);
    expect(buttonsOf(card).filter((button) => button.style === 'primary').length).toBeLessThanOrEqual(1);
    for (const button of buttonsOf(card)) {
      if (button.style === 'danger') expect(button.confirm).toBeDefined();
    }
  });

  it('show no buttons where nothing can be done any more', () => {
    for (const name of [
      'step, superseded',
      'step, run ended',
      'step, done',
      'step, reopened',
      'run, completed',
    ]) {
      const view = everyView[name];
      expect(view && buttonsOf(render(view, frame))).toEqual([]);
    }
  });

  it('have no buttons in a remark that stands in the thread that the incident has left', () => {
    const view = everyView['note, nobody has acknowledged'];
    if (view?.kind !== 'note') throw new Error('there is no such note');
    const saidInThread = (upTo: number) =>
      buttonsOf(render({ ...view, incident: { ...view.incident, saidInThread: upTo } }, frame));
    expect(saidInThread(view.note.number)).toEqual([]);
    expect(saidInThread(view.note.number - 1)).toHaveLength(1);
  });

  it('give every state of one message its own block ids', () => {
    const offered = everyView['step, offering disruptive'];
    const failed = everyView['step, failed'];
    const ids = (view: View | undefined) =>
      view ? render(view, frame).blocks.map((block) => block.block_id) : [];
    const shared = ids(offered).filter((id) => ids(failed).includes(id));
    expect(shared).toEqual([]);
  });

  it('offer to break the glass in a P0 alone', () => {
    const has = (name: string) => {
      const view = everyView[name];
      return (
        view && buttonsOf(render(view, frame)).some((button) => button.action_id === 'approval.break-glass')
      );
    };
    expect(has('step, approving in a P0')).toBe(true);
    expect(has('step, approving')).toBe(false);
  });

  it('show the command of an approval exactly, with what cannot be seen spelled out', () => {
    const view = stepView('wipe', {
      kind: 'approving',
      approval: {
        hash: 'b'.repeat(64),
        plan: {
          title: 'Reset',
          risk: 'destructive',
          says: null,
          commands: [
            {
              action: 'reset_state',
              title: 'Reset',
              host: { kind: 'local', name: 'genesis', directory: '/srv', path: [] },
              does: { kind: 'run', argv: ['rm', '--', 'a b', "it's", '\u202egpj.exe', '<!channel>'] },
              timeoutMs: 1_000,
              succeeds: [0],
              secrets: [],
              undo: 'none',
              probe: null,
              observes: false,
            },
          ],
          verify: null,
          budgetMs: null,
          undo: 'none',
        },
        requestedBy: responder,
        requestedAt: now,
        expiresAt: now + 1,
        state: { kind: 'pending' },
      },
    });
    const exact = objectsIn(render(view, frame).blocks).find((each) => each.type === 'text');
    expect(exact?.text).toBe("# on genesis (/srv)\nrm -- 'a b' 'it'\\''s' '\\u{202e}gpj.exe' '<!channel>'");
  });
});

describe('text from outside', { tags: ['trust-34'] }, () => {
  const nasty = fc.oneof(
    fc.constantFrom(
      '<!channel>',
      '<!here|here>',
      '<@U0VISITOR01>',
      '<#C0GENERAL01>',
      '<!subteam^S0PLATFORM1>',
      '<https://evil.example|https://good.example>',
      '&lt;!channel&gt;',
      '&amp;lt;!channel&amp;gt;',
      '\u202e<!everyone>',
      '<\u200b!channel>',
      '<!date^1^{date}^https://evil.example|x>',
      '`<!channel>`',
      '*bold* _it_ ~no~',
      'https://evil.example/<!here>',
      '\u0000\u0007<!channel>\r\n> quote',
      '\ud800 lone',
      '🤖'.repeat(400),
      '<'.repeat(5_000),
    ),
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({
      unit: fc.constantFrom('<', '>', '!', '@', '|', '&', '`', '\n', '\u202e', 'a', '#'),
      maxLength: 300,
    }),
  );

  /** What may be active in a card of these fixtures: its own people, its channel, dates, and the links we made. */
  const allowed = new RegExp(
    `^<(@(${[oncall, responder, lead].join('|')})|#C0INCIDENT9|!date\\^\\d+\\^(\\{time_secs\\}|\\{ago\\}|\\{date_short_pretty\\} \\{time_secs\\})\\|(at )?[\\d: -]+ UTC|https://(team\\.slack\\.com|grafana\\.example)/[^|>]*\\|[^<>]*)>$`,
  );

  function active(card: Card): string[] {
    return markupOf(card).flatMap((text) =>
      (text.match(/<[^>]*>?/g) ?? []).filter((found) => !allowed.test(found)),
    );
  }

  function poisoned(view: View, text: string): View {
    const people = new Set([oncall, responder, lead]);
    const keep = new Set([
      'id',
      'kind',
      'by',
      'moment',
      'offers',
      'phase',
      'severity',
      'risk',
      'unit',
      'verdict',
      'authority',
      'undo',
      'step',
    ]);
    const walk = (value: unknown, name: string): unknown => {
      if (typeof value === 'string') {
        return keep.has(name) || people.has(value) || /^(INC|RUN)-|^https:|^[a-f]{64}$/.test(value)
          ? value
          : text;
      }
      if (Array.isArray(value)) return value.map((each) => walk(each, name));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, each]) => [
          key,
          // Names by which one thing finds another stay; they come from the operators' own files.
          [
            'at',
            'action',
            'indicator',
            'option',
            'answer',
            'host',
            'stage',
            'service',
            'requestedBy',
            'startedBy',
            'openedBy',
          ].includes(key) && key !== 'answer'
            ? each
            : walk(each, key),
        ]),
      );
    };
    return walk(view, '') as View;
  }

  it('never pings, links or hides anything, and never breaks a limit', () => {
    fc.assert(
      fc.property(nasty, fc.constantFrom(...Object.keys(everyView)), (text, name) => {
        const card = render(poisoned(everyView[name] as View, text), frame);
        expect(active(card)).toEqual([]);
        expect(broken(card)).toEqual([]);
        // What a button carries back is never shown.
        const shown = JSON.stringify(card, (key, value) => (key === 'value' ? undefined : value));
        expect(shown).not.toMatch(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 600 },
    );
  });

  it('a remark of the bot mentions people of the incident and nobody else', () => {
    const view: View = {
      kind: 'note',
      incident: incident({ roles: { commander: oncall } }),
      note: {
        number: 1,
        kind: 'bot',
        by: 'bot',
        at: now,
        text: `Severity P2 → P1 by <@${oncall}>: tell <@U0VISITOR01> and <!channel>`,
      },
    };
    const [text] = markupOf(render(view, frame));
    expect(text).toBe(`Severity P2 → P1 by <@${oncall}>: tell &lt;@U0VISITOR01&gt; and &lt;!channel&gt;`);
  });

  it('a question with more options than a message holds still fits', () => {
    const many: Step = {
      id: 'which',
      kind: 'choose',
      question: 'Which of these?',
      options: Array.from({ length: 60 }, (_, index) => ({
        id: `o${index}`,
        label: `Option number ${index} ${'x'.repeat(100)}`,
        hint: 'h'.repeat(400),
        steps: [],
      })),
    };
    const wide: Definition = { ...definition, playbook: { ...definition.playbook, steps: [many] } };
    const base = stepView('which', { kind: 'asking', since: now });
    const card = render({ ...base, step: many, view: { ...base.view, definition: wide } }, frame);
    expect(broken(card)).toEqual([]);
  });
});
