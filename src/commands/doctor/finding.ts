/** One line of the report. A failure has a fix: one sentence or one command. */
export type Finding = {
  readonly level: 'ok' | 'warning' | 'failed';
  /** What was looked at: `slack`, `host web`. */
  readonly of: string;
  readonly says: string;
  readonly fix?: string;
};

/** What one area of the surroundings has to say; `of` is said once. */
export const findingsOf = (of: string) => ({
  ok: (says: string): Finding => ({ level: 'ok', of, says }),
  warning: (says: string, fix?: string): Finding => ({
    level: 'warning',
    of,
    says,
    ...(fix === undefined ? {} : { fix }),
  }),
  failed: (says: string, fix: string): Finding => ({ level: 'failed', of, says, fix }),
});

/** Ends in time and never rejects: a check that does not end, or that has a fault, is a failure that says so. */
export async function inTime(
  of: string,
  timeoutMs: number,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const { failed } = findingsOf(of);
  const { promise: late, resolve } = Promise.withResolvers<readonly Finding[]>();
  const timer = setTimeout(
    () => resolve([failed(`This did not end within ${timeoutMs / 1_000} s.`, 'Try again.')]),
    timeoutMs,
  );
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [failed(`This could not be looked at: ${why}`, 'Try again, and report it if it stays.')];
  } finally {
    clearTimeout(timer);
  }
}

/** `a, b and 3 more`. */
export function some(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

export const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
