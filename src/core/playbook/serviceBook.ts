import type { Action, Host, Indicator } from './definition.ts';
import type { Pace } from './pace.ts';

/**
 * A service as far as it could be understood. `null` stands for something that exists but is broken: what refers to it
 * is not called unknown. `whole` is false when the lists of names themselves may be incomplete.
 */
export type ServiceBook = {
  readonly name: string;
  readonly whole: boolean;
  /** Where it stands, as access rules name it. */
  readonly environment: string;
  readonly indicators: ReadonlyMap<string, Indicator | null>;
  readonly actions: ReadonlyMap<string, Action | null>;
  readonly links: Readonly<Record<string, string>>;
};

/** Hosts by name, null where broken; `undefined` when the file itself could not be read. */
export type HostBook = ReadonlyMap<string, Host | null> | undefined;

export type Compiling = { readonly pace: Pace; readonly hosts: HostBook };

/** `recent_errors` is shown as "Recent errors" where no title is given. */
export const titleOf = (name: string): string => {
  const words = name.replaceAll(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
