import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../../src/core/command.ts';
import { attendance, type Waiting } from '../../../src/core/incident/audit.ts';
import { calledRoom } from '../../fakes/called.ts';
import { engineer, hour, minute } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

/** What waits outside the chat, as a store would list it. */
const waitingIn = (world: World): readonly Waiting[] =>
  world.timers().flatMap((effect): Waiting[] => {
    if (effect.kind !== 'tell') return [];
    const { command } = effect;
    const stream = 'run' in command ? command.run : 'incident' in command ? command.incident : null;
    return stream === null ? [] : [{ stream, effect, dueAt: effect.notBefore }];
  });

const attended = (world: World) =>
  attendance(world.incident(), waitingIn(world), { now: world.now(), pace: 1 });

const audit = (world: World) => {
  const found = attended(world);
  if (found.kind !== 'unattended') return null;
  return world.handle({
    actor: { kind: 'bot' },
    type: 'incident.left-unattended',
    incident: 'INC-1',
    since: found.since,
  });
};

/** Waits for its time limit, then for nothing. */
const withTimer = () => {
  const world = createWorld();
  world.notice(notice());
  return world;
};
const withoutTimer = (name = 'Slow') => {
  const world = createWorld();
  world.notice(notice({ name }));
  return world;
};

describe('an open incident is in somebody’s hands or has something that comes back to it', {
  tags: ['trust-17'],
}, () => {
  it('rests on its time limit for as long as that is to come', () => {
    const world = withTimer();
    expect(attended(world)).toEqual({ kind: 'scheduled', at: world.now() + 30 * minute });
    world.pass(30 * minute);
    expect(attended(world)).toMatchObject({ kind: 'unattended' });
  });

  it('rests in the hands of whoever takes it, also after a time limit that is over', () => {
    const world = withTimer();
    world.pass(31 * minute);
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(attended(world)).toEqual({ kind: 'owned', by: 'U1ENGINEER' });
  });

  it('rests in the hands of a commander whom somebody named', () => {
    const world = withoutTimer();
    world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U2SECOND' });
    expect(attended(world)).toEqual({ kind: 'owned', by: 'U2SECOND' });
  });

  it('is new for as long as people may be on their way: five minutes, half an hour for a warning', () => {
    const warning = withoutTimer('Slow');
    warning.pass(30 * minute - 1);
    expect(attended(warning)).toMatchObject({ kind: 'new' });
    warning.pass(1);
    expect(attended(warning)).toMatchObject({ kind: 'unattended' });
    const critical = withoutTimer('ServiceDown');
    critical.pass(5 * minute - 1);
    expect(attended(critical)).toMatchObject({ kind: 'new' });
    critical.pass(1);
    expect(attended(critical)).toMatchObject({ kind: 'unattended' });
  });

  it('does not count a time limit that will find nothing to do, because all is quiet', () => {
    const world = withTimer();
    world.notice(ended(notice()));
    world.pass(6 * minute);
    expect(attended(world)).toMatchObject({ kind: 'unattended' });
  });

  it('does not count what waits for another incident or for a run that has ended', () => {
    const world = withoutTimer('ServiceDown');
    world.pass(6 * minute);
    const effect = {
      kind: 'tell',
      command: { actor: { kind: 'bot' }, type: 'run.end', run: 'INC-1.1', why: null },
      lane: null,
      coalesce: null,
      notBefore: 0,
    } as const;
    const incident = world.incident();
    const at = (stream: Waiting['stream'], more = {}) =>
      attendance({ ...incident, ...more }, [{ stream, effect, dueAt: 1 }], { now: world.now(), pace: 1 })
        .kind;
    expect(at('INC-1.1')).toBe('scheduled');
    expect(at('INC-10')).toBe('unattended');
    expect(at('INC-10.1')).toBe('unattended');
    expect(at('INC-1.1', { endedRuns: ['INC-1.1'] })).toBe('unattended');
  });

  it('rests on nothing that only says something, nor on what comes later than in an hour', () => {
    const world = withoutTimer('ServiceDown');
    world.pass(6 * minute);
    const at = { run: 'INC-1.1', step: 'first', attempt: 1 } as const;
    const kind = (command: CommandBody, inMs: number) => {
      const effect = {
        ...({ kind: 'tell', command: { actor: { kind: 'bot' }, ...command } } as const),
        ...{ lane: null, coalesce: null, notBefore: 0 },
      };
      const waiting = [{ stream: at.run, effect, dueAt: world.now() + inMs }];
      return attendance(world.incident(), waiting, { now: world.now(), pace: 1 }).kind;
    };
    const hash = 'a'.repeat(64);
    for (const reminder of [
      { type: 'run.item-due', ...at, item: 0 },
      { type: 'run.approval-expired', ...at, hash },
      { type: 'run.plan-expired', run: at.run, hash },
    ] as const)
      expect(kind(reminder, minute), reminder.type).toBe('unattended');
    for (const type of ['run.wait-over', 'run.automatic-due'] as const) {
      expect(kind({ type, ...at }, hour), type).toBe('scheduled');
      expect(kind({ type, ...at }, hour + 1), type).toBe('unattended');
    }
  });

  it('rests on its next call, however long those who were called have', () => {
    const world = createWorld({ room: calledRoom });
    world.notice(notice());
    const { calling } = world.incident();
    if (!calling) throw new Error('nobody was called');
    const { since, armed } = calling;
    const due = {
      ...({ actor: { kind: 'bot' }, type: 'incident.escalation-due', incident: 'INC-1' } as const),
    };
    const effect = {
      kind: 'tell',
      command: { ...due, since, armed },
      ...{ lane: null, coalesce: null, notBefore: 0 },
    } as const;
    const dueAt = world.now() + 3 * hour;
    const waiting = [{ stream: 'INC-1', effect, dueAt }] as const;
    expect(attendance(world.incident(), waiting, { now: world.now() + hour, pace: 1 })).toEqual({
      kind: 'scheduled',
      at: dueAt,
    });
  });

  it('asks nobody where its severity is only logged', () => {
    const world = withoutTimer('Chatty');
    world.pass(24 * hour);
    expect(attended(world)).toEqual({ kind: 'logged' });
  });

  it('was opened long ago, whatever the clock says since it was set back', () => {
    const world = withoutTimer('ServiceDown');
    const { since } = world.incident().unattended;
    expect(attendance(world.incident(), [], { now: since - hour, pace: 1 })).toMatchObject({
      kind: 'unattended',
    });
  });
});

