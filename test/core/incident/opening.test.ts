import { describe, expect, it } from 'vitest';
import { attachedAlerts } from '../../../src/core/incident/incident.ts';
import { engineer, hour, minute, room } from '../../fakes/room.ts';
import { createWorld, ended, notice } from '../../fakes/world.ts';

describe('an alert fires', () => {
  it('opens an incident with its channel, card, announcement, people and run', () => {
    const world = createWorld();
    const answer = world.notice(notice());
    expect(answer).toMatchObject({ kind: 'accepted', stream: 'INC-1' });
    expect(world.incident()).toMatchObject({
      title: 'high-error-rate',
      service: 'checkout',
      severity: 'P1',
      phase: 'open',
      openedBy: 'alertmanager',
      place: { kind: 'channel', name: 'incident-2026-11-21-high-error-rate-1' },
      channel: { id: 'CINC-1' },
      runs: ['INC-1.1'],
      currentRun: 'INC-1.1',
    });
    expect(world.shown()).toEqual(expect.arrayContaining(['card/INC-1', 'announcement/INC-1']));
    expect(world.effects()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'open-channel' }),
        expect.objectContaining({ kind: 'pin' }),
        expect.objectContaining({ kind: 'invite', groups: ['oncall'] }),
        expect.objectContaining({ kind: 'bookmark', title: 'Dashboard' }),
      ]),
    );
    // The observation ran by itself, and the first question stands.
    expect(world.step('INC-1.1', 'look')).toMatchObject({ kind: 'settled', how: { kind: 'done' } });
    expect(world.step('INC-1.1', 'kind')).toMatchObject({ kind: 'asking' });
  });

  it('is named after the alert where only the generic playbook answers it, also in its channel', () => {
    const world = createWorld();
    const unknown = notice({ name: 'ShopErrors', service: null });
    world.notice({ ...unknown, labels: { ...unknown.labels, severity: 'critical' } });
    expect(world.incident().place).toEqual({ kind: 'channel', name: 'incident-2026-11-21-shop-errors-1' });
  });

  it('opens the generic playbook for an alert that nobody wrote one for, as severe as its label says', () => {
    const world = createWorld();
    const unknown = notice({ name: 'Odd', service: null });
    world.notice({ ...unknown, labels: { ...unknown.labels, severity: 'critical' } });
    expect(world.incident()).toMatchObject({
      title: 'Odd',
      playbook: 'generic',
      severity: 'P1',
      service: null,
    });
  });

  it('puts a lesser alert into a thread, and the least into the log alone', () => {
    const world = createWorld();
    world.notice(notice({ name: 'Slow', service: 'a' }));
    world.notice(notice({ name: 'Chatty', service: 'b' }));
    expect(world.incident('INC-1').place).toEqual({ kind: 'thread', channel: '#monitoring' });
    expect(world.incident('INC-2')).toMatchObject({ place: { kind: 'log' }, runs: [] });
    expect(world.shown().filter((key) => key.endsWith('INC-2'))).toEqual([]);
  });

  it('wants a commander at once where the playbook says so, and the one who takes a P0 commands it', () => {
    const world = createWorld();
    world.notice(notice({ name: 'ServiceDown' }));
    expect(world.incident().notes[0]?.text).toMatch(/commander at once/);
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(world.incident().roles).toEqual({ commander: 'U1ENGINEER' });
  });

  it('is not impressed by labels that name what every object has', () => {
    const world = createWorld();
    world.notice(notice({ name: '__proto__', service: 'constructor' }));
    expect(world.incident()).toMatchObject({ playbook: 'generic', service: 'constructor' });
  });
});

describe('notices arrive again', () => {
  it('changes nothing when the same notice is repeated', () => {
    const world = createWorld();
    world.notice(notice());
    const before = world.events().length;
    const effects = world.effects().length;
    for (let time = 0; time < 10; time++) world.notice(notice());
    expect(world.events()).toHaveLength(before);
    expect(world.effects()).toHaveLength(effects);
  });

  it('does not fire an episode again that has resolved, however late its first notice is repeated', () => {
    const world = createWorld();
    world.notice(notice());
    world.notice(ended(notice()));
    world.notice(notice());
    expect(world.incident().allQuietSince).not.toBeNull();
  });

  it('says nothing about the end of an alert that nobody saw begin', () => {
    const world = createWorld();
    expect(world.notice(ended(notice()))).toMatchObject({ kind: 'accepted', events: [] });
    expect(world.incidents()).toEqual([]);
  });
});

