import type { PostMortem } from './postMortem.ts';
import { writtenTime } from './written.ts';

/** More are counted: what a reader goes through, and the rest is in the JSON form. */
const mostLines = 20;

export type AlertLine = { readonly name: string | null; readonly said: string };

/**
 * One line for each name of an alert, those that fired most often first: an alert of which there is one says what it
 * said, one of which there are many how many, and from the first's start to the last's end. `name` is null for the last
 * line, which counts what the others leave out.
 */
export function alertLines(alerts: PostMortem['alerts']): readonly AlertLine[] {
  const named = new Map<string, PostMortem['alerts'][number][]>();
  for (const alert of alerts) {
    const others = named.get(alert.name);
    if (others) others.push(alert);
    else named.set(alert.name, [alert]);
  }
  // Sorting keeps those that fired equally often in the order in which they came.
  const groups = [...named.values()].sort((a, b) => b.length - a.length);
  const shown = groups.slice(0, groups.length > mostLines ? mostLines - 1 : mostLines);
  const rest = groups.slice(shown.length);
  const left = rest.reduce((count, group) => count + group.length, 0);
  return [
    ...shown.map(lineOf),
    ...(rest.length === 0
      ? []
      : [{ name: null, said: `${left} more alerts, of ${rest.length} other names` }]),
  ];
}

function lineOf(group: readonly PostMortem['alerts'][number][]): AlertLine {
  const [first] = group;
  const from = group.reduce((least, alert) => Math.min(least, alert.from), Number.POSITIVE_INFINITY);
  const firing = group.filter(({ to }) => to === null).length;
  const last = group.reduce((most, { to }) => Math.max(most, to ?? 0), 0);
  const until = firing > 0 ? 'now' : writtenTime(last);
  const when = `${writtenTime(from)} to ${until}`;
  if (group.length === 1) return { name: first?.name ?? '', said: `${first?.summary ?? ''} (${when})` };
  const still = firing === 0 || firing === group.length ? '' : `, ${firing} of them still firing`;
  return {
    name: first?.name ?? '',
    said: `${group.length} alerts${still}, such as ${first?.summary ?? ''} (${when})`,
  };
}
