import { createPrometheusApi, type Series } from './api.ts';

/** A stretch of time in which an alert fired without a break; `to` is the last time it was seen firing. */
export type Stretch = {
  readonly labels: Readonly<Record<string, string>>;
  readonly from: number;
  readonly to: number;
};

export type AlertHistory =
  | { readonly kind: 'alerts'; readonly firing: readonly Stretch[]; readonly ended: readonly Stretch[] }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * What fired according to Prometheus' own `ALERTS` series since a moment: what fires still, and what came and went.
 * The first sample of a stretch has the timestamp of the evaluation that made the alert fire, which is the start that
 * Prometheus tells Alertmanager. An alert that fires for longer than the look
 * back is given the beginning of that as its start.
 */
export function createAlertHistory(options: {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  /** An alert whose last sample is older has ended: 5 min, divided by the pace. */
  readonly staleMs: number;
}): (since: number, now: number) => Promise<AlertHistory> {
  const api = createPrometheusApi(options);
  return async (since, now) => {
    const lookBackMs = Math.min(Math.max(now - since, leastLookBackMs), mostLookBackMs);
    const answer = await api.instant(`ALERTS{alertstate="firing"}[${Math.round(lookBackMs)}ms]`, now);
    if (answer.kind === 'failed') return answer;
    if (answer.kind !== 'matrix')
      return { kind: 'failed', why: 'Prometheus answered a question about alerts with another type.' };
    const stretches = answer.series.flatMap(lastStretch);
    return {
      kind: 'alerts',
      firing: stretches.filter(({ to }) => now - to <= options.staleMs),
      ended: stretches.filter(({ to }) => now - to > options.staleMs),
    };
  };
}

/** Far enough back to find the beginning of most alerts, and not so far that an alert storm exceeds the answer's cap. */
const leastLookBackMs = 3_600_000;
const mostLookBackMs = 6 * 3_600_000;

function lastStretch({ labels, samples }: Series): readonly Stretch[] {
  const last = samples.at(-1);
  if (!last) return [];
  const gaps = samples.slice(1).map((sample, index) => sample.at - samples[index]!.at);
  // One lost evaluation is no end of an alert; two in a row are.
  const longest = 2.5 * Math.min(...gaps);
  let first = samples.length - 1;
  while (first > 0 && gaps[first - 1]! <= longest) first -= 1;
  const { __name__: _name, alertstate: _state, ...own } = labels;
  return [{ labels: own, from: samples[first]!.at, to: last.at }];
}
