import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Room } from '../../src/core/playbook/room.ts';
import { minute } from '../fakes/room.ts';
import { createWorld, notice } from '../fakes/world.ts';
import { shippedPlaybooks, shippedRoom } from './shippedRoom.ts';
import { definitionIn, unexpectedRefusals, type Walk, walk } from './walker.ts';

const apps = ['hotdash-llamaindex-mcp', 'hotdash-agent-service'] as const;

let room: Room;
beforeAll(async () => {
  room = await shippedRoom();
});

/** The way through each playbook: what is answered, what is wrong, what is done about it. */
type Way = Pick<Walk, 'answers' | 'skips'> & {
  readonly about: string;
  readonly done: readonly string[];
  readonly mendedBy?: string;
  readonly stuck: string;
};

const alerts: readonly (readonly [alert: string, way: Way])[] = [
  [
    'health',
    {
      answers: ['One of them is stuck'],
      about: 'health',
      done: ['restart_machines'],
      mendedBy: 'restart_machines',
      stuck: 'do restart_machines',
    },
  ],
  [
    'health',
    {
      answers: ['Out of memory'],
      about: 'memory',
      done: ['scale_memory', 'set_memory'],
      mendedBy: 'set_memory',
      stuck: 'do scale_memory',
    },
  ],
  [
    'health',
    {
      answers: ['There is no machine at all'],
      about: 'machines',
      done: ['restore_count'],
      mendedBy: 'restore_count',
      stuck: 'do restore_count',
    },
  ],
  [
    'health',
    { answers: ['All of them are bad since a release'], about: 'health', done: [], stuck: 'verify health' },
  ],
  ['health', { answers: ['None of these'], about: 'health', done: [], stuck: 'verify health' }],
  ['errors', { answers: ['Above 5 %'], about: 'error_ratio', done: [], stuck: 'verify error_ratio' }],
  [
    'errors',
    {
      answers: ['Between 1 and 5 %, on some machines'],
      about: 'error_ratio',
      done: ['restart_machines'],
      mendedBy: 'restart_machines',
      stuck: 'verify error_ratio',
    },
  ],
  [
    'errors',
    {
      answers: ['Between 1 and 5 %, everywhere'],
      about: 'error_ratio',
      done: [],
      stuck: 'verify error_ratio',
    },
  ],
  [
    'latency',
    {
      answers: ['Above 1000 ms since a release'],
      about: 'latency_p95',
      done: [],
      stuck: 'verify latency_p95',
    },
  ],
  [
    'latency',
    {
      answers: ['Too few machines'],
      about: 'latency_p95',
      done: ['scale_out', 'set_count_three'],
      mendedBy: 'set_count_three',
      stuck: 'verify latency_p95',
    },
  ],
  [
    'latency',
    {
      answers: ['Too little CPU'],
      about: 'latency_p95',
      done: ['scale_cpu', 'set_cpu'],
      mendedBy: 'set_cpu',
      stuck: 'verify latency_p95',
    },
  ],
  [
    'latency',
    { answers: ['Machines that wake up'], about: 'latency_p95', done: [], stuck: 'verify latency_p95' },
  ],
  ['latency', { answers: ['A dependency'], about: 'latency_p95', done: [], stuck: 'verify latency_p95' }],
  [
    'memory',
    {
      answers: ['It rises all the time'],
      about: 'memory_critical',
      done: ['restart_machines'],
      mendedBy: 'restart_machines',
      stuck: 'verify memory_critical',
    },
  ],
  [
    'memory',
    {
      answers: ['It is high with the load'],
      about: 'memory_critical',
      done: ['scale_memory', 'set_memory'],
      mendedBy: 'set_memory',
      stuck: 'verify memory_critical',
    },
  ],
  [
    'memory',
    {
      answers: ['It is high but steady'],
      about: 'memory_critical',
      done: [],
      stuck: 'verify memory_critical',
    },
  ],
  [
    'errors-critical',
    {
      answers: ['Mended by the rollback'],
      about: 'error_ratio_critical',
      done: [],
      stuck: 'verify error_ratio_critical',
    },
  ],
  [
    'latency-critical',
    {
      answers: ['Mended by the rollback'],
      about: 'latency_p95_critical',
      done: [],
      stuck: 'verify latency_p95_critical',
    },
  ],
  [
    'memory-critical',
    {
      about: 'memory_critical',
      done: ['scale_memory', 'set_memory', 'restart_machines'],
      mendedBy: 'set_memory',
      stuck: 'do scale_memory',
    },
  ],
  ['metrics-missing', { about: 'asked', done: [], stuck: 'verify asked' }],
];

const walks = apps.flatMap((app) =>
  alerts.map(
    ([alert, way]) => [`${app}-${alert}, ${way.answers?.[0] ?? 'its one way'}`, app, alert, way] as const,
  ),
);

