/** One way through a shipped playbook: what people answer, what is offered on it, and what mends the trouble. */
export type Way = {
  readonly playbook: string;
  /** The answer to its question; null where it asks none. */
  readonly answer: string | null;
  readonly offers: readonly string[];
  /** The offer that mends it; null where people mend it by hand, off the playbook. */
  readonly mendedBy: string | null;
  /** Where the walk stands when what is offered does not help. */
  readonly stuck: string;
};

/** The indicator that each playbook is about. */
export const aboutOf: Readonly<Record<string, string>> = {
  'test-pass-rate-low': 'test_pass_rate',
  'high-latency-p95': 'latency_p95',
  'test-suite-not-running': 'tests_reported',
  'observability-metrics-missing': 'metrics_present',
  'high-cpu': 'cpu_used',
  'high-memory': 'memory_used',
  'high-disk': 'disk_used',
  'mongodb-offline': 'running',
  'redis-offline': 'running',
  'sandbox-offline': 'running',
  'agent-tool-failures': 'tool_failures',
  'a2a-service-down': 'up',
  'security-alert': 'security_errors',
  'monitoring-down': 'all_up',
};

type Row = readonly [answer: string | null, offers: string, mendedBy: string | null, stuck?: string];

const waysOf = (playbook: string, rows: readonly Row[]): Way[] =>
  rows.map(([answer, offers, mendedBy, stuck]) => ({
    playbook,
    answer,
    offers: offers.split(' ').filter((each) => each !== ''),
    mendedBy,
    stuck: stuck ?? `verify ${aboutOf[playbook]}`,
  }));

const offline = ['mongodb-offline', 'redis-offline', 'sandbox-offline'].flatMap((playbook) =>
  waysOf(playbook, [
    ['It was stopped', 'start', 'start', 'do start'],
    ['It crashed', 'start', 'start', 'do start'],
    ['It was killed for want of memory', 'start', 'start', 'do start'],
    ['It runs', '', null],
    ['There is no such container', '', null],
  ]),
);

export const ways: readonly Way[] = [
  ...waysOf('test-pass-rate-low', [
    ['Infrastructure, more than five', 'run_test_suite run_test_suite', null],
    [
      'Performance tests, now and then',
      'run_test_suite run_flaky_test_alone retry_failed_tests run_test_suite',
      null,
    ],
    ['A new regression', 'run_test_suite run_test_suite', null],
    ['Tests of agents or integration', 'run_test_suite run_test_suite', null],
    ['The host or its environment', 'run_test_suite shrink_journal restart run_test_suite', 'restart'],
  ]),
  ...waysOf('high-latency-p95', [
    [
      'Decomposition (HTDAG)',
      'decomposition_cache llm_fallback',
      'decomposition_cache',
      'do decomposition_cache',
    ],
    ['Routing (HALO)', 'halo_optimizations restart', 'halo_optimizations', 'do halo_optimizations'],
    ['Validation (AOP)', 'restart', 'restart'],
    ['The host', 'fewer_tasks restart quieter_log', 'fewer_tasks', 'do quieter_log'],
    ['None of these', 'restart', 'restart'],
  ]),
  ...waysOf('test-suite-not-running', [
    ['The runner does not run', 'start_test_runner', 'start_test_runner', 'do start_test_runner'],
    ['It runs and its tests fail at once', 'run_health_tests', 'run_health_tests'],
    ['It runs and nothing arrives', 'restart reload_prometheus', 'restart'],
    ['The service does not run', 'start', 'start'],
  ]),
  ...waysOf('observability-metrics-missing', [
    ['It runs and says nothing', 'restart', 'restart'],
    ['The service does not run', 'start', 'start'],
    ['Prometheus does not ask it', 'reload_prometheus', 'reload_prometheus', 'do reload_prometheus'],
    ['Prometheus itself is in trouble', '', null],
  ]),
  ...waysOf('high-cpu', [
    ['Yes, there is more to do', 'fewer_tasks', 'fewer_tasks', 'do fewer_tasks'],
    ['No, since a deployment', 'fewer_tasks', 'fewer_tasks', 'do fewer_tasks'],
    ['Something beside the service', '', null],
    ['The service runs in circles', 'restart', 'restart'],
  ]),
  ...waysOf('high-memory', [
    ['Slowly and without end', 'restart', 'restart'],
    ['With the load', 'fewer_tasks', 'fewer_tasks', 'do fewer_tasks'],
    ['All at once', 'restart', 'restart'],
    ['Something beside the service', '', null],
  ]),
  ...waysOf('high-disk', [
    ['The journal of the system', 'shrink_journal', 'shrink_journal', 'do shrink_journal'],
    ['The log of the service', 'quieter_log', 'quieter_log'],
    ['Backups or evidence', '', null],
    ['Something else', '', null],
  ]),
  ...offline,
  ...waysOf('agent-tool-failures', [
    ['Arguments do not fit', 'restart test_tools', 'restart'],
    ['Rate limits', 'test_tools', null],
    ['Answers that do not fit the schema', 'test_tools', null],
    ['All tools at once', 'restart test_tools', 'restart'],
  ]),
  ...waysOf('a2a-service-down', [[null, 'restart', 'restart', 'do restart']]),
  ...waysOf('security-alert', [
    ['An attack that is held off', 'keep_evidence', null],
    ['Somebody got in', 'keep_evidence stop start', null],
    ['A key has leaked', 'keep_evidence restart', null],
    ['Our own key or rule is wrong', 'keep_evidence restart', 'restart'],
    ['A test', 'keep_evidence', null],
  ]),
  ...waysOf('monitoring-down', [
    ['Prometheus', 'restart_prometheus', 'restart_prometheus'],
    ['Alertmanager', 'restart_alertmanager', 'restart_alertmanager'],
    ['Grafana', 'restart_grafana', 'restart_grafana'],
    ['Node exporter', 'restart_node_exporter', 'restart_node_exporter'],
    ['The state of the containers', 'start_container_state_timer', 'start_container_state_timer'],
    ['A scrape job is missing', 'restart_prometheus', 'restart_prometheus'],
  ]),
];
