import { describe, expect, it } from 'vitest';
import type { Playbook, Step } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { timelineOf } from '../../../src/core/report/timeline.ts';
import { doing, engineer, hour, minute, second, room as smallRoom } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const inIncident = 'INC-1.2' as const;
const stakeholders = '#customers';

function roomWith(name: string, more: Partial<Playbook>, everyMs = 15 * minute): Room {
  const definition = smallRoom.definitions[name]!;
  const P1 = { ...smallRoom.routing.P1, stakeholders, updates: { everyMs } };
  return {
    ...smallRoom,
    routing: { ...smallRoom.routing, P1 },
    definitions: {
      ...smallRoom.definitions,
      [name]: { ...definition, playbook: { ...definition.playbook, ...more } },
    },
  };
}

type Begun = { readonly everyMs?: number; readonly playbook?: Partial<Playbook> };

/** A rollback with two minutes between updates, asked for in an incident that somebody has, and approved by another one. */
function rollingBack({ everyMs, playbook = {} }: Begun = {}): World {
  const more = { title: 'Roll back checkout', updatesMs: 2 * minute, ...playbook };
  const world = createWorld({ room: roomWith('rollback-checkout', more, everyMs) });
  world.notice(notice());
  world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
  const asked = { type: 'incident.start-run', incident: 'INC-1', playbook: 'rollback-checkout' } as const;
  world.by(engineer, { ...asked, reason: 'It got worse' });
  approve(world);
  return world;
}

const approve = (world: World) =>
  world.by(second, {
    type: 'run.plan-decide',
    run: inIncident,
    verdict: 'approve',
    hash: world.run(inIncident).whole?.hash ?? '',
  });

/** A procedure that waits for clicks, outside any incident. */
function inChannel(steps: readonly Step[], more: Partial<Playbook> = {}): World {
  const world = createWorld({
    room: roomWith('quick-fix', { title: 'Quick fix', updatesMs: 5 * minute, steps, ...more }),
  });
  world.by(engineer, {
    type: 'run.start',
    run: null,
    incident: null,
    playbook: 'quick-fix',
    place: { kind: 'channel', channel: 'C0DEPLOY' },
    reason: null,
  });
  return world;
}

const said = (world: World, run: 'INC-1.2' | 'RUN-1' = inIncident) => world.run(run).updates ?? [];
const texts = (world: World, run?: 'INC-1.2' | 'RUN-1') => said(world, run).map(({ text }) => text);
const notes = (world: World) =>
  world.incident().notes.filter(({ about }) => about === `run-update/${inIncident}`);
const askedFor = (world: World) => world.incident().notes.filter(({ about }) => about === 'update-due');
const shownNotes = (world: World) => world.shown().filter((key) => key.startsWith('note/'));

