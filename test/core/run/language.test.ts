import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Command } from '../../../src/core/command.ts';
import { compileRoom } from '../../../src/core/playbook/compile.ts';
import type { RoomFile, RoomFileKind } from '../../../src/core/playbook/reporting.ts';
import { createStage, type Stage } from '../../../src/core/rehearsal/stage.ts';
import type { CommandOutcome } from '../../../src/core/run/events.ts';
import type { StepRecord } from '../../../src/core/run/run.ts';
import type { RunId } from '../../../src/core/stream.ts';

const engineer: Actor = { kind: 'person', user: 'U1ENGINEER', groups: ['oncall'] };
const lead: Actor = { kind: 'person', user: 'U2LEAD', groups: ['oncall'] };

const file = (kind: RoomFileKind, name: string, value: unknown): RoomFile => ({
  kind,
  file: name,
  value,
  locate: () => ({ line: 1, column: 1 }),
});

const route = { place: { thread: '#ops' } };
const shop = {
  service: 'shop',
  host: 'till',
  indicators: { up: { query: 'up', objective: { equals: 1 } } },
  actions: {
    errors: { risk: 'observe', run: ['tail', 'errors.log'] },
    disk: { risk: 'observe', run: ['df'] },
    top: { risk: 'observe', run: ['ps'] },
    warm: {
      risk: 'change',
      run: ['warm'],
      verify: 'exit',
      undo: 'none',
      idempotent: true,
      probe: 'up',
      retries: { times: 2, after: '10s' },
    },
    wipe: {
      risk: 'destructive',
      run: ['rm', '-r', 'cache'],
      verify: 'exit',
      undo: 'none',
      evidence: ['errors', 'disk'],
    },
    deploy: {
      risk: 'change',
      run: ['deployer', '--image', { parameter: 'image' }],
      verify: 'exit',
      undo: 'none',
      parameters: { image: { title: 'Image', pattern: '[a-z]+:v[0-9]+' } },
    },
  },
};

type Steps = readonly Record<string, unknown>[];

function compiled(playbook: Record<string, unknown>, service: Record<string, unknown> = shop) {
  return compileRoom(
    [
      file('hosts', 'hosts.yml', { hosts: { till: { kind: 'local', directory: '/srv' } } }),
      file('service', 'services/shop.yml', service),
      file('alert', 'alerts/generic.yml', {
        playbook: 'generic',
        title: 'Generic',
        steps: [{ ask: 'What?' }],
      }),
      file('procedure', 'procedures/trial.yml', {
        playbook: 'trial',
        title: 'Trial',
        service: 'shop',
        ...playbook,
      }),
      file('procedure', 'procedures/other.yml', {
        playbook: 'other',
        title: 'Other',
        service: 'shop',
        steps: [{ observe: 'disk' }],
      }),
      file('routing', 'routing.yml', {
        severities: { P0: route, P1: route, P2: route, P3: route, P4: route },
      }),
      file('access', 'access.yml', {
        groups: { oncall: { usergroup: 'oncall' } },
        rules: [{ allow: ['change', 'disrupt', 'destroy', 'approve'], to: 'oncall', on: 'any' }],
      }),
    ],
    { pace: 1 },
  );
}

const run: RunId = 'RUN-1';

function started(steps: Steps, more: { playbook?: Record<string, unknown>; start?: object } = {}): Stage {
  const { room, problems } = compiled({ steps, ...more.playbook });
  expect(problems).toEqual([]);
  if (!room) throw new Error('no room');
  const stage = createStage(room);
  const answer = stage.give({
    actor: engineer,
    type: 'run.start',
    run: null,
    incident: null,
    playbook: 'trial',
    place: { kind: 'channel', channel: 'C1' },
    reason: null,
    ...more.start,
  });
  expect(answer).toMatchObject({ kind: 'accepted' });
  return stage;
}

const record = (stage: Stage, step = '1'): StepRecord => {
  const found = stage.run(run).steps[step];
  if (!found) throw new Error(`${step} was never entered`);
  return found;
};

type Said = Partial<Command> & { readonly type: Command['type'] };

const say = (stage: Stage, said: Said, step = '1', actor = engineer) =>
  stage.give({ actor, run, step, attempt: record(stage, step).attempt, ...said } as Command);

const exited = (code = 0): CommandOutcome => ({ kind: 'exited', code, tookMs: 5, truncatedBytes: 0 });

