import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { subjectKey } from '../../../src/core/effect.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { timelineOf } from '../../../src/core/report/timeline.ts';
import { calledRoom, roster } from '../../fakes/called.ts';
import { engineer, hour, minute, visitor } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

/** Testing is paged as well, so that it shows which pages end. */
const pagedTesting: Room = {
  ...calledRoom,
  roster: {
    ...roster,
    testing: {
      ...roster.testing!,
      pagerduty: { routingKey: 'PAGERDUTY_ROUTING_KEY', escalationPolicy: null },
    },
  },
};

const expert: Actor = { kind: 'person', user: 'U8EXPERT', groups: [] };
const platform: Actor = { kind: 'person', user: 'U6PLATFORM', groups: [] };

const call = (world: World, duty: string) =>
  world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty, why: null });
const answer = (world: World, actor: Actor, number: number, handles?: readonly string[]) =>
  world.by(actor, {
    ...{ type: 'incident.answer-call', incident: 'INC-1', call: number },
    ...(handles === undefined ? {} : { handles }),
  });
const ends = (world: World) =>
  world.effects().flatMap((effect) => (effect.kind === 'page-end' ? [`${effect.call} ${effect.as}`] : []));

/** Somebody has it, and an expert was called in after that: the first call is 0, the expert's is 1. */
function calledAfter(duty = 'testing'): World {
  const world = createWorld({ room: pagedTesting });
  world.notice(notice());
  world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
  world.pass(minute);
  call(world, duty);
  return world;
}

describe('whoever is called when somebody has the incident already', {
  tags: ['trust-16', 'trust-30'],
}, () => {
  it('says that they are on it, which ends their page alone and stands on the timeline', () => {
    const world = calledAfter();
    world.pass(4 * minute);
    expect(ends(world)).toEqual(['0 acknowledged']);
    expect(answer(world, expert, 1, ['testing']).kind).toBe('accepted');
    expect(ends(world)).toEqual(['0 acknowledged', '1 acknowledged']);
    const { acknowledged, calling, responders, roles } = world.incident();
    expect(calling?.calls[1]).toMatchObject({ answered: { by: 'U8EXPERT' } });
    // Who has the incident stays who has it, and nobody gets a role or a right by it.
    expect(acknowledged?.by).toBe('U1ENGINEER');
    expect({ responders, roles }).toEqual({ responders: ['U1ENGINEER'], roles: {} });
    const events = world
      .events('INC-1')
      .map((event, position) => ({ stream: 'INC-1' as const, event, position }));
    expect(timelineOf(events, []).at(-1)).toMatchObject({
      ...{ who: 'U8EXPERT', what: 'On it, 4 min after Testing and monitoring was called' },
    });
  });

  it('is the person who was called, or somebody of the group that was, and nobody else whatever they may do', () => {
    const world = calledAfter('platform');
    for (const [actor, handles] of [
      [engineer, ['oncall', 'testing']],
      [visitor, []],
      [expert, ['platform', 'U6PLATFORM']],
    ] as const)
      expect(answer(world, actor, 1, handles)).toMatchObject({
        ...{ code: 'not-allowed', message: expect.stringContaining('Only those who were called') },
      });
    expect(answer(world, platform, 1).kind).toBe('accepted');

    const group = calledAfter();
    expect(answer(group, expert, 1, ['oncall'])).toMatchObject({ code: 'not-allowed' });
    expect(answer(group, expert, 1)).toMatchObject({
      ...{ code: 'not-allowed', message: expect.stringContaining('did not say which groups') },
    });
    expect(answer(group, { kind: 'alertmanager' }, 1, ['testing'])).toMatchObject({ code: 'not-allowed' });
    expect(answer(group, { kind: 'pagerduty', name: 'Tester' }, 1).kind).toBe('accepted');
    expect(group.incident().calling?.calls[1]?.answered?.by).toBe('pagerduty:Tester');
  });

  it('says so once, and only where their call asks for an answer of its own', () => {
    const world = calledAfter();
    // The one before the acknowledgement was answered by it.
    expect(answer(world, engineer, 0, ['oncall'])).toMatchObject({
      ...{ code: 'already', message: expect.stringContaining('<@U1ENGINEER> already has it') },
    });
    answer(world, expert, 1, ['testing']);
    expect(answer(world, platform, 1, ['testing'])).toMatchObject({
      ...{ code: 'already', message: expect.stringContaining('<@U8EXPERT> is on it already') },
    });
    expect(answer(world, expert, 7, ['testing'])).toMatchObject({ code: 'stale' });
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(answer(world, expert, 1, ['testing'])).toMatchObject({ code: 'already' });

    const free = createWorld({ room: pagedTesting });
    free.notice(notice());
    call(free, 'testing');
    expect(answer(free, expert, 1, ['testing'])).toMatchObject({
      ...{ code: 'invalid', message: expect.stringContaining('Acknowledge') },
    });
  });

  it('has nothing to say any more in the next opening', () => {
    const world = calledAfter();
    world.notice(ended(notice()));
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.notice(notice({ startsAt: world.now() + 1 }));
    expect(world.incident().phase).toBe('open');
    expect(answer(world, expert, 1, ['testing'])).toMatchObject({ code: 'stale' });
  });

  it('moves no timer: the chain goes on as if they had not said it', () => {
    const [quiet, said] = [calledAfter(), calledAfter()];
    answer(said, expert, 1, ['testing']);
    for (const world of [quiet, said]) world.pass(24 * hour);
    const called = (world: World) =>
      world
        .events('INC-1')
        .flatMap((event) => (event.type === 'Called' ? [[event.data.duty, event.at]] : []));
    expect(called(said)).toEqual(called(quiet));
    expect(called(said).length).toBeGreaterThan(3);
  });

  it('leaves the list of whom to telephone, and folds from the log to the same state', () => {
    const world = calledAfter();
    world.handle({
      ...{ actor: { kind: 'bot' }, type: 'incident.page-failed', incident: 'INC-1', call: 1 },
      ...{ message: 'PagerDuty does not answer.', final: false },
    } as const);
    const before = world.effects().length;
    answer(world, expert, 1, ['testing']);
    const shown = world
      .effects()
      .slice(before)
      .flatMap((effect) => (effect.kind === 'show' ? [subjectKey(effect.subject)] : []));
    expect(shown).toEqual(
      expect.arrayContaining(['call/INC-1/1', expect.stringMatching(/^unpaged\/INC-1\//), 'card/INC-1']),
    );
    expect(world.refolded().get('INC-1')).toEqual({ kind: 'incident', incident: world.incident() });
  });
});
