import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deliver, openIncidents, webhook } from './delivery/deliver.ts';
import { threadRoom } from './delivery/threadRoom.ts';
import { load } from './ingest/load.ts';
import { startBotProcess, unlimitedPace, webhookHeaders } from './measure/bot.ts';
import { moveToLoadCore } from './measure/cores.ts';
import type { Server } from './measure/server.ts';
import { tempDirectory } from './measure/tempDirectory.ts';
import { type FakeSlack, startFakeSlack } from './slack/fakeSlack.ts';

/**
 * Where the bot's time goes: runs parts of the bench under the profiler of V8 and prints the functions that used most
 * of it themselves, and the packages they belong to. `node bench/profile.ts [a|a20|b|open]…`; the bare profiles stay
 * under the directory that is named at the end.
 */
const seconds = 6;
const listed = 15;
const root = fileURLToPath(new URL('..', import.meta.url));

type Run = (bot: Server, slack: FakeSlack) => Promise<string>;

const ingest =
  (alertsPerWebhook: number): Run =>
  async (bot) => {
    const url = `${bot.url}/alertmanager`;
    const { perSecond } = await load({ url, seconds, alertsPerWebhook, headers: webhookHeaders });
    return `${perSecond} webhooks a second, ${alertsPerWebhook} alerts each`;
  };

const delivery =
  (opens: boolean): Run =>
  async (bot, slack) => {
    const markers = opens ? {} : { markers: await openIncidents(bot, slack) };
    const subject = {
      name: 'bot',
      server: bot,
      path: '/alertmanager',
      headers: webhookHeaders,
      body: webhook,
    };
    const { perSecond, cpuMicros } = await deliver({ ...subject, ...markers }, slack, seconds);
    return `${Math.round(perSecond)} alerts delivered a second, ${Math.round(cpuMicros)} µs each`;
  };

const runs: Readonly<Record<string, { readonly what: string; readonly run: Run; readonly pace?: number }>> = {
  a: { what: 'webhooks of one alert', run: ingest(1) },
  a20: { what: 'webhooks of 20 alerts', run: ingest(20) },
  b: { what: 'alerts of open incidents, delivered', run: delivery(false), pace: unlimitedPace },
  open: { what: 'alerts that open an incident, delivered', run: delivery(true), pace: unlimitedPace },
};

type CallFrame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };
type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

async function profile(name: string, profiles: string): Promise<void> {
  const chosen = runs[name];
  if (!chosen) throw new Error(`${name} is none of ${Object.keys(runs).join(', ')}`);
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  const into = join(profiles, name);
  await mkdir(into, { recursive: true });
  try {
    const bot = await startBotProcess({
      slack,
      database: join(directory.path, 'genesis.db'),
      playbooks: chosen.pace === undefined ? 'playbooks' : await threadRoom(directory.path),
      flags: ['--cpu-prof', `--cpu-prof-dir=${into}`],
      ...(chosen.pace === undefined ? {} : { pace: chosen.pace }),
    });
    const settledMs = bot.startMs + 500;
    const said = await chosen.run(bot, slack);
    await bot.stop();
    process.stdout.write(`\n## ${chosen.what}: ${said} (under the profiler)\n`);
    for (const each of await largest(into)) report(withoutStart(each, settledMs));
  } finally {
    await slack.stop();
    await directory.remove();
  }
}

/** What loading the program took is another figure. */
function withoutStart(profile: Profile, startMs: number): Profile {
  let elapsed = 0;
  const first = profile.timeDeltas.findIndex((delta) => {
    elapsed += delta;
    return elapsed > startMs * 1_000;
  });
  return {
    nodes: profile.nodes,
    samples: profile.samples.slice(first),
    timeDeltas: profile.timeDeltas.slice(first),
  };
}

/** Workers and the executor leave profiles of their own; the one with most samples is the bot's main thread. */
async function largest(directory: string): Promise<readonly Profile[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.cpuprofile'));
  const all = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(directory, file), 'utf8')) as Profile),
  );
  return all.toSorted((a, b) => busy(b) - busy(a)).slice(0, 1);
}

const isIdle = ({ functionName }: CallFrame): boolean =>
  ['(idle)', '(root)', '(program)'].includes(functionName);

const busy = (profile: Profile): number =>
  [...selfTimes(profile)].reduce((sum, [, { micros, frame }]) => (isIdle(frame) ? sum : sum + micros), 0);

function selfTimes({ nodes, samples, timeDeltas }: Profile) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { micros: number; readonly frame: CallFrame }>();
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame) continue;
    const key = `${frame.functionName}|${frame.url}|${frame.lineNumber}`;
    const known = times.get(key) ?? { micros: 0, frame };
    known.micros += timeDeltas[index] ?? 0;
    times.set(key, known);
  }
  return times;
}

function report(profile: Profile): void {
  const times = [...selfTimes(profile).values()].filter(({ frame }) => frame.functionName !== '(idle)');
  const total = times.reduce((sum, { micros }) => sum + micros, 0);
  const share = (micros: number) => `${((micros / total) * 100).toFixed(1).padStart(5)} %`;
  for (const { micros, frame } of times.toSorted((a, b) => b.micros - a.micros).slice(0, listed)) {
    process.stdout.write(`${share(micros)}  ${frame.functionName || '(anonymous)'}  ${placeOf(frame)}\n`);
  }
  const groups = new Map<string, number>();
  for (const { micros, frame } of times) {
    groups.set(groupOf(frame), (groups.get(groupOf(frame)) ?? 0) + micros);
  }
  process.stdout.write('by part:\n');
  for (const [group, micros] of [...groups].toSorted(([, a], [, b]) => b - a).slice(0, listed)) {
    process.stdout.write(`${share(micros)}  ${group}\n`);
  }
}

const fileOf = ({ url }: CallFrame): string =>
  url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
const placeOf = (frame: CallFrame): string =>
  frame.url === '' ? '' : `${fileOf(frame)}:${frame.lineNumber + 1}`;

/** A package, a folder of ours, Node itself, or what V8 and native code do. */
function groupOf(frame: CallFrame): string {
  const file = fileOf(frame);
  if (file === '') return frame.functionName.startsWith('(') ? frame.functionName : 'native code';
  if (file.startsWith('node:')) return file.split('/').slice(0, 2).join('/');
  const inPackage = /node_modules\/((@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  return inPackage ?? file.split('/').slice(0, 3).join('/');
}

moveToLoadCore();
const profiles = await tempDirectory();
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(runs)) await profile(name, profiles.path);
process.stdout.write(`\nProfiles: ${profiles.path}\n`);
