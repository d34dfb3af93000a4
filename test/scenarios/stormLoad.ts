import type { CallRecord } from '../../src/sandbox/emulator/methods/callRecord.ts';

/** What a storm sends, and what Slack saw of it. */

export type Load = { readonly webhooks: number; readonly alertsEach: number; readonly services: number };

/** Of twenty services one is gone altogether, five break an objective, the rest is slow. */
function severityOf(service: number): string {
  if (service % 20 === 7) return 'P0';
  return service % 4 === 1 ? 'critical' : 'warning';
}

/** Each webhook is one alert group of one service, and every alert one that nobody heard of before. */
export function* stormWebhooks({ webhooks, alertsEach, services }: Load): Generator<string> {
  const startsAt = new Date().toISOString();
  for (let number = 0; number < webhooks; number++) {
    const service = `service-${String(number % services).padStart(3, '0')}`;
    const alertname = ['HighLatency', 'QueueGrows', 'ProbeFails'][Math.floor(number / services) % 3] ?? '';
    const common = { alertname, service, severity: severityOf(number % services), cluster: 'west' };
    yield JSON.stringify({
      receiver: 'genesis',
      status: 'firing',
      alerts: Array.from({ length: alertsEach }, (_, index) => ({
        status: 'firing',
        labels: { ...common, instance: `${service}-${number}-${index}` },
        annotations: {
          summary: `${alertname} on instance ${index} of ${service}`,
          description: 'More requests fail than the objective allows. '.repeat(8),
        },
        startsAt,
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.example:9090/graph?g0.expr=up',
        fingerprint: (number * alertsEach + index + 0x1000).toString(16).padStart(16, '0'),
      })),
      groupLabels: { alertname, service },
      commonLabels: common,
      commonAnnotations: {},
      externalURL: 'http://alertmanager.example:9093',
      version: '4',
      groupKey: `{}:{alertname="${alertname}", service="${service}"}`,
      truncatedAlerts: 0,
    });
  }
}

/** Hands everything over on a few connections at once; answers the status of each. */
export async function sendAll(
  bodies: Iterable<string>,
  send: (body: string) => Promise<Response>,
): Promise<readonly number[]> {
  const left = bodies[Symbol.iterator]();
  const statuses: number[] = [];
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const response = await send(next.value);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return statuses;
}

/** What Slack's limits count by: posting by its channel, everything else by its method. */
const limitedAs = ({ method, args }: CallRecord): string =>
  method === 'chat.postMessage' ? `${method} ${String(args.channel)}` : method;

/** Calls of one method that the bot has under way at a time, the one that is refused left out. */
const othersUnderWay = 3;

/**
 * Calls that came before the pause was over that Slack had asked for. A few may have been on their way when the refusal
 * was: no more than are under way at a time, and not later than `onTheWayMs`.
 */
export function tooEarly(calls: readonly CallRecord[], onTheWayMs: number): readonly string[] {
  const resting = new Map<string, { since: number; until: number; onTheWay: number }>();
  const found: string[] = [];
  for (const call of calls) {
    const key = limitedAs(call);
    const rest = resting.get(key);
    if (rest && call.at < rest.until) {
      rest.onTheWay += 1;
      if (call.at > rest.since + onTheWayMs || rest.onTheWay > othersUnderWay) {
        found.push(`${key}: ${call.at - rest.since} ms after a refusal for ${rest.until - rest.since} ms`);
      }
    } else if (call.outcome.kind === 'rate_limited') {
      const until = call.at + call.outcome.retryAfter * 1_000;
      resting.set(key, { since: call.at, until, onTheWay: 0 });
    }
  }
  return found;
}
