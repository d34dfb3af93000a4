import type { Notice } from '../../core/alert/alert.ts';
import type { Command } from '../../core/command.ts';
import type { Answer } from '../../core/decision.ts';
import type { Log } from '../../engine/log.ts';
import type { Desk } from '../../engine/ports.ts';
import { parsePayload } from './payload.ts';

/** Bytes. Alertmanager's `max_alerts` keeps a webhook under it; without that, a storm of 2,000 alerts comes near. */
const bodyLimit = 1024 * 1024;

/**
 * `POST /alertmanager`. Answers 2xx only after every notice has been decided and committed. All notices are handed over
 * in one turn of the event loop, so that they share transactions.
 *
 * Alertmanager tries again after 5xx and never after 4xx: 503 is for our own trouble, 4xx only for what will never be
 * right.
 */
export function createWebhook(options: {
  readonly tokens: readonly string[];
  readonly desk: Pick<Desk, 'handle'>;
  readonly log: Log;
}) {
  const { desk, log } = options;
  return {
    method: 'POST' as const,
    path: '/alertmanager',
    bodyLimit,
    accepts: ['application/json'],
    auth: { bearer: options.tokens },
    async handle(request: { readonly rawBody: Uint8Array; readonly remote: string }) {
      const payload = parsePayload(request.rawBody);
      if (payload.kind === 'bad') {
        log.warn('A webhook was refused.', { why: payload.why, remote: request.remote });
        return { status: 400, json: { error: 'bad-webhook', message: payload.why } };
      }
      const { notices, truncatedAlerts, cut } = payload;
      if (truncatedAlerts > 0)
        log.warn('Alertmanager left alerts out of a webhook: raise its max_alerts.', { truncatedAlerts });
      if (cut > 0)
        log.warn('Labels or annotations of alerts were longer than the limits and were cut.', { cut });

      const answers = await handOver(desk, notices);
      if (answers.some((answer) => answer.kind === 'refused' && answer.code === 'busy'))
        return { status: 503, json: { error: 'busy', message: 'Too much is going on. Send it again.' } };
      const isNew = (answer: Answer) => answer.kind === 'accepted' && answer.events.length > 0;
      const refused = answers.filter((answer) => answer.kind === 'refused').length;
      const accepted = answers.filter(isNew).length;
      return {
        status: 200,
        json: {
          accepted,
          // Known already, from an earlier delivery or from another replica of Alertmanager.
          repeated: answers.length - accepted - refused,
          refused,
          truncated: truncatedAlerts,
          cut,
        },
      };
    },
  };
}

export const noticeCommand = (notice: Notice): Command => ({
  actor: { kind: 'alertmanager' },
  type: 'alert.notice',
  notice,
});

/**
 * Throws the first failure only after all have settled: an answer must not go out while some are still being written.
 * Firing goes before resolved, so that an incident is never quiet for the moment between two notices of one webhook.
 */
async function handOver(desk: Pick<Desk, 'handle'>, notices: readonly Notice[]): Promise<readonly Answer[]> {
  const firing = notices.filter((notice) => notice.status === 'firing');
  const resolved = notices.filter((notice) => notice.status === 'resolved');
  const settled = await Promise.allSettled(
    [...firing, ...resolved].map((notice) => desk.handle(noticeCommand(notice))),
  );
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
