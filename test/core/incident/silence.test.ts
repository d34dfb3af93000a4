import { describe, expect, it } from 'vitest';
import { Draft } from '../../../src/core/draft.ts';
import type { Effect } from '../../../src/core/effect.ts';
import { attendance } from '../../../src/core/incident/audit.ts';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import { evolveIncident, type Incident } from '../../../src/core/incident/incident.ts';
import { coverOf, endUnowned, lastActivity, silencingOf } from '../../../src/core/incident/silence.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { engineer, hour, minute, room, second, trainee, visitor } from '../../fakes/room.ts';
import { createWorld, ended, notice } from '../../fakes/world.ts';

type SilenceEffect = Extract<Effect, { kind: 'silence' }>;

const noisy = (
  definition: Definition,
  silences: { forMs: number; alerts?: readonly string[] },
): Definition => ({
  ...definition,
  service: {
    ...definition.service,
    actions: { ...definition.service.actions, quick: { ...definition.service.actions.quick!, silences } },
  },
});

const withSilences: Room = { ...room, silences: true };

/** A world with an Alertmanager that does what it is asked, until it is told not to. */
function setting(more: Partial<Room> = {}) {
  const world = createWorld({ room: { ...withSilences, ...more } });
  const answered = new Set<SilenceEffect>();
  const bot = { kind: 'bot' } as const;
  let reaches = true;

  function answer(effect: SilenceEffect): void {
    const { incident, number, does } = effect;
    if (does === 'look') {
      const activeAt = lastActivity(world.events());
      world.by(bot, { type: 'incident.silence-seen', incident, number, activeAt });
      return;
    }
    if (!reaches) {
      const message = 'Alertmanager cannot be reached.';
      world.by(bot, { type: 'incident.silence-failed', incident, number, does, message });
      return;
    }
    if (does === 'remove') {
      world.by(bot, { type: 'incident.silence-removed', incident, number });
      return;
    }
    const silence = silencingOf(world.incident()).live.find((each) => each.number === number);
    if (!silence || silence.ending !== null) return;
    const endsAt =
      world.now() + Math.min(effect.forMs, (silence.until ?? Number.POSITIVE_INFINITY) - world.now());
    world.by(bot, { type: 'incident.silence-held', incident, number, ids: ['s1'], endsAt });
  }

  const pending = (): SilenceEffect[] =>
    world
      .effects()
      .filter((each) => each.kind === 'silence')
      .filter((each) => !answered.has(each) && each.notBefore <= world.now());

  function settle(): void {
    for (;;) {
      const [next] = pending();
      if (!next) return;
      answered.add(next);
      answer(next);
    }
  }

  return {
    world,
    settle,
    reaches(yes: boolean): void {
      reaches = yes;
    },
    pass(ms: number): void {
      for (let passed = 0; passed < ms; passed += minute) {
        world.pass(minute);
        settle();
      }
    },
    by: (...given: Parameters<typeof world.by>) => {
      const answer = world.by(...given);
      settle();
      return answer;
    },
    asked: (does: SilenceEffect['does']) =>
      world.effects().filter((each) => each.kind === 'silence' && each.does === does).length,
    live: () => silencingOf(world.incident()).live,
    said: (pattern: RegExp) => world.incident().notes.filter(({ text }) => pattern.test(text)),
  };
}

const incident = 'INC-1';
const silence = { type: 'incident.silence', incident, forMs: null } as const;

function atWork(more: Partial<Room> = {}) {
  const set = setting(more);
  set.world.notice(notice());
  set.by(engineer, { type: 'incident.acknowledge', incident });
  return set;
}

