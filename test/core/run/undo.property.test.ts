import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/core/playbook/canonical.ts';
import type { Action, Definition } from '../../../src/core/playbook/definition.ts';
import { changesInEffect, undoOf } from '../../../src/core/run/undo.ts';
import type { LedgerRef, RunId } from '../../../src/core/stream.ts';
import { doing, engineer, room as smallRoom } from '../../fakes/room.ts';
import { createWorld } from '../../fakes/world.ts';

const service = 'checkout';
const place = { kind: 'channel', channel: 'C1' } as const;

/** Two files, one of which two actions write, and machines that are added and taken away; some actions are followed by others. */
const actions: Readonly<Record<string, Partial<Action>>> = {
  one_a: { does: { kind: 'write', file: 'one', content: 'a' }, undo: { kind: 'previous' } },
  one_b: {
    does: { kind: 'write', file: 'one', content: 'b' },
    undo: { kind: 'previous' },
    // biome-ignore lint/suspicious/noThenProperty: it is the operators' word, and nobody awaits an action.
    then: ['reload'],
  },
  two_a: {
    does: { kind: 'write', file: 'two', content: 'a' },
    undo: { kind: 'previous' },
    // biome-ignore lint/suspicious/noThenProperty: as above.
    then: ['one_b', 'scale_up'],
  },
  scale_up: {
    does: { kind: 'run', argv: ['scale', '+1'] },
    undo: { kind: 'action', action: 'scale_down' },
  },
  scale_down: {
    does: { kind: 'run', argv: ['scale', '-1'] },
    undo: { kind: 'action', action: 'scale_up' },
  },
  reload: { does: { kind: 'run', argv: ['reload'] } },
};

function room() {
  const base = smallRoom.definitions['quick-fix']!;
  const quick = base.service.actions.quick!;
  const all = Object.fromEntries(
    Object.entries(actions).map(([name, more]) => [name, { ...quick, name, title: name, ...more }]),
  );
  const definitions = Object.keys(actions).map((name): [string, Definition] => [
    name,
    {
      service: { ...base.service, actions: all },
      playbook: { ...base.playbook, name, title: name, steps: [doing('it', name)] },
    },
  ]);
  return { ...smallRoom, definitions: Object.fromEntries(definitions) };
}

type Does = Action['does'];

/** The host: its files, as the executor leaves them, and a number of machines. */
function createHost(files: Readonly<Record<string, string>>) {
  const state = new Map<string, string>(Object.entries(files));
  const set = (key: string, value: string | null) =>
    value === null ? state.delete(key) : state.set(key, value);
  let machines = 0;
  return {
    state,
    machines: () => machines,
    perform(does: Does): string | null | undefined | 'changed' {
      switch (does.kind) {
        case 'run':
          if (does.argv[0] === 'scale') machines += Number(does.argv[1]);
          return undefined;
        case 'write': {
          const previous = state.get(does.file) ?? null;
          state.set(does.file, does.content);
          return previous;
        }
        case 'put-back': {
          const present = state.get(does.file) ?? null;
          if (present === does.content) return present;
          if (present === null || sha256Hex(present) !== does.expects) return 'changed';
          set(does.file, does.content);
          return present;
        }
        default:
          return does satisfies never;
      }
    },
  };
}

