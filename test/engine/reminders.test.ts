import { describe, expect, it } from 'vitest';
import { openSqliteReader } from '../../src/adapters/sqlite/reader.ts';
import { exportLog } from '../../src/commands/export.ts';
import { incidents } from '../../src/commands/incidents.ts';
import type { CommandBody } from '../../src/core/command.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { WorkFailed } from '../../src/engine/ports.ts';
import { minute, room as smallRoom } from '../fakes/room.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const clocks = { phases: { assessment: 20 * minute }, updates: { everyMs: 30 * minute } };

const room: Room = {
  ...smallRoom,
  routing: {
    ...smallRoom.routing,
    P1: { ...smallRoom.routing.P1, ...clocks },
    P2: { ...smallRoom.routing.P2, ...clocks },
  },
};

/** It is two by its clock when a test begins, and quiet for two hours and ten minutes from then on. */
const quiet = { from: '13:00', to: '16:10', zone: 'UTC' };
const direct: CommandBody = { type: 'preferences.set', reminders: 'direct', quiet: null };
const inQuiet: CommandBody = { ...direct, quiet };

type Reminded = { readonly key: string; readonly channel: string; readonly about: string };

/** Everything that went to somebody as a direct message. */
const toPeople = (rig: Rig): Reminded[] =>
  rig.chat.calls.flatMap((call) =>
    call.kind === 'show' && call.request.view.kind === 'reminders'
      ? [
          {
            key: call.request.key,
            channel: call.request.channel,
            about: call.request.view.shown.map(({ reminder }) => reminder.kind).join('+'),
          },
        ]
      : [],
  );

async function taken(preferences: CommandBody, name = 'Slow'): Promise<Rig> {
  const rig = createRig({ room });
  rig.start();
  await rig.desk.act('U1ENGINEER', preferences);
  await rig.alert({ name });
  await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
  await rig.idle();
  return rig;
}

/** The clock moves as a day does, and everything that becomes due is done. */
async function pass(rig: Rig, ms: number): Promise<void> {
  const step = 10 * minute;
  for (let left = ms; left > 0; left -= step) {
    rig.clock.advance(Math.min(step, left));
    await rig.idle();
  }
}