/** Ends what the step waits for; answers which action that was. */
function ends(stage: Stage, outcome: CommandOutcome = exited(), output = '', step = '1'): string {
  const effect = stage.command({ run, step });
  if (!effect) throw new Error(`${step} waits for no command`);
  stage.end(effect, outcome, output);
  return effect.planned.action;
}

describe('several observations at the same time', () => {
  const looking = () => started([{ observe: ['errors', 'disk', 'top'] }, { ask: 'Enough?' }]);

  it('settle when all have ended, and name what could not be seen', () => {
    const stage = looking();
    expect([ends(stage, exited(), 'ERROR 1\n'), ends(stage, exited(1), 'df: no\n')]).toEqual([
      'errors',
      'disk',
    ]);
    expect(record(stage).state.kind).toBe('observing');
    ends(stage, exited(), 'load 1\n');
    expect(record(stage)).toMatchObject({
      output: '',
      looks: [
        { title: 'Errors', output: 'ERROR 1\n', end: { unseen: null } },
        { title: 'Disk', output: 'df: no\n', end: { unseen: 'It ended with exit code 1.' } },
        { title: 'Top', output: 'load 1\n', end: { unseen: null } },
      ],
      state: { kind: 'settled', how: { kind: 'done', looks: { all: 3, unseen: ['Disk'] } } },
    });
    expect(record(stage, '2').state.kind).toBe('asking');
    say(stage, { type: 'run.try-again' });
    expect(record(stage)).toMatchObject({ attempt: 2, state: { kind: 'observing' } });
  });

  it('are not repeated after a crash, and said as not seen where none came to anything', () => {
    const stage = looking();
    for (let index = 0; index < 3; index += 1) ends(stage, { kind: 'unknown', message: 'The bot stopped.' });
    expect(record(stage).state).toMatchObject({ how: { kind: 'unseen' } });
    expect(stage.command({ run, step: '1' })).toBeNull();
    expect(record(stage, '2').state.kind).toBe('asking');
  });
});

describe('evidence before something destructive', () => {
  const wiping = () => {
    const stage = started([{ do: 'wipe' }, { verify: 'up' }]);
    say(stage, { type: 'run.perform' });
    const { state } = record(stage);
    if (state.kind !== 'approving') throw new Error('nobody was asked');
    expect(state.approval.plan.commands.map(({ action, evidence }) => [action, evidence])).toEqual([
      ['errors', true],
      ['disk', true],
      ['wipe', undefined],
    ]);
    say(stage, { type: 'run.approval-decide', verdict: 'approve', hash: state.approval.hash }, '1', lead);
    return stage;
  };

  it('comes first, holds nothing up, and stays with the step', () => {
    const stage = wiping();
    expect(ends(stage, exited(), 'ERROR 7\n')).toBe('errors');
    expect(ends(stage, { kind: 'timed-out', tookMs: 20_000 })).toBe('disk');
    expect(ends(stage, exited(), 'gone\n')).toBe('wipe');
    expect(record(stage)).toMatchObject({
      output: 'gone\n',
      looks: [
        { title: 'Errors', output: 'ERROR 7\n', end: { unseen: null } },
        { title: 'Disk', end: { unseen: 'It did not end in 20 s.' } },
      ],
      state: { how: { kind: 'done', looks: { all: 2, unseen: ['Disk'] } } },
    });
  });

  it('takes thirty seconds at most, all of it together', () => {
    const stage = wiping();
    stage.moveTo(stage.now() + 29_800);
    ends(stage);
    expect(stage.command({ run, step: '1' })?.planned.action).toBe('wipe');
    expect(record(stage).looks?.[1]?.end?.unseen).toBe('The 30 s for evidence were over.');
  });

  it('gives a later one only the time that is left', () => {
    const stage = wiping();
    stage.moveTo(stage.now() + 20_000);
    ends(stage);
    expect(stage.command({ run, step: '1' })?.planned).toMatchObject({ action: 'disk', timeoutMs: 10_000 });
  });

  it('lets nothing follow where it was stopped', () => {
    const stage = wiping();
    say(stage, { type: 'run.stop' });
    ends(stage, { kind: 'stopped', tookMs: 1 });
    expect(record(stage).state).toMatchObject({ kind: 'failed', code: 'stopped' });
    expect(stage.command({ run, step: '1' })).toBeNull();
  });
});

