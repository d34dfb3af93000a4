import { refuse } from '../slackError.ts';
import { teamUrl, usergroupJson, userJson } from '../slackJson.ts';
import type { Method } from './method.ts';
import { page } from './paging.ts';

const authTest: Method = ({ workspace }) => {
  const bot = workspace.users.get(workspace.botUserId);
  return {
    url: teamUrl(workspace),
    team: workspace.team.name,
    user: bot?.name,
    team_id: workspace.team.id,
    user_id: workspace.botUserId,
    bot_id: workspace.app.botId,
    is_enterprise_install: false,
  };
};

const info: Method = ({ workspace, args }) => {
  const user = workspace.users.get(args.string('user'));
  return user === undefined ? refuse('user_not_found') : { user: userJson(workspace, user) };
};

const list: Method = ({ workspace, args }) => {
  const { items, metadata } = page([...workspace.users.values()], args, {
    max: 1000,
    usual: 1000,
    refusal: 'invalid_arguments',
  });
  return {
    members: items.map((user) => userJson(workspace, user)),
    cache_ts: Math.floor(workspace.now() / 1000),
    response_metadata: metadata,
  };
};

const lookupByEmail: Method = ({ workspace, args }) => {
  const email = args.string('email').toLowerCase();
  const user = [...workspace.users.values()].find(
    (each) => each.email !== '' && each.email.toLowerCase() === email,
  );
  return user === undefined ? refuse('users_not_found') : { user: userJson(workspace, user) };
};

const usergroups: Method = ({ workspace, args }) => ({
  usergroups: [...workspace.usergroups.values()].map((group) =>
    usergroupJson(workspace, group, {
      users: args.boolean('include_users'),
      count: args.boolean('include_count'),
    }),
  ),
});

const usergroupUsers: Method = ({ workspace, args }) => {
  const group = workspace.usergroups.get(args.string('usergroup'));
  return group === undefined ? refuse('no_such_subteam') : { users: [...group.userIds] };
};

export const peopleMethods: Record<string, Method> = {
  'auth.test': authTest,
  'users.info': info,
  'users.list': list,
  'users.lookupByEmail': lookupByEmail,
  'usergroups.list': usergroups,
  'usergroups.users.list': usergroupUsers,
};
