import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHidingRunner } from '../../../src/adapters/runner/hidingRunner.ts';
import type { Bot } from '../../../src/bot.ts';
import { createLineKeeper } from '../../../src/core/redact/lineKeeper.ts';
import { createRedactor } from '../../../src/core/redact/redactor.ts';
import type { RunnerPort } from '../../../src/engine/runnerPort.ts';
import type { Emulator } from '../../../src/sandbox/emulator/emulator.ts';
import { people } from '../../../src/sandbox/emulator/seed.ts';
import { rehearse, type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { genesis, type Served } from '../../scenarios/servedProcess.ts';
import { createWorkspaceDriver } from '../../scenarios/workspaceDriver.ts';
import { findsSecret } from './traces.ts';

const { oncall, responder } = people;

/** Letters and digits that occur nowhere else on this machine. */
const newCore = (): string => `c${randomBytes(11).toString('hex')}y`;

describe('a search for secrets', { tags: ['trust-36'] }, () => {
  it('finds one in every form in which programs print it', () => {
    const core = newCore();
    const text = `user:${core}/+ ~`;
    const bytes = Buffer.from(text);
    for (const form of [
      text,
      core.slice(0, 14),
      core.toUpperCase(),
      encodeURIComponent([...core].map((mark) => `%${mark.charCodeAt(0).toString(16)}`).join('')),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      Buffer.from(`ab${text}`).toString('base64'),
      bytes.toString('hex'),
      `${core.slice(0, 9)}\n${core.slice(9)}`,
      JSON.stringify(`${bytes.toString('base64').slice(0, 10)}\n${bytes.toString('base64').slice(10)}`),
    ]) {
      expect(findsSecret(`before ${decodeURIComponent(form)} after`, core), form).not.toBeNull();
    }
    expect(findsSecret('before [redacted] after', core)).toBeNull();
  });
});

describe('what hides secrets', { tags: ['trust-36'] }, () => {
  it('hides them however they are encoded, wrapped and cut', async ({ annotate }) => {
    const runs = process.env.SOAK === '1' ? 20_000 : 60;
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    const core = newCore();
    const around = fc.string({
      unit: fc.constantFrom('/', '+', '=', '?', '&', '%', '"', ' ', "'", 'é', '~', '!'),
      maxLength: 6,
    });
    const wrap = (text: string, width: number) => text.replaceAll(new RegExp(`(.{${width}})`, 'g'), '$1\n');
    const forms: readonly ((secret: string, before: string, after: string) => string)[] = [
      (secret, before, after) => `${before}${secret}${after}`,
      (secret, before, after) => JSON.stringify({ [before]: `${secret}${after}` }),
      (secret, before) => `${before}?key=${encodeURIComponent(secret)}&b=1`,
      (secret, before) => `${before}?${new URLSearchParams({ key: secret })}`,
      (secret) => encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
      (secret, before, after) => Buffer.from(`${before}${secret}${after}`).toString('base64'),
      (secret, before, after) => Buffer.from(`${before}${secret}${after}`).toString('base64url'),
      (secret, before, after) => wrap(Buffer.from(`${before}${secret}${after}`).toString('base64'), 76),
      (secret, before, after) => wrap(Buffer.from(`${before}${secret}${after}`).toString('base64'), 64),
      (secret, before, after) => Buffer.from(`${before}${secret}${after}`).toString('hex'),
      (secret, before, after) => wrap(Buffer.from(`${before}${secret}${after}`).toString('hex'), 60),
      (secret, before) => `${before}\n${secret.slice(0, -1)}`,
    ];
    fc.assert(
      fc.property(
        around,
        around,
        fc.string({ maxLength: 300 }),
        fc.string({ maxLength: 300 }),
        fc.constantFrom(...forms),
        fc.array(fc.nat(), { maxLength: 12 }),
        (left, right, before, after, form, places) => {
          const secret = `${left}${core}${right}`;
          const keeper = createLineKeeper(createRedactor([secret]));
          const text = `ordinary text\n${form(secret, before, after)}`;
          const cuts = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort(
            (a, b) => a - b,
          );
          const said = cuts.slice(1).map((end, index) => keeper.take(text.slice(cuts[index], end)));
          expect(findsSecret(said.join('') + keeper.rest(), core)).toBeNull();
        },
      ),
      { numRuns: runs, seed },
    );
    await annotate(
      `${runs} random outputs (seed ${seed}), ${forms.length} forms, cut anywhere: 0 hits`,
      'figure',
    );
  });

  it('leaves a file alone that holds one, since its content would be kept for the undo', async () => {
    const core = newCore();
    const files = new Map([
      ['bot.env', `SLACK_BOT_TOKEN=${core}\n`],
      ['flag', 'off\n'],
    ]);
    const inner: RunnerPort = {
      run: async () => ({ kind: 'refused', code: 'no-program', message: `no ${core}` }),
      read: async ({ file }) => ({ kind: 'read', content: files.get(file) ?? null, tookMs: 1 }),
      write: async ({ file, content }) => {
        const previous = files.get(file) ?? null;
        files.set(file, content ?? '');
        return { kind: 'written', previous, tookMs: 1 };
      },
      stop: () => undefined,
    };
    const runner = createHidingRunner(inner, [core]);
    const target = { kind: 'local', host: 'bot', directory: '/srv' } as const;
    const request = { id: '1', target, timeoutMs: 1_000, notAfter: 0 };
    const refused = await runner.write({ ...request, file: 'bot.env', content: 'new' });
    expect(refused).toMatchObject({ kind: 'refused', code: 'holds-secret' });
    expect(files.get('bot.env')).toContain(core);
    expect(await runner.read({ ...request, file: 'bot.env' })).toMatchObject({ code: 'holds-secret' });
    expect(await runner.write({ ...request, file: 'flag', content: 'on\n' })).toMatchObject({
      previous: 'off\n',
    });
    const none = await runner.run({ ...request, argv: ['x'] }, { onOutput: () => undefined });
    expect(findsSecret(JSON.stringify([refused, none]), core)).toBeNull();
  });
});

/** A room whose only service shows everything that it can reach. */
async function leakyRoom(directory: string, script: string): Promise<string> {
  const room = join(directory, 'room');
  await cp('playbooks', room, { recursive: true });
  await writeFile(
    join(room, 'services', 'leaky.yml'),
    `service: leaky
host: genesis
indicators:
  up: { title: Service, query: min(up), objective: { equals: 1 } }
actions:
  show:
    title: Show everything
    risk: change
    run: [${script}]
    secrets: [DEPLOY_TOKEN, MULTI_LINE]
    timeout: 60s
    verify: up
    undo: { none: Nothing was changed. }
  settings:
    title: Replace the settings
    risk: change
    write: { file: bot.env, content: "nothing\\n" }
    verify: exit
    undo: previous
`,
  );
  await writeFile(
    join(room, 'procedures', 'show-leaky.yml'),
    `playbook: show-leaky
title: Show everything of leaky
service: leaky
severity: P1
summary: Prints what it knows.
steps:
  - do: show
  - do: settings
`,
  );
  return room;
}

const printing = `#!/bin/sh
bot=$(awk '/^PPid/ {print $2}' /proc/$PPID/status)
show() {
  cat; echo
}
everything() {
  env
  cat bot.env
  tr '\\0' '\\n' </proc/$bot/environ
}
echo "plain $DEPLOY_TOKEN end"
echo "error $DEPLOY_TOKEN end" >&2
printf 'user:%s' "$DEPLOY_TOKEN" | base64
for shift in a ab abc; do printf '%s%s' $shift "$DEPLOY_TOKEN" | base64 -w0; echo; done
everything
everything >&2
everything | base64
everything | base64 -w0; echo
everything | od -An -v -tx1 | tr -d ' \\n'; echo
everything | od -An -v -tx1 | tr -d ' \\n' | fold -w 60; echo
everything | sed 's/+/%2B/g; s#/#%2F#g; s/=/%3D/g; s/?/%3F/g'
for part in $(printf %s "$DEPLOY_TOKEN" | fold -w 3); do printf %s "$part"; sleep 0.02; done; echo
head -c 40000 /dev/zero | tr '\\0' x; printf %s "$DEPLOY_TOKEN"; head -c 40000 /dev/zero | tr '\\0' y; echo
printf %s "$DEPLOY_TOKEN" | head -c 20
exit 3
`;

type Canaries = Readonly<Record<string, string>>;

/** Everything that the bot left anywhere, by where it lies. */
async function leftBehind(given: {
  directory: string;
  ours: readonly string[];
  emulator: Emulator;
  served: Served;
  commands: readonly { readonly name: string; readonly text: string }[];
}): Promise<readonly { where: string; what: string | Buffer }[]> {
  const { directory, ours, emulator, served, commands } = given;
  const { workspace } = emulator;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !ours.some((each) => file.startsWith(each)));
  const channels = workspace.channels();
  return [
    ...(await Promise.all(
      files.map(async (file) => ({ where: relative(directory, file), what: await readFile(file) })),
    )),
    { where: 'the log', what: served.output() },
    {
      where: 'messages in Slack',
      what: JSON.stringify(channels.map((channel) => [channel, workspace.allMessages(channel.id)])),
    },
    {
      where: 'private answers in Slack',
      what: JSON.stringify(
        Object.values(people).map((person) => [workspace.ephemerals(person), workspace.openViews(person)]),
      ),
    },
    ...workspace.files().map((file) => ({ where: `the file ${file.name} in Slack`, what: file.bytes })),
    {
      where: 'calls of the Web API',
      // The bot proves who it is with its token, which is what a token is for.
      what: JSON.stringify(emulator.calls, (key, value) =>
        /^token$|authorization/i.test(key) ? undefined : value,
      ),
    },
    ...commands.map(({ name, text }) => ({ where: name, what: text })),
  ];
}

