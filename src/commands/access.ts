import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import type { IncidentRole } from '../core/access/access.ts';
import { askedOf, explainAsked, explainedJson, explainedLines } from '../core/access/asked.ts';
import { channelsToAsk, type Known, type Roles, resolveGroups } from '../core/access/membership.ts';
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

export type SlackPeople = Directory & { userByEmail(email: string): Promise<string | null> };

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
      `${options.user} (${who.groups.join(', ') || 'in no group'})`,
      explained,
    ))
      print(line);
  return explained.allowed ? 0 : 1;
}

const rolesOf = (role: IncidentRole | null, user: string): Roles | null =>
  role === null ? null : { roles: role === 'responder' ? {} : { [role]: user }, responders: [user] };

type NotKnown = { readonly refused: string; readonly outsider: boolean };

async function knownOf(options: AccessOptions, { access }: Room): Promise<Known | NotKnown> {
  const { groups, slack, channelMember } = options;
  let { user } = options;
  const ofChannel = Object.entries(access.groups).flatMap(([name, { channel }]) =>
    channelMember && channel !== undefined ? [name] : [],
  );
  if (groups !== null) {
    const strange = groups.find((name) => !Object.hasOwn(access.groups, name));
    return strange === undefined
      ? { user, groups: [...new Set([...groups, ...ofChannel])] }
      : { refused: unknownName('group', strange, Object.keys(access.groups)), outsider: false };
  }
  if (!slack)
    return {
      refused:
        'Nobody can be asked who is in which group: set SLACK_BOT_TOKEN, or name the groups with --groups.',
      outsider: false,
    };
  try {
    if (user.includes('@')) {
      const found = user.startsWith('@') ? null : await slack.userByEmail(user);
      if (found === null)
        return {
          refused: `Slack knows nobody by ${user}; give a user id or an e-mail address.`,
          outsider: false,
        };
      user = found;
    }
    const membership = await slack.membership(user);
    if (membership.kind === 'outsider') return { refused: `denied   ${membership.why}`, outsider: true };
    const channels: Record<string, 'in' | 'out'> = {};
    for (const channel of channelsToAsk(access, user, membership.groups)) {
      if (channelMember) channels[channel] = 'in';
      else if (channel === 'incident') channels[channel] = 'out';
      else channels[channel] = (await slack.members(channel)).includes(user) ? 'in' : 'out';
    }
    const told = { handles: membership.groups, existing: membership.existing ?? null, channels };
    return { user, ...resolveGroups(access, user, told) };
  } catch (error) {
    if (!(error instanceof WorkFailed)) throw error;
    return { refused: `Slack did not say who that is: ${error.message}`, outsider: false };
  }
}
