import { z } from 'zod';
import { isSlackId } from '../../core/actor.ts';
import { marked } from '../../core/drill/standIn.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { severities } from '../../core/severity.ts';
import type { Log } from '../../engine/log.ts';
import { type Chat, WorkFailed } from '../../engine/ports.ts';
import { fit, oneLine, who } from './escape.ts';
import type { Identity, SlackCall } from './slackCall.ts';
import { slackCode } from './slackFailure.ts';

const channelSchema = z.object({
  id: z.string(),
  name: z.string(),
  creator: z.string().optional(),
  is_archived: z.boolean().optional(),
  purpose: z.object({ value: z.string() }).optional(),
});
type Found = z.infer<typeof channelSchema>;

const page = z.object({
  channels: z.array(channelSchema),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

const info = z.object({ channel: channelSchema });

const created = z.object({ channel: z.object({ id: z.string(), name: z.string() }) });

const directMessages = z.object({ channel: z.object({ id: z.string() }) });

const bookmarks = z.object({
  bookmarks: z.array(z.object({ id: z.string(), title: z.string(), link: z.string().nullish() })),
});

/** Codes about one person: the others can still be invited. */
const aboutOnePerson = new Set([
  'already_in_channel',
  'cant_invite',
  'cant_invite_self',
  'user_not_found',
  'user_is_restricted',
  'ura_max_channels',
  'cant_invite_bot',
  'user_team_not_in_channel',
  'users_list_not_supplied',
  'failed_for_some_users',
]);

export type Channels = Pick<Chat, 'setTopic' | 'bookmark'> & {
  open: Chat['openChannel'];
  invite(channel: string, users: readonly string[]): Promise<void>;
  /** The id of a channel given as `#name` or as an id; of a person, that of their direct messages. */
  idOf(channel: string): Promise<string>;
};

export function createChannels({
  call,
  identity,
  log,
}: {
  call: SlackCall;
  identity: () => Promise<Identity>;
  log: Log;
}): Channels {
  const ids = new Map<string, string>();
  /** Channels that this process made itself and knows the purpose of, for as long as Slack may not say so yet. */
  const purposes = new Map<string, string>();
  const topics = new Map<string, string>();
  const described = new Set<string>();

  /** Every public channel, archived ones included, because their names stay taken. */
  async function list(until: (found: Found) => boolean): Promise<readonly Found[]> {
    const all: Found[] = [];
    let cursor: string | undefined;
    do {
      const answer = page.parse(
        await call({ method: 'conversations.list' }, (web) =>
          web.conversations.list({
            limit: 999,
            types: 'public_channel',
            ...(cursor === undefined ? {} : { cursor }),
          }),
        ),
      );
      all.push(...answer.channels);
      if (answer.channels.some(until)) return all;
      cursor = answer.response_metadata?.next_cursor || undefined;
    } while (cursor !== undefined);
    return all;
  }

  async function idOf(channel: string): Promise<string> {
    if (isSlackId(channel)) return directWith(channel);
    if (!channel.startsWith('#')) return channel;
    const name = channel.slice(1);
    const known = ids.get(name);
    if (known !== undefined) return known;
    const found = (await list((each) => each.name === name)).find((each) => each.name === name);
    if (!found) {
      throw new WorkFailed(
        'channel_not_found',
        `There is no channel #${name} that the bot can see. Create it and invite the bot.`,
      );
    }
    ids.set(name, found.id);
    return found.id;
  }

  /** Asked of Slack rather than posted to the person's id: only with its own id can a message be looked for in there. */
  async function directWith(user: string): Promise<string> {
    const known = ids.get(user);
    if (known !== undefined) return known;
    const answer = await call({ method: 'conversations.open' }, (web) =>
      web.conversations.open({ users: user }),
    );
    const { id } = directMessages.parse(answer).channel;
    ids.set(user, id);
    return id;
  }

  async function create(name: string, rank: number): Promise<{ id: string; name: string }> {
    const answer = await call({ method: 'conversations.create', priority: 'people', rank }, (web) =>
      web.conversations.create({ name }),
    );
    return created.parse(answer).channel;
  }

  async function open(
    name: string,
    wanted: string,
    { uncertain, severity }: Parameters<Chat['openChannel']>[2],
  ) {
    const rank = severities.indexOf(severity);
    const purpose = purposeText(wanted);
    const me = await identity();
    let existing: readonly Found[] | null = null;
    for (const candidate of candidates(name)) {
      let channel: { id: string; name: string };
      try {
        channel = await create(candidate, rank);
      } catch (error) {
        if (slackCode(error) !== 'name_taken') throw error;
        existing ??= await list(() => false);
        const taken = existing.find((each) => each.name === candidate);
        if (!taken || !isOurs(taken)) continue;
        channel = { id: taken.id, name: taken.name };
      }
      purposes.set(channel.id, purpose);
      ids.set(channel.name, channel.id);
      return channel;
    }
    throw new WorkFailed(
      'name_taken',
      `#${name} and its numbered variants are all taken. Rename an old channel.`,
    );

    /** Made by the bot for this very purpose: an earlier attempt whose answer was lost. */
    function isOurs(taken: Found): boolean {
      if (taken.creator !== me.botUserId || taken.is_archived === true) return false;
      const said = purposes.get(taken.id) ?? unescaped(taken.purpose?.value ?? '');
      return said === purpose || (said === '' && uncertain);
    }
  }

  /** Not when the channel is opened: the first message with its buttons would wait for it. */
  async function describe(channel: string, incident: Incident): Promise<void> {
    if (described.has(channel)) return;
    if (!(await hasPurpose(channel))) {
      const purpose = purposes.get(channel) ?? purposeOf(incident);
      await call({ method: 'conversations.setPurpose' }, (web) =>
        web.conversations.setPurpose({ channel, purpose }),
      );
    }
    described.add(channel);
  }

  /** One that this process made has none yet; one that an earlier process made may have been left without. */
  async function hasPurpose(channel: string): Promise<boolean> {
    if (purposes.has(channel)) return false;
    const answer = await call({ method: 'conversations.info' }, (web) => web.conversations.info({ channel }));
    return (info.parse(answer).channel.purpose?.value ?? '') !== '';
  }

  async function invite(channel: string, users: readonly string[]): Promise<void> {
    const me = await identity();
    const others = users.filter((user) => user !== me.botUserId);
    // Slack takes at most 100 people in one call.
    for (let start = 0; start < others.length; start += 100) {
      await inviteSome(channel, others.slice(start, start + 100));
    }
  }

  async function inviteSome(channel: string, users: readonly string[]): Promise<void> {
    try {
      await call({ method: 'conversations.invite', priority: 'people' }, (web) =>
        web.conversations.invite({ channel, users: users.join(','), force: true }),
      );
    } catch (error) {
      const code = slackCode(error);
      if (code === null || !aboutOnePerson.has(code)) throw error;
      const [user] = users;
      if (users.length > 1) {
        for (const each of users) await inviteSome(channel, [each]);
      } else if (code !== 'already_in_channel') {
        log.warn('A person could not be invited to an incident channel', { channel, user, code });
      }
    }
  }

  return {
    open,
    invite,
    idOf,
    async setTopic(channel, incident) {
      const topic = topicOf(incident);
      // Every change of a topic is a line in the channel, so the same one is not set again.
      if (topics.get(channel) !== topic) {
        await call({ method: 'conversations.setTopic' }, (web) =>
          web.conversations.setTopic({ channel, topic }),
        );
        topics.set(channel, topic);
      }
      await describe(channel, incident);
    },
    async bookmark(channel, title, url) {
      const parsed = URL.parse(url);
      if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
        throw new WorkFailed(
          'invalid_link',
          `The bookmark "${title}" does not lead to an http or https address.`,
        );
      }
      const shown = fit(oneLine(title), 255);
      const answer = await call({ method: 'bookmarks.list' }, (web) =>
        web.bookmarks.list({ channel_id: channel }),
      );
      const same = bookmarks.parse(answer).bookmarks.find((each) => each.title === shown);
      if (same?.link === url) return;
      if (same) {
        await call({ method: 'bookmarks.edit' }, (web) =>
          web.bookmarks.edit({ channel_id: channel, bookmark_id: same.id, link: url }),
        );
        return;
      }
      await call({ method: 'bookmarks.add' }, (web) =>
        web.bookmarks.add({ channel_id: channel, title: shown, type: 'link', link: url }),
      );
    },
  };
}

/** The name itself, then with -2 to -9, each within Slack's 80 characters. */
function candidates(name: string): readonly string[] {
  const short = [...name].slice(0, 80).join('');
  return [short, ...[2, 3, 4, 5, 6, 7, 8, 9].map((number) => `${short.slice(0, 78)}-${number}`)];
}

/** A purpose has no escaping of its own, so what would become a mention or a link is written with other brackets. */
const inert = (text: string): string => oneLine(text).replaceAll('<', '‹').replaceAll('>', '›');

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const purposeText = (text: string): string => fit(inert(text), 250);

const purposeOf = ({ id, title, drill }: Incident): string =>
  purposeText(drill ? marked(`${id}: ${title}`) : `${id}: ${title}`);

/** `P1 · mitigating · commander @oncall · INC-42`, at most 250 characters. */
export function topicOf(incident: Incident): string {
  const { commander } = incident.roles;
  const holder =
    commander === undefined
      ? incident.acknowledged
        ? `with ${who(incident.acknowledged.by)}`
        : 'nobody has it yet'
      : `commander ${who(commander)}`;
  const topic = [incident.severity, incident.phase, holder, incident.id].join(' · ');
  return fit(incident.drill ? marked(topic) : topic, 250);
}
