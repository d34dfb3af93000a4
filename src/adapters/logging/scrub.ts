/** Things that are secret by their looks, whoever let them into a line. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\bxox[a-z](?:\.[a-z]+)?-[\w-]+/gi, '[slack token]'],
  [/\bxapp-[\w-]+/gi, '[slack token]'],
  [/https:\/\/hooks\.slack\.com\/[\w/.-]+/gi, '[slack address]'],
  [/\b(Bearer|Basic|Token token=)(\s+|\\?["'])[\w.~+/=-]{10,}/gi, '$1 [redacted]'],
  // A name and a password in an address.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/"'@:]*:[^\s/"'@]+@/gi, '$1[redacted]@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
];

/** Shorter values occur by chance, and taking them out would only spoil the line. */
const shortest = 6;

/** Takes secrets out of a text: the given values, also as they look inside JSON or in base64, and what looks like one. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      btoa(toBinary(secret)).replace(/=+$/, ''),
    ])
    .toSorted((a, b) => b.length - a.length);
  const values = [...new Set(known)];
  return (text) => {
    let clean = text;
    for (const value of values) clean = clean.replaceAll(value, '[redacted]');
    for (const [pattern, replacement] of patterns) clean = clean.replaceAll(pattern, replacement);
    return clean;
  };
}

const toBinary = (text: string): string => Buffer.from(text).toString('latin1');
