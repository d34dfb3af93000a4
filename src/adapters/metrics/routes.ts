import type { Metrics } from './metrics.ts';

/** Whether something that the bot cannot do without works; `message` is a sentence for operators. */
export type Check = () => Promise<
  { readonly ok: true; readonly message?: string } | { readonly ok: false; readonly message: string }
>;

/** How long a check may take before it counts as red, in milliseconds. */
const checkTimeoutMs = 3_000;

/**
 * `GET /healthz`: 200 as long as the event loop turns; restart the process when it does not answer.
 * `GET /readyz`: 200 when everything that is required works, else 503; either way every check with its sentence, and
 * what is off because it was not configured.
 * `GET /metrics`: Prometheus' text format.
 */
export function healthRoutes(options: {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** What must work for alerts to be taken; any of these failing makes the bot unready. */
  readonly checks: Readonly<Record<string, Check>>;
  /** What is told and does not make the bot unready: with Slack down, alerts are still taken and kept. */
  readonly watched?: Readonly<Record<string, Check>>;
  /** Sentences about what is not configured and what is missing without it. */
  readonly off: readonly string[];
}) {
  const { metrics, checks, off } = options;
  const route = <R>(path: string, handle: () => Promise<R>) => ({
    method: 'GET' as const,
    path,
    bodyLimit: 0,
    auth: 'none' as const,
    handle,
  });
  return [
    route('/healthz', async () => ({ status: 200, json: { status: 'ok' } })),
    route('/readyz', async () => {
      const [required, told] = await Promise.all(
        [checks, options.watched ?? {}].map((each) => Promise.all(Object.entries(each).map(runCheck))),
      );
      const results = [...(required ?? []), ...(told ?? [])];
      const ready = (required ?? []).every(([, result]) => result.status === 'ok');
      return {
        status: ready ? 200 : 503,
        json: { status: ready ? 'ready' : 'not-ready', checks: Object.fromEntries(results), off },
      };
    }),
    route('/metrics', async () => ({ status: 200, text: await metrics.text(), type: metrics.contentType })),
  ];
}

type Result = { readonly status: 'ok' | 'failing'; readonly message?: string };

async function runCheck([name, check]: [string, Check]): Promise<readonly [string, Result]> {
  const late = Promise.withResolvers<Awaited<ReturnType<Check>>>();
  const timer = setTimeout(
    () => late.resolve({ ok: false, message: `No answer within ${checkTimeoutMs / 1_000} s.` }),
    checkTimeoutMs,
  );
  try {
    const { ok, message } = await Promise.race([check(), late.promise]);
    return [name, { status: ok ? 'ok' : 'failing', ...(message === undefined ? {} : { message }) }];
  } catch (error) {
    return [name, { status: 'failing', message: error instanceof Error ? error.message : String(error) }];
  } finally {
    clearTimeout(timer);
  }
}
