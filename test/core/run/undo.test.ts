import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../../src/core/command.ts';
import { sha256Hex } from '../../../src/core/playbook/canonical.ts';
import type { Action } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { undoLedger } from '../../../src/core/report/undoLedger.ts';
import { changesInEffect, undoOf } from '../../../src/core/run/undo.ts';
import type { LedgerRef, RunId } from '../../../src/core/stream.ts';
import {
  doing,
  engineer,
  held,
  minute,
  second,
  room as smallRoom,
  trainee,
  visitor,
} from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const incident = 'INC-1' as const;
const place = { kind: 'incident', incident } as const;
const service = 'checkout';

/** The small room, whose service can also be put on a fallback file, on a switch, and on another version. */
function roomWithChanges(): Room {
  const { definitions } = smallRoom;
  const base = definitions['write-flag']!;
  const quick = base.service.actions.quick!;
  const more: Record<string, Partial<Action>> = {
    fallback_file: {
      title: 'Use the fallback',
      risk: 'disruptive',
      does: { kind: 'write', file: 'config/llm.yaml', content: 'enabled: false\n' },
      // biome-ignore lint/suspicious/noThenProperty: it is the operators' word, and nobody awaits an action.
      then: ['restart'],
      verify: held,
      undo: { kind: 'previous' },
    },
    switch_off: { title: 'Switch it off', undo: { kind: 'action', action: 'wipe' } },
    switch_on: { title: 'Switch it on', verify: held, undo: { kind: 'action', action: 'switch_off' } },
  };
  const actions = {
    ...base.service.actions,
    ...Object.fromEntries(Object.entries(more).map(([name, each]) => [name, { ...quick, name, ...each }])),
  };
  const offered = (name: string) => ({
    service: { ...base.service, actions },
    playbook: { ...base.playbook, name, title: name, steps: [doing('it', name)] },
  });
  const names = ['fallback_file', 'switch_off', 'switch_on', 'flag', 'restart'];
  return {
    ...smallRoom,
    definitions: { ...definitions, ...Object.fromEntries(names.map((name) => [name, offered(name)])) },
  };
}

function inIncident(): World {
  const world = createWorld({ room: roomWithChanges() });
  world.values.set('error_ratio', 0.0001);
  world.notice(notice());
  return world;
}

const newestRun = (world: World): RunId => world.runs().at(-1)!;

/** Carries out one action in a run of its own; `previous` is what the file held before. */
function change(world: World, playbook: string, previous?: string | null): RunId {
  world.by(engineer, { type: 'incident.start-run', incident, playbook, reason: null });
  const run = newestRun(world);
  world.by(engineer, { type: 'run.perform', run, step: 'it', attempt: world.attempt(run, 'it') });
  world.ends(0, previous);
  while (world.underWay().length > 0) world.ends(0);
  world.pass(11 * minute);
  expect(world.run(run).result?.kind).toBe('completed');
  return run;
}

const inEffect = (world: World) => changesInEffect(world.ledgers(place), service);

function wish(world: World, through: LedgerRef | null = null): CommandBody {
  const undo = { service, through, hash: undoOf(world.ledgers(place), { service, through })?.hash ?? '' };
  return { type: 'incident.start-run', incident, playbook: 'undo', reason: null, undo };
}

function undoing(world: World, through: LedgerRef | null = null): RunId {
  expect(world.by(engineer, wish(world, through)).kind).toBe('accepted');
  return newestRun(world);
}

const at = (world: World, run: RunId, step = '1') => ({ run, step, attempt: world.attempt(run, step) });
const click = (world: World, run: RunId, step = '1', by = engineer) =>
  world.by(by, { type: 'run.perform', ...at(world, run, step) });