/** Where the limit for a rollback is still passed, nobody is asked yet what it was. */
const asked = (alert: string, answers: readonly string[]) => (alert.endsWith('-critical') ? [] : answers);

describe('an alert of a Fly app', () => {
  it.each(walks)('%s: what is done helps, and the run comes to its end', (_, app, alert, way) => {
    const { answers = [], about, done, mendedBy } = way;
    const walked = walk(room, {
      playbook: `${app}-${alert}`,
      answers,
      ...(mendedBy === undefined ? {} : { sick: [about], mendedBy }),
    });
    expect({ done: walked.carriedOut, end: walked.end }).toEqual({ done, end: 'completed' });
    expect(unexpectedRefusals(walked.world)).toEqual([]);
    expect(walked.world.refolded()).toEqual(walked.world.states);
  });

  it.each(walks)('%s: nothing helps, and the run says where it stands', (_, app, alert, way) => {
    const { answers = [], about, stuck } = way;
    const { end } = walk(room, {
      playbook: `${app}-${alert}`,
      answers: asked(alert, answers),
      sick: [about],
    });
    expect(end).toBe(`failed at ${stuck}`);
  });

  it.each(walks)('%s: without data nothing is called well', (_, app, alert, way) => {
    const { answers = [], about, stuck } = way;
    const { end } = walk(room, {
      playbook: `${app}-${alert}`,
      answers: asked(alert, answers),
      blind: [about],
    });
    expect(end).toBe(`inconclusive at ${stuck}`);
  });

  it.each(apps)('%s answers each of its alerts, and every way through was walked', (app) => {
    for (const alert of new Set(alerts.map(([name]) => name))) {
      const { playbook } = definitionIn(room, `${app}-${alert}`);
      const choice = playbook.steps.find((step) => step.kind === 'choose');
      const walked = alerts.flatMap(([name, way]) => (name === alert ? (way.answers ?? []) : []));
      if (choice) expect(walked).toEqual(choice.options.map(({ label }) => label));
      const world = createWorld({ room });
      const firing = notice({ name: playbook.answers.alertname ?? '', service: app });
      world.notice({ ...firing, labels: { severity: 'P2', ...firing.labels, ...playbook.answers } });
      expect(world.run('INC-1.1').playbook).toBe(`${app}-${alert}`);
    }
  });

  it.each(apps)('%s offers its rollback five minutes after its health began to fail', (app) => {
    // The alert itself holds for two minutes.
    expect(definitionIn(room, `${app}-health`).playbook.onUnresolved).toEqual({
      afterMs: 3 * minute,
      offer: `rollback-${app}`,
    });
  });

  it.each(apps)('%s: a warning and a P1 of one kind are one incident, of the higher severity', (app) => {
    const world = createWorld({ room });
    const fired = (severity: string) => {
      const firing = notice({ name: 'FlyHighErrorRate', service: app, fingerprint: severity });
      world.notice({ ...firing, labels: { ...firing.labels, severity } });
    };
    fired('P2');
    expect(world.incident().severity).toBe('P2');
    fired('P1');
    expect(world.incidents()).toHaveLength(1);
    expect(world.incident().severity).toBe('P1');
    expect(world.runs().map((run) => world.run(run).playbook)).toEqual([
      `${app}-errors`,
      `${app}-errors-critical`,
    ]);
    const critical = definitionIn(room, `${app}-errors-critical`).playbook;
    expect(critical.steps).toContainEqual(
      expect.objectContaining({ kind: 'offer', procedure: `rollback-${app}` }),
    );
    expect(critical.onUnresolved).toEqual({ afterMs: 10 * minute, offer: `rollback-${app}` });
  });
});

