import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Answer } from '../../../src/core/decision.ts';
import { timelineOf } from '../../../src/core/report/timeline.ts';
import type { RunId } from '../../../src/core/stream.ts';
import { moment, plannedRoom } from '../../fakes/plannedRoom.ts';
import { engineer, hour, lead, second, service, trainee } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const at = (when: number): World => {
  const world = createWorld({ room: plannedRoom });
  world.down(when - world.now());
  return world;
};

const start = (
  world: World,
  playbook: string,
  { who = engineer, override }: { who?: Actor; override?: string } = {},
): Answer =>
  world.by(who, {
    type: 'run.start',
    run: null,
    incident: null,
    playbook,
    place: { kind: 'channel', channel: 'C1' },
    reason: 'The new version.',
    ...(override !== undefined && { override }),
  });

const within = (world: World, playbook: string, override?: string): Answer =>
  world.by(engineer, {
    type: 'incident.start-run',
    incident: 'INC-1',
    playbook,
    reason: null,
    ...(override !== undefined && { override }),
  });

const decide = (world: World, who: Actor, run: RunId = 'RUN-1', verdict: 'approve' | 'refuse' = 'approve') =>
  world.by(who, { type: 'run.plan-decide', run, verdict, hash: world.run(run).whole?.hash ?? '' });

const planned = (world: World) => world.underWay().map((each) => each.planned.action);

/** The lead has the right to override as well, so that somebody is there who may do everything. */
const reason = 'A certificate ends tonight.';

describe('a planned change', { tags: ['trust-20'] }, () => {
  it('starts within its window', () => {
    const world = at(moment.open);
    expect(start(world, 'release')).toMatchObject({ kind: 'accepted' });
    expect(planned(world)).toEqual(['install']);
    expect(start(world, 'deploy')).toMatchObject({ kind: 'accepted' });
    expect(world.run('RUN-2')).toMatchObject({ at: 'install', whole: null });
  });

  it.each(['deploy', 'release', 'migrate'])(
    '%s is refused outside, with every reason and the next moment',
    (playbook) => {
      const world = at(moment.saturday);
      world.by(second, { type: 'freeze.begin', service: null, until: null, why: 'Year end' });
      const answer = start(world, playbook);
      expect(answer).toMatchObject({ kind: 'refused', code: 'closed' });
      expect(answer).toMatchObject({
        message: expect.stringMatching(
          /^\w+ does not start now\. Outside Tue–Thu 10:00–14:00 \(America\/Chicago\)\. FRZ-1 freezes all services: Year end\. FRZ-1 has to be over first\. By the calendar the next moment is <!date.*Tue 2026-11-24 10:00 \(America\/Chicago\)\. To go past this/,
        ),
      });
      expect(world.runs()).toEqual([]);
    },
  );

  it('is refused while an incident is open on its service, and not while practice is', () => {
    const world = at(moment.open);
    world.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    expect(start(world, 'deploy')).toMatchObject({ kind: 'accepted' });
    world.notice(notice());
    expect(start(world, 'deploy')).toMatchObject({
      message: expect.stringContaining('INC-2 is open on checkout.'),
    });
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-2', note: null });
    expect(start(world, 'deploy')).toMatchObject({ kind: 'accepted' });
  });

  it('is looked at again when its plan is approved, and everybody is told why it does not start', () => {
    const world = at(moment.closes - 1_000);
    start(world, 'migrate');
    world.pass(1_000);
    expect(decide(world, second)).toMatchObject({ kind: 'accepted' });
    expect(world.run('RUN-1')).toMatchObject({
      whole: { state: { kind: 'withdrawn', by: 'bot', why: expect.stringContaining('Outside Tue–Thu') } },
      result: { kind: 'refused', by: 'bot' },
    });
    expect(planned(world)).toEqual([]);
    expect(world.claims.has('target:web/checkout')).toBe(false);
  });

  it('says nothing of a reason that was given for nothing', () => {
    const world = at(moment.open);
    start(world, 'release', { override: reason });
    expect(world.run('RUN-1').whole?.plan.override).toBeUndefined();
    expect(planned(world)).toEqual(['install']);
  });
});