describe('what was changed is shown with its way back', () => {
  it('newest first, with exactly what taking it back would run', () => {
    const world = inIncident();
    const file = change(world, 'fallback_file', 'enabled: true\n');
    const off = change(world, 'switch_on');
    const changes = inEffect(world);
    expect(changes.map(({ ref, title, undo }) => [ref, title, undo.kind])).toEqual([
      [{ run: off, entry: 0 }, 'Switch it on', 'possible'],
      [{ run: file, entry: 1 }, 'restart', 'never'],
      [{ run: file, entry: 0 }, 'Use the fallback', 'possible'],
    ]);
    const [, , written] = changes;
    expect(written?.undo).toMatchObject({
      plan: {
        title: 'Undo: Use the fallback',
        risk: 'disruptive',
        says: 'Puts back config/llm.yaml as it was before. restart.',
        commands: [
          {
            host: { name: 'web' },
            does: {
              kind: 'put-back',
              file: 'config/llm.yaml',
              content: 'enabled: true\n',
              expects: sha256Hex('enabled: false\n'),
            },
          },
          { does: { kind: 'run', argv: ['tool', 'restart'] } },
        ],
        verify: held,
      },
    });
  });

  it('has the risk of the change or of its way back, whichever is higher', () => {
    const world = inIncident();
    change(world, 'switch_off');
    expect(inEffect(world)[0]?.undo).toMatchObject({
      plan: { risk: 'destructive', commands: [{ does: { argv: ['tool', 'wipe'] } }] },
    });
  });

  it('removes a file that was not there before', () => {
    const world = inIncident();
    change(world, 'flag', null);
    expect(inEffect(world)[0]?.undo).toMatchObject({ plan: { commands: [{ does: { content: null } }] } });
  });

  it('cannot put back what nobody saw, and offers nothing for a write that changed nothing', () => {
    const world = inIncident();
    change(world, 'flag', 'on\n');
    expect(inEffect(world)).toEqual([]);
    world.by(engineer, { type: 'incident.start-run', incident, playbook: 'flag', reason: null });
    const run = newestRun(world);
    click(world, run, 'it');
    world.ends({ kind: 'unknown', message: 'lost' });
    world.by(engineer, { type: 'run.claim', ...at(world, run, 'it'), claim: 'worked' });
    expect(inEffect(world)).toMatchObject([
      { undo: { kind: 'never', why: expect.stringMatching(/not known/) } },
    ]);
    expect(world.by(engineer, wish(world))).toMatchObject({ code: 'already' });
  });
});

