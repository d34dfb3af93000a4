import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BROKEN_VERSION } from '../faults.ts';
import { readVersion } from '../settings.ts';
import { type Built, coverage, deploy } from './deployScript.ts';
import { type Answer, fails, prints, type World } from './world.ts';

const SUITE = { tests: 1_044, expected: 8, seconds: '95.31' };
const HEALTH_TESTS = 36;
/** As many as the fault makes fail: short of the pass rate that alerts, and above the one that holds a deployment back. */
const REGRESSION = 36;

/** Tests that have failed since before the deployment, as `file::test`. */
const KNOWN_FAILURES = [
  'tests/test_performance.py::test_halo_routing_performance_large_dag',
  'tests/test_a2a_integration.py::test_agent_name_mapping',
  'tests/test_darwin.py::test_evolves_under_load',
  'tests/test_reflection.py::test_reflects_on_a_long_answer',
];
const numbered = (name: string): string[] =>
  Array.from({ length: HEALTH_TESTS }, (_, index) => `${name}_${index + 1}`);

/**
 * `python3 -m pytest …`: one named test passes when the service is up and fails when it is not; the whole suite has its
 * few known failures, more of them while it is broken. `python3 -c "from infrastructure import …"` imports, and two
 * scripts of a deployment are there. Anything else is not on this host.
 */
export async function python3(given: readonly string[], world: World): Promise<Answer> {
  const args = given.filter((arg) => arg !== '-B');
  if (args[0] === '--version') return prints('Python 3.12.7');
  if (args[0] === '-c' && /^from infrastructure/.test(args[1] ?? '')) return imported(world);
  if (args[0] === 'scripts/calculate_coverage.py') return coverage(builtIn(world));
  if (args[0] === 'scripts/deploy.py') return deploy(args.slice(1), world, builtIn(world));
  if (args[0] !== '-m' || args[1] !== 'pytest')
    return fails(2, "python3: the sandbox knows '-m pytest' and two scripts of a deployment");
  const up = world.unit.kind === 'active';
  const named = args.find((arg) => arg.includes('::'));
  if (named !== undefined) return few([named], up);
  if (args.includes('--last-failed')) return few(failuresOf(world), up && !regressed(world));
  if (args.includes('tests/test_production_health.py'))
    return few(numbered('tests/test_production_health.py::TestProductionHealth::test_health'), up);
  if (args.includes('-k')) return few(['tests/test_a2a_integration.py::test_invokes_a_tool'], up);
  return suite(args, world);
}

const regressed = (world: World): boolean =>
  world.faults.includes('tests-failing') && readVersion(world.checkout) === BROKEN_VERSION;

const importsFail = (world: World): boolean =>
  world.faults.includes('crash-loop') && readVersion(world.checkout) === BROKEN_VERSION;

const builtIn = (world: World): Built => ({
  failing: KNOWN_FAILURES.length + (regressed(world) ? REGRESSION : 0),
  tests: SUITE.tests - SUITE.expected,
  imports: !importsFail(world),
});

function imported(world: World): Answer {
  if (!importsFail(world)) return prints();
  return fails(
    1,
    'Traceback (most recent call last):',
    "ImportError: cannot import name 'PlanCache' from 'infrastructure.plan_cache'",
  );
}

const failuresOf = (world: World): string[] => [
  ...KNOWN_FAILURES,
  ...(regressed(world) ? numbered('tests/test_htdag.py::test_plans_a_task') : []),
  ...(world.unit.kind === 'active'
    ? []
    : numbered('tests/test_production_health.py::TestProductionHealth::test_health')),
];

function few(names: readonly string[], pass: boolean): Answer {
  const verdict = pass ? 'PASSED' : 'FAILED';
  return {
    ...prints(
      ...names.map((name) => `${name} ${verdict}`),
      '',
      `====== ${names.length} ${verdict.toLowerCase()} in 0.42s ======`,
    ),
    code: pass ? 0 : 1,
  };
}

async function suite(args: readonly string[], world: World): Promise<Answer> {
  const failing = failuresOf(world);
  const passed = SUITE.tests - SUITE.expected - failing.length;
  const report = args.find((arg) => arg.startsWith('--junitxml='))?.slice('--junitxml='.length);
  if (report !== undefined) {
    const path = join(world.checkout, report);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, junit(failing));
  }
  return {
    ...prints(
      `collected ${SUITE.tests} items`,
      ...failing.map((name) => `FAILED ${name}`),
      `====== ${failing.length} failed, ${passed} passed, ${SUITE.expected} xfailed in ${SUITE.seconds}s ======`,
    ),
    code: 1,
  };
}

/** As pytest writes it, on one line; of the tests that passed one stands for all. */
function junit(failing: readonly string[]): string {
  const place = (name: string): string => {
    const parts = name.split('::');
    const module = (parts[0] ?? '').replace(/\.py$/, '').replaceAll('/', '.');
    return `classname="${[module, ...parts.slice(1, -1)].join('.')}" name="${parts.at(-1)}" time="0.012"`;
  };
  const cases = [
    `<testcase ${place('tests/test_htdag.py::test_decomposes_a_task')} />`,
    ...failing.map(
      (name) => `<testcase ${place(name)}><failure message="assert False">assert False</failure></testcase>`,
    ),
  ];
  const totals = `errors="0" failures="${failing.length}" tests="${SUITE.tests}"`;
  return `<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" ${totals}>${cases.join('')}</testsuite></testsuites>\n`;
}

const PACKAGES = [
  ['opentelemetry-sdk', '1.27.0'],
  ['prometheus-client', '0.21.0'],
  ['pytest', '8.3.3'],
] as const;

export function pip(args: readonly string[]): Answer {
  switch (args[0]) {
    case 'list':
      return prints(
        'Package            Version',
        ...PACKAGES.map(([name, version]) => `${name.padEnd(19)}${version}`),
      );
    case 'show':
      return prints(
        PACKAGES.filter(([name]) => args.includes(name))
          .map(([name, version]) => `Name: ${name}\nVersion: ${version}`)
          .join('\n---\n'),
      );
    case 'check':
      return prints('No broken requirements found.');
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
