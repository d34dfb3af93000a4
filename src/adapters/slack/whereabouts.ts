import { z } from 'zod';
import type { MailDesk } from '../../engine/mailPort.ts';
import type { SlackClient } from './slackClient.ts';

const userInfo = z.object({
  user: z.object({
    real_name: z.string().optional(),
    profile: z.object({ real_name: z.string().optional() }).optional(),
  }),
});

/** A mail goes out while Slack is down as well, so it does not wait long for what only Slack knows. */
const patienceMs = 3_000;

/** Names and links for those who are not in Slack. */
export function createWhereabouts({
  identity,
  atOnce,
}: Pick<SlackClient, 'identity' | 'atOnce'>): MailDesk['whereabouts'] {
  return {
    linkTo: (channel) =>
      soonOr(null, async () => `${(await identity()).url.replace(/\/?$/, '/')}archives/${channel}`),
    nameOf: (user) =>
      soonOr(user, async () => {
        const answer = await atOnce({ method: 'users.info' }, (web) => web.users.info({ user }));
        const { real_name: name, profile } = userInfo.parse(answer).user;
        return name || profile?.real_name || user;
      }),
  };
}

async function soonOr<T>(otherwise: T, ask: () => Promise<T>): Promise<T> {
  const { promise: late, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(() => resolve(otherwise), patienceMs);
  try {
    // Whatever is wrong with Slack is heard of elsewhere.
    return await Promise.race([ask().catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}
