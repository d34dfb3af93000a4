import { z } from 'zod';
import { clickPayload, mentionPayload, slashPayload, submissionPayload } from './payload.ts';

/**
 * What a signed body turns out to be, before the library sees it. The library looks into bodies in places where nobody
 * catches what goes wrong, and lets what no listener takes wait for three seconds; so only what is heard goes on.
 *
 * Slack is answered in its own terms: 400 for what cannot be read, 404 for a command or an interaction that nobody
 * here listens to (the person sees that it did not work), and 200 for events nobody asked for, because Slack sends
 * refused events again and in the end takes the subscription away.
 */
export type SignedBody =
  | { readonly kind: 'heard' }
  /** Slack says that it dropped events; `minute` is Unix seconds, null where it says no time. */
  | { readonly kind: 'events-dropped'; readonly minute: number | null }
  | { readonly kind: 'not-heard'; readonly status: 400 | 404 | 200; readonly why: string };

/** Slack's own bodies are about fifteen levels deep. */
const maxDepth = 64;

const heard: SignedBody = { kind: 'heard' };
const unreadable = (why: string): SignedBody => ({ kind: 'not-heard', status: 400, why });
const nobodys = (why: string): SignedBody => ({ kind: 'not-heard', status: 404, why });
const leftAside = (why: string): SignedBody => ({ kind: 'not-heard', status: 200, why });

export const formType = 'application/x-www-form-urlencoded';
export const jsonType = 'application/json';
export const slashCommand = '/genesis';

/** `mediaType` without its parameters. */
export function readSignedBody(mediaType: string, rawBody: Uint8Array): SignedBody {
  let text: string;
  try {
    text = utf8.decode(rawBody);
  } catch {
    return unreadable('It is not valid UTF-8.');
  }
  if (mediaType === jsonType) return readEvent(text);
  if (mediaType !== formType) return unreadable('It is neither a form nor JSON.');
  const form = new URLSearchParams(text);
  const names = [...form.keys()];
  // Two readers could take two different values.
  if (new Set(names).size !== names.length) return unreadable('The form has a field twice.');
  if (form.has('ssl_check')) return leftAside('Slack looks whether the address answers.');
  const payload = form.get('payload');
  if (payload !== null) return readInteraction(payload);
  const command = form.get('command');
  if (command === null) return unreadable('It is neither a command nor an interaction.');
  if (!slashPayload.safeParse(Object.fromEntries(form)).success)
    return unreadable('A command without a part that every command has.');
  return command === slashCommand ? heard : nobodys('A command that is not ours.');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const typed = z.object({ type: z.string() });
const ownView = z.object({ view: z.object({ callback_id: z.string().startsWith('genesis.') }) });

function readInteraction(payload: string): SignedBody {
  const json = parse(payload);
  const type = typed.safeParse(json).data?.type;
  switch (type) {
    case undefined:
      return unreadable('The payload is not an object with a type.');
    case 'block_actions':
      return clickPayload.safeParse(json).success ? heard : unreadable('A click without its parts.');
    case 'view_submission':
      if (!submissionPayload.safeParse(json).success) return unreadable('A form without its parts.');
      return ownView.safeParse(json).success ? heard : nobodys('A form that is not ours.');
    default:
      return nobodys('An interaction that nobody listens to.');
  }
}

const challenge = z.object({ challenge: z.string().max(1_000) });
const innerEvent = z.object({ event: z.object({ type: z.string() }) });

function readEvent(text: string): SignedBody {
  const json = parse(text);
  switch (typed.safeParse(json).data?.type) {
    case 'url_verification':
      return challenge.safeParse(json).success ? heard : unreadable('A verification without a challenge.');
    case 'app_rate_limited':
      return { kind: 'events-dropped', minute: minuteOf(json) };
    case 'event_callback': {
      const inner = innerEvent.safeParse(json).data?.event.type;
      if (inner === undefined) return unreadable('An event without its event.');
      if (inner !== 'app_mention') return leftAside('An event that nobody listens to.');
      return mentionPayload.safeParse(json).success ? heard : unreadable('A mention without its parts.');
    }
    default:
      return unreadable('JSON that is no event.');
  }
}

const limited = z.object({ minute_rate_limited: z.int().positive().max(1e11) });

/** The minute that an `app_rate_limited` speaks of, Unix seconds; null where it says none. */
export const minuteOf = (notice: unknown): number | null =>
  limited.safeParse(notice).data?.minute_rate_limited ?? null;

/** Undefined for what is not JSON, or nested so deeply that reading it further would be a risk. */
function parse(text: string): unknown {
  if (isDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Brackets outside texts; the text need not be JSON, that is the parser's to say. */
function isDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inText) {
      if (char === '\\') at += 1;
      else if (char === '"') inText = false;
    } else if (char === '"') inText = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return false;
}
