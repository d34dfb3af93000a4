import { describe, expect, it } from 'vitest';
import { alertIn } from '../../../src/core/incident/alertBook.ts';
import { attendance } from '../../../src/core/incident/audit.ts';
import { attachedAlerts, type Incident } from '../../../src/core/incident/incident.ts';
import { type Trouble, worstTroubles } from '../../../src/core/incident/storm.ts';
import { engineer, minute, visitor } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

/** The first alert of a service that nobody heard of before; each has an alert group of its own. */
const trouble = (number: number, name = 'Slow', more: Parameters<typeof notice>[0] = {}) =>
  notice({ name, service: `service-${number}`, ...more });

function storm(world: World): Incident {
  const found = world.incidents().find((incident) => incident.storm);
  if (!found) throw new Error('there is no storm');
  return found;
}

const troubles = (world: World): readonly Trouble[] => {
  const found = storm(world).storm;
  return found ? worstTroubles(found) : [];
};

/** So many services fail, one after the other, at one moment. */
function failing(services: number, name = 'Slow'): World {
  const world = createWorld();
  for (let number = 1; number <= services; number++) world.notice(trouble(number, name));
  return world;
}

describe('more services fail than anybody can have a channel for', () => {
  it('opens the first incidents one by one, then one that collects the rest', () => {
    const world = failing(300);
    expect(world.incidents()).toHaveLength(13);
    expect(storm(world)).toMatchObject({
      id: 'INC-13',
      title: 'Alert storm',
      service: null,
      severity: 'P2',
      playbook: 'generic',
      storm: { openedBefore: 12 },
      place: { kind: 'channel', name: 'incident-2026-11-21-alert-storm-13' },
    });
    expect(attachedAlerts(storm(world))).toHaveLength(288);
    expect(storm(world).alerts.firing).toBe(288);
    expect(troubles(world)).toHaveLength(288);
    expect(troubles(world)[0]).toMatchObject({ service: 'service-100', alerts: 1, firing: 1 });
  });

  it('never opens more than twenty by itself, however severe the alerts and in whatever order they come', () => {
    for (const order of [
      ['Slow', 'HighErrorRate', 'ServiceDown'],
      ['ServiceDown', 'Slow'],
      ['HighErrorRate', 'ServiceDown'],
    ]) {
      const world = createWorld();
      order.forEach((name, kind) => {
        for (let number = 1; number <= 60; number++) world.notice(trouble(1_000 * kind + number, name));
      });
      expect(world.incidents().length).toBeLessThanOrEqual(20);
    }
  });

  it('keeps the last places for what is most urgent', () => {
    const world = failing(40);
    for (let number = 100; number < 120; number++) world.notice(trouble(number, 'HighErrorRate'));
    for (let number = 200; number < 220; number++) world.notice(trouble(number, 'ServiceDown'));
    const alone = world.incidents().filter((incident) => !incident.storm);
    const of = (severity: string) => alone.filter((incident) => incident.severity === severity).length;
    expect({ P2: of('P2'), P1: of('P1'), P0: of('P0') }).toEqual({ P2: 12, P1: 3, P0: 3 });
    // What found no place raises the storm and stands first in it.
    expect(storm(world).severity).toBe('P0');
    expect(troubles(world)[0]).toMatchObject({ severity: 'P0', service: 'service-203' });
    expect(storm(world).notes.map(({ text }) => text)).toContain(
      'Severity P1 → P0: ServiceDown on service-203 is P0.',
    );
  });

  it('lets alerts of services that have an incident go on joining it', () => {
    const world = failing(50);
    world.notice(trouble(3, 'Odd'));
    expect(attachedAlerts(world.incident('INC-3'))).toHaveLength(2);
  });

  it('walks no playbook of a single service in the storm, and one that asks what is going on', () => {
    const world = failing(30);
    world.notice(trouble(99, 'HighErrorRate', { groupKey: 'g' }));
    for (let number = 100; number < 120; number++) world.notice(trouble(number, 'HighErrorRate'));
    expect(storm(world).walked).toEqual(['generic']);
  });

  it('takes each alert once, and stays the fold of its events', () => {
    const world = failing(40);
    const before = world.events().length;
    for (let number = 1; number <= 40; number++) world.notice(trouble(number));
    expect(world.events()).toHaveLength(before);
    expect(world.refolded()).toEqual(world.states);
  });

  it('groups what names no service by its alert group', () => {
    const world = failing(20);
    for (let instance = 1; instance <= 5; instance++) {
      world.notice(notice({ name: 'Odd', service: null, groupKey: 'g', fingerprint: `odd-${instance}` }));
    }
    expect(troubles(world).find(({ service }) => service === null)).toMatchObject({
      alerts: 5,
      names: ['Odd'],
    });
  });

  it('stays in the log while nothing in it calls anybody, and gets a channel with what does', () => {
    const world = failing(30, 'Chatty');
    expect(storm(world)).toMatchObject({ severity: 'P4', place: { kind: 'log' }, runs: [] });
    for (let number = 100; number < 120; number++) world.notice(trouble(number, 'HighErrorRate'));
    expect(storm(world)).toMatchObject({
      severity: 'P1',
      place: { kind: 'channel', name: 'incident-2026-11-21-alert-storm-13' },
      walked: ['generic'],
    });
  });
});

