import type { FaultName } from './patientApi.ts';

/** A fault in words: what it does, and the alert that follows. */
export interface FaultWords {
  name: string;
  help: string;
  alert: string;
}

/** In the order in which they are shown; a group that is not open at first shows how many of its faults are on. */
export const faultGroups: readonly {
  name: string;
  isOpen: boolean;
  faults: readonly (readonly [FaultName, FaultWords])[];
}[] = [
  {
    name: 'Operations',
    isOpen: true,
    faults: [
      [
        'llm-errors',
        { name: 'LLM errors', help: '0.9 % fail at the language model', alert: 'HighErrorRate' },
      ],
      ['aop-errors', { name: 'Plans refused', help: '0.9 % of plans are refused', alert: 'HighErrorRate' }],
      [
        'network-errors',
        { name: 'Network errors', help: 'Over by itself in a minute', alert: 'HighErrorRate' },
      ],
      [
        'security-errors',
        { name: 'Security errors', help: '0.5 % are refused for security', alert: 'SecurityAlert' },
      ],
      ['slow', { name: 'Slow', help: 'Plans take five times as long', alert: 'HighLatencyP95' }],
    ],
  },
  {
    name: 'The service and its host',
    isOpen: true,
    faults: [
      ['crash', { name: 'Crash', help: 'The process ends', alert: 'GenesisServiceDown' }],
      [
        'crash-loop',
        {
          name: 'Crash and refuse to start',
          help: 'This version starts no more',
          alert: 'GenesisServiceDown',
        },
      ],
      [
        'no-metrics',
        { name: 'No metrics', help: 'Nothing is measured', alert: 'ObservabilityMetricsMissing' },
      ],
      [
        'disk-full',
        { name: 'Disk full', help: '0.4 % fail for want of space', alert: 'HighErrorRate, HighDiskUsage' },
      ],
      ['high-cpu', { name: 'High CPU', help: 'The processors are 94 % busy', alert: 'HighCpuUsage' }],
      [
        'high-memory',
        { name: 'High memory', help: '93 % of the memory is in use', alert: 'HighMemoryUsage' },
      ],
    ],
  },
  {
    name: 'Tests',
    isOpen: false,
    faults: [
      [
        'tests-failing',
        { name: 'Failing tests', help: '36 more tests fail in this version', alert: 'TestPassRateLow' },
      ],
      [
        'flaky-tests',
        {
          name: 'Flaky tests',
          help: 'One a run passes only the second time',
          alert: 'IntermittentTestFailures',
        },
      ],
      [
        'tests-silent',
        { name: 'Silent suite', help: 'The runner stands still', alert: 'TestSuiteNotRunning' },
      ],
    ],
  },
  {
    name: 'Containers and other services',
    isOpen: false,
    faults: [
      [
        'mongodb-offline',
        { name: 'MongoDB offline', help: 'Its container has stopped', alert: 'MongodbOffline' },
      ],
      ['redis-offline', { name: 'Redis offline', help: 'Its container has stopped', alert: 'RedisOffline' }],
      [
        'sandbox-offline',
        { name: 'Sandbox offline', help: 'Its container has stopped', alert: 'SandboxOffline' },
      ],
      ['a2a-down', { name: 'A2A service down', help: 'Its container has stopped', alert: 'A2aServiceDown' }],
      ['grafana-down', { name: 'Grafana down', help: 'Its container has stopped', alert: 'MonitoringDown' }],
      [
        'tool-failures',
        { name: 'Tool failures', help: 'A tool fails once a second', alert: 'AgentToolFailures' },
      ],
    ],
  },
];
