import type { Metrics } from './metrics.ts';

/** Whether something that the bot cannot do without works; `message` is a sentence for operators. */
export type Check = () => Promise<
  { readonly ok: true; readonly message?: string } | { readonly ok: false; readonly message: string }
>;

/** How long a check may take before it counts as red, in milliseconds. */
const checkTimeoutMs = 3_000;

/**
 * `GET /healthz`: 200 as long as the process does its work; restart it when this does not answer or answers 503.
 * `GET /readyz`: 200 when everything that is required works, else 503; either way what is wrong in one sentence, every
 * check with its own, and what is off because it was not configured.
 * `GET /metrics`: Prometheus' text format.
 */
export function healthRoutes(options: {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** What a restart mends; anything else that is wrong must not make a supervisor restart the bot again and again. */
  readonly alive: Check;
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
    route('/healthz', async () => {
      const [, result] = await runCheck(['alive', options.alive]);
      return {
        status: result.status === 'ok' ? 200 : 503,
        json: { status: result.status, message: result.message ?? 'Genesis does its work.' },
      };
    }),
    route('/readyz', async () => {
      const [required, told] = await Promise.all(
        [checks, options.watched ?? {}].map((each) => Promise.all(Object.entries(each).map(runCheck))),
      );
      const results = [...(required ?? []), ...(told ?? [])];
      const ready = (required ?? []).every(([, result]) => result.status === 'ok');
      return {
        status: ready ? 200 : 503,
        json: {
          status: ready ? 'ready' : 'not-ready',
          message: inOneSentence(results),
          checks: Object.fromEntries(results),
          off,
        },
      };
    }),
    route('/metrics', async () => ({ status: 200, text: await metrics.text(), type: metrics.contentType })),
  ];
}

function inOneSentence(results: readonly (readonly [string, Result])[]): string {
  const wrong = results.filter(([, { status }]) => status === 'failing');
  if (wrong.length === 0) return 'Everything that Genesis needs works.';
  return wrong.map(([name, { message }]) => `${name}: ${message ?? 'It does not work.'}`).join(' ');
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
