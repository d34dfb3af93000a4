import { describe, expect, it } from 'vitest';
import { evolve } from '../../../src/core/brain.ts';
import type { Stream } from '../../../src/core/context.ts';
import type { Event } from '../../../src/core/decision.ts';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import { periodAt, standardTargets, targetsOf } from '../../../src/core/people/targets.ts';
import { isLate } from '../../../src/core/report/phases.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import type { Severity } from '../../../src/core/severity.ts';
import type { IncidentId } from '../../../src/core/stream.ts';
import {
  type ClassFigures,
  figuresOf,
  takingsOf,
  type WatchReport,
  watchReport,
} from '../../../src/core/watch/report.ts';
import { engineer, hour, minute, room, second, service, visitor } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const bot = { kind: 'bot' } as const;

const start = (
  world: World,
  {
    of = service,
    hours = 48,
    why = 'Release 7',
    people = ['U1ENGINEER', 'U2SECOND'] as readonly string[],
    who = engineer,
  } = {},
) => world.by(who, { type: 'watch.start', service: of, forMs: hours * hour, why, people });

/** An alert of its own incident, which is the only one of its service. */
function opens(world: World, severity: Severity): IncidentId {
  const answer = world.by(engineer, {
    type: 'incident.declare',
    title: `Trouble ${severity}`,
    service,
    severity,
    playbook: null,
    summary: '',
  });
  if (answer.kind !== 'accepted') throw new Error(answer.message);
  return answer.stream as IncidentId;
}

const takes = (world: World, incident: IncidentId) =>
  world.by(second, { type: 'incident.acknowledge', incident });

const closes = (world: World, incident: IncidentId) =>
  world.by(second, { type: 'incident.resolve', incident, note: null });

const reportOf = (world: World): WatchReport =>
  watchReport(
    world.watch(),
    world.watch().incidents.map((id) => world.events(id) as IncidentEvent[]),
    world.room.pace,
  );

const figures = (world: World, period: number, of: 'critical' | 'warning'): ClassFigures => {
  const found = figuresOf(reportOf(world), world.now())[period]?.classes.find((each) => each.class === of);
  if (!found) throw new Error(`there is no period ${period}`);
  return found;
};

