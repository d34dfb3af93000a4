import type { Workspace } from './workspace.ts';

/** Turns what a person types into what Slack stores, and takes the mentions of a person apart. */

const marked = /<(?:[@#!][^<>\s]+|https?:\/\/[^<>\s]+)>/g;

const broadcasts = new Set(['here', 'channel', 'everyone']);

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function mention(workspace: Workspace, handle: string): string | null {
  if (broadcasts.has(handle)) return `<!${handle}>`;
  const user = [...workspace.users.values()].find(({ name }) => name === handle);
  if (user !== undefined) return `<@${user.id}>`;
  const group = [...workspace.usergroups.values()].find((each) => each.handle === handle);
  return group === undefined ? null : `<!subteam^${group.id}>`;
}

function channelLink(workspace: Workspace, name: string): string | null {
  const channel = [...workspace.channels.values()].find((each) => each.name === name && each.kind !== 'im');
  return channel === undefined ? null : `<#${channel.id}>`;
}

function withMentions(workspace: Workspace, text: string): string {
  return escaped(text)
    .replace(/(^|[\s(])@([a-z0-9._-]*[a-z0-9_])/g, (all, before: string, handle: string) => {
      const found = mention(workspace, handle);
      return found === null ? all : `${before}${found}`;
    })
    .replace(/(^|[\s(])#([\p{Ll}\p{Lo}\p{N}_-]+)/gu, (all, before: string, name: string) => {
      const found = channelLink(workspace, name);
      return found === null ? all : `${before}${found}`;
    });
}

/** Escapes `& < >` and resolves `@handle` and `#channel`; mentions that are marked up already stay. */
export function storedText(workspace: Workspace, typed: string): string {
  let result = '';
  let at = 0;
  for (const match of typed.matchAll(marked)) {
    result += withMentions(workspace, typed.slice(at, match.index)) + match[0];
    at = match.index + match[0].length;
  }
  return result + withMentions(workspace, typed.slice(at));
}

/** The text of a command whose app asked for mentions to be resolved: `<@U…|handle>` and `<#C…|name>`. */
export function escapedCommandText(workspace: Workspace, typed: string): string {
  return storedText(workspace, typed)
    .replace(/<@([A-Z0-9]+)>/g, (_, id: string) => `<@${id}|${workspace.users.get(id)?.name ?? ''}>`)
    .replace(/<#([A-Z0-9]+)>/g, (_, id: string) => `<#${id}|${workspace.channels.get(id)?.name ?? ''}>`);
}

/** Whether the text is meant for this user: by name, through a group, or as one of everybody. */
export function namesUser(workspace: Workspace, text: string, userId: string): boolean {
  if (text.includes(`<@${userId}>`) || /<!(here|channel|everyone)>/.test(text)) return true;
  return [...workspace.usergroups.values()].some(
    (group) => group.userIds.includes(userId) && text.includes(`<!subteam^${group.id}`),
  );
}
