import type { WatchPeriod } from '../people/targets.ts';
import type { IncidentId, WatchId } from '../stream.ts';

/**
 * The time after a deployment in which named people look after one service in shifts:
 *
 *   started ─▶ stopped by a person
 *           └▶ ended, when its time is over
 *
 * What is opened on the service meanwhile must be acknowledged within the limits of the watch. The limits are fixed at
 * the start, so that an edit of the files changes nothing that is measured already. One service has one watch at a time.
 */
export type Watch = {
  readonly id: WatchId;
  readonly service: string;
  readonly why: string;
  /** At least two, so that they can take turns. */
  readonly people: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly startedBy: string;
  readonly until: number;
  readonly periods: readonly WatchPeriod[];
  /** Where it is said, as `#name` or as an id; null where no incident is told of anywhere. */
  readonly channel: string | null;
  /** Opened, or reopened by an alert, while it was on, or given an alert of the service; in that order, each once. */
  readonly incidents: readonly IncidentId[];
  readonly blind: readonly Blind[];
  readonly over:
    | { readonly kind: 'stopped'; readonly at: number; readonly by: string; readonly why: string }
    | { readonly kind: 'ended'; readonly at: number }
    | null;
};

/**
 * A stretch of which it is not known what came: the bot did not run, or Alertmanager did not tell which alerts it had.
 * `to` is null as long as it lasts.
 */
export type Blind = { readonly what: 'bot' | 'alerts'; readonly from: number; readonly to: number | null };

export type WatchCommand =
  /** `forMs` in whole hours, before the pace divides it; `people` are at least two different ones. */
  | {
      readonly type: 'watch.start';
      readonly service: string;
      readonly forMs: number;
      readonly why: string;
      readonly people: readonly string[];
    }
  | { readonly type: 'watch.end'; readonly watch: WatchId; readonly why: string }
  /** Its time is over. */
  | { readonly type: 'watch.due'; readonly watch: WatchId }
  /** An incident of its service was opened, or reopened by an alert. */
  | { readonly type: 'watch.incident'; readonly watch: WatchId; readonly incident: IncidentId }
  /** `due` is when it was to look. */
  | { readonly type: 'watch.look'; readonly watch: WatchId; readonly due: number }
  /** Alertmanager has not told since then which alerts it has; and it tells again. */
  | { readonly type: 'watch.unheard'; readonly watch: WatchId; readonly since: number }
  | { readonly type: 'watch.heard'; readonly watch: WatchId };

/** Facts about a watch. `at` is milliseconds since the epoch, `by` an actor's id. */
export type WatchEvent = { readonly at: number; readonly by: string } & (
  | {
      readonly type: 'WatchStarted';
      readonly data: Pick<Watch, 'id' | 'service' | 'why' | 'people' | 'until' | 'periods' | 'channel'>;
    }
  | { readonly type: 'IncidentWatched'; readonly data: { readonly incident: IncidentId } }
  /** The first look after a stretch in which none was taken. */
  | { readonly type: 'WatchInterrupted'; readonly data: { readonly from: number; readonly to: number } }
  | { readonly type: 'AlertsUnheard'; readonly data: { readonly since: number } }
  | { readonly type: 'AlertsHeard'; readonly data: Readonly<Record<string, never>> }
  | { readonly type: 'WatchStopped'; readonly data: { readonly why: string } }
  | { readonly type: 'WatchEnded'; readonly data: Readonly<Record<string, never>> }
);

export function evolveWatch(watch: Watch | null, event: WatchEvent): Watch {
  const { at, by } = event;
  if (event.type === 'WatchStarted')
    return { ...event.data, startedAt: at, startedBy: by, incidents: [], blind: [], over: null };
  if (!watch) throw new Error(`${event.type} before WatchStarted`);
  switch (event.type) {
    case 'IncidentWatched': {
      const { incident } = event.data;
      return watch.incidents.includes(incident)
        ? watch
        : { ...watch, incidents: [...watch.incidents, incident] };
    }
    case 'WatchInterrupted':
      return { ...watch, blind: [...watch.blind, { what: 'bot', ...event.data }] };
    case 'AlertsUnheard':
      return { ...watch, blind: [...watch.blind, { what: 'alerts', from: event.data.since, to: null }] };
    case 'AlertsHeard':
      return {
        ...watch,
        blind: watch.blind.map((each) =>
          each.what === 'alerts' && each.to === null ? { ...each, to: at } : each,
        ),
      };
    case 'WatchStopped':
      return { ...watch, over: { kind: 'stopped', at, by, why: event.data.why } };
    case 'WatchEnded':
      return { ...watch, over: { kind: 'ended', at } };
    default: {
      const never: never = event;
      return never;
    }
  }
}

/** Open by the log; one whose time has passed is so until that is written down. */
export const isWatching = ({ over }: Watch): boolean => over === null;

/** Whether its limits apply now: where the bot was down when it ended they do not, however late that is noticed. */
export const isOn = (watch: Watch, now: number): boolean => isWatching(watch) && now < watch.until;

/** When it was or will be over: it never lasts longer than its time, however late its end is written down. */
export const endOf = ({ over, until }: Watch): number => (over === null ? until : Math.min(over.at, until));

/** Whether Alertmanager is known not to tell which alerts it has. */
export const isDeaf = ({ blind }: Watch): boolean =>
  blind.some(({ what, to }) => what === 'alerts' && to === null);
