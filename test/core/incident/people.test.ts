import { describe, expect, it } from 'vitest';
import { engineer, hour, minute, second, room as smallRoom, visitor } from '../../fakes/room.ts';
import { createWorld, ended, notice } from '../../fakes/world.ts';

const opened = () => {
  const world = createWorld();
  world.notice(notice());
  return world;
};

describe('people take an incident', () => {
  it('tells the second one who has it and since when', () => {
    const world = opened();
    expect(world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' }).kind).toBe('accepted');
    expect(world.by(second, { type: 'incident.acknowledge', incident: 'INC-1' })).toMatchObject({
      kind: 'refused',
      code: 'already',
      message: expect.stringContaining('<@U1ENGINEER> already has it, since <!date^'),
    });
    expect(world.incident()).toMatchObject({ phase: 'acknowledged', acknowledged: { by: 'U1ENGINEER' } });
  });

  it('refuses a visitor everything that changes anything, and says who can', () => {
    const world = opened();
    const before = world.events().length;
    for (const body of [
      { type: 'incident.acknowledge', incident: 'INC-1' },
      { type: 'incident.severity', incident: 'INC-1', severity: 'P3', why: null },
      { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U5VISITOR' },
      { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'hello' },
      { type: 'incident.resolve', incident: 'INC-1', note: null },
      { type: 'incident.start-run', incident: 'INC-1', playbook: 'quick-fix', reason: null },
      { type: 'incident.reopen', incident: 'INC-1', why: 'no' },
      { type: 'run.end', run: 'INC-1.1', why: null },
      { type: 'run.choose', run: 'INC-1.1', step: 'kind', attempt: 1, option: 'memory' },
      { type: 'run.skip', run: 'INC-1.1', step: 'kind', attempt: 1 },
    ] as const) {
      expect(world.by(visitor, body), body.type).toMatchObject({ kind: 'refused', code: 'not-allowed' });
    }
    expect(world.events()).toHaveLength(before);
    expect(world.by(visitor, { type: 'incident.acknowledge', incident: 'INC-1' })).toMatchObject({
      message: expect.stringContaining('@oncall'),
    });
  });

  it('does not find an incident that is not there', () => {
    const world = opened();
    expect(world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-9' })).toMatchObject({
      code: 'not-found',
    });
  });

  it('counts a delivery once, however often it comes', () => {
    const world = opened();
    const note = { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'hello' } as const;
    world.handle({ actor: engineer, once: 'click-1', ...note });
    expect(world.handle({ actor: engineer, once: 'click-1', ...note })).toMatchObject({ code: 'duplicate' });
    expect(world.incident().notes).toHaveLength(1);
  });

  it('invites more people when a person raises the severity', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity: 'P0', why: 'all of it' });
    expect(world.effects()).toContainEqual(
      expect.objectContaining({ kind: 'invite', groups: ['oncall', 'leads'] }),
    );
    expect(world.incident().notes.at(-1)?.text).toBe('Severity P1 → P0: all of it');
  });
});

describe('people declare an incident', () => {
  const declare = {
    type: 'incident.declare',
    title: 'Odd answers',
    service: 'checkout',
    severity: 'P1',
    playbook: 'high-error-rate',
    summary: 'Customers say so.',
  } as const;

  it('opens what an alert would have opened, and the alert joins it later', () => {
    const world = createWorld();
    world.by(engineer, declare);
    world.notice(notice());
    expect(world.incidents()).toHaveLength(1);
    expect(world.incident()).toMatchObject({ openedBy: 'U1ENGINEER', runs: ['INC-1.1'] });
  });

  it('points to the one that is open for the service', () => {
    const world = createWorld();
    world.by(engineer, declare);
    expect(world.by(second, declare)).toMatchObject({
      code: 'already',
      message: expect.stringContaining('INC-1'),
    });
  });

  it('walks the generic playbook with the rights of the service that the incident is about', () => {
    const world = createWorld();
    world.by(engineer, { ...declare, playbook: null });
    expect(world.run('INC-1.1').service).toBe('checkout');
  });

  it('knows only playbooks that operators wrote', () => {
    const world = createWorld();
    for (const playbook of ['nothing', 'constructor', '__proto__', 'toString'])
      expect(world.by(engineer, { ...declare, playbook })).toMatchObject({ code: 'invalid' });
  });
});

