import type { MailDesk } from '../../engine/mailPort.ts';
import type { SlackClient } from './slackClient.ts';

/** A mail goes out while Slack is down as well, so it does not wait long for what only Slack knows. */
const patienceMs = 3_000;

/** Links for those who are not in Slack. */
export function createWhereabouts({ identity }: Pick<SlackClient, 'identity'>): MailDesk['whereabouts'] {
  return {
    async linkTo(channel) {
      const { promise: late, resolve } = Promise.withResolvers<null>();
      const timer = setTimeout(() => resolve(null), patienceMs);
      try {
        // Whatever is wrong with Slack is heard of elsewhere.
        const me = await Promise.race([identity().catch(() => null), late]);
        return me && `${me.url.replace(/\/?$/, '/')}archives/${channel}`;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
