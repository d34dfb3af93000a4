/**
 * When production may be changed on purpose, and when people are at work. Nothing here ever holds up a mitigation or a
 * rollback: it is asked before a deployment and before paging somebody who is only called in business hours.
 */
export type Calendar = {
  /** IANA name, such as `America/Chicago`; every date and time of day below is read there. */
  readonly zone: string;
  readonly windows: readonly Window[];
  readonly closed: readonly Closed[];
  readonly businessHours: Hours;
};

/** 1 is Monday, 7 is Sunday, as ISO 8601 counts them. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** From a minute of the day up to, and not including, another one of the same day. */
export type Hours = {
  readonly days: readonly Weekday[];
  readonly fromMinute: number;
  readonly toMinute: number;
};

/** Services that no window names may be changed at any hour. */
export type Window = { readonly services: readonly string[] | 'any' } & Hours;

/** Days on which nothing is deployed, whatever the windows say. */
export type Closed =
  /** Both dates belong to it; `2026-12-24`. */
  | { readonly kind: 'dates'; readonly from: string; readonly to: string; readonly why: string }
  | { readonly kind: 'last-days-of-quarter'; readonly days: number }
  | { readonly kind: 'last-days-of-month'; readonly days: number };
