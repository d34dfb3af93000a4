import Database from 'better-sqlite3';
import { openSqliteReader } from '../../src/adapters/sqlite/reader.ts';
import type { Event } from '../../src/core/decision.ts';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { channelIds } from '../../src/sandbox/emulator/seed.ts';
import { stepIds } from '../fakes/countingRoom.ts';
import type { Stage } from './stage.ts';

/** What is true after a walk, from three accounts that must agree: the log, the workspace, and the lines of the actions. */

export type Account = {
  /** What must not be, in words; empty where everything holds. */
  readonly violations: readonly string[];
  readonly events: number;
  readonly executed: number;
  readonly unknown: number;
  readonly messages: number;
  readonly timers: number;
};

type RunEvents = { readonly run: string; readonly events: readonly Event[] };

export async function readLog(
  stage: Stage,
): Promise<{ events: readonly Event[]; runs: readonly RunEvents[] }> {
  const reader = openSqliteReader(stage.database);
  try {
    const stored = await reader.events({});
    const runs = Map.groupBy(
      stored.filter(({ stream }) => stream.includes('.')),
      ({ stream }) => stream,
    );
    return {
      events: stored.map(({ event }) => event),
      runs: [...runs].map(([run, all]) => ({ run, events: all.map(({ event }) => event) })),
    };
  } finally {
    reader.close();
  }
}

/** The events of all runs of one service. */
export async function eventsOfService(stage: Stage, service: string): Promise<readonly Event[]> {
  const { runs } = await readLog(stage);
  return runs
    .filter(({ events }) =>
      events.some((event) => event.type === 'RunStarted' && event.data.service === service),
    )
    .flatMap(({ events }) => events);
}

const resets = (event: Event): boolean => 'step' in event.data && event.data.step === stepIds.reset;

/** Executions that the log knows to have happened, by an exit code or by a person's word. */
export const knownResets = (events: readonly Event[]): number =>
  events.filter((event) => event.type === 'CommandEnded' && resets(event) && event.data.ledger !== null)
    .length;

/** Whether work is due, or was handed out and has no end. */
export function pendingWork({ database, clockOffset }: Stage): number {
  const db = new Database(database, { readonly: true, timeout: 2_000 });
  try {
    const due = db.prepare<[number], { n: number }>(
      'SELECT count(*) AS n FROM effects WHERE leased_at IS NOT NULL OR not_before <= ?',
    );
    return due.get(Date.now() + clockOffset())?.n ?? 0;
  } finally {
    db.close();
  }
}

/** What still waits for its time, as text; nothing should once every incident is over. */
function waitingTimers(database: string): string[] {
  const db = new Database(database, { readonly: true });
  try {
    return db
      .prepare<[], { body: string }>('SELECT body FROM effects')
      .all()
      .map(({ body }) => body);
  } finally {
    db.close();
  }
}

export async function settleAccount(stage: Stage): Promise<Account> {
  const { events } = await readLog(stage);
  const violations: string[] = [];
  const demand = (holds: boolean, what: string) => {
    if (!holds) violations.push(what);
  };
  const count = (type: Event['type']) => events.filter((event) => event.type === type).length;
  for (const type of ['IncidentOpened', 'AlertFired', 'AlertResolved', 'IncidentResolved'] as const)
    demand(
      count(type) === stage.services.length,
      `${count(type)} ${type} for ${stage.services.length} alerts`,
    );
  let executed = 0;
  let timers = 0;
  for (const service of stage.services) {
    const own = await eventsOfService(stage, service);
    const lines = await stage.room.count(`reset-${service}`);
    executed += lines;
    const known = knownResets(own);
    const cut = own.filter(
      (event) =>
        event.type === 'CommandEnded' &&
        resets(event) &&
        event.data.ledger === null &&
        ['stopped', 'timed-out', 'exited'].includes(event.data.outcome.kind),
    ).length;
    demand(
      lines >= known && lines <= known + cut,
      `${service} was reset ${lines} times, known are ${known}, cut ${cut}`,
    );
    const looked = await stage.room.count(`looked-${service}`);
    demand(looked <= 1, `${service} was looked at ${looked} times`);
    violations.push(...unfinishedCommands(own).map((what) => `${service}: ${what}`));
    violations.push(...negativeDurations(own).map((what) => `${service}: ${what}`));
    const waits = own.filter((event) => event.type === 'StepSettled' && event.data.step === stepIds.wait);
    timers += waits.length;
    demand(waits.length === 1, `the wait of ${service} ended ${waits.length} times`);
    const channels = stage.emulator.workspace
      .channels()
      .filter(({ name }) => name.includes(`-${service}-errors-`));
    demand(
      channels.length === 1,
      `${service} has the channels ${channels.map(({ name }) => name).join(', ')}`,
    );
  }
  violations.push(...messagesSeenTwice(stage.emulator).map((what) => `stands twice: ${what}`));
  violations.push(...waitingTimers(stage.database).map((body) => `still waits: ${body}`));
  const reader = openSqliteReader(stage.database);
  violations.push(...reader.audit().findings.map((finding) => `audit: ${JSON.stringify(finding)}`));
  reader.close();
  return {
    violations,
    events: events.length,
    executed,
    unknown: events.filter((event) => event.type === 'CommandEnded' && event.data.outcome.kind === 'unknown')
      .length,
    messages: stage.emulator.workspace
      .channels()
      .reduce((sum, { id }) => sum + stage.emulator.workspace.allMessages(id).length, 0),
    timers,
  };
}