describe('what is silenced', () => {
  const alert = (labels: Record<string, string>, number = 0) => ({
    ...{ name: labels.alertname ?? 'unnamed alert', fingerprint: `f${number}`, labels, summary: '' },
    ...{ startsAt: 0, endsAt: null },
  });

  it('is named in every silence: one for all that is critical would keep strangers quiet', () => {
    for (const alerts of [
      [alert({ severity: 'critical' })],
      [alert({ severity: 'critical', alertname: '' })],
      Array.from({ length: 12 }, (_, number) => alert({ severity: 'critical', pod: `p${number}` }, number)),
    ])
      expect(coverOf(alerts)).toEqual({ matchers: [], names: [], left: alerts.length });
    expect(coverOf([alert({ alertname: 'DiskFull' }), alert({ severity: 'critical' }, 1)])).toEqual({
      matchers: [{ alertname: 'DiskFull' }],
      names: ['DiskFull'],
      left: 1,
    });
  });
});

describe('silencing an incident while somebody works on it', () => {
  it('is leased: made for fifteen minutes, made longer every five, however long it was wished for', () => {
    const { world, by, pass, live, asked, said } = atWork();
    expect(by(engineer, { ...silence, forMs: 2 * hour })).toMatchObject({ kind: 'accepted' });
    const began = world.now();
    expect(live()).toMatchObject([
      {
        until: began + 2 * hour,
        matchers: [{ alertname: 'HighErrorRate', service: 'checkout' }],
        held: { endsAt: began + 15 * minute },
      },
    ]);
    expect(said(/^Silenced in Alertmanager while <@U1ENGINEER> works: HighErrorRate\./)).toHaveLength(1);
    pass(10 * minute);
    expect(asked('hold')).toBe(3);
    expect(live()[0]?.held?.endsAt).toBe(began + 25 * minute);
    expect(world.refolded().get(incident)).toEqual(world.states.get(incident));
  });

  it('ends when people have not been active for half an hour, and that is said', () => {
    const { by, pass, live, said } = atWork();
    by(engineer, silence);
    pass(30 * minute);
    expect(live()).toHaveLength(1);
    pass(20 * minute);
    expect(live()).toEqual([]);
    expect(said(/ended at .* because nobody was active here; alerts will be heard again/)).toHaveLength(1);
  });

  it('goes on for as long as somebody does something, in a run as well', () => {
    const { world, by, pass, live } = atWork();
    by(engineer, silence);
    for (let round = 0; round < 4; round++) {
      pass(20 * minute);
      const answer =
        round % 2 === 0
          ? by(second, { type: 'incident.note', incident, kind: 'note', text: 'Still at it.' })
          : by(second, {
              ...(round === 1
                ? ({ type: 'run.choose', step: 'kind', option: 'limits' } as const)
                : ({ type: 'run.skip', step: 'fallback' } as const)),
              run: 'INC-1.1',
              attempt: 1,
            });
      expect(answer).toMatchObject({ kind: 'accepted' });
    }
    expect(live()).toHaveLength(1);
    expect(world.events(incident).filter(({ type }) => type === 'SilenceEnded')).toEqual([]);
  });

  it('ends at the time that was asked for, and not before', () => {
    const { by, pass, live, said, asked } = atWork();
    by(engineer, { ...silence, forMs: 12 * minute });
    pass(11 * minute);
    expect(live()).toHaveLength(1);
    expect(asked('hold')).toBe(1);
    pass(minute);
    expect(live()).toEqual([]);
    expect(said(/ended at .* as was asked for/)).toHaveLength(1);
  });

  it('is over at once on resolve and on Stop Silence, and one that is made meanwhile is removed after it', () => {
    for (const end of [
      { type: 'incident.silence-stop', incident },
      { type: 'incident.resolve', incident, note: null },
    ] as const) {
      const { world, by, live, asked, settle } = atWork();
      // Not made yet when it is taken back.
      world.by(engineer, silence);
      world.by(second, end);
      expect(live()).toMatchObject([{ held: null, ending: expect.any(String) }]);
      settle();
      expect(live()).toEqual([]);
      expect(asked('remove')).toBe(1);
      expect(by(second, { type: 'incident.silence-stop', incident })).toMatchObject({ code: 'already' });
    }
  });

  it('ends when nobody has the incident any more, and is not made while nobody has', () => {
    const { world, by, live } = atWork();
    by(engineer, silence);
    const given = { ...world.incident(), acknowledged: null };
    const draft = new Draft<Incident, IncidentEvent>(given, evolveIncident);
    endUnowned(draft, world.now());
    expect(draft.decided()).toMatchObject({
      events: [{ type: 'SilenceEnding', data: { number: 1, why: 'nobody' } }],
      effects: [{ kind: 'silence', does: 'remove', number: 1 }],
    });

    by(engineer, { type: 'incident.resolve', incident, note: null });
    world.notice(notice({ startsAt: world.now() }));
    expect(world.incident()).toMatchObject({ phase: 'open', acknowledged: null });
    expect(by(engineer, silence)).toMatchObject({ message: expect.stringContaining('Acknowledge it first') });
    expect(live()).toEqual([]);
  });

  it('survives a restart within the lease, and lapses with a word when the bot was away for longer', () => {
    for (const { away, ends } of [
      { away: 9 * minute, ends: false },
      { away: 40 * minute, ends: true },
    ]) {
      const { world, by, pass, live, said, asked } = atWork();
      by(engineer, silence);
      world.down(away);
      by(second, { type: 'incident.note', incident, kind: 'note', text: 'It is back.' });
      pass(minute);
      expect(live()).toHaveLength(ends ? 0 : 1);
      expect(said(/not renewed in time; alerts will be heard again/)).toHaveLength(ends ? 1 : 0);
      expect(asked('remove')).toBe(ends ? 1 : 0);
    }
  });

  it('is not prolonged by what was done before the clock was set back', () => {
    const { world, by, pass, live, said } = atWork();
    by(engineer, silence);
    world.down(-3 * hour);
    // The store moves what waits by as much; here the looks are given by hand.
    const look = { type: 'incident.silence-seen', incident, number: 1 } as const;
    const before = live()[0]!.held!.endsAt;
    world.by({ kind: 'bot' }, { ...look, activeAt: lastActivity(world.events()) });
    expect(world.effects().filter((each) => each.kind === 'silence' && each.does === 'hold')).toHaveLength(1);
    by(second, { type: 'incident.note', incident, kind: 'note', text: 'Still at it.' });
    by({ kind: 'bot' }, { ...look, activeAt: lastActivity(world.events()) });
    expect(live()[0]!.held!.endsAt).toBe(world.now() + 15 * minute);
    expect(live()[0]!.held!.endsAt).toBeLessThan(before);
    pass(60 * minute);
    expect(live()).toEqual([]);
    expect(said(/nobody was active/)).toHaveLength(1);
  });

  it('goes on when a renewal fails once, and says so when none succeeds', () => {
    const set = atWork();
    set.by(engineer, silence);
    set.reaches(false);
    set.pass(7 * minute);
    set.reaches(true);
    set.pass(3 * minute);
    expect(set.live()).toHaveLength(1);
    set.reaches(false);
    set.pass(20 * minute);
    expect(set.live()).toEqual([]);
    expect(set.said(/not renewed in time/)).toHaveLength(1);
  });

  it('says when it could not be made, or not be removed', () => {
    const set = atWork();
    set.reaches(false);
    set.by(engineer, silence);
    expect(set.live()).toEqual([]);
    expect(
      set.said(/^Not silenced: Alertmanager cannot be reached\. The alerts go on calling people\.$/),
    ).toHaveLength(1);
    set.reaches(true);
    set.by(engineer, silence);
    set.reaches(false);
    set.by(engineer, { type: 'incident.silence-stop', incident });
    expect(set.live()).toEqual([]);
    expect(set.said(/could not be removed: .* It ends by itself at /)).toHaveLength(1);
  });

  it('is for those who may act on the service, with an Alertmanager, an alert and somebody who has it', () => {
    const { by, world } = atWork();
    expect(by(visitor, silence)).toMatchObject({ code: 'not-allowed' });
    expect(by(engineer, { ...silence, forMs: 9 * hour })).toMatchObject({ code: 'invalid' });
    expect(by(trainee, silence)).toMatchObject({ kind: 'accepted' });
    expect(by(engineer, silence)).toMatchObject({ code: 'already' });
    expect(by(engineer, { type: 'incident.silence-removed', incident, number: 1 })).toMatchObject({
      code: 'not-allowed',
    });
    expect(world.refusals).toEqual([]);

    const without = createWorld();
    without.notice(notice());
    without.by(engineer, { type: 'incident.acknowledge', incident });
    expect(without.by(engineer, silence)).toMatchObject({
      message: expect.stringContaining('ALERTMANAGER_URL is not set'),
    });
    const quiet = atWork();
    quiet.world.notice(ended(notice()));
    expect(quiet.by(engineer, silence)).toMatchObject({ message: expect.stringContaining('No alert fires') });
  });

  it('is said loudly for a P0, and nothing of a drill is ever silenced', () => {
    const p0 = setting();
    p0.world.notice(notice({ name: 'ServiceDown' }));
    p0.by(engineer, { type: 'incident.acknowledge', incident });
    p0.by(engineer, silence);
    expect(p0.said(/^\*This is a P0, and its alerts call nobody until the silence ends\.\*/)).toHaveLength(1);

    const drill = setting();
    drill.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    drill.by(engineer, { type: 'incident.acknowledge', incident });
    expect(drill.by(engineer, silence)).toMatchObject({ message: expect.stringContaining('drill') });
    expect(drill.asked('hold')).toBe(0);
  });

  it('keeps no incident from being found unattended', () => {
    const { world, by } = atWork();
    by(engineer, silence);
    const waiting = world
      .effects()
      .filter(({ kind }) => kind === 'silence')
      .map((effect) => ({ stream: incident, effect, dueAt: effect.notBefore }) as const);
    const nobodys = { ...world.incident(), acknowledged: null };
    expect(attendance(nobodys, waiting, { now: world.now() + hour, pace: 1 })).toMatchObject({
      kind: 'unattended',
    });
  });
});

