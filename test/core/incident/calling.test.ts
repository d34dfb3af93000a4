import { describe, expect, it } from 'vitest';
import type { Room } from '../../../src/core/playbook/room.ts';
import { calledRoom, roster } from '../../fakes/called.ts';
import { engineer, hour, lead, minute, second, visitor } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const opened = (name = 'HighErrorRate', room: Room = calledRoom) => {
  const world = createWorld({ room });
  world.notice(notice({ name }));
  return world;
};

/** Who was called so far, and how many minutes after the beginning. */
const calls = (world: World, from = Date.UTC(2026, 10, 21, 14, 0, 0)) =>
  world
    .events('INC-1')
    .flatMap((event) =>
      event.type === 'Called' ? [`${event.data.duty} ${Math.round((event.at - from) / minute)}`] : [],
    );

const pages = (world: World) =>
  world.effects().flatMap((effect) => (effect.kind === 'page' ? [effect.call] : []));
const ends = (world: World) =>
  world.effects().flatMap((effect) => (effect.kind === 'page-end' ? [`${effect.call} ${effect.as}`] : []));

const ack = (world: World) => world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
const resolve = (world: World) =>
  world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });

describe('an incident calls its chain', { tags: ['trust-17'] }, () => {
  it('calls the first level at once, in the card, by page and by invitation', () => {
    const world = opened();
    expect(calls(world)).toEqual(['on-call 0']);
    expect(pages(world)).toEqual([0]);
    expect(world.incident().calling?.calls[0]).toMatchObject({
      inCard: true,
      page: 'waiting',
      why: 'opened',
      usergroup: 'oncall',
    });
    expect(world.shown()).not.toContain('call/INC-1/0');
  });

  it('invites whoever the card calls once there is a channel to be invited to', () => {
    const routing = { ...calledRoom.routing };
    for (const severity of ['P0', 'P1', 'P2'] as const)
      routing[severity] = { ...routing[severity], invite: ['platform-team'] };
    for (const [room, groups] of [
      [calledRoom, expect.arrayContaining(['oncall'])],
      [{ ...calledRoom, routing }, ['platform-team', 'oncall']],
    ] as const) {
      const kinds = opened('HighErrorRate', room).effects();
      const opens = kinds.findIndex(({ kind }) => kind === 'open-channel');
      const invites = kinds.flatMap((effect, at) => (effect.kind === 'invite' ? [{ ...effect, at }] : []));
      expect(invites).toMatchObject([{ groups, users: [] }]);
      expect(invites[0]?.at).toBeGreaterThan(opens);
      expect(opens).toBeGreaterThanOrEqual(0);
    }
  });

  it('calls each level once while nobody answers, in its own time, and the last one again and again', () => {
    const world = opened();
    // A Saturday: the level that is called at work alone is passed over.
    world.pass(7 * hour);
    expect(calls(world)).toEqual([
      'on-call 0',
      'lead 5',
      'executives 35',
      'executives 155',
      'executives 275',
      'executives 395',
    ]);
    expect(pages(world)).toEqual([0, 2, 3, 4, 5]);
    expect(world.shown()).toContain('call/INC-1/1');
  });

  it('has 15 minutes for what is less urgent, and calls nobody for what is only logged', () => {
    const world = opened('Slow');
    world.pass(16 * minute);
    expect(calls(world)).toEqual(['on-call 0', 'lead 15']);
    const logged = opened('Chatty');
    logged.pass(9 * hour);
    expect(calls(logged)).toEqual([]);
  });

  it('calls nobody any more for want of an answer once it is acknowledged, and ends the pages', () => {
    const world = opened();
    world.pass(6 * minute);
    ack(world);
    expect(ends(world)).toEqual(['0 acknowledged']);
    expect(world.effects().filter(({ kind }) => kind === 'page-end')).toMatchObject([
      { lane: 'page/INC-1/0', routingKey: 'PAGERDUTY_ROUTING_KEY' },
    ]);
    world.pass(20 * minute);
    expect(calls(world)).toEqual(['on-call 0', 'lead 5']);
  });

  it('calls the next level once where it is taken and not over in time, and nobody after the last', () => {
    const world = opened();
    world.pass(minute);
    ack(world);
    world.pass(24 * hour);
    expect(calls(world)).toEqual(['on-call 0', 'lead 15', 'executives 45']);
    expect(world.incident().notes.filter(({ text }) => text.includes('nobody after them'))).toHaveLength(1);
  });

  it('says who is left of the chain that cannot be called, why, and what to do', () => {
    const away = { ...roster, executives: { ...roster.executives, users: [], pagerduty: null } };
    const world = opened('HighErrorRate', { ...calledRoom, roster: away as Room['roster'] });
    world.pass(minute);
    ack(world);
    world.pass(24 * hour);
    expect(calls(world)).toEqual(['on-call 0', 'lead 15']);
    expect(world.incident().notes.at(-1)?.text).toContain(
      'L3 platform lead is called in business hours only; nobody is entered for L4 executive team. *Call In…* calls somebody by hand.',
    );
  });

  it('ends all calls with the resolution, and begins anew when the alert is back', () => {
    const world = opened();
    world.pass(6 * minute);
    world.notice(ended(notice()));
    resolve(world);
    expect(ends(world)).toEqual(['0 resolved']);
    world.pass(3 * hour);
    expect(calls(world)).toEqual(['on-call 0', 'lead 5']);
    world.notice(notice({ startsAt: world.now() + 1 }));
    expect(world.incident().calling).toMatchObject({ calls: [{ number: 2, why: 'reopened' }], count: 3 });
    expect(world.shown()).toContain('call/INC-1/2');
    world.pass(5 * minute);
    expect(calls(world).slice(2)).toEqual(['on-call 186', 'lead 191']);
  });

  it('calls nobody while all alerts have resolved, and goes on when one fires again', () => {
    const world = opened();
    world.pass(2 * minute);
    world.notice(ended(notice()));
    world.pass(20 * minute);
    expect(calls(world)).toEqual(['on-call 0']);
    // The time to answer was over long ago, so the next ones are called at once.
    world.notice(notice({ startsAt: world.now() }));
    expect(calls(world)).toEqual(['on-call 0', 'lead 22']);
  });

  it('calls sooner once it is more urgent, at once where the time is over, and later once it is less so', () => {
    const raise = (world: World, severity: 'P1' | 'P2') =>
      world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity, why: null });
    const soon = opened('Slow');
    soon.pass(2 * minute);
    raise(soon, 'P1');
    soon.pass(3 * minute);
    expect(calls(soon)).toEqual(['on-call 0', 'lead 5']);
    const over = opened('Slow');
    over.pass(8 * minute);
    raise(over, 'P1');
    expect(calls(over)).toEqual(['on-call 0', 'lead 8']);
    const later = opened();
    later.pass(minute);
    raise(later, 'P2');
    later.pass(13 * minute);
    expect(calls(later)).toEqual(['on-call 0']);
    later.pass(minute);
    expect(calls(later)).toEqual(['on-call 0', 'lead 15']);
  });

  it('begins to call where it becomes urgent enough, and stops where it is not any more', () => {
    const world = createWorld({ room: calledRoom });
    world.by(engineer, {
      ...{ type: 'incident.declare', title: 'Odd', service: 'checkout', severity: 'P3' },
      ...{ playbook: null, summary: '' },
    } as const);
    world.pass(hour);
    expect(calls(world)).toEqual([]);
    world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: null });
    expect(calls(world)).toEqual(['on-call 60']);
    expect(world.shown()).toContain('call/INC-1/0');
    world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity: 'P3', why: null });
    world.pass(5 * hour);
    expect(calls(world)).toEqual(['on-call 60']);
  });

  it('says who could not be called, and passes over duties that nobody is entered for', () => {
    const empty = { ...roster, lead: { ...roster.lead!, usergroup: null } };
    const world = opened('HighErrorRate', { ...calledRoom, roster: empty });
    world.pass(6 * minute);
    expect(calls(world)).toEqual(['on-call 0', 'executives 5']);
    expect(world.incident().calling?.calls[1]?.passedOver).toEqual([
      'L2 deployment lead',
      'L3 platform lead',
    ]);
    const nobody = opened('HighErrorRate', { ...calledRoom, roster: {} });
    expect(nobody.incident().notes.map(({ text }) => text)).toEqual([
      'Nobody is called: no level of the chain genesis has anybody who could be called now. Whom it calls stands in `roster.yml`.',
    ]);
  });

  it('calls in Slack alone where there is no paging service', () => {
    const { pages: _, ...without } = calledRoom;
    const world = opened('HighErrorRate', without);
    world.pass(hour);
    expect(calls(world)).toEqual(['on-call 0', 'lead 5', 'executives 35']);
    expect(pages(world)).toEqual([]);
  });

  it('calls nobody to a drill, also not by hand', () => {
    const world = createWorld({ room: calledRoom });
    world.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty: 'lead', why: null });
    world.pass(hour);
    expect(calls(world)).toEqual([]);
    expect(world.incident().notes.map(({ text }) => text)).toContain('Would call Deployment lead.');
  });

  it('folds to the same state', () => {
    const world = opened();
    world.pass(3 * hour);
    ack(world);
    resolve(world);
    world.by(engineer, { type: 'incident.reopen', incident: 'INC-1', why: 'It is back.' });
    expect(world.refolded()).toEqual(world.states);
  });
});

