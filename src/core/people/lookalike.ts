/**
 * Marks that look the same as another in most fonts, by the one that they are taken for: Cyrillic and Greek beside Latin
 * letters, and l, I, 1 and | beside each other.
 */
const takenFor: Readonly<Record<string, string>> = {
  ...alike('a', 'аα'),
  ...alike('b', 'ьв'),
  ...alike('c', 'сϲ'),
  ...alike('d', 'ԁ'),
  ...alike('e', 'еε'),
  ...alike('g', 'ɡ'),
  ...alike('h', 'һнη'),
  ...alike('j', 'ј'),
  ...alike('k', 'кκ'),
  ...alike('l', 'i1|ӏіιıǀ'),
  ...alike('m', 'мμ'),
  ...alike('n', 'п'),
  ...alike('o', '0оοσ'),
  ...alike('p', 'рρ'),
  ...alike('q', 'ԛ'),
  ...alike('r', 'г'),
  ...alike('s', 'ѕ'),
  ...alike('t', 'тτ'),
  ...alike('u', 'υ'),
  ...alike('v', 'ѵν'),
  ...alike('w', 'ԝω'),
  ...alike('x', 'хχ'),
  ...alike('y', 'уγ'),
  ...alike('z', 'ζ'),
  ...alike('-', '_‐‑‒–—−'),
};

function alike(letter: string, marks: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...marks].map((mark) => [mark, letter]));
}

/** Longer names are only compared as far as anybody would read them. */
const readTo = 200;

/** What is left of a name for the eye: nothing that cannot be seen, and one mark for all that look like it. */
const toTheEye = (name: string): string =>
  [...name.slice(0, readTo).normalize('NFKC').toLowerCase()]
    .map((mark) => takenFor[mark] ?? mark)
    .join('')
    .replaceAll(/\p{Default_Ignorable_Code_Point}|\p{Cf}|\p{Cc}|\s/gu, '')
    .replaceAll('rn', 'm');

/** Whether a name cannot be told from this one by looking at both. */
export function looksLike(written: string): (name: string) => boolean {
  const seen = toTheEye(written);
  return (name) => seen !== '' && toTheEye(name) === seen;
}
