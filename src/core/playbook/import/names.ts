/** Names as playbooks allow them: lower-case letters, digits, hyphens and underscores, a letter first, 60 at most. */

const longestName = 60;
/** Words of the language and names that every object inherits; neither can be the name of a thing. */
const reserved = ['none', 'previous', 'exit', 'everyone', 'any', 'generic', 'constructor', 'prototype'];

function nameFrom(text: string, between: '-' | '_', fallback: string): string {
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  let name = '';
  for (const word of words ?? []) {
    const longer = name === '' ? word : `${name}${between}${word}`;
    if (longer.length > longestName - 4) break;
    name = longer;
  }
  if (name === '') return fallback;
  return /^[a-z]/.test(name) && !reserved.includes(name) ? name : `${fallback}${between}${name}`;
}

/** `TestPassRateLow` becomes `test-pass-rate-low`. */
export const kebabName = (text: string, fallback: string): string => nameFrom(text, '-', fallback);
export const snakeName = (text: string, fallback: string): string => nameFrom(text, '_', fallback);

/** The name itself, or with the first number behind it that nobody has. */
export function freeName(name: string, taken: { readonly has: (name: string) => boolean }): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) if (!taken.has(`${name}_${number}`)) return `${name}_${number}`;
}

/** One line without control characters and marks that change the direction of writing, as the language takes it. */
export function oneLine(text: string, longest = 300): string {
  const plain = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (plain.length <= longest) return plain;
  const cut = plain.slice(0, longest - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > longest / 2 ? cut.slice(0, space) : cut).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** `Scenario A: …`, `Step 2 – …`, `3. …` without what only counts, and without a colon or a picture at the end. */
export function withoutNumber(text: string): string {
  const bare = text
    .replace(
      /^\s*(?:(?:scenario|case|step|stage|phase|option|trigger|warning|info|incident|alert)\s+(?:\d{1,3}|[A-Z])\s*[:.)–—-]\s*|(?:incident|alert)\s*:\s*|\d{1,3}\s*[.)]\s+)/i,
      '',
    )
    .replace(/[^\p{L}\p{N})%\]"'`.?]+$/u, '')
    .trim();
  return bare === '' ? text.trim() : bare;
}
