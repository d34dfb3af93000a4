import type { Fault } from './faults.ts';
import { BROKEN_VERSION } from './faults.ts';
import type { Running } from './supervisor.ts';

/** What has been done about a fault that is still on, so that nothing of it can be felt. */
export const CURES = ['heuristic', 'relaxed', 'cached', 'other-version', 'fewer-tasks', 'shutdown'] as const;
export type Cure = (typeof CURES)[number];

/** The faults that show in operations alone, and not at all while there are none. */
const IN_OPERATIONS: readonly Fault[] = [
  'llm-errors',
  'aop-errors',
  'network-errors',
  'security-errors',
  'slow',
];

/** Why a fault has no effect on the running service; undefined while it has one. */
export function cureOf(fault: Fault, running: Running, isShutDown: boolean): Cure | undefined {
  if (isShutDown && IN_OPERATIONS.includes(fault)) return 'shutdown';
  switch (fault) {
    case 'llm-errors':
      return running.llm === 'heuristic' ? 'heuristic' : undefined;
    case 'aop-errors':
      return running.aop === 'relaxed' ? 'relaxed' : undefined;
    case 'slow':
      if (running.llm === 'heuristic') return 'heuristic';
      return running.htdagCache ? 'cached' : undefined;
    case 'high-cpu':
      return running.fewerTasks ? 'fewer-tasks' : undefined;
    case 'crash-loop':
    case 'tests-failing':
      return running.version === BROKEN_VERSION ? undefined : 'other-version';
    case 'network-errors':
    case 'crash':
    case 'no-metrics':
    case 'disk-full':
    case 'security-errors':
    case 'flaky-tests':
    case 'tests-silent':
    case 'high-memory':
    case 'mongodb-offline':
    case 'redis-offline':
    case 'sandbox-offline':
    case 'a2a-down':
    case 'grafana-down':
    case 'tool-failures':
      return undefined;
    default: {
      const never: never = fault;
      return never;
    }
  }
}
