import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, median, ratio, rounded } from '../figure.ts';
import { startBotProcess, unlimitedPace, webhookHeaders } from '../measure/bot.ts';
import { residentMb, type Server, startScript } from '../measure/server.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { type FakeSlack, startFakeSlack } from '../slack/fakeSlack.ts';
import { alertmanagerProgram, postedAlert, startAlertmanager } from './alertmanager.ts';
import { type Delivered, deliver, openIncidents, type Subject, webhook } from './deliver.ts';
import { nodeRedProgram, startNodeRed } from './nodeRed.ts';
import { threadRoom } from './threadRoom.ts';

const rounds = 3;
const seconds = 2;
const sdk = "an outbox server with Slack's SDK";
const json = { 'content-type': 'application/json' };

/** Alert in, message at Slack: alerts delivered a second and what each costs, beside what else could be used. */
export async function* deliveryFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  const subjects: Subject[] = [];
  const servers: Server[] = [];
  try {
    const reference = await startScript({
      args: ['bench/delivery/reference.ts', join(directory.path, 'reference.db'), slack.hookUrl],
    });
    servers.push(reference);
    subjects.push({
      name: 'reference',
      server: reference,
      path: '/alertmanager',
      headers: json,
      body: webhook,
    });

    const withSdk = await startScript({
      args: ['bench/delivery/reference.ts', join(directory.path, 'sdk.db'), slack.hookUrl, slack.apiUrl],
    });
    servers.push(withSdk);
    subjects.push({ name: sdk, server: withSdk, path: '/alertmanager', headers: json, body: webhook });

    const playbooks = await threadRoom(directory.path);
    const bot = await startBotProcess({
      slack,
      playbooks,
      database: join(directory.path, 'genesis.db'),
      pace: unlimitedPace,
    });
    servers.push(bot);
    const own = { server: bot, path: '/alertmanager', headers: webhookHeaders, body: webhook };
    const markers = await openIncidents(bot, slack);
    subjects.push({ ...own, name: 'update', markers }, { ...own, name: 'open' });

    for (const peer of peers(directory.path, slack)) {
      try {
        const subject = await peer.start();
        servers.push(subject.server);
        subjects.push(subject);
      } catch (error) {
        notRun(peer.name, error);
      }
    }

    const results = new Map<string, Delivered[]>(subjects.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) results.get(subject.name)?.push(await deliver(subject, slack, seconds));
    }
    const memory = new Map(subjects.map(({ name, server }) => [name, rounded(residentMb(server.pid))]));
    yield* compare(results, memory);
  } finally {
    for (const server of servers) await server.stop();
    await slack.stop();
    await directory.remove();
  }
}

function* compare(
  results: ReadonlyMap<string, readonly Delivered[]>,
  memory: ReadonlyMap<string, number>,
): Generator<Figure> {
  const middle = (name: string, pick: (each: Delivered) => number) =>
    rounded(median((results.get(name) ?? []).map(pick)));
  const perSecond = (name: string) => middle(name, (each) => each.perSecond);
  const cpu = (name: string) => middle(name, (each) => each.cpuMicros);
  const calls = (name: string) => middle(name, (each) => each.callsPerAlert);
  const said = (name: string) =>
    `${perSecond(name)}/s, ${cpu(name)} µs, p50 ${middle(name, (each) => each.p50Ms)} ms, p99 ${middle(name, (each) => each.p99Ms)} ms, ${memory.get(name)} MB`;
  const how = `8 clients that each wait for the message, a Slack that answers at once, the bot's rate budget lifted`;
  const plain = `outbox server, SQLite FULL, raw http: ${said('reference')}`;
  const lost = (name: string) => (results.get(name) ?? []).reduce((sum, each) => sum + each.lost, 0);
  for (const [name, what] of [
    ['update', 'alerts of open incidents delivered'],
    ['open', 'alerts that open an incident delivered'],
  ] as const) {
    const detail = `${how}; ours ${said(name)}, ${calls(name)} calls to Slack for each alert, ${lost(name)} lost`;
    yield { name: what, value: perSecond(name), unit: '1/s', against: `${plain}; ${detail}` };
    yield {
      name: `${what}, CPU`,
      value: cpu(name),
      unit: 'µs',
      against: `${cpu('reference')} µs of the outbox server`,
    };
    for (const other of results.keys()) {
      if (other === 'update' || other === 'open') continue;
      const label = other === 'reference' ? 'an outbox server' : other;
      yield {
        name: `${what}, over ${label}`,
        value: ratio(perSecond(name), perSecond(other)),
        unit: '×',
        against: `${label}: ${said(other)}`,
      };
    }
  }
}

type Peer = { readonly name: string; readonly start: () => Promise<Subject> };

function peers(directory: string, slack: FakeSlack): readonly Peer[] {
  return [
    {
      name: 'Alertmanager',
      async start() {
        const program = alertmanagerProgram();
        if (program === null)
          throw new Error('it is not installed (apt-get install prometheus-alertmanager)');
        const server = await startAlertmanager(program, { directory, hook: slack.hookUrl });
        return { name: 'Alertmanager', server, path: '/api/v2/alerts', headers: json, body: postedAlert };
      },
    },
    {
      name: 'Node-RED',
      async start() {
        if (!existsSync(nodeRedProgram)) throw new Error('it is not installed (npm install in bench)');
        const server = await startNodeRed({ directory, hook: slack.hookUrl });
        return { name: 'Node-RED', server, path: '/alertmanager', headers: json, body: webhook };
      },
    },
    {
      name: 'Hubot',
      async start() {
        if (!existsSync('bench/node_modules/hubot'))
          throw new Error('it is not installed (npm install in bench)');
        const server = await startScript({ args: ['bench/delivery/hubot.ts', slack.hookUrl] });
        return { name: 'Hubot', server, path: '/alertmanager', headers: json, body: webhook };
      },
    },
  ];
}

const notRun = (name: string, error: unknown): void =>
  void process.stderr.write(`\n*** ${name}: not run: ${error instanceof Error ? error.message : error}\n\n`);
