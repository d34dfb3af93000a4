/** Foreign text in a picture: what XML may not hold is dropped, what means something to it is escaped. */
export function xmlText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids.
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udfff]/gu, '')
      .replaceAll(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
  );
}

/**
 * Width in pixels of a text in DejaVu Sans, a little on the generous side: a pure function cannot open the font, so
 * this knows its widths by class of character.
 */
export function textWidth(text: string, size: number, weight: 'normal' | 'bold' = 'normal'): number {
  let ems = 0;
  for (const character of text) ems += emsOf(character);
  return ems * size * (weight === 'bold' ? 1.11 : 1);
}

function emsOf(character: string): number {
  if (/[ijlI.,:;'|! ·]/.test(character)) return 0.34;
  if (/[frt()[\]/"-]/.test(character)) return 0.43;
  if (/[mMW@%—…]/.test(character)) return 1;
  if (/[A-Zw<>=~+→]/.test(character)) return 0.8;
  return character > '\u2000' ? 1 : 0.64;
}

/** The text, or as much of it as fits with an ellipsis. */
export function fitText(
  text: string,
  size: number,
  width: number,
  weight: 'normal' | 'bold' = 'normal',
): string {
  const clean = text.replaceAll(/\s+/g, ' ').trim();
  if (textWidth(clean, size, weight) <= width) return clean;
  const characters = [...clean];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size, weight) > width)
    characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