describe('what is silenced', () => {
  const alert = (name: string, labels: Readonly<Record<string, string>>) => ({
    name,
    fingerprint: JSON.stringify([name, labels]),
    labels: { alertname: name, ...labels },
    summary: '',
    startsAt: 0,
    endsAt: null,
  });

  it('is each of a few alerts by all of its labels, as they are', () => {
    const hostile = { service: 'checkout', path: '.*|"}\n' };
    expect(coverOf([alert('Slow', hostile), alert('Slow', { service: 'checkout' })])).toEqual({
      matchers: [
        { alertname: 'Slow', ...hostile },
        { alertname: 'Slow', service: 'checkout' },
      ],
      names: ['Slow'],
      left: 0,
    });
  });

  it('is at most ten groups of many, by what each group has in common, and the rest is counted', () => {
    const instances = Array.from({ length: 20 }, (_, i) =>
      alert('TargetDown', { service: 'checkout', instance: `${i}`, job: 'node' }),
    );
    const others = Array.from({ length: 11 }, (_, i) => alert(`A${i}`, { service: 'checkout' }));
    const { matchers, left } = coverOf([...others, ...instances]);
    expect(matchers[0]).toEqual({ alertname: 'TargetDown', service: 'checkout', job: 'node' });
    expect(matchers).toHaveLength(10);
    expect(left).toBe(2);
  });

  it('is nothing where a label was cut, or where there is none', () => {
    expect(coverOf([alert('Slow', { text: 'x'.repeat(4_096) }), { ...alert('', {}), labels: {} }])).toEqual({
      matchers: [],
      names: [],
      left: 2,
    });
  });
});

