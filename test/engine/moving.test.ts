import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/core/incident/incident.ts';
import { type Posted, type ShowRequest, WorkFailed } from '../../src/engine/ports.ts';
import { createRig, eventually, type Rig } from './rig.ts';

/** A chat as people see it: what is shown of each message, by where it stands; and a cut after any of its calls. */
function watchMessages(rig: Rig) {
  const messages: {
    at: Posted;
    key: string;
    kind: string;
    thread: string | null;
    incident: Incident | null;
  }[] = [];
  const opened: string[] = [];
  const state = { calls: 0, cutAfter: Number.POSITIVE_INFINITY };
  const cut = async (): Promise<void> => {
    if (++state.calls === state.cutAfter) await new Promise(() => undefined);
  };
  const { port } = rig.chat;
  port.show = async (request: ShowRequest) => {
    const { key, known, uncertain, channel, thread, view } = request;
    const there =
      messages.find(({ at }) => at.channel === known?.channel && at.ts === known.ts) ??
      (uncertain ? messages.find((each) => each.key === key && each.at.channel === channel) : undefined);
    const at = there?.at ?? { channel, ts: `${messages.length + 1}.0` };
    const incident = 'incident' in view ? view.incident : null;
    if (there) Object.assign(there, { key, kind: view.kind, incident });
    else messages.push({ at, key, kind: view.kind, thread: thread?.ts ?? null, incident });
    await cut();
    return at;
  };
  port.openChannel = async (name, _purpose, { uncertain }) => {
    if (!(uncertain && opened.includes(name))) opened.push(name);
    await cut();
    return { id: `C-${name}`, name };
  };
  for (const kind of ['setTopic', 'invite', 'pin', 'bookmark'] as const) {
    port[kind] = async () => cut();
  }
  return { messages, opened, state };
}

const channel = 'C-incident-2026-11-21-slow-1';
const ask = (rig: Rig) =>
  rig.desk.act('U1ENGINEER', {
    type: 'incident.severity',
    incident: 'INC-1',
    severity: 'P0',
    why: 'Nobody can pay.',
  });

async function inThread() {
  const rig = createRig();
  const seen = watchMessages(rig);
  rig.start();
  await rig.alert({ name: 'Slow' });
  await rig.idle();
  return { rig, ...seen };
}

