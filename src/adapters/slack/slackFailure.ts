import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { WorkFailed } from '../../engine/ports.ts';

/**
 * What went wrong with a call, in the engine's terms: whether trying again can help, and whether it may have happened
 * although nobody said so. The sentences are for the operator: what is wrong and what to do about it.
 */

/** Slack's own word for the failure, or null where Slack did not answer with one. */
export function slackCode(error: unknown): string | null {
  if (error instanceof WorkFailed) return error.cause === undefined ? error.code : slackCode(error.cause);
  if (!(error instanceof WebAPIPlatformError)) return null;
  const { error: code } = error.data as { error?: unknown };
  return typeof code === 'string' ? code : null;
}

/** Connections that were never made, so that nothing can have happened. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export function asWorkFailed(error: unknown, method: string): WorkFailed {
  if (error instanceof WorkFailed) return error;
  if (error instanceof WebAPIRateLimitedError) {
    return new WorkFailed('rate-limited', `Slack asks for ${error.retryAfter} s of pause for ${method}.`, {
      retry: { afterMs: error.retryAfter * 1_000 },
      cause: error,
    });
  }
  if (error instanceof WebAPIPlatformError) return platformFailure(error, method);
  if (error instanceof WebAPIHTTPError) {
    const busy = error.statusCode === 429;
    return new WorkFailed('unavailable', `Slack answered ${method} with HTTP ${error.statusCode}.`, {
      retry: { afterMs: null },
      uncertain: !busy,
      cause: error,
    });
  }
  const sent = !neverSent.has(networkCode(error) ?? '');
  const why =
    error instanceof WebAPIRequestError ? 'did not answer' : 'answered with something unreadable to';
  return new WorkFailed('unreachable', `Slack ${why} ${method}.`, {
    retry: { afterMs: null },
    uncertain: sent,
    cause: error,
  });
}

function networkCode(error: unknown): string | null {
  let current = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    const { code, cause } = current as { code?: unknown; cause?: unknown };
    if (typeof code === 'string' && neverSent.has(code)) return code;
    if (current instanceof AggregateError) current = current.errors[0];
    else current = cause;
  }
  return null;
}

function platformFailure(error: WebAPIPlatformError, method: string): WorkFailed {
  const data = error.data as { error?: unknown; needed?: unknown };
  const code = typeof data.error === 'string' ? data.error : 'unknown_error';
  // Slack says of these that the work may have been done in part.
  if (code === 'fatal_error' || code === 'internal_error' || code === 'request_timeout') {
    return new WorkFailed('slack-trouble', `Slack had trouble of its own with ${method} (${code}).`, {
      retry: { afterMs: null },
      uncertain: true,
      cause: error,
    });
  }
  if (code === 'service_unavailable' || code === 'team_added_to_org' || code === 'ratelimited') {
    return new WorkFailed('unavailable', `Slack cannot do ${method} right now (${code}).`, {
      retry: { afterMs: null },
      cause: error,
    });
  }
  const needed = typeof data.needed === 'string' ? ` It needs ${data.needed}.` : '';
  const advice = adviceFor[code];
  const sentence = advice === undefined ? `Slack refused ${method}: ${code}.` : `${advice}${needed}`;
  return new WorkFailed(code, sentence, { cause: error });
}

const newToken = 'Install the app again and set the new SLACK_BOT_TOKEN.';

const adviceFor: Readonly<Record<string, string>> = {
  not_authed: `Slack got no token. ${newToken}`,
  invalid_auth: `Slack does not accept the bot token. ${newToken}`,
  token_revoked: `The bot token was revoked. ${newToken}`,
  token_expired: `The bot token has expired. ${newToken}`,
  account_inactive: `The app was removed from the workspace. ${newToken}`,
  missing_scope: 'The app lacks a permission. Update it from the manifest and install it again.',
  channel_not_found: 'The channel does not exist or the bot cannot see it. Create it, or invite the bot.',
  not_in_channel: 'The bot is not in the channel. Invite it there.',
  is_archived: 'The channel is archived. Unarchive it, or name another one.',
  restricted_action: 'The workspace does not let the bot do this. A workspace admin can allow it.',
  name_taken: 'Every name for the channel is taken. Rename or remove an old channel.',
  too_many_pins: 'The channel holds as many pins as Slack allows. Remove one.',
  too_many_bookmarks: 'The channel holds as many bookmarks as Slack allows. Remove one.',
  msg_too_long: 'The message is longer than Slack takes.',
  msg_blocks_too_long: 'The message is longer than Slack takes.',
  invalid_blocks: 'Slack does not accept how the message is built; this is a fault of Genesis.',
};
