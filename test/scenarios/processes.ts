import { readdirSync, readFileSync } from 'node:fs';

/** How many programs on this machine were started with this argument. */
export const runningWith = (argument: string): number =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => argumentsOf(pid).includes(argument)).length;

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    // It ended between being listed and being read.
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
