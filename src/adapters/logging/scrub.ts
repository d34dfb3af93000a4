import { createRedactor } from '../../core/redact/redactor.ts';

/** Things that are secret by their looks, whoever let them into a line. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\bxox[a-z](?:\.[a-z]+)?-[\w-]+/gi, '[slack token]'],
  [/\bxapp-[\w-]+/gi, '[slack token]'],
  [/https:\/\/hooks\.slack\.com\/[\w/.-]+/gi, '[slack address]'],
  [/\b(Bearer|Basic|Token token=)(\s+|\\?["'])[\w.~+/=-]{10,}/gi, '$1 [redacted]'],
  // A name and a password in an address.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/"'@:]{0,200}:[^\s/"'@]{1,500}@/gi, '$1[redacted]@'],
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
    '[private key]',
  ],
];

/** Takes secrets out of a text: the given values, in whatever form they were printed, and what looks like one. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const { redact } = createRedactor(secrets);
  return (text) => {
    let clean = redact(text);
    for (const [pattern, replacement] of patterns) clean = clean.replaceAll(pattern, replacement);
    return clean;
  };
}
