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
  /** 0.5 % of operations are refused for security; over when it is switched off. */
  'security-errors',
  /** 36 more tests of the suite fail; cured by the version before. */
  'tests-failing',
  /** One test a run passes only the second time. */
  'flaky-tests',
  /** The runner of the tests stands still; cured by starting its unit. */
  'tests-silent',
  /** The processors are 94 % busy; cured by fewer tasks at once and a restart. */
  'high-cpu',
  /** 93 % of the memory is in use; a restart cures. */
  'high-memory',
  /** The container has stopped; starting it cures. The same for the four below. */
  'mongodb-offline',
  'redis-offline',
  'sandbox-offline',
  'a2a-down',
  'grafana-down',
  /** A tool of the A2A service fails once a second; cured by restarting its container. */
  'tool-failures',
] as const;

export type Fault = (typeof FAULTS)[number];

export const isFault = (text: string): text is Fault => (FAULTS as readonly string[]).includes(text);

/** The version that `crash-loop` keeps from starting. */
export const BROKEN_VERSION = 'v1.5.0';
