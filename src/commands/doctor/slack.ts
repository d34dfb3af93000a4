import { z } from 'zod';
import { groupList } from '../../adapters/slack/directory.ts';
import type { Config } from '../../config.ts';
import type { Room } from '../../core/playbook/room.ts';
import { channelForEdits } from '../../core/playbook/roomChange.ts';
import { lastResort } from '../../engine/messages.ts';
import { type Asked, ask } from './ask.ts';
import { type Finding, findingsOf, some, unique } from './finding.ts';

const { ok, warning, failed } = findingsOf('slack');

/** Slack refuses signatures and sockets of a machine whose clock is minutes away; before that, times only look wrong. */
const clockFailsMs = 60_000;
const clockWarnsMs = 5_000;
const timeoutMs = 10_000;
const mostPages = 50;

const letReach = 'Let this machine reach SLACK_API_URL (https://slack.com) over HTTPS: DNS, firewall, proxy.';

/** Nobody was asked, so no token is to blame. */
const isAway = ({ code }: { readonly code: string }): boolean =>
  code === 'unreachable' || code === 'not-slack';

const reinstall = 'then reinstall the app (api.slack.com/apps, Install App) and restart Genesis.';

type Slack = (
  method: string,
  form?: Readonly<Record<string, string>>,
  token?: string,
) => Promise<Answered | { readonly kind: 'refused'; readonly code: string; readonly said: string }>;
type Answered = {
  readonly kind: 'ok';
  readonly body: unknown;
  readonly asked: Extract<Asked, { kind: 'answered' }>;
};

/** `scopes` are those that the manifest asks for; `room` is null where the playbooks cannot be read. */
export async function slackFindings(
  { slack: config }: Config,
  { scopes, room }: { readonly scopes: readonly string[]; readonly room: Room | null },
): Promise<readonly Finding[]> {
  const slack: Slack = async (method, form = {}, token = config.botToken) => {
    const asked = await ask(config.apiUrl, `/${method}`, { timeoutMs, token, form });
    if (asked.kind === 'silent') return { kind: 'refused', code: 'unreachable', said: asked.why };
    const answer = z.object({ ok: z.boolean(), error: z.string().optional() }).safeParse(asked.body);
    if (!answer.success) {
      const said = `it answered ${asked.status} in a form that is not Slack's.`;
      return { kind: 'refused', code: 'not-slack', said };
    }
    const code = answer.data.error ?? 'unknown';
    if (!answer.data.ok) return { kind: 'refused', code, said: `it answered ${code}.` };
    return { kind: 'ok', body: asked.body, asked };
  };

  const [bot, app] = await Promise.all([botToken(slack), appToken(slack, config.mode)]);
  if (!bot.granted) return [...bot.findings, ...app];
  const { granted } = bot;
  const [channels, people] = await Promise.all([
    room ? channelFindings(slack, room, granted) : [],
    room ? groupFindings(slack, room) : [],
  ]);
  return [...bot.findings, ...scopeFindings(granted, scopes), ...app, ...channels, ...people];
}

const authTest = z.object({
  team: z.string().default('the workspace'),
  user: z.string().default('bot'),
  bot_id: z.string().optional(),
});

/** `granted` is null where Slack did not let the bot in, and empty where it did not say what it may do. */
async function botToken(
  slack: Slack,
): Promise<{ findings: readonly Finding[]; granted: readonly string[] | null }> {
  const answer = await slack('auth.test');
  if (answer.kind === 'refused') {
    const unreached = isAway(answer);
    const finding = unreached
      ? failed(`Slack does not answer: ${answer.said}`, letReach)
      : failed(
          `Slack does not accept SLACK_BOT_TOKEN: ${answer.said}`,
          'Copy the Bot User OAuth Token from api.slack.com/apps, Install App, into SLACK_BOT_TOKEN.',
        );
    return { findings: [finding], granted: null };
  }
  const { team, user } = authTest.parse(answer.body);
  const granted = (answer.asked.headers.get('x-oauth-scopes') ?? '')
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  return { findings: [ok(`The bot token is that of @${user} in ${team}.`), clock(answer.asked)], granted };
}

