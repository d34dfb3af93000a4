import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesOf, get, put, trieOf, valuesOf } from '../../src/core/trie.ts';

const key = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', ''),
);

describe('a trie', () => {
  it('holds what a map of the same entries holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer()), { maxLength: 400 }), (entries) => {
        const trie = trieOf(entries);
        const map = new Map(entries);
        expect(trie.size).toBe(map.size);
        expect(new Map(entriesOf(trie))).toEqual(map);
        for (const [each, value] of map) expect(get(trie, each)).toBe(value);
        expect(get(trie, 'not in it, being too long')).toBeUndefined();
      }),
    );
  });

  it('leaves the version before as it was', () => {
    const before = trieOf(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n] as const));
    const after = put(put(before, 'k7', -7), 'more', 1);
    expect(get(before, 'k7')).toBe(7);
    expect(get(after, 'k7')).toBe(-7);
    expect([before.size, after.size]).toEqual([1_000, 1_001]);
  });

  it('lists a few in the order in which they came', () => {
    expect(
      valuesOf(
        trieOf([
          ['z', 1],
          ['a', 2],
          ['m', 3],
          ['a', 4],
        ]),
      ),
    ).toEqual([1, 4, 3]);
  });
});
