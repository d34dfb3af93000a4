import { production } from '../access/access.ts';
import type { Playbook } from './definition.ts';
import { genericName } from './match.ts';
import { readSource } from './readSource.ts';
import { namedIn, type RoomFile } from './reporting.ts';
import type { ServiceBook } from './serviceBook.ts';
import { playbookSource } from './source.ts';
import { readSteps, type StepSource } from './stepSource.ts';

/** A playbook as far as another one that calls it has to know it. */
export type Shelved = {
  readonly name: string;
  readonly title: string;
  readonly authority: Playbook['authority'];
  readonly window?: 'required';
  readonly service: ServiceBook;
  readonly steps: readonly StepSource[];
};

/** The playbooks of a room by name: null where one exists but cannot be understood, which is said at its own file. */
export type Shelf = {
  readonly names: readonly string[];
  readonly find: (name: string) => Shelved | null | undefined;
};

export const noService: ServiceBook = {
  name: '',
  whole: true,
  environment: production,
  indicators: new Map(),
  actions: new Map(),
  links: {},
};

/** Playbooks are read when they are called, and once. */
export function shelve(files: readonly RoomFile[], services: ReadonlyMap<string, ServiceBook | null>): Shelf {
  const byName = new Map<string, RoomFile>();
  for (const file of files) {
    const name = namedIn(file.value, 'playbook');
    if (name !== undefined && !byName.has(name)) byName.set(name, file);
  }
  const read = new Map<string, Shelved | null>();
  return {
    names: [...byName.keys()],
    find(name) {
      const file = byName.get(name);
      if (!file) return undefined;
      const before = read.get(name);
      if (before !== undefined) return before;
      const shelved = shelvedOf(file, services);
      read.set(name, shelved);
      return shelved;
    },
  };
}

function shelvedOf(file: RoomFile, services: ReadonlyMap<string, ServiceBook | null>): Shelved | null {
  const source = readSource(playbookSource, file.value);
  if (!source.ok) return null;
  const { playbook: name, title, authority = 'each', window, service: serviceName, steps } = source.value;
  const isGeneric = serviceName === undefined && name === genericName;
  const service = isGeneric ? noService : services.get(serviceName ?? '');
  // What is wrong with the steps is said at the file itself.
  if (!service) return null;
  return {
    ...{ name, title, authority, service, steps: readSteps(steps, ['steps'], []) },
    ...(window !== undefined && { window }),
  };
}