describe.each(apps)('the procedures of %s', (app) => {
  it('restart what fails and verify it', () => {
    const playbook = `${app}-machine-restart`;
    const failing = { playbook, answers: ['Those that fail'] };
    expect(walk(room, failing)).toMatchObject({ carriedOut: ['restart_machines'], end: 'completed' });
    expect(walk(room, { ...failing, sick: ['health'] }).end).toBe('failed at do restart_machines');
    expect(walk(room, { playbook, answers: ['One by its id'] })).toMatchObject({
      carriedOut: ['restart_machine'],
      end: 'completed',
    });
  });

  it('put the image in place that was named, and remember the one from before', () => {
    const playbook = `${app}-put-image`;
    expect(walk(room, { playbook })).toMatchObject({
      carriedOut: ['remember', 'put_image'],
      end: 'completed',
    });
    expect(walk(room, { playbook, sick: ['health'] }).end).toBe('failed at do put_image');
  });

  it.each([
    [['Machines'], ['remember', 'set_count'], 'No, bring the count back', 'restore_count'],
    [['Memory or CPU', 'shared-cpu-2x'], ['remember', 'set_size'], 'No, bring the size back', 'restore_size'],
  ] as const)('give it more %s, and take it back where that did not help', (what, done, back, undone) => {
    const playbook = `${app}-scale-up`;
    expect(walk(room, { playbook, answers: [...what, 'Yes, it stays'] })).toMatchObject({
      carriedOut: done,
      end: 'completed',
    });
    expect(walk(room, { playbook, answers: [...what, back] })).toMatchObject({
      carriedOut: [...done, undone],
      end: 'completed',
    });
    expect(definitionIn(room, playbook).service.actions[done[1]]?.undo).toEqual({
      kind: 'action',
      action: undone,
    });
  });

  it('scale to zero only with a second person, and bring back the count that was remembered', () => {
    const playbook = `${app}-scale-to-zero`;
    const turns = {
      set_count_zero: { met: ['no_machines'], missed: ['machines'] },
      restore_count: { met: ['machines', 'health'], missed: ['no_machines'] },
    };
    const zero = { playbook, turns, sick: ['no_machines'] };
    expect(walk(room, zero)).toMatchObject({
      carriedOut: [],
      end: 'waits for a second person at do scale_to_zero',
    });
    expect(walk(room, { ...zero, second: 'refuse' }).carriedOut).toEqual([]);
    expect(walk(room, { ...zero, second: 'approve' })).toMatchObject({
      carriedOut: ['scale_to_zero', 'set_count_zero', 'note_scaled_to_zero', 'restore_count'],
      end: 'completed',
    });
    expect(walk(room, { ...zero, second: 'approve', breaks: ['scale_to_zero'] })).toMatchObject({
      carriedOut: ['scale_to_zero'],
      end: 'failed at do scale_to_zero',
    });
  });
});

describe.each(apps)('the rollback of %s', (app) => {
  const playbook = `rollback-${app}`;
  const done = [
    'note_rollback_started',
    'remember',
    'remember_twin',
    'roll_back',
    'roll_back_twin',
    'keep_together',
    'note_rollback_complete',
  ];

  it('puts both apps back within five minutes, and watches for ten', () => {
    const walked = walk(room, { playbook });
    expect({ done: walked.carriedOut, end: walked.end }).toEqual({ done, end: 'completed' });
    const stages = definitionIn(room, playbook).playbook.steps.flatMap((step) =>
      step.kind === 'stage' ? [step] : [],
    );
    const watch = stages.at(-1);
    expect(stages.slice(0, -1).reduce((sum, { budgetMs }) => sum + budgetMs, 0)).toBe(5 * minute);
    expect(watch?.steps[0]).toMatchObject({ target: { indicator: 'health', holdMs: 10 * minute } });
    const argv = (action: string) => {
      const does = definitionIn(room, playbook).service.actions[action]?.does;
      return does?.kind === 'run' ? does.argv.at(-1) : undefined;
    };
    expect(new Set([argv('roll_back'), argv('roll_back_twin')])).toEqual(new Set(apps));
  });

  it('stops where one image cannot be deployed, before the other is touched', () => {
    const walked = walk(room, { playbook, breaks: ['roll_back'] });
    const { carriedOut, end } = walked;
    expect(carriedOut).toEqual([...done.slice(0, 4), 'keep_together']);
    expect(end).toMatch(/^stopped: .*did not succeed/);
  });

  it('brings the first app back to the image of the other where that one cannot be put back', () => {
    const { carriedOut, end } = walk(room, { playbook, breaks: ['roll_back_twin'] });
    expect(carriedOut).toEqual([...done.slice(0, 5), 'keep_together']);
    expect(end).toMatch(/^stopped: .*did not succeed/);
  });

  it('is not complete while a check still fails', () => {
    const walked = walk(room, { playbook, sick: ['health'] });
    expect(walked.carriedOut).not.toContain('note_rollback_complete');
    expect(walked.end).toMatch(/^stopped/);
  });
});

describe('the two Fly apps', () => {
  const files = ['services/NAME.yml', 'procedures/rollback-NAME.yml'].concat(
    [...new Set(alerts.map(([alert]) => alert))].map((each) => `alerts/NAME-${each}.yml`),
    ['machine-restart', 'scale-up', 'put-image', 'scale-to-zero'].map(
      (each) => `procedures/NAME-${each}.yml`,
    ),
  );

  it.each(files)('are alike but for their names: %s', async (file) => {
    const [one, other] = await Promise.all(
      apps.map((app) => readFile(join(shippedPlaybooks, file.replace('NAME', app)), 'utf8')),
    );
    const swapped = (text: string) =>
      text.replaceAll(/llamaindex-mcp|agent-service/g, (name) =>
        name === 'agent-service' ? 'llamaindex-mcp' : 'agent-service',
      );
    const plain = (text = '') => text.replace(/^#.*\n/gm, '');
    expect(swapped(plain(other))).toBe(plain(one));
  });
});
