import { z } from 'zod';
import { isZone } from '../../core/calendar/hours.ts';
import { calledName, type Names, noNames } from '../../core/report/names.ts';
import type { Clock, Directory, Membership } from '../../engine/ports.ts';
import { answerPatienceMs } from './budget.ts';
import type { Identity, SlackCall } from './slackCall.ts';
import { slackCode } from './slackFailure.ts';

/** `why` they may not act, or the time zone of whoever may. */
type Standing = { readonly why: string } | { readonly why: null; readonly zone: string | null };

const userInfo = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string().optional(),
    deleted: z.boolean().optional(),
    real_name: z.string().optional(),
    profile: z.object({ real_name: z.string().optional(), display_name: z.string().optional() }).optional(),
    tz: z.string().nullish(),
    is_bot: z.boolean().optional(),
    is_app_user: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
  }),
});

export const groupList = z.object({
  usergroups: z.array(
    z.object({
      id: z.string(),
      handle: z.string(),
      date_delete: z.number().optional(),
      users: z.array(z.string()).optional(),
    }),
  ),
});

const channelMembers = z.object({
  members: z.array(z.string()),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

const groupUsers = z.object({ users: z.array(z.string()) });

type Group = { readonly id: string; readonly handle: string; readonly users: readonly string[] };

/** Groups change rarely and reading them is scarce (20 a minute); a person's own standing is read every time. */
const groupsForMs = 60_000;

/** Names change rarely; whoever acts is looked up anyway, and so is their name. */
const namesForMs = 10 * 60_000;
/** A file is written without the names that Slack takes longer for. */
const namesPatienceMs = 3_000;
/** For one file: a third of the look-ups that a minute has, as people who click need them too. */
const mostLookedUp = 30;
const namesKept = 1_000;

export function createDirectory({
  call,
  idOf,
  identity,
  clock,
}: {
  call: SlackCall;
  /** The id of a channel given as `#name` or as an id. */
  idOf: (channel: string) => Promise<string>;
  identity: () => Promise<Identity>;
  clock: Clock;
}): Directory & {
  membersOf(handles: readonly string[]): Promise<readonly string[]>;
  /**
   * Ids of user groups by their handles. Unlike who is in a group they do not change: the ones heard last serve at once,
   * and Slack is waited for only where one of these handles is not among them.
   */
  groupIds(handles: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The person with this address; null where there is nobody of this workspace, or addresses may not be read. */
  userByEmail(email: string): Promise<string | null>;
} {
  let cached: { readonly at: number; readonly groups: Promise<readonly Group[]> } | null = null;
  let ids: ReadonlyMap<string, string> | null = null;

  function groups(): Promise<readonly Group[]> {
    const now = clock.now();
    if (cached && now - cached.at < groupsForMs && now >= cached.at) return cached.groups;
    const reading = read();
    const entry = { at: now, groups: reading };
    cached = entry;
    // A failed reading is nobody's answer; whoever comes next reads again.
    reading.catch(() => {
      if (cached === entry) cached = null;
    });
    return reading;
  }

  async function read(): Promise<readonly Group[]> {
    let list: z.infer<typeof groupList>;
    try {
      list = groupList.parse(
        await call({ method: 'usergroups.list', priority: 'people', patienceMs: answerPatienceMs }, (web) =>
          web.usergroups.list({ include_users: true, include_disabled: false }),
        ),
      );
    } catch (error) {
      // A workspace without a paid plan has no user groups: that is known, not unknown.
      if (slackCode(error) === 'plan_upgrade_required') return [];
      throw error;
    }
    const alive = list.usergroups.filter((group) => !group.date_delete);
    return Promise.all(
      alive.map(async ({ id, handle, users }) => ({ id, handle, users: users ?? (await usersOf(id)) })),
    );
  }

  async function usersOf(usergroup: string): Promise<readonly string[]> {
    const answer = await call(
      { method: 'usergroups.users.list', priority: 'people', patienceMs: answerPatienceMs },
      (web) => web.usergroups.users.list({ usergroup }),
    );
    return groupUsers.parse(answer).users;
  }

  const channels = new Map<string, { readonly at: number; readonly users: Promise<readonly string[]> }>();

  function inChannel(channel: string): Promise<readonly string[]> {
    const now = clock.now();
    for (const [name, { at }] of channels) if (now - at >= groupsForMs || now < at) channels.delete(name);
    const known = channels.get(channel);
    if (known) return known.users;
    const entry = { at: now, users: readMembers(channel) };
    channels.set(channel, entry);
    entry.users.catch(() => {
      if (channels.get(channel) === entry) channels.delete(channel);
    });
    return entry.users;
  }

  async function readMembers(channel: string): Promise<readonly string[]> {
    const id = await idOf(channel);
    const users: string[] = [];
    let cursor: string | undefined;
    do {
      const answer = channelMembers.parse(
        await call(
          { method: 'conversations.members', priority: 'people', patienceMs: answerPatienceMs },
          (web) =>
            web.conversations.members({
              channel: id,
              limit: 999,
              ...(cursor === undefined ? {} : { cursor }),
            }),
        ),
      );
      users.push(...answer.members);
      cursor = answer.response_metadata?.next_cursor || undefined;
    } while (cursor !== undefined);
    return users;
  }

  const called = new Map<string, { readonly at: number; readonly name: string | null }>();

  /** Null for somebody who has a name of which nothing can be shown. */
  function knownName(user: string): string | null | undefined {
    const known = called.get(user);
    const age = clock.now() - (known?.at ?? 0);
    return known && age >= 0 && age < namesForMs ? known.name : undefined;
  }

  function rememberName(
    { real_name, profile }: z.infer<typeof userInfo>['user'],
    user: string,
  ): string | null {
    // The whole name, as outside Slack nobody knows the short one.
    const name = [real_name, profile?.real_name, profile?.display_name].find((each) => each);
    const shown = name === undefined ? null : calledName(name);
    if (called.size >= namesKept) called.clear();
    called.set(user, { at: clock.now(), name: shown });
    return shown;
  }

  async function lookUpName(user: string): Promise<string | null> {
    const known = knownName(user);
    if (known !== undefined) return known;
    // Routine, and with more patience than an answer has: so they go few at a time, and after whoever clicks.
    const answer = await call(
      { method: 'users.info', priority: 'routine', patienceMs: namesPatienceMs },
      (web) => web.users.info({ user }),
    );
    return rememberName(userInfo.parse(answer).user, user);
  }

  async function names(users: readonly string[]): Promise<Names> {
    const found = new Map<string, string>();
    const known = users.filter((user) => knownName(user) !== undefined);
    const asked = users.filter((user) => !known.includes(user)).slice(0, mostLookedUp);
    const looking = [...known, ...asked].map(async (user) => {
      const name = await lookUpName(user);
      if (name !== null) found.set(user, name);
    });
    if (looking.length === 0) return noNames;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = clock.at(clock.now() + namesPatienceMs, resolve);
    // Who cannot be looked up is named by their id; whatever is wrong with Slack is heard of elsewhere.
    await Promise.race([Promise.allSettled(looking), late]);
    cancel();
    return new Map(found);
  }

  async function standing(user: string): Promise<Standing> {
    const me = await identity();
    let info: z.infer<typeof userInfo>['user'];
    try {
      info = userInfo.parse(
        await call({ method: 'users.info', priority: 'people', patienceMs: answerPatienceMs }, (web) =>
          web.users.info({ user }),
        ),
      ).user;
    } catch (error) {
      const code = slackCode(error);
      if (code === 'user_not_found' || code === 'user_not_visible')
        return { why: 'Slack does not know this person here.' };
      throw error;
    }
    rememberName(info, user);
    const ourTeam =
      info.team_id === undefined ||
      info.team_id === me.teamId ||
      (info.enterprise_user?.teams ?? []).includes(me.teamId);
    if (info.deleted) return { why: 'The account was deactivated.' };
    if (info.is_bot || info.is_app_user || user === 'USLACKBOT')
      return { why: 'Bots do not act on incidents.' };
    if (info.is_restricted || info.is_ultra_restricted) return { why: 'Guests may look but not act.' };
    if (info.is_stranger || !ourTeam) return { why: 'People of other workspaces may look but not act.' };
    return { why: null, zone: info.tz && isZone(info.tz) ? info.tz : null };
  }

  return {
    async membership(user): Promise<Membership> {
      const stands = await standing(user);
      if (stands.why !== null) return { kind: 'outsider', why: stands.why };
      const { zone } = stands;
      const all = await groups();
      return {
        kind: 'member',
        groups: all.filter((group) => group.users.includes(user)).map((group) => group.handle),
        existing: all.map((group) => group.handle),
        ...(zone !== null && { zone }),
      };
    },
    members: inChannel,
    names,
    groupIds(handles) {
      const hearing = groups().then((all) => {
        ids = new Map(all.map(({ handle, id }) => [handle, id]));
        return ids;
      });
      const known = ids;
      if (known === null || !handles.every((handle) => known.has(handle))) return hearing;
      // What was heard before is as good; whoever needs to know the members learns why they cannot be read.
      hearing.catch(() => undefined);
      return Promise.resolve(known);
    },
    async userByEmail(email) {
      try {
        const answer = await call(
          { method: 'users.lookupByEmail', priority: 'people', patienceMs: answerPatienceMs },
          (web) => web.users.lookupByEmail({ email }),
        );
        return userInfo.parse(answer).user.id;
      } catch (error) {
        const code = slackCode(error);
        if (code === 'users_not_found' || code === 'missing_scope') return null;
        throw error;
      }
    },
    async membersOf(handles) {
      if (handles.length === 0) return [];
      const wanted = new Set(handles);
      const all = await groups();
      return [...new Set(all.filter((group) => wanted.has(group.handle)).flatMap((group) => group.users))];
    },
  };
}
