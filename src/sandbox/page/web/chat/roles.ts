import type { PersonUser } from '../../../emulator/personApi.ts';

/** How the switcher speaks of the default workspace's people; others go by their name. */
const roles: Readonly<Record<string, string>> = {
  oncall: 'the on-call engineer',
  responder: 'a responder',
  lead: 'the deployment lead',
  visitor: 'a visitor without rights',
};

export function roleOf(user: PersonUser): string {
  return Object.hasOwn(roles, user.name) ? (roles[user.name] ?? user.realName) : user.realName;
}
