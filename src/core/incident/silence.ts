import type { Draft } from '../draft.ts';
import { paced } from '../playbook/pace.ts';
import type { IncidentId, RunId } from '../stream.ts';
import { alertsIn } from './alertBook.ts';
import type { IncidentEvent } from './events.ts';
import type { AttachedAlert, Incident } from './incident.ts';

/**
 * What keeps an incident's alerts from calling people while somebody is at work on them. A silence is leased: it is made
 * for a quarter of an hour, however long it was wished for, and made longer again and again while there is a reason. A
 * bot that dies with a silence in effect takes it along, at the latest when the lease is over.
 *
 *   requested ──made in Alertmanager──▶ held ──renewed, and renewed──▶ held
 *       └──could not be made──▶ ended      ├──stopped, resolved, nobody has it, verified──▶ ending ──removed──▶ ended
 *                                          └──nobody was active, its time is over, the bot was away──▶ ended
 *
 * One for work is renewed while the incident is open, somebody has it, and people are active. One for an action needs
 * nobody, and never lasts longer than the action says.
 */
export type Silencing = {
  /** How many were ever asked for; the last one has this number. */
  readonly count: number;
  /** Those that have not ended. */
  readonly live: readonly Silence[];
  /** Made in Alertmanager by somebody else, over an alert of this incident. */
  readonly others: readonly OthersSilence[];
};

export type Silence = {
  /** From 1, within the incident. */
  readonly number: number;
  readonly cause: SilenceCause;
  readonly by: string;
  readonly since: number;
  /** When it ends at the latest, milliseconds since the epoch; null for as long as somebody works. */
  readonly until: number | null;
  /** One silence in Alertmanager for each: labels that an alert must have, all of them and exactly so. */
  readonly matchers: readonly Labels[];
  /** Of the alerts, for people. */
  readonly names: readonly string[];
  /** Firing alerts that found no place among the matchers. */
  readonly left: number;
  /** What Alertmanager has; null before it was made. */
  readonly held: { readonly ids: readonly string[]; readonly endsAt: number } | null;
  /** Why it is being removed; null while it is wanted. */
  readonly ending: SilenceEnd | null;
};

export type Labels = Readonly<Record<string, string>>;

export type SilenceCause =
  | { readonly kind: 'work' }
  | { readonly kind: 'action'; readonly run: RunId; readonly title: string };

/**
 * `nobody`: whoever had the incident has it no more. `idle`: people were not active for too long. `over`: the time that
 * it was asked for. `lapsed`: the bot was not there to renew it. `elsewhere`: Alertmanager does not have it any more.
 * `failed`: it could not be made at all.
 */
export type SilenceEnd =
  | 'stopped'
  | 'resolved'
  | 'nobody'
  | 'verified'
  | 'idle'
  | 'over'
  | 'lapsed'
  | 'elsewhere'
  | 'failed';

export type OthersSilence = {
  readonly id: string;
  /** As Alertmanager was told, so foreign text. */
  readonly by: string;
  readonly until: number;
};

export type SilenceEvent =
  | {
      readonly type: 'SilenceRequested';
      readonly data: Pick<Silence, 'number' | 'cause' | 'until' | 'matchers' | 'names' | 'left'>;
    }
  | {
      readonly type: 'SilenceCreated' | 'SilenceRenewed';
      readonly data: {
        readonly number: number;
        /** As Alertmanager names them. */
        readonly ids: readonly string[];
        readonly endsAt: number;
      };
    }
  | { readonly type: 'SilenceEnding'; readonly data: { readonly number: number; readonly why: SilenceEnd } }
  | { readonly type: 'SilenceEnded'; readonly data: { readonly number: number; readonly why: SilenceEnd } }
  /** All that others have made over this incident's alerts, each time that it has changed. */
  | { readonly type: 'OthersSilencesSeen'; readonly data: { readonly others: readonly OthersSilence[] } };

const minute = 60_000;
const leaseFor = 15 * minute;
const idleAfter = 30 * minute;
/** Alertmanager tells its time in whole seconds, so anything shorter might be over before it began. */
const leastLease = 5_000;

/** How long a silence lives without anybody who renews it. */
export const leaseMs = (pace: number): number => Math.max(leastLease, paced(leaseFor, pace));

