import { z } from 'zod';
import type { Redactor } from '../../core/redact/redactor.ts';
import { WorkFailed } from '../../engine/ports.ts';
import type { Head, Outcome } from './watchedCall.ts';

/** What was asked for, in words that fit after "PagerDuty did not answer when": `a page was to be triggered`. */
export type Work = {
  readonly text: string;
  /** Whether it leaves something behind: then a lost reply is uncertain. */
  readonly changes: boolean;
  /** The setting that proves who asks. */
  readonly key: 'PAGERDUTY_TOKEN' | 'PAGERDUTY_ROUTING_KEY';
};

/**
 * What went wrong with a call, in the engine's terms. The sentences are for the operator: what is wrong and what to do
 * about it. Neither they nor the cause hold a secret: PagerDuty repeats in its messages what it was sent, and so do
 * some proxies.
 */
export type Failures = {
  of(work: Work, outcome: Outcome): WorkFailed;
  /** The call was answered well, but not with what is documented. */
  unreadable(work: Work, detail: string): WorkFailed;
};

/** Milliseconds. PagerDuty counts calls by the minute; whoever asks for more than this has a wrong clock. */
const longestPause = 15 * 60_000;

export function createFailures(options: {
  readonly redactor: Redactor;
  readonly now: () => number;
  readonly timeoutMs: number;
}): Failures {
  const { redactor, now, timeoutMs } = options;
  const again = { afterMs: null };

  const unreadable = (work: Work, detail: string): WorkFailed =>
    new WorkFailed('unreadable', `PagerDuty gave an answer that is not understood when ${work.text}.`, {
      retry: again,
      uncertain: work.changes,
      cause: new Error(redactor.redact(detail)),
    });

  const byStatus = (work: Work, { status, headers }: Head, data: unknown, cause: Error): WorkFailed => {
    const said = messageIn(data, redactor);
    const sentence = (begin: string, advice = ''): string =>
      [`${begin} when ${work.text}.`, said && `It says: ${said}${/[.!?]$/.test(said) ? '' : '.'}`, advice]
        .filter((part) => part !== '')
        .join(' ');
    if (status === 429) {
      const afterMs = pauseIn(headers, now());
      const pause = afterMs === null ? 'a pause' : `${Math.ceil(afterMs / 1_000)} s of pause`;
      return new WorkFailed('rate-limited', `PagerDuty asks for ${pause} when ${work.text}.`, {
        retry: { afterMs },
        cause,
      });
    }
    if (status >= 500 || status === 408) {
      return new WorkFailed('unavailable', sentence(`PagerDuty answered HTTP ${status}`), {
        retry: { afterMs: pauseIn(headers, now()) },
        uncertain: work.changes,
        cause,
      });
    }
    if (status >= 300 && status < 400) {
      const advice = 'Redirects are not followed. Set the address of the right region.';
      const message = sentence('The address of PagerDuty answered with a redirect', advice);
      return new WorkFailed('redirected', message, { cause });
    }
    const known = adviceFor(work.key)[status];
    const message = sentence(`PagerDuty refused (HTTP ${status})`, known?.advice);
    return new WorkFailed(known?.code ?? 'refused', message, { cause });
  };

  return {
    unreadable,
    of(work, outcome) {
      if (outcome.kind === 'answered') {
        const { status } = outcome.head;
        return byStatus(work, outcome.head, outcome.data, new Error(`HTTP ${status}`));
      }
      const { head, sent, late, error } = outcome;
      // Cut after it was redacted: a cut may leave half a secret, which nobody knows for one.
      const cause = new Error(redactor.redact(describe(error)).slice(0, 300));
      if (head && (head.status < 200 || head.status >= 300)) return byStatus(work, head, null, cause);
      const options = { retry: again, uncertain: work.changes && sent, cause };
      if (late) {
        const message = `PagerDuty did not answer within ${timeoutMs / 1_000} s when ${work.text}.`;
        return new WorkFailed('timeout', message, options);
      }
      if (head) return unreadable(work, cause.message);
      return new WorkFailed(
        'unreachable',
        sent
          ? `PagerDuty closed the connection without an answer when ${work.text}.`
          : `PagerDuty cannot be reached${codeIn(error)}, so nothing was sent when ${work.text}.`,
        options,
      );
    },
  };
}

const adviceFor = (
  key: Work['key'],
): Readonly<Record<number, { readonly code: string; readonly advice: string }>> => ({
  400: { code: 'bad-request', advice: '' },
  401: { code: 'invalid-key', advice: `Set a valid ${key}.` },
  402: { code: 'not-in-plan', advice: 'The account lacks what this needs.' },
  403: { code: 'forbidden', advice: `Give the ${key} the right for it.` },
  404: { code: 'not-found', advice: '' },
});

/** Seconds or a date in `Retry-After`; else the seconds in PagerDuty's own `ratelimit-reset`. */
function pauseIn(headers: Head['headers'], now: number): number | null {
  const after = headers['retry-after'] ?? '';
  const reset = headers['ratelimit-reset'];
  const ms = /^\d{1,9}$/.test(after)
    ? Number(after) * 1_000
    : Number.isNaN(Date.parse(after))
      ? typeof reset === 'string' && /^\d{1,9}$/.test(reset)
        ? Number(reset) * 1_000
        : null
      : Date.parse(after) - now;
  return ms === null ? null : Math.min(longestPause, Math.max(0, ms));
}

const said = z.object({ message: z.string().catch(''), errors: z.array(z.string()).catch([]) });
const nested = z.object({ error: said });

/** The Events API puts its words at the top, the REST API below `error`. */
function messageIn(data: unknown, redactor: Redactor): string {
  const parts = wordsIn(data).filter((part) => part !== '');
  return redactor.redact(parts.join('; ')).replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}

/** PagerDuty's message and what it lists below it, as they came; for telling answers apart. */
export function wordsIn(data: unknown): readonly string[] {
  const deep = nested.safeParse(data);
  const flat = deep.success ? { success: true as const, data: deep.data.error } : said.safeParse(data);
  return flat.success ? [flat.data.message, ...flat.data.errors] : [];
}

/** The library rejects with an error, or with the answer itself where that is no JSON. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'The answer is no JSON.';
  const code = (error as NodeJS.ErrnoException).code;
  return `${error.name}${typeof code === 'string' ? ` ${code}` : ''}: ${error.message.replaceAll(/https?:\/\/\S+/g, 'the address')}`;
}

function codeIn(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}
