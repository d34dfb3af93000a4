/** What can be wrong with the patient, and what makes it well again. */
export const FAULTS = [
  /** 0.9 % of operations fail at the language model; cured by the heuristic fallback and a restart. */
  'llm-errors',
  /** 0.9 % of plans are refused; cured by relaxed thresholds and a restart. */
  'aop-errors',
  /** 0.9 % of operations fail on the network; the circuit breaker opens, and recovers by itself after 60 s. */
  'network-errors',
  /** Decomposition takes five times as long; cured by its cache and a restart. */
  'slow',
  /** The process ends; a restart cures. */
  'crash',
  /** The process ends and version v1.5.0 does not start any more; the previous version does. */
  'crash-loop',
  /** `/metrics` answers, but says nothing about operations. */
  'no-metrics',
  /** The disk is full and 0.4 % of operations fail for it; cured by shrinking the journal. */
  'disk-full',
] as const;

export type Fault = (typeof FAULTS)[number];

export const isFault = (text: string): text is Fault => (FAULTS as readonly string[]).includes(text);

/** The version that `crash-loop` keeps from starting. */
export const BROKEN_VERSION = 'v1.5.0';
