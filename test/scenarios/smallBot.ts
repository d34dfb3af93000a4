import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { createLog } from '../../src/adapters/logging/log.ts';
import { type Bot, startBot } from '../../src/bot.ts';
import { readConfig } from '../../src/config.ts';
import type { StoredEvent } from '../../src/engine/ports.ts';
import { type Emulator, startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import type { MovedClock } from '../fakes/clock.ts';
import { clockTicks } from '../fakes/clockTicks.ts';
import { startFakePrometheus } from '../fakes/prometheus.ts';
import { eventsOf, type Stops } from './rehearsal.ts';
import { postWebhook, webhookToken, workingDirectory } from './servedProcess.ts';

/** A room of one service whose only action writes a file, and one playbook that offers it. */
export const shopFiles: Readonly<Record<string, string>> = {
  'hosts.yml': 'hosts: { shop: { kind: local, directory: DIRECTORY } }\n',
  'routing.yml': `severities:
  P0: { place: own-channel, announce: '#genesis-alerts' }
  P1: { place: own-channel, announce: '#genesis-alerts' }
  P2: { place: { thread: '#genesis-monitoring' } }
  P3: { place: { thread: '#genesis-monitoring' } }
  P4: { place: log }
`,
  'access.yml': `groups: { oncall: { usergroup: oncall } }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve], to: oncall, on: any }
`,
  'services/shop.yml': `service: shop
host: shop
indicators:
  error_ratio:
    title: Error rate
    query: sum(rate(errors_total[$window])) / sum(rate(requests_total[$window]))
    objective: { below: 1% }
actions:
  cache_off:
    title: Switch the cache off
    risk: change
    write: { file: cache.yml, content: "enabled: false\\n" }
    verify: { indicator: error_ratio, within: 8m }
    undo: previous
`,
  'alerts/shop-errors.yml': `playbook: shop-errors
title: The shop fails
answers: { alertname: ShopErrors }
service: shop
severity: P2
steps:
  - do: cache_off
`,
  'alerts/generic.yml': `playbook: generic
title: Alert without a playbook
steps:
  - ask: What is going on?
`,
};

export type SmallBot = {
  readonly bot: Bot;
  readonly emulator: Emulator;
  readonly prometheus: Awaited<ReturnType<typeof startFakePrometheus>>;
  /** Where the files of the room are. */
  readonly room: string;
  /** Where the action writes. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  fire(alertname: string, service?: string): Promise<void>;
  ready(): Promise<{
    code: number;
    message: string;
    checks: Record<string, { status: string; message?: string }>;
  }>;
  events(): Promise<readonly StoredEvent[]>;
  /** Stops the bot and starts it again on the same database; answers the new one. */
  again(env?: Readonly<Record<string, string>>): Promise<Bot>;
};

/** `directory` is where the host of the room is. */
export async function writeRoom(
  room: string,
  directory: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [name, text] of Object.entries({ ...shopFiles, ...files })) {
    await mkdir(dirname(join(room, name)), { recursive: true });
    await writeFile(join(room, name), text.replaceAll('DIRECTORY', directory));
  }
}

/** The real bot on the emulated Slack with a room of its own; nothing else of the sandbox. */
export async function startSmallBot(
  stops: Stops,
  options: {
    readonly files?: Readonly<Record<string, string>>;
    readonly clock?: MovedClock;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<SmallBot> {
  const directory = await workingDirectory(stops);
  const room = join(directory, 'room');
  await writeRoom(room, directory, options.files);
  const emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
  stops.push(() => emulator.stop());
  const { clock } = options;
  const prometheus = await startFakePrometheus(clock ? { now: clock.now } : {});
  stops.push(() => prometheus.stop());
  const env = {
    SLACK_BOT_TOKEN: emulator.botToken,
    SLACK_APP_TOKEN: emulator.appToken,
    SLACK_API_URL: emulator.apiUrl,
    ALERTMANAGER_TOKEN: webhookToken,
    PROMETHEUS_URL: prometheus.url,
    DATABASE_URL: `sqlite:${join(directory, 'genesis.db')}`,
    PLAYBOOKS: room,
    PORT: '0',
    ...options.env,
  };
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<Bot> => {
    const config = readConfig({ ...env, ...more });
    if (config.kind === 'bad') throw new Error(config.problems.join('\n'));
    const started = await startBot(config.config, {
      log: createLog({ level: 'error' }),
      ...(clock ? { clock, ticks: clockTicks(clock) } : {}),
    });
    stops.push(() => started.stop());
    return started;
  };
  let bot = await start();
  return {
    bot,
    emulator,
    prometheus,
    room,
    directory,
    env,
    async fire(alertname, service = 'shop') {
      const alert = {
        status: 'firing',
        labels: { alertname, service },
        annotations: { summary: `${alertname} on ${service}` },
        startsAt: new Date(clock?.now() ?? Date.now()).toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.test/graph',
        fingerprint: Buffer.from(`${alertname}/${service}`).toString('hex').slice(0, 16),
      };
      const body = {
        version: '4',
        groupKey: `{}:{alertname="${alertname}", service="${service}"}`,
        truncatedAlerts: 0,
        status: 'firing',
        receiver: 'genesis',
        groupLabels: {},
        commonLabels: alert.labels,
        commonAnnotations: alert.annotations,
        externalURL: 'http://alertmanager.test',
        alerts: [alert],
      };
      const answer = await postWebhook(bot.url, JSON.stringify(body));
      expect({ status: answer.status, body: await answer.text() }).toMatchObject({ status: 200 });
    },
    async ready() {
      const answer = await fetch(`${bot.url}/readyz`);
      return { code: answer.status, ...((await answer.json()) as object) } as Awaited<
        ReturnType<SmallBot['ready']>
      >;
    },
    events: () => eventsOf(env),
    async again(more) {
      await bot.stop();
      bot = await start(more);
      return bot;
    },
  };
}
