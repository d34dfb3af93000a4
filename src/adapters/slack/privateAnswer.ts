import type { WebClient } from '@slack/web-api';
import type { Log } from '../../engine/log.ts';
import type { Asked, Private } from './asked.ts';

/**
 * An answer that only the person who asked sees. Best effort: by the address that came with the request, else as an
 * ephemeral message where the bot is in the channel. One that cannot be delivered is logged and changes nothing.
 */
export async function tellPrivately(
  { web, log }: { web: WebClient; log: Log },
  asked: Pick<Asked, 'user' | 'channel' | 'responseUrl'>,
  say: Private,
): Promise<void> {
  const blocks = say.blocks === undefined ? {} : { blocks: [...say.blocks] };
  if (asked.responseUrl !== null && (await answered(asked.responseUrl, { text: say.text, ...blocks }, log)))
    return;
  if (asked.channel === null) return;
  try {
    await web.chat.postEphemeral({
      channel: asked.channel,
      user: asked.user,
      text: say.text,
      ...blocks,
    });
  } catch (error) {
    log.warn('A private answer could not be delivered', { error });
  }
}

async function answered(url: string, message: object, log: Log): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...message }),
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    });
    return response.ok;
  } catch (error) {
    log.warn('The address for a private answer did not take it', { error });
    return false;
  }
}