describe('an override', () => {
  it.each(['deploy', 'release', 'migrate'])(
    'of %s waits for a second person who may override',
    (playbook) => {
      const world = at(moment.saturday);
      expect(start(world, playbook, { override: reason })).toMatchObject({ kind: 'accepted' });
      const { whole } = world.run('RUN-1');
      expect(whole).toMatchObject({
        state: { kind: 'pending' },
        plan: { override: { reason, against: [{ text: 'Outside Tue–Thu 10:00–14:00 (America/Chicago).' }] } },
      });
      expect(planned(world)).toEqual([]);
      // One person alone never, whatever they may do; nor somebody who may approve and not override.
      expect(decide(world, engineer)).toMatchObject({ code: 'own-request' });
      expect(decide(world, lead)).toMatchObject({
        code: 'not-allowed',
        message: expect.stringContaining('override'),
      });
      expect(decide(world, trainee)).toMatchObject({ code: 'not-allowed' });
      // Nor somebody from whom it was taken since.
      expect(decide(world, { ...second, groups: ['leads'] } as Actor)).toMatchObject({ code: 'not-allowed' });
      expect(decide(world, second)).toMatchObject({ kind: 'accepted' });
      expect(world.run('RUN-1').whole?.state).toMatchObject({ kind: 'approved', by: 'U2SECOND' });
      expect(world.shown()).toContain('override/RUN-1');
      if (playbook === 'deploy') expect(world.run('RUN-1').at).toBe('install');
      else expect(planned(world)).toEqual([playbook === 'release' ? 'install' : 'wipe']);
      expect(decide(world, second)).toMatchObject({ kind: 'refused' });
    },
  );

  it('is another plan than the same without it, and than one with another reason', () => {
    const hashes = [reason, 'Another reason.'].map((override) => {
      const world = at(moment.saturday);
      start(world, 'migrate', { override });
      return world.run('RUN-1').whole?.hash;
    });
    const world = at(moment.open);
    start(world, 'migrate');
    expect(new Set([...hashes, world.run('RUN-1').whole?.hash])).toHaveLength(3);
  });

  it('counts for what was shown, and not for what came up since', () => {
    const world = at(moment.saturday);
    start(world, 'deploy', { override: reason });
    world.by(second, { type: 'freeze.begin', service, until: null, why: 'An audit' });
    expect(decide(world, second)).toMatchObject({ kind: 'accepted' });
    expect(world.run('RUN-1')).toMatchObject({
      whole: {
        state: { kind: 'withdrawn', why: expect.stringMatching(/^Since it was asked for: FRZ-1 freezes/) },
      },
      result: { kind: 'refused' },
    });
    expect(world.run('RUN-1').whole?.state).not.toMatchObject({ why: expect.stringContaining('Outside') });
  });

  it('starts nothing when it is refused, and nothing when nobody answers', () => {
    const world = at(moment.saturday);
    start(world, 'deploy', { override: reason });
    decide(world, second, 'RUN-1', 'refuse');
    expect(world.run('RUN-1').result).toMatchObject({ kind: 'refused' });
    start(world, 'deploy', { override: reason });
    world.pass(hour);
    expect(world.run('RUN-2').result).toMatchObject({ kind: 'refused', why: 'Nobody approved it in time.' });
    expect(planned(world)).toEqual([]);
  });

  it('of a walk that was let past can be ended like any other', () => {
    const world = at(moment.saturday);
    start(world, 'deploy', { override: reason });
    decide(world, second);
    expect(world.by({ kind: 'bot' }, { type: 'run.end', run: 'RUN-1', why: null })).toMatchObject({
      kind: 'accepted',
    });
    expect(world.run('RUN-1').result).toMatchObject({ kind: 'stopped' });
  });
});

describe('a hotfix, which belongs to an open incident', () => {
  const open = (): World => {
    const world = at(moment.open);
    world.notice(notice());
    return world;
  };

  it('is an override against that very incident', () => {
    const world = open();
    expect(within(world, 'deploy')).toMatchObject({
      code: 'closed',
      message: expect.stringContaining('INC-1 is open on checkout.'),
    });
    expect(within(world, 'deploy', reason)).toMatchObject({ kind: 'accepted' });
    expect(world.run('INC-1.2').whole?.plan.override?.against).toEqual([
      { key: 'INC-1', text: 'INC-1 is open on checkout.' },
    ]);
  });

  it('needs the commander as one of the two', () => {
    const world = open();
    within(world, 'deploy', reason);
    expect(decide(world, second, 'INC-1.2')).toMatchObject({
      message: expect.stringContaining('no commander'),
    });
    const { user } = lead as Extract<Actor, { kind: 'person' }>;
    world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'commander', user });
    expect(decide(world, second, 'INC-1.2')).toMatchObject({ message: expect.stringContaining('<@U3LEAD>') });
    world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U1ENGINEER' });
    expect(decide(world, second, 'INC-1.2')).toMatchObject({ kind: 'accepted' });
    expect(world.run('INC-1.2').at).toBe('install');
  });

  it('is told in the incident and stands in its timeline', () => {
    const world = open();
    world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U1ENGINEER' });
    within(world, 'deploy', reason);
    decide(world, second, 'INC-1.2');
    expect(world.incident().notes.map(({ text }) => text)).toContain(
      `<@U1ENGINEER> and <@U2SECOND> override what stands against *deploy*: ${reason} (INC-1 is open on checkout.)`,
    );
    const events = (['INC-1', 'INC-1.2'] as const).flatMap((stream) =>
      world.events(stream).map((event, index) => ({ stream, event, position: index + 1 })),
    );
    expect(timelineOf(events, []).map(({ what }) => what)).toContain(
      `Asked for approval of deploy, past what stands against it (INC-1 is open on checkout.), because: ${reason}`,
    );
  });
});
