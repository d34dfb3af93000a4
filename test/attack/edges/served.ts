import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startSlackServer } from '../../fakes/slackServer.ts';
import type { Stops } from '../../scenarios/rehearsal.ts';
import { genesis, webhookToken, workingDirectory } from '../../scenarios/servedProcess.ts';
import { hearsSlack, signed } from './edgeBot.ts';

/** The bot as a process of its own, heard over HTTP, so that what an attack costs it can be read from outside. */
export type ServedBot = {
  readonly url: string;
  readonly token: string;
  /** Bytes that the process holds in memory now. */
  memory(): number;
  sign(body: string): Record<string, string>;
  /** Everything that it wrote so far. */
  output(): string;
};

export async function serveBot(stops: Stops): Promise<ServedBot> {
  const slack = await startSlackServer();
  stops.push(() => slack.stop());
  const served = genesis(stops, {
    directory: await workingDirectory(stops),
    env: {
      SLACK_BOT_TOKEN: slack.tokens.bot,
      SLACK_SIGNING_SECRET: slack.tokens.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      ALERTMANAGER_TOKEN: webhookToken,
      PLAYBOOKS: resolve('playbooks'),
      PORT: '0',
    },
  });
  const url = await served.url();
  await hearsSlack(url);
  return {
    url,
    token: webhookToken,
    output: served.output,
    memory: () => memoryOf(served.child.pid ?? 0),
    sign: (body) => signed(slack.tokens.signingSecret, body),
  };
}

function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`There is no memory to be read of process ${pid}`);
  return Number(kilobytes) * 1024;
}