describe('calls by hand', () => {
  const call = (world: World, duty: string, actor = engineer) =>
    world.by(actor, { type: 'incident.call', incident: 'INC-1', duty, why: 'The suite hangs.' });

  it('go to any duty, whoever has the incident, and say why', () => {
    const world = opened();
    ack(world);
    expect(call(world, 'testing')).toMatchObject({ kind: 'accepted' });
    expect(world.incident().calling?.calls.at(-1)).toMatchObject({
      ...{ duty: 'testing', level: null, said: 'The suite hangs.', by: 'U1ENGINEER' },
    });
    expect(world.shown()).toContain('call/INC-1/1');
  });

  it('change nothing about when the chain calls its next level', () => {
    const world = opened();
    world.pass(minute);
    call(world, 'testing');
    world.pass(4 * minute);
    expect(calls(world)).toEqual(['on-call 0', 'testing 1', 'lead 5']);
  });

  it('are made once by two people in the same minute, and again later', () => {
    const world = opened();
    call(world, 'testing');
    expect(call(world, 'testing', second)).toMatchObject({ kind: 'refused', code: 'already' });
    world.pass(minute);
    expect(call(world, 'testing', second)).toMatchObject({ kind: 'accepted' });
  });

  it('are refused for names that are none, duties that nobody has, and people without the right', () => {
    const world = opened();
    expect(call(world, 'testin')).toMatchObject({ message: expect.stringContaining('testing') });
    expect(call(world, 'security')).toMatchObject({
      message: expect.stringContaining('Nobody is entered for Security'),
    });
    expect(call(world, 'constructor')).toMatchObject({ code: 'invalid' });
    expect(call(world, 'testing', visitor)).toMatchObject({ code: 'not-allowed' });
    resolve(world);
    expect(call(world, 'testing')).toMatchObject({ code: 'already' });
  });
});

