import { invisibleMarks } from './hostileTexts.ts';

type Json = Readonly<Record<string, unknown>>;

function objectsIn(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(objectsIn)];
}

/** Every text of a message or a form in which Slack would see markup. */
function markupIn(shown: { readonly text?: string; readonly blocks?: unknown }): string[] {
  const inBlocks = objectsIn(shown.blocks ?? []).flatMap((each) =>
    each.type === 'mrkdwn' && typeof each.text === 'string' ? [each.text] : [],
  );
  return [...(shown.text === undefined ? [] : [shown.text]), ...inBlocks];
}

const date =
  /^<!date\^\d+\^(?:\{time_secs\}|\{ago\}|\{date_short_pretty\} \{time_secs\})\|(?:at )?[\d: -]+ UTC>$/;
/** What only Slack's own rich text elements could do. */
const activeElements = ['user', 'usergroup', 'broadcast', 'channel', 'link', 'emoji', 'team'];

/**
 * All that would do something in Slack and is not of our making: mentions of anybody but `people`, channel references
 * but `channels`, links whose label does not say the host they lead to, and marks that cannot be seen.
 */
export function activeIn(
  shown: { readonly text?: string; readonly blocks?: unknown },
  allowed: { readonly people: readonly string[]; readonly channels: readonly string[] },
): string[] {
  const found: string[] = [];
  for (const text of markupIn(shown)) {
    for (const token of text.match(/<[^>]*>?/g) ?? []) {
      const person = /^<@([UW][A-Z0-9]+)>$/.exec(token)?.[1];
      const channel = /^<#([CDG][A-Z0-9]+)>$/.exec(token)?.[1];
      if (person !== undefined && allowed.people.includes(person)) continue;
      if (channel !== undefined && allowed.channels.includes(channel)) continue;
      if (date.test(token) || isHonestLink(token)) continue;
      found.push(token);
    }
    // Of what is escaped once, Slack shows the character; anything else that begins like an entity was torn.
    for (const entity of text.match(/&(?!amp;|lt;|gt;).{0,6}/g) ?? []) found.push(entity);
  }
  for (const each of objectsIn(shown.blocks ?? [])) {
    if (typeof each.type === 'string' && activeElements.includes(each.type))
      found.push(`element ${each.type}`);
    if (each.type === 'mrkdwn' && each.verbatim !== true) found.push('markup that is not verbatim');
    if (each.type === 'plain_text' && each.emoji !== false) found.push('plain text with emoji');
    if (typeof each.url === 'string' && !/^https?:\/\/[^\s<>|]+$/.test(each.url)) found.push(each.url);
  }
  // What a button carries back and where a block sits are never shown.
  const seen = JSON.stringify(shown, (key, value) =>
    ['value', 'block_id', 'action_id', 'private_metadata'].includes(key) ? undefined : value,
  );
  const mark = invisibleMarks.exec(seen)?.[0];
  if (mark !== undefined) found.push(`invisible \\u{${mark.codePointAt(0)?.toString(16)}}`);
  return found;
}

function isHonestLink(token: string): boolean {
  const [, url = '', label = ''] = /^<(https?:[^|<>]+)\|([^|<>]*)>$/.exec(token) ?? [];
  const address = URL.parse(url.replaceAll('&amp;', '&'));
  if (!address) return false;
  // The workspace itself needs no naming.
  return address.host === 'team.slack.com' || label.includes(`(${address.host})`);
}