describe('another try of what is idempotent', { tags: ['trust-4'] }, () => {
  const warming = (more: object = {}) => {
    const stage = started([{ do: 'warm', ...more }, { verify: 'up' }]);
    say(stage, { type: 'run.perform' });
    return stage;
  };
  const tries = (stage: Stage) =>
    stage.log.flatMap(({ event }) => (event.type === 'CommandStarted' ? [event.data.try ?? 1] : []));

  it('comes by itself after an exit code, a time limit and a host that was not reached', () => {
    const stage = warming();
    ends(stage, exited(1));
    expect(record(stage).state).toMatchObject({
      kind: 'running',
      retry: { try: 2, why: 'Exit 1 after 1 s.' },
    });
    expect(stage.command({ run, step: '1' })).toBeNull();
    stage.moveTo(stage.now() + 10_000);
    ends(stage, { kind: 'refused', code: 'unreachable', message: 'till does not answer.' });
    stage.moveTo(stage.now() + 10_000);
    ends(stage, exited(0));
    expect(record(stage).state).toMatchObject({ how: { kind: 'done' } });
    expect(tries(stage)).toEqual([1, 2, 3]);
  });

  it('is over with the last one, with the budget, and with whoever stops it', () => {
    const last = warming();
    for (let index = 0; index < 3; index += 1) {
      ends(last, exited(2));
      last.moveTo(last.now() + 10_000);
    }
    expect(record(last).state).toMatchObject({
      kind: 'failed',
      message: 'Exit 2 after 1 s. That was try 3 of 3.',
    });

    const short = warming({ budget: '5s' });
    ends(short, exited(2));
    expect(record(short).state).toMatchObject({
      message: 'Exit 2 after 1 s. Its budget leaves no time for another try.',
    });

    const stopped = warming();
    ends(stopped, exited(2));
    say(stopped, { type: 'run.stop' });
    stopped.moveTo(stopped.now() + 60_000);
    expect(record(stopped).state).toMatchObject({ kind: 'failed', code: 'stopped' });
    expect(tries(stopped)).toEqual([1]);
  });

  it('never follows an unknown outcome, but once where the probe says that nothing was done', async ({
    annotate,
  }) => {
    const stage = warming();
    stage.set({ up: [{ afterMs: 0, value: 0 }] });
    ends(stage, { kind: 'unknown', message: 'The bot stopped.' });
    expect(record(stage).state).toMatchObject({ kind: 'running', try: 2, afterUnknown: true });
    ends(stage, { kind: 'unknown', message: 'The bot stopped.' });
    expect(record(stage).state).toMatchObject({ kind: 'unknown' });
    expect(tries(stage)).toEqual([1, 2]);

    for (const value of [1, null]) {
      const other = warming();
      other.set({ up: [{ afterMs: 0, value }] });
      ends(other, { kind: 'unknown', message: 'The bot stopped.' });
      expect(record(other).state).toMatchObject({ kind: 'unknown' });
      expect(tries(other)).toEqual([1]);
    }
    await annotate(
      '2 unknown outcomes: 1 more try where the probe said no, 0 where it said yes or nothing',
      'figure',
    );
  });
});

describe('a question with a type', () => {
  const asks: readonly [Record<string, unknown>, readonly string[], readonly string[]][] = [
    [{ type: 'integer', min: 1, max: 20 }, ['1', '20'], ['0', '21', '1.5', 'two', '']],
    [{ type: 'number', max: 1 }, ['0.25', '-3'], ['1.5', '1e3', 'NaN']],
    [{ type: 'duration', max: '1h' }, ['90s', '1h'], ['2h', '90', 'soon']],
    [{ pattern: '[a-z]+:v[0-9]+' }, ['shop:v3'], ['shop:v3 ', 'shop:latest', 'x\nshop:v3']],
    [{ options: ['Europe', 'America'] }, ['Europe'], ['europe', 'Asia']],
  ];

  it.each(asks)('%j takes what fits and says what is wanted', (type, good, bad) => {
    for (const answer of bad) {
      const stage = started([{ ask: 'What?', ...type }]);
      expect(say(stage, { type: 'run.answer', answer } as Said)).toMatchObject({
        code: 'invalid',
        message: expect.stringMatching(/^Wanted is /),
      });
      expect(record(stage).state.kind).toBe('asking');
    }
    for (const answer of good) {
      const stage = started([{ ask: 'What?', ...type }]);
      say(stage, { type: 'run.answer', answer } as Said);
      expect(record(stage).state).toMatchObject({ how: { kind: 'answered', answer } });
    }
  });
});

