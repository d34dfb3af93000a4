import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeButtonValue } from '../../src/adapters/slack/buttonValue.ts';
import { type Figure, quantile, rounded } from '../figure.ts';
import { load } from '../ingest/load.ts';
import { webhookBody } from '../ingest/webhookBody.ts';
import { startBotProcess, unlimitedPace, webhookHeaders } from '../measure/bot.ts';
import { openConnection } from '../measure/connection.ts';
import { startScript } from '../measure/server.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { type FakeSlack, responder, signingSecret, startFakeSlack, team } from '../slack/fakeSlack.ts';

const perSecond = 50;
const seconds = 6;

/**
 * From a signed click to its acknowledgement, open loop: clicks come at a fixed rate whatever happens to those before,
 * and each counts from when it should have been sent. Once alone, once while webhooks come as fast as they are taken.
 */
export async function* clickFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  // Who clicks is looked up at Slack, a hundred times a minute at most; that limit is not what is measured.
  const bot = await startBotProcess({
    slack,
    database: join(directory.path, 'genesis.db'),
    slackPace: unlimitedPace,
  });
  const plain = await startScript({
    args: ['bench/ingest/reference.ts', join(directory.path, 'reference.db')],
  });
  try {
    const first = await openConnection(bot.url);
    await first.post('/alertmanager', webhookBody(1), webhookHeaders);
    first.close();
    await slack.quiet();
    const click = () => ({ path: '/slack/events', ...signedClick(slack) });
    await clickFor(1, bot.url, click);
    const alone = await clickFor(seconds / 2, bot.url, click);
    const request = () => ({ path: '/alertmanager', body: webhookBody(1), headers: {} });
    const theirs = await underLoad(plain.url, () => clickFor(seconds / 2, plain.url, request), seconds / 2);
    const ours = await underLoad(`${bot.url}/alertmanager`, () => clickFor(seconds, bot.url, click), seconds);
    const text = (all: readonly number[]) => `p50 ${at(all, 0.5)} ms, p99 ${at(all, 0.99)} ms`;
    const against = `${text(alone)} without load; ${text(theirs.times)} of a plain server that commits each request, under ${theirs.webhooks} webhooks a second; ours ${text(ours.times)}, ${perSecond} clicks a second beside ${ours.webhooks} webhooks a second, the bot's rate budget lifted`;
    yield {
      name: 'click to acknowledgement under load, p50',
      value: at(ours.times, 0.5),
      unit: 'ms',
      against,
    };
    yield {
      name: 'click to acknowledgement under load, p99',
      value: at(ours.times, 0.99),
      unit: 'ms',
      against,
    };
  } finally {
    await bot.stop();
    await plain.stop();
    await slack.stop();
    await directory.remove();
  }
}

const at = (times: readonly number[], share: number): number => rounded(quantile(times, share));

let clicks = 0;

/** As many webhooks as are taken, and from when they have warmed up the requests that count. */
async function underLoad(url: string, requests: () => Promise<readonly number[]>, forSeconds: number) {
  const storm = load({ url, seconds: forSeconds + 0.5, headers: webhookHeaders });
  await sleep(500);
  const times = await requests();
  return { times, webhooks: (await storm).perSecond };
}

type Request = { readonly path: string; readonly body: string; readonly headers: Record<string, string> };

async function clickFor(forSeconds: number, url: string, next: () => Request): Promise<readonly number[]> {
  const connections = await Promise.all(Array.from({ length: 4 }, () => openConnection(url)));
  const lines = connections.map(() => Promise.resolve());
  const begun = performance.now();
  const times: number[] = [];
  for (let count = 0; count < forSeconds * perSecond; count++) {
    const due = begun + (count * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const line = count % connections.length;
    lines[line] = (lines[line] ?? Promise.resolve()).then(async () => {
      const { path, body, headers } = next();
      const status = await connections[line]?.post(path, body, headers);
      if (status !== 200) throw new Error(`a click was answered ${status}`);
      times.push(performance.now() - due);
    });
  }
  await Promise.all(lines);
  for (const connection of connections) connection.close();
  return times;
}

/** A click on Acknowledge as Slack sends it: every one after the first is refused and answered privately. */
function signedClick(slack: FakeSlack): { body: string; headers: Record<string, string> } {
  clicks += 1;
  const payload = {
    type: 'block_actions',
    user: { id: responder, team_id: team },
    team: { id: team, domain: 'bench' },
    trigger_id: `trigger.${clicks}`,
    response_url: slack.hookUrl,
    channel: { id: 'C00000001', name: 'genesis-monitoring' },
    container: { type: 'message', message_ts: '1700000001.000100', channel_id: 'C00000001' },
    actions: [
      {
        type: 'button',
        block_id: 'bench',
        action_id: 'incident.acknowledge:0',
        value: writeButtonValue({ incident: 'INC-1' }),
        action_ts: String(clicks),
      },
    ],
  };
  const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
  };
}