describe('pages that do not get through', { tags: ['trust-16'] }, () => {
  const fails = (world: World, final = false) =>
    world.handle({
      ...{ actor: { kind: 'bot' }, type: 'incident.page-failed', incident: 'INC-1', call: 0 },
      ...{ message: 'PagerDuty does not answer.', final },
    } as const);
  const answered = (world: World, outcome: 'paged' | 'needless') =>
    world.handle({
      ...{ actor: { kind: 'bot' }, type: 'incident.page-answered', incident: 'INC-1', call: 0, outcome },
    } as const);

  it('are said once with whom to telephone, and said again when they are through', () => {
    const world = opened();
    expect(fails(world)).toMatchObject({ kind: 'accepted' });
    expect(fails(world)).toMatchObject({ code: 'already' });
    expect(world.incident().calling).toMatchObject({ unpagedSince: world.now() });
    expect(world.shown()).toContain(`unpaged/INC-1/${world.now()}`);
    world.pass(10 * minute);
    answered(world, 'paged');
    expect(world.incident().calling).toMatchObject({ unpagedSince: null });
    expect(world.incident().notes.at(-1)?.text).toBe(
      'PagerDuty answers again: L1 on-call engineer is paged.',
    );
  });

  it('do not hold up who is called next', () => {
    const world = opened();
    fails(world, true);
    world.pass(6 * minute);
    expect(calls(world)).toEqual(['on-call 0', 'lead 5']);
    expect(world.incident().calling?.calls[0]?.page).toBe('failed');
  });

  it('are no trouble any more once they are needless', () => {
    const world = opened();
    fails(world);
    ack(world);
    answered(world, 'needless');
    expect(world.incident().calling?.unpagedSince).toBeNull();
    expect(answered(world, 'needless')).toMatchObject({ code: 'already' });
  });
});

describe('what comes from PagerDuty', () => {
  const nina = { kind: 'pagerduty', name: 'Night engineer' } as const;

  it('may take the incident and say something, and nothing else', () => {
    const world = opened();
    const at = { incident: 'INC-1' } as const;
    expect(world.by(nina, { type: 'incident.resolve', ...at, note: null })).toMatchObject({
      code: 'not-allowed',
    });
    expect(world.by(nina, { type: 'incident.call', ...at, duty: 'lead', why: null })).toMatchObject({
      code: 'not-allowed',
    });
    world.by(nina, { type: 'incident.acknowledge', ...at });
    expect(world.incident()).toMatchObject({
      acknowledged: { by: 'pagerduty:Night engineer' },
      responders: [],
      roles: {},
    });
    expect(ack(world)).toMatchObject({
      message: expect.stringContaining('Night engineer in PagerDuty already has it'),
    });
  });

  it('is said with an offer to resolve, which people cannot make up', () => {
    const world = opened();
    const said = {
      type: 'incident.pager-said',
      incident: 'INC-1',
      text: 'Resolved there.',
      offers: 'resolve',
    } as const;
    expect(world.by(lead, said)).toMatchObject({ code: 'not-allowed' });
    world.by(nina, said);
    expect(world.incident().notes.at(-1)).toMatchObject({ offers: 'resolve', text: 'Resolved there.' });
    expect(world.incident().phase).toBe('open');
  });
});
