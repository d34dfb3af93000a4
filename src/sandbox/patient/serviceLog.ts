import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const MOST_BYTES = 2_000_000;

export type ServiceLog = (level: 'INFO' | 'WARN' | 'ERROR', lines: readonly string[]) => void;

/**
 * Appends to logs/genesis.log, opening it anew each time, so that a log that was deleted or moved away comes back; past
 * 2 MB the older half goes.
 */
export function createServiceLog(path: string, now: () => number): ServiceLog {
  return (level, lines) => {
    if (lines.length === 0) return;
    const at = new Date(now()).toISOString();
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, lines.map((line) => `${at} ${level} ${line}\n`).join(''));
    if (statSync(path).size <= MOST_BYTES) return;
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.slice(text.indexOf('\n', text.length / 2) + 1));
  };
}