/** Two renewals may fail before the third would come too late. */
export const renewEveryMs = (pace: number): number => Math.round(leaseMs(pace) / 3);

/** People who did nothing for this long are not at work. */
export const idleMs = (pace: number): number => Math.max(2 * leastLease, paced(idleAfter, pace));

/** The longest that anybody may ask for; past it, somebody has to ask again. */
export const longestWish = 8 * 60 * minute;

const none: Silencing = { count: 0, live: [], others: [] };

export const silencingOf = ({ silencing }: Pick<Incident, 'silencing'>): Silencing => silencing ?? none;

export const liveSilence = (incident: Pick<Incident, 'silencing'>, number: number): Silence | null =>
  silencingOf(incident).live.find((each) => each.number === number) ?? null;

/** The one that somebody asked for while they work, where it is still wanted. */
export const workSilence = (incident: Pick<Incident, 'silencing'>): Silence | null =>
  silencingOf(incident).live.find(({ cause, ending }) => cause.kind === 'work' && ending === null) ?? null;

export function evolveSilencing(
  incident: Incident,
  { type, data, at, by }: SilenceEvent & { readonly at: number; readonly by: string },
): Silencing {
  const before = silencingOf(incident);
  const changed = (number: number, change: Partial<Silence>): Silencing => ({
    ...before,
    live: before.live.map((each) => (each.number === number ? { ...each, ...change } : each)),
  });
  switch (type) {
    case 'SilenceRequested':
      return {
        ...before,
        count: data.number,
        live: [...before.live, { ...data, by, since: at, held: null, ending: null }],
      };
    case 'SilenceCreated':
    case 'SilenceRenewed':
      return changed(data.number, { held: { ids: data.ids, endsAt: data.endsAt } });
    case 'SilenceEnding':
      return changed(data.number, { ending: data.why });
    case 'SilenceEnded':
      return { ...before, live: before.live.filter(({ number }) => number !== data.number) };
    case 'OthersSilencesSeen':
      return { ...before, others: data.others };
    default: {
      const never: never = type;
      return never;
    }
  }
}

/** Alertmanager looks at every silence for every alert, and people have to read the list. */
export const mostMatchers = 10;
function byNameAndService(alerts: readonly AttachedAlert[]): readonly (readonly AttachedAlert[])[] {
  const groups = new Map<string, AttachedAlert[]>();
  for (const alert of alerts) {
    const key = JSON.stringify([alert.name, alert.labels.service]);
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups.values()];
}

/** Where texts are cut when they come in: an alert with a label this long would not be met by what is left of it. */
const cutLength = 4_096;

/**
 * What to silence for these alerts. Few are silenced one by one, each by all of its labels, so that nothing else is.
 * Many are taken together by name and service, each group by the labels that all of it have; the largest groups first.
 */
export function coverOf(alerts: readonly AttachedAlert[]): Pick<Silence, 'matchers' | 'names' | 'left'> {
  const usable = alerts.filter(({ labels }) => isUsable(labels));
  const groups = usable.length <= mostMatchers ? usable.map((alert) => [alert]) : byNameAndService(usable);
  const shared = groups
    .map((group) => ({ group, matchers: sharedBy(group.map(({ labels }) => labels)) }))
    .filter(({ matchers }) => isUsable(matchers))
    .sort((a, b) => b.group.length - a.group.length)
    .slice(0, mostMatchers);
  const covered = shared.flatMap(({ group }) => group);
  return {
    matchers: shared.map(({ matchers }) => matchers),
    names: [...new Set(covered.map(({ name }) => name))],
    left: alerts.length - covered.length,
  };
}

/** Without a name it would be met by every alert that has the rest, such as all that are critical. */
const isUsable = (labels: Labels): boolean =>
  (labels.alertname ?? '') !== '' && Object.values(labels).every((value) => value.length < cutLength);

function sharedBy([first = {}, ...rest]: readonly Labels[]): Labels {
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((labels) => labels[name] === value)),
  );
}

/**
 * What an action makes noise about: what it names, else all of its service and whatever fires in its incident. What is
 * named and fires already has called people, and its end is waited for, so that one stays heard.
 */