function clock({ headers, at }: Answered['asked']): Finding {
  const theirs = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return warning("Slack did not say what time it is; the clock wasn't compared.");
  // The header has whole seconds.
  const away = Math.max(0, Math.abs(at - theirs) - 1_000);
  const said = `The clock of this machine is ${Math.round(away / 1_000)} s away from Slack's.`;
  if (away > clockFailsMs)
    return failed(
      `${said} Requests are refused as too old.`,
      'Set it right: timedatectl set-ntp true, or chronyc makestep.',
    );
  return away > clockWarnsMs ? warning(said, 'Let it be set by NTP: timedatectl set-ntp true.') : ok(said);
}

function scopeFindings(granted: readonly string[], wanted: readonly string[]): readonly Finding[] {
  if (granted.length === 0) return [warning('Slack did not say which scopes the bot token has.')];
  const missing = wanted.filter((scope) => !granted.includes(scope));
  const extra = granted.filter((scope) => !wanted.includes(scope));
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(
      failed(
        `The bot token lacks ${missing.length === 1 ? 'the scope' : 'the scopes'} ${missing.join(', ')}.`,
        `Paste manifest.yml under App Manifest, ${reinstall}`,
      ),
    );
  if (extra.length > 0)
    findings.push(
      warning(
        `The bot token has more scopes than Genesis needs: ${extra.join(', ')}.`,
        `Take them away under OAuth & Permissions, ${reinstall}`,
      ),
    );
  return findings.length > 0
    ? findings
    : [ok(`The bot token has all ${wanted.length} scopes, and no others.`)];
}

async function appToken(slack: Slack, mode: Config['slack']['mode']): Promise<readonly Finding[]> {
  if (mode.kind === 'http')
    return [ok('Slack calls over HTTP. Whether it reaches POST /slack/events cannot be seen from here.')];
  // It answers with an address to connect to, which is left alone.
  const answer = await slack('apps.connections.open', {}, mode.appToken);
  if (answer.kind === 'ok') return [ok('The app token may open Socket Mode.')];
  if (isAway(answer))
    return [
      failed(`Whether Socket Mode opens is not known, Slack does not answer: ${answer.said}`, letReach),
    ];
  return [
    failed(
      `Socket Mode cannot be opened with SLACK_APP_TOKEN: ${answer.said}`,
      'Generate an app-level token with the scope connections:write (Basic Information), and switch Socket Mode on.',
    ),
  ];
}