describe('the time in which an incident must be acknowledged', () => {
  const after = (ms: number) => {
    const { watch } = standardTargets;
    const { critical, warning } = watch[periodAt(watch, ms)]!;
    return [critical / minute, warning / minute];
  };

  it.each([
    ['at the start', 0, [5, 30]],
    ['just before 24 hours', 24 * hour - 1, [5, 30]],
    ['at 24 hours to the millisecond', 24 * hour, [15, 60]],
    ['just before 48 hours', 48 * hour - 1, [15, 60]],
    ['in a watch that lasts longer', 72 * hour, [15, 60]],
    ['with a clock that was set back', -minute, [5, 30]],
  ] as const)('%s of a watch', (_, ms, limits) => {
    expect(after(ms)).toEqual(limits);
  });

  it.each([
    ['P0', 5, 15],
    ['P1', 5, 15],
    ['P2', 30, 60],
    ['P3', 30, 60],
  ] as const)(
    'of %s: %i minutes in the first 24 hours, %i minutes in the second',
    (severity, first, later) => {
      const limitAt = (ms: number): number => {
        const world = createWorld();
        start(world);
        world.pass(ms);
        const id = opens(world, severity);
        takes(world, id);
        const [limit = 0] = world
          .events(id)
          .flatMap((event) => (event.type === 'IncidentAcknowledged' ? (event.data.limitMs ?? []) : []));
        return limit / minute;
      };
      expect([limitAt(0), limitAt(24 * hour - 1), limitAt(24 * hour), limitAt(48 * hour - 1)]).toEqual([
        first,
        first,
        later,
        later,
      ]);
      // At 48 hours to the millisecond the watch is over.
      expect(limitAt(48 * hour)).toBe(first);
    },
  );

  it('is the usual one on other services, and says nothing of a watch', () => {
    const world = createWorld();
    start(world);
    world.pass(30 * hour);
    world.notice(notice({ service: 'ledger' }));
    expect(world.incident()).not.toHaveProperty('acknowledgeWithin');
    expect(world.watch().incidents).toEqual([]);
    takes(world, 'INC-1');
    expect(world.events('INC-1').find(({ type }) => type === 'IncidentAcknowledged')?.data).toMatchObject({
      limitMs: 5 * minute,
    });
  });

  it('is what the operators wrote, in a watch and outside', () => {
    const written = createWorld({
      room: {
        ...room,
        targets: {
          always: { critical: 10 * minute, warning: hour },
          watch: [{ untilMs: 12 * hour, critical: minute, warning: 2 * minute }],
        },
      },
    });
    const outside = opens(written, 'P1');
    expect(written.incident(outside).acknowledgeWithin).toEqual({ critical: 10 * minute, warning: hour });
    closes(written, outside);
    start(written);
    expect(written.incident(opens(written, 'P1')).acknowledgeWithin).toEqual({
      ...{ critical: minute, warning: 2 * minute },
      watch: { id: 'WCH-1', period: 0 },
    });
  });

  it('runs as fast as the room, and so does the watch', () => {
    const fast = createWorld({ room: { ...room, pace: 60 } });
    start(fast);
    expect(fast.watch().until - fast.now()).toBe((48 * hour) / 60);
    expect(targetsOf(fast.room).watch[0]).toEqual({ untilMs: 24 * minute, critical: 5_000, warning: 30_000 });
    expect(fast.incident(opens(fast, 'P1')).acknowledgeWithin).toMatchObject({ critical: 5_000 });
  });

  it('begins anew where it becomes critical, and is never longer than it was', () => {
    const due = (world: World) => takingsOf(world.events('INC-1') as IncidentEvent[], 1)[0]?.dueAt ?? 0;
    const raise = (world: World, severity: Severity) =>
      world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity, why: null });
    const early = createWorld();
    const opened = early.now();
    opens(early, 'P2');
    early.pass(10 * minute);
    raise(early, 'P1');
    expect(due(early)).toBe(opened + 15 * minute);
    raise(early, 'P0');
    expect(due(early)).toBe(opened + 15 * minute);
    raise(early, 'P3');
    expect(due(early)).toBe(opened + 30 * minute);
    const late = createWorld();
    opens(late, 'P2');
    late.pass(28 * minute);
    raise(late, 'P1');
    expect(due(late)).toBe(opened + 30 * minute);
    // What stood only in the log was seen by nobody until then.
    const hidden = createWorld();
    opens(hidden, 'P4');
    hidden.pass(2 * hour);
    raise(hidden, 'P1');
    expect(due(hidden)).toBe(opened + 2 * hour + 5 * minute);
  });
});

