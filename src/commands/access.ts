import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import type { IncidentRole } from '../core/access/access.ts';
import { askedOf, explainAsked, explainedJson, explainedLines } from '../core/access/asked.ts';
import { channelsToAsk, type Known, type Roles, resolveGroups } from '../core/access/membership.ts';
import { type ChatPerson, spokenPerson, whoIsMeant } from '../core/people/whoIsMeant.ts';
import { unknownName } from '../core/playbook/nearest.ts';
import type { Room } from '../core/playbook/room.ts';
import { type Directory, WorkFailed } from '../engine/ports.ts';

export type AccessOptions = {
  readonly directory: string;
  readonly user: string;
  readonly action: string;
  /** Names of groups of access.yml, said by hand; null asks Slack. */
  readonly groups: readonly string[] | null;
  readonly role: IncidentRole | null;
  /** Whether they are taken as a member of every channel that a group names; null asks Slack. */
  readonly channelMember: boolean;
  readonly json: boolean;
  /** Null without a token. */
  readonly slack: SlackPeople | null;
};

export type SlackPeople = Pick<Directory, 'membership' | 'members'> & {
  userByEmail(email: string): Promise<string | null>;
  /** Asked for where somebody is named by what people call them. */
  everybody(): Promise<readonly ChatPerson[]>;
};

type Print = (line: string) => void;

/** `genesis access explain`: exit code 0 allowed, 1 denied, 2 where the question itself makes no sense. */
export async function explainAccess(options: AccessOptions, print: Print, say: Print): Promise<number> {
  const { room, problems } = await loadRoom({ directory: options.directory, pace: 1 });
  if (!room) {
    say(`${options.directory}: the playbooks do not lint (${problems.length} problems); see genesis lint.`);
    return 2;
  }
  const asked = askedOf(room, options.action);
  if ('unknown' in asked) {
    say(asked.unknown);
    return 2;
  }
  const who = await knownOf(options, room);
  if ('refused' in who) {
    say(who.refused);
    return who.outsider ? 1 : 2;
  }
  const roles = rolesOf(options.role, who.user);
  const explained = explainAsked(room.access, who, roles, asked);
  if (options.json) print(JSON.stringify(explainedJson(room.access, who, explained), null, 2));
  else
    for (const line of explainedLines(
      room.access,
      `${who.spoken} (${who.groups.join(', ') || 'in no group'})`,
      explained,
    ))
      print(line);
  return explained.allowed ? 0 : 1;
}

const rolesOf = (role: IncidentRole | null, user: string): Roles | null =>
  role === null ? null : { roles: role === 'responder' ? {} : { [role]: user }, responders: [user] };

/** As Slack writes ids: within a mention, or by itself, where it need not be one unless it has digits. */
const mention = /^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/;
const idWritten = /^(?=.*\d)[UW][A-Z0-9]+$/;
const isAddress = (text: string): boolean => /^[^@\s]+@[^@\s]+$/.test(text);

/** The id of whoever is named by an id, an address, a handle or a name, and who that is in words. */
async function personOf(
  written: string,
  slack: SlackPeople,
): Promise<{ readonly id: string; readonly spoken: string } | NotKnown> {
  const id =
    mention.exec(written)?.[1] ??
    idWritten.exec(written)?.[0] ??
    (isAddress(written) ? await slack.userByEmail(written) : null);
  if (id !== null) return { id, spoken: id === written ? id : `${written}, ${id}` };
  const meant = whoIsMeant(written, await slack.everybody());
  switch (meant.kind) {
    case 'one':
      return { id: meant.person.id, spoken: spokenPerson(meant.person) };
    case 'several': {
      const lines = meant.people.map((person) => `  ${spokenPerson(person)}`);
      const many = `${written} is what several people are called, or looks like it; say which of them by the id:`;
      return { refused: [many, ...lines].join('\n'), outsider: false };
    }
    case 'nobody': {
      const more = meant.nearest
        ? `did you mean ${spokenPerson(meant.nearest)}?`
        : 'give a handle, a name, a user id or an e-mail address.';
      return { refused: `Slack knows nobody by ${written}; ${more}`, outsider: false };
    }
    default: {
      const never: never = meant;
      return never;
    }
  }
}

type NotKnown = { readonly refused: string; readonly outsider: boolean };

async function knownOf(
  options: AccessOptions,
  { access }: Room,
): Promise<(Known & { readonly spoken: string }) | NotKnown> {
  const { groups, slack, channelMember, user: written } = options;
  const ofChannel = Object.entries(access.groups).flatMap(([name, { channel }]) =>
    channelMember && channel !== undefined ? [name] : [],
  );
  if (groups !== null) {
    const strange = groups.find((name) => !Object.hasOwn(access.groups, name));
    return strange === undefined
      ? { user: written, spoken: written, groups: [...new Set([...groups, ...ofChannel])] }
      : { refused: unknownName('group', strange, Object.keys(access.groups)), outsider: false };
  }
  if (!slack)
    return {
      refused:
        'Nobody can be asked who is in which group: set SLACK_BOT_TOKEN, or name the groups with --groups.',
      outsider: false,
    };
  try {
    const found = await personOf(written, slack);
    if ('refused' in found) return found;
    const { id: user, spoken } = found;
    const membership = await slack.membership(user);
    if (membership.kind === 'outsider') return { refused: `denied   ${membership.why}`, outsider: true };
    const channels: Record<string, 'in' | 'out'> = {};
    for (const channel of channelsToAsk(access, user, membership.groups)) {
      if (channelMember) channels[channel] = 'in';
      else if (channel === 'incident') channels[channel] = 'out';
      else channels[channel] = (await slack.members(channel)).includes(user) ? 'in' : 'out';
    }
    const told = { handles: membership.groups, existing: membership.existing ?? null, channels };
    return { user, spoken, ...resolveGroups(access, user, told) };
  } catch (error) {
    if (!(error instanceof WorkFailed)) throw error;
    return { refused: `Slack did not say who that is: ${error.message}`, outsider: false };
  }
}
