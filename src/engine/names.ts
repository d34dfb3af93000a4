import { type Names, noNames } from '../core/report/names.ts';
import type { Log } from './log.ts';
import { type Directory, type Store, StoreFailed } from './ports.ts';

export type Namer = {
  /**
   * How people are called, by their ids: as the chat says now, else as it said last; who is in neither has no entry.
   * Never rejects, and waits no longer than the directory does.
   */
  namesOf(users: readonly string[]): Promise<Names>;
  /** Somebody did something: keeps how they are called, for when the chat is not there. Never rejects. */
  acted(user: string): Promise<void>;
};

export function createNamer({
  store,
  directory,
  log,
}: {
  readonly store: Pick<Store, 'names' | 'keepNames'>;
  readonly directory: Pick<Directory, 'names'>;
  readonly log: Log;
}): Namer {
  /** A database that does not take a name, or has none to tell, has worse to say elsewhere. */
  async function orNone(work: () => Promise<Names | undefined>, what: string): Promise<Names> {
    try {
      return (await work()) ?? noNames;
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      log.warn(`names of people could not be ${what}`, { code: error.code });
      return noNames;
    }
  }

  const keep = (names: Names) =>
    orNone(async () => (names.size > 0 ? void (await store.keepNames(names)) : undefined), 'kept');

  return {
    async namesOf(users) {
      if (users.length === 0) return noNames;
      const told = await directory.names(users);
      await keep(told);
      const silent = users.filter((user) => !told.has(user));
      if (silent.length === 0) return told;
      return new Map([...(await orNone(() => store.names(silent), 'read')), ...told]);
    },
    async acted(user) {
      await keep(await directory.names([user]));
    },
  };
}
