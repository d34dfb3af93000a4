import { describe, expect, it } from 'vitest';
import { phaseClock } from '../../../src/core/incident/timekeeping.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { Route } from '../../../src/core/playbook/routing.ts';
import { engineer, lead, minute, second, room as smallRoom } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const phases = { detection: 2 * minute, assessment: 5 * minute, response: 30 * minute };
const updates = { everyMs: 30 * minute };

const roomWith = (more: Partial<Route>, rest: Partial<Room> = {}): Room => ({
  ...smallRoom,
  routing: {
    ...smallRoom.routing,
    P0: { ...smallRoom.routing.P0, ...more },
    P1: { ...smallRoom.routing.P1, ...more },
  },
  ...rest,
});

/** Its playbook has no time limit of its own, so that the phase alone speaks. */
const opened = (more: Partial<Route>, name = 'ServiceDown'): World => {
  const world = createWorld({ room: roomWith(more) });
  world.notice(notice({ name }));
  return world;
};

const said = (world: World): readonly string[] =>
  world.incident().notes.flatMap(({ about, text }) => (about === undefined ? [] : [text]));

const take = (world: World) => world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });

describe('a phase that takes longer than it should is said once, with who should do what', () => {
  it('nobody has acknowledged', () => {
    const world = opened({ phases });
    world.pass(2 * minute - 1);
    expect(said(world)).toEqual([]);
    world.pass(1);
    expect(said(world)).toEqual([
      'Nobody has acknowledged for 2 min. Whoever can see to it: press *Acknowledge*, which also gives you command.',
    ]);
    world.pass(60 * minute);
    // Without an owner there is nobody to ask for a mitigation; those who are called next see to that.
    expect(said(world)).toHaveLength(1);
  });

  it('somebody has acknowledged, and no mitigation was started', () => {
    const world = opened({ phases });
    take(world);
    world.pass(5 * minute);
    expect(said(world)).toEqual([
      'Acknowledged, but no mitigation was started within 5 min. <@U1ENGINEER>: answer the step that waits, roll back, or call somebody in.',
    ]);
  });

  it('is silent about what was done in time, and about what is quiet', () => {
    const world = opened({ phases });
    take(world);
    const { attempt } = world.run('INC-1.1').steps.restart ?? { attempt: 1 };
    world.by(engineer, { type: 'run.perform', run: 'INC-1.1', step: 'restart', attempt });
    expect(world.incident().phase).toBe('mitigating');
    world.pass(10 * minute);
    expect(said(world)).toEqual([]);
    world.notice({ ...notice({ name: 'ServiceDown' }), status: 'resolved', endsAt: world.now() });
    world.pass(60 * minute);
    expect(said(world)).toEqual([]);
  });

  it('it is not over, and somebody is in command or nobody is', () => {
    const commanded = opened({ phases });
    take(commanded);
    commanded.pass(30 * minute);
    expect(said(commanded).at(-1)).toMatch(/^Not over after 30 min\. <@U1ENGINEER>: roll back/);

    const alone = opened({ phases }, 'HighErrorRate');
    take(alone);
    alone.pass(30 * minute);
    expect(said(alone).at(-1)).toBe(
      'Not over after 30 min, and nobody is in command. <@U1ENGINEER>: take command, or give it to somebody.',
    );
    expect(alone.incident().notes.at(-1)?.offers ?? alone.incident().notes.at(-2)?.offers).toBe('role');

    // Its playbook says by itself that its time is over, with what it offers.
    const limited = opened({ phases }, 'HighErrorRate');
    take(limited);
    const commander = { role: 'commander', user: 'U2SECOND' } as const;
    limited.by(engineer, { type: 'incident.role', incident: 'INC-1', ...commander });
    limited.pass(30 * minute);
    expect(said(limited).filter((text) => text.startsWith('Not over'))).toEqual([]);
    expect(limited.incident().unresolvedSaid).toBe(true);
  });

  it('counts anew when it is reopened, and not for an opening that is past', () => {
    const world = opened({ phases });
    world.pass(minute);
    take(world);
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.pass(minute);
    world.by(engineer, { type: 'incident.reopen', incident: 'INC-1', why: 'It is back.' });
    world.pass(4 * minute);
    expect(said(world)).toEqual([]);
    world.pass(minute);
    expect(said(world)).toMatchObject([expect.stringContaining('no mitigation was started within 5 min')]);
  });

  it('is never longer for having become more urgent, however often it is changed', () => {
    const world = opened({ phases, updates }, 'HighErrorRate');
    const severity = (to: 'P0' | 'P1') =>
      world.by(lead, { type: 'incident.severity', incident: 'INC-1', severity: to, why: null });
    take(world);
    world.pass(4 * minute);
    severity('P0');
    world.pass(minute);
    expect(said(world)).toMatchObject([expect.stringContaining('no mitigation was started within 5 min')]);
    for (const to of ['P1', 'P0', 'P1', 'P0'] as const) {
      world.pass(6 * minute);
      severity(to);
    }
    world.pass(minute);
    expect(said(world).filter((text) => text.startsWith('No status update for 30 min'))).toHaveLength(1);
  });

  it('begins with the severity that has limits', () => {
    const world = opened({ phases }, 'Slow');
    world.pass(60 * minute);
    world.by(engineer, { type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: null });
    world.pass(2 * minute);
    expect(said(world)).toMatchObject([expect.stringContaining('Nobody has acknowledged')]);
  });

  it('has a clock that the card can show', () => {
    const world = opened({ phases });
    const from = world.now();
    expect(phaseClock(world.incident(), phases)).toEqual({ phase: 'detection', until: from + 2 * minute });
    take(world);
    expect(phaseClock(world.incident(), phases)).toEqual({ phase: 'assessment', until: from + 5 * minute });
    expect(phaseClock(world.incident(), {})).toBeNull();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(phaseClock(world.incident(), phases)).toBeNull();
  });
});

