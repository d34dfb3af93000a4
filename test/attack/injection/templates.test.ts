import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { clean, oneLine } from '../../../src/adapters/slack/escape.ts';
import { canonicalJson } from '../../../src/core/playbook/canonical.ts';
import { toHtml } from '../../../src/core/report/html.ts';
import { toMarkdown } from '../../../src/core/report/markdown.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import { engineer } from '../../fakes/room.ts';
import { createWorld, notice } from '../../fakes/world.ts';
import { hostileTemplates, inheritedNames } from './hostileTexts.ts';

const corpus = [...hostileTemplates, ...inheritedNames];
const room = join(import.meta.dirname, '../../fixtures/base-room');

const frame: Frame = {
  now: Date.UTC(2026, 10, 21, 14, 0, 0),
  linkTo: () => null,
  channelUrl: () => null,
  canRollBack: () => true,
};

/** What a reader sees of escaped text: each entity undone once. */
const seen = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&#64;', '@')
    .replaceAll('&#47;', '/')
    .replaceAll('&#46;', '.')
    .replaceAll('&amp;', '&');
/** Of Markdown, also without the backslashes that keep marks from meaning something. */
const seenInMarkdown = (text: string): string => seen(text.replaceAll(/\\([\\`*_[\]|~#>+-])/g, '$1'));

describe('a template of any engine', { tags: ['trust-33'] }, () => {
  it('in an alert stays the text that it is, in the chat and in the post-mortem', async ({ annotate }) => {
    for (const text of corpus) {
      const world = createWorld();
      world.notice(
        notice({
          labels: { alertname: 'HighErrorRate', service: 'checkout', instance: text },
          annotations: { summary: text, description: text },
        }),
      );
      const said = { type: 'incident.note', incident: 'INC-1', kind: 'note', text } as const;
      world.by(engineer, said);
      const incident = world.incident();
      const note = incident.notes.at(-1);
      if (!note) throw new Error('the note is not there');
      expect(note.text).toBe(text);
      const card = render({ kind: 'note', incident, note }, frame);
      expect(seen(card.text), text).toContain(clean(text).trim());
      const again = render({ kind: 'card', incident, current: null }, frame);
      expect(seen(JSON.parse(JSON.stringify(again.blocks[1])).text.text), text).toContain(
        clean(incident.summary)
          .trim()
          .replace(/[.\s]+$/, ''),
      );
      const events = world
        .events('INC-1')
        .map((event, index) => ({ stream: 'INC-1' as const, event, position: index }));
      const draft = postMortem(events, { incident, runs: [], now: world.now() });
      // Many readers show a code span as it stands; inside one nothing is escaped.
      const plain = oneLine(text).replaceAll('`', '');
      expect(seen(toHtml(draft)).replaceAll('`', ''), text).toContain(plain);
      expect(seenInMarkdown(toMarkdown(draft)).replaceAll(/[`\\]/g, ''), text).toContain(
        plain.replaceAll('\\', ''),
      );
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    await annotate(
      `${corpus.length} templates through alert, note, card and post-mortem: ${corpus.length} literal, 0 evaluated`,
      'figure',
    );
  });

  it('in a playbook stays the text that it is, and is looked at once', async ({ annotate }) => {
    const directory = await mkdtemp(join(tmpdir(), 'genesis-templates-'));
    try {
      await cp(room, directory, { recursive: true });
      const file = join(directory, 'alerts/billing-errors.yml');
      const texts = corpus
        .map((text) => text.trim())
        .filter((text) => text.length <= 300 && !/[\r\n]/.test(text));
      const lists = Array.from({ length: Math.ceil(texts.length / 20) }, (_, index) =>
        texts.slice(index * 20, index * 20 + 20),
      );
      const checklists = lists.map(
        (list, index) =>
          `  - checklist: ${JSON.stringify(hostileTemplates[index + 1])}\n    items:\n${list.map((text) => `      - ${JSON.stringify(text)}\n`).join('')}`,
      );
      const before = await readFile(file, 'utf8');
      const titled = before.replace(/^title: .*$/m, () => `title: ${JSON.stringify(hostileTemplates[0])}`);
      await writeFile(file, `${titled.trimEnd()}\n${checklists.join('')}`);
      const loaded = await loadRoom({ directory, pace: 1 });
      expect(loaded.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const definition = loaded.room?.definitions['billing-errors'];
      expect(definition?.playbook.title).toBe(hostileTemplates[0]);
      const last = definition?.playbook.steps.slice(-lists.length);
      expect(last).toMatchObject(
        lists.map((items, index) => ({
          kind: 'checklist',
          title: hostileTemplates[index + 1]?.trim(),
          items,
        })),
      );
      expect(canonicalJson(definition)).not.toContain('"49"');
      await annotate(`${texts.length} templates in a playbook: ${texts.length} literal`, 'figure');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('has one placeholder in its place: the window of a query, put in once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'genesis-window-'));
    try {
      await cp(room, directory, { recursive: true });
      const file = join(directory, 'services/billing.yml');
      const before = await readFile(file, 'utf8');
      const query = 'sum(rate(a[$window])) / sum(rate(b{x="$$window"}[$window]))';
      await writeFile(
        file,
        before.replace(/query: sum.*$/m, () => `query: ${JSON.stringify(query)}`),
      );
      const loaded = await loadRoom({ directory, pace: 1 });
      const queries = JSON.stringify(loaded.room?.definitions).match(/"query":"(?:\\.|[^"\\])*"/g) ?? [];
      const put = queries.find((each) => each.includes('rate(a['));
      expect(put).toMatch(/rate\(a\[(\d+s)\]\).*"\$\1\\"\}\[\1\]/);
      for (const each of queries) expect(each).not.toContain('$window');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
