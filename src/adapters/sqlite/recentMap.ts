/**
 * A map that keeps at least the `capacity` entries used last and at most twice as many, in two generations: when the
 * young one is full it becomes the old one, and what the old one held is forgotten. A plain Map whose first entry is
 * deleted for each new one has to step over all the gaps that earlier deletions left.
 */
export function createRecentMap<K, V>(capacity: number) {
  let young = new Map<K, V>();
  let old = new Map<K, V>();

  function set(key: K, value: V): void {
    young.set(key, value);
    if (young.size < capacity) return;
    old = young;
    young = new Map();
  }

  return {
    get(key: K): V | undefined {
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    delete(key: K): void {
      young.delete(key);
      old.delete(key);
    },
    clear(): void {
      young = new Map();
      old = new Map();
    },
  };
}
