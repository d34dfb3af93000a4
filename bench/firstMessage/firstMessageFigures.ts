import { join } from 'node:path';
import { type Figure, median, rounded } from '../figure.ts';
import { webhookBody } from '../ingest/webhookBody.ts';
import { startBotProcess } from '../measure/bot.ts';
import { openConnection } from '../measure/connection.ts';
import { type Server, startScript } from '../measure/server.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { type FakeSlack, startFakeSlack } from '../slack/fakeSlack.ts';
import { firstMessage, slackMs } from './firstMessage.ts';

const incidents = 8;

/** What the bot itself adds between an alert and the first message that people can act on. */
export async function* firstMessageFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  slack.delay(slackMs);
  const least = await startScript({
    args: ['bench/delivery/reference.ts', join(directory.path, 'reference.db'), slack.hookUrl],
  });
  const bot = await startBotProcess({ slack, database: join(directory.path, 'genesis.db') });
  try {
    // It asks Slack who it is right after the start; that is not part of an incident.
    await slack.firstCall();
    await slack.quiet(slackMs * 4);
    const seen = [];
    const plain: number[] = [];
    for (let count = 0; count < incidents; count++) {
      plain.push(await plainMessage(least, slack, count));
      seen.push(await firstMessage(bot, slack));
    }
    const chains = new Set(seen.map(({ chain }) => chain.join(', ')));
    const against = `a Slack that answers every call in ${slackMs} ms; one after the other: ${[...chains].join(' or ')}; ${incidents} incidents, in all ${rounded(median(seen.map(({ tookMs }) => tookMs)))} ms`;
    yield {
      name: 'round trips to Slack before the first message with buttons stands in the channel',
      value: Math.max(...seen.map(({ chain }) => chain.length)),
      unit: 'round trips',
      against,
    };
    yield {
      name: 'own time beyond those round trips',
      value: rounded(median(seen.map(({ beyondMs }) => beyondMs))),
      unit: 'ms',
      against: `${against}; longest ${rounded(Math.max(...seen.map(({ beyondMs }) => beyondMs)))} ms; ${rounded(median(plain))} ms of an outbox server beyond its one`,
    };
  } finally {
    await bot.stop();
    await least.stop();
    await slack.stop();
    await directory.remove();
  }
}

/** The same of a server that only posts: what the machine itself takes at this moment. */
async function plainMessage(least: Server, slack: FakeSlack, number: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  slack.onCall(({ at }) => resolve(at));
  const connection = await openConnection(least.url);
  const begun = performance.now();
  await connection.post('/alertmanager', webhookBody(number), { 'content-type': 'application/json' });
  const postedAt = await promise;
  connection.close();
  await slack.quiet(slackMs * 2);
  slack.onCall(null);
  return postedAt - begun;
}