export function coverOfAction(
  { service, alerts }: { readonly service: string; readonly alerts?: readonly string[] | undefined },
  firing: readonly AttachedAlert[],
): Pick<Silence, 'matchers' | 'names' | 'left'> {
  if (alerts) {
    const names = alerts.filter((name) => firing.every((alert) => alert.name !== name));
    return { matchers: names.map((alertname) => ({ alertname, service })), names, left: 0 };
  }
  const beside = coverOf(firing.filter(({ labels }) => labels.service !== service));
  const kept = beside.matchers.slice(0, mostMatchers - 1);
  return { ...beside, matchers: [{ service }, ...kept], names: [`all of ${service}`, ...beside.names] };
}

const covers = (matchers: Labels, labels: Labels): boolean =>
  Object.entries(matchers).every(([name, value]) => (labels[name] ?? '') === value);

/** Whether one of the incident's own silences keeps this alert quiet. */
export const isSilenced = (incident: Incident, { labels }: Pick<AttachedAlert, 'labels'>): boolean =>
  silencingOf(incident).live.some(
    ({ held, matchers }) => held !== null && matchers.some((each) => covers(each, labels)),
  );

/** When people last did something, from the log of an incident and its runs; null where they never did. */
export function lastActivity(events: readonly { readonly at: number; readonly by: string }[]): number | null {
  // The last that was written, not the latest time: where the clock was set back, later times are not later.
  return events.findLast(({ by }) => isPerson(by))?.at ?? null;
}

const isPerson = (by: string): boolean => /^[UW][A-Z0-9]{2,}$/.test(by) || by.startsWith('operator:');

/** Begins the comment of one of an incident's silences; nothing else in Alertmanager begins like it. */
export const silenceKey = (incident: IncidentId, number: number, part?: number): string =>
  `genesis/${incident}/${number}.${part === undefined ? '' : `${part + 1} `}`;

/** Names no more than this: the card has to stay a card. */
const mostOthers = 10;

/** What others have silenced of this incident's alerts; null where that is what the incident knows already. */
export function silencesOfOthers(
  incident: Incident,
  silences: readonly {
    readonly id: string;
    readonly comment: string;
    readonly createdBy: string;
    readonly endsAt: number;
    readonly state: string;
  }[],
  /** The silences over alerts, by fingerprint. */
  silencedBy: ReadonlyMap<string, readonly string[]>,
): readonly OthersSilence[] | null {
  const before = silencingOf(incident).others;
  const over = new Set(before.map(({ id }) => id));
  for (const { fingerprint, endsAt } of alertsIn(incident.alerts))
    if (endsAt === null) for (const id of silencedBy.get(fingerprint) ?? []) over.add(id);
  const own = `genesis/${incident.id}/`;
  const now = silences
    .filter(({ id, comment, state }) => state === 'active' && over.has(id) && !comment.startsWith(own))
    .slice(0, mostOthers)
    .map(({ id, createdBy, endsAt }) => ({ id, by: createdBy.slice(0, 200), until: endsAt }));
  return JSON.stringify(now) === JSON.stringify(before) ? null : now;
}

/** Takes back what is in effect; `which` narrows it down. */
export function endSilences(
  draft: Draft<Incident, IncidentEvent>,
  { why, at, by }: { readonly why: SilenceEnd; readonly at: number; readonly by: string },
  which: (silence: Silence) => boolean = () => true,
): void {
  for (const silence of silencingOf(draft.state).live) {
    if (silence.ending !== null || !which(silence)) continue;
    draft.emit({ type: 'SilenceEnding', data: { number: silence.number, why }, at, by });
    removeSilence(draft, silence.number);
  }
}

/** Nobody is called while nobody has it: that is for whoever works to ask for. */
export function endUnowned(draft: Draft<Incident, IncidentEvent>, now: number): void {
  const { silencing, phase, roles, acknowledged } = draft.state;
  // Asked at every change of an incident, and hardly ever is anything silenced.
  if (!silencing || phase === 'resolved' || roles.commander !== undefined || acknowledged) return;
  endSilences(draft, { why: 'nobody', at: now, by: 'bot' }, ({ cause }) => cause.kind === 'work');
}

/** Those of one incident wait for each other: what removes one comes after what makes it. */
export const silenceLane = (incident: IncidentId): string => `silence/${incident}`;

export function removeSilence(draft: Draft<Incident, IncidentEvent>, number: number): void {
  const { id } = draft.state;
  draft.effect({ kind: 'silence', does: 'remove', incident: id, number }, { lane: silenceLane(id) });
}