/** What people see of the walk and the card, wherever it stands. */
const standing = (messages: Awaited<ReturnType<typeof inThread>>['messages']) =>
  messages
    .filter(({ key }) => /(card|step)\//.test(key))
    .map(({ key, kind, at }) => ({ key, kind, channel: at.channel }))
    .toSorted((a, b) => a.key.localeCompare(b.key));

const moved = [
  { key: 'card/INC-1', kind: 'card', channel },
  { key: 'moved/card/INC-1', kind: 'moved', channel: '#monitoring' },
  { key: 'moved/step/INC-1.1/quick/1', kind: 'moved', channel: '#monitoring' },
  { key: 'step/INC-1.1/quick/1', kind: 'step', channel },
];

describe('an incident in a thread that has become a P0', () => {
  it('goes on in a channel of its own, and a click there counts', async () => {
    const { rig, messages, opened } = await inThread();
    expect(standing(messages).map(({ channel: at }) => at)).toEqual(['#monitoring', '#monitoring']);
    await ask(rig);
    await rig.idle();
    expect(opened).toEqual(['incident-2026-11-21-slow-1']);
    expect(standing(messages)).toEqual(moved);
    expect(messages.find(({ key }) => key === 'announcement/INC-1')?.at.channel).toBe('#alerts');
    expect(messages.find(({ key }) => key === 'step/INC-1.1/quick/1')?.thread).toBeNull();
    const at = { run: 'INC-1.1', step: 'quick', attempt: 1 } as const;
    await rig.desk.act('U1ENGINEER', { type: 'run.perform', ...at });
    await eventually(() => rig.runner.started.length).toBe(1);
    rig.runner.started[0]?.end();
    await rig.idle();
    expect(await rig.step('quick')).toBe('settled');
    expect(standing(messages)).toEqual(moved);
  });

  it('is still known by what is said in its old thread', async () => {
    const { rig, messages } = await inThread();
    const card = messages.find(({ key }) => key === 'card/INC-1')?.at;
    await ask(rig);
    await rig.idle();
    expect(await rig.desk.incidentAt('#monitoring', card?.ts ?? '')).toMatchObject({ id: 'INC-1' });
    expect(await rig.desk.incidentAt(channel, null)).toMatchObject({ id: 'INC-1' });
  });

  it('says everything once, whichever of the calls the bot died after', { timeout: 120_000 }, async () => {
    const whole = await inThread();
    const before = whole.state.calls;
    await ask(whole.rig);
    await whole.rig.idle();
    const calls = whole.state.calls - before;
    await whole.rig.stop();
    expect(calls).toBeGreaterThan(8);
    for (let call = 1; call <= calls; call++) {
      const { rig, messages, opened, state } = await inThread();
      state.cutAfter = state.calls + call;
      await ask(rig);
      await eventually(() => state.calls).toBeGreaterThanOrEqual(state.cutAfter);
      await rig.restart();
      await rig.idle();
      expect(opened, `after call ${call}`).toEqual(['incident-2026-11-21-slow-1']);
      expect(standing(messages), `after call ${call}`).toEqual(moved);
      expect(new Set(messages.map(({ key }) => key)).size, `after call ${call}`).toBe(messages.length);
      await rig.stop();
    }
  });

  it('goes on in the thread where its channel cannot be opened, and says so there', async () => {
    const { rig, messages } = await inThread();
    let refuses = true;
    const { openChannel } = rig.chat.port;
    rig.chat.port.openChannel = async (...given) => {
      if (refuses) throw new WorkFailed('restricted_action', 'The bot may not open channels.');
      return openChannel(...given);
    };
    await ask(rig);
    await rig.idle();
    const thread = messages.find(({ key }) => key === 'card/INC-1')?.at;
    expect(thread?.channel).toBe('#monitoring');
    const said = (await rig.incident()).notes.find(({ text }) => text.includes('could not be opened'));
    expect(messages.find(({ key }) => key === `note/INC-1/${said?.number}`)).toMatchObject({
      at: { channel: '#monitoring' },
      thread: thread?.ts,
    });
    await rig.desk.act('U1ENGINEER', { type: 'run.skip', run: 'INC-1.1', step: 'quick', attempt: 1 });
    await rig.idle();
    expect(await rig.step('quick')).toBe('settled');
    // Raised once more, it is tried once more.
    refuses = false;
    const lower = { type: 'incident.severity', incident: 'INC-1', severity: 'P2', why: null } as const;
    await rig.desk.act('U1ENGINEER', lower);
    await ask(rig);
    await rig.idle();
    expect(await rig.incident()).toMatchObject({ channel: { id: channel } });
    expect(messages.find(({ key }) => key === 'card/INC-1')?.at.channel).toBe(channel);
  });

  it('says in its announcement that it is less urgent, and that it is over, where such are not announced', async () => {
    const { rig, messages } = await inThread();
    const at = { incident: 'INC-1' } as const;
    await ask(rig);
    await rig.idle();
    await rig.desk.act('U1ENGINEER', { type: 'incident.severity', ...at, severity: 'P2', why: null });
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', ...at, note: null });
    await rig.idle();
    const announced = messages.find(({ key }) => key === 'announcement/INC-1');
    expect(announced?.incident).toMatchObject({ severity: 'P2', phase: 'resolved' });
    expect(messages.filter(({ key }) => key === 'announcement/INC-1')).toHaveLength(1);
  });

  it('does not keep the thread waiting while the channel has to', async () => {
    const { rig, messages } = await inThread();
    rig.chat.port.openChannel = () => new Promise(() => undefined);
    await ask(rig);
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.note', incident: 'INC-1', kind: 'update', text: 'Half of it works.' },
    } as const);
    await eventually(() => messages.filter(({ key }) => key.startsWith('note/')).length).toBe(2);
    expect(messages.filter(({ key }) => key.startsWith('note/')).map(({ at }) => at.channel)).toEqual([
      '#monitoring',
      '#monitoring',
    ]);
  });

  it('moves although the thread takes no changes any more', async () => {
    const { rig, messages } = await inThread();
    const { show } = rig.chat.port;
    rig.chat.port.show = async (request) => {
      if (request.known?.channel === '#monitoring') throw new WorkFailed('is_archived', 'It is archived.');
      return show(request);
    };
    await ask(rig);
    await rig.idle();
    expect(messages.filter(({ at }) => at.channel === channel).map(({ key }) => key)).toEqual(
      expect.arrayContaining(['card/INC-1', 'step/INC-1.1/quick/1']),
    );
    expect(rig.observer.performed.filter(({ kind }) => kind === 'leave')).toEqual([
      expect.objectContaining({ outcome: 'done' }),
      expect.objectContaining({ outcome: 'done' }),
    ]);
  });

  it('stays in the thread when it is lowered again before there was a channel', async () => {
    const { rig, messages, opened } = await inThread();
    const { openChannel } = rig.chat.port;
    let refuses = true;
    rig.chat.port.openChannel = async (...given) => {
      if (refuses) throw new WorkFailed('ratelimited', 'Later.', { retry: { afterMs: 10 * minute } });
      return openChannel(...given);
    };
    await ask(rig);
    await eventually(() => rig.observer.performed.some(({ outcome }) => outcome === 'postponed')).toBe(true);
    await lower(rig);
    refuses = false;
    rig.clock.advance(11 * minute);
    await rig.idle();
    expect(opened).toEqual([]);
    expect(await rig.incident()).toMatchObject({ severity: 'P2', place: { kind: 'thread' }, channel: null });
    // Meant seriously after all, it moves.
    await ask(rig);
    await rig.idle();
    expect(standing(messages)).toEqual(moved);
  });

  it('moves all the same when it is lowered while the channel is being opened, and gives no reason that is wrong', async () => {
    const { rig, messages } = await inThread();
    const asked = held(rig);
    await ask(rig);
    await asked.begun;
    await lower(rig);
    asked.goOn();
    await rig.idle();
    expect(standing(messages)).toEqual(moved);
    const said = (await rig.incident()).notes.find(({ text }) => text.startsWith('Moved here'));
    expect(said?.text).not.toContain('P2');
  });

  it('calls nobody to a channel that was opened while it was resolved', async () => {
    const { rig } = await inThread();
    const invited: string[] = [];
    rig.chat.port.invite = async (_channel, { groups }) => void invited.push(...groups);
    const asked = held(rig);
    await ask(rig);
    await asked.begun;
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note: null });
    asked.goOn();
    await rig.idle();
    expect(invited).toEqual([]);
    await rig.desk.act('U1ENGINEER', { type: 'incident.reopen', incident: 'INC-1', why: 'It is back.' });
    await rig.idle();
    expect(await rig.incident()).toMatchObject({ place: { kind: 'channel' }, phase: 'acknowledged' });
    expect(invited).toEqual(['oncall', 'leads']);
  });

  it('opens one channel, also when another alert raises it further after a lost reply', async () => {
    const { rig, messages, opened } = await inThread();
    const { openChannel } = rig.chat.port;
    let lost = true;
    rig.chat.port.openChannel = async (...given) => {
      const answer = await openChannel(...given);
      if (!lost) return answer;
      throw new WorkFailed('network', 'No reply.', { retry: { afterMs: minute }, uncertain: true });
    };
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: null },
    });
    await eventually(() => rig.observer.performed.some(({ outcome }) => outcome === 'postponed')).toBe(true);
    lost = false;
    rig.clock.advance(30_000);
    await rig.alert({ name: 'ServiceDown' });
    rig.clock.advance(minute);
    await rig.idle();
    expect(opened).toEqual(['incident-2026-11-21-slow-1']);
    expect(await rig.incident()).toMatchObject({ severity: 'P0', place: { kind: 'channel' } });
    expect(messages.filter(({ key }) => key === 'card/INC-1')).toHaveLength(1);
  });

  it('says once where it goes on, also where the old message was deleted and a reply is lost', async () => {
    const { rig, messages } = await inThread();
    const { show } = rig.chat.port;
    const step = messages.find(({ key }) => key.startsWith('step/'));
    let lost = true;
    rig.chat.port.show = async (request) => {
      const isLeft = request.key.startsWith('moved/step/');
      const gone = request.known && request.known.ts === step?.at.ts;
      const at = await show(gone ? { ...request, known: null } : request);
      if (!isLeft || !lost) return at;
      lost = false;
      throw new WorkFailed('network', 'No reply.', { retry: { afterMs: 1_000 }, uncertain: true });
    };
    await ask(rig);
    await eventually(() => lost).toBe(false);
    rig.clock.advance(2_000);
    await rig.idle();
    expect(messages.filter(({ key }) => key === 'moved/step/INC-1.1/quick/1')).toHaveLength(1);
    expect(messages.filter(({ key }) => key === 'step/INC-1.1/quick/1').at(-1)?.at.channel).toBe(channel);
  });
});

const minute = 60_000;

const lower = (rig: Rig) =>
  rig.desk.act('U1ENGINEER', { type: 'incident.severity', incident: 'INC-1', severity: 'P2', why: null });

/** The chat takes the wish for a channel and answers when it is told to. */
function held(rig: Rig): { readonly begun: Promise<void>; goOn(): void } {
  const begun = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const { openChannel } = rig.chat.port;
  rig.chat.port.openChannel = async (...given) => {
    begun.resolve();
    await answer.promise;
    return openChannel(...given);
  };
  return { begun: begun.promise, goOn: () => answer.resolve() };
}
