import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepest, parseYaml } from '../../../src/adapters/playbooks/parseYaml.ts';
import { createYamlReader } from '../../../src/adapters/playbooks/yamlReader.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { temporaryDirectory } from '../../adapters/sqlite/places.ts';
import { createClock } from '../../fakes/clock.ts';
import { engineer, room } from '../../fakes/room.ts';
import { hostileTemplates } from './hostileTexts.ts';

const soak = process.env.SOAK === '1';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((each: unknown) => depthOf(each)))
    : 0;

describe('a hostile playbook', { tags: ['trust-38'] }, () => {
  it('is read as plain data or refused with its place, whatever is in it', async ({ annotate }) => {
    const numRuns = soak ? 50_000 : 400;
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    const piece = fc.oneof(
      fc.constantFrom(
        ...hostileTemplates,
        '&a ',
        '*a',
        '<<: *a',
        '!!js/function ',
        '!!python/object/apply:os.system ',
        '!<tag:yaml.org,2002:int> ',
        '%TAG ! x\n---\n',
        '---\n',
        '...\n',
        '__proto__: 1\n',
        'constructor: { prototype: { polluted: 1 } }\n',
        '? [a, b]\n: c\n',
        '{',
        '}',
        '[',
        ']',
        ': ',
        '- ',
        '\n',
        '  ',
        '\t',
        '|',
        '>-',
        '"',
        "'",
        '#',
        '@',
        '`',
        'a',
        '0x1F',
        '1e999',
        '.nan',
        '0o17',
        'yes',
        'null',
        '2001-01-01',
        '\u0000',
        '\u2028',
        '\ufeff',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const parsed = parseYaml(text);
        if (!parsed.ok) {
          refused += 1;
          expect(parsed.mistakes.length).toBeGreaterThan(0);
          for (const { line, column, message } of parsed.mistakes) {
            expect(line).toBeGreaterThan(0);
            expect(column).toBeGreaterThan(0);
            expect(message).not.toBe('');
          }
          return;
        }
        taken += 1;
        expect(depthOf(parsed.value)).toBeLessThanOrEqual(deepest + 1);
        // Plain data: what went through JSON is the same but for numbers that JSON has not.
        expect(() => JSON.stringify(parsed.value)).not.toThrow();
        expect(JSON.stringify(parsed.value) ?? '').not.toMatch(/"(?:__proto__|constructor|prototype)":/);
      }),
      { numRuns, seed },
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    await annotate(
      `${numRuns} random texts (seed ${seed}): ${taken} plain data, ${refused} refused with line and column, 0 objects, 0 aliases`,
      'figure',
    );
  });

  it.each([
    ['an anchor', 'a: &x 1'],
    ['an alias', 'a: *x'],
    ['a merge', '<<: *x'],
    ['a tag of JavaScript', 'a: !!js/function "function () {}"'],
    ['a tag of Python', '!!python/object/apply:os.system [id]'],
    ['a local tag', 'a: !secret file'],
    ['a full tag', 'a: !<tag:example,2000:x> 1'],
    ['a directive', '%YAML 1.1\n---\na: 1'],
    ['a second document', 'a: 1\n---\nb: 2'],
    ['the same key twice', 'a: 1\na: 2'],
    ['a key that every object has', '__proto__: { polluted: 1 }'],
    ['a constructor', 'constructor: { prototype: {} }'],
    ['a map as a key', '? { a: 1 }\n: 2'],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`],
  ])('is refused for %s', (_, text) => {
    expect(parseYaml(text)).toMatchObject({ ok: false });
  });

  it('cannot stop the bot: whatever takes longer than its limit is ended, and the next one is read', async () => {
    const reader = createYamlReader({ limitMs: 200 });
    const all = [
      `${'- '.repeat(30_000)}x`,
      Array.from({ length: 8_000 }, (_, index) => `k${index}:`).join('\n'),
      `a: ${'['.repeat(60_000)}`,
      `? ${'? '.repeat(20_000)}`,
      `${'a: {'.repeat(12_000)}`,
      `"${'\\u0041'.repeat(10_000)}`,
    ];
    const texts = soak ? all : all.slice(0, 2);
    try {
      for (const text of texts) {
        const parsed = await reader.parse(text);
        if (!parsed.ok) expect(parsed.mistakes[0]?.message).not.toBe('');
      }
    } finally {
      await reader.stop();
    }
    const next = createYamlReader();
    expect(await next.parse('a: 1')).toMatchObject({ ok: true });
    await next.stop();
  });
});

describe('a run in progress', { tags: ['trust-38'] }, () => {
  it('keeps the playbook that it began with, over a change of the files and a restart', async () => {
    const file = join(temporaryDirectory(), 'genesis.db');
    const clock = createClock();
    const start = {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'quick-fix',
      place: { kind: 'channel', channel: 'C1' },
      reason: null,
    } as const;
    const first = openSqliteStore({ file, clock });
    await first.handle({ actor: engineer, ...start }, room);
    await first.close();

    const old = room.definitions['quick-fix'];
    const quick = old?.service.actions.quick;
    if (!old || !quick) throw new Error('the room is another one');
    const does = { kind: 'run' as const, argv: ['tool', 'quick', '--all'] };
    const actions = { ...old.service.actions, quick: { ...quick, risk: 'destructive' as const, does } };
    const changed: Room = {
      ...room,
      definitions: { ...room.definitions, 'quick-fix': { ...old, service: { ...old.service, actions } } },
    };
    const second = openSqliteStore({ file, clock });
    try {
      const perform = { type: 'run.perform', step: 'quick', attempt: 1 } as const;
      const kept = await second.handle({ actor: engineer, ...perform, run: 'RUN-1' }, changed);
      const plans = (events: readonly { type: string; data: unknown }[]) =>
        events.flatMap(({ type, data }) => (type === 'CommandStarted' ? [JSON.stringify(data)] : []));
      expect(kept.kind === 'accepted' && plans(kept.events)).toEqual([
        expect.stringContaining('"argv":["tool","quick"]'),
      ]);
      // The next run has the new one, with the second person that it asks for now.
      await second.handle({ actor: engineer, ...start }, changed);
      const asked = await second.handle({ actor: engineer, ...perform, run: 'RUN-2' }, changed);
      expect(asked.kind === 'accepted' && asked.events.map(({ type }) => type)).toContain(
        'ApprovalRequested',
      );
      const state = await second.state('RUN-1');
      const pinned = state?.kind === 'run' ? await second.definition(state.run.definition) : null;
      expect(pinned?.service.actions.quick?.does).toEqual(quick.does);
    } finally {
      await second.close();
    }
  });
});
