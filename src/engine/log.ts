/** What a log line carries besides its sentence. An `Error` under `error` is written with its causes. */
export type Fields = Readonly<Record<string, unknown>>;

/** Lines for operators. Secrets are taken out by the writer, yet none should be handed in. */
export type Log = {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log whose lines all carry these fields. */
  child(fields: Fields): Log;
};

/** How long a warning stays away after it was written, in milliseconds. */
const quietMs = 10_000;

/**
 * Warnings that strangers can cause: each sentence is written at most once in ten seconds, with how many more there
 * were, so that nobody fills the disk with them.
 */
export function rareWarnings(log: Log): (message: string, fields: Fields) => void {
  const quietUntil = new Map<string, number>();
  const skipped = new Map<string, number>();
  return (message, fields) => {
    const now = performance.now();
    if (now < (quietUntil.get(message) ?? 0)) {
      skipped.set(message, (skipped.get(message) ?? 0) + 1);
      return;
    }
    quietUntil.set(message, now + quietMs);
    const more = skipped.get(message) ?? 0;
    skipped.delete(message);
    log.warn(message, more > 0 ? { ...fields, moreSinceLastLine: more } : fields);
  };
}
