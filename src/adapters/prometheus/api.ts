import { z } from 'zod';

/** A sample as it came: `value` may be NaN or infinite, `at` is milliseconds since the epoch. */
export type Sample = { readonly at: number; readonly value: number };
export type Series = {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
};

/** `why` is a sentence without the address, which may carry credentials. */
export type QueryAnswer =
  | {
      readonly kind: 'vector' | 'matrix';
      readonly series: readonly Series[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'failed'; readonly why: string };

export type PrometheusApi = {
  instant(query: string, at: number): Promise<QueryAnswer>;
  range(query: string, range: { from: number; to: number; stepMs: number }): Promise<QueryAnswer>;
};

/**
 * Prometheus' HTTP API. Never throws: what cannot be had is a failure with its reason. Queries go by POST, since a long
 * one does not fit into an address; redirects are not followed, since the server named in the configuration is the one
 * that is trusted.
 */
export function createPrometheusApi(options: {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly maxBytes?: number;
}): PrometheusApi {
  const maxBytes = options.maxBytes ?? 5 * 1024 * 1024;
  const { base, authorization } = splitCredentials(options.baseUrl);

  const ask = async (path: string, form: Record<string, string>): Promise<QueryAnswer> => {
    const text = await post(path, form);
    return typeof text === 'string' ? parseAnswer(text) : text;
  };

  const post = async (path: string, form: Record<string, string>) => {
    try {
      const response = await fetch(base + path, {
        method: 'POST',
        body: new URLSearchParams(form),
        redirect: 'manual',
        signal: AbortSignal.timeout(options.timeoutMs),
        headers: { accept: 'application/json', ...(authorization ? { authorization } : {}) },
      });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        return failed('Prometheus answered with a redirect, which is not followed.');
      }
      const text = await readCapped(response, maxBytes);
      if (text === null) return failed(`Prometheus answered with more than ${maxBytes} bytes.`);
      // Prometheus knows one status for an answer; a 206 from something in between is not the whole of it.
      return response.status === 200
        ? text
        : failed(`Prometheus answered ${response.status}${reasonIn(text)}.`);
    } catch (error) {
      return failed(whyUnreachable(error, options.timeoutMs));
    }
  };

  return {
    instant: (query, at) => ask('/api/v1/query', { query, time: String(at / 1_000) }),
    range: (query, { from, to, stepMs }) =>
      ask('/api/v1/query_range', {
        query,
        start: String(from / 1_000),
        end: String(to / 1_000),
        step: String(stepMs / 1_000),
      }),
  };
}

const failed = (why: string): Extract<QueryAnswer, { kind: 'failed' }> => ({ kind: 'failed', why });

/** Number() would take '' for 0 and '0x10' for 16; Prometheus writes neither. */
const number = z
  .string()
  .regex(/^(NaN|[+-]?Inf|[+-]?\d+(\.\d+)?(e[+-]?\d+)?)$/)
  .transform((text) => Number(text.replace('Inf', 'Infinity')));

const sample = z
  .tuple([z.number(), number])
  .transform(([seconds, value]) => ({ at: Math.round(seconds * 1_000), value }));

const labels = z.record(z.string(), z.string());

const answerSchema = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).default([]),
  // How servers that speak Prometheus' language tell that some of their storage did not answer.
  isPartial: z.boolean().default(false),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: labels, value: sample })),
    }),
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric: labels, values: z.array(sample) })),
    }),
  ]),
});

function parseAnswer(text: string): QueryAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return failed(`Prometheus answered with something that is not JSON (${(error as Error).message}).`);
  }
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
    return failed(
      `Prometheus answered in a form that is not understood${path === '' ? '' : ` (at ${path})`}.`,
    );
  }
  const { data, isPartial } = parsed.data;
  const warnings = isPartial ? [...parsed.data.warnings, 'the answer is partial'] : parsed.data.warnings;
  return data.resultType === 'vector'
    ? {
        kind: 'vector',
        warnings,
        series: data.result.map(({ metric, value }) => ({ labels: metric, samples: [value] })),
      }
    : {
        kind: 'matrix',
        warnings,
        series: data.result.map(({ metric, values }) => ({ labels: metric, samples: values })),
      };
}

/** Null where it is longer than the cap; nothing past the cap is held. */
async function readCapped(response: Response, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Prometheus explains a bad query in the body of its 400. */
function reasonIn(text: string): string {
  const parsed = z.object({ error: z.string() }).safeParse(safeJson(text));
  return parsed.success ? `: ${parsed.data.error.replaceAll(/\s+/g, ' ').slice(0, 200)}` : '';
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy in between answers errors with a page of HTML; the status alone then has to do.
    return null;
  }
}

function whyUnreachable(error: unknown, timeoutMs: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `Prometheus did not answer within ${timeoutMs / 1_000} s.`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  return `Prometheus cannot be reached${code}.`;
}

/** fetch refuses addresses that carry a name and a password; they belong into a header. */
function splitCredentials(baseUrl: string): { base: string; authorization: string | null } {
  const url = new URL(baseUrl);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const base = (url.origin + url.pathname).replace(/\/+$/, '');
  if (username === '' && password === '') return { base, authorization: null };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
