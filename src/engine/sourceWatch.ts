import { episodeKey, type Notice } from '../core/alert/alert.ts';
import type { Command } from '../core/command.ts';
import { comparedWith } from '../core/incident/alertSource.ts';
import { firingAlerts } from '../core/incident/incident.ts';
import { silencesOfOthers, silencingOf } from '../core/incident/silence.ts';
import type { Log } from './log.ts';
import { type Clock, type Desk, type Store, WorkFailed } from './ports.ts';
import type { SilenceSeen } from './silencePort.ts';

/** What the sources of alerts say when they are asked. */
export type Found = {
  /** Whether the source of alerts told what it has; what only the history of them knows does not count. */
  readonly answered: boolean;
  /** Alerts that fire now. */
  readonly notices: readonly Notice[];
  /** Of the fingerprints asked about, those that the source does not have. */
  readonly gone: readonly string[];
  /** Of the alerts that the source has, those that are silenced, with the ids of the silences. */
  readonly silenced?: readonly { readonly fingerprint: string; readonly by: readonly string[] }[];
  /** Alerts that came and went unheard, one sentence each. */
  readonly missed: readonly string[];
  /** What could not be asked, one sentence each. */
  readonly unknown: readonly string[];
};

export type SourceWatch = {
  /** Asks, hands over what was missed, and brings what incidents say of their alerts up to date. */
  poll(): Promise<void>;
  /** Asks in between where an alert is silenced: nothing that becomes of it is delivered. */
  pollSilenced(): Promise<void>;
  /** Told of every command: a delivered alert is one that is known to fire. */
  heard(command: Command): void;
  /** When the source last told what it has; null where it never did. */
  answeredAt(): number | null;
};

/** A log line names a few; how many there are is in it too. */
const mostNamed = 20;

/**
 * A resolve is delivered once, and is lost when nobody listens. So the source is asked again and again, and a delivery is
 * only the quicker way. What the source says closes nothing: see core/incident/alertSource.ts.
 *
 * An alert must be missing twice in a row before it counts as gone: an Alertmanager that has just been started has none
 * until Prometheus sends them again, which takes it about a minute.
 */