describe('a watch', () => {
  it('takes two people, a service that there is, a reason, and the right to change the service', () => {
    const world = createWorld();
    expect(start(world, { people: ['U1ENGINEER'] })).toMatchObject({ code: 'invalid' });
    expect(start(world, { people: ['U1ENGINEER', 'U1ENGINEER'] })).toMatchObject({ code: 'invalid' });
    expect(start(world, { of: 'chekout' })).toMatchObject({ message: expect.stringContaining('checkout') });
    expect(start(world, { why: ' ' })).toMatchObject({ code: 'invalid' });
    expect(start(world, { hours: 0 })).toMatchObject({ code: 'invalid' });
    expect(start(world, { hours: 337 })).toMatchObject({ code: 'invalid' });
    expect(start(world, { who: visitor })).toMatchObject({ code: 'not-allowed' });
    expect(start(world)).toMatchObject({ kind: 'accepted', stream: 'WCH-1' });
    expect(start(world)).toMatchObject({ code: 'already', message: expect.stringContaining('WCH-1') });
    expect(world.watch()).toMatchObject({ people: ['U1ENGINEER', 'U2SECOND'], channel: '#monitoring' });
  });

  it('ends by itself with one report, and is stopped once, with a reason', () => {
    const world = createWorld();
    start(world);
    world.pass(48 * hour - 1);
    expect(world.watch().over).toBeNull();
    world.pass(1);
    expect(world.watch().over).toEqual({ kind: 'ended', at: world.now() });
    expect(world.watch().blind).toEqual([]);
    expect(world.shown().filter((each) => each.startsWith('watch'))).toEqual([
      'watch/WCH-1',
      'watch-report/WCH-1',
    ]);
    expect(start(world)).toMatchObject({ stream: 'WCH-2' });
    const stop = (who = second, why = 'All is calm') =>
      world.by(who, { type: 'watch.end', watch: 'WCH-2', why });
    expect(stop(visitor)).toMatchObject({ code: 'not-allowed' });
    expect(stop(second, '')).toMatchObject({ code: 'invalid' });
    expect(stop()).toMatchObject({ kind: 'accepted' });
    expect(stop()).toMatchObject({ code: 'already', message: expect.stringContaining('already stopped') });
    expect(world.by(bot, { type: 'watch.due', watch: 'WCH-2' })).toMatchObject({ code: 'stale' });
    expect(world.by(second, { type: 'watch.due', watch: 'WCH-1' })).toMatchObject({ code: 'not-allowed' });
    expect(world.refusals).toEqual([]);
    expect(world.refolded()).toEqual(world.states);
  });

  it('says what came, what was in time, and names what was not', () => {
    const world = createWorld();
    start(world);
    const inTime = opens(world, 'P1');
    world.pass(5 * minute);
    takes(world, inTime);
    closes(world, inTime);
    const late = opens(world, 'P0');
    world.pass(5 * minute + 1);
    takes(world, late);
    closes(world, late);
    world.pass(24 * hour);
    const calm = opens(world, 'P2');
    world.pass(hour);
    takes(world, calm);
    closes(world, calm);
    expect(figures(world, 0, 'critical')).toMatchObject({
      limitMs: 5 * minute,
      within: 1,
      waiting: 0,
      over: [{ incident: late, taken: { by: 'U2SECOND' } }],
      slowestMs: 5 * minute + 1,
    });
    expect(figures(world, 0, 'warning')).toMatchObject({ takings: [], within: 0, slowestMs: null });
    expect(figures(world, 1, 'warning')).toMatchObject({ limitMs: hour, within: 1, over: [] });
  });

  it('counts what nobody has yet as waiting while there is time, then as missed', () => {
    const world = createWorld();
    start(world);
    opens(world, 'P1');
    world.pass(5 * minute);
    expect(figures(world, 0, 'critical')).toMatchObject({ waiting: 1, over: [], slowestMs: null });
    world.pass(1);
    expect(figures(world, 0, 'critical')).toMatchObject({ waiting: 0, over: [{ taken: null }] });
    // Whoever resolves it had it, without having said so.
    closes(world, 'INC-1');
    expect(figures(world, 0, 'critical')).toMatchObject({ over: [{ taken: { by: 'U2SECOND' } }] });
  });

  it('counts each time that an incident comes back by an alert, and none that a person brings back', () => {
    const world = createWorld();
    const fired = notice();
    world.notice(fired);
    start(world);
    expect(world.watch().incidents).toEqual([]);
    takes(world, 'INC-1');
    world.notice(ended(fired));
    closes(world, 'INC-1');
    world.by(second, { type: 'incident.reopen', incident: 'INC-1', why: 'It is not over' });
    closes(world, 'INC-1');
    expect(world.watch().incidents).toEqual([]);
    for (const times of [1, 2]) {
      world.pass(hour);
      world.notice({ ...fired, startsAt: world.now() });
      takes(world, 'INC-1');
      world.notice(ended({ ...fired, startsAt: world.now() }, world.now() + 1));
      closes(world, 'INC-1');
      expect(figures(world, 0, 'critical')).toMatchObject({ within: times, alerts: times });
    }
    expect(world.watch().incidents).toEqual(['INC-1']);
  });

  it('does not count what calls for nobody, nor practice', () => {
    const world = createWorld();
    start(world);
    opens(world, 'P4');
    world.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    expect(reportOf(world)).toMatchObject({ takings: [], logged: 1 });
  });

  it('remembers the stretches in which the bot did not run, whatever it notices first', () => {
    const world = createWorld();
    start(world, { hours: 2 });
    world.pass(12 * minute);
    const from = world.watch().startedAt + 15 * minute;
    world.down(30 * minute);
    world.pass(minute);
    expect(world.watch().blind).toEqual([{ what: 'bot', from, to: world.watch().startedAt + 42 * minute }]);
    // Down until after its end.
    world.down(5 * hour);
    world.pass(minute);
    expect(world.watch()).toMatchObject({ over: { kind: 'ended' } });
    expect(world.watch().blind.at(-1)).toMatchObject({ what: 'bot', to: world.watch().until });
  });

  it('remembers when Alertmanager did not tell which alerts it had', () => {
    const world = createWorld();
    const began = world.now();
    start(world);
    world.pass(hour);
    const unheard = () => world.by(bot, { type: 'watch.unheard', watch: 'WCH-1', since: began - hour });
    expect(unheard()).toMatchObject({ kind: 'accepted' });
    expect(unheard()).toMatchObject({ code: 'stale' });
    world.pass(hour);
    expect(world.by(bot, { type: 'watch.heard', watch: 'WCH-1' })).toMatchObject({ kind: 'accepted' });
    expect(world.by(bot, { type: 'watch.heard', watch: 'WCH-1' })).toMatchObject({ code: 'stale' });
    expect(world.watch().blind).toEqual([{ what: 'alerts', from: began, to: began + 2 * hour }]);
    // No moment is in two stretches.
    world.pass(minute);
    expect(unheard()).toMatchObject({ kind: 'accepted' });
    expect(world.watch().blind.at(-1)).toEqual({ what: 'alerts', from: began + 2 * hour, to: null });
  });

  it('holds no limit any more once its time has passed, however late the bot notices', () => {
    const world = createWorld();
    start(world, { hours: 1 });
    world.down(hour);
    expect(world.watch().over).toBeNull();
    const id = opens(world, 'P1');
    expect(world.incident(id)).not.toHaveProperty('acknowledgeWithin');
  });
});