describe('more alerts of one cause', () => {
  it('joins the open incident of the service and starts the run of its own playbook there', () => {
    const world = createWorld();
    world.notice(notice());
    world.notice(notice({ name: 'ServiceDown', groupKey: 'other' }));
    expect(world.incidents()).toHaveLength(1);
    expect(world.incident()).toMatchObject({ severity: 'P0', runs: ['INC-1.1', 'INC-1.2'] });
    expect(attachedAlerts(world.incident())).toHaveLength(2);
    expect(world.run('INC-1.2').playbook).toBe('service-down');
    expect(world.effects()).toContainEqual(
      expect.objectContaining({ kind: 'invite', groups: ['oncall', 'leads'] }),
    );
  });

  it('walks each playbook once, however many of its alerts fire', () => {
    const world = createWorld();
    world.notice(notice());
    world.notice(notice({ fingerprint: 'another-instance' }));
    expect(world.incident().runs).toEqual(['INC-1.1']);
  });

  it('joins by alert group where the alert names no service', () => {
    const world = createWorld();
    world.notice(notice({ groupKey: 'g' }));
    world.notice(notice({ name: 'Odd', service: null, groupKey: 'g' }));
    expect(world.incidents()).toHaveLength(1);
  });

  it('raises the severity and never lowers it', () => {
    const world = createWorld();
    world.notice(notice({ name: 'ServiceDown' }));
    world.notice(notice({ name: 'Slow' }));
    world.notice(ended(notice({ name: 'ServiceDown' })));
    expect(world.incident().severity).toBe('P0');
  });

  it('brings an incident out of the log when it turns out to be urgent', () => {
    const world = createWorld();
    world.notice(notice({ name: 'Chatty' }));
    world.notice(notice({ name: 'ServiceDown' }));
    expect(world.incident()).toMatchObject({
      severity: 'P0',
      place: { kind: 'channel' },
      channel: { id: 'CINC-1' },
      runs: ['INC-1.1'],
    });
    expect(world.run('INC-1.1').playbook).toBe('service-down');
    expect(world.shown()).toEqual(expect.arrayContaining(['card/INC-1', 'announcement/INC-1']));
    expect([...world.refolded()]).toEqual([...world.states]);
  });

  it('brings it out of the log as well when a person raises it', () => {
    const world = createWorld();
    world.notice(notice({ name: 'Chatty' }));
    world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: 'users see it' });
    expect(world.incident()).toMatchObject({ severity: 'P1', place: { kind: 'channel' }, runs: ['INC-1.1'] });
  });
});

describe('alerts end', () => {
  it('offers resolution when all have, and closes nothing by itself', () => {
    const world = createWorld();
    world.notice(notice());
    world.notice(notice({ name: 'Slow' }));
    world.notice(ended(notice()));
    expect(world.shown().some((key) => key.startsWith('quiet/'))).toBe(false);
    world.notice(ended(notice({ name: 'Slow' })));
    expect(world.shown().some((key) => key.startsWith('quiet/INC-1'))).toBe(true);
    world.pass(48 * hour);
    expect(world.incident().phase).toBe('open');
  });

  it('takes an earlier episode as ended when the same alert fires anew, since its end may have been lost', () => {
    const world = createWorld();
    const later = notice({ startsAt: notice().startsAt + hour });
    world.notice(notice());
    world.notice(later);
    world.notice(ended(later));
    expect(world.incident().allQuietSince).not.toBeNull();
  });
});

describe('an alert fires again after the incident was resolved', () => {
  const resolvedOnce = () => {
    const world = createWorld();
    world.notice(notice());
    world.notice(ended(notice()));
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    return world;
  };

  it('reopens the same incident within the day, with a new run and a new time limit', () => {
    const world = resolvedOnce();
    world.pass(room.reopenWithinMs);
    world.notice(notice({ startsAt: world.now() }));
    expect(world.incidents()).toHaveLength(1);
    expect(world.incident()).toMatchObject({ phase: 'open', reopened: 1, runs: ['INC-1.1', 'INC-1.2'] });
    expect(world.claims.get('open-incident:checkout')).toBe('INC-1');
    world.pass(30 * minute);
    expect(world.incident().unresolvedSaid).toBe(true);
  });

  it('opens a new one later', () => {
    const world = resolvedOnce();
    world.pass(room.reopenWithinMs + 1);
    world.notice(notice({ startsAt: world.now() }));
    expect(world.incidents().map(({ id, phase }) => [id, phase])).toEqual([
      ['INC-1', 'resolved'],
      ['INC-2', 'open'],
    ]);
  });

  it('joins what is open for the service by then', () => {
    const world = resolvedOnce();
    world.by(engineer, {
      type: 'incident.declare',
      title: 'Odd answers',
      service: 'checkout',
      severity: 'P2',
      playbook: null,
      summary: '',
    });
    world.notice(notice({ startsAt: world.now() }));
    expect(world.incident('INC-1').phase).toBe('resolved');
    expect(world.incident('INC-2').severity).toBe('P1');
  });
});