describe('a reminder by direct message', () => {
  it('is sent beside the note, once, with the message where it stands', async () => {
    const rig = await taken(direct);
    await pass(rig, 20 * minute);
    await eventually(() => toPeople(rig)).toEqual([
      { key: 'reminder/PRF-U1ENGINEER/1', channel: 'U1ENGINEER', about: 'phase' },
    ]);
    const { notes } = await rig.incident();
    const note = notes.find(({ about }) => about === 'phase/assessment');
    expect(rig.chat.shown(`note/INC-1/${note?.number}`)).not.toEqual([]);
    const [request] = rig.chat.shown('reminder/PRF-U1ENGINEER/1');
    expect(request?.view).toMatchObject({ held: false, shown: [{ incident: { id: 'INC-1' } }] });
    expect(request?.view.kind === 'reminders' && request.view.shown[0]?.at).toMatchObject({
      channel: '#monitoring',
    });
    await pass(rig, 5 * minute);
    expect(toPeople(rig)).toHaveLength(1);
  });

  it('is for nobody who has not asked for it', async () => {
    const rig = await taken({ type: 'preferences.set', reminders: 'channel', quiet });
    await pass(rig, 60 * minute);
    expect(toPeople(rig)).toEqual([]);
    expect((await rig.incident()).notes.map(({ about }) => about)).toContain('update-due');
  });

  it('is tried again while the chat is away, and looked for before it is posted again', async () => {
    const rig = await taken(direct);
    let away = true;
    rig.chat.fault = (call) => {
      if (away && call.kind === 'show' && call.request.view.kind === 'reminders')
        throw new WorkFailed('unreachable', 'Slack does not answer.', {
          retry: { afterMs: null },
          uncertain: true,
        });
    };
    await pass(rig, 20 * minute);
    expect(toPeople(rig)).toEqual([]);
    away = false;
    await rig.restart();
    await pass(rig, 5 * minute);
    await eventually(() => toPeople(rig)).toHaveLength(1);
    expect(rig.chat.shown('reminder/PRF-U1ENGINEER/1')[0]?.uncertain).toBe(true);
  });

  it('that could not be sent in time says nothing that is over, and waits where it has become quiet', async () => {
    const rig = createRig({ room });
    rig.start();
    await rig.desk.act('U1ENGINEER', { ...inQuiet, quiet: { ...quiet, from: '14:25' } } as CommandBody);
    for (const service of ['checkout', 'other']) await rig.alert({ name: 'Slow', service });
    for (const incident of ['INC-1', 'INC-2'] as const)
      await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident });
    await rig.idle();
    let away = true;
    rig.chat.fault = (call) => {
      if (away && call.kind === 'show' && call.request.view.kind === 'reminders')
        throw new WorkFailed('unreachable', 'Slack does not answer.', { retry: { afterMs: null } });
    };
    await pass(rig, 19 * minute);
    rig.clock.advance(minute);
    await eventually(() => rig.observer.performed.map(({ outcome }) => outcome)).toContain('postponed');
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-2', note: null });
    // It has become quiet by the time that the chat is back.
    rig.clock.advance(6 * minute);
    away = false;
    await eventually(() => {
      rig.clock.advance(1_000);
      return rig.observer.performed.filter(({ kind, outcome }) => kind === 'remind' && outcome === 'done')
        .length;
    }).toBe(2);
    expect(toPeople(rig)).toEqual([]);
    await pass(rig, 110 * minute);
    await eventually(() => toPeople(rig).map(({ about }) => about)).toEqual(['phase+update']);
  });

  it('to somebody who cannot be reached is given up, and the note stands', async () => {
    const rig = await taken(direct);
    rig.chat.fault = (call) => {
      if (call.kind === 'show' && call.request.view.kind === 'reminders')
        throw new WorkFailed('user_not_found', 'There is nobody of that name.');
    };
    await pass(rig, 20 * minute);
    await eventually(() => rig.observer.performed).toContainEqual({
      kind: 'remind',
      outcome: 'given-up',
      error: 'user_not_found',
    });
    const { notes } = await rig.incident();
    expect(notes.map(({ about }) => about)).toEqual(['phase/assessment']);
  });
});

describe('quiet hours', () => {
  it('hold a reminder until their end, over a restart, and then say what still holds in one message', async () => {
    const rig = await taken(inQuiet);
    await pass(rig, 60 * minute);
    expect(toPeople(rig)).toEqual([]);
    await rig.restart();
    await pass(rig, 60 * minute);
    expect(toPeople(rig)).toEqual([]);
    await rig.restart();
    await pass(rig, 15 * minute);
    await eventually(() => toPeople(rig)).toEqual([
      { key: 'reminder/PRF-U1ENGINEER/1', channel: 'U1ENGINEER', about: 'phase+update' },
    ]);
    await rig.restart();
    await pass(rig, 5 * minute);
    expect(toPeople(rig)).toHaveLength(1);
  });

  it('that end while nothing runs are over at the next start', async () => {
    const rig = await taken(inQuiet);
    await pass(rig, 25 * minute);
    await rig.performer.stop(1);
    // Noon of the next day, an hour before it is quiet again.
    rig.clock.advance(22 * 60 * minute - 25 * minute);
    await rig.restart();
    await pass(rig, minute);
    await eventually(() => toPeople(rig).map(({ about }) => about)).toEqual(['phase+update']);
  });

  it('say nothing at their end of what does not hold any more', async () => {
    const rig = await taken(inQuiet);
    await pass(rig, 60 * minute);
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note: null });
    await pass(rig, 24 * 60 * minute);
    expect(toPeople(rig)).toEqual([]);
    await eventually(() => rig.observer.performed.some(({ kind }) => kind === 'remind')).toBe(true);
  });

  it('hold nothing back of a P1 that is one’s own', async () => {
    const rig = await taken(inQuiet, 'HighErrorRate');
    await pass(rig, 20 * minute);
    await eventually(() => toPeople(rig)).toMatchObject([{ about: 'phase' }]);
  });
});

