import type { Known } from '../core/access/membership.ts';
import type { LedgerPlace } from '../core/brain.ts';
import type { Freeze } from '../core/calendar/freeze.ts';
import type { Around } from '../core/calendar/gate.ts';
import type { Command, CommandBody } from '../core/command.ts';
import type { Stream } from '../core/context.ts';
import type { Answer, Event } from '../core/decision.ts';
import type { Effect, Subject } from '../core/effect.ts';
import type { Home } from '../core/home/home.ts';
import type { Waiting } from '../core/incident/audit.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { Preferences } from '../core/people/preferences.ts';
import type { Definition, Indicator } from '../core/playbook/definition.ts';
import type { Room } from '../core/playbook/room.ts';
import type { Names } from '../core/report/names.ts';
import type { Reading, Run } from '../core/run/run.ts';
import type { Severity } from '../core/severity.ts';
import type { IncidentId, RunId, StreamId, WatchId } from '../core/stream.ts';
import type { RunView, View } from '../core/view.ts';
import type { WatchReport } from '../core/watch/report.ts';
import type { Watch } from '../core/watch/watch.ts';

/**
 * What the engine needs of the world, and no more. Each adapter implements one of these; none of them knows another.
 */

export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, not before `at` (milliseconds since the epoch); the answer cancels it. */
  at(at: number, call: () => void): () => void;
};

/**
 * Adapters throw this for work that did not succeed. `retry` says whether trying again can help and, where the other
 * side told, how long to wait. `uncertain` means that it may have happened all the same.
 */
