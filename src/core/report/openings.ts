import { attachedAlerts, type Incident } from '../incident/incident.ts';
import type { Attempt } from './attempts.ts';
import type { LoggedEvent } from './postMortem.ts';

/** One stretch of trouble: from its first sign until it was over. A reopened incident has several, with quiet between them. */
export type Opening = {
  /** The first sign: the start of its first alert, else when the incident was opened or reopened. */
  readonly from: number;
  /** The last alert resolved, else the objective held again, at the latest when a person resolved; null while nobody knows. */
  readonly to: number | null;
  /** When the incident was opened or reopened. */
  readonly openedAt: number;
  /** When somebody took the incident, or reopened it in person; null where nobody did. */
  readonly takenAt: number | null;
  readonly resolvedAt: number | null;
};

type Episode = { readonly key: string; readonly startsAt: number; endsAt: number | null };

type Heard = {
  readonly openedAt: number;
  firstSign: number;
  takenAt: number | null;
  resolvedAt: number | null;
  /** The latest episode of each alert, by fingerprint. */
  readonly episodes: Map<string, Episode>;
};

export function openingsOf(
  events: readonly LoggedEvent[],
  { incident, tried }: { incident: Incident; tried: readonly Attempt[] },
): readonly [Opening, ...Opening[]] {
  const first = heardAt(incident.openedAt, null);
  const later: Heard[] = [];
  for (const { event } of events) {
    const current = later.at(-1) ?? first;
    if (event.type === 'IncidentReopened')
      later.push(heardAt(event.at, event.by === 'alertmanager' ? null : event.at));
    if (event.type === 'IncidentAcknowledged') current.takenAt ??= event.at;
    if (event.type === 'IncidentResolved') current.resolvedAt = event.at;
    if (event.type === 'AlertFired') {
      const { fingerprint, startsAt } = event.data.alert;
      const known = current.episodes.get(fingerprint);
      current.firstSign = Math.min(current.firstSign, startsAt);
      if (!known || known.startsAt <= startsAt)
        current.episodes.set(fingerprint, { key: event.data.episode, startsAt, endsAt: null });
    }
    if (event.type === 'AlertResolved')
      for (const { episodes } of [first, ...later])
        for (const episode of episodes.values())
          if (episode.key === event.data.episode) episode.endsAt = event.data.endsAt;
  }
  const next = (index: number): Heard | null => later[index] ?? null;
  const start = opening(first, { after: 0, next: next(0), incident, tried });
  const openings: [Opening, ...Opening[]] = [start];
  for (const [index, heard] of later.entries()) {
    const after = openings.at(-1)?.to ?? 0;
    openings.push(opening(heard, { after, next: next(index + 1), incident, tried }));
  }
  return openings;
}

const heardAt = (openedAt: number, takenAt: number | null): Heard => ({
  openedAt,
  firstSign: openedAt,
  takenAt,
  resolvedAt: null,
  episodes: new Map(),
});

function opening(
  heard: Heard,
  around: { after: number; next: Heard | null; incident: Incident; tried: readonly Attempt[] },
): Opening {
  const { openedAt, takenAt, resolvedAt } = heard;
  // An alert that began in the trouble before must not make its minutes count twice.
  const from = Math.max(around.after, heard.firstSign);
  const to = around.next
    ? overBefore(heard, { from, next: around.next, tried: around.tried })
    : overAtLast(around.incident, { from, tried: around.tried });
  return { from, to: to === null ? null : Math.max(from, to), openedAt, takenAt, resolvedAt };
}

/** A stretch that was resolved and came back: it was over at the latest when it began anew. */
function overBefore(
  heard: Heard,
  { from, next, tried }: { from: number; next: Heard; tried: readonly Attempt[] },
): number {
  const resolvedAt = heard.resolvedAt ?? next.openedAt;
  const ends = [...heard.episodes.values()].map(({ endsAt }) => endsAt);
  if (ends.length > 0)
    return ends.includes(null) ? resolvedAt : Math.min(next.openedAt, Math.max(...ends.map(Number)));
  return helpedSince(from, tried, resolvedAt) ?? resolvedAt;
}

function overAtLast(
  incident: Incident,
  { from, tried }: { from: number; tried: readonly Attempt[] },
): number | null {
  const ends = attachedAlerts(incident).map((alert) => alert.endsAt);
  const resolvedAt = incident.resolved?.at ?? null;
  // Whoever resolved it has said that it is over, whatever else still fires.
  if (ends.includes(null)) return resolvedAt;
  const since = ends.map(Number).filter((end) => incident.reopened === 0 || end >= from);
  if (since.length > 0) return Math.min(Math.max(...since), resolvedAt ?? Number.POSITIVE_INFINITY);
  return helpedSince(from, tried, Number.POSITIVE_INFINITY) ?? resolvedAt;
}

const helpedSince = (from: number, tried: readonly Attempt[], until: number): number | null =>
  tried.findLast(({ helped, at, endedAt }) => helped === 'yes' && at >= from && (endedAt ?? at) <= until)
    ?.endedAt ?? null;

/** Milliseconds of all openings together, without the quiet between them; null while the last is not over. */
export function together(
  openings: readonly Opening[],
  end: (opening: Opening) => number | null,
): number | null {
  let sum = 0;
  for (const each of openings) {
    const to = end(each);
    if (to === null) return null;
    // Clocks of other machines are part of this, and nothing takes less than no time.
    sum += Math.max(0, to - each.from);
  }
  return sum;
}
