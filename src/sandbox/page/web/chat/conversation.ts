import type { PersonChannel, PersonEphemeral, PersonMessage } from '../../../emulator/personApi.ts';
import type { Directory } from '../session.ts';
import { dayLabel, momentOf } from '../text/slackDate.ts';

/** The order in which a conversation is read: days, joins drawn together, messages, what one person alone sees. */

export type Entry =
  | { kind: 'day'; key: string; label: string }
  | { kind: 'new'; key: string }
  | { kind: 'joined'; key: string; userIds: string[]; ts: string }
  /** `follows`: by the same author shortly after, so that the name need not be said again. */
  | { kind: 'message'; key: string; message: PersonMessage; follows: boolean }
  | { kind: 'ephemeral'; key: string; ephemeral: PersonEphemeral };

/** Messages closer than this stand under one name. */
const together = 5 * 60_000;

const joins = new Set(['channel_join', 'group_join']);

function isReply({ ts, threadTs }: { ts: string; threadTs?: string }): boolean {
  return threadTs !== undefined && threadTs !== ts;
}

export function channelMessages(channel: PersonChannel): PersonMessage[] {
  return channel.messages.filter((message) => !isReply(message) || message.isBroadcast);
}

export function threadMessages(channel: PersonChannel, threadTs: string): PersonMessage[] {
  return channel.messages.filter((message) => message.ts === threadTs || message.threadTs === threadTs);
}

/** Timestamps of one channel have the same length, so that they sort as text. */
function byTs(one: { ts: string }, other: { ts: string }): number {
  return one.ts < other.ts ? -1 : one.ts > other.ts ? 1 : 0;
}

export interface Conversation {
  messages: PersonMessage[];
  ephemerals: PersonEphemeral[];
  /** Where the person had read to when the conversation was opened; null: no line is drawn. */
  readTo: string | null;
}

export function entriesOf(
  { messages, ephemerals, readTo }: Conversation,
  { me }: Directory,
  now: number,
): Entry[] {
  const entries: Entry[] = [];
  let day = '';
  let isLineDrawn = readTo === null;
  const all = [
    ...messages.map((message) => ({ kind: 'message' as const, ts: message.ts, message })),
    ...ephemerals.map((ephemeral) => ({ kind: 'ephemeral' as const, ts: ephemeral.ts, ephemeral })),
  ].sort(byTs);
  for (const each of all) {
    const label = dayLabel(momentOf(each.ts), me.timeZone, now);
    if (label !== day) {
      entries.push({ kind: 'day', key: `day-${label}`, label });
      day = label;
    }
    if (each.kind === 'ephemeral') {
      entries.push({ kind: 'ephemeral', key: each.ephemeral.id, ephemeral: each.ephemeral });
      continue;
    }
    const { message } = each;
    if (!isLineDrawn && readTo !== null && message.ts > readTo && message.userId !== me.id) {
      // At the very top the line would say nothing.
      if (entries.length > 1) entries.push({ kind: 'new', key: 'new' });
      isLineDrawn = true;
    }
    const last = entries.at(-1);
    if (joins.has(message.subtype ?? '')) {
      if (last?.kind === 'joined') last.userIds.push(message.userId);
      else entries.push({ kind: 'joined', key: message.ts, userIds: [message.userId], ts: message.ts });
      continue;
    }
    const follows =
      last?.kind === 'message' &&
      last.message.userId === message.userId &&
      last.message.username === message.username &&
      last.message.subtype === message.subtype &&
      // Cards are whole in themselves, and so is what has replies.
      message.blocks.length === 0 &&
      last.message.blocks.length === 0 &&
      last.message.replyCount === 0 &&
      momentOf(message.ts) - momentOf(last.message.ts) < together;
    entries.push({ kind: 'message', key: message.ts, message, follows });
  }
  return entries;
}