export class WorkFailed extends Error {
  readonly code: string;
  readonly retry: { readonly afterMs: number | null } | null;
  readonly uncertain: boolean;
  constructor(
    code: string,
    message: string,
    options: { retry?: { afterMs: number | null } | null; uncertain?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'WorkFailed';
    this.code = code;
    this.retry = options.retry ?? null;
    this.uncertain = options.uncertain ?? false;
  }
}

/** Where the message of a subject is. */
export type Posted = { readonly channel: string; readonly ts: string };

export type ShowRequest = {
  /** The subject's key, written into the message's metadata so that a lost reply can be found again. */
  readonly key: string;
  readonly view: View;
  /** Channel id, a name with `#`, or the id of a person, which is their direct messages with the bot. */
  readonly channel: string;
  /** The message in whose thread this one stands. */
  readonly thread: Posted | null;
  readonly known: Posted | null;
  /** An earlier attempt may have posted it: look for the key before posting. */
  readonly uncertain: boolean;
};

export type FileRequest = {
  readonly key: string;
  readonly channel: string;
  readonly thread: Posted | null;
  readonly filename: string;
  readonly title: string;
  /** Description for screen readers, and the text of the message. */
  readonly text: string;
  readonly content: Uint8Array;
  readonly uncertain: boolean;
};

/** The chat that people are in. All calls throw WorkFailed. */
export type Chat = {
  show(request: ShowRequest): Promise<Posted>;
  postFile(request: FileRequest): Promise<Posted>;
  /** A public channel of exactly this name; where the name is taken and it is not ours from a lost reply, a suffix is added. */
  openChannel(
    name: string,
    purpose: string,
    /** Where channels have to wait, the most urgent is opened first. */
    options: { readonly uncertain: boolean; readonly severity: Severity },
  ): Promise<{ id: string; name: string }>;
  setTopic(channel: string, incident: Incident): Promise<void>;
  /** Members of groups and users; those who are already there or cannot be invited are passed over, and the rest come. */
  invite(channel: string, who: { groups: readonly string[]; users: readonly string[] }): Promise<void>;
  pin(message: Posted): Promise<void>;
  bookmark(channel: string, title: string, url: string): Promise<void>;
};

/** Who a person is, as the chat's own directory says. Anything but a full member of this workspace is an outsider. */
export type Membership =
  | {
      readonly kind: 'member';
      readonly groups: readonly string[];
      /** Handles of all user groups that there are; left out where that was not said. */
      readonly existing?: readonly string[];
      /** The time zone of their profile, an IANA name; left out where it says none. */
      readonly zone?: string;
    }
  | { readonly kind: 'outsider'; readonly why: string };

export type Directory = {
  /** `groups` are handles of user groups. Throws WorkFailed where it cannot be known; unknown is never allowed. */
  membership(user: string): Promise<Membership>;
  /** Who is in a channel, by `#name` or id. Throws WorkFailed where it cannot be known. */
  members(channel: string): Promise<readonly string[]>;
  /**
   * How people are called, by their ids, cleaned. Who cannot be looked up within a few seconds has no entry; never
   * rejects. Of people whose membership was asked for lately it answers from memory.
   */
  names(users: readonly string[]): Promise<Names>;
};

/** Reads indicators. Never throws for missing data or a dead server: those are inconclusive readings. */
export type Gauge = {
  read(indicator: Indicator, now: number): Promise<Reading>;
  /** Points of a range, oldest first; empty where there is no data. */
  range(
    indicator: Indicator,
    range: { from: number; to: number; points: number },
  ): Promise<
    | { readonly kind: 'series'; readonly points: readonly { at: number; value: number }[] }
    | { readonly kind: 'none'; readonly why: string }
  >;
};

/** Draws pictures for the chat. */
export type Painter = { png(svg: string): Promise<Uint8Array> };

/** What surfaces (Slack, HTTP) may ask of the engine. */
export type Desk = {
  /** Decides on behalf of a person; who they are and what they may do is looked up here, never taken from the surface. */
  act(user: string, body: CommandBody, once?: string): Promise<Answer>;
  /** Decides on behalf of something that is not a person. */
  handle(command: Command): Promise<Answer>;
  room(): Room;
  incident(id: IncidentId): Promise<Incident | null>;
  run(id: RunId): Promise<{ run: Run; definition: Definition } | null>;
  incidentOfChannel(channel: string): Promise<Incident | null>;
  /** Without drills. */
  openIncidents(): Promise<readonly Incident[]>;
  openDrills(): Promise<readonly Incident[]>;
  recentIncidents(limit: number): Promise<readonly Incident[]>;
  /** What windows are judged by, as it stands now: freezes that stand and incidents that are open among it. */
  around(): Promise<Around>;
  /** The runs of a place with their ledgers, oldest first. */
  ledgers(place: LedgerPlace): Promise<readonly RunView[]>;
  /** Whether the person may do it, with the reason either way: for showing the right modal, never instead of deciding. */
  may(
    user: string,
    right: import('../core/access/access.ts').Right,
    service: string | null,
    incident?: Incident | null,
  ): Promise<{ allowed: boolean; reason: string }>;
  /**
   * Who somebody is to the rules, as of now, in the incident in question; a sentence where they may do nothing.
   * `isOutsider` where they never may, such as a bot; else Slack did not say.
   */
  who(
    user: string,
    incident: Incident | null,
  ): Promise<{ readonly known: Known } | { readonly refused: string; readonly isOutsider: boolean }>;
  /** The Markdown draft. */
  postMortem(id: IncidentId): Promise<string>;
  /** How people are called, by their ids; who is not known has no entry. Takes a few seconds at most, never rejects. */
  namesOf(users: readonly string[]): Promise<Names>;
  /** How things stand for this person; `refused` where it is not known who they are, or they are nobody of ours. */
  home(user: string): Promise<HomeReading>;
  /** What came of the watches that are on so far, oldest first. */
  watches(): Promise<readonly WatchReport[]>;
  watch(id: WatchId): Promise<WatchReport | null>;
  /** What this person has set for themselves; `refused` as with `home`. */
  preferences(user: string): Promise<PreferencesReading>;
  /** The incident whose channel this is, or in whose thread this is said. */
  incidentAt(channel: string, threadTs: string | null): Promise<Incident | null>;
};

export type PreferencesReading =
  | { readonly kind: 'refused'; readonly why: string }
  /** `zone` is that of their profile, null where it says none. */
  | { readonly kind: 'known'; readonly preferences: Preferences; readonly zone: string | null };

export type HomeReading =
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'home';
      readonly now: number;
      readonly home: Home;
      /** Where the messages of its subjects are, by the subject's key. */
      readonly places: ReadonlyMap<string, Posted>;
      readonly preferences?: Preferences;
    };

/** An effect as the store hands it out. */
export type Claimed = {
  readonly id: number;
  readonly stream: StreamId;
  readonly effect: Effect;
  /** How often it was handed out, this time included. */
  readonly attempts: number;
  readonly createdAt: number;
};

/** An event as the store keeps it. */
export type StoredEvent = {
  /** Position in the whole log, from 1. */
  readonly position: number;
  readonly stream: StreamId;
  /** Position in its stream, from 1. */
  readonly version: number;
  readonly event: Event;
  /** Hash of the chain up to and including this event, hex. */
  readonly hash: string;
};

/**
 * How many effects may be handed out: those that are done in the chat, and all others. A chat that does not answer must
 * not keep a command, its stop, a reading or a timer waiting.
 */
export type Hands = { readonly chat: number; readonly other: number };

/** Commands to decide after an effect ended, in the same transaction that records its end. */
export type EffectEnd = {
  readonly id: number;
  readonly posted?: { readonly subject: Subject; readonly at: Posted };
  /** A subject whose message is another subject's from now on: it is posted anew when it is next shown. */
  readonly forgets?: Subject;
  readonly follows: readonly Command[];
};

/**
 * The log and the work that waits. Every promise here settles only after its transaction is on disk.
 * Throws StoreFailed where the database cannot do its part.
 */
