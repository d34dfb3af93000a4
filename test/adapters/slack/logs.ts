import type { Fields, Log } from '../../../src/engine/log.ts';

/** Keeps what was logged, for tests that look at it. */
export function keptLog(): Log & { readonly lines: { level: string; message: string; fields: Fields }[] } {
  const lines: { level: string; message: string; fields: Fields }[] = [];
  const write =
    (level: string) =>
    (message: string, fields: Fields = {}) => {
      lines.push({ level, message, fields });
    };
  const log = { lines, info: write('info'), warn: write('warn'), error: write('error'), child: () => log };
  return log;
}
