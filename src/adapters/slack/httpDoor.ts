import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Log, rareWarnings } from '../../engine/log.ts';
import { type Clock, type Deliveries, StoreFailed } from '../../engine/ports.ts';
import { formType, jsonType, readSignedBody } from './delivery.ts';

/**
 * What stands before Bolt's receiver where Slack calls us: size, clock and shape of the signature (by the headers
 * alone), the signature itself, what the body is, and replays, in this order. Bolt checks the signature once more, but
 * takes timestamps from the future, the same request any number of times, and `ssl_check` without any signature.
 *
 * A signature that was let in is remembered by the store, and the request goes on only after that is committed: a
 * replay changes nothing, not even after a restart. Where the process dies between the commit and the work, the sender
 * has no answer yet. Slack sends an event again with a new signature, and it is heard. A click or a command it does not
 * send again: the person sees that it failed and repeats it, which is a new request with a new signature. So nothing is
 * lost for ever, and nothing is done twice. What the work itself does it does once for each trigger, whatever the
 * signature says.
 */
export type SlackRequest = IncomingMessage & { rawBody: Buffer };

type Pass = (request: SlackRequest, response: ServerResponse) => void;

export type HttpDoor = {
  readonly listener: (request: SlackRequest, response: ServerResponse) => Promise<void>;
  /** Whether the headers alone show that the request is not Slack's, so that its body need not be read. */
  readonly isForeign: (headers: IncomingHttpHeaders) => boolean;
  /** From now on verified requests go to `pass`; until then Slack is told to come back. */
  open(pass: Pass): void;
  close(): void;
};

/** Slack's own requests are a few kilobytes; a view submission at most 250. */
export const largestBody = 256 * 1024;
export const mediaTypes: readonly string[] = [formType, jsonType];

/** Slack's are 32 hexadecimal digits. */
const shortestSecret = 16;
const skewMs = 5 * 60_000;

export function createHttpDoor(options: {
  signingSecret: string;
  deliveries: Deliveries;
  /** Slack dropped events in the minute that began then, Unix seconds; it may say so more than once. */
  dropped?: (minute: number | null) => void;
  clock: Clock;
  log: Log;
}): HttpDoor {
  const { signingSecret, deliveries, clock, log, dropped = () => undefined } = options;
  // An empty one would make everybody's signature valid.
  if (signingSecret.trim().length < shortestSecret) {
    throw new Error(
      `SLACK_SIGNING_SECRET is shorter than ${shortestSecret} characters. Copy it from the app settings.`,
    );
  }
  const warn = rareWarnings(log);
  let pass: Pass | null = null;

  async function enter(request: SlackRequest, response: ServerResponse): Promise<void> {
    const { rawBody } = request;
    if (rawBody.length > largestBody) {
      end(response, 413);
      return;
    }
    const signature = verified(request, signingSecret, clock.now());
    if (signature === null) {
      warn('A request that claims to be from Slack was refused', { bytes: rawBody.length });
      end(response, 401);
      return;
    }
    if (!pass) {
      end(response, 503);
      return;
    }
    const mediaType = mediaTypeOf(request.headers);
    const body = readSignedBody(mediaType, rawBody);
    if (body.kind === 'not-heard') {
      warn('A signed request of Slack was not taken', { why: body.why, bytes: rawBody.length });
      end(response, body.status);
      return;
    }
    if (body.kind === 'events-dropped') {
      dropped(body.minute);
      end(response, 200);
      return;
    }
    const delivery = `slack-request:${signature}`;
    if (!(await deliveries.firstTime(delivery))) {
      warn('A request of Slack arrived again and was not looked at twice', { bytes: rawBody.length });
      end(response, 200);
      return;
    }
    response.once('finish', () => {
      // What failed here may be sent again, and has to be let in then.
      if (response.statusCode >= 500) letInAgain(delivery);
    });
    // Bolt takes form bodies only where nothing follows the media type.
    request.headers['content-type'] = mediaType;
    if (pass) pass(request, response);
    else end(response, 503);
  }

  function letInAgain(delivery: string): void {
    deliveries
      .forget(delivery)
      .catch((error: unknown) => log.warn('A failed request of Slack stays remembered', { error }));
  }

  return {
    async listener(request, response) {
      try {
        await enter(request, response);
      } catch (error) {
        log.error('A request of Slack could not be taken', { error });
        end(response, error instanceof StoreFailed ? 503 : 500);
      }
    },
    isForeign(headers) {
      const foreign = claimed(headers, clock.now()) === null;
      if (foreign) warn('A request that claims to be from Slack was refused', {});
      return foreign;
    },
    open: (to) => {
      pass = to;
    },
    close: () => {
      pass = null;
    },
  };
}

function mediaTypeOf(headers: IncomingHttpHeaders): string {
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';');
  return mediaType.trim().toLowerCase();
}

/** Signature and timestamp where both have their shape and the time is now, give or take five minutes; else null. */
function claimed(
  headers: IncomingHttpHeaders,
  now: number,
): { readonly signature: string; readonly timestamp: string } | null {
  const signature = headers['x-slack-signature'];
  const timestamp = headers['x-slack-request-timestamp'];
  if (typeof signature !== 'string' || !/^v0=[0-9a-f]{64}$/.test(signature)) return null;
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return null;
  return Math.abs(now - Number(timestamp) * 1_000) > skewMs ? null : { signature, timestamp };
}

/** The signature where it is right, else null. */
function verified({ headers, rawBody }: SlackRequest, secret: string, now: number): string | null {
  const claim = claimed(headers, now);
  if (claim === null) return null;
  const right = createHmac('sha256', secret).update(`v0:${claim.timestamp}:`).update(rawBody).digest();
  return timingSafeEqual(right, Buffer.from(claim.signature.slice(3), 'hex')) ? claim.signature : null;
}

function end(response: ServerResponse, status: number): void {
  if (response.headersSent) return;
  response.writeHead(status);
  response.end();
}
