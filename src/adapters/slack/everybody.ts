import { z } from 'zod';
import type { ChatPerson } from '../../core/people/whoIsMeant.ts';
import { WorkFailed } from '../../engine/ports.ts';
import type { SlackCall } from './slackCall.ts';
import { asWorkFailed } from './slackFailure.ts';

const userList = z.object({
  members: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      real_name: z.string().optional(),
      deleted: z.boolean().optional(),
      is_bot: z.boolean().optional(),
      profile: z
        .object({
          display_name: z.string().optional(),
          real_name: z.string().optional(),
          email: z.string().optional(),
        })
        .optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** What Slack recommends at most for one page. */
const pageSize = 200;
/** As many calls as Slack takes in a minute. */
const mostPages = 20;

/**
 * People of the workspace with what they are called, bots left out. Throws WorkFailed. For a command that somebody waits
 * for, never for the bot: it takes one call for each two hundred people. Where there are more of them than that is done
 * for it fails: who is called what could not be said for certain.
 */
export async function everybody(call: SlackCall): Promise<readonly ChatPerson[]> {
  const people: ChatPerson[] = [];
  let cursor = '';
  for (let page = 0; page < mostPages; page += 1) {
    const list = await onePage(call, cursor);
    for (const { id, name, real_name, deleted, is_bot, profile = {} } of list.members) {
      if (is_bot || id === 'USLACKBOT') continue;
      people.push({
        id,
        handle: name,
        displayName: profile.display_name ?? '',
        realName: profile.real_name ?? real_name ?? '',
        email: profile.email ?? '',
        gone: deleted === true,
      });
    }
    cursor = list.response_metadata?.next_cursor ?? '';
    if (cursor === '') return people;
  }
  throw new WorkFailed(
    'too-many',
    `there are more than ${(mostPages * pageSize).toLocaleString('en')} people, of whom several may have a name; give the user id or the e-mail address.`,
  );
}

async function onePage(call: SlackCall, cursor: string): Promise<z.infer<typeof userList>> {
  try {
    const answer = await call({ method: 'users.list' }, (web) =>
      web.users.list({ limit: pageSize, ...(cursor === '' ? {} : { cursor }) }),
    );
    return userList.parse(answer);
  } catch (error) {
    throw asWorkFailed(error, 'users.list');
  }
}
