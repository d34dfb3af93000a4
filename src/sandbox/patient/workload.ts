import type { Fault } from './faults.ts';
import type { Settings } from './settings.ts';

export type Component = 'htdag' | 'halo' | 'aop';
export type Failure = Readonly<{ category: string; component: string; message: string; llmKind?: string }>;

/** One operation: seconds in each component, and how it failed if it did. */
export type Operation = Readonly<{
  seconds: Readonly<Record<Component, number>>;
  failure: Failure | undefined;
}>;

/** So many that even a window of four seconds holds more than a thousand. */
export const OPERATIONS_PER_SECOND = 500;

type Cause = Readonly<{ ratio: number; failures: readonly Failure[] }>;

const llm = (message: string, llmKind: string): Failure => ({
  category: 'llm',
  component: 'htdag',
  message,
  llmKind,
});
const of = (category: string, component: string, ...messages: readonly string[]): Failure[] =>
  messages.map((message) => ({ category, component, message }));

/** A healthy service is not perfect: one operation in twenty thousand fails, far below the objective of 0.1 %. */
const EVERYDAY: Cause = {
  ratio: 0.000_05,
  failures: of('decomposition', 'htdag', 'HTDAG: task graph had a cycle, decomposed again'),
};

const CAUSES: Readonly<Partial<Record<Fault, Cause>>> = {
  'llm-errors': {
    ratio: 0.009,
    failures: [
      llm('LLM request failed: 429 Too Many Requests (rate limit reached)', 'rate_limit'),
      llm('LLM request failed: 429 Too Many Requests (retry 3 of 3)', 'rate_limit'),
      llm('LLM request failed: timeout after 30 s', 'timeout'),
    ],
  },
  'aop-errors': {
    ratio: 0.009,
    failures: of(
      'validation',
      'aop',
      'AOP: plan refused, solvability 0.62 below threshold 0.70',
      'AOP: plan refused, completeness 0.58 below threshold 0.70',
    ),
  },
  'network-errors': {
    ratio: 0.009,
    failures: of(
      'network',
      'halo',
      'connect ETIMEDOUT api.openai.com:443',
      'getaddrinfo EAI_AGAIN api.anthropic.com',
      'circuit breaker open, call not attempted',
    ),
  },
  'security-errors': {
    ratio: 0.005,
    failures: of(
      'security',
      'halo',
      'task blocked: path leaves the working directory',
      'authentication failed: unknown API key [REDACTED]',
      'unauthorized: agent is not allowed to call this tool',
    ),
  },
  'disk-full': {
    ratio: 0.004,
    failures: of('resource', 'htdag', "OSError: [Errno 28] No space left on device: 'state/checkpoint.tmp'"),
  },
};

const BASE_SECONDS: Readonly<Record<Component, number>> = { htdag: 0.058, halo: 0.048, aop: 0.026 };
const SLOW_FACTOR = 5;
const CACHE_FACTOR = 0.15;
const HEURISTIC_FACTOR = 0.4;
const UNINDEXED_FACTOR = 3;

/** What makes operations fail, given what is wrong and what has been done about it. */
function causesOf(faults: ReadonlySet<Fault>, settings: Settings): Cause[] {
  const cured: readonly (Fault | false)[] = [
    settings.llm === 'heuristic' && 'llm-errors',
    settings.aop === 'relaxed' && 'aop-errors',
  ];
  const active = [...faults].filter((fault) => !cured.includes(fault));
  return [EVERYDAY, ...active.flatMap((fault) => CAUSES[fault] ?? [])];
}

function factorOf(component: Component, faults: ReadonlySet<Fault>, settings: Settings): number {
  switch (component) {
    case 'htdag': {
      const thinking = settings.llm === 'heuristic' ? HEURISTIC_FACTOR : faults.has('slow') ? SLOW_FACTOR : 1;
      return settings.htdagCache ? thinking * CACHE_FACTOR : thinking;
    }
    case 'halo':
      return settings.halo.rule_indexing ? 1 : UNINDEXED_FACTOR;
    case 'aop':
      return 1;
    default: {
      const never: never = component;
      return never;
    }
  }
}

/**
 * Makes operations without chance: failures come evenly at their ratio, durations walk through the same spread again
 * and again, so that two runs of the same trouble look the same.
 */
export function createWorkload(): (
  count: number,
  faults: ReadonlySet<Fault>,
  settings: Settings,
) => Operation[] {
  const owed = new Map<Cause, number>();
  const failed = new Map<Cause, number>();
  let sequence = 0;

  const nextFailure = (causes: readonly Cause[]): Failure | undefined => {
    let failure: Failure | undefined;
    for (const cause of causes) {
      const debt = (owed.get(cause) ?? 0) + cause.ratio;
      const due = debt >= 1 && failure === undefined;
      owed.set(cause, due ? debt - 1 : debt);
      if (!due) continue;
      const count = failed.get(cause) ?? 0;
      failed.set(cause, count + 1);
      failure = cause.failures[count % cause.failures.length];
    }
    return failure;
  };

  return (count, faults, settings) => {
    const causes = causesOf(faults, settings);
    const factor = (component: Component): number => factorOf(component, faults, settings);
    const factors = { htdag: factor('htdag'), halo: factor('halo'), aop: factor('aop') };
    return Array.from({ length: count }, () => {
      sequence += 1;
      const seconds = {
        htdag: BASE_SECONDS.htdag * factors.htdag * spread(sequence, 0),
        halo: BASE_SECONDS.halo * factors.halo * spread(sequence, 1),
        aop: BASE_SECONDS.aop * factors.aop * spread(sequence, 2),
      };
      return { seconds, failure: nextFailure(causes) };
    });
  };
}

const GOLDEN = 0.618_033_988_75;

/** Between 0.7 and 1.5 with a mean near 1, evenly filled by steps of the golden ratio. */
function spread(sequence: number, component: number): number {
  const place = (sequence * GOLDEN * (component + 1) + component * 0.37) % 1;
  return 0.7 + 0.8 * place ** 1.6;
}
