/**
 * What can be made to go wrong between the workspace and the app, as plain data so that a test and the
 * browser page switch on the same things.
 *
 * `method` is a Web API method name, or a pattern with `*` such as `chat.*`; `event` an event type (or
 * `slash_commands`, `interactive`) likewise. `count` is how often the rule still applies; without it the rule
 * stays until cleared. Durations are milliseconds except `retryAfter`, which is seconds as in Slack's header.
 */
export type FaultRule =
  /** Answer HTTP 429 with `Retry-After`, doing nothing. */
  | { kind: 'rate_limited'; method: string; retryAfter: number; count?: number }
  /** Answer an HTTP 5xx, doing nothing. */
  | { kind: 'server_error'; method: string; status: number; count?: number }
  /** Answer `{ok:false,error}`, doing nothing. */
  | { kind: 'api_error'; method: string; error: string; count?: number }
  /** Do the work, then close the connection without an answer. */
  | { kind: 'lost_reply'; method: string; count?: number }
  /** Do the work, then answer `{ok:false,error:'internal_error'}`, as Slack may after a partial success. */
  | { kind: 'failed_after_success'; method: string; count?: number }
  /** Wait before doing the work. */
  | { kind: 'delay'; method: string; delay: number; count?: number }
  /** Deliver an event twice with the same `event_id`. */
  | { kind: 'duplicate_event'; event: string; count?: number }
  /** Deliver an event, command or interaction late. */
  | { kind: 'late_delivery'; event: string; delay: number; count?: number }
  /** Take no notice of the app's acknowledgement, so that the person sees a time-out and events are retried. */
  | { kind: 'no_ack'; event: string; count?: number }
  /** Make every trigger_id expired from the moment it is given out. */
  | { kind: 'expired_trigger'; count?: number }
  /** Make every response_url expired from the moment it is given out. */
  | { kind: 'expired_response_url'; count?: number };

/** Reasons that Slack gives in a Socket Mode `disconnect` message. */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';
