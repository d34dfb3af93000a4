import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Real programs that some tests run against, with the names that distributions give them. */
const PROGRAMS = {
  sshd: ['sshd'],
  prometheus: ['prometheus'],
  alertmanager: ['prometheus-alertmanager', 'alertmanager'],
  promtool: ['promtool'],
  amtool: ['amtool'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
} as const satisfies Record<string, readonly string[]>;

export type Component = keyof typeof PROGRAMS;

/** Not every PATH holds the directories of daemons. */
const ALWAYS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Path of the program, or null with a warning where it is not installed. Where CI is set it throws instead: there a
 * test that is skipped would look like one that passed.
 */
export function requireComponent(component: Component): string | null {
  const directories = [
    ...(process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== ''),
    ...ALWAYS,
  ];
  for (const name of PROGRAMS[component]) {
    const found = directories.map((directory) => join(directory, name)).find(isExecutable);
    if (found !== undefined) return found;
  }
  const message = `${component} is not installed (looked for ${PROGRAMS[component].join(', ')}): npm run setup`;
  if (process.env.CI) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
