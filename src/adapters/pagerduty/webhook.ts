import type { IncomingHttpHeaders } from 'node:http';
import { type Log, rareWarnings } from '../../engine/log.ts';
import type { PagerNotice } from '../../engine/pagerPort.ts';
import type { Clock, Deliveries } from '../../engine/ports.ts';
import { readNotice } from './notice.ts';
import { createSignatureCheck } from './signature.ts';

/** Bytes. PagerDuty drops webhooks that are longer. */
const bodyLimit = 256 * 1024;

/**
 * Milliseconds. Deliveries are remembered for a day from when they came, so what is older than this when it comes, by a
 * clock that is ahead by the other at most, can never be heard a second time.
 */
const oldest = 23 * 60 * 60_000;
const farthestAhead = 30 * 60_000;

type Reply = { readonly status: number; readonly json: object };

/**
 * `POST /pagerduty`, for webhooks of version 3. Answers 2xx only after the notice was handed over and committed.
 *
 * PagerDuty tries again for 48 hours after 5xx, 429 and silence, and never after any other 4xx; three refusals in a row
 * switch the subscription off for a day. So 503 is for our own trouble, 4xx for what is not PagerDuty's or has no event in
 * it, and everything that merely means nothing here (unknown types, repetitions, events of yesterday) is 200.
 *
 * An event is marked as done once it is committed, and not before: one whose handing over failed, or whose process died, is
 * handed over again. Where the process dies between the commit and the mark it comes twice; with the notice's `delivery` as
 * the command's `once` even that changes nothing.
 */
export function createPagerWebhook(options: {
  /** All of them are valid: the current one and the one before while it is replaced. */
  readonly secrets: readonly string[];
  readonly deliveries: Deliveries;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Settles once what follows from the notice is committed; a rejection makes PagerDuty deliver it again. */
  readonly onNotice: (notice: PagerNotice) => Promise<void>;
}) {
  const { deliveries, clock, log } = options;
  const signature = createSignatureCheck(options.secrets);
  const warn = rareWarnings(log);
  /** PagerDuty gives up waiting after five seconds and delivers again, which must not begin a second time. */
  const underWay = new Map<string, Promise<Reply>>();

  const candidatesOf = (headers: IncomingHttpHeaders) =>
    signature.candidates(headers['x-pagerduty-signature']);

  async function handOver(notice: PagerNotice): Promise<Reply> {
    const { delivery } = notice;
    const done = `${delivery}/done`;
    try {
      if (await deliveries.seenBefore(done)) return reply(200, 'duplicate');
      await options.onNotice(notice);
      await deliveries.firstTime(done);
      return reply(200, 'taken');
    } catch (error) {
      log.error('A webhook of PagerDuty could not be dealt with; PagerDuty was asked to send it again.', {
        notice: notice.kind,
        delivery,
        error,
      });
      return problem(503, 'not-stored', 'Nothing was stored. Send it again.');
    }
  }

  return {
    method: 'POST' as const,
    path: '/pagerduty',
    bodyLimit,
    accepts: ['application/json'],
    auth: 'own' as const,
    refuse(headers: IncomingHttpHeaders) {
      if (candidatesOf(headers).length > 0) return null;
      warn('A webhook without a signature of PagerDuty was refused.', {});
      return unsigned;
    },
    async handle(request: {
      readonly headers: IncomingHttpHeaders;
      readonly rawBody: Uint8Array;
      readonly remote: string;
    }): Promise<Reply> {
      const { rawBody, remote } = request;
      if (!signature.matches(rawBody, candidatesOf(request.headers))) {
        warn('A webhook with a wrong signature of PagerDuty was refused.', { remote });
        return unsigned;
      }
      const heard = readNotice(rawBody);
      switch (heard.kind) {
        case 'bad':
          log.warn('A webhook of PagerDuty was refused.', { why: heard.why, remote });
          return problem(400, 'bad-webhook', heard.why);
        case 'ping':
          log.info('PagerDuty tried out its webhook.', { remote });
          return reply(200, 'pong');
        case 'other':
          return reply(200, 'ignored');
        case 'notice': {
          const { notice } = heard;
          const age = clock.now() - notice.at;
          if (age > oldest || age < -farthestAhead) {
            const ageMinutes = Math.round(age / 60_000);
            log.warn('A webhook of PagerDuty is too old, or of the future, and was passed over.', {
              notice: notice.kind,
              ageMinutes,
            });
            return reply(200, 'stale');
          }
          const before = underWay.get(notice.delivery);
          if (before !== undefined) return before;
          const now = handOver(notice).finally(() => underWay.delete(notice.delivery));
          underWay.set(notice.delivery, now);
          return now;
        }
        default:
          return heard satisfies never;
      }
    },
  };
}

const reply = (status: number, outcome: 'taken' | 'duplicate' | 'pong' | 'ignored' | 'stale'): Reply => ({
  status,
  json: { outcome },
});

const problem = (status: number, error: string, message: string): Reply => ({
  status,
  json: { error, message },
});

const unsigned = problem(401, 'unsigned', 'This path takes webhooks that are signed by PagerDuty.');
