import type { Log } from '../../engine/log.ts';
import type { Asked, Private } from './asked.ts';
import type { SlackClient } from './slackClient.ts';

/**
 * An answer that only the person who asked sees. Best effort: by the address that came with the request, else as an
 * ephemeral message where the bot is in the channel. One that cannot be delivered is logged and changes nothing.
 */
export async function tellPrivately(
  { client, log }: { client: Pick<SlackClient, 'atOnce' | 'answer'>; log: Log },
  asked: Pick<Asked, 'user' | 'channel' | 'responseUrl' | 'thread'>,
  say: Private,
): Promise<void> {
  const blocks = say.blocks === undefined ? {} : { blocks: [...say.blocks] };
  const message = { response_type: 'ephemeral', replace_original: false, text: say.text, ...blocks };
  if (asked.responseUrl !== null && (await answered({ client, log }, asked.responseUrl, message))) return;
  if (asked.channel === null) return;
  try {
    const { channel, user, thread } = asked;
    const inThread = thread === undefined ? {} : { thread_ts: thread };
    await client.atOnce({ method: 'chat.postEphemeral' }, (web) =>
      web.chat.postEphemeral({ channel, user, text: say.text, ...inThread, ...blocks }),
    );
  } catch (error) {
    log.warn('A private answer could not be delivered', { error });
  }
}

async function answered(
  { client, log }: { client: Pick<SlackClient, 'answer'>; log: Log },
  url: string,
  message: object,
): Promise<boolean> {
  try {
    return await client.answer(url, message);
  } catch (error) {
    log.warn('The address for a private answer did not take it', { error });
    return false;
  }
}
