import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Runner, startRunner } from '../../src/adapters/runner/runner.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { shippedRoom } from './shippedRoom.ts';
import { definitionIn } from './walker.ts';

let room: Room;
let runner: Runner;
let directory: string;
beforeAll(async () => {
  room = await shippedRoom();
  runner = await startRunner({});
  directory = await mkdtemp(join(tmpdir(), 'genesis-flags-'));
  await mkdir(join(directory, 'config'));
});
afterAll(async () => {
  await runner.close();
  await rm(directory, { recursive: true, force: true });
});

const flags = {
  orchestration_enabled: { enabled: true, rollout_percentage: 100 },
  phase_4_deployment: { enabled: true, rollout_percentage: 25 },
  aatc_system_enabled: { rollout_percentage: 5, enabled: true },
  emergency_shutdown: { enabled: false, rollout_percentage: 100 },
  otel_enabled: { enabled: true, rollout_percentage: 100 },
};

/** Carries the action out on a file of flags, and tells which of them are on afterwards. */
async function after(playbook: string, name: string, content: string): Promise<readonly string[]> {
  const file = join(directory, 'config/feature_flags.json');
  await writeFile(file, content);
  const action = definitionIn(room, playbook).service.actions[name];
  if (action?.does.kind !== 'run') throw new Error(`${name} is no command`);
  const target = { kind: 'local', host: 'genesis', directory } as const;
  const request = {
    id: name,
    target,
    argv: action.does.argv,
    timeoutMs: 20_000,
    notAfter: Date.now() + 60_000,
  };
  expect(await runner.run(request, { onOutput: () => undefined })).toMatchObject({ kind: 'exited', code: 0 });
  const read = JSON.parse(await readFile(file, 'utf8')) as { flags: Record<string, { enabled: boolean }> };
  return Object.entries(read.flags).flatMap(([flag, { enabled }]) => (enabled ? [flag] : []));
}

const layouts = [
  ['laid out over many lines', JSON.stringify({ flags }, null, 2)],
  ['in one line', JSON.stringify({ flags })],
  ['one flag a line', JSON.stringify({ flags }).replaceAll('},"', '},\n"')],
] as const;

describe.each(layouts)('a file of feature flags %s', (_, content) => {
  it('has the flags of the deployment switched off, and no other', async () => {
    expect(await after('rollback-genesis-orchestration', 'disable_failed_flags', content)).toEqual([
      'orchestration_enabled',
      'otel_enabled',
    ]);
  });

  it('has the emergency shutdown switched on, and off again', async () => {
    const on = [
      'orchestration_enabled',
      'phase_4_deployment',
      'aatc_system_enabled',
      'emergency_shutdown',
      'otel_enabled',
    ];
    expect(await after('emergency-shutdown', 'emergency_shutdown_on', content)).toEqual(on);
    const shut = content.replace(
      '"emergency_shutdown":{"enabled":false',
      '"emergency_shutdown":{"enabled":true',
    );
    expect(await after('emergency-shutdown', 'emergency_shutdown_off', shut)).toEqual(
      on.filter((flag) => flag !== 'emergency_shutdown'),
    );
  });
});