describe('an incident that has neither', { tags: ['trust-17'] }, () => {
  const left = () => {
    const world = withTimer();
    world.pass(31 * minute);
    return world;
  };

  it('is said aloud once, where people look who are not in it', () => {
    const world = left();
    expect(audit(world)).toMatchObject({ kind: 'accepted' });
    expect(audit(world)).toMatchObject({ kind: 'refused', code: 'already' });
    world.pass(10 * hour);
    expect(audit(world)).toMatchObject({ code: 'already' });
    expect(world.events('INC-1').filter(({ type }) => type === 'LeftUnattended')).toHaveLength(1);
    const said = world.effects().filter((each) => each.kind === 'show' && each.subject.kind === 'unattended');
    expect(said).toMatchObject([{ where: { in: { kind: 'channel', channel: '#alerts' }, thread: null } }]);
  });

  it('is said in the channel and not in the thread, which calls nobody', () => {
    const world = withoutTimer('Slow');
    world.pass(31 * minute);
    audit(world);
    const said = world.effects().filter((each) => each.kind === 'show' && each.subject.kind === 'unattended');
    expect(said).toMatchObject([
      { where: { in: { kind: 'channel', channel: '#monitoring' }, thread: null } },
    ]);
  });

  it('shows who took it then, and is said anew when it was reopened and left again', () => {
    const world = left();
    audit(world);
    const shown = () =>
      world.effects().filter((each) => each.kind === 'show' && each.subject.kind === 'unattended').length;
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(shown()).toBe(2);
    expect(attended(world)).toMatchObject({ kind: 'owned' });
    world.notice(ended(notice()));
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.notice(notice({ startsAt: world.now() + 1 }));
    expect(attended(world)).toMatchObject({ kind: 'scheduled' });
    world.pass(31 * minute);
    expect(audit(world)).toMatchObject({ kind: 'accepted' });
    expect(world.events('INC-1').filter(({ type }) => type === 'LeftUnattended')).toHaveLength(2);
  });

  it('is not said of one that somebody took or resolved in the same moment', () => {
    const world = left();
    const { since } = world.incident().unattended;
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    const late = { type: 'incident.left-unattended', incident: 'INC-1', since } as const;
    expect(world.by({ kind: 'bot' }, late)).toMatchObject({ code: 'stale' });
    expect(world.by(engineer, late)).toMatchObject({ code: 'not-allowed' });
  });

  it('folds to the same state', () => {
    const world = left();
    audit(world);
    expect(world.refolded()).toEqual(world.states);
    expect(world.incident().unattended.said).toBe(true);
  });
});
