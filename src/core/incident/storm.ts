import type { Notice } from '../alert/alert.ts';
import type { Context } from '../context.ts';
import { moreUrgent, type Severity } from '../severity.ts';
import type { IncidentId } from '../stream.ts';
import { emptyTrie, get, put, type Trie, valuesOf } from '../trie.ts';

/**
 * When hundreds of services fail at once, a channel for each helps nobody: Slack makes twenty a minute, and people read
 * fewer. So the alerts that would open incidents of their own may do that only while places are left within the window;
 * the one after opens the *storm*, one incident that collects everything that belongs to no other.
 *
 *   calm ──places used up──▶ storm ──fewer new troubles within the window than make a storm──▶ calm
 *
 * While the storm goes on, what was opened one by one counts from its beginning, so that an hour of it opens no more
 * than ten minutes of it. Afterwards new trouble has incidents of its own again; the storm stays open, and keeps its
 * alerts, until a person resolves it.
 */
export type Storm = {
  /** When it was declared. */
  readonly since: number;
  /** Incidents that had been opened within the window before it. */
  readonly openedBefore: number;
  readonly troubles: Trie<Trouble>;
  /** When the newest troubles came, at most as many as make a storm, oldest first. */
  readonly fresh: readonly number[];
  /** When it last collected an alert. */
  readonly lastAt: number;
  /** What waits for Slack, once the oldest has waited for long; null while messages get through. */
  readonly backlog: Backlog | null;
};

/** `oldestAt`: since when the oldest message waits. */
export type Backlog = { readonly waiting: number; readonly oldestAt: number };

/** All that a storm holds of one service, or of one alert group that names no service. */
export type Trouble = {
  readonly key: string;
  readonly service: string | null;
  /** The worst of its alerts. */
  readonly severity: Severity;
  /** Alerts by fingerprint, and how many of them fire. */
  readonly alerts: number;
  readonly firing: number;
  /** Names of its first few kinds of alert, in the order in which they came. */
  readonly names: readonly string[];
  /** The incident that a person opened for it last; the alerts that it had until then are there. */
  readonly movedTo: IncidentId | null;
};

/** What the log says of a collected alert besides the alert itself. */
export type Collected = {
  readonly key: string;
  readonly service: string | null;
  readonly severity: Severity;
};

const windowMs = 10 * 60_000;
/**
 * How many incidents may have been opened within the window for one more of this severity to be opened by itself. The
 * last places are kept for what is most urgent, and with the storm itself there are at most twenty: as many as Slack
 * lets an app create channels in a minute.
 */
const places: Readonly<Record<Severity, number>> = { P0: 19, P1: 16, P2: 12, P3: 12, P4: 12 };
/** As many new troubles within the window as would have used up the places of most. */
const troublesOfStorm = places.P2;
const namesKept = 3;

/** Held by the storm that is open; there is one at most. */
export const stormClaim = 'open-storm:all';

export const stormWindow = ({ pace }: Context['room']): number => windowMs / pace;

/** How often a storm looks what waits for Slack, and how long a message has to wait before that is worth a word. */
export const backlogEvery = ({ pace }: Context['room']): number => 30_000 / pace;
export const backlogLate = backlogEvery;

/** How many of the newest openings a decision has to know of. */
export const openingsCounted = places.P0;

/** Whether an alert that belongs to no open incident may open one of its own. */
export function opensAlone(severity: Severity, storm: Storm | null, context: Context): boolean {
  return openedLately(storm, context) < places[severity];
}

export function openedLately(storm: Storm | null, { now, openings, room }: Context): number {
  const window = stormWindow(room);
  const since = storm && goesOn(storm, now, window) ? storm.since - window : now - window;
  return openings.filter((at) => at > since).length;
}

/** Whether troubles still come as fast as those that made the storm. */
function goesOn({ fresh }: Storm, now: number, window: number): boolean {
  const [oldest] = fresh;
  return fresh.length >= troublesOfStorm && oldest !== undefined && now - oldest < window;
}

/** What of a storm the alert is about: its service, else its alert group. */
export const collectedAs = (notice: Notice, service: string | null, severity: Severity): Collected => ({
  key: service === null ? `group:${notice.groupKey}` : `service:${service}`,
  service,
  severity,
});

export const nameOf = ({ service, names }: Trouble): string => service ?? names[0] ?? 'unnamed alert';

/** The most urgent first, and among them those that fire most; what was moved away is not there. */
export const worstTroubles = (storm: Storm): readonly Trouble[] =>
  valuesOf(storm.troubles)
    .filter(({ alerts }) => alerts > 0)
    .toSorted(
      (a, b) =>
        a.severity.localeCompare(b.severity) ||
        b.firing - a.firing ||
        b.alerts - a.alerts ||
        a.key.localeCompare(b.key),
    );

export const newStorm = (at: number, openedBefore: number): Storm => ({
  since: at,
  openedBefore,
  troubles: emptyTrie(),
  fresh: [],
  lastAt: at,
  backlog: null,
});

/** `change` is by how much the numbers of alerts and of firing ones grow: an alert may be known, and may fire already. */
export function withCollected(
  storm: Storm,
  { key, service, severity }: Collected,
  { name, at, change }: { name: string; at: number; change: { alerts: number; firing: number } },
): Storm {
  const known = get(storm.troubles, key);
  const names = known?.names ?? [];
  const trouble: Trouble = {
    key,
    service: known ? known.service : service,
    severity: known ? moreUrgent(known.severity, severity) : severity,
    alerts: (known?.alerts ?? 0) + change.alerts,
    firing: (known?.firing ?? 0) + change.firing,
    names: names.length >= namesKept || names.includes(name) ? names : [...names, name],
    movedTo: known?.movedTo ?? null,
  };
  const isFresh = (known?.firing ?? 0) === 0;
  return {
    ...storm,
    troubles: put(storm.troubles, key, trouble),
    fresh: isFresh ? [...storm.fresh, at].slice(-troublesOfStorm) : storm.fresh,
    lastAt: at,
  };
}

export function withEnded(storm: Storm, key: string): Storm {
  const known = get(storm.troubles, key);
  if (!known) return storm;
  return { ...storm, troubles: put(storm.troubles, key, { ...known, firing: known.firing - 1 }) };
}

export function withMoved(storm: Storm, key: string, movedTo: IncidentId): Storm {
  const known = get(storm.troubles, key);
  if (!known) return storm;
  return { ...storm, troubles: put(storm.troubles, key, { ...known, alerts: 0, firing: 0, movedTo }) };
}
