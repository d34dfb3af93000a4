import { catchUp } from '../adapters/alertmanager/catchUp.ts';
import { createSilencer } from '../adapters/alertmanager/silencer.ts';
import { createAlertHistory } from '../adapters/prometheus/alertHistory.ts';
import type { Config } from '../config.ts';
import { genericName, matchPlaybook } from '../core/playbook/match.ts';
import type { Clock, Store } from '../engine/ports.ts';
import type { Silencer } from '../engine/silencePort.ts';
import { createSourceWatch, type SourceWatch } from '../engine/sourceWatch.ts';
import type { Parts } from './parts.ts';

export const prometheusTimeoutMs = 10_000;
const alertmanagerTimeoutMs = 10_000;
/** People wait to hear whether alerts still call them. */
const silencerTimeoutMs = 5_000;
const minuteMs = 60_000;
/** Five questions that stayed without an answer. */
export const alertsStaleMs = 10 * minuteMs;
/** What Prometheus itself takes for the age at which a sample no longer speaks of now. */
export const staleMs = 5 * 60_000;

export const silencerOf = ({ alertmanager: { url } }: Config): Silencer | null =>
  url === null ? null : createSilencer({ baseUrl: url, timeoutMs: silencerTimeoutMs });

export async function watchSources(
  { config, store, desk, clock, log }: Parts,
  silencer: Silencer | null,
): Promise<SourceWatch> {
  const { url, receiver } = config.alertmanager;
  const alertmanager = url === null ? null : { baseUrl: url, receiver, timeoutMs: alertmanagerTimeoutMs };
  const history =
    config.prometheusUrl === null
      ? null
      : createAlertHistory({
          baseUrl: config.prometheusUrl,
          timeoutMs: prometheusTimeoutMs,
          staleMs: staleMs / config.pace,
        });
  const answered = (labels: Readonly<Record<string, string>>): boolean =>
    matchPlaybook(desk.room().definitions, labels).playbook.name !== genericName;
  return createSourceWatch({
    store,
    desk,
    clock,
    log,
    ask: (question) => catchUp({ ...question, alertmanager, history, answered }),
    ...(silencer && { silences: async () => (await silencer.list()).silences }),
    canBeAsked: alertmanager !== null,
    since: await lastKnown(store, clock),
    staleMs: alertsStaleMs / config.pace,
  });
}

/** When the log last heard of anything: alerts since then may have been missed. */
async function lastKnown(store: Store, clock: Clock): Promise<number> {
  const { position } = await store.head();
  const [last] = await store.events({ after: position - 1, limit: 1 });
  return last?.event.at ?? clock.now();
}