const channelSchema = z.object({
  id: z.string(),
  name: z.string(),
  is_archived: z.boolean().default(false),
  is_member: z.boolean().default(false),
});
type Channel = z.infer<typeof channelSchema>;
const channelPage = z.object({
  channels: z.array(channelSchema),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** Where routing.yml posts, and where everything goes that has no other place. */
export function channelsOf({ routing }: Room): readonly string[] {
  const routes = Object.values(routing);
  const named = routes.flatMap(({ announce, place, stakeholders }) => [
    ...(announce === null ? [] : [announce]),
    ...(stakeholders === undefined ? [] : [stakeholders]),
    ...(place.kind === 'thread' ? [place.channel] : []),
  ]);
  const edits = channelForEdits(routing);
  return unique([...named, ...(edits === null ? [] : [edits]), lastResort]);
}

async function channelFindings(
  slack: Slack,
  room: Room,
  granted: readonly string[],
): Promise<readonly Finding[]> {
  const wanted = channelsOf(room);
  const all: Channel[] = [];
  let cursor = '';
  for (let page = 0; page < mostPages; page += 1) {
    const more = cursor === '' ? {} : { cursor };
    const answer = await slack('conversations.list', { types: 'public_channel', limit: '999', ...more });
    if (answer.kind === 'refused')
      return [failed(`The channels cannot be listed: ${answer.said}`, 'Grant channels:read, as above.')];
    const { channels, response_metadata: rest } = channelPage.parse(answer.body);
    all.push(...channels);
    cursor = rest?.next_cursor ?? '';
    if (cursor === '') break;
  }
  const canJoin = granted.length === 0 || granted.includes('channels:join');
  return wanted.map((name) => {
    const found = all.find((channel) =>
      name.startsWith('#') ? `#${channel.name}` === name : channel.id === name,
    );
    const shown = found ? `#${found.name}` : name;
    if (!found)
      return failed(
        `There is no public channel ${shown}.`,
        name === lastResort
          ? `Create ${shown}: it is where messages go whose own channel takes none.`
          : `Create ${shown} in Slack, or name another in routing.yml.`,
      );
    if (found.is_archived)
      return failed(
        `The channel ${shown} is archived.`,
        `Unarchive ${shown}, or name another in routing.yml.`,
      );
    if (found.is_member) return ok(`The bot is in ${shown}.`);
    return canJoin
      ? ok(`The bot may join ${shown}, and does at its first message.`)
      : failed(`The bot is not in ${shown} and may not join it.`, `Type /invite @Genesis in ${shown}.`);
  });
}

/** User groups by handle, with the files that name them. */
export function groupsOf({ access, routing, roster }: Room): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>();
  const add = (handle: string | null, file: string) => {
    if (handle === null) return;
    const files = named.get(handle) ?? [];
    if (!files.includes(file)) files.push(file);
    named.set(handle, files);
  };
  for (const { usergroup } of Object.values(access.groups)) add(usergroup, 'access.yml');
  for (const { invite } of Object.values(routing)) for (const handle of invite) add(handle, 'routing.yml');
  for (const { usergroup } of Object.values(roster)) add(usergroup, 'roster.yml');
  return named;
}

async function groupFindings(slack: Slack, room: Room): Promise<readonly Finding[]> {
  const wanted = groupsOf(room);
  if (wanted.size === 0) return [];
  const answer = await slack('usergroups.list', { include_users: 'true', include_disabled: 'true' });
  if (answer.kind === 'refused') {
    const instead = 'List people by their ids under `users` in access.yml and roster.yml instead.';
    return [
      answer.code === 'plan_upgrade_required' || answer.code === 'paid_teams_only'
        ? failed('This workspace has no user groups: they need a paid plan.', instead)
        : failed(`The user groups cannot be listed: ${answer.said}`, 'Grant usergroups:read, as above.'),
    ];
  }
  const { usergroups } = groupList.parse(answer.body);
  return Promise.all(
    [...wanted].map(async ([handle, files]) => {
      const found = usergroups.find((group) => group.handle === handle);
      const named = `@${handle} (${some(files)})`;
      if (!found)
        return failed(
          `There is no user group ${named}, so nobody is in it.`,
          `Create the user group @${handle} in Slack, or name another.`,
        );
      if (found.date_delete)
        return warning(`The user group ${named} is disabled, so nobody is in it.`, 'Enable it in Slack.');
      const members = found.users ?? (await membersOf(slack, found.id));
      if (members === null) return warning(`Who is in the user group ${named} cannot be read.`);
      return members.length === 0
        ? warning(`The user group ${named} has no members.`, 'Add people to it in Slack.')
        : ok(`The user group ${named} has ${members.length} ${members.length === 1 ? 'member' : 'members'}.`);
    }),
  );
}

async function membersOf(slack: Slack, usergroup: string): Promise<readonly string[] | null> {
  const answer = await slack('usergroups.users.list', { usergroup });
  const users = z.object({ users: z.array(z.string()) });
  return answer.kind === 'ok' ? users.parse(answer.body).users : null;
}
