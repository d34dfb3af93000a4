/**
 * A stream is one subject with a history of its own. Streams never read each other: they meet only through effects
 * that become commands. `INC-7` is an incident, `INC-7.2` its second run, `RUN-3` a run outside any incident,
 * `FRZ-1` a freeze.
 */
export type IncidentId = `INC-${number}`;
export type RunId = `${IncidentId}.${number}` | `RUN-${number}`;
export type FreezeId = `FRZ-${number}`;
export type StreamId = IncidentId | RunId | FreezeId;

/** One entry of a run's ledger, by its index there. */
export type LedgerRef = { readonly run: RunId; readonly entry: number };

export const incidentId = (number: number): IncidentId => `INC-${number}`;
export const isIncidentId = (text: string): text is IncidentId => /^INC-[1-9]\d{0,8}$/.test(text);
export const isFreezeId = (text: string): text is FreezeId => /^FRZ-[1-9]\d{0,8}$/.test(text);
export const isRunId = (text: string): text is RunId =>
  /^(INC-[1-9]\d{0,8}\.[1-9]\d{0,4}|RUN-[1-9]\d{0,8})$/.test(text);

/** The id that somebody means who types `inc-7` or only `7`. */
export const incidentNamed = (text: string): string =>
  /^\d+$/.test(text) ? `INC-${text}` : text.toUpperCase();
