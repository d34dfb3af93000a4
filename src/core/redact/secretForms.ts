/** Shorter values are too common as ordinary text to be told from it. */
export const shortestSecret = 6;

/** One way in which a program may print a secret. */
export type SecretForm = {
  /** As it stands where nothing in it is escaped. */
  readonly text: string;
  /** Source of an expression that finds it. */
  readonly pattern: string;
  /** The most characters that the expression can take. */
  readonly longest: number;
  /** Encoders break it into lines at any place. */
  readonly wrapped: boolean;
};

/**
 * The forms in which programs usually print a value: as it is, inside JSON, in a URL (encoders agree neither on which
 * marks they leave as they are nor on the case of the digits), in base64 and in hexadecimal. Output is looked at line by
 * line, so a value of several lines counts by its lines as well.
 */
export function formsOf(value: string): readonly SecretForm[] {
  if (value.length < shortestSecret) return [];
  const lines = value.split(/\r?\n/).filter((line) => line.length >= shortestSecret);
  const whole = [...new Set([value, ...lines])];
  const encoded = whole.flatMap((text) => {
    const bytes = utf8(text);
    return [...base64Forms(bytes), ...hexForms(bytes)];
  });
  return [...lines.map(plainForm), ...[...new Set(encoded)].map(wrappedForm)].filter(
    ({ text }) => text.length >= shortestSecret,
  );
}

const literal = (mark: string): string => mark.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Each mark either as it is or as an encoder of JSON or of addresses writes it. */
function plainForm(text: string): SecretForm {
  const marks = [...wellFormed(text)].map((mark) => {
    if (/[A-Za-z0-9]/.test(mark)) return { pattern: mark, longest: 1 };
    const inJson = JSON.stringify(mark).slice(1, -1);
    const code = mark.length === 1 ? `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}` : inJson;
    const percent = utf8(mark)
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join('');
    const ways = [
      percent,
      code,
      inJson,
      ...(mark === '/' ? ['\\/'] : []),
      ...(mark === ' ' ? ['+'] : []),
      mark,
    ];
    return {
      pattern: `(?:${[...new Set(ways)].map(anyCase).join('|')})`,
      longest: Math.max(...ways.map((way) => way.length)),
    };
  });
  return {
    text,
    pattern: marks.map(({ pattern }) => pattern).join(''),
    longest: marks.reduce((sum, { longest }) => sum + longest, 0),
    wrapped: false,
  };
}

/** Hexadecimal digits of an escape are written either way. */
const anyCase = (way: string): string =>
  /^(?:%|\\u)/.test(way) && way.length > 2
    ? literal(way).replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
    : literal(way);

function wrappedForm(text: string): SecretForm {
  const pattern = [...text].map(literal).join('(?:\\r?\\n)?');
  return { text, pattern, longest: text.length * 3, wrapped: true };
}

/** Half a surrogate pair has no bytes; writers put the replacement character in its place. */
const wellFormed = (text: string): string => text.replaceAll(/[\ud800-\udfff]/gu, '\ufffd');

const utf8 = (text: string): readonly number[] =>
  [...encodeURIComponent(wellFormed(text)).matchAll(/%([0-9A-F]{2})|[^%]/g)].map(([mark, code]) =>
    code === undefined ? mark.charCodeAt(0) : Number.parseInt(code, 16),
  );

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const three = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (const shift of [18, 12, 6, 0]) text += alphabet[(three >> shift) & 63] ?? '';
  }
  // Without padding: where more follows there is none, and what is left of it is no secret.
  return text.slice(0, Math.ceil((bytes.length * 8) / 6));
}

/**
 * Base64 packs three bytes into four characters, so a value within a longer text (`user:secret`) looks different for
 * each of three offsets. Characters that mix in bits of the neighbours are left off at both ends.
 */
function base64Forms(bytes: readonly number[]): readonly string[] {
  const shifted = [0, 1, 2].map((offset) => {
    const encoded = base64([...new Array<number>(offset).fill(0), ...bytes]);
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const standard = [base64(bytes), ...shifted];
  return [...standard, ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function hexForms(bytes: readonly number[]): readonly string[] {
  const lower = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [lower, lower.toUpperCase()];
}
