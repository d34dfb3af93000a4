import type { Json } from './emulatorPayloads.ts';

/** `known` looks up what earlier steps found or made. */
type Ask = (known: (name: string) => string) => [method: string, args: Json];

export interface Step {
  what: string;
  ask: Ask;
  /** What to remember of the answer. */
  keep?: (answer: Json) => Record<string, string>;
}

const text = (value: unknown, ...path: string[]): string => {
  let found: unknown = value;
  for (const name of path) found = (found as Json | undefined)?.[name];
  return String(found);
};

const named = (list: unknown, name: string): string =>
  text(
    (list as Json[]).find((each) => each.name === name),
    'id',
  );

const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'High error rate' } }];
const view = (rest: Json = {}): Json => ({
  type: 'home',
  blocks,
  ...rest,
});
const metadata = { event_type: 'card', event_payload: { key: 'k' } };

/** The life of a channel, with every refusal on the way that both workspaces could know. */
export const steps: Step[] = [
  { what: 'who am I', ask: () => ['auth.test', {}], keep: (answer) => ({ bot: text(answer, 'user_id') }) },
  {
    what: 'users',
    ask: () => ['users.list', {}],
    keep: ({ members }) => ({
      oncall: named(members, 'oncall'),
      visitor: named(members, 'visitor'),
    }),
  },
  { what: 'a user', ask: (known) => ['users.info', { user: known('oncall') }] },
  { what: 'a user who is not there', ask: () => ['users.info', { user: 'U0NOBODY001' }] },
  { what: 'a user by address', ask: () => ['users.lookupByEmail', { email: 'oncall@example.com' }] },
  { what: 'a user by an address of nobody', ask: () => ['users.lookupByEmail', { email: 'x@example.com' }] },
  {
    what: 'channels',
    ask: () => ['conversations.list', { exclude_archived: true }],
    keep: ({ channels }) => ({ general: named(channels, 'general') }),
  },
  { what: 'channels of no kind', ask: () => ['conversations.list', { types: 'secret' }] },
  { what: 'channels from a made-up place', ask: () => ['conversations.list', { cursor: 'next' }] },
  {
    what: 'a new channel',
    ask: () => ['conversations.create', { name: 'incident-1' }],
    keep: (answer) => ({ channel: text(answer, 'channel', 'id') }),
  },
  { what: 'a channel of a taken name', ask: () => ['conversations.create', { name: 'incident-1' }] },
  { what: 'a channel with capitals', ask: () => ['conversations.create', { name: 'Incident' }] },
  { what: 'a channel with spaces', ask: () => ['conversations.create', { name: 'the incident' }] },
  { what: 'a channel of punctuation', ask: () => ['conversations.create', { name: '---' }] },
  { what: 'a channel of 81 characters', ask: () => ['conversations.create', { name: 'x'.repeat(81) }] },
  { what: 'a channel without a name', ask: () => ['conversations.create', { name: '' }] },
  { what: 'the channel', ask: (known) => ['conversations.info', { channel: known('channel') }] },
  { what: 'a channel that is not there', ask: () => ['conversations.info', { channel: 'C0NOSUCH001' }] },
  {
    what: 'an invitation',
    ask: (known) => ['conversations.invite', { channel: known('channel'), users: known('oncall') }],
  },
  {
    what: 'an invitation of a member',
    ask: (known) => ['conversations.invite', { channel: known('channel'), users: known('oncall') }],
  },
  {
    what: 'an invitation of oneself',
    ask: (known) => ['conversations.invite', { channel: known('channel'), users: known('bot') }],
  },
  {
    what: 'an invitation of nobody there is',
    ask: (known) => ['conversations.invite', { channel: known('channel'), users: 'U0NOBODY001' }],
  },
  { what: 'the members', ask: (known) => ['conversations.members', { channel: known('channel') }] },
  {
    what: 'a topic',
    ask: (known) => ['conversations.setTopic', { channel: known('channel'), topic: 'P1' }],
  },
  {
    what: 'a topic of 251 characters',
    ask: (known) => ['conversations.setTopic', { channel: known('channel'), topic: 'x'.repeat(251) }],
  },
  {
    what: 'a purpose',
    ask: (known) => ['conversations.setPurpose', { channel: known('channel'), purpose: 'Errors' }],
  },
  {
    what: 'a message',
    ask: (known) => ['chat.postMessage', { channel: known('channel'), text: 'High', blocks, metadata }],
    keep: ({ ts }) => ({ ts: String(ts) }),
  },
  {
    what: 'a message that says nothing',
    ask: (known) => ['chat.postMessage', { channel: known('channel') }],
  },
  { what: 'a message to nowhere', ask: () => ['chat.postMessage', { channel: 'C0NOSUCH001', text: 'x' }] },
  {
    what: 'a message of an unknown block',
    ask: (known) => ['chat.postMessage', { channel: known('channel'), text: 'x', blocks: [{ type: 'x' }] }],
  },
  {
    what: 'a message of blocks that are no JSON',
    ask: (known) => ['chat.postMessage', { channel: known('channel'), text: 'x', blocks: '[{' }],
  },
  {
    what: 'a message of 51 blocks',
    ask: (known) => [
      'chat.postMessage',
      {
        channel: known('channel'),
        text: 'x',
        blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })),
      },
    ],
  },
  {
    what: 'a message of 40,001 characters',
    ask: (known) => ['chat.postMessage', { channel: known('channel'), text: 'x'.repeat(40_001) }],
  },
  {
    what: 'a reply',
    ask: (known) => ['chat.postMessage', { channel: known('channel'), text: 'more', thread_ts: known('ts') }],
  },
  {
    what: 'an update',
    ask: (known) => ['chat.update', { channel: known('channel'), ts: known('ts'), text: 'Fixed' }],
  },
  {
    what: 'an update of nothing',
    ask: (known) => ['chat.update', { channel: known('channel'), ts: '1.000001', text: 'x' }],
  },
  {
    what: 'an update of 4,001 characters',
    ask: (known) => ['chat.update', { channel: known('channel'), ts: known('ts'), text: 'x'.repeat(4001) }],
  },
  {
    what: 'a private word',
    ask: (known) => [
      'chat.postEphemeral',
      { channel: known('channel'), user: known('oncall'), text: 'psst' },
    ],
  },
  {
    what: 'a private word to somebody elsewhere',
    ask: (known) => [
      'chat.postEphemeral',
      { channel: known('channel'), user: known('visitor'), text: 'psst' },
    ],
  },
  {
    what: 'a link',
    ask: (known) => ['chat.getPermalink', { channel: known('channel'), message_ts: known('ts') }],
  },
  {
    what: 'a link to nothing',
    ask: (known) => ['chat.getPermalink', { channel: known('channel'), message_ts: '1.000001' }],
  },
  {
    what: 'the history',
    ask: (known) => ['conversations.history', { channel: known('channel'), include_all_metadata: true }],
  },
  {
    what: 'the thread',
    ask: (known) => ['conversations.replies', { channel: known('channel'), ts: known('ts') }],
  },
  {
    what: 'a thread that is not there',
    ask: (known) => ['conversations.replies', { channel: known('channel'), ts: '1.000001' }],
  },
  {
    what: 'a reaction',
    ask: (known) => ['reactions.add', { channel: known('channel'), timestamp: known('ts'), name: 'eyes' }],
  },
  {
    what: 'the same reaction',
    ask: (known) => ['reactions.add', { channel: known('channel'), timestamp: known('ts'), name: 'eyes' }],
  },
  {
    what: 'a reaction taken back',
    ask: (known) => ['reactions.remove', { channel: known('channel'), timestamp: known('ts'), name: 'eyes' }],
  },
  {
    what: 'a reaction taken back twice',
    ask: (known) => ['reactions.remove', { channel: known('channel'), timestamp: known('ts'), name: 'eyes' }],
  },
  { what: 'a pin', ask: (known) => ['pins.add', { channel: known('channel'), timestamp: known('ts') }] },
  {
    what: 'the same pin',
    ask: (known) => ['pins.add', { channel: known('channel'), timestamp: known('ts') }],
  },
  { what: 'the pins', ask: (known) => ['pins.list', { channel: known('channel') }] },
  {
    what: 'a pin removed',
    ask: (known) => ['pins.remove', { channel: known('channel'), timestamp: known('ts') }],
  },
  {
    what: 'a pin removed twice',
    ask: (known) => ['pins.remove', { channel: known('channel'), timestamp: known('ts') }],
  },
  {
    what: 'a bookmark',
    ask: (known) => [
      'bookmarks.add',
      { channel_id: known('channel'), title: 'Playbook', type: 'link', link: 'https://example.com/' },
    ],
    keep: (answer) => ({ bookmark: text(answer, 'bookmark', 'id') }),
  },
  {
    what: 'a bookmark to nowhere',
    ask: (known) => [
      'bookmarks.add',
      { channel_id: known('channel'), title: 'Playbook', type: 'link', link: 'nowhere' },
    ],
  },
  {
    what: 'a bookmark edited',
    ask: (known) => [
      'bookmarks.edit',
      { channel_id: known('channel'), bookmark_id: known('bookmark'), title: 'Source' },
    ],
  },
  {
    what: 'a bookmark edited that is not there',
    ask: (known) => ['bookmarks.edit', { channel_id: known('channel'), bookmark_id: 'Bk0', title: 'x' }],
  },
  { what: 'the bookmarks', ask: (known) => ['bookmarks.list', { channel_id: known('channel') }] },
  {
    what: 'a bookmark removed',
    ask: (known) => ['bookmarks.remove', { channel_id: known('channel'), bookmark_id: known('bookmark') }],
  },
  {
    what: 'a file to come',
    ask: () => ['files.getUploadURLExternal', { filename: 'a.txt', length: 2 }],
  },
  {
    what: 'a file that never came',
    ask: () => ['files.completeUploadExternal', { files: [{ id: 'F0NOSUCH001' }] }],
  },
  { what: 'a file that is not there', ask: () => ['files.info', { file: 'F0NOSUCH001' }] },
  { what: 'a home tab', ask: (known) => ['views.publish', { user_id: known('oncall'), view: view() }] },
  {
    what: 'a home tab over another state',
    ask: (known) => ['views.publish', { user_id: known('oncall'), view: view(), hash: 'stale' }],
  },
  {
    what: 'a modal without a good trigger',
    ask: () => [
      'views.open',
      { trigger_id: '1.2.3', view: view({ type: 'modal', title: { type: 'plain_text', text: 'x' } }) },
    ],
  },
  {
    what: 'a view updated that is not there',
    ask: () => [
      'views.update',
      { view_id: 'V0NOSUCH001', view: view({ type: 'modal', title: { type: 'plain_text', text: 'x' } }) },
    ],
  },
  { what: 'a direct message', ask: (known) => ['conversations.open', { users: known('oncall') }] },
  { what: 'a direct message with nobody', ask: () => ['conversations.open', {}] },
  {
    what: 'another name',
    ask: (known) => ['conversations.rename', { channel: known('channel'), name: 'incident-2' }],
  },
  {
    what: 'a name that is taken',
    ask: (known) => ['conversations.rename', { channel: known('channel'), name: 'general' }],
  },
  {
    what: 'a message deleted',
    ask: (known) => ['chat.delete', { channel: known('channel'), ts: known('ts') }],
  },
  {
    what: 'a message deleted that is not there',
    ask: (known) => ['chat.delete', { channel: known('channel'), ts: '1.000001' }],
  },
  { what: 'an archive', ask: (known) => ['conversations.archive', { channel: known('channel') }] },
  {
    what: 'an archive of it again',
    ask: (known) => ['conversations.archive', { channel: known('channel') }],
  },
  {
    what: 'a message to the archive',
    ask: (known) => ['chat.postMessage', { channel: known('channel'), text: 'x' }],
  },
  {
    what: 'an invitation to the archive',
    ask: (known) => ['conversations.invite', { channel: known('channel'), users: known('visitor') }],
  },
  {
    what: 'a topic for the archive',
    ask: (known) => ['conversations.setTopic', { channel: known('channel'), topic: 'x' }],
  },
  { what: 'a name of the archive', ask: () => ['conversations.create', { name: 'incident-2' }] },
  {
    what: 'the archive opened',
    ask: (known) => ['conversations.unarchive', { channel: known('channel') }],
  },
  {
    what: 'the archive opened twice',
    ask: (known) => ['conversations.unarchive', { channel: known('channel') }],
  },
  {
    what: 'the general channel archived',
    ask: (known) => ['conversations.archive', { channel: known('general') }],
  },
];
