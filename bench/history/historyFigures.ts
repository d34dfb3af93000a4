import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, median, ratio, rounded } from '../figure.ts';
import { firstMessage, slackMs } from '../firstMessage/firstMessage.ts';
import { load } from '../ingest/load.ts';
import { startBotProcess, webhookHeaders } from '../measure/bot.ts';
import type { Server } from '../measure/server.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { startFakeSlack } from '../slack/fakeSlack.ts';
import { historyOf } from './history.ts';

const events = 1_000_000;
const rounds = 3;
const seconds = 1.5;
const incidents = 5;

/** How much slower a long log makes what must be fast; the same bot twice, once with an empty log, interleaved. */
export async function* historyFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const history = join(directory.path, 'history.db');
  await copyFile(historyOf(events), history);
  const slack = await startFakeSlack();
  const empty = await startBotProcess({ slack, database: join(directory.path, 'empty.db') });
  const long = await startBotProcess({ slack, database: history });
  try {
    const accepted = { empty: [] as number[], long: [] as number[] };
    const of = (server: Server) =>
      load({ url: `${server.url}/alertmanager`, seconds, headers: webhookHeaders });
    for (let round = 0; round < rounds; round++) {
      accepted.empty.push((await of(empty)).perSecond);
      accepted.long.push((await of(long)).perSecond);
    }
    const [few, many] = [median(accepted.empty), median(accepted.long)];
    yield {
      name: 'webhooks accepted with a long log, times slower',
      value: ratio(few, many),
      unit: '×',
      against: `${many}/s with ${events} events in the log, ${few}/s with an empty one`,
    };
    await slack.quiet(500);
    slack.delay(slackMs);
    const took = { empty: [] as number[], long: [] as number[] };
    for (let count = 0; count < incidents; count++) {
      took.empty.push((await firstMessage(empty, slack)).tookMs);
      took.long.push((await firstMessage(long, slack)).tookMs);
    }
    const [soon, later] = [rounded(median(took.empty)), rounded(median(took.long))];
    yield {
      name: 'first message with a long log, times slower',
      value: ratio(later, soon),
      unit: '×',
      against: `${later} ms with ${events} events in the log, ${soon} ms with an empty one; a Slack that answers in ${slackMs} ms`,
    };
    yield {
      name: 'start with a long log, times slower',
      value: ratio(long.startMs, empty.startMs),
      unit: '×',
      against: `${rounded(long.startMs)} ms with ${events} events in the log, ${rounded(empty.startMs)} ms with an empty one; one start each`,
    };
  } finally {
    await empty.stop();
    await long.stop();
    await slack.stop();
    await directory.remove();
  }
}
