import { describe, expect, it } from 'vitest';
import type { Definition, Step } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { RunEvent } from '../../../src/core/run/events.ts';
import { engineer, room as smallRoom, visitor } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const run = 'INC-1.1' as const;
const target = 'target:web/checkout';
const minute = 60_000;

/** The small room where the playbook of `Slow` offers the fallback, which the bot may carry out by itself. */
function roomWith(mode: 'shadow' | 'live', more: Partial<Room> = {}): Room {
  const slow = smallRoom.definitions.slow as Definition;
  const step: Step = { id: 'auto', kind: 'do', action: 'fallback', automatic: { mode, afterMs: minute } };
  const playbook = { ...slow.playbook, steps: [step, { id: 'quick', kind: 'do', action: 'quick' } as Step] };
  return { ...smallRoom, definitions: { ...smallRoom.definitions, slow: { ...slow, playbook } }, ...more };
}

function offered(
  mode: 'shadow' | 'live',
  options: { ratio?: number | null; room?: Partial<Room> } = {},
): World {
  const world = createWorld({ room: roomWith(mode, options.room) });
  world.values.set('error_ratio', options.ratio === undefined ? 0.009 : options.ratio);
  world.notice(notice({ name: 'Slow' }));
  expect(world.step(run, 'auto').kind).toBe('offering');
  return world;
}

const at = (world: World) => ({ run, step: 'auto', attempt: world.attempt(run, 'auto') });
const announced = (world: World) => world.run(run).steps.auto?.automatic;
const decisions = (world: World): unknown[] =>
  world
    .events(run)
    .flatMap((event) =>
      event.type === 'AutomaticDecided' ? [(event as RunEvent & typeof event).data.end] : [],
    );
const started = (world: World): string[] =>
  world.events(run).flatMap((event) => (event.type === 'CommandStarted' ? [event.by] : []));