describe('a value for an action', () => {
  const steps: Steps = [
    { ask: 'Which image?', as: 'image' },
    { ask: 'Why?' },
    { do: 'deploy', with: { image: 'answer.image' } },
  ];
  const answered = (image: string) => {
    const stage = started(steps);
    say(stage, { type: 'run.answer', answer: image } as Said);
    say(stage, { type: 'run.answer', answer: 'it is time' } as Said, '2');
    return stage;
  };

  it('becomes a whole argument of the plan that is offered', () => {
    const stage = answered('shop:v7');
    expect(record(stage, '3').state).toMatchObject({
      kind: 'offering',
      plan: {
        commands: [
          { does: { kind: 'run', argv: ['deployer', '--image', 'shop:v7'] }, values: { image: 'shop:v7' } },
        ],
      },
    });
  });

  it('that cannot be used stands with its reason, and is asked for again alone', () => {
    const stage = answered('$(reboot)');
    expect(record(stage, '3').state).toMatchObject({
      kind: 'failed',
      code: 'bad-value',
      message:
        'The answer to "Which image?", "$(reboot)", cannot be used as Image. Wanted is text that matches `[a-z]+:v[0-9]+` as a whole.',
    });
    expect(say(stage, { type: 'run.try-again' }, '3')).toMatchObject({ code: 'invalid' });
    say(stage, { type: 'run.choose-again' }, '3');
    expect(record(stage, '2').attempt).toBe(1);
    say(stage, { type: 'run.answer', answer: 'shop:v8' } as Said);
    expect(record(stage, '3')).toMatchObject({ attempt: 2, state: { kind: 'offering' } });
  });

  it('is asked for when a whole procedure starts, and is part of what is approved', () => {
    const whole = {
      playbook: { authority: 'whole', inputs: { image: { ask: 'Which image?', pattern: '[a-z]+:v[0-9]+' } } },
    };
    const deploys: Steps = [{ do: 'deploy', with: { image: 'input.image' } }, { verify: 'up' }];
    const one = started(deploys, { ...whole, start: { inputs: { image: 'shop:v1' } } });
    const other = started(deploys, { ...whole, start: { inputs: { image: 'shop:v2' } } });
    expect(one.run(run)).toMatchObject({ inputs: { image: 'shop:v1' } });
    expect(one.run(run).whole?.hash).not.toBe(other.run(run).whole?.hash);
    expect(one.command({ run, step: '1' })?.planned.does).toEqual({
      kind: 'run',
      argv: ['deployer', '--image', 'shop:v1'],
    });
    const { room } = compiled({ steps: deploys, ...whole.playbook });
    const refused =
      room &&
      createStage(room).give({
        ...{ actor: engineer, type: 'run.start', run: null, incident: null, playbook: 'trial', reason: null },
        place: { kind: 'channel', channel: 'C1' },
        inputs: { image: '--force' },
      });
    expect(refused).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('Trial needs a value for image.'),
    });
  });

  it.each([
    [[{ do: 'deploy' }, { verify: 'up' }], /`deploy` needs a value for `image`/],
    [
      [
        { do: 'deploy', with: { image: 'answer.image' } },
        { ask: 'Image?', as: 'image' },
      ],
      /There is no answer `image`/,
    ],
    [
      [
        { ask: 'How many?', as: 'image', type: 'choice', options: ['a', 'b'] },
        { do: 'deploy', with: { image: 'answer.image' } },
      ],
      /The answer `a` is no value for it/,
    ],
    [[{ do: 'deploy', with: { image: '--force' } }], /begins with a hyphen/],
    [[{ do: 'deploy', with: { image: 'input.image' } }], /There is no input `image`/],
  ])('lint: %j', (steps, message) => {
    const { problems } = compiled({ steps });
    expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
  });
});

describe('a step that offers a procedure', () => {
  it('settles with the click, starts it once, and knows the run', () => {
    const stage = started([{ offer: 'other', why: 'It may help.' }, { ask: 'Did it?' }]);
    say(stage, { type: 'run.start-offered', reason: null } as Said);
    expect(say(stage, { type: 'run.start-offered', reason: null } as Said)).toMatchObject({
      code: 'already',
    });
    expect(record(stage).state).toMatchObject({ how: { kind: 'started', playbook: 'other', run: 'RUN-2' } });
    expect(stage.runs().map(({ playbook }) => playbook)).toEqual(['trial', 'other']);
    expect(record(stage, '2').state.kind).toBe('asking');
  });

  it('is passed by with Not Now', () => {
    const stage = started([{ offer: 'other', why: 'It may help.' }, { ask: 'Did it?' }]);
    say(stage, { type: 'run.skip' });
    expect(stage.runs()).toHaveLength(1);
    expect(record(stage, '2').state.kind).toBe('asking');
  });
});