describe('the storm passes', () => {
  it('goes on collecting while new troubles come as fast as those that made it', () => {
    const world = failing(40);
    for (let number = 100; number < 220; number++) {
      world.pass(minute / 2);
      world.notice(trouble(number));
    }
    expect(world.incidents()).toHaveLength(13);
  });

  it('is over when they come slowly: then new trouble has an incident of its own again', () => {
    const world = failing(40);
    world.pass(11 * minute);
    world.notice(trouble(100));
    expect(world.incidents()).toHaveLength(14);
    expect(world.incident('INC-14')).toMatchObject({ service: 'service-100' });
    expect(storm(world).phase).toBe('open');
  });

  it('takes back an alert that it knows, however calm it is', () => {
    const world = failing(40);
    world.notice(ended(trouble(30)));
    world.pass(20 * minute);
    world.notice(trouble(30, 'Slow', { startsAt: world.now() }));
    expect(world.incidents()).toHaveLength(13);
    expect(alertIn(storm(world).alerts, 'f-Slow-service-30')?.endsAt).toBeNull();
  });

  it('lets alerts end one by one, offers resolution after the last, and closes nothing by itself', () => {
    const world = failing(20);
    for (let number = 13; number < 20; number++) world.notice(ended(trouble(number)));
    expect(storm(world)).toMatchObject({ allQuietSince: null, alerts: { firing: 1 } });
    world.notice(ended(trouble(20)));
    expect(storm(world)).toMatchObject({ phase: 'open', allQuietSince: world.now(), alerts: { firing: 0 } });
    expect(world.shown().some((key) => key.startsWith('quiet/INC-13'))).toBe(true);
  });

  it('is not brought back by one of its alerts after it was resolved', () => {
    const world = failing(20);
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-13', note: null });
    world.pass(60 * minute);
    world.notice(trouble(15, 'Slow', { startsAt: world.now() }));
    expect(world.incident('INC-13').phase).toBe('resolved');
    expect(world.incident('INC-14')).toMatchObject({ service: 'service-15', phase: 'open' });
  });

  it('is followed by a storm of its own; of two only one is open', () => {
    const world = failing(20);
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-13', note: null });
    world.notice(trouble(50));
    expect(world.incident('INC-14').storm).toBeDefined();
    expect(
      world.by(engineer, { type: 'incident.reopen', incident: 'INC-13', why: 'not over' }),
    ).toMatchObject({ kind: 'refused', code: 'busy' });
  });
});