function createRehearsal(files: Readonly<Record<string, string>>) {
  const world = createWorld({ room: room() });
  const host = createHost(files);
  const start = { type: 'run.start', run: null, incident: null, place, reason: null } as const;
  const newest = (): RunId => world.runs().at(-1)!;

  function settleCommands(): void {
    for (let under = world.underWay()[0]; under; under = world.underWay()[0]) {
      const seen = host.perform(under.planned.does);
      if (seen === 'changed') world.ends({ kind: 'refused', code: 'changed-meanwhile', message: 'Changed.' });
      else world.ends(0, seen);
    }
  }

  const possible = () =>
    changesInEffect(world.ledgers(place), service).filter(({ undo }) => undo.kind === 'possible');

  return {
    world,
    host,
    possible,
    change(name: string): void {
      world.by(engineer, { ...start, playbook: name });
      const run = newest();
      world.by(engineer, { type: 'run.perform', run, step: 'it', attempt: 1 });
      settleCommands();
    },
    /** Goes back as many changes as asked; from the step at `leftOut` on somebody leaves out all. */
    undo(count: number, leftOut = Number.POSITIVE_INFINITY): void {
      const through: LedgerRef | null = possible()[count - 1]?.ref ?? null;
      const undo = undoOf(world.ledgers(place), { service, through });
      if (!undo) return;
      const { hash } = undo;
      const asked = { ...start, playbook: 'undo', undo: { service, through, hash } } as const;
      expect(world.by(engineer, asked).kind).toBe('accepted');
      const run = newest();
      expect(world.by(engineer, asked)).toMatchObject({ code: 'busy' });
      for (const [index, { id: step }] of undo.definition.playbook.steps.entries()) {
        const at = { run, step, attempt: 1 };
        if (index < leftOut) {
          world.by(engineer, { type: 'run.perform', ...at });
          settleCommands();
        }
        if (world.step(run, step).kind !== 'settled') world.by(engineer, { type: 'run.skip', ...at });
      }
      expect(world.run(run).result?.kind).toBe('completed');
    },
  };
}

const move = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('change'), name: fc.constantFrom(...Object.keys(actions)) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('undo'),
      count: fc.integer({ min: 1, max: 6 }),
      skips: fc.array(fc.boolean(), { maxLength: 6 }),
    }),
  },
);
const beginnings = fc.record(
  { one: fc.constantFrom('a', 'b', 'other'), two: fc.constantFrom('a', 'other') },
  { requiredKeys: [] },
);
const numRuns = process.env.SOAK ? 2_000 : 150;

describe('whatever was changed and undone before', () => {
  it('taking back everything ends where it began', async ({ annotate }) => {
    let moves = 0;
    fc.assert(
      fc.property(beginnings, fc.array(move, { maxLength: 12 }), (files, all) => {
        const rehearsal = createRehearsal(files);
        for (const each of all) {
          moves += 1;
          // Left out in the middle, the rest finds another content in its files and refuses: nothing is lost by that.
          if (each.kind === 'change' && 'name' in each) rehearsal.change(each.name);
          else if ('count' in each) rehearsal.undo(each.count, leftOutFrom(each.skips));
        }
        for (let round = 0; rehearsal.possible().length > 0 && round < 3; round += 1) rehearsal.undo(1_000);
        expect(rehearsal.possible()).toEqual([]);
        expect(Object.fromEntries(rehearsal.host.state)).toEqual(files);
        expect(rehearsal.host.machines()).toBe(0);
        expect([...rehearsal.world.claims.keys()]).toEqual([]);
        expect(rehearsal.world.refolded()).toEqual(rehearsal.world.states);
      }),
      { numRuns },
    );
    await annotate(`${numRuns} sequences of ${moves} changes and undos, 0 ended elsewhere`, 'figure');
  });

  it('what somebody else wrote stays', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('one_a', 'one_b', 'two_a'), { minLength: 1, maxLength: 6 }),
        (names) => {
          const rehearsal = createRehearsal({});
          for (const name of names) rehearsal.change(name);
          for (const file of ['one', 'two']) rehearsal.host.state.set(file, 'by hand');
          rehearsal.undo(1_000);
          expect(rehearsal.host.state.get('one')).toBe('by hand');
          expect(rehearsal.host.state.get('two')).toBe('by hand');
        },
      ),
      { numRuns: 50 },
    );
  });
});

/**
 * People leave out what is older, not what is newer: from the first step left out, all that follow are too, also those
 * beyond the answers given.
 */
function leftOutFrom(skips: readonly boolean[]): number {
  const first = skips.indexOf(true);
  return first < 0 ? Number.POSITIVE_INFINITY : first;
}