describe('an action that is known to make noise', () => {
  const slow = withSilences.definitions.slow!;
  const start = (silences: { forMs: number; alerts?: readonly string[] }) => {
    const set = setting({ definitions: { ...room.definitions, slow: noisy(slow, silences) } });
    set.world.notice(notice({ name: 'Slow' }));
    set.world.notice(notice({ name: 'Elsewhere', service: null, groupKey: '{}:{service="checkout"}' }));
    set.by(engineer, { type: 'run.perform', run: 'INC-1.1', step: 'quick', attempt: 1 });
    return set;
  };

  it('silences its service and what fires in the incident, and is heard again when it is over', () => {
    const { world, live, settle, said } = start({ forMs: 5 * minute });
    expect(live()).toMatchObject([
      {
        cause: { kind: 'action', run: 'INC-1.1', title: 'quick' },
        by: 'U1ENGINEER',
        until: world.now() + 5 * minute,
        matchers: [{ service: 'checkout' }, { alertname: 'Elsewhere' }],
        held: { endsAt: world.now() + 5 * minute },
      },
    ]);
    world.ends(0);
    settle();
    expect(live()).toEqual([]);
    expect(said(/^The silence for \*quick\* was removed\.$/)).toHaveLength(1);
  });

  it('silences only the alerts that it names, where it names any, and none that fires already', () => {
    const { live } = start({ forMs: 30 * minute, alerts: ['TargetDown', 'Slow', 'ServiceDown'] });
    expect(live()[0]?.matchers).toEqual([
      { alertname: 'TargetDown', service: 'checkout' },
      { alertname: 'ServiceDown', service: 'checkout' },
    ]);
  });

  it('silences nothing where all that it names fires already: the end of that is waited for', () => {
    const { live, asked } = start({ forMs: 5 * minute, alerts: ['Slow'] });
    expect(live()).toEqual([]);
    expect(asked('hold')).toBe(0);
  });

  it('is carried out for as long as it takes, and never silences for longer than it said', () => {
    const { live, pass, asked, world } = start({ forMs: 25 * minute });
    expect(live()[0]?.held?.endsAt).toBe(world.now() + 15 * minute);
    pass(24 * minute);
    expect(live()).toHaveLength(1);
    expect(asked('hold')).toBeGreaterThan(1);
    pass(2 * minute);
    expect(live()).toEqual([]);
    expect(world.underWay()).toHaveLength(1);
  });

  it('is heard again when it failed as well', () => {
    const { world, live, settle } = start({ forMs: 5 * minute });
    world.ends(1);
    settle();
    expect(live()).toEqual([]);
  });

  it('goes on where nothing can be silenced, and that is said', () => {
    const set = setting({ definitions: { ...room.definitions, slow: noisy(slow, { forMs: 5 * minute }) } });
    set.reaches(false);
    set.world.notice(notice({ name: 'Slow' }));
    set.by(engineer, { type: 'run.perform', run: 'INC-1.1', step: 'quick', attempt: 1 });
    expect(set.world.underWay()).toHaveLength(1);
    expect(set.said(/^Not silenced for \*quick\*: .* Expect pages while it is carried out\.$/)).toHaveLength(
      1,
    );
  });
});

describe('silences that others made', () => {
  it('are known as long as they last, and their end is said once while an alert fires', () => {
    const { world, by, said } = atWork();
    const others = [{ id: 'x1', by: 'somebody', until: world.now() + hour }];
    const seen = { type: 'incident.silences-of-others', incident } as const;
    by({ kind: 'bot' }, { ...seen, others });
    expect(silencingOf(world.incident()).others).toEqual(others);
    by({ kind: 'bot' }, { ...seen, others: [] });
    by({ kind: 'bot' }, { ...seen, others: [] });
    expect(said(/The silence x1, made in Alertmanager, has ended/)).toHaveLength(1);
    expect(world.effects().filter(({ kind }) => kind === 'silence')).toEqual([]);
  });
});
