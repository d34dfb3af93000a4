import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import { type Patient, startPatient } from '../../src/sandbox/patient/patient.ts';
import { aboutOf } from '../playbooks/ways.ts';
import { runOn } from './patientHost.ts';

let directory: string;
let patient: Patient;
const run = (program: string, ...args: string[]) => runOn(patient, program, ...args);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'genesis-patient-'));
  patient = await startPatient({ directory, port: await freePort() });
});
afterAll(async () => {
  await patient?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('systemctl', () => {
  it('ends with the exit codes of the real one', async () => {
    const unit = 'genesis-orchestration';
    expect(await run('systemctl', 'is-active', unit)).toMatchObject({ code: 0, stdout: 'active\n' });
    expect((await run('systemctl', 'status', `${unit}.service`, '--no-pager')).stdout).toContain(
      'active (running)',
    );
    expect((await run('systemctl', 'stop', unit)).code).toBe(0);
    expect(await run('systemctl', 'is-active', unit)).toMatchObject({ code: 3, stdout: 'inactive\n' });
    expect(await run('systemctl', 'is-active', '--quiet', unit)).toMatchObject({ code: 3, stdout: '' });
    expect(await run('systemctl', 'status', unit)).toMatchObject({ code: 3 });
    expect((await run('systemctl', 'start', unit)).code).toBe(0);
    expect((await run('systemctl', 'show', unit, '--property=ActiveState,SubState')).stdout).toBe(
      'ActiveState=active\nSubState=running\n',
    );
  });

  it('does not know other units', async () => {
    expect(await run('systemctl', 'status', 'genesis-orchestrator')).toMatchObject({
      code: 4,
      stderr: 'Unit genesis-orchestrator.service could not be found.\n',
    });
    expect(await run('systemctl', 'restart', 'genesis-orchestrator')).toMatchObject({
      code: 5,
      stderr:
        'Failed to restart genesis-orchestrator.service: Unit genesis-orchestrator.service not found.\n',
    });
  });
});

describe('journalctl', () => {
  it('shows the newest lines of the unit, since when it is asked', async () => {
    const all = await run(
      'journalctl',
      '-u',
      'genesis-orchestration',
      '--since',
      '5 minutes ago',
      '--no-pager',
    );
    expect(all.stdout).toContain('Started genesis-orchestration.service');
    expect(
      (await run('journalctl', '-u', 'genesis-orchestration', '-n', '1')).stdout.trim().split('\n'),
    ).toHaveLength(1);
    expect((await run('journalctl', '--unit=genesis-orchestration', '--since=now')).stdout).toBe(
      '-- No entries --\n',
    );
    expect((await run('journalctl', '-u', 'somebody-else')).stdout).toBe('-- No entries --\n');
  });

  it('refuses what it cannot do', async () => {
    expect(await run('journalctl', '-f')).toMatchObject({
      code: 1,
      stderr: "journalctl: unrecognized option '-f'\n",
    });
    expect(await run('journalctl', '--since', 'lately')).toMatchObject({
      code: 1,
      stderr: 'Failed to parse timestamp: lately\n',
    });
  });
});

describe('docker', () => {
  it('knows the containers of the host, stops and starts them', async () => {
    const all = await run('docker', 'ps', '--all', '--format', 'table {{.Names}}\t{{.Status}}');
    expect(all.stdout).toMatch(/^NAMES\tSTATUS\nprometheus\tUp 13 hours\n/);
    const state = () =>
      run('docker', 'inspect', '--format', '{{.State.Status}}, {{.State.ExitCode}}', 'genesis_sandbox');
    expect(await state()).toMatchObject({ code: 0, stdout: 'running, 0\n' });
    expect((await run('docker', 'stop', 'genesis_sandbox')).code).toBe(0);
    expect(await state()).toMatchObject({ stdout: 'exited, 1\n' });
    expect((await run('docker', 'logs', '--tail', '1', 'genesis_sandbox')).stdout).toBe(
      'OSError: [Errno 98] Address already in use\n',
    );
    expect(await run('docker', 'start', 'genesis_sandbox')).toMatchObject({
      code: 0,
      stdout: 'genesis_sandbox\n',
    });
    expect(patient.state().faults).toEqual([]);
    expect(await run('docker', 'restart', 'somebody-else')).toMatchObject({
      code: 1,
      stderr: 'Error response from daemon: No such container: somebody-else\n',
    });
    expect((await run('docker', 'attach', 'prometheus')).code).toBe(1);
  });

  it('is where the A2A service and the monitoring answer', async () => {
    const health = () => run('curl', '-fsS', '--max-time', '5', 'http://localhost:8080/health');
    expect((await health()).stdout).toContain('"agents_loaded":15');
    await patient.set('a2a-down', true);
    expect((await health()).code).toBe(7);
    await run('docker', 'restart', 'genesis-a2a-service');
    expect((await health()).code).toBe(0);
    const targets = await run('curl', '-fsS', 'http://localhost:9090/api/v1/targets');
    expect(targets.stdout).toContain('{"labels":{"job":"genesis-orchestration"},"health":"up"}');
  });
});

describe('the state of the containers for Prometheus', () => {
  const script = resolve('playbooks/prometheus/container-state.sh');

  it('is written as a whole, and a container that does not run is 0', async () => {
    await patient.set('redis-offline', true);
    expect(await runOn(patient, script, directory)).toMatchObject({ code: 0, stderr: '' });
    await patient.set('redis-offline', false);
    const written = await readFile(join(directory, 'genesis_containers.prom'), 'utf8');
    expect(written.match(/^genesis_container_running.*$/gm)).toEqual([
      'genesis_container_running{name="genesis-mongodb"} 1',
      'genesis_container_running{name="genesis-redis"} 0',
      'genesis_container_running{name="genesis_sandbox"} 1',
    ]);
    expect((await readdir(directory)).filter((name) => name.includes('.prom.'))).toEqual([]);
  });
});

describe('what the steps about tests read', async () => {
  const { room } = await loadRoom({ directory: resolve('playbooks'), pace: 1 });
  const { actions } = room?.definitions['test-pass-rate-low']?.service ?? {};
  const act = async (name: string) => {
    const does = actions?.[name]?.does;
    if (does?.kind !== 'run') throw new Error(`${name} runs nothing`);
    const [program = '', ...args] = does.argv;
    return run(program, ...args);
  };

  it('is what the last run of the suite wrote, told apart from what failed before', async () => {
    await patient.set('tests-failing', true);
    expect((await act('run_test_suite')).stdout).toContain('40 failed, 996 passed, 8 xfailed');
    await patient.set('tests-failing', false);
    const failing = await act('failing_tests');
    expect(failing.stdout).toContain('tests.test_performance.test_halo_routing_performance_large_dag\n');
    expect(failing.stdout).toMatch(/40 tests fail\n$/);
    expect(
      (await act('failing_tests_by_kind')).stdout
        .trim()
        .split('\n')
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['1  other', '1  performance', '2  agents', '36  infrastructure']);
    const compared = (await act('compare_with_baseline')).stdout.trim().split('\n');
    expect(compared.filter((line) => line.startsWith('known'))).toHaveLength(2);
    expect(compared.filter((line) => line.startsWith('new'))).toHaveLength(38);
    expect(compared).toContain('known  tests.test_a2a_integration.test_agent_name_mapping');
  });

  it('can all be looked at, whatever else is asked', async () => {
    const looks = Object.values(room?.definitions ?? {})
      .filter(({ playbook }) => Object.hasOwn(aboutOf, playbook.name))
      .flatMap(({ service }) => Object.values(service.actions));
    const seen = new Set<string>();
    for (const { risk, does, succeeds, name } of looks) {
      if (risk !== 'observe' || does.kind !== 'run' || /^(git|\.\/)/.test(does.argv[0] ?? '')) continue;
      const text = does.argv.join(' ');
      if (seen.has(text)) continue;
      seen.add(text);
      const [program = '', ...args] = does.argv;
      const { code, stderr } = await run(program, ...args);
      expect(succeeds, `${name}: ${text}: ${stderr}`).toContain(code);
    }
    expect(seen.size).toBeGreaterThan(40);
  }, 60_000);
});

describe('the network', () => {
  it('is there, and is not while it is broken', async () => {
    expect((await run('curl', '-fsS', 'http://localhost:8000/health')).stdout).toContain(
      '"status":"healthy"',
    );
    expect(await run('curl', '-fsS', 'http://localhost:8000/nothing')).toMatchObject({ code: 22 });
    const timing = ['-w', '%{http_code}', '-o', '/dev/null', '-s', 'https://api.openai.com/v1/models'];
    expect(await run('curl', ...timing)).toMatchObject({ code: 0, stdout: '200' });
    expect((await run('ping', '-c', '5', 'api.openai.com')).stdout).toContain(
      '5 packets transmitted, 5 received',
    );

    await patient.set('network-errors', true);
    expect(await run('curl', '-I', 'https://api.anthropic.com')).toMatchObject({ code: 28 });
    expect(await run('ping', '-c', '5', 'api.openai.com')).toMatchObject({ code: 1 });
    expect(await run('nslookup', 'api.openai.com')).toMatchObject({ code: 1 });
    expect((await run('curl', '-s', 'http://localhost:8000/health')).code).toBe(0);
  });
});

describe('the control port', () => {
  const post = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${patient.controlUrl}/patient/fault`, { method: 'POST', headers, body: JSON.stringify(body) });

  it('switches faults and tells the state and the recent past', async () => {
    const switched = await post({ fault: 'slow', on: true });
    expect(await switched.json()).toMatchObject({ running: true });
    expect(await (await fetch(`${patient.controlUrl}/patient/state`)).json()).toEqual(patient.state());
    expect(patient.state().faults).toContain('slow');
    await vi.waitFor(
      async () => {
        const points = (await (await fetch(`${patient.controlUrl}/patient/series`)).json()) as {
          p95: number | null;
        }[];
        expect(points.at(-1)).toMatchObject({ up: true });
        expect(points.at(-1)?.p95).toBeGreaterThan(0.2);
      },
      { timeout: 20_000, interval: 100 },
    );
  });

  it('refuses unknown faults, forms from a foreign page and foreign host names', async () => {
    expect((await post({ fault: 'everything', on: true })).status).toBe(400);
    expect((await post({ fault: 'slow', on: true }, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await fetch(`${patient.controlUrl}/patient/fault`)).status).toBe(405);
    expect((await fetch(`${patient.controlUrl}/nothing`)).status).toBe(404);
    const asAnotherHost = new Promise((resolve, reject) => {
      const headers = { host: 'rebound.example' };
      request(`${patient.controlUrl}/patient/state`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(await asAnotherHost).toBe(403);
  });
});

describe('the scripts of a deployment', () => {
  const deploy = (...args: string[]) => run('python3', 'scripts/deploy.py', ...args);
  const dryRun = () => deploy('--environment', 'production', '--dry-run');

  it('try a deployment without carrying it out, and say which check holds it back', async () => {
    const well = await dryRun();
    expect(well.stdout).toContain('Dry Run: True');
    expect(well.stdout.match(/✅ .* passed$/gm)).toHaveLength(8);
    expect(well.stdout).toContain('[DRY_RUN] Nothing was deployed');
    expect(well.code).toBe(0);

    const flags = join(patient.checkout, 'config/feature_flags.json');
    const before = await readFile(flags, 'utf8');
    await writeFile(flags, '{');
    await patient.set('crash-loop', true);
    const held = await dryRun();
    await patient.set('crash-loop', false);
    await writeFile(flags, before);
    await run('systemctl', 'restart', 'genesis-orchestration');
    expect(held.code).toBe(1);
    expect(held.stdout).toContain('❌ Git Status failed: 1 not committed, config/feature_flags.json first');
    expect(held.stdout).toContain('❌ Feature Flags failed: config/feature_flags.json cannot be read');
    expect(held.stdout).toContain('❌ Dependencies failed: infrastructure cannot be imported');
    expect(held.stdout).toContain('✅ Test Pass Rate passed');
    expect(held.stdout).toContain('nothing was deployed');
    expect(await dryRun()).toMatchObject({ code: 0 });
  });

  it('deploy nothing, and want to know where to', async () => {
    expect(await deploy('--environment', 'production')).toMatchObject({ code: 2, stdout: '' });
    expect((await deploy('--dry-run')).stderr).toContain('usage: deploy.py');
  });

  it('compare the coverage with its objectives', async () => {
    const covered = () => run('python3', 'scripts/calculate_coverage.py');
    const well = await covered();
    expect(well.stdout).toContain('infrastructure/htdag_planner.py');
    expect(well.stdout).toMatch(/^Total +\d+\.\d % {2}\(at least 65 %\) {2}PASS$/m);
    expect(well.stdout).toMatch(/^Infrastructure +\d+\.\d % {2}\(at least 85 %\) {2}PASS$/m);
    expect(well.code).toBe(0);
    await patient.set('tests-failing', true);
    const low = await covered();
    await patient.set('tests-failing', false);
    expect(low.stdout).toMatch(/^Infrastructure .*FAIL$/m);
    expect(low.code).toBe(1);
  });
});

describe('the other programs', () => {
  it.each([
    ['free', '-h'],
    ['dmesg'],
    ['mpstat', '1', '5'],
    ['vmstat', '1', '5'],
    ['iostat', '-x', '1', '5'],
    ['pip', 'list'],
    ['python3', '-c', 'from infrastructure import htdag_planner, halo_router, aop_validator'],
    [
      'python3',
      '-m',
      'pytest',
      'tests/test_production_health.py::TestProductionHealth::test_observability',
      '-v',
    ],
  ])('%s answers and ends', async (program, ...args) => {
    expect((await run(program, ...args)).code).toBe(0);
  });
});
