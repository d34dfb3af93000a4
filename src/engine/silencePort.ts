/** Alertmanager's silences, as far as the bot makes and reads them. All calls throw WorkFailed. */
export type Silencer = {
  /** All that Alertmanager has, expired ones included for as long as it keeps them. */
  list(): Promise<SilenceList>;
  /**
   * Makes one, or makes an active one of that id end at another time. Answers the id that it has from then on: one whose
   * `id` has expired meanwhile is made anew.
   */
  put(request: SilenceRequest): Promise<{ readonly id: string }>;
  /** Ends one that is in effect. */
  expire(id: string): Promise<void>;
};

export type SilenceList = {
  /** By Alertmanager's own clock, which decides when a silence ends; null where it did not say. */
  readonly now: number | null;
  readonly silences: readonly SilenceSeen[];
};

export type SilenceSeen = {
  readonly id: string;
  readonly comment: string;
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly state: 'active' | 'pending' | 'expired';
  /** Labels that an alert must have exactly so; null where it has a matcher of any other kind. */
  readonly matchers: Readonly<Record<string, string>> | null;
};

export type SilenceRequest = Pick<SilenceSeen, 'comment' | 'startsAt' | 'endsAt'> & {
  readonly id: string | null;
  readonly matchers: Readonly<Record<string, string>>;
};