/** Each start has its own end, and a step has one end for each start: nothing is left open, nothing ends twice. */
function unfinishedCommands(events: readonly Event[]): string[] {
  const found: string[] = [];
  let open = 0;
  for (const event of events) {
    if (!resets(event)) continue;
    if (event.type === 'CommandStarted') {
      open += 1;
      if (open > 1) found.push('a command was started before the one before it had an end');
    }
    // A person's word about an outcome that nobody knows is the second end of the same start.
    const isWord =
      event.type === 'CommandEnded' && event.data.outcome.kind === 'unknown' && event.data.ledger !== null;
    if (event.type === 'CommandEnded' && !isWord) open -= 1;
    if (open < 0) found.push('a command ended twice');
  }
  if (open > 0) found.push('a command was started and has no end');
  return found;
}

/** Durations that the log holds: none may be negative, whatever the clock did. */
function negativeDurations(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    [...JSON.stringify(event).matchAll(/"(tookMs|heldMs)":(-[\d.]+)/g)].map(
      ([, name, value]) => `${event.type} has ${name} ${value}`,
    ),
  );
}

export function messagesSeenTwice(emulator: Emulator): string[] {
  const seen = new Map<string, number>();
  const files = emulator.workspace.files();
  for (const channel of emulator.workspace.channels()) {
    for (const message of emulator.workspace.allMessages(channel.id)) {
      const key = message.metadata?.event_payload?.key;
      const titles = files.filter(({ id }) => message.fileIds.includes(id)).map(({ title }) => title);
      const name = key
        ? `${channel.name}: ${String(key)}`
        : titles.length > 0
          ? `${channel.name}: file ${titles.join()} in ${message.threadTs}`
          : null;
      if (name) seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  return [...seen].filter(([, times]) => times > 1).map(([name]) => name);
}

/** What must not be where an incident was raised in its thread: it moves once, and nothing asks in two places. */
export async function leftInThread({ emulator, ...stage }: Stage): Promise<string[]> {
  const { events } = await readLog({ emulator, ...stage });
  const violations: string[] = [];
  for (const type of ['ChannelOpened', 'MovedToChannel'] as const) {
    const times = events.filter((event) => event.type === type).length;
    if (times !== 1) violations.push(`${times} ${type}`);
  }
  const inThread = emulator.workspace.allMessages(channelIds.monitoring);
  for (const message of inThread)
    if (JSON.stringify(message.blocks ?? []).includes('"type":"button"'))
      violations.push(`the thread still asks: ${message.text}`);
  const channels = emulator.workspace.channels().filter(({ name }) => name.startsWith('incident-'));
  const said = channels.flatMap(({ id }) => emulator.workspace.allMessages(id));
  for (const [what, words] of Object.entries(toldThere)) {
    const times = said.filter(({ text }) => words.test(text)).length;
    if (times !== 1) violations.push(`${what} is in the channel ${times} times`);
  }
  if (!inThread.some(({ text }) => /goes on in/.test(text)))
    violations.push('the thread does not say where it goes on');
  return violations;
}

const toldThere = {
  'the card': /The till fails.*— INC-1 —/,
  'where it came from': /^Moved here from/,
} as const;