describe('a rollback says by itself how it stands', () => {
  it('every two minutes from the approval on: the stage, the clock, what runs, what is next, and who runs it', async ({
    annotate,
  }) => {
    const world = rollingBack();
    const began = world.now();
    expect(texts(world)).toEqual([
      'Rolling back checkout: It got worse. Up to 15 min; an update follows every 2 min. Run by <@U1ENGINEER>, approved by <@U2SECOND>.',
    ]);
    world.pass(30_000);
    world.ends(0);
    world.pass(15 * minute - 30_001);
    const updates = said(world).filter(({ moment }) => moment === 'progress');
    expect(updates.map(({ at }) => (at - began) / minute)).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(updates.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(updates[1]?.text).toBe(
      [
        "Update 2 of the rollback of checkout: stage 2 of 2, *Put Back*; 4 min of 15 min; 2 min 30 s over the stage's 1 min.",
        'Now: *install* is running, for 3 min 30 s. Next: start. Run by <@U1ENGINEER>, approved by <@U2SECOND>.',
      ].join('\n'),
    );
    world.pass(2 * minute);
    expect(texts(world).at(-1)).toContain('16 min of 15 min, 1 min over;');
    await annotate(`${updates.length} updates in 15 min, one every 2 min`, 'figure');
  });

  it('each is a new message in the incident and in the stakeholders’ channel, and counts as its status update', () => {
    const world = rollingBack({ everyMs: 3 * minute });
    world.pass(10 * minute);
    const progress = notes(world).slice(1);
    expect(progress).toHaveLength(5);
    for (const { kind, by, number } of progress) {
      expect({ kind, by }).toEqual({ kind: 'update', by: 'bot' });
      expect(shownNotes(world)).toContain(`note/INC-1/${number}`);
      expect(world.shown()).toContain(`stakeholders/INC-1/update/${number}`);
    }
    // That it began is seen in the incident already, and news for everybody else.
    const { number: first = 0 } = notes(world)[0] ?? {};
    expect(shownNotes(world)).not.toContain(`note/INC-1/${first}`);
    expect(world.shown()).toContain(`stakeholders/INC-1/update/${first}`);
    expect(askedFor(world)).toEqual([]);
  });

  it('nobody is asked for an update at the moment when one is promised', () => {
    const world = rollingBack({ everyMs: 2 * minute });
    world.pass(9 * minute);
    expect(askedFor(world)).toEqual([]);
  });

  it('says how it ended, what was measured, and nothing afterwards', () => {
    const world = rollingBack();
    world.values.set('up', 1);
    for (const _ of ['stop', 'install', 'start']) {
      world.pass(50_000);
      world.ends(0);
    }
    world.pass(minute);
    expect(world.run(inIncident).result?.kind).toBe('completed');
    expect(texts(world).at(-1)).toMatch(
      /^Rollback complete: checkout, in 2 min 45 s of 15 min\. Verified: up up\.$/,
    );
    const all = texts(world).length;
    world.pass(hour);
    expect(texts(world)).toHaveLength(all);
    expect(notes(world)).toHaveLength(all);
    // From then on people are asked again.
    expect(askedFor(world)).not.toEqual([]);
  });

  it('says that it ended without being complete, and why', () => {
    const world = rollingBack();
    world.ends(0);
    world.ends(1);
    world.pass(2 * minute);
    expect(texts(world).at(-1)).toBe(
      [
        "Update 1 of the rollback of checkout: stage 2 of 2, *Put Back*; 2 min of 15 min; 1 min over the stage's 1 min.",
        'Now: *start* is running, for 2 min. Then it ends. Run by <@U1ENGINEER>, approved by <@U2SECOND>.',
      ].join('\n'),
    );
    world.ends(0);
    expect(texts(world).at(-1)).toBe(
      'The rollback of checkout ended without being complete, after 2 min of 15 min. install did not succeed, so the rest was not carried out.',
    );
  });

  it('says one update after the bot was down, and goes on at the round times', () => {
    const world = rollingBack();
    const began = world.now();
    world.pass(2 * minute);
    world.down(7 * minute + 30_000);
    world.pass(5 * minute);
    expect(
      said(world)
        .filter(({ moment }) => moment === 'progress')
        .map(({ at, number }) => [number, (at - began) / minute]),
    ).toEqual([
      [1, 2],
      [2, 9.5],
      // Half a minute after the late one would say the same again.
      [3, 12],
      [4, 14],
    ]);
  });

  it('keeps its clock in a message however long the reason is, and goes on where the clock is set back', () => {
    const more = { title: 'Roll back checkout', updatesMs: 2 * minute };
    const world = createWorld({ room: roomWith('rollback-checkout', more) });
    world.notice(notice());
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    const asked = { type: 'incident.start-run', incident: 'INC-1', playbook: 'rollback-checkout' } as const;
    world.by(engineer, { ...asked, reason: `It got worse\n\u202e${'<!channel> *'.repeat(1_000)}` });
    approve(world);
    const [begun = ''] = texts(world);
    expect(begun.length).toBeLessThan(500);
    expect(begun).toMatch(/…\. .*an update follows every 2 min\. Run by <@U1ENGINEER>/i);
    world.pass(2 * minute);
    world.down(-hour);
    world.by({ kind: 'bot' }, { type: 'run.update-due', run: inIncident, number: 2 });
    const [next] = world.timers().filter(({ coalesce }) => coalesce === `run-update-due/${inIncident}`);
    expect((next?.notBefore ?? 0) - world.now()).toBe(2 * minute);
  });

  it('says nothing before the approval, and nothing of what was refused', () => {
    const more = { updatesMs: 2 * minute };
    const world = createWorld({ room: roomWith('rollback-checkout', more) });
    world.notice(notice());
    const asked = { type: 'incident.start-run', incident: 'INC-1', playbook: 'rollback-checkout' } as const;
    world.by(engineer, { ...asked, reason: null });
    world.pass(5 * minute);
    const { hash = '' } = world.run(inIncident).whole ?? {};
    world.by(second, { type: 'run.plan-decide', run: inIncident, verdict: 'refuse', hash });
    world.pass(hour);
    expect(said(world)).toEqual([]);
    expect(notes(world)).toEqual([]);
  });

  it('stays with those who work on it once everybody was told that the incident is over', () => {
    const world = rollingBack();
    world.pass(3 * minute);
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    const before = world.shown().filter((key) => key.includes('/update/')).length;
    world.pass(3 * minute);
    expect(notes(world).map(({ kind }) => kind)).toEqual(['update', 'update', 'bot', 'bot']);
    expect(world.shown().filter((key) => key.includes('/update/'))).toHaveLength(before);
  });

  it('is marked by a drill as everything in it, and reaches nobody outside', () => {
    const more = { title: 'Roll back checkout', updatesMs: 2 * minute, severity: 'P1' as const };
    const world = createWorld({ room: roomWith('rollback-checkout', more) });
    world.by(engineer, { type: 'incident.drill', playbook: 'rollback-checkout', firstFails: false });
    const run = 'INC-1.1' as const;
    const hash = world.run(run).whole?.hash ?? '';
    world.by(engineer, { type: 'run.plan-decide', run, verdict: 'approve', hash, standIn: true });
    world.pass(5 * minute);
    const updates = world.incident().notes.filter(({ about }) => about === `run-update/${run}`);
    expect(updates.map(({ kind }) => kind)).toEqual(['update', 'update', 'update']);
    expect(world.incident().drill).toBe(true);
    expect(world.shown().filter((key) => key.startsWith('stakeholders/'))).toEqual([]);
  });

  it('is one line of the timeline', () => {
    const world = rollingBack();
    world.pass(15 * minute);
    const events = [...world.states.keys()].flatMap((stream) =>
      world.events(stream).map((event) => ({ stream, event, position: event.at })),
    );
    const [view] = world
      .ledgers({ kind: 'incident', incident: 'INC-1' })
      .filter(({ run }) => run.id === inIncident);
    const automatic = timelineOf(events, view ? [view] : []).filter(({ what }) => /update/i.test(what));
    expect(automatic).toEqual([
      {
        at: expect.any(Number),
        who: 'bot',
        what: '7 automatic updates of Roll back checkout, until 14:14:00 UTC',
      },
    ]);
    expect(world.refolded()).toEqual(world.states);
  });
});

describe('a procedure outside any incident', () => {
  it('says it in its own channel, and for whom it waits', () => {
    const world = inChannel([doing('quick'), doing('restart')]);
    world.pass(5 * minute);
    expect(texts(world, 'RUN-1')).toEqual([
      [
        'Update 1 of *Quick fix*: 5 min so far.',
        'Now: waiting for <@U1ENGINEER> to start or skip *quick*. Next: restart. Run by <@U1ENGINEER>.',
      ].join('\n'),
    ]);
    const show = world.effects().findLast((effect) => effect.kind === 'show');
    expect(show).toMatchObject({
      subject: { kind: 'run-update', run: 'RUN-1', index: 0 },
      where: { in: { kind: 'channel', channel: 'C0DEPLOY' }, thread: null },
    });
    world.by(engineer, { type: 'run.skip', run: 'RUN-1', step: 'quick', attempt: 1 });
    world.by(engineer, { type: 'run.skip', run: 'RUN-1', step: 'restart', attempt: 1 });
    expect(texts(world, 'RUN-1').at(-1)).toBe(
      '*Quick fix* is complete, in 5 min. Nothing of it was measured.',
    );
    world.pass(hour);
    expect(texts(world, 'RUN-1')).toHaveLength(2);
  });

  it('says who can approve what it waits for, what is to be answered, and whose items of a list are open', () => {
    const world = inChannel([
      doing('wipe'),
      { id: 'ask', kind: 'ask', question: 'Which version?', input: { kind: 'text', maxLength: 80 } },
      {
        id: 'list',
        kind: 'checklist',
        title: 'Before',
        items: ['Tell support', 'Look at the dashboard'],
        duties: [{ owner: 'deployment lead' }, { owner: 'on-call engineer' }],
      },
    ]);
    world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'wipe', attempt: 1 });
    world.pass(5 * minute);
    expect(texts(world, 'RUN-1').at(-1)).toContain(
      'Now: waiting for the approval of *Wipe the cache* by one of @oncall, @leads, asked for by <@U1ENGINEER>. Next: Which version?',
    );
    world.by(second, {
      type: 'run.approval-decide',
      run: 'RUN-1',
      step: 'wipe',
      attempt: 1,
      verdict: 'approve',
      hash: approvalHash(world),
    });
    world.ends(0);
    world.pass(5 * minute);
    expect(texts(world, 'RUN-1').at(-1)).toContain(
      'waiting for <@U1ENGINEER> to answer: Which version? Next: Before.',
    );
    world.by(engineer, { type: 'run.answer', run: 'RUN-1', step: 'ask', attempt: 1, answer: '1.2' });
    world.by(engineer, { type: 'run.tick', run: 'RUN-1', step: 'list', attempt: 1, item: 0, done: true });
    world.pass(5 * minute);
    expect(texts(world, 'RUN-1').at(-1)).toContain(
      'with the list *Before*: 1 of 2 done, open for on-call engineer. It is the last step.',
    );
  });

  it('falls silent after an hour of waiting for the same, and speaks again when it goes on', () => {
    const world = inChannel([doing('quick'), doing('restart')]);
    world.pass(2 * hour);
    expect(texts(world, 'RUN-1')).toHaveLength(12);
    expect(texts(world, 'RUN-1').at(-1)).toContain('Nothing more is said until it goes on.');
    world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'quick', attempt: 1 });
    world.pass(5 * minute);
    expect(texts(world, 'RUN-1').at(-1)).toContain('Now: *quick* is running, for 5 min.');
  });

  it('of a playbook that promises none, nothing is said', () => {
    const { updatesMs: _, ...playbook } = smallRoom.definitions['quick-fix']!.playbook as Playbook;
    const world = createWorld();
    world.by(engineer, {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: playbook.name,
      place: { kind: 'channel', channel: 'C0DEPLOY' },
      reason: null,
    });
    world.pass(hour);
    expect(world.run('RUN-1')).not.toHaveProperty('updates');
  });
});

function approvalHash(world: World): string {
  const state = world.step('RUN-1', 'wipe');
  if (state.kind !== 'approving') throw new Error('nothing waits for an approval');
  return state.approval.hash;
}
