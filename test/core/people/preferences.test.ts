import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../../src/core/command.ts';
import {
  defaultPreferences,
  type Preferences,
  spokenPreferences,
} from '../../../src/core/people/preferences.ts';
import { namedBy } from '../../../src/core/people/reminder.ts';
import { spokenReminder, stillHolds } from '../../../src/core/people/standing.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { PreferencesId } from '../../../src/core/stream.ts';
import { engineer, lead, minute, second, room as smallRoom } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const mine = 'PRF-U1ENGINEER';
const clocks = {
  phases: { detection: 10 * minute, assessment: 20 * minute },
  updates: { everyMs: 30 * minute },
};

/** A list that comes first, with two items that are due: one for a role, one for nobody by name. */
const listed = (definition: Definition): Definition => ({
  ...definition,
  playbook: {
    ...definition.playbook,
    steps: [
      {
        id: 'list',
        kind: 'checklist',
        title: 'First things',
        items: ['Tell the users', 'Look at the queue'],
        duties: [
          { owner: 'Communications', withinMs: 5 * minute },
          { owner: 'reliability engineer', withinMs: 5 * minute },
        ],
      },
    ],
  },
});

const slow = smallRoom.definitions.slow as Definition;

const room: Room = {
  ...smallRoom,
  definitions: { ...smallRoom.definitions, slow: listed(slow) },
  routing: {
    ...smallRoom.routing,
    P0: { ...smallRoom.routing.P0, ...clocks },
    P1: { ...smallRoom.routing.P1, ...clocks },
    P2: { ...smallRoom.routing.P2, ...clocks },
  },
};

/** Two in the afternoon by its clock, in the middle of them. */
const quiet = { from: '13:00', to: '16:10', zone: 'UTC' };

const set = (
  reminders: 'channel' | 'direct',
  hours: Preferences['quiet'] = null,
): Extract<CommandBody, { type: 'preferences.set' }> => ({
  type: 'preferences.set',
  reminders,
  quiet: hours,
});

/** An incident that somebody has, in a world where they set this before. */
function taken(preferences: Extract<CommandBody, { type: 'preferences.set' }> | null, name = 'Slow'): World {
  const world = createWorld({ room });
  if (preferences) world.by(engineer, preferences);
  world.notice(notice({ name }));
  world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
  return world;
}

/** Direct messages that were decided: to whom, about what, and whether they had waited. */
const sent = (world: World): string[] =>
  world
    .effects()
    .flatMap((effect) =>
      effect.kind === 'remind'
        ? [
            `${effect.preferences}#${effect.number} ${effect.reminders.map(({ kind }) => kind).join('+')}${effect.held ? ' held' : ''}`,
          ]
        : [],
    );

const of = (world: World, id: PreferencesId = mine): Preferences => {
  const state = world.states.get(id);
  return state?.kind === 'preferences' ? state.preferences : defaultPreferences(id);
};

describe('preferences', () => {
  it('are set by the person whose they are, for themselves alone', () => {
    const world = createWorld({ room });
    expect(world.by(engineer, set('direct', quiet))).toMatchObject({ kind: 'accepted', stream: mine });
    expect(of(world)).toMatchObject({ reminders: 'direct', quiet, held: [], sent: 0 });
    // A name that is slipped in is nobody's.
    const forged = { ...set('channel'), preferences: mine, user: 'U1ENGINEER' } as CommandBody;
    expect(world.by(second, forged)).toMatchObject({ stream: 'PRF-U2SECOND' });
    expect(of(world)).toMatchObject({ reminders: 'direct' });
    for (const actor of [
      { kind: 'bot' },
      { kind: 'alertmanager' },
      { kind: 'operator', name: 'root' },
      { kind: 'pagerduty', name: 'U1ENGINEER' },
    ] as const)
      expect(world.by(actor, set('channel'))).toMatchObject({ kind: 'refused', code: 'not-allowed' });
    expect(of(world)).toMatchObject({ reminders: 'direct' });
  });

  it('take no hours that are none, and keep what was there', () => {
    const world = createWorld({ room });
    world.by(engineer, set('direct', quiet));
    for (const bad of [
      { ...quiet, to: quiet.from },
      { ...quiet, to: '25:00' },
      { ...quiet, zone: 'Mars/Olympus' },
    ])
      expect(world.by(engineer, set('direct', bad))).toMatchObject({ code: 'invalid' });
    expect(of(world)).toMatchObject({ quiet });
    // The same again is no news.
    expect(world.by(engineer, set('direct', { ...quiet }))).toMatchObject({ kind: 'accepted', events: [] });
  });

  it('are nothing that a person can have others reminded by', () => {
    const world = taken(set('direct'));
    const reminder = { kind: 'update', incident: 'INC-1', since: 0, note: 1 } as const;
    for (const body of [
      { type: 'preferences.remind', preferences: mine, reminder, urgent: true },
      { type: 'preferences.quiet-over', preferences: mine },
      { type: 'preferences.urgent', preferences: mine, incident: 'INC-1' },
    ] as const)
      expect(world.by(second, body)).toMatchObject({ code: 'not-allowed' });
    expect(sent(world)).toEqual([]);
  });

  it('are said in a line', () => {
    expect(spokenPreferences(defaultPreferences(mine))).toBe('in the channel');
    expect(spokenPreferences({ reminders: 'channel', quiet })).toBe('in the channel');
    expect(spokenPreferences({ reminders: 'direct', quiet: null })).toBe('by direct message');
    expect(spokenPreferences({ reminders: 'direct', quiet })).toBe(
      'by direct message, not from 13:00 to 16:10 (UTC)',
    );
  });
});

