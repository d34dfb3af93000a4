import type { Workspace } from './workspace.ts';

/** Turns what a person types into what Slack stores, and takes the mentions of a person apart. */

const marked = /<(?:[@#!][^<>\s]+|https?:\/\/[^<>\s]+)>/g;

const broadcasts = new Set(['here', 'channel', 'everyone']);

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Everybody by what people call them: the handle, or the name that is shown, which may have spaces in it. */
function* mentions(workspace: Workspace): Generator<{ readonly called: string; readonly mention: string }> {
  for (const { id, name } of workspace.users.values()) yield { called: name, mention: `<@${id}>` };
  for (const { id, handle } of workspace.usergroups.values())
    yield { called: handle, mention: `<!subteam^${id}>` };
  for (const name of broadcasts) yield { called: name, mention: `<!${name}>` };
  for (const { id, realName } of workspace.users.values()) yield { called: realName, mention: `<@${id}>` };
}

/** Who is meant by what begins behind an `@`, whatever its case: the longest name that ends where a word does. */
function mentionAt(workspace: Workspace, text: string): { called: string; mention: string } | null {
  const lower = text.toLowerCase();
  let found: { called: string; mention: string } | null = null;
  for (const each of mentions(workspace)) {
    const { called } = each;
    if (called === '' || called.length <= (found?.called.length ?? 0)) continue;
    // A stop ends a sentence; a stop in front of a letter belongs to a longer name.
    const ends = !/^(?:[\p{L}\p{N}_-]|\.[\p{L}\p{N}_])/u.test(text.slice(called.length));
    if (ends && lower.startsWith(called.toLowerCase())) found = each;
  }
  return found;
}

function withPeople(workspace: Workspace, text: string): string {
  let result = '';
  let at = 0;
  for (const match of text.matchAll(/(?<=^|[\s(])@/g)) {
    if (match.index < at) continue;
    const found = mentionAt(workspace, text.slice(match.index + 1));
    if (found === null) continue;
    result += text.slice(at, match.index) + found.mention;
    at = match.index + 1 + found.called.length;
  }
  return result + text.slice(at);
}

function channelLink(workspace: Workspace, name: string): string | null {
  const channel = [...workspace.channels.values()].find((each) => each.name === name && each.kind !== 'im');
  return channel === undefined ? null : `<#${channel.id}>`;
}

function withMentions(workspace: Workspace, text: string): string {
  return withPeople(workspace, escaped(text)).replace(
    /(^|[\s(])#([\p{Ll}\p{Lo}\p{N}_-]+)/gu,
    (all, before: string, name: string) => {
      const found = channelLink(workspace, name);
      return found === null ? all : `${before}${found}`;
    },
  );
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
