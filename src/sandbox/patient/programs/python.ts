import { type Answer, fails, prints, type World } from './world.ts';

const SUITE = { tests: 1_044, passed: 1_032, failed: 4, expected: 8 };

/**
 * `python3 -m pytest …`: one named test passes when the service is up and fails when it is not; the whole suite has its
 * few known failures. `python3 -c "from infrastructure import …"` imports. Anything else is not on this host.
 */
export function python3(args: readonly string[], world: World): Answer {
  if (args[0] === '--version') return prints('Python 3.12.7');
  if (args[0] === '-c' && /^from infrastructure/.test(args[1] ?? '')) return prints();
  if (args[0] !== '-m' || args[1] !== 'pytest')
    return fails(2, "python3: the sandbox knows '-m pytest' only");
  const up = world.unit.kind === 'active';
  const named = args.find((arg) => arg.includes('::'));
  if (named !== undefined) {
    const verdict = up ? 'PASSED' : 'FAILED';
    return {
      ...prints(`${named} ${verdict}`, '', `====== 1 ${verdict.toLowerCase()} in 0.42s ======`),
      code: up ? 0 : 1,
    };
  }
  const failed = up ? SUITE.failed : SUITE.failed + 36;
  const passed = SUITE.tests - SUITE.expected - failed;
  return {
    ...prints(
      `collected ${SUITE.tests} items`,
      'FAILED tests/test_performance.py::test_halo_routing_performance_large_dag',
      ...(up ? [] : ['FAILED tests/test_production_health.py::TestProductionHealth::test_service_answers']),
      `====== ${failed} failed, ${passed} passed, ${SUITE.expected} xfailed in 95.31s ======`,
    ),
    code: 1,
  };
}

export function pip(args: readonly string[]): Answer {
  switch (args[0]) {
    case 'list':
      return prints(
        'Package            Version',
        'opentelemetry-sdk  1.27.0',
        'prometheus-client  0.21.0',
        'pytest             8.3.3',
      );
    case 'install':
      if (args.includes('--quiet') || args.includes('-q')) return prints();
      return prints(
        'Requirement already satisfied: opentelemetry-sdk==1.27.0',
        'Requirement already satisfied: prometheus-client==0.21.0',
      );
    default:
      return fails(1, `ERROR: unknown command "${args[0] ?? ''}"`);
  }
}
