import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../engine/log.ts';
import type { Clock } from '../../engine/ports.ts';

/**
 * What stands before Bolt's receiver where Slack calls us: size, signature, clock and replays, in this order. Bolt
 * checks the signature once more, but takes timestamps from the future and the same request any number of times.
 *
 * A request that was let in before is answered 200 and goes no further: a proxy that repeats it is content, and an
 * attacker who does so changes nothing.
 */
export type SlackRequest = IncomingMessage & { rawBody: Buffer };

export type HttpDoor = {
  readonly listener: (request: SlackRequest, response: ServerResponse) => void;
  /** From now on verified requests go to `pass`; until then Slack is told to come back. */
  open(pass: (request: SlackRequest, response: ServerResponse) => void): void;
  close(): void;
};

/** Slack's own requests are a few kilobytes; a view submission at most 250. */
export const largestBody = 256 * 1024;

const skewMs = 5 * 60_000;
const rememberedMs = 10 * 60_000;
const mostRemembered = 50_000;

export function createHttpDoor(options: { signingSecret: string; clock: Clock; log: Log }): HttpDoor {
  const { signingSecret, clock, log } = options;
  // Slack's are 32 hexadecimal digits; an empty one would make everybody's signature valid.
  if (signingSecret.length < 16) {
    throw new Error('SLACK_SIGNING_SECRET is shorter than 16 characters. Copy it from the app settings.');
  }
  /** Signatures that were let in, oldest first. */
  const seen = new Map<string, number>();
  let pass: ((request: SlackRequest, response: ServerResponse) => void) | null = null;

  function isReplay(signature: string): boolean {
    const now = clock.now();
    for (const [old, until] of seen) {
      if (until > now && seen.size < mostRemembered) break;
      seen.delete(old);
    }
    if (seen.has(signature)) return true;
    seen.set(signature, now + rememberedMs);
    return false;
  }

  function enter(request: SlackRequest, response: ServerResponse): void {
    const { rawBody } = request;
    const answer = (status: number) => end(response, status);
    if (rawBody.length > largestBody) {
      answer(413);
      return;
    }
    if (isSslCheck(request)) {
      answer(200);
      return;
    }
    const signature = verified(request, signingSecret, clock.now());
    if (signature === null) {
      log.warn('A request that claims to be from Slack was refused', { bytes: rawBody.length });
      answer(401);
      return;
    }
    if (!pass) {
      answer(503);
      return;
    }
    if (isReplay(signature)) {
      log.warn('A request of Slack arrived again and was not looked at twice');
      answer(200);
      return;
    }
    response.once('finish', () => {
      // What failed here may be sent again, and has to be let in then.
      if (response.statusCode >= 500) seen.delete(signature);
    });
    if (!holdsObject(request)) {
      log.warn('A signed request of Slack holds nothing that could be read', { bytes: rawBody.length });
      answer(400);
      return;
    }
    // Bolt takes form bodies only where nothing follows the media type.
    const [mediaType] = (request.headers['content-type'] ?? '').split(';');
    request.headers['content-type'] = (mediaType ?? '').trim();
    pass(request, response);
  }

  return {
    listener: (request, response) => {
      try {
        enter(request, response);
      } catch (error) {
        log.error('A request of Slack could not be taken', { error });
        end(response, 500);
      }
    },
    open: (to) => {
      pass = to;
    },
    close: () => {
      pass = null;
    },
  };
}

/** Slack's check that the address answers. It is not signed, so it does nothing whatever else it carries. */
function isSslCheck({ rawBody, headers }: SlackRequest): boolean {
  if (!(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return false;
  if (!rawBody.includes('ssl_check')) return false;
  return new URLSearchParams(rawBody.toString('utf8')).get('ssl_check') === '1';
}

/** Bolt looks into the body in a place where nobody catches what goes wrong, so anything but an object stays outside. */
function holdsObject({ headers, rawBody }: SlackRequest): boolean {
  const text = rawBody.toString('utf8');
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  if (json === null) return true;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** The signature where it is right and of now, give or take five minutes; else null. */
function verified({ headers, rawBody }: SlackRequest, secret: string, now: number): string | null {
  const signature = headers['x-slack-signature'];
  const timestamp = headers['x-slack-request-timestamp'];
  if (typeof signature !== 'string' || !/^v0=[0-9a-f]{64}$/.test(signature)) return null;
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return null;
  if (Math.abs(now - Number(timestamp) * 1_000) > skewMs) return null;
  const right = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(rawBody).digest();
  return timingSafeEqual(right, Buffer.from(signature.slice(3), 'hex')) ? signature : null;
}

function end(response: ServerResponse, status: number): void {
  if (response.headersSent) return;
  response.writeHead(status);
  response.end();
}