describe('an incident is resolved', () => {
  it('ends its runs and frees the service, and a second person is told who did it', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: 'It was the limits.' });
    expect(world.incident()).toMatchObject({ phase: 'resolved', resolved: { note: 'It was the limits.' } });
    expect(world.run('INC-1.1').result).toMatchObject({ kind: 'stopped', why: 'INC-1 was resolved.' });
    expect(world.claims.has('open-incident:checkout')).toBe(false);
    expect(world.by(second, { type: 'incident.resolve', incident: 'INC-1', note: null })).toMatchObject({
      code: 'already',
      message: expect.stringContaining('<@U1ENGINEER> already resolved'),
    });
    expect(world.effects()).toContainEqual(expect.objectContaining({ kind: 'post-mortem' }));
  });

  it('ends a run with the command that was running, and gives its target back', () => {
    const world = opened();
    world.by(engineer, { type: 'run.choose', run: 'INC-1.1', step: 'kind', attempt: 1, option: 'memory' });
    world.by(engineer, { type: 'run.perform', run: 'INC-1.1', step: 'restart', attempt: 1 });
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(world.run('INC-1.1').result).toBeNull();
    world.ends(0);
    expect(world.run('INC-1.1').result).toMatchObject({ kind: 'stopped' });
    expect(world.claims.has('target:web/checkout')).toBe(false);
    expect(world.incident().phase).toBe('resolved');
  });

  it('stays resolved when a mitigation had started a moment before', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.handle({
      actor: { kind: 'bot' },
      type: 'incident.mitigation-started',
      incident: 'INC-1',
      run: 'INC-1.1',
      title: 'restart',
      by: 'U1ENGINEER',
    });
    expect(world.incident()).toMatchObject({ phase: 'resolved', responders: ['U1ENGINEER'] });
  });

  it('is reopened by a person with a time limit of its own, unless another is open for the service', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.by(engineer, { type: 'incident.reopen', incident: 'INC-1', why: 'It is back.' });
    expect(world.incident()).toMatchObject({ phase: 'acknowledged', reopened: 1 });
    world.pass(30 * minute);
    expect(world.incident().unresolvedSaid).toBe(true);

    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.pass(25 * hour);
    world.notice(notice({ startsAt: world.now() }));
    expect(world.by(engineer, { type: 'incident.reopen', incident: 'INC-1', why: 'mine' })).toMatchObject({
      code: 'busy',
      message: expect.stringContaining('INC-2'),
    });
  });
});

describe('an incident takes too long', () => {
  it('says so once and offers what the playbook says', () => {
    const world = opened();
    world.pass(30 * minute - 1);
    expect(world.incident().unresolvedSaid).toBe(false);
    world.pass(1);
    expect(world.incident().unresolvedSaid).toBe(true);
    expect(world.shown()).toContain('unresolved/INC-1/0');
    const times = () => world.events('INC-1').filter(({ type }) => type === 'UnresolvedForLong');
    expect(times()).toEqual([
      expect.objectContaining({ data: { afterMs: 30 * minute, offer: 'rollback-checkout' } }),
    ]);
    world.pass(5 * hour);
    expect(times()).toHaveLength(1);
  });

  it('says nothing while all is quiet, and counts anew when the trouble comes back', () => {
    const world = opened();
    world.notice(ended(notice()));
    world.pass(31 * minute);
    expect(world.incident().unresolvedSaid).toBe(false);
    world.notice(notice({ startsAt: world.now() }));
    world.pass(30 * minute - 1);
    expect(world.incident().unresolvedSaid).toBe(false);
    world.pass(1);
    expect(world.incident().unresolvedSaid).toBe(true);
  });

  it('says nothing about an opening that has ended since', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.pass(20 * minute);
    world.notice(notice({ startsAt: world.now() }));
    world.pass(10 * minute);
    expect(world.incident().unresolvedSaid).toBe(false);
    world.pass(20 * minute);
    expect(world.incident().unresolvedSaid).toBe(true);
  });
});

describe('what was said and is no longer true', () => {
  const shownSince = (world: ReturnType<typeof createWorld>, act: () => unknown): string[] => {
    const before = world.effects().length;
    act();
    return world
      .effects()
      .slice(before)
      .flatMap((effect) => (effect.kind === 'show' ? [effect.subject.kind] : []));
  };

  it('is shown anew: quiet, resolved, and the offer that follows a time limit', () => {
    const world = opened();
    world.notice(ended(notice()));
    const again = notice({ startsAt: notice().startsAt + hour });
    expect(shownSince(world, () => world.notice(again))).toContain('quiet');

    world.pass(31 * minute);
    expect(world.incident().unresolvedSaid).toBe(true);
    const rollback = {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'rollback-checkout',
    } as const;
    expect(shownSince(world, () => world.by(engineer, { ...rollback, reason: null }))).toContain(
      'unresolved',
    );

    world.notice(ended(again));
    const resolve = { type: 'incident.resolve', incident: 'INC-1', note: null } as const;
    expect(shownSince(world, () => world.by(engineer, resolve))).toEqual(
      expect.arrayContaining(['quiet', 'unresolved', 'resolved']),
    );
    const reopen = { type: 'incident.reopen', incident: 'INC-1', why: 'It is back.' } as const;
    expect(shownSince(world, () => world.by(engineer, reopen))).toContain('resolved');
  });

  it('does not promise a commander that nobody becomes', () => {
    const { definitions } = smallRoom;
    const known = definitions['high-error-rate']!;
    const playbook = { ...known.playbook, commanderAtOnce: true };
    const world = createWorld({
      room: { ...smallRoom, definitions: { ...definitions, 'high-error-rate': { ...known, playbook } } },
    });
    world.notice(notice());
    expect(world.incident().notes[0]?.text).toContain('Whoever acknowledges first takes command.');
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(world.incident().roles.commander).toBe('U1ENGINEER');
  });
});

describe('what could not be done is said', () => {
  it('notes a channel that could not be opened and an effect that was given up', () => {
    const world = opened();
    const bot = { kind: 'bot' } as const;
    world.by(bot, { type: 'incident.channel-failed', incident: 'INC-1', message: 'The name is taken.' });
    world.by(bot, {
      type: 'incident.effect-given-up',
      incident: 'INC-1',
      what: 'Pinning the card',
      message: 'No right.',
    });
    expect(world.incident().notes.map(({ text }) => text)).toEqual([
      'The incident channel could not be opened: The name is taken. Talk here instead.',
      'Pinning the card did not succeed and is not tried any more: No right.',
    ]);
  });
});
