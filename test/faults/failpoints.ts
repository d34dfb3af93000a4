/**
 * Points of the bot's work at which it can be killed or told to end. A point is a name and a number: the how-manieth
 * time it is reached since the walk began, whatever number of lives the bot has had until then.
 *
 *   commit:before#7, commit:after#7      the bot says so itself, as do
 *   effect:show:leased#3 (called, finished)
 *   slack:chat.postMessage:asked#2       a Web API call has arrived and nothing was done
 *   slack:chat.postMessage:done#2        it was done, and the bot has not been told
 *   command:spawned#1, command:acted#1   the program of an action runs, and has left its line
 *   executor:spawned#1, executor:acted#1 the same moments, at which the executor dies instead of the bot
 */
export type Point = { readonly name: string; readonly number: number };

export const pointText = ({ name, number }: Point): string => `${name}#${number}`;

export function parsePoint(text: string): Point {
  const [name = '', number = '1'] = text.split('#');
  return { name, number: Number(number) };
}

/** Points that the program of an action brings about itself, by the file that tells it to. */
export const actionPoints: readonly Point[] = [
  'command:spawned',
  'command:acted',
  'executor:spawned',
  'executor:acted',
].flatMap((name) => [1, 2].map((number) => ({ name, number })));

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** The seed of this test run: given by SOAK_SEED, else another one each time, and printed either way. */
export function seedOfRun(): number {
  return Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
}