describe('a live step', () => {
  it('is announced, and carried out by the bot when its moment has come', () => {
    const world = offered('live');
    expect(announced(world)).toEqual({
      mode: 'live',
      dueAt: world.now() + minute,
      state: { kind: 'pending' },
    });
    world.pass(minute - 1);
    expect(started(world)).toEqual([]);
    world.pass(1);
    expect(decisions(world)).toMatchObject([
      { kind: 'ran', indicator: 'error_ratio', reading: { verdict: 'fail', value: 0.009 } },
    ]);
    expect(world.step(run, 'auto')).toMatchObject({ kind: 'running', by: 'bot' });
    expect(world.claims.get(target)).toBe(run);
    world.ends(0);
    world.values.set('error_ratio', 0.0004);
    world.pass(12 * minute);
    expect(world.step(run, 'auto')).toMatchObject({ kind: 'settled', by: 'bot', how: { kind: 'done' } });
    // It is in the ledger like anything else that was changed, and the walk goes on.
    expect(world.run(run).ledger).toMatchObject([{ action: 'fallback', by: 'bot' }]);
    expect(world.step(run, 'quick').kind).toBe('offering');
    // The bot is no responder: the incident still needs somebody.
    expect(world.incident()).toMatchObject({ phase: 'mitigating', responders: [] });
    expect(world.refolded()).toEqual(world.states);
  });

  it('goes by what is read at that moment, not by what was read when it was offered', () => {
    const world = offered('live');
    world.values.set('error_ratio', 0.0002);
    world.pass(2 * minute);
    expect(started(world)).toEqual([]);
    expect(decisions(world)).toMatchObject([{ kind: 'left', why: 'met', reading: { value: 0.0002 } }]);
    expect(world.step(run, 'auto').kind).toBe('offering');
  });

  it('is left to a person where nothing could be read', { tags: ['trust-18'] }, async ({ annotate }) => {
    const readings = [null, Number.NaN];
    for (const ratio of readings) {
      const world = offered('live', { ratio });
      world.pass(24 * 60 * minute);
      expect(started(world)).toEqual([]);
      expect(decisions(world)).toMatchObject([{ kind: 'left', mode: 'live', why: 'no-data' }]);
      expect(world.step(run, 'auto').kind).toBe('offering');
      // And whoever decides instead of it can.
      world.by(engineer, { type: 'run.perform', ...at(world) });
      expect(started(world)).toEqual(['U1ENGINEER']);
    }
    await annotate(`${readings.length} readings without a value, 0 automatic acts`, 'figure');
  });

  it('is left to a person where another run has the target', () => {
    const world = offered('live');
    world.by(engineer, {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'quick-fix',
      place: { kind: 'channel', channel: 'C1' },
      reason: null,
    });
    world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'quick', attempt: 1 });
    expect(world.claims.get(target)).toBe('RUN-1');
    world.pass(2 * minute);
    expect(started(world)).toEqual([]);
    expect(decisions(world)).toMatchObject([{ kind: 'left', why: 'busy', holder: 'RUN-1' }]);
    expect(world.claims.get(target)).toBe('RUN-1');
  });

  it('is held by a responder, whose name stands there, and then remains a plain offer', () => {
    const world = offered('live');
    expect(world.by(visitor, { type: 'run.hold', ...at(world) })).toMatchObject({ code: 'not-allowed' });
    world.by(engineer, { type: 'run.hold', ...at(world) });
    expect(announced(world)).toMatchObject({ state: { kind: 'held', by: 'U1ENGINEER' } });
    expect(world.by(engineer, { type: 'run.hold', ...at(world) })).toMatchObject({
      code: 'already',
      message: expect.stringMatching(/^<@U1ENGINEER> already held this at /),
    });
    world.pass(60 * minute);
    expect(started(world)).toEqual([]);
    expect(decisions(world)).toEqual([]);
    world.by(engineer, { type: 'run.perform', ...at(world) });
    expect(world.step(run, 'auto')).toMatchObject({ kind: 'running', by: 'U1ENGINEER' });
  });

  it('runs once where a person was quicker, and not at all where they skipped it or the incident is over', () => {
    const quicker = offered('live');
    quicker.by(engineer, { type: 'run.perform', ...at(quicker) });
    quicker.pass(2 * minute);
    expect(started(quicker)).toEqual(['U1ENGINEER']);
    const skipped = offered('live');
    skipped.by(engineer, { type: 'run.skip', ...at(skipped) });
    skipped.pass(2 * minute);
    expect(started(skipped)).toEqual([]);
    const over = offered('live');
    over.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    over.pass(2 * minute);
    expect(started(over)).toEqual([]);
    for (const world of [quicker, skipped, over]) expect(decisions(world)).toEqual([]);
  });

  it('is done once, however often its moment or its decision arrives', () => {
    const world = offered('live');
    world.pass(minute);
    const bot = { kind: 'bot' } as const;
    const reading = { at: world.now(), verdict: 'fail', value: 0.5 } as const;
    for (const body of [
      { type: 'run.automatic-due', ...at(world) },
      { type: 'run.reading', ...at(world), purpose: 'automatic', reading },
      { type: 'run.automatic-decide', ...at(world), reading, targets: [target] },
    ] as const)
      expect(world.handle({ actor: bot, ...body }).kind).toBe('refused');
    expect(started(world)).toEqual(['bot']);
    // No person says for the bot that its moment has come.
    const other = offered('live');
    const said = { type: 'run.automatic-decide', ...at(other), reading, targets: [] } as const;
    expect(other.by(engineer, said)).toMatchObject({ code: 'not-allowed' });
  });

  it('is not done late: what was announced for another hour needs a person', () => {
    const world = offered('live');
    world.down(20 * minute);
    world.pass(0);
    expect(started(world)).toEqual([]);
    expect(decisions(world)).toMatchObject([{ kind: 'left', why: 'late' }]);
    const short = offered('live');
    short.down(3 * minute);
    short.pass(0);
    expect(started(short)).toEqual(['bot']);
  });

  it('is a shadow where automatic execution is switched off, at the offer or in the end', () => {
    const off = offered('live', { room: { automaticOff: true } });
    expect(announced(off)?.mode).toBe('shadow');
    off.pass(2 * minute);
    expect(started(off)).toEqual([]);
    expect(decisions(off)).toMatchObject([{ kind: 'would-run' }]);
  });
});

describe('a shadow step', () => {
  it('says what it would have done, does nothing, and leaves the offer to people', () => {
    const world = offered('shadow');
    expect(world.by(engineer, { type: 'run.hold', ...at(world) }).kind).toBe('refused');
    world.pass(2 * minute);
    expect(started(world)).toEqual([]);
    expect(decisions(world)).toMatchObject([{ kind: 'would-run', reading: { value: 0.009 } }]);
    world.by(engineer, { type: 'run.perform', ...at(world) });
    world.ends(0);
    const told = world.events(run).map(({ type, by }) => `${type} ${by}`);
    expect(told.indexOf('AutomaticDecided bot')).toBeLessThan(told.indexOf('CommandStarted U1ENGINEER'));
    expect(world.run(run).steps.auto?.automatic?.state.kind).toBe('would-run');
    expect(world.refolded()).toEqual(world.states);
  });

  it('says that it would have done nothing without data', { tags: ['trust-18'] }, () => {
    const world = offered('shadow', { ratio: null });
    world.pass(2 * minute);
    expect(decisions(world)).toMatchObject([{ kind: 'left', mode: 'shadow', why: 'no-data' }]);
  });
});