describe('a person takes a service out of the storm', () => {
  const own = (world: World, service: number) =>
    world.by(engineer, {
      type: 'incident.open-own',
      incident: 'INC-13',
      trouble: `service:service-${service}`,
    });

  it('opens an incident for it, to which its alerts and all that comes later go', () => {
    const world = failing(40);
    world.notice(trouble(20, 'Odd'));
    world.notice(ended(trouble(20, 'Odd')));
    expect(own(world, 20)).toMatchObject({ kind: 'accepted', stream: 'INC-14' });
    expect(world.incident('INC-14')).toMatchObject({
      title: 'slow',
      service: 'service-20',
      severity: 'P2',
      openedBy: 'U1ENGINEER',
      walked: ['slow'],
      alerts: { firing: 1 },
    });
    expect(attachedAlerts(world.incident('INC-14'))).toHaveLength(2);
    expect(attachedAlerts(storm(world)).some(({ labels }) => labels.service === 'service-20')).toBe(false);
    expect(storm(world).alerts.firing).toBe(27);
    expect(storm(world).notes.map(({ text }) => text)).toContain(
      'service-20 has an incident of its own now: INC-14. Its alerts went along.',
    );
    world.notice(ended(trouble(20)));
    expect(world.incident('INC-14').allQuietSince).not.toBeNull();
    world.notice(trouble(20, 'ServiceDown'));
    expect(world.incident('INC-14').severity).toBe('P0');
  });

  it('does it once, whoever else presses the button', () => {
    const world = failing(40);
    own(world, 20);
    expect(own(world, 20)).toMatchObject({ kind: 'refused', code: 'already' });
    expect(world.incidents()).toHaveLength(14);
  });

  it('needs the right to act on that service', () => {
    const world = failing(40);
    expect(
      world.by(visitor, { type: 'incident.open-own', incident: 'INC-13', trouble: 'service:service-20' }),
    ).toMatchObject({ kind: 'refused', code: 'not-allowed' });
  });

  it('happens as well where somebody declares an incident for the service', () => {
    const world = failing(40);
    world.by(engineer, {
      type: 'incident.declare',
      title: 'Orders are lost',
      service: 'service-20',
      severity: 'P1',
      playbook: null,
      summary: '',
    });
    expect(attachedAlerts(world.incident('INC-14'))).toHaveLength(1);
    expect(storm(world).alerts.firing).toBe(27);
  });

  it('leaves the storm to offer resolution when that was all that fired', () => {
    const world = failing(13);
    own(world, 13);
    expect(storm(world).allQuietSince).not.toBeNull();
    expect(world.refolded()).toEqual(world.states);
  });
});

describe('what waits for Slack', () => {
  const look = (world: World, waiting: number, oldestAt: number | null) =>
    world.handle({ actor: { kind: 'bot' }, type: 'incident.backlog', incident: 'INC-13', waiting, oldestAt });

  it('is looked at as long as the storm collects', () => {
    const world = failing(20);
    const looks = () => world.timers().filter(({ kind }) => kind === 'read-backlog').length;
    expect(looks()).toBe(1);
    look(world, 0, null);
    expect(looks()).toBe(1);
  });

  it('does not count as somebody who comes back to the storm', () => {
    const world = failing(20);
    const waiting = world
      .timers()
      .filter(({ kind }) => kind === 'read-backlog')
      .map((effect) => ({ stream: storm(world).id, effect, dueAt: effect.notBefore }));
    expect(waiting).toHaveLength(1);
    world.pass(minute * 31);
    const moment = { now: world.now(), pace: 1 };
    expect(attendance(storm(world), waiting, moment)).toMatchObject({ kind: 'unattended' });
  });

  it('is said once it has waited for long, and said again when it got through', () => {
    const world = failing(20);
    const since = world.now();
    world.pass(10_000);
    look(world, 30, since);
    expect(storm(world).storm?.backlog).toBeNull();
    world.pass(50_000);
    look(world, 40, since);
    expect(storm(world).storm?.backlog).toEqual({ waiting: 40, oldestAt: since });
    world.pass(5 * minute);
    look(world, 0, null);
    expect(storm(world).storm?.backlog).toBeNull();
    expect(storm(world).notes.at(-1)?.text).toBe(
      'Slack takes messages as they come again: everything that waited is posted. The longest wait was 6 min.',
    );
  });
});

describe('an incident of ten thousand alerts', () => {
  it('counts what fires and finds each alert, without copying all of them for each', () => {
    const world = createWorld();
    const all = Array.from({ length: 10_000 }, (_, number) => notice({ fingerprint: `instance-${number}` }));
    for (const each of all) world.notice(each);
    for (const each of all.slice(0, 9_999)) world.notice(ended(each));
    expect(world.incident()).toMatchObject({ alerts: { firing: 1 }, allQuietSince: null });
    expect(attachedAlerts(world.incident())).toHaveLength(10_000);
    expect(alertIn(world.incident().alerts, 'instance-9999')?.endsAt).toBeNull();
  });
});