describe('status updates are asked for', () => {
  const asked = (world: World) => said(world).filter((text) => text.startsWith('No status update'));

  it('again and again until there is one, of whoever communicates, until it is resolved', () => {
    const world = opened({ updates });
    take(world);
    world.pass(30 * minute);
    expect(asked(world)).toEqual(['No status update for 30 min. <@U1ENGINEER>: say how it stands.']);
    world.by(engineer, {
      type: 'incident.role',
      incident: 'INC-1',
      role: 'communications',
      user: 'U2SECOND',
    });
    world.pass(30 * minute);
    expect(asked(world).at(-1)).toBe('No status update for 1 h. <@U2SECOND>: say how it stands.');
    world.by(second, { type: 'incident.note', incident: 'INC-1', kind: 'update', text: 'Better.' });
    world.pass(29 * minute);
    expect(asked(world)).toHaveLength(2);
    world.pass(minute);
    expect(asked(world)).toHaveLength(3);
    world.by(second, { type: 'incident.resolve', incident: 'INC-1', note: null });
    world.pass(120 * minute);
    expect(asked(world)).toHaveLength(3);
  });

  it('of nobody while nobody has it, and one at a time after the bot was away', () => {
    const world = opened({ updates });
    world.pass(45 * minute);
    expect(asked(world)).toEqual([]);
    take(world);
    world.down(180 * minute);
    world.pass(0);
    expect(asked(world)).toHaveLength(1);
    expect(world.timers().filter(({ coalesce }) => coalesce === 'update-due/INC-1')).toHaveLength(1);
  });

  it('folds to the same incident', () => {
    const world = opened({ phases, updates });
    take(world);
    world.pass(95 * minute);
    expect(world.refolded().get('INC-1')).toEqual(world.states.get('INC-1'));
  });
});

describe('those who are affected', () => {
  const told = (world: World) =>
    world
      .effects()
      .flatMap((effect) =>
        effect.kind === 'show' && effect.subject.kind === 'stakeholders'
          ? [[effect.subject.moment, effect.where.in]]
          : [],
      );
  const there = { kind: 'channel', channel: '#shop' };

  it('are told of the opening, each status update, and the end, and of no note', () => {
    const world = opened({ stakeholders: '#shop' });
    take(world);
    world.by(engineer, { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'The disk is full.' });
    world.by(engineer, { type: 'incident.note', incident: 'INC-1', kind: 'update', text: 'We see why.' });
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(told(world)).toEqual([
      ['opened', there],
      ['update', there],
      ['resolved', there],
    ]);
  });

  it('are told nothing of practice, nor of what is not urgent enough', () => {
    const drill = createWorld({ room: roomWith({ stakeholders: '#shop' }) });
    drill.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    drill.by(engineer, { type: 'incident.note', incident: 'INC-1', kind: 'update', text: 'As if.' });
    expect(told(drill)).toEqual([]);
    const slow = opened({ stakeholders: '#shop' }, 'Slow');
    expect(told(slow)).toEqual([]);
    slow.by(lead, { type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: null });
    expect(told(slow)).toEqual([['opened', there]]);
  });
});

describe('command is handed over', () => {
  it('at once, and said with both names', () => {
    const world = opened({});
    take(world);
    expect(world.incident().roles.commander).toBe('U1ENGINEER');
    world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U2SECOND' });
    expect(world.incident().roles.commander).toBe('U2SECOND');
    expect(world.incident().notes.at(-1)?.text).toBe('Commander: <@U2SECOND>, in the place of <@U1ENGINEER>');
  });
});

describe('a message that is added to an incident', () => {
  it('is a note with its author and link, once', () => {
    const world = opened({});
    const from = { user: 'U5VISITOR', url: 'https://team.slack.com/archives/C1/p1' };
    const add = () =>
      world.by(engineer, { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'Seen.', from });
    add();
    expect(add()).toMatchObject({ code: 'already' });
    expect(world.incident().notes.filter((note) => note.from)).toMatchObject([{ text: 'Seen.', from }]);
  });
});