describe('an undo is walked like any other run', () => {
  it('puts the content back, repeats what followed, verifies, and is not in effect any more', () => {
    const world = inIncident();
    change(world, 'fallback_file', 'enabled: true\n');
    const run = undoing(world);
    expect(world.run(run)).toMatchObject({ title: 'Undo what INC-1 changed', authority: 'each' });
    expect(world.underWay()).toEqual([]);
    click(world, run);
    expect(world.claims.get('target:web/checkout')).toBe(run);
    expect(world.underWay()).toMatchObject([{ planned: { does: { kind: 'put-back' } } }]);
    world.ends(0, 'enabled: false\n');
    expect(inEffect(world).filter(({ undo }) => undo.kind === 'possible')).toHaveLength(1);
    world.ends(0);
    expect(world.step(run, '1').kind).toBe('verifying');
    world.pass(11 * minute);
    expect(world.run(run).result).toMatchObject({ kind: 'completed' });
    expect(world.run(run).ledger.at(-1)).toMatchObject({ by: 'U1ENGINEER', undoes: { entry: 0 } });
    expect(inEffect(world).filter(({ undo }) => undo.kind === 'possible')).toEqual([]);
    expect([...world.claims.keys()].filter((claim) => /^(target|undo):/.test(claim))).toEqual([]);
    expect(undoLedger(world.ledgers(place)).map(({ what }) => what)).toEqual(['restart']);
    expect(world.refolded()).toEqual(world.states);
  });

  it('goes last in, first out, and only as far back as was asked', () => {
    const world = inIncident();
    const oldest = change(world, 'flag', 'off\n');
    const middle = change(world, 'switch_on');
    change(world, 'fallback_file', 'enabled: true\n');
    const run = undoing(world, { run: middle, entry: 0 });
    click(world, run);
    expect(click(world, run, '2').kind).toBe('refused');
    world.ends(0, 'enabled: false\n');
    world.ends(0);
    world.pass(11 * minute);
    expect(world.step(run, '2')).toMatchObject({ kind: 'offering', plan: { title: 'Undo: Switch it on' } });
    click(world, run, '2');
    world.ends(0);
    world.pass(11 * minute);
    expect(world.run(run).result?.kind).toBe('completed');
    expect(inEffect(world).filter(({ undo }) => undo.kind === 'possible')).toMatchObject([
      { ref: { run: oldest, entry: 0 } },
    ]);
  });

  it('stops and asks where somebody changed the file meanwhile, and nothing older goes on by itself', () => {
    const world = inIncident();
    change(world, 'flag', 'off\n');
    change(world, 'fallback_file', 'enabled: true\n');
    const run = undoing(world);
    click(world, run);
    const message = 'config/llm.yaml stays as it is: somebody changed it meanwhile.';
    world.ends({ kind: 'refused', code: 'changed-meanwhile', message });
    expect(world.step(run, '1')).toMatchObject({ kind: 'failed', message });
    expect(world.underWay()).toEqual([]);
    expect(world.run(run).steps['2']).toBeUndefined();
    expect(inEffect(world).filter(({ undo }) => undo.kind === 'possible')).toHaveLength(2);
  });

  it('stops and asks where the check does not hold, or has no data', () => {
    for (const value of [0.5, null]) {
      const world = inIncident();
      change(world, 'fallback_file', 'enabled: true\n');
      const run = undoing(world);
      click(world, run);
      world.ends(0, 'enabled: false\n');
      world.ends(0);
      world.values.set('error_ratio', value);
      world.pass(12 * minute);
      expect(world.step(run, '1').kind).toBe(value === null ? 'inconclusive' : 'failed');
      expect(world.run(run).result).toBeNull();
    }
  });

  it('does not know after a crash, and runs nothing by itself', { tags: ['trust-4'] }, () => {
    const world = inIncident();
    change(world, 'fallback_file', 'enabled: true\n');
    const run = undoing(world);
    click(world, run);
    world.ends({ kind: 'unknown', message: 'The bot stopped while this ran.' });
    expect(world.step(run, '1')).toMatchObject({ kind: 'unknown', command: 0 });
    world.pass(60 * minute);
    expect(world.underWay()).toEqual([]);
    world.by(engineer, { type: 'run.try-again', ...at(world, run) });
    expect(world.underWay()).toMatchObject([{ planned: { does: { kind: 'put-back' } } }]);
  });

  it('can be asked for after the incident was resolved', () => {
    const world = inIncident();
    change(world, 'flag', 'off\n');
    world.by(engineer, { type: 'incident.resolve', incident, note: null });
    const run = undoing(world);
    click(world, run);
    world.ends(0, 'on\n');
    expect(world.run(run).result?.kind).toBe('completed');
    expect(inEffect(world)).toEqual([]);
    expect(world.incident().phase).toBe('resolved');
  });

  it('takes back what runs of their own did in a channel', () => {
    const world = createWorld({ room: roomWithChanges() });
    const channel = { kind: 'channel', channel: 'C1' } as const;
    const start = { type: 'run.start', run: null, incident: null, place: channel, reason: null } as const;
    world.by(engineer, { ...start, playbook: 'flag' });
    click(world, 'RUN-1', 'it');
    world.ends(0, 'off\n');
    const views = world.ledgers(channel);
    const hash = undoOf(views, { service, through: null })?.hash ?? '';
    const undo = { service, through: null, hash };
    expect(world.by(engineer, { ...start, playbook: 'undo', undo }).kind).toBe('accepted');
    click(world, 'RUN-2');
    world.ends(0, 'on\n');
    expect(changesInEffect(world.ledgers(channel), service)).toEqual([]);
  });
});

