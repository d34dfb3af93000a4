import type { Severity } from '../severity.ts';
import { severities } from '../severity.ts';
import { canonicalJson, sha256Hex } from './canonical.ts';
import type { Room } from './room.ts';
import type { Routing } from './routing.ts';

/** What tells two rooms apart: SHA-256 of each playbook with all that it reaches, and of the other files, hex. */
export type RoomPrints = {
  readonly playbooks: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
};

/** Names of playbooks in the order of the alphabet, and which of the other files say something else now. */
export type RoomChange = {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly gone: readonly string[];
  readonly others: readonly string[];
};

/** What people are told when the playbooks were edited while the bot runs. Times are milliseconds since the epoch. */
export type RoomNotice =
  | {
      readonly kind: 'reloaded';
      readonly at: number;
      readonly change: RoomChange;
      /** The edit before this one could not be used. */
      readonly mended: boolean;
    }
  | {
      readonly kind: 'broken';
      readonly at: number;
      /** The first problems as `file:line:column: message`, and how many more there are. */
      readonly problems: readonly string[];
      readonly more: number;
      /** Since when the playbooks that stay in use have been in use. */
      readonly since: number;
    };

/** Parts of a room that are not called as the files are that they come from. */
const fileOf: Readonly<Record<string, string>> = {
  reopenWithinMs: 'routing',
  chains: 'escalation',
  targets: 'escalation',
};

export function printsOf({ definitions, pace: _, ...rest }: Room): RoomPrints {
  const print = (value: unknown): string => sha256Hex(canonicalJson(value));
  const files: Record<string, string> = {};
  for (const [part, value] of Object.entries(rest)) {
    const file = fileOf[part] ?? part;
    files[file] = `${files[file] ?? ''}${print(value ?? null)}`;
  }
  return {
    playbooks: Object.fromEntries(
      Object.entries(definitions).map(([name, definition]) => [name, print(definition)]),
    ),
    files,
  };
}

export function changeBetween(before: RoomPrints, after: RoomPrints): RoomChange {
  const [old, now] = [before.playbooks, after.playbooks];
  const names = Object.keys(now).sort();
  return {
    changed: names.filter((name) => Object.hasOwn(old, name) && old[name] !== now[name]),
    added: names.filter((name) => !Object.hasOwn(old, name)),
    gone: Object.keys(old)
      .filter((name) => !Object.hasOwn(now, name))
      .sort(),
    others: Object.keys({ ...before.files, ...after.files })
      .filter((file) => before.files[file] !== after.files[file])
      .sort(),
  };
}

export const isNoChange = ({ changed, added, gone, others }: RoomChange): boolean =>
  [changed, added, gone, others].every(({ length }) => length === 0);

const namesShown = 5;

/** `2 changed (high-cpu, high-error-rate), 1 new (redis-slow), routing changed`; what differs nowhere says so. */
export function changeInWords({ changed, added, gone, others }: RoomChange): string {
  const counted = (names: readonly string[], what: string): string[] => {
    if (names.length === 0) return [];
    const more = names.length - namesShown;
    const shown = names.slice(0, namesShown).join(', ');
    return [`${names.length} ${what} (${shown}${more > 0 ? ` and ${more} more` : ''})`];
  };
  const parts = [
    ...counted(changed, 'changed'),
    ...counted(added, 'new'),
    ...counted(gone, 'gone'),
    ...others.map((file) => `${file} changed`),
  ];
  return parts.length === 0 ? 'nothing differs from those in use' : parts.join(', ');
}

/** From the least urgent up: an edit is news for those who look after things by day, and wakes nobody. */
const quietestFirst: readonly Severity[] = [...severities].reverse();

/** Where it is said that the playbooks were edited: the channel of threads, else where incidents are announced. */
export function channelForEdits(routing: Routing): string | null {
  const routes = quietestFirst.map((severity) => routing[severity]);
  const threads = routes.flatMap(({ place }) => (place.kind === 'thread' ? [place.channel] : []));
  return threads[0] ?? routes.map(({ announce }) => announce).find((channel) => channel !== null) ?? null;
}
