/** What the patient's repository holds. */

export type Release = Readonly<{
  version: string;
  /** Committed at this fixed moment, so that every sandbox has the same history. */
  date: string;
  message: string;
  files: Readonly<Record<string, string>>;
}>;

const FLAGS = {
  flags: {
    orchestration_enabled: { enabled: true, rollout_percentage: 100 },
    security_hardening_enabled: { enabled: true, rollout_percentage: 100 },
    error_handling_enabled: { enabled: true, rollout_percentage: 100 },
    otel_enabled: { enabled: true, rollout_percentage: 100 },
    aatc_system_enabled: { enabled: false, rollout_percentage: 0 },
    phase_4_deployment: { enabled: false, rollout_percentage: 0 },
    emergency_shutdown: { enabled: false, rollout_percentage: 100 },
  },
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const flagsWith = (rollout: number): string =>
  json({ flags: { ...FLAGS.flags, phase_4_deployment: { enabled: true, rollout_percentage: rollout } } });

/** Five checks, each said aloud; exit 0 when all pass, else 1. */
const HEALTH_CHECK = `#!/bin/sh
# Five checks of genesis-orchestration. Exit 0: all passed. Exit 1: at least one failed.
cd "$(dirname "$0")/.." || exit 1
url="\${GENESIS_URL:-http://localhost:8000}"
passed=0

check() {
  name=$1
  shift
  if "$@" >/dev/null 2>&1; then
    passed=$((passed + 1))
    echo "PASS  $name"
  else
    echo "FAIL  $name"
  fi
}

health_answers() { curl -fsS -m 5 "$url/health"; }
metrics_speak() { curl -fsS -m 5 "$url/metrics" | grep -q '^genesis_operation_duration_seconds_count'; }
disk_has_room() {
  used=$(df -P / | awk 'NR == 2 { sub("%", "", $5); print $5 }')
  [ "$used" -lt 90 ]
}
configuration_is_there() { [ -s VERSION ] && [ -s config/genesis.yaml ] && [ -s config/feature_flags.json ]; }

check 'service is active' systemctl is-active genesis-orchestration
check 'health endpoint answers' health_answers
check 'metrics are exposed' metrics_speak
check 'disk is under 90 %' disk_has_room
check 'configuration is in place' configuration_is_there

echo "$passed/5 checks passed"
[ "$passed" -eq 5 ]
`;

const BASE_FILES = {
  VERSION: 'v1.4.0\n',
  '.gitignore': 'logs/\nstate/\nconfig/backup/\n__pycache__/\n',
  'README.md':
    '# Genesis\n\nThe orchestration layer: decomposition (HTDAG), routing (HALO), validation (AOP).\n',
  'requirements_infrastructure.txt': 'opentelemetry-sdk==1.27.0\nprometheus-client==0.21.0\npytest==8.3.3\n',
  'infrastructure/__init__.py': '',
  'infrastructure/htdag_planner.py': 'CACHE_TTL_SECONDS = 3600\n',
  'infrastructure/halo_router.py': 'RULE_INDEXING = True\n',
  'infrastructure/aop_validator.py': 'SOLVABILITY_THRESHOLD = 0.7\nCOMPLETENESS_THRESHOLD = 0.7\n',
  'config/genesis.yaml':
    'orchestration:\n  max_concurrent_tasks: 10\n  worker_threads: 8\nlogging:\n  level: INFO\n',
  'config/logging.yaml': 'file: logs/genesis.log\nlevel: DEBUG\n',
  'config/feature_flags.json': flagsWith(5),
  'scripts/health_check.sh': HEALTH_CHECK,
};

/** Logs that are there before anything has happened; git ignores them. */
export const FIRST_LOGS: Readonly<Record<string, string>> = {
  'deployment_baseline_tests.log': [
    'tests/test_htdag.py::test_decomposes_a_task PASSED [  1%]',
    'tests/test_performance.py::test_halo_routing_performance_large_dag FAILED [ 71%]',
    'tests/test_a2a_integration.py::test_agent_name_mapping FAILED [ 93%]',
    '===== 4 failed, 1032 passed, 8 xfailed in 95.31s =====',
    '',
  ].join('\n'),
  'continuous_monitoring.log': [
    '2025-10-21 18:25:00 health tests: 36/36 passed',
    '2025-10-21 18:30:00 health tests: 36/36 passed',
    '',
  ].join('\n'),
  'a2a_service.log': '2025-10-21 12:38:02 - 15 agents loaded\n',
  'infrastructure.log':
    '2025-10-21 12:52:16 - NETWORK ERROR: A2A invocation failed: Invalid A2A response schema (api_key=[REDACTED])\n',
};

/** The stable release first, the current one last. */
export const RELEASES: readonly [stable: Release, current: Release] = [
  {
    version: 'v1.4.0',
    date: '2025-10-18T09:00:00Z',
    message: 'Release v1.4.0',
    files: BASE_FILES,
  },
  {
    version: 'v1.5.0',
    date: '2025-10-21T15:30:00Z',
    message: 'Release v1.5.0: plan cache for the HTDAG planner',
    files: {
      VERSION: 'v1.5.0\n',
      'infrastructure/htdag_planner.py':
        'from infrastructure.plan_cache import PlanCache\n\nCACHE_TTL_SECONDS = 3600\nCACHE = PlanCache(CACHE_TTL_SECONDS)\n',
      'infrastructure/plan_cache.py':
        'class PlanCache:\n    def __init__(self, ttl):\n        self.ttl = ttl\n',
      'config/feature_flags.json': flagsWith(25),
    },
  },
];