describe('who is told by direct message', () => {
  it('is nobody who has not asked for it, and for them no stream begins', () => {
    const world = taken(null);
    world.pass(60 * minute);
    expect(world.incident().notes.map(({ about }) => about)).toContain('update-due');
    expect(sent(world)).toEqual([]);
    expect([...world.states.keys()].filter((id) => id.startsWith('PRF-'))).toEqual([]);
  });

  it('is whoever has it: of a phase once, of the missing update each time', () => {
    const world = taken(set('direct'));
    world.pass(20 * minute);
    expect(sent(world)).toEqual([`${mine}#1 phase`]);
    world.pass(40 * minute);
    expect(sent(world)).toEqual([`${mine}#1 phase`, `${mine}#2 update`, `${mine}#3 update`]);
    // The note stands in the incident as well.
    expect(world.incident().notes.filter(({ about }) => about !== undefined)).toHaveLength(3);
    expect(world.refolded().get(mine)).toEqual(world.states.get(mine));
  });

  it('is whoever has the role, where there is somebody', () => {
    const world = taken(set('direct'));
    world.by(second, set('direct'));
    const role = { role: 'communications', user: 'U2SECOND' } as const;
    world.by(lead, { type: 'incident.role', incident: 'INC-1', ...role });
    world.pass(5 * minute);
    // The other item is owned by words that name nobody.
    expect(sent(world)).toEqual(['PRF-U2SECOND#1 item']);
    world.pass(25 * minute);
    expect(sent(world)).toEqual(['PRF-U2SECOND#1 item', `${mine}#1 phase`, 'PRF-U2SECOND#2 update']);
  });

  it('is also who the note in the incident speaks to, in practice nobody', () => {
    const addressed = (world: World) =>
      world
        .incident()
        .notes.filter(({ text }) => text.startsWith('Overdue'))
        .map(({ text, people }) => [text, people]);
    const world = taken(null);
    const role = { role: 'communications', user: 'U2SECOND' } as const;
    world.by(lead, { type: 'incident.role', incident: 'INC-1', ...role });
    world.pass(5 * minute);
    expect(addressed(world)).toEqual([
      ['Overdue in the list *First things*: Tell the users (Communications, <@U2SECOND>)', ['U2SECOND']],
      ['Overdue in the list *First things*: Look at the queue (reliability engineer)', undefined],
    ]);
    const drill = createWorld({ room });
    drill.by(engineer, { type: 'incident.drill', playbook: 'slow', firstFails: false });
    drill.by(engineer, { type: 'incident.role', incident: 'INC-1', ...role });
    drill.pass(5 * minute);
    expect(addressed(drill).map(([, people]) => people)).toEqual([undefined, undefined]);
    // A person who writes a note has nobody called by it.
    const note = {
      type: 'incident.note',
      incident: 'INC-1',
      kind: 'note',
      text: 'Look',
      people: ['U5VISITOR'],
    } as const;
    world.by(second, note);
    expect(world.incident().notes.at(-1)).not.toHaveProperty('people');
  });

  it('is nobody of a drill, and nobody who is known from PagerDuty alone', () => {
    const world = createWorld({ room });
    world.by(engineer, set('direct'));
    world.by(engineer, { type: 'incident.drill', playbook: 'slow', firstFails: false });
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.pass(100 * minute);
    expect(world.incident().notes.map(({ about }) => about)).toContain('phase/assessment');
    const paged = createWorld({ room });
    paged.notice(notice({ name: 'Slow' }));
    paged.by(
      { kind: 'pagerduty', name: 'On-call engineer' },
      { type: 'incident.acknowledge', incident: 'INC-1' },
    );
    paged.pass(60 * minute);
    expect([...sent(world), ...sent(paged)]).toEqual([]);
  });

  it('is named by a role, a mention, or not at all', () => {
    const roles = { commander: 'U1ENGINEER', communications: 'U2SECOND' };
    expect(namedBy('Incident Commander', { roles })).toBe('U1ENGINEER');
    expect(namedBy('communications lead', { roles })).toBe('U2SECOND');
    expect(namedBy('<@U5VISITOR>', { roles })).toBe('U5VISITOR');
    expect(namedBy('scribe', { roles })).toBeNull();
    expect(namedBy('reliability engineer', { roles })).toBeNull();
  });
});

