import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Room } from '../../src/core/playbook/room.ts';
import { requireComponent } from '../fakes/components.ts';
import { shippedRoom } from './shippedRoom.ts';

const promtool = requireComponent('promtool');
const apps = ['hotdash-agent-service', 'hotdash-llamaindex-mcp'] as const;

/** What was told of an app, and what the indicators say of it ten minutes later; null is no data. */
type Told = {
  readonly started: number;
  readonly stopped: number;
  readonly failing: number;
  /** Whether it has been told each minute since, or only once. */
  readonly since: 'each minute' | 'never again';
};
type Said = { readonly health: number | null; readonly machines: number | null; readonly asked: number };

const cases: readonly (readonly [string, Told, Said])[] = [
  [
    'machines that are well',
    { started: 2, stopped: 0, failing: 0, since: 'each minute' },
    { health: 0, machines: 2, asked: 0 },
  ],
  [
    'a machine that fails',
    { started: 2, stopped: 0, failing: 1, since: 'each minute' },
    { health: 1, machines: 2, asked: 0 },
  ],
  [
    'machines that are idle',
    { started: 0, stopped: 2, failing: 0, since: 'each minute' },
    { health: 0, machines: 2, asked: 0 },
  ],
  [
    'an app without any machine',
    { started: 0, stopped: 0, failing: 0, since: 'each minute' },
    { health: null, machines: 0, asked: 0 },
  ],
  [
    'what was told long ago',
    { started: 2, stopped: 0, failing: 0, since: 'never again' },
    { health: null, machines: null, asked: 600 },
  ],
  [
    'no machines, told long ago',
    { started: 0, stopped: 0, failing: 0, since: 'never again' },
    { health: null, machines: null, asked: 600 },
  ],
];

let room: Room;
beforeAll(async () => {
  room = await shippedRoom();
});

/** A definition holds what its playbook names, so the indicator is looked for in all of the service. */
function queryOf(app: string, indicator: string): string {
  const services = Object.values(room.definitions).map(({ service }) => service);
  const query = services.find(({ name, indicators }) => name === app && indicators[indicator])?.indicators[
    indicator
  ]?.query;
  if (query === undefined) throw new Error(`${app} has no indicator ${indicator}`);
  return query;
}

/** The indicators of an app as a unit test for promtool, which reads JSON as YAML. */
function unitTest(app: string, told: Told, said: Said): string {
  const series = (name: string, labels: string, values: string) => ({
    series: `${name}{app="${app}"${labels}}`,
    values,
  });
  const steady = (value: number) => `${value}x20`;
  const expected: Readonly<Record<string, number | null>> = { ...said, no_machines: said.machines };
  return JSON.stringify({
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: [
          series('genesis_fly_machines', ', state="started"', steady(told.started)),
          series('genesis_fly_machines', ', state="other"', steady(told.stopped)),
          series('genesis_fly_checks', ', status="passing"', steady(told.started - told.failing)),
          series('genesis_fly_checks', ', status="failing"', steady(told.failing)),
          // The clock of such a test begins at 0.
          series(
            'genesis_fly_seen_timestamp_seconds',
            '',
            told.since === 'each minute' ? '0+60x20' : steady(0),
          ),
        ],
        promql_expr_test: Object.entries(expected).map(([indicator, value]) => ({
          expr: queryOf(app, indicator),
          eval_time: '10m',
          exp_samples: value === null ? [] : [{ labels: '{}', value }],
        })),
      },
    ],
  });
}

describe.skipIf(promtool === null)('what is known of the machines of a Fly app, by promtool', () => {
  const table = apps.flatMap((app) => cases.map(([name, told, said]) => [app, name, told, said] as const));

  it.each(table)('%s: %s', async (app, _, told, said) => {
    const folder = await mkdtemp(join(tmpdir(), 'genesis-fly-'));
    try {
      const file = join(folder, 'indicators.test.yml');
      await writeFile(file, unitTest(app, told, said));
      const { stdout } = await promisify(execFile)(promtool ?? '', ['test', 'rules', file]);
      expect(stdout).toContain('SUCCESS');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
