import type { AppSettings, Command, Shortcut, User, Usergroup } from './model.ts';

/** How a workspace begins. Everything left out is as in the default workspace. */
export interface WorkspaceSeed {
  team?: { id: string; name: string; domain: string };
  users?: User[];
  usergroups?: Usergroup[];
  channels?: SeedChannel[];
  app?: Partial<Omit<AppSettings, 'id' | 'botId'>>;
  botToken?: string;
  appToken?: string;
  signingSecret?: string;
}

export interface SeedChannel {
  id: string;
  /** Without `#`. */
  name: string;
  isPrivate?: boolean;
  isGeneral?: boolean;
  topic?: string;
  purpose?: string;
  memberIds: string[];
}

export const teamId = 'T0GENESIS01';
export const appId = 'A0GENESIS01';
export const botId = 'B0GENESIS01';
export const botUserId = 'U0GENESIS01';

/** The people of the default workspace. */
export const people = {
  oncall: 'U0ONCALL001',
  responder: 'U0RESPOND01',
  lead: 'U0DEPLOYLD1',
  visitor: 'U0VISITOR01',
} as const;

export const usergroupIds = {
  oncall: 'S0ONCALL001',
  platform: 'S0PLATFORM1',
  leads: 'S0LEADS0001',
} as const;

export const channelIds = {
  alerts: 'C0ALERTS001',
  monitoring: 'C0MONITOR01',
  incidents: 'C0INCIDENT1',
  general: 'C0GENERAL01',
} as const;

function person(id: string, name: string, realName: string, rest: { title: string; timeZone: string }): User {
  return { id, name, realName, email: `${name}@example.com`, isBot: false, ...rest };
}

const defaultUsers: User[] = [
  person(people.oncall, 'oncall', 'On-Call Engineer', {
    title: 'Carries the pager this week',
    timeZone: 'Europe/Berlin',
  }),
  person(people.responder, 'responder', 'Responder', {
    title: 'Platform engineer',
    timeZone: 'Europe/London',
  }),
  person(people.lead, 'lead', 'Deployment Lead', {
    title: 'Approves deployments and rollbacks',
    timeZone: 'America/New_York',
  }),
  person(people.visitor, 'visitor', 'Visitor', { title: 'May look, may not act', timeZone: 'Asia/Tokyo' }),
];

const defaultUsergroups: Usergroup[] = [
  { id: usergroupIds.oncall, handle: 'oncall', name: 'On call', userIds: [people.oncall] },
  {
    id: usergroupIds.platform,
    handle: 'platform',
    name: 'Platform',
    userIds: [people.oncall, people.responder, people.lead],
  },
  { id: usergroupIds.leads, handle: 'leads', name: 'Deployment leads', userIds: [people.lead] },
];

const everyone = Object.values(people);

const defaultChannels: SeedChannel[] = [
  {
    id: channelIds.alerts,
    name: 'genesis-alerts',
    purpose: 'One message for each incident',
    memberIds: [...everyone, botUserId],
  },
  {
    id: channelIds.monitoring,
    name: 'genesis-monitoring',
    purpose: 'Rollouts, watches and reports',
    memberIds: [...everyone, botUserId],
  },
  {
    id: channelIds.incidents,
    name: 'genesis-incidents',
    purpose: 'Talk about incidents',
    memberIds: [...everyone, botUserId],
  },
  {
    id: channelIds.general,
    name: 'general',
    isGeneral: true,
    purpose: 'Everybody is here',
    memberIds: [...everyone, botUserId],
  },
];

const defaultCommands: Command[] = [
  {
    command: '/genesis',
    description: 'Incidents, playbooks and rollbacks',
    usageHint: 'help | declare | status | ack | severity | role | update | resolve | playbook | rollback',
    shouldEscape: false,
  },
];

const defaultShortcuts: Shortcut[] = [
  { name: 'Declare Incident', callbackId: 'declare_incident', kind: 'message' },
  { name: 'Add to Incident', callbackId: 'add_to_incident', kind: 'message' },
];

const defaultEvents = [
  'app_home_opened',
  'app_mention',
  'message.channels',
  'message.groups',
  'message.im',
  'member_joined_channel',
  'member_left_channel',
  'reaction_added',
  'reaction_removed',
  'pin_added',
  'pin_removed',
  'channel_archive',
  'channel_unarchive',
  'channel_rename',
  'channel_created',
  'file_shared',
];

/** Everything the emulator has methods and events for, except `chat:write.public`. */
const defaultScopes = [
  'app_mentions:read',
  'bookmarks:read',
  'bookmarks:write',
  'canvases:write',
  'channels:history',
  'channels:join',
  'channels:manage',
  'channels:read',
  'chat:write',
  'chat:write.customize',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'groups:write',
  'im:history',
  'im:read',
  'im:write',
  'mpim:history',
  'mpim:read',
  'mpim:write',
  'pins:read',
  'pins:write',
  'reactions:read',
  'reactions:write',
  'usergroups:read',
  'users:read',
  'users:read.email',
];

export interface CompleteSeed {
  team: { id: string; name: string; domain: string };
  users: User[];
  usergroups: Usergroup[];
  channels: SeedChannel[];
  app: AppSettings;
}

/** The seed with every gap filled from the default workspace and the app's bot user added. */
export function completeSeed(seed: WorkspaceSeed): CompleteSeed {
  const app: AppSettings = {
    id: appId,
    botId,
    name: seed.app?.name ?? 'Genesis',
    commands: seed.app?.commands ?? defaultCommands,
    shortcuts: seed.app?.shortcuts ?? defaultShortcuts,
    events: seed.app?.events ?? defaultEvents,
    scopes: seed.app?.scopes ?? defaultScopes,
    isHomeEnabled: seed.app?.isHomeEnabled ?? true,
  };
  const bot: User = {
    id: botUserId,
    name: app.name.toLowerCase(),
    realName: app.name,
    email: '',
    title: 'Incident bot',
    timeZone: 'Etc/UTC',
    isBot: true,
  };
  return {
    team: seed.team ?? { id: teamId, name: 'Genesis Sandbox', domain: 'genesis-sandbox' },
    users: [...structuredClone(seed.users ?? defaultUsers), bot],
    usergroups: structuredClone(seed.usergroups ?? defaultUsergroups),
    channels: structuredClone(seed.channels ?? defaultChannels),
    app,
  };
}
