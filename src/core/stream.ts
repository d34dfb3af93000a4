/**
 * A stream is one subject with a history of its own. Streams never read each other: they meet only through effects
 * that become commands. `INC-7` is an incident, `INC-7.2` its second run, `RUN-3` a run outside any incident,
 * `FRZ-1` a freeze, `WCH-1` a watch, `PRF-U024BE7LH` the preferences of a person.
 */
export type IncidentId = `INC-${number}`;
export type RunId = `${IncidentId}.${number}` | `RUN-${number}`;
export type FreezeId = `FRZ-${number}`;
export type WatchId = `WCH-${number}`;
export type PreferencesId = `PRF-${string}`;
export type StreamId = IncidentId | RunId | FreezeId | WatchId | PreferencesId;

/** One entry of a run's ledger, by its index there. */
export type LedgerRef = { readonly run: RunId; readonly entry: number };

export const incidentId = (number: number): IncidentId => `INC-${number}`;
export const isIncidentId = (text: string): text is IncidentId => /^INC-[1-9]\d{0,8}$/.test(text);
export const isFreezeId = (text: string): text is FreezeId => /^FRZ-[1-9]\d{0,8}$/.test(text);
export const isWatchId = (text: string): text is WatchId => /^WCH-[1-9]\d{0,8}$/.test(text);
export const isPreferencesId = (text: string): text is PreferencesId => /^PRF-[UW][A-Z0-9]{1,30}$/.test(text);
export const isRunId = (text: string): text is RunId =>
  /^(INC-[1-9]\d{0,8}\.[1-9]\d{0,4}|RUN-[1-9]\d{0,8})$/.test(text);

/** The id that somebody means who types `inc-7` or only `7`. */
export const incidentNamed = (text: string): string =>
  /^\d+$/.test(text) ? `INC-${text}` : text.toUpperCase();