describe('in quiet hours', () => {
  it('what is no P0 or P1 waits for their end, and comes as one message', () => {
    const world = taken(set('direct', quiet));
    world.pass(100 * minute);
    expect(sent(world)).toEqual([]);
    // Three updates were missed meanwhile, which is one thing to say.
    expect(of(world).held.map(({ kind }) => kind)).toEqual(['phase', 'update']);
    expect(world.timers().filter(({ coalesce }) => coalesce === `quiet-over/${mine}`)).toHaveLength(1);
    world.pass(30 * minute - 1);
    expect(sent(world)).toEqual([]);
    world.pass(1);
    expect(sent(world)).toEqual([`${mine}#1 phase+update held`]);
    expect(of(world)).toMatchObject({ held: [], sent: 1 });
    expect(world.refolded().get(mine)).toEqual(world.states.get(mine));
    world.pass(24 * 60 * minute);
    expect(sent(world).filter((each) => each.startsWith(`${mine}#1 `))).toHaveLength(1);
  });

  it.each([
    ['P1', 'HighErrorRate'],
    ['P0', 'ServiceDown'],
  ])('what is of one’s own %s comes at once', (_severity, name) => {
    const world = taken(set('direct', quiet), name);
    world.pass(20 * minute);
    expect(sent(world)).toEqual([`${mine}#1 phase`]);
    expect(of(world).held).toEqual([]);
  });

  it('what was held comes when its incident becomes a P1, and nothing of others', () => {
    const world = taken(set('direct', quiet));
    world.notice(notice({ name: 'Slow', service: 'other' }));
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-2' });
    world.pass(25 * minute);
    expect(of(world).held.map(({ incident }) => incident)).toEqual(['INC-1', 'INC-2']);
    world.by(second, { type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: null });
    expect(sent(world)).toEqual([`${mine}#1 phase held`]);
    expect(of(world).held.map(({ incident }) => incident)).toEqual(['INC-2']);
  });

  it('other hours count from when they are set', () => {
    const earlier = taken(set('direct', quiet));
    earlier.pass(25 * minute);
    earlier.by(engineer, set('direct', { ...quiet, to: '15:10' }));
    earlier.pass(44 * minute);
    expect(sent(earlier)).toEqual([]);
    earlier.pass(minute);
    expect(sent(earlier)).toEqual([`${mine}#1 phase+update held`]);
    earlier.pass(60 * minute);
    expect(sent(earlier).filter((each) => each.endsWith('held'))).toHaveLength(1);

    const without = taken(set('direct', quiet));
    without.pass(25 * minute);
    without.by(engineer, set('direct'));
    expect(sent(without)).toEqual([`${mine}#1 phase held`]);

    const inChannel = taken(set('direct', quiet));
    inChannel.pass(25 * minute);
    inChannel.by(engineer, set('channel', quiet));
    inChannel.pass(24 * 60 * minute);
    expect(sent(inChannel)).toEqual([]);
  });
});

describe('what still holds', () => {
  const reminded = () => {
    const world = taken(set('direct'));
    world.by(lead, { type: 'incident.role', incident: 'INC-1', role: 'communications', user: 'U1ENGINEER' });
    world.pass(30 * minute);
    const reminders = world.effects().flatMap((effect) => (effect.kind === 'remind' ? effect.reminders : []));
    const about = () => ({
      incident: world.incident(),
      view: { run: world.run('INC-1.1'), definition: listed(slow) },
    });
    const held = () =>
      reminders.filter((each) => stillHolds(each, 'U1ENGINEER', about())).map(({ kind }) => kind);
    return { world, reminders, about, held };
  };

  it('is all of it while nothing was done, in the words of now', () => {
    const { world, reminders, about, held } = reminded();
    expect(held()).toEqual(['item', 'phase', 'update']);
    world.pass(60 * minute);
    expect(reminders.map((each) => spokenReminder(each, about(), world.now()))).toEqual([
      'Overdue in the list First things: Tell the users',
      'Acknowledged, but no mitigation was started within 1 h 30 min. Answer the step that waits, roll back, or call somebody in.',
      'No status update for 1 h 30 min. Say how it stands.',
    ]);
  });

  it('is nothing that was done, or that is somebody else’s by now', () => {
    const updated = reminded();
    updated.world.by(second, {
      type: 'incident.note',
      incident: 'INC-1',
      kind: 'update',
      text: 'So far so good',
    });
    expect(updated.held()).toEqual(['item', 'phase']);

    const ticked = reminded();
    const at = { run: 'INC-1.1', step: 'list', attempt: 1 } as const;
    ticked.world.by(second, { type: 'run.tick', ...at, item: 0, done: true });
    expect(ticked.held()).toEqual(['phase', 'update']);

    const handed = reminded();
    handed.world.by(lead, {
      type: 'incident.role',
      incident: 'INC-1',
      role: 'communications',
      user: 'U2SECOND',
    });
    handed.world.by(lead, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U2SECOND' });
    expect(handed.held()).toEqual([]);

    const calm = reminded();
    calm.world.notice(ended(notice({ name: 'Slow' })));
    expect(calm.held()).toEqual(['item']);

    const over = reminded();
    over.world.by(lead, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(over.held()).toEqual([]);
  });
});
