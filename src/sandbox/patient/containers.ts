import type { Fault } from './faults.ts';

/** A container of the host; it runs unless its fault is on, so that stopping and starting it switch that fault. */
export type Container = Readonly<{
  name: string;
  image: string;
  /** The code with which it ends. */
  exitCode: number;
  /** Undefined for what the sandbox itself needs, which cannot be stopped. */
  fault: Fault | undefined;
  /** What starting it anew mends besides. */
  mends?: Fault;
  /** The job under which Prometheus scrapes it. */
  job?: string;
  /** Where it listens on the real host. */
  port?: string;
  /** Its last words. */
  log: readonly string[];
}>;

export const CONTAINERS: readonly Container[] = [
  {
    name: 'prometheus',
    image: 'prom/prometheus',
    exitCode: 0,
    fault: undefined,
    job: 'prometheus',
    port: '9090',
    log: ['level=info msg="Server is ready to receive web requests."'],
  },
  {
    name: 'alertmanager',
    image: 'prom/alertmanager',
    exitCode: 0,
    fault: undefined,
    job: 'alertmanager',
    port: '9093',
    log: ['level=info component=configuration msg="Completed loading of configuration file"'],
  },
  {
    name: 'grafana',
    image: 'grafana/grafana',
    exitCode: 137,
    fault: 'grafana-down',
    job: 'grafana',
    port: '3000',
    log: ['logger=http.server level=info msg="HTTP Server Listen" address=[::]:3000'],
  },
  {
    name: 'node-exporter',
    image: 'prom/node-exporter',
    exitCode: 0,
    fault: undefined,
    port: '9100',
    log: ['level=info msg="Listening on" address=[::]:9100'],
  },
  {
    name: 'genesis-mongodb',
    image: 'mongo:7',
    exitCode: 0,
    fault: 'mongodb-offline',
    log: ['{"s":"I","c":"CONTROL","msg":"Received signal","attr":{"signal":15}}', '{"msg":"Shutting down"}'],
  },
  {
    name: 'genesis-redis',
    image: 'redis:7',
    exitCode: 0,
    fault: 'redis-offline',
    log: ['# Received SIGTERM scheduling shutdown...', '# Redis is now ready to exit, bye bye...'],
  },
  {
    name: 'genesis_sandbox',
    image: 'genesis/sandbox',
    exitCode: 1,
    fault: 'sandbox-offline',
    log: ['Traceback (most recent call last):', 'OSError: [Errno 98] Address already in use'],
  },
  {
    name: 'genesis-a2a-service',
    image: 'genesis/a2a-service',
    exitCode: 1,
    fault: 'a2a-down',
    mends: 'tool-failures',
    job: 'genesis-a2a-service',
    port: '8080',
    log: ['INFO: 15 agents loaded', 'INFO: listening on 0.0.0.0:8080'],
  },
];

export const containerNamed = (name: string): Container | undefined =>
  CONTAINERS.find((container) => container.name === name);

export const isRunning = ({ fault }: Container, faults: readonly Fault[]): boolean =>
  fault === undefined || !faults.includes(fault);

/** The tool that fails while it is broken. */
export const BROKEN_TOOL = 'marketing.create_strategy';
export const TOOL_FAILURE = [
  `Agent tool failed: ${BROKEN_TOOL}`,
  "TypeError: create_strategy() missing 3 required positional arguments: 'business_name', 'target_audience', 'budget'",
] as const;

/** One call of a tool a second; the broken one fails on each. Times are milliseconds since the epoch. */
export function createA2aMetrics(started: number): (faults: readonly Fault[], now: number) => string {
  let last = started;
  let calls = 0;
  let failures = 0;
  return (faults, now) => {
    const more = Math.max(0, now - last) / 1_000;
    last = now;
    calls += more;
    if (faults.includes('tool-failures')) failures += more;
    return [
      '# TYPE genesis_a2a_agents_loaded gauge',
      'genesis_a2a_agents_loaded 15',
      '# TYPE genesis_a2a_tool_calls_total counter',
      `genesis_a2a_tool_calls_total{tool="${BROKEN_TOOL}"} ${Math.floor(calls)}`,
      '# TYPE genesis_a2a_tool_failures_total counter',
      `genesis_a2a_tool_failures_total{tool="${BROKEN_TOOL}"} ${Math.floor(failures)}`,
      '',
    ].join('\n');
  };
}
