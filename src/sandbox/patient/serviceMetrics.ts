import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Flags, Settings } from './settings.ts';
import type { Operation } from './workload.ts';

const BUCKETS = [0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5];

/** One run of the service's own test suite, as the counters below take it. */
export type SuiteResult = Readonly<{
  passed: number;
  failed: number;
  errors: number;
  expectedFailures: number;
  /** Tests that passed only when they were run again. */
  reruns: number;
}>;

export type ServiceMetrics = Readonly<{
  record: (operations: readonly Operation[]) => void;
  recordSuite: (result: SuiteResult) => void;
  showFlags: (flags: Flags) => void;
  /** The exposition; without `operations` only what is known of the process. */
  expose: (operations: boolean) => Promise<string>;
}>;

export function createServiceMetrics(settings: Settings): ServiceMetrics {
  const host = new Registry();
  collectDefaultMetrics({ register: host, eventLoopMonitoringPrecision: 100 });
  const own = new Registry();
  const registers = [own];
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets: BUCKETS, registers });
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter({ name, help, labelNames, registers });

  const total = histogram(
    'genesis_operation_duration_seconds',
    'Time an operation takes from request to plan.',
  );
  const components = {
    htdag: histogram('genesis_htdag_decomposition_duration_seconds', 'Time to decompose a task.'),
    halo: histogram('genesis_halo_routing_duration_seconds', 'Time to route a task to an agent.'),
    aop: histogram('genesis_aop_validation_duration_seconds', 'Time to validate a plan.'),
  };
  const errors = counter('genesis_errors_total', 'Operations that failed.', ['category', 'component']);
  const llmErrors = counter('genesis_llm_errors_total', 'Failed calls of the language model.', ['kind']);
  const suite = {
    total: counter('genesis_tests_total_total', 'Tests of the suite that ran.'),
    passed: counter('genesis_tests_passed_total', 'Tests that passed.'),
    failed: counter('genesis_tests_failed_total', 'Tests that failed.'),
    errors: counter('genesis_tests_errors_total', 'Tests that could not run.'),
    expected: counter('genesis_tests_xfailed_total', 'Tests that failed as expected; not in the total.'),
    reruns: counter('genesis_tests_rerun_total', 'Tests that passed only when they were run again.'),
  };
  const rollout = new Gauge({
    name: 'genesis_feature_flag_rollout_percentage',
    help: 'Share of operations that a feature flag applies to; 0 while it is off.',
    labelNames: ['flag'],
    registers,
  });
  new Gauge({
    name: 'genesis_build_info',
    help: 'Always 1; the label says the version.',
    labelNames: ['version'],
    registers,
  })
    .labels(settings.version)
    .set(1);

  return {
    record(operations) {
      for (const { seconds, failure } of operations) {
        components.htdag.observe(seconds.htdag);
        components.halo.observe(seconds.halo);
        components.aop.observe(seconds.aop);
        total.observe(seconds.htdag + seconds.halo + seconds.aop);
        if (failure === undefined) continue;
        errors.inc({ category: failure.category, component: failure.component });
        if (failure.llmKind !== undefined) llmErrors.inc({ kind: failure.llmKind });
      }
    },
    recordSuite(result) {
      suite.total.inc(result.passed + result.failed + result.errors);
      suite.passed.inc(result.passed);
      suite.failed.inc(result.failed);
      suite.errors.inc(result.errors);
      suite.expected.inc(result.expectedFailures);
      suite.reruns.inc(result.reruns);
    },
    showFlags(flags) {
      rollout.reset();
      for (const [flag, { enabled, rollout_percentage }] of Object.entries(flags)) {
        rollout.set({ flag }, enabled ? rollout_percentage : 0);
      }
    },
    async expose(operations) {
      const process = await host.metrics();
      return operations ? `${await own.metrics()}\n${process}` : process;
    },
  };
}