export type Store = {
  /** Twelve hex digits that no other installation has; null in a database that is damaged. */
  readonly installation: string | null;
  handle(command: Command, room: Room): Promise<Answer>;
  /** Hands out effects that are due, heads of their lanes only, and counts the attempt. */
  claim(now: number, hands: Hands): Promise<readonly Claimed[]>;
  /** Records the end of an effect and decides what follows; answers for each of that, or nothing where it was finished before. */
  finish(end: EffectEnd, room: Room): Promise<readonly Answer[]>;
  /** Gives the effect back, to be tried again not before `at`. */
  postpone(id: number, at: number, error: string): Promise<void>;
  /** Effects that were handed out when the process before this one died. */
  interrupted(): Promise<readonly Claimed[]>;
  /** Ends the lease of an interrupted effect so that it is handed out again; its attempts stay counted. */
  release(id: number): Promise<void>;
  /** When the next waiting effect that a hand is free for is due, or null. */
  nextDue(hands: Hands): Promise<number | null>;
  posted(subject: Subject): Promise<Posted | null>;
  state(stream: StreamId): Promise<Stream | null>;
  definition(hash: string): Promise<Definition | null>;
  holder(claim: string): Promise<StreamId | null>;
  /** Without drills: they are nobody's trouble. */
  openIncidents(): Promise<readonly Incident[]>;
  openDrills(): Promise<readonly Incident[]>;
  recentIncidents(limit: number): Promise<readonly Incident[]>;
  /** The newest incident whose channel this is. */
  /** The runs of a place with their ledgers, oldest first; of a channel, those among the newest of all. */
  ledgers(place: LedgerPlace): Promise<readonly RunView[]>;
  incidentOfChannel(channel: string): Promise<Incident | null>;
  /** Those that stand, oldest first. */
  freezes(): Promise<readonly Freeze[]>;
  /** Those that are on, oldest first. */
  watches(): Promise<readonly Watch[]>;
  events(filter: { stream?: StreamId; after?: number; limit?: number }): Promise<readonly StoredEvent[]>;
  backlog(): Promise<{ waiting: number; oldestDueAt: number | null }>;
  /** What waits for the chat, also until a pause that it asked for is over, and since when the oldest of it does. */
  chatBacklog(): Promise<{ waiting: number; oldestAt: number | null }>;
  /** Everything that is still to be done outside the chat: timers, readings, commands, commands for streams. */
  work(): Promise<readonly Waiting[]>;
  /**
   * Since when the oldest effect should have been delivered, attempts that failed included; null where none is late.
   * Commands under way on hosts are not late.
   */
  undeliveredSince(): Promise<number | null>;
  /** Writes and commits as much as opening an incident would; nothing of it means anything. */
  rehearse(): Promise<void>;
  /** Remembers a delivery from outside for a day, across restarts; whether it came for the first time. */
  firstTime(delivery: string): Promise<boolean>;
  /** Whether a delivery is remembered; asking remembers nothing. */
  seenBefore(delivery: string): Promise<boolean>;
  /** The names that were kept, by id; who has none has no entry. */
  names(users: readonly string[]): Promise<Names>;
  /** Keeps how people are called now; those who are called the same as before cost nothing. */
  keepNames(names: Names): Promise<void>;
  /** Lets a delivery in again that could not be dealt with. */
  forget(delivery: string): Promise<void>;
  backup(file: string): Promise<void>;
  /** Called after each commit that added work. */
  onWork(call: () => void): void;
  /**
   * Hands out what is due in the very transaction that makes it due, as far as hands are free then, which saves a commit
   * for each; `take` is called after it.
   */
  handOut(free: () => Hands, take: (claimed: readonly Claimed[]) => void): void;
  /** The end of the hash chain. */
  head(): Promise<{ position: number; hash: string }>;
  health(): Promise<{ ok: true } | { ok: false; code: string; message: string }>;
  close(): Promise<void>;
};

/** What surfaces need to know of what they were sent before. */
export type Deliveries = Pick<Store, 'firstTime' | 'seenBefore' | 'forget'>;

/** `busy`, `full` and `corrupt` are told apart because a person does something else about each. */
export class StoreFailed extends Error {
  /** `older`: only reading it, this version finds a schema that nothing has brought up to date yet. */
  readonly code: 'busy' | 'full' | 'corrupt' | 'older' | 'failed';
  constructor(code: StoreFailed['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreFailed';
    this.code = code;
  }
}

/** Told what happens, for metrics and logs; must not throw and never sees secrets. */
export type Observer = {
  decided(command: Command, answer: Answer, tookMs: number): void;
  performed(
    claimed: Claimed,
    outcome: 'done' | 'postponed' | 'given-up' | 'unknown',
    tookMs: number,
    error: string | null,
  ): void;
};