describe('secrets of the bot and of its commands', { tags: ['trust-36'], timeout: 180_000 }, () => {
  it('are found nowhere after everything was printed, failed, and crashed', async ({
    onTestFinished,
    annotate,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const canaries: Canaries = {
      deploy: newCore(),
      line: newCore(),
      key: newCore(),
      alertmanager: newCore(),
      prometheusPassword: newCore(),
      alertmanagerPassword: newCore(),
      heartbeat: newCore(),
    };
    const outside = await mkdtemp(join(tmpdir(), 'genesis-canary-'));
    stops.push(() => rm(outside, { recursive: true, force: true, maxRetries: 5 }));
    const script = join(outside, 'show');
    await writeFile(script, printing, { mode: 0o755 });
    const executorEnv = join(outside, 'executor.env');
    await writeFile(
      executorEnv,
      `DEPLOY_TOKEN="t/${canaries.deploy}+=?&%"\nMULTI_LINE="first line\n${canaries.line} second"\n`,
    );
    const playbooks = await leakyRoom(outside, script);

    // The bot is a process of its own, as operators run it, and what it needs to crash is put beside it.
    let served: Served | null = null;
    let given: Readonly<Record<string, string>> = {};
    const crash = `process.once('SIGUSR2', () => { throw new Error('crash ' + JSON.stringify(process.env), { cause: new URL(process.env.PROMETHEUS_URL) }) })`;
    const { emulator, patient, directory } = await rehearse(stops, {
      playbooks,
      delivery: 'http',
      startBot: async (env) => {
        given = {
          ...env,
          ALERTMANAGER_TOKEN: `${env.ALERTMANAGER_TOKEN},${canaries.alertmanager}`,
          ALERTMANAGER_URL: `http://am:${canaries.alertmanagerPassword}@127.0.0.1:1`,
          PROMETHEUS_URL: `http://prom:${canaries.prometheusPassword}@127.0.0.1:1`,
          HEARTBEAT_URL: `http://127.0.0.1:1/${canaries.heartbeat}`,
          GENESIS_KEY: `key-${canaries.key}`,
          EXECUTOR_ENV: executorEnv,
        };
        const preload = `--import=data:text/javascript,${encodeURIComponent(crash)}`;
        served = genesis(stops, { directory: outside, env: { ...given, NODE_OPTIONS: preload } });
        const url = await served.url();
        const bot: Partial<Bot> = { url, stop: async () => undefined };
        return bot as Bot;
      },
    });
    const process_ = served as Served | null;
    if (!process_) throw new Error('the bot was not started');
    const botEnv = join(patient.checkout, 'bot.env');
    await writeFile(
      botEnv,
      Object.entries(given)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    const slack = createWorkspaceDriver(emulator, 60_000);

    await emulator.person(oncall).slash('#genesis-incidents', '/genesis', 'declare P1 leaky Something leaks');
    const channel = await slack.incidentChannel(1);
    await emulator.person(responder).join(channel.id);
    await emulator.person(responder).slash(channel.id, '/genesis', 'playbook run show-leaky');
    await slack.click(responder, channel.id, 'Show Everything');
    await slack.message(channel.id, /✗ Failed: \*Show everything\*/);
    await slack.message(channel.id, /Output of Show everything/);
    await slack.click(responder, channel.id, 'Skip');
    await slack.click(responder, channel.id, 'Replace the Settings');
    await slack.message(channel.id, /✗ Failed: \*Replace the settings\*.*holds a secret of the bot/s);
    await slack.click(responder, channel.id, 'Skip');
    await emulator.person(oncall).slash(channel.id, '/genesis', 'resolve Nothing more to be seen');
    await slack.message(channel.id, /post-mortem draft/i);

    process_.child.kill('SIGUSR2');
    expect(await process_.exited).toBe(1);
    expect(process_.output()).toContain('crash');

    const commands = [];
    for (const args of [
      ['export'],
      ['incidents', 'INC-1'],
      ['postmortem', 'INC-1', '--format', 'md'],
      ['postmortem', 'INC-1', '--format', 'html'],
      ['postmortem', 'INC-1', '--format', 'json'],
      ['audit', 'verify'],
    ]) {
      const run = genesis(stops, { directory: outside, args, env: given });
      await run.exited;
      commands.push({ name: `genesis ${args.join(' ')}`, text: run.output() });
    }
    expect(commands[0]?.text).toContain('plain [redacted] end');

    const secrets: Canaries = {
      ...canaries,
      slackBotToken: emulator.botToken.slice('xoxb-'.length),
      slackSigningSecret: emulator.signingSecret,
      alertmanagerToken: given.ALERTMANAGER_TOKEN?.split(',')[0] ?? '',
    };
    const left = await leftBehind({
      directory,
      // The sandbox's own alert source and patient hold what the test gave them.
      ours: [join(directory, 'patient'), join(directory, 'alerts')],
      emulator,
      served: process_,
      commands,
    });
    expect(left.map(({ where }) => where)).toContain('genesis.db');
    const hits = left.flatMap(({ where, what }) =>
      Object.entries(secrets).flatMap(([name, core]) => {
        const how = findsSecret(what, core);
        return how === null ? [] : [`${name} in ${where}, ${how}`];
      }),
    );
    expect(hits).toEqual([]);
    await annotate(
      `${Object.keys(secrets).length} secrets looked for in ${left.length} places (database, log, crash, Slack, post-mortem, export): 0 hits`,
      'figure',
    );
  });
});
