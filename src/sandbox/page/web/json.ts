/** Reading Block Kit JSON, of which nothing but its being JSON is known. */

export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown): Json | null {
  return isJson(value) ? value : null;
}

/** The objects of a list; an empty one where there is no list. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

export function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The words of a text object, or of a plain string in its place. */
export function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : string(object(value)?.text);
}

/**
 * `next` with every part that equals the one in `before` replaced by it, so that what did not change is the same
 * object as before and is not drawn again.
 */
export function keepEqualParts<Value>(before: unknown, next: Value): Value {
  if (Object.is(before, next)) return next;
  if (Array.isArray(before) && Array.isArray(next)) {
    const parts = next.map((part, index) => keepEqualParts(before[index], part));
    const isSame = before.length === parts.length && parts.every((part, index) => part === before[index]);
    return (isSame ? before : parts) as Value;
  }
  if (isJson(before) && isJson(next)) {
    const names = Object.keys(next);
    const kept = Object.fromEntries(names.map((name) => [name, keepEqualParts(before[name], next[name])]));
    const isSame =
      Object.keys(before).length === names.length &&
      names.every((name) => Object.hasOwn(before, name) && kept[name] === before[name]);
    return (isSame ? before : kept) as Value;
  }
  return next;
}
