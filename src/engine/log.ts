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