describe('nobody undoes more than they may, twice, or unseen', () => {
  it('needs the right of the risk, and a second person where it is destructive', {
    tags: ['trust-29'],
  }, () => {
    const world = inIncident();
    change(world, 'switch_off');
    expect(world.by(visitor, wish(world))).toMatchObject({ code: 'not-allowed' });
    const run = undoing(world);
    expect(click(world, run, '1', trainee)).toMatchObject({ code: 'not-allowed' });
    click(world, run);
    expect(world.underWay()).toEqual([]);
    const state = world.step(run, '1');
    if (state.kind !== 'approving') throw new Error('no approval was asked for');
    const decide = { type: 'run.approval-decide', ...at(world, run), verdict: 'approve' } as const;
    const { hash } = state.approval;
    expect(world.by(engineer, { ...decide, hash })).toMatchObject({ code: 'own-request' });
    expect(world.by(second, { ...decide, hash: 'f'.repeat(64) })).toMatchObject({ code: 'plan-changed' });
    world.by(second, { ...decide, hash });
    expect(world.underWay()).toMatchObject([{ planned: { does: { argv: ['tool', 'wipe'] } } }]);
  });

  it('tells nobody what was changed who may not act there', { tags: ['trust-29'] }, () => {
    const world = createWorld({ room: roomWithChanges() });
    const channel = { kind: 'channel', channel: 'C1' } as const;
    const undo = { service, through: null, hash: 'f'.repeat(64) };
    const asked = { type: 'run.start', run: null, incident: null, playbook: 'undo', place: channel } as const;
    expect(world.by(visitor, { ...asked, reason: null, undo })).toMatchObject({ code: 'not-allowed' });
    expect(world.by(engineer, { ...asked, reason: null, undo })).toMatchObject({ code: 'already' });
  });

  it('says that it happened on behalf of a bot that does not know', () => {
    const world = inIncident();
    change(world, 'flag', 'off\n');
    const run = undoing(world);
    click(world, run);
    world.ends({ kind: 'unknown', message: 'The bot stopped while this ran.' });
    world.by(second, { type: 'run.claim', ...at(world, run), claim: 'worked' });
    expect(world.run(run).result?.kind).toBe('completed');
    expect(inEffect(world)).toEqual([]);
  });

  it('starts once when two people ask at the same moment', { tags: ['trust-5'] }, async ({ annotate }) => {
    const world = inIncident();
    change(world, 'flag', 'off\n');
    const asked = wish(world);
    expect(world.by(engineer, asked).kind).toBe('accepted');
    const run = newestRun(world);
    expect(world.by(second, asked)).toMatchObject({
      code: 'busy',
      message: `${run} is taking that back already. Go on there.`,
    });
    click(world, run);
    expect(click(world, run, '1', second)).toMatchObject({ code: 'already' });
    expect(world.underWay()).toHaveLength(1);
    world.ends(0, 'on\n');
    expect(world.by(second, asked)).toMatchObject({ code: 'already' });
    await annotate('2 people, 1 undo', 'figure');
  });

  it('is refused where it is not what was shown', () => {
    const world = inIncident();
    change(world, 'flag', 'off\n');
    const shown = wish(world);
    change(world, 'fallback_file', 'enabled: true\n');
    expect(world.by(engineer, shown)).toMatchObject({ code: 'plan-changed' });
  });

  it('waits while something else is at work on the same target', () => {
    const world = inIncident();
    change(world, 'flag', 'off\n');
    world.by(engineer, { type: 'incident.start-run', incident, playbook: 'restart', reason: null });
    const busy = newestRun(world);
    click(world, busy, 'it');
    const run = undoing(world);
    expect(click(world, run)).toMatchObject({ code: 'busy' });
    world.ends(0);
    expect(click(world, run).kind).toBe('accepted');
  });
});
