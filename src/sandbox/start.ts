import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type Bot, CannotStart, startBot } from '../bot.ts';
import { readConfig } from '../config.ts';
import type { Log } from '../engine/log.ts';
import { type AlertSource, startAlertSource } from './alerts/alertSource.ts';
import { freePort } from './alerts/program.ts';
import { type Emulator, startEmulator } from './emulator/emulator.ts';
import { startPage } from './page/server.ts';
import { writeFlyProgram } from './patient/flyFile.ts';
import { firstFlyState } from './patient/flyState.ts';
import { type Patient, startPatient } from './patient/patient.ts';

/**
 * The whole product on one machine: an emulated Slack, a patient to break, something that watches it, and the bot with
 * its shipped playbooks. Only the hosts are overlaid: the same argument vectors find the patient's own programs first.
 */
export type Sandbox = {
  readonly pageUrl: string | null;
  readonly bot: Bot;
  readonly emulator: Emulator;
  readonly patient: Patient;
  readonly alerts: AlertSource;
  /** The environment that a bot of its own would need to join this sandbox. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

export type SandboxOptions = {
  /** Everything that is written lies below it. */
  readonly directory: string;
  readonly playbooks: string;
  readonly pace: number;
  /** The Slack app that is installed in the emulated workspace; the shipped one by default. */
  readonly manifest?: string;
  readonly delivery: 'socket' | 'http';
  /** Null leaves the browser page out. */
  readonly pagePort: number | null;
  /** Where the built page is kept from one start to the next; by default it is built anew. */
  readonly pageCache?: string;
  readonly alertSource?: 'real' | 'stand-in';
  readonly rateLimits?: { scale: number } | 'off';
  readonly log: Log;
  /** The hosts that stand in for those of the playbooks, in the form of `hosts.yml`; the patient's own where left out. */
  readonly hosts?: (patient: Patient) => unknown;
  /** Leaves the bot to the caller, who starts one with `env`. */
  readonly startBot?: (env: Readonly<Record<string, string>>) => Promise<Bot>;
};

const loopback = '127.0.0.1';
const defaultManifest = fileURLToPath(new URL('../../manifest.yml', import.meta.url));

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, pace, log } = options;
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    await mkdir(directory, { recursive: true });
    const botPort = await freePort();
    const botUrl = `http://${loopback}:${botPort}`;

    const emulator = await startEmulator({
      delivery:
        options.delivery === 'socket'
          ? { kind: 'socket' }
          : { kind: 'http', requestUrl: `${botUrl}/slack/events` },
      // In a world that runs faster, a minute of Slack's is shorter too.
      rateLimits: options.rateLimits ?? { scale: pace },
      seed: { app: await appFrom(options.manifest ?? defaultManifest) },
    });
    stops.push(() => emulator.stop());

    const patient = await startPatient({
      directory: join(directory, 'patient'),
      pace,
      port: await freePort(),
    });
    stops.push(() => patient.stop());

    const webhookToken = 'sandbox-alertmanager-token';
    const alerts = await startAlertSource({
      patientMetricsUrl: patient.metricsUrl,
      hostMetricsUrl: patient.hostMetricsUrl,
      otherTargets: patient.targets,
      rulesFile: join(options.playbooks, 'prometheus', 'rules.yml'),
      webhookUrl: `${botUrl}/alertmanager`,
      webhookToken,
      pace,
      directory: join(directory, 'alerts'),
      ...(options.alertSource ? { use: options.alertSource } : {}),
    });
    stops.push(() => alerts.stop());

    const hostsFile = join(directory, 'hosts.yml');
    const flyDirectory = join(directory, 'fly');
    await writeFlyProgram(
      join(flyDirectory, 'bin'),
      join(flyDirectory, 'state.json'),
      firstFlyState(flyApps),
    );
    const hosts = options.hosts ?? ((each: Patient) => sandboxHosts(each, flyDirectory));
    await writeFile(hostsFile, stringify(hosts(patient)));
    const env = {
      SLACK_BOT_TOKEN: emulator.botToken,
      ...(options.delivery === 'socket'
        ? { SLACK_APP_TOKEN: emulator.appToken }
        : { SLACK_SIGNING_SECRET: emulator.signingSecret }),
      SLACK_API_URL: emulator.apiUrl,
      ALERTMANAGER_TOKEN: webhookToken,
      ALERTMANAGER_URL: alerts.alertmanagerUrl,
      ALERTMANAGER_RECEIVER: alerts.receiver,
      PROMETHEUS_URL: alerts.prometheusUrl,
      DATABASE_URL: `sqlite:${join(directory, 'genesis.db')}`,
      PLAYBOOKS: options.playbooks,
      HOSTS_FILE: hostsFile,
      HOST: loopback,
      PORT: String(botPort),
      PACE: String(pace),
      GENESIS_KEY: 'sandbox-audit-key',
      AUDIT_HEAD_FILE: join(directory, 'audit-head.json'),
    };
    const bot = await (options.startBot ?? inThisProcess(log))(env);
    stops.push(() => bot.stop());

    const page =
      options.pagePort === null
        ? null
        : await startPage({
            port: options.pagePort,
            emulatorUrl: emulator.url,
            patientUrl: patient.controlUrl,
            cacheDirectory: options.pageCache ?? join(directory, 'page'),
          });
    if (page) stops.push(() => page.stop());
    return { pageUrl: page?.url ?? null, bot, emulator, patient, alerts, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const inThisProcess =
  (log: Log) =>
  async (env: Readonly<Record<string, string>>): Promise<Bot> => {
    const result = readConfig(env);
    if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
    // Alertmanager knows the port already, so another one is no way out when somebody else is just passing through it.
    for (let tries = 1; ; tries += 1) {
      try {
        return await startBot(result.config, { log });
      } catch (error) {
        if (tries === mostTries || !(error instanceof CannotStart) || !/EADDRINUSE/.test(error.message))
          throw error;
        await delay(betweenTriesMs);
      }
    }
  };

const mostTries = 10;
const betweenTriesMs = 500;

const flyApps = ['hotdash-llamaindex-mcp', 'hotdash-agent-service'];
const flyTools = fileURLToPath(new URL('../../deploy/fly', import.meta.url));

/** The patient's host, and the one from which Fly apps are run, with a `fly` that only looks like the real one. */
const sandboxHosts = ({ checkout, bin }: Patient, flyDirectory: string): unknown => ({
  hosts: {
    genesis: { kind: 'local', directory: checkout, path: [bin] },
    hotdash: {
      kind: 'local',
      directory: flyDirectory,
      // What remembers the changes says `env node`, and the one that runs here may not be the first in PATH.
      path: [join(flyDirectory, 'bin'), flyTools, dirname(process.execPath)],
    },
  },
});

const manifestSchema = z.object({
  features: z.object({
    slash_commands: z.array(
      z.object({ command: z.string(), description: z.string(), usage_hint: z.string() }),
    ),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()) }) }),
});

/** The app as its manifest asks for it, so that a missing scope shows here and not only in a real workspace. */
async function appFrom(file: string) {
  const { features, oauth_config, settings } = manifestSchema.parse(parse(await readFile(file, 'utf8')));
  return {
    scopes: oauth_config.scopes.bot,
    events: settings.event_subscriptions.bot_events,
    commands: features.slash_commands.map(({ command, description, usage_hint }) => ({
      command,
      description,
      usageHint: usage_hint,
      shouldEscape: true,
    })),
  };
}
