import type { Incident } from './incident.ts';

/** Why somebody is called. Only `by-hand` stands outside the chain. */
export type CallReason =
  | 'opened'
  | 'reopened'
  | 'more-urgent'
  | 'unanswered'
  | 'unresolved'
  | 'unattended'
  | 'by-hand';

/** A call as it is written down: whom it went to stays true, whatever the roster says later. */
export type CallMade = {
  /** Counted over the whole life of the incident, from 0: the key of its page, which therefore is never another's. */
  readonly number: number;
  /** A name of the roster. */
  readonly duty: string;
  readonly title: string;
  readonly usergroup: string | null;
  readonly users: readonly string[];
  /** Name of the variable that holds the routing key; null where this duty is not paged. */
  readonly routingKey: string | null;
  /** Where in its chain; null for calls by hand. */
  readonly level: { readonly chain: string; readonly index: number } | null;
  readonly why: CallReason;
  /** What somebody said who called by hand. */
  readonly said: string | null;
  /** Duties before this one that could not be called at that moment. */
  readonly passedOver?: readonly string[];
  /** Whether somebody had acknowledged already when it was made; calls of older versions do not say. */
  readonly afterAcknowledgement?: boolean;
  /** The card that is posted at the same time says it. */
  readonly inCard?: true;
  /** Tells its page from those of other installations that page through the same integration; older versions had none. */
  readonly installation?: string;
};

/** `waiting` until PagerDuty has taken it; `failing` after the first failure, `failed` where trying again cannot help. */
export type PageState = 'none' | 'waiting' | 'failing' | 'failed' | 'paged' | 'needless';

export type Call = CallMade & {
  readonly at: number;
  readonly by: string;
  readonly page: PageState;
  /** Whoever said that they are on it, where that ended this call alone. */
  readonly answered?: { readonly by: string; readonly at: number };
};

/** The calls of one opening. A chain begins anew when an incident is opened anew. */
export type Calling = {
  /** When it was opened or reopened. */
  readonly since: number;
  readonly calls: readonly Call[];
  /** Calls of all openings. */
  readonly count: number;
  /** Grows with everything that moves the timer; only the timer that was set last counts. */
  readonly armed: number;
  /** Since when pages do not get through; null while they do. */
  readonly unpagedSince: number | null;
};

type Calls = Pick<Incident, 'calling' | 'unattended'>;

export const lastInChain = ({ calling }: Pick<Incident, 'calling'>): Call | null =>
  calling?.calls.findLast(({ level }) => level !== null) ?? null;

export function withCall(
  { calling, unattended }: Calls,
  made: CallMade,
  { at, by }: { readonly at: number; readonly by: string },
): Calling {
  const before = calling ?? {
    since: unattended.since,
    calls: [],
    count: 0,
    armed: 0,
    unpagedSince: null,
  };
  const call: Call = { ...made, at, by, page: made.routingKey === null ? 'none' : 'waiting' };
  return {
    ...before,
    calls: [...before.calls, call],
    count: made.number + 1,
    armed: before.armed + (made.level === null ? 0 : 1),
  };
}

export const withTimerAnew = ({ calling }: Calls): { readonly calling?: Calling } =>
  calling ? { calling: { ...calling, armed: calling.armed + 1 } } : {};

export const withCallsAnew = ({ calling }: Calls, since: number): { readonly calling?: Calling } =>
  calling ? { calling: { ...calling, since, calls: [], armed: calling.armed + 1, unpagedSince: null } } : {};

export function withPage(
  { calling }: Calls,
  number: number,
  { page, at }: { readonly page: PageState; readonly at: number },
): { readonly calling?: Calling } {
  if (!calling) return {};
  const calls = calling.calls.map((call) => (call.number === number ? { ...call, page } : call));
  const fails = calls.some((call) => isFailing(call));
  return { calling: { ...calling, calls, unpagedSince: fails ? (calling.unpagedSince ?? at) : null } };
}

export function withAnswer(
  { calling }: Calls,
  number: number,
  answered: NonNullable<Call['answered']>,
): { readonly calling?: Calling } {
  if (!calling) return {};
  const calls = calling.calls.map((call) => (call.number === number ? { ...call, answered } : call));
  return { calling: { ...calling, calls } };
}

/**
 * Whether somebody has what the call was made for, so that it asks nobody any more. Who was called when somebody had the
 * incident already is needed all the same, until they answer themselves.
 */
export const isAnswered = (
  { phase, acknowledged }: Pick<Incident, 'phase' | 'acknowledged'>,
  { answered, afterAcknowledgement, at }: Pick<Call, 'answered' | 'afterAcknowledgement' | 'at'>,
): boolean =>
  phase === 'resolved' ||
  answered !== undefined ||
  (acknowledged !== null && !(afterAcknowledgement ?? acknowledged.at < at));

/** Whether it asks for an answer of its own, beside that of whoever has the incident. */
export const asksAlone = (incident: Pick<Incident, 'phase' | 'acknowledged'>, call: Call): boolean =>
  incident.acknowledged !== null && !isAnswered(incident, call);

/** Pages that did not get through, tried again or not. */
export const isFailing = ({ page }: Pick<Call, 'page'>): boolean => page === 'failing' || page === 'failed';
