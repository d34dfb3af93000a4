import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';

/** The variables of the EXECUTOR_ENV file, by name. Throws when the file cannot be read: half of them is not enough. */
export function readSecrets(file: string | undefined): ReadonlyMap<string, string> {
  if (file === undefined || file === '') return new Map();
  const entries = Object.entries(parseEnv(readFileSync(file, 'utf8')));
  return new Map(entries.map(([name, value]) => [name, value ?? '']));
}

export interface LocalEnvironment {
  directory: string;
  path: readonly string[];
  /** Later entries win over the three that every command gets. */
  declared: Readonly<Record<string, string>>;
}

/** All that a command on this host sees: nothing of the executor's own environment but PATH and HOME. */
export function localEnvironment({ directory, path, declared }: LocalEnvironment): Record<string, string> {
  const inherited = process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  return {
    PATH: [...path.map((entry) => resolve(directory, entry)), inherited].join(':'),
    HOME: process.env.HOME ?? '/',
    LANG: 'C.UTF-8',
    ...declared,
  };
}