describe('the post-mortem of what was opened in a watch', () => {
  it('says the limit of the watch, and whether it was kept', () => {
    const phaseAfter = (ms: number) => {
      const world = createWorld();
      start(world);
      world.pass(24 * hour);
      const id = opens(world, 'P1');
      world.pass(ms);
      takes(world, id);
      const events = world.events(id).map((event, index) => ({ stream: id, event, position: index + 1 }));
      const { phases } = postMortem(events, { incident: world.incident(id), runs: [], now: world.now() });
      const phase = phases.find(({ name }) => name === 'acknowledge');
      return phase && { ...phase, late: isLate(phase) };
    };
    expect(phaseAfter(15 * minute)).toMatchObject({
      title: 'Incident to somebody having it in WCH-1',
      ...{ tookMs: 15 * minute, budgetMs: 15 * minute, late: false },
    });
    expect(phaseAfter(15 * minute + 1)).toMatchObject({ late: true });
  });
});

describe('a log of an older version', () => {
  it('folds to the same incident, and is measured by the usual limits', () => {
    const opened: Event = {
      type: 'IncidentOpened',
      at: 1_000,
      by: 'alertmanager',
      data: {
        ...{ id: 'INC-1', number: 1, title: 'Trouble', service, playbook: 'generic', severity: 'P1' },
        ...{ place: { kind: 'channel', name: 'inc-1' }, summary: '' },
      },
    };
    const raised: Event = {
      type: 'SeverityChanged',
      at: 2_000,
      by: 'U1ENGINEER',
      data: { severity: 'P2', from: 'P1', why: null },
    };
    const taken: Event = { type: 'IncidentAcknowledged', at: 3_000, by: 'U1ENGINEER', data: {} };
    const log = [opened, raised, taken];
    const state = log.reduce<Stream | null>((before, event) => evolve('INC-1', before, event), null);
    expect(Object.keys(state?.kind === 'incident' ? state.incident : {})).not.toContain('acknowledgeBy');
    expect(takingsOf(log as IncidentEvent[], 1)).toMatchObject([
      { class: 'warning', dueAt: 1_000 + 30 * minute, taken: { at: 3_000 }, watch: null },
    ]);
  });
});
