/** Shorter values are too common as ordinary text to be replaced. */
const SHORTEST_SECRET = 6;
const REPLACEMENT = '[redacted]';
/** The widths at which `base64` and PEM writers break their lines. */
const BASE64_WIDTHS = [64, 76];

export interface Redactor {
  redact(text: string): string;
  holdsSecret(text: string): boolean;
  /**
   * The largest length up to `text.length` at which the text may be cut without splitting a secret, were more text
   * to follow.
   */
  safeCut(text: string): number;
}

/** Knows the secret values and the forms in which programs usually print them. */
export function createRedactor(values: readonly string[]): Redactor {
  const forms = [...new Set(values.flatMap(formsOf))]
    .filter((form) => form.length >= SHORTEST_SECRET)
    // At one place the longest form wins, so that no rest of it is left over.
    .sort((one, other) => other.length - one.length);
  const longest = forms[0]?.length ?? 0;
  if (longest === 0) {
    return { redact: (text) => text, holdsSecret: () => false, safeCut: (text) => text.length };
  }
  const pattern = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|');
  const find = () => new RegExp(pattern, 'g');
  return {
    redact: (text) => text.replace(find(), REPLACEMENT),
    holdsSecret: (text) => find().test(text),
    safeCut(text) {
      // Before this place no secret can begin that is not already here in whole.
      const cut = Math.max(0, text.length - (longest - 1));
      for (const match of text.matchAll(find())) {
        const end = match.index + match[0].length;
        if (match.index < cut && end > cut) return end;
      }
      return cut;
    },
  };
}

function formsOf(value: string): string[] {
  if (value.length < SHORTEST_SECRET) return [];
  // Output is looked at line by line, so a value of several lines counts by its lines.
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_SECRET);
  return [
    ...lines,
    ...lines.flatMap((line) => [JSON.stringify(line).slice(1, -1), encodeURIComponent(line)]),
    ...base64Forms(value),
    ...lines.flatMap(base64Forms),
  ];
}

/**
 * Base64 packs three bytes into four characters, so a value within a longer text (`user:secret`) looks different for
 * each of three offsets. Characters that mix in bits of the neighbours are left off at both ends.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const whole = bytes.toString('base64');
  const shifted = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const wrapped = BASE64_WIDTHS.flatMap((width) => {
    const rows: string[] = [];
    for (let at = 0; whole.length > width && at < whole.length; at += width)
      rows.push(whole.slice(at, at + width));
    return rows;
  });
  const standard = [whole, ...shifted, ...wrapped];
  return [
    ...standard,
    ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
  ];
}