export function createSourceWatch(parts: {
  readonly store: Pick<Store, 'openIncidents'>;
  readonly desk: Pick<Desk, 'handle'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly ask: (question: { since: number; now: number; open: readonly string[] }) => Promise<Found>;
  /** All silences that the source has; left out where it has none to tell of. */
  readonly silences?: () => Promise<readonly SilenceSeen[]>;
  /** Whether there is a source that can be asked what it has; alerts of one that cannot never become stale. */
  readonly canBeAsked: boolean;
  /** When the log last heard of anything: what came after it may have been missed. */
  readonly since: number;
  /** Silence this long makes alerts stale. */
  readonly staleMs: number;
}): SourceWatch {
  const { store, desk, clock, log, staleMs } = parts;
  const askedSince = clock.now();
  const heardAt = new Map<string, number>();
  let missing: Map<string, { since: number; times: number }> | null = null;
  /** By fingerprint, the silences that an alert was under when the source last had it. */
  const silencedBy = new Map<string, readonly string[]>();
  let answeredAt: number | null = null;
  let since = parts.since;
  let complaint = '';
  let saidMissed: ReadonlySet<string> = new Set();

  function remember(found: Found, open: readonly string[], now: number): void {
    if (!found.answered) return;
    answeredAt = now;
    const absent = new Set(found.gone);
    const by = new Map(found.silenced?.map((each) => [each.fingerprint, each.by]));
    for (const fingerprint of open) {
      const silences = by.get(fingerprint);
      if (silences) silencedBy.set(fingerprint, silences);
      else if (!absent.has(fingerprint)) silencedBy.delete(fingerprint);
    }
    const before = missing;
    missing = new Map(
      found.gone.map((fingerprint) => {
        const known = before?.get(fingerprint);
        return [fingerprint, { since: known?.since ?? now, times: (known?.times ?? 0) + 1 }];
      }),
    );
  }

  /** The same trouble every other minute is one line, not thirty an hour. */
  function complain(unknown: readonly string[]): void {
    const now = unknown.join(' ');
    if (now !== '' && now !== complaint) for (const line of unknown) log.warn(line);
    if (now === '' && complaint !== '') log.info('the alert sources answer again');
    complaint = now;
  }

  async function compare(now: number): Promise<void> {
    const open = await store.openIncidents();
    const firing = new Set(open.flatMap(firingAlerts).map(({ fingerprint }) => fingerprint));
    for (const known of [heardAt, silencedBy])
      for (const fingerprint of known.keys()) if (!firing.has(fingerprint)) known.delete(fingerprint);
    const silenced = new Set(silencedBy.keys());
    for (const incident of open) {
      const picture = comparedWith(
        incident,
        { answeredAt, askedSince, heardAt, missing, silenced },
        { now, staleMs },
      );
      if (picture === null) continue;
      const { gone, staleSince, resolved } = picture;
      log.warn('what is known of the alerts of an incident has changed', {
        stream: incident.id,
        gone: Object.keys(gone).length,
        fingerprints: Object.keys(gone).slice(0, mostNamed),
        staleSince: staleSince === null ? null : new Date(staleSince).toISOString(),
      });
      await desk.handle({
        actor: { kind: 'bot' },
        type: 'incident.alerts-compared',
        incident: incident.id,
        gone,
        staleSince,
        ...(resolved && { resolved }),
      });
    }
  }

  /** What people have silenced in Alertmanager itself. It is shown, and nothing else: it is theirs. */
  async function lookAtSilences(): Promise<void> {
    if (!parts.silences) return;
    const open = await store.openIncidents();
    const asked = open.filter(
      (incident) =>
        silencingOf(incident).others.length > 0 ||
        firingAlerts(incident).some(({ fingerprint }) => silencedBy.has(fingerprint)),
    );
    if (asked.length === 0) return;
    const silences = await parts.silences();
    for (const incident of asked) {
      const others = silencesOfOthers(incident, silences, silencedBy);
      if (others === null) continue;
      await desk.handle({
        actor: { kind: 'bot' },
        type: 'incident.silences-of-others',
        incident: incident.id,
        others,
      });
    }
  }

  async function poll(): Promise<void> {
    const now = clock.now();
    const firing = (await store.openIncidents()).flatMap(firingAlerts);
    const open = firing.map(({ fingerprint }) => fingerprint);
    const found = await parts.ask({ since, now, open });
    remember(found, open, now);
    // Almost all of them are known, and thousands of commands that change nothing would still take their time.
    const known = new Set(firing.map(episodeKey));
    await Promise.all(
      found.notices
        .filter((notice) => !known.has(episodeKey(notice)))
        .map((notice) => desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice })),
    );
    for (const line of found.missed) if (!saidMissed.has(line)) log.warn(line);
    saidMissed = new Set(found.missed);
    complain(found.unknown);
    // What could not be asked about is asked about again.
    if (found.unknown.length === 0) since = now;
    if (!parts.canBeAsked) return;
    await compare(clock.now());
    if (!found.answered) return;
    try {
      await lookAtSilences();
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      log.warn('the silences of Alertmanager could not be read', { error });
    }
  }

  return {
    answeredAt: () => answeredAt,
    heard(command) {
      if (command.type === 'alert.notice' && command.notice.status === 'firing')
        heardAt.set(command.notice.fingerprint, clock.now());
    },
    poll,
    async pollSilenced() {
      const open = await store.openIncidents();
      const isSilent = open.some(({ silencing }) => silencing !== undefined && silencing.live.length > 0);
      if (parts.canBeAsked && (isSilent || silencedBy.size > 0)) await poll();
    },
  };
}
