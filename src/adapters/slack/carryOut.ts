import { spokenDuration } from '../../core/duration.ts';
import type { Log } from '../../engine/log.ts';
import { type Desk, WorkFailed } from '../../engine/ports.ts';
import type { Asked, Private, Reply } from './asked.ts';
import { markModal, markPrivate } from './drillMark.ts';
import type { HomeTab } from './homeTab.ts';
import { tellPrivately } from './privateAnswer.ts';
import type { SlackClient } from './slackClient.ts';
import { slackCode } from './slackFailure.ts';

/** A message that changes a moment later needs no words. */
const worthSayingMs = 2_000;

/** What follows an acknowledgement: the work is done, and whoever asked for it hears of it. */
export function createCarrier(given: {
  readonly client: SlackClient;
  readonly desk: Desk;
  readonly home: Pick<HomeTab, 'say'>;
  readonly log: Log;
  /** What was begun and is waited for at the end. */
  readonly underway: Set<Promise<void>>;
}) {
  const { client, desk, home, log, underway } = given;

  /** To that person alone: where they asked, or on their Home tab where that was the place. */
  async function tell(asked: Asked, say: Private): Promise<void> {
    if (asked.channel === null && asked.responseUrl === null) await home.say(asked.user, say);
    else await tellPrivately({ client, log }, asked, say);
  }

  /** Runs what follows an acknowledgement; nothing that goes wrong in it leaves. */
  function carryOut(asked: Asked, triggerId: string | null, work: () => Promise<Reply>): Promise<void> {
    const done = (async () => {
      try {
        await deliver(asked, triggerId, await work());
      } catch (error) {
        log.error('What a person asked for in Slack failed', { error, once: asked.once });
        await tell(asked, {
          text: 'That did not work because of a fault of Genesis. Try again in a moment.',
        });
      }
    })();
    underway.add(done);
    return done.finally(() => underway.delete(done));
  }

  async function deliver(asked: Asked, triggerId: string | null, reply: Reply): Promise<void> {
    switch (reply.kind) {
      case 'nothing':
        return;
      case 'shown':
        await sayIfLate(asked);
        return;
      case 'private':
        await tell(asked, await markPrivate(desk, asked, reply.say));
        return;
      case 'modal':
        await open(asked, triggerId, reply);
        return;
      default:
        reply satisfies never;
    }
  }

  /** What was done shows in messages; where Slack takes no changes of them, a click would look as if it were lost. */
  async function sayIfLate(asked: Asked): Promise<void> {
    const ms = client.heldUpFor();
    if (ms < worthSayingMs) return;
    await tell(asked, {
      text: `That is done. Slack limits what Genesis posts right now, so you see it here only in about ${spokenDuration(ms)} or later.`,
    });
  }

  async function open(asked: Asked, triggerId: string | null, reply: Extract<Reply, { kind: 'modal' }>) {
    try {
      const view = await markModal(desk, reply.view);
      await client.atOnce({ method: 'views.open' }, (web) =>
        web.views.open({ trigger_id: triggerId ?? '', view }),
      );
    } catch (error) {
      const code = slackCode(error);
      log.warn('A form could not be opened', { error, code });
      const late = code === 'expired_trigger_id' || code === 'exchanged_trigger_id';
      const limited =
        error instanceof WorkFailed && error.code === 'rate-limited' ? error.retry?.afterMs : null;
      await tell(asked, {
        text: late
          ? 'The form could not be opened in time. Try again.'
          : limited
            ? `Slack limits Genesis right now, so the form could not be opened. Try again in ${spokenDuration(limited)}.`
            : 'The form could not be opened. Try again in a moment.',
      });
    }
  }

  /** Nothing but posting tells whether one may post; what is not known for sure is tried. */
  async function reach(channel: string, user: string): Promise<boolean> {
    try {
      await client.atOnce({ method: 'chat.postEphemeral' }, (web) =>
        web.chat.postEphemeral({ channel, user, text: 'Genesis starts a run here.' }),
      );
      return true;
    } catch (error) {
      const code = slackCode(error);
      return code !== 'channel_not_found' && code !== 'is_archived';
    }
  }

  return { carryOut, reach };
}
