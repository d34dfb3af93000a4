import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FlyState, writeFlyState } from './flyState.ts';

const MAIN = fileURLToPath(new URL(`./flyMain${extname(import.meta.url)}`, import.meta.url));

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Writes the stand-in for `fly` into `bin`, and the platform that it acts on into `stateFile`. A shell script that names
 * this very Node, because the machine's own may be too old to run TypeScript.
 */
export async function writeFlyProgram(bin: string, stateFile: string, state: FlyState): Promise<void> {
  await mkdir(bin, { recursive: true });
  writeFlyState(stateFile, state);
  const path = join(bin, 'fly');
  const words = [process.execPath, MAIN].map(quoted).join(' ');
  await writeFile(path, `#!/bin/sh\nFLY_STATE=${quoted(stateFile)} exec ${words} "$@"\n`);
  await chmod(path, 0o755);
}
