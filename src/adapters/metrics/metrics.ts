import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Event } from '../../core/decision.ts';
import { isAnswered, isFailing } from '../../core/incident/calls.ts';
import { alertClasses, classOf } from '../../core/people/targets.ts';
import { type Severity, severities } from '../../core/severity.ts';
import type { Clock, Observer, Store } from '../../engine/ports.ts';

export type Metrics = {
  readonly registry: Registry;
  /** Register with the engine: counts what it decides and performs. */
  readonly observer: Observer;
  /** In Prometheus' text format, for the content type `contentType`. */
  text(): Promise<string>;
  readonly contentType: string;
  stop(): void;
};

/**
 * The bot's own metrics. Labels come from closed sets (types of commands, kinds of effects, codes of refusals), never
 * from alerts or people, so that nobody outside can make the number of series grow.
 */
export function createMetrics(options: {
  /** Asked at every scrape. */
  readonly store: Pick<Store, 'backlog' | 'undeliveredSince' | 'openIncidents'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Open incidents in nobody's hands, as the last audit found them; null before the first. */
  readonly unattended: () => number | null;
  readonly heartbeats: () => Readonly<Record<'sent' | 'failed' | 'withheld', number>>;
  /** Whether Alertmanager is asked at all. */
  readonly asksSource: boolean;
  /** When it last told which alerts it has; null where it has not since the start. */
  readonly sourceAnsweredAt: () => number | null;
  /** Minutes in which Slack said that it dropped events, since the start. */
  readonly droppedMinutes?: () => number;
  /** When the playbooks in use were read, milliseconds since the epoch, and whether an edit since cannot be used. */
  readonly playbooks?: () => { readonly loadedAt: number; readonly failed: boolean };
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const decided = new Counter({
    name: 'genesis_bot_commands_decided_total',
    help: 'Commands decided, by type and by answer: accepted, or the code of the refusal.',
    labelNames: ['type', 'answer'],
    registers,
  });
  const deciding = new Histogram({
    name: 'genesis_bot_command_seconds',
    help: 'Time from a command to its answer, commit included.',
    labelNames: ['type'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const performed = new Counter({
    name: 'genesis_bot_effects_performed_total',
    help: 'Effects handed to the outside, by kind and by outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const performing = new Histogram({
    name: 'genesis_bot_effect_seconds',
    help: 'Time that an effect took outside.',
    labelNames: ['kind'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
    registers,
  });

  const backlog = new Gauge({
    name: 'genesis_bot_effects_waiting',
    help: 'Effects that are due and not performed yet; timers are not due before their time.',
    registers,
  });
  const oldest = new Gauge({
    name: 'genesis_bot_effects_oldest_due_seconds',
    help: 'For how long the oldest waiting effect has been due; 0 where none is due.',
    registers,
  });
  const undelivered = new Gauge({
    name: 'genesis_bot_effects_oldest_undelivered_seconds',
    help: 'For how long the oldest undelivered effect has been due, failed attempts included; 0 where all is delivered.',
    registers,
  });
  const unattended = new Gauge({
    name: 'genesis_bot_incidents_unattended',
    help: 'Open incidents that nobody has and that nothing comes back to; missing before the first audit.',
    registers,
  });
  const heartbeats = new Counter({
    name: 'genesis_bot_heartbeats_total',
    help: 'Heartbeats since the start: sent, failed, and withheld because something was wrong.',
    labelNames: ['outcome'],
    registers,
  });
  const dropped = new Counter({
    name: 'genesis_bot_slack_events_dropped_minutes_total',
    help: 'Minutes in which Slack dropped events because there were more than it delivers to an app in an hour.',
    registers,
  });
  const silence = new Gauge({
    name: 'genesis_bot_alert_source_silent_seconds',
    help: 'For how long Alertmanager has not told which alerts it has; missing where it is not asked.',
    registers,
  });
  const open = new Gauge({
    name: 'genesis_bot_incidents_open',
    help: 'Incidents that are not resolved, by severity.',
    labelNames: ['severity'],
    registers,
  });
  const readable = new Gauge({
    name: 'genesis_bot_store_readable',
    help: '1 when the store answered this scrape; the gauges read from it are missing when it did not.',
    registers,
  });
  const loaded = new Gauge({
    name: 'genesis_playbooks_loaded_timestamp_seconds',
    help: 'When the playbooks in use were read, in seconds since the epoch.',
    registers,
  });
  const reloadFailed = new Gauge({
    name: 'genesis_playbooks_reload_failed',
    help: '1 while the playbooks on disk do not lint, so that older ones stay in use.',
    registers,
  });
  const pagesWaiting = new Gauge({
    name: 'genesis_pages_waiting',
    help: 'Pages of open incidents that did not get through at the first attempt and are not needless since.',
    registers,
  });
  const acknowledging = new Histogram({
    name: 'genesis_bot_acknowledge_seconds',
    help: 'Time from opening or reopening to somebody having it; outside a watch the usual targets are 300 s for P0 and P1, else 1800 s.',
    labelNames: ['severity'],
    buckets: [30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200],
    registers,
  });
  const acknowledged = new Counter({
    name: 'genesis_bot_acknowledgements_total',
    help: 'Incidents acknowledged, by class (critical: P0 and P1, else warning) and by whether it was within the limit that applied.',
    labelNames: ['class', 'within'],
    registers,
  });
  for (const alertClass of alertClasses)
    for (const within of ['yes', 'no']) acknowledged.inc({ class: alertClass, within }, 0);
  const called = new Counter({
    name: 'genesis_bot_calls_total',
    help: 'Duties called, by why: opened, unanswered, unresolved, by-hand and so on.',
    labelNames: ['why'],
    registers,
  });
  const outcomes = new Counter({
    name: 'genesis_bot_call_outcomes_total',
    help: 'What became of calls: answered, late (somebody else had to be called), failed (a page did not get through at its first attempt), refused (PagerDuty does not take it).',
    labelNames: ['outcome'],
    registers,
  });
  collectDefaultMetrics({ register: registry });

  const { store, clock } = options;
  const startedAt = clock.now();
  const secondsSince = (at: number | null): number =>
    at === null ? 0 : Math.max(0, (clock.now() - at) / 1_000);

  function countInTime({
    afterMs,
    limitMs,
    severity = 'P4',
  }: {
    afterMs?: number;
    limitMs?: number;
    severity?: Severity;
  }): void {
    if (afterMs === undefined || limitMs === undefined) return;
    acknowledged.inc({ class: classOf(severity), within: afterMs <= limitMs ? 'yes' : 'no' });
  }

  function readEngine(): void {
    const left = options.unattended();
    if (left === null) unattended.remove();
    else unattended.set(left);
    heartbeats.reset();
    for (const [outcome, count] of Object.entries(options.heartbeats())) heartbeats.inc({ outcome }, count);
    dropped.reset();
    dropped.inc(options.droppedMinutes?.() ?? 0);
    const playbooks = options.playbooks?.();
    if (playbooks) {
      loaded.set(playbooks.loadedAt / 1_000);
      reloadFailed.set(playbooks.failed ? 1 : 0);
    } else for (const gauge of [loaded, reloadFailed]) gauge.remove();
    if (options.asksSource) silence.set(secondsSince(options.sourceAnsweredAt() ?? startedAt));
    else silence.remove();
  }

  const readStore = async (): Promise<void> => {
    const [{ waiting, oldestDueAt }, undeliveredSince, incidents] = await Promise.all([
      store.backlog(),
      store.undeliveredSince(),
      store.openIncidents(),
    ]);
    backlog.set(waiting);
    oldest.set(secondsSince(oldestDueAt));
    undelivered.set(secondsSince(undeliveredSince));
    const wanted = incidents.flatMap((incident) =>
      (incident.calling?.calls ?? []).filter((call) => !isAnswered(incident, call)),
    );
    pagesWaiting.set(wanted.filter(isFailing).length);
    for (const severity of severities)
      open.set({ severity }, incidents.filter((incident) => incident.severity === severity).length);
  };

  return {
    registry,
    observer: {
      decided({ type }, answer, tookMs) {
        decided.inc({ type, answer: answer.kind === 'accepted' ? 'accepted' : answer.code });
        deciding.observe({ type }, Math.max(0, tookMs) / 1_000);
        for (const event of answer.kind === 'accepted' ? answer.events : []) {
          if (event.type === 'Called') called.inc({ why: event.data.why });
          const outcome = callOutcome(event);
          if (outcome !== null) outcomes.inc({ outcome });
          if (event.type === 'IncidentAcknowledged' && event.data.afterMs !== undefined)
            acknowledging.observe({ severity: event.data.severity ?? 'P4' }, event.data.afterMs / 1_000);
          if (event.type === 'IncidentAcknowledged') countInTime(event.data);
        }
      },
      performed({ effect: { kind } }, outcome, tookMs) {
        performed.inc({ kind, outcome });
        performing.observe({ kind }, Math.max(0, tookMs) / 1_000);
      },
    },
    async text() {
      readEngine();
      try {
        await readStore();
        readable.set(1);
      } catch {
        // Old figures would look like an answer; none at all is the truth, and the flag beside them says why.
        for (const gauge of [backlog, oldest, undelivered, pagesWaiting]) gauge.remove();
        open.reset();
        readable.set(0);
      }
      return registry.metrics();
    },
    stop: () => registry.clear(),
    contentType: registry.contentType,
  };
}

function callOutcome(event: Event): 'answered' | 'late' | 'failed' | 'refused' | null {
  switch (event.type) {
    case 'IncidentAcknowledged':
    case 'CallAnswered':
      return 'answered';
    case 'Called':
      return event.data.why === 'unanswered' || event.data.why === 'unresolved' ? 'late' : null;
    case 'PageFailed':
      return event.data.final ? 'refused' : 'failed';
    default:
      return null;
  }
}
