/** A Web API call that came in, for tests to look at; the last ten thousand are kept. */
export interface CallRecord {
  method: string;
  /** As sent, JSON arguments parsed. */
  args: Record<string, unknown>;
  /** Arguments that Slack would silently ignore. */
  ignored: readonly string[];
  /** Milliseconds since 1970. */
  at: number;
  outcome: CallOutcome;
}

export type CallOutcome =
  | { kind: 'ok'; response: Record<string, unknown> }
  | { kind: 'error'; error: string; response: Record<string, unknown> }
  | { kind: 'rate_limited'; retryAfter: number }
  | { kind: 'server_error'; status: number }
  /** Done, but the app was never told. */
  | { kind: 'reply_lost'; response: Record<string, unknown> }
  | { kind: 'pending' };
