/** JSON as a careful reader takes it; `why` is a sentence for the person who sent it. */
export type Json =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'bad'; readonly why: string };

/** Alertmanager's payload is four levels deep. */
const maxDepth = 16;

/**
 * Parses what `JSON.parse` takes, and refuses besides: bytes that are no UTF-8, text with half a surrogate pair, a key
 * twice in one object (readers disagree on which one counts), keys that reach into what all objects share, and nesting
 * without end.
 */
export function parseJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { kind: 'bad', why: 'The body is not valid UTF-8.' };
  }
  const separators = countSeparators(text);
  if (separators === 'too-deep')
    return { kind: 'bad', why: `The body is nested deeper than ${maxDepth} levels.` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      kind: 'bad',
      why: `The body is not valid JSON: ${error instanceof Error ? error.message : error}.`,
    };
  }
  const seen: Seen = { keys: 0, why: null };
  look(value, seen);
  if (seen.why) return { kind: 'bad', why: seen.why };
  // JSON.parse keeps the last of two equal keys, so the parsed value then has fewer keys than the text has colons.
  if (seen.keys !== separators) return { kind: 'bad', why: 'The body has a key twice in one object.' };
  return { kind: 'json', value };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Colons outside strings, one for each key. The text need not be valid: the parser judges that afterwards. */
function countSeparators(text: string): number | 'too-deep' {
  let colons = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case colon:
        colons += 1;
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > maxDepth) return 'too-deep';
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
    }
  }
  return colons;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** A quote is escaped when an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}

type Seen = { keys: number; why: string | null };

function look(value: unknown, seen: Seen): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) seen.why = 'The body has text with half a surrogate pair.';
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) look(each, seen);
    return;
  }
  for (const [key, each] of Object.entries(value)) {
    seen.keys += 1;
    if (key === '__proto__') seen.why = 'The body has the key __proto__.';
    // As the name of a label both are fine; with an object behind it, it is aimed at what all objects share.
    if ((key === 'constructor' || key === 'prototype') && typeof each === 'object')
      seen.why = `The body has an object under the key ${key}.`;
    if (!key.isWellFormed()) seen.why = 'The body has a key with half a surrogate pair.';
    look(each, seen);
  }
}

const quote = 0x22;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const backslash = 0x5c;
