/**
 * A map from text to values that is never changed: a new version shares everything with the one before but the path to
 * what differs. Copying a plain object for each of ten thousand alerts would copy fifty million properties.
 *
 * Up to `leafSize` entries are one list, in the order in which they came; a larger map has sixteen branches a level, by
 * the hash of the key. Every operation but the listing of all takes the same small time, however much is in it.
 */
export type Trie<V> = { readonly size: number; readonly root: Node<V> };

type Entry<V> = readonly [key: string, value: V];

type Node<V> =
  | { readonly kind: 'leaf'; readonly entries: readonly Entry<V>[] }
  | { readonly kind: 'branch'; readonly children: readonly Node<V>[] };

const leafSize = 16;
const branches = 16;
const bitsPerLevel = 4;
/** The hash has 32 bits; below that many levels a list grows as long as it must. */
const deepest = 8;

const emptyLeaf = { kind: 'leaf', entries: [] } as const;
const empty = { size: 0, root: emptyLeaf } as const;

export const emptyTrie = <V>(): Trie<V> => empty;

export function trieOf<V>(entries: Iterable<readonly [string, V]>): Trie<V> {
  let trie = emptyTrie<V>();
  for (const [key, value] of entries) trie = put(trie, key, value);
  return trie;
}

export function get<V>(trie: Trie<V>, key: string): V | undefined {
  let node = trie.root;
  for (let hash = hashOf(key); node.kind === 'branch'; hash >>>= bitsPerLevel) {
    node = node.children[hash % branches] ?? emptyLeaf;
  }
  return node.entries.find(([known]) => known === key)?.[1];
}

export function put<V>(trie: Trie<V>, key: string, value: V): Trie<V> {
  const isNew = get(trie, key) === undefined;
  return {
    size: isNew ? trie.size + 1 : trie.size,
    root: putInto(trie.root, [key, value], { hash: hashOf(key), depth: 0 }),
  };
}

/** In no order that means anything, unless there are few. */
export function entriesOf<V>(trie: Trie<V>): readonly Entry<V>[] {
  return listed(trie.root);
}

export const valuesOf = <V>(trie: Trie<V>): readonly V[] => entriesOf(trie).map(([, value]) => value);

type Way = { readonly hash: number; readonly depth: number };

function putInto<V>(node: Node<V>, entry: Entry<V>, { hash, depth }: Way): Node<V> {
  switch (node.kind) {
    case 'branch': {
      const at = hash % branches;
      const child = node.children[at] ?? emptyLeaf;
      const below = putInto(child, entry, { hash: hash >>> bitsPerLevel, depth: depth + 1 });
      return { kind: 'branch', children: node.children.with(at, below) };
    }
    case 'leaf': {
      const at = node.entries.findIndex(([known]) => known === entry[0]);
      if (at >= 0) return { kind: 'leaf', entries: node.entries.with(at, entry) };
      const entries = [...node.entries, entry];
      return entries.length <= leafSize || depth === deepest
        ? { kind: 'leaf', entries }
        : split(entries, depth);
    }
    default: {
      const never: never = node;
      return never;
    }
  }
}

function split<V>(entries: readonly Entry<V>[], depth: number): Node<V> {
  const children: Node<V>[] = Array.from({ length: branches }, () => emptyLeaf);
  for (const entry of entries) {
    const hash = hashOf(entry[0]) >>> (depth * bitsPerLevel);
    const at = hash % branches;
    const way = { hash: hash >>> bitsPerLevel, depth: depth + 1 };
    children[at] = putInto(children[at] ?? emptyLeaf, entry, way);
  }
  return { kind: 'branch', children };
}

const listed = <V>(node: Node<V>): readonly Entry<V>[] =>
  node.kind === 'leaf' ? node.entries : node.children.flatMap((child) => listed(child));

/** FNV-1a over UTF-16 code units, 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  // The low bits of neighbouring keys differ little; the first level is chosen by them.
  return (hash ^ (hash >>> 15)) >>> 0;
}