describe('the stream of a person', () => {
  it('is exported, folds to the same state, and keeps the chain of the log whole', async () => {
    const rig = await taken(inQuiet);
    await pass(rig, 60 * minute);
    const kept = await rig.store.state('PRF-U1ENGINEER');
    expect(kept).toMatchObject({ kind: 'preferences', preferences: { reminders: 'direct', quiet } });
    const lines: string[] = [];
    await exportLog({ database: rig.file }, (line) => void lines.push(line));
    expect(
      lines
        .map((line) => JSON.parse(line) as { stream: string; type: string })
        .filter(({ stream }) => stream === 'PRF-U1ENGINEER')
        .map(({ type }) => type),
    ).toEqual(['PreferencesSet', 'ReminderHeld', 'ReminderHeld', 'ReminderHeld']);
    const listed: string[] = [];
    expect(await incidents({ database: rig.file, id: null }, (line) => void listed.push(line))).toBe(0);
    expect(listed).toEqual([expect.stringMatching(/^INC-1 /)]);
    const copy = `${rig.file}.backup`;
    await rig.store.backup(copy);
    const reader = openSqliteReader(copy);
    try {
      expect(await reader.state('PRF-U1ENGINEER')).toEqual(kept);
      expect(reader.audit()).toMatchObject({ findings: [] });
    } finally {
      reader.close();
    }
  });

  it('takes fifty saves at once, the last of which holds, and loses nothing that waits', async () => {
    const rig = await taken(inQuiet);
    await pass(rig, 20 * minute);
    const saves = Array.from({ length: 50 }, (_, index) =>
      rig.desk.act('U1ENGINEER', {
        ...{ type: 'preferences.set', reminders: 'direct' },
        quiet: { ...quiet, to: `16:${String(10 + (index % 40)).padStart(2, '0')}` },
      } as const),
    );
    const answers = await Promise.all(saves);
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    const state = await rig.store.state('PRF-U1ENGINEER');
    expect(state).toMatchObject({
      preferences: { quiet: { to: '16:19' }, held: [{ kind: 'phase' }], sent: 0 },
    });
    expect(toPeople(rig)).toEqual([]);
    const waits = (await rig.store.work()).filter(
      ({ effect }) => effect.kind === 'tell' && effect.command.type === 'preferences.quiet-over',
    );
    expect(waits.map(({ dueAt }) => new Date(dueAt).toISOString().slice(11, 16))).toEqual(['16:19']);
  });

  it('is one’s own to read, and nobody’s who may not use the bot', async () => {
    const rig = await taken(inQuiet);
    rig.directory.members.set('U1ENGINEER', { kind: 'member', groups: ['oncall'], zone: 'Europe/Berlin' });
    expect(await rig.desk.preferences('U1ENGINEER')).toMatchObject({
      kind: 'known',
      preferences: { reminders: 'direct', quiet },
      zone: 'Europe/Berlin',
    });
    expect(await rig.desk.preferences('U5VISITOR')).toMatchObject({
      kind: 'known',
      preferences: { reminders: 'channel', quiet: null },
      zone: null,
    });
    expect(await rig.desk.preferences('U9OUTSIDER')).toMatchObject({ kind: 'refused' });
    expect(await rig.desk.act('U9OUTSIDER', direct)).toMatchObject({ code: 'not-allowed' });
    rig.directory.fault = () => {
      throw new WorkFailed('unreachable', 'Slack does not answer.', { retry: { afterMs: null } });
    };
    expect(await rig.desk.preferences('U1ENGINEER')).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('Try again'),
    });
  });
});
