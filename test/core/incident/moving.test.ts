import { describe, expect, it } from 'vitest';
import { subjectKey } from '../../../src/core/effect.ts';
import { isAnswered } from '../../../src/core/incident/calls.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { calledRoom } from '../../fakes/called.ts';
import { engineer, hour, minute, second, room as smallRoom } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const raise = (severity: 'P0' | 'P1' | 'P2') =>
  ({ type: 'incident.severity', incident: 'INC-1', severity, why: null }) as const;

const inThread = (room?: Room) => {
  const world = createWorld(room ? { room } : {});
  world.notice(notice({ name: 'Slow' }));
  return world;
};

describe('an incident in a thread becomes more urgent', () => {
  it('gets the channel of its new severity with all that a new one has, and its walk goes on', () => {
    const world = inThread();
    world.by(second, { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'I look at it.' });
    world.by(second, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.by(engineer, raise('P1'));
    expect(world.incident()).toMatchObject({
      severity: 'P1',
      place: { kind: 'channel', name: 'incident-2026-11-21-slow-1' },
      channel: { id: 'CINC-1' },
      movedFrom: '#monitoring',
      runs: ['INC-1.1'],
      endedRuns: [],
    });
    expect(world.step('INC-1.1', 'quick')).toMatchObject({ kind: 'offering' });
    expect(world.attempt('INC-1.1', 'quick')).toBe(1);
    const effects = world.effects();
    const left = effects.flatMap((each) => (each.kind === 'leave' ? [subjectKey(each.subject)] : []));
    expect(left).toEqual(['card/INC-1', 'step/INC-1.1/quick/1']);
    expect(effects).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'set-topic' }),
        expect.objectContaining({ kind: 'pin' }),
        expect.objectContaining({ kind: 'invite', groups: ['oncall'], users: ['U2SECOND'] }),
        expect.objectContaining({ kind: 'bookmark', title: 'Dashboard' }),
      ]),
    );
    expect(world.shown()).toContain('announcement/INC-1');
    expect([...world.refolded()]).toEqual([...world.states]);
  });

  it('puts a message that asks anew where people go on only after the old one was left', () => {
    const world = inThread();
    world.by(engineer, raise('P1'));
    const lane = world.effects().filter((each) => each.lane === 'chat/INC-1');
    for (const key of ['card/INC-1', 'step/INC-1.1/quick/1']) {
      const left = lane.findIndex((each) => each.kind === 'leave' && subjectKey(each.subject) === key);
      const next = lane[left + 1];
      expect(next).toMatchObject({ kind: 'show', coalesce: null });
      expect(next?.kind === 'show' && subjectKey(next.subject)).toBe(key);
    }
  });

  it('stays in its channel when it is less urgent again, and opens no second one', () => {
    const world = inThread();
    for (const severity of ['P1', 'P2', 'P0', 'P2'] as const) world.by(engineer, raise(severity));
    expect(world.incident()).toMatchObject({ severity: 'P2', place: { kind: 'channel' } });
    expect(world.effects().filter(({ kind }) => kind === 'open-channel')).toHaveLength(1);
    expect(world.effects().filter(({ kind }) => kind === 'leave')).toHaveLength(2);
  });

  it('moves as well when another alert of the service is what makes it urgent', () => {
    const world = inThread();
    world.notice(notice({ name: 'ServiceDown' }));
    expect(world.incident()).toMatchObject({
      severity: 'P0',
      place: { kind: 'channel' },
      runs: ['INC-1.1', 'INC-1.2'],
    });
  });

  it('takes what is asked in between along: that all is quiet', () => {
    const world = inThread();
    world.notice(ended(notice({ name: 'Slow' })));
    world.by(engineer, raise('P1'));
    const left = world.effects().flatMap((each) => (each.kind === 'leave' ? [subjectKey(each.subject)] : []));
    expect(left).toContainEqual(expect.stringMatching(/^quiet\/INC-1\//));
  });

  it('puts whoever has it in command of a P0 at once, and nobody of a P1', () => {
    const world = inThread();
    world.by(second, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.by(engineer, raise('P1'));
    expect(world.incident().roles).toEqual({});
    world.by(engineer, raise('P0'));
    expect(world.incident().roles).toEqual({ commander: 'U2SECOND' });
    expect(world.incident().notes.at(-1)?.text).toBe(
      '<@U2SECOND> has it, and commands it now that it is a P0.',
    );
  });

  it('has no channel opened once it is resolved, and gets it when it is reopened', () => {
    const world = inThread();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.by(engineer, raise('P0'));
    expect(world.effects().some(({ kind }) => kind === 'open-channel')).toBe(false);
    world.pass(hour);
    world.by(engineer, { type: 'incident.reopen', incident: 'INC-1', why: 'It is back.' });
    expect(world.incident()).toMatchObject({ place: { kind: 'channel' }, channel: { id: 'CINC-1' } });
  });

  it('stays in a thread where the room has no channel for its new severity', () => {
    const world = inThread({
      ...smallRoom,
      routing: { ...smallRoom.routing, P1: smallRoom.routing.P2 },
    });
    world.by(engineer, raise('P1'));
    expect(world.incident()).toMatchObject({ place: { kind: 'thread' }, channel: null });
  });

  it('takes a request along without a card of a procedure that nobody approved, and the yes still counts', () => {
    const world = inThread();
    world.by(engineer, {
      ...{ type: 'incident.start-run', incident: 'INC-1', playbook: 'rollback-checkout', reason: null },
    });
    const asked = world.run('INC-1.2').whole;
    expect(asked?.state.kind).toBe('pending');
    world.by(second, raise('P1'));
    expect(left(world)).toContain('plan/INC-1.2');
    expect(world.shown()).not.toContain('run/INC-1.2');
    expect(world.run('INC-1.2').whole).toEqual(asked);
    world.by(second, {
      ...{ type: 'run.plan-decide', run: 'INC-1.2', hash: asked?.hash ?? '', verdict: 'approve' },
    });
    expect(world.run('INC-1.2').whole?.state.kind).toBe('approved');
    expect(world.underWay()).toHaveLength(1);
  });

  it('takes a procedure that is carried out along, with the step whose command runs', () => {
    const world = inThread();
    world.by(engineer, {
      ...{ type: 'incident.start-run', incident: 'INC-1', playbook: 'rollback-checkout', reason: null },
    });
    const hash = world.run('INC-1.2').whole?.hash ?? '';
    world.by(second, { type: 'run.plan-decide', run: 'INC-1.2', hash, verdict: 'approve' });
    world.by(second, raise('P1'));
    expect(left(world)).toEqual(expect.arrayContaining(['run/INC-1.2', 'step/INC-1.2/stop/1']));
    expect(left(world)).not.toContain('plan/INC-1.2');
    expect(world.underWay()).toHaveLength(1);
    world.ends();
    expect(world.step('INC-1.2', 'stop')).toMatchObject({ kind: 'settled' });
  });

  it('takes along what could not be seen, since it still asks whether to look again', () => {
    const { P2 } = smallRoom.routing;
    const room = { ...smallRoom, routing: { ...smallRoom.routing, P1: P2 } };
    const seen = createWorld({ room });
    const unseen = createWorld({
      room,
      looked: { kind: 'timed-out', tookMs: 20_000 },
    });
    for (const world of [seen, unseen]) {
      world.notice(notice());
      world.by(engineer, raise('P0'));
    }
    expect(unseen.step('INC-1.1', 'look')).toMatchObject({ kind: 'settled', how: { kind: 'unseen' } });
    expect(left(unseen)).toContain('step/INC-1.1/look/1');
    expect(left(seen)).not.toContain('step/INC-1.1/look/1');
  });

  it('takes calls along that nobody has answered, and leaves the others', () => {
    const world = inThread(calledRoom);
    const calls = { type: 'incident.call', incident: 'INC-1', why: null } as const;
    world.by(second, { ...calls, duty: 'lead' });
    world.by(second, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.pass(5 * minute);
    world.by(second, { ...calls, duty: 'lead' });
    const all = world.incident().calling?.calls ?? [];
    const asking = all.filter((call) => !isAnswered(world.incident(), call));
    expect(asking.map(({ why }) => why)).toEqual(['by-hand']);
    expect(all.length).toBeGreaterThan(2);
    world.by(engineer, raise('P1'));
    const taken = left(world).filter((key) => key.startsWith('call/'));
    expect(taken).toEqual(asking.map(({ number }) => `call/INC-1/${number}`));
    const [answer] = asking;
    expect(answer && world.shown()).toContain(`call/INC-1/${answer?.number}`);
  });

  it('asks no longer in remarks that stay in the thread, since its card asks the same in the channel', () => {
    const routing = { ...smallRoom.routing };
    routing.P2 = { ...routing.P2, phases: { detection: 2 * minute } };
    const world = inThread({ ...smallRoom, routing });
    world.pass(3 * minute);
    const remark = world.incident().notes.find(({ offers }) => offers === 'acknowledge');
    expect(remark).toBeDefined();
    world.by(engineer, raise('P1'));
    expect(left(world)).not.toContain(`note/INC-1/${remark?.number}`);
    expect(world.incident().saidInThread).toBeGreaterThanOrEqual(remark?.number ?? 99);
    const lane = world.effects().filter((each) => each.kind === 'show' && each.subject.kind === 'note');
    expect(lane.filter((each) => each.coalesce === `note/INC-1/${remark?.number}`)).toHaveLength(2);
  });

  it('is called after its own playbook, whichever alert has raised it', () => {
    const world = inThread();
    world.notice(notice({ name: 'ServiceDown' }));
    const [opens] = world.effects().flatMap((each) => (each.kind === 'open-channel' ? [each.name] : []));
    expect(opens).toBe('incident-2026-11-21-slow-1');
  });
});

const left = (world: World): string[] =>
  world.effects().flatMap((each) => (each.kind === 'leave' ? [subjectKey(each.subject)] : []));
