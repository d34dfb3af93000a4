import { refuse, refuseArguments } from '../slackError.ts';
import type { Arguments } from './arguments.ts';

/** Slack's cursors are opaque. Those of lists name the position from which the next page starts. */

interface Limits {
  max: number;
  usual: number;
  /** 0, the default, lets a limit of 0 mean the usual one. */
  min?: number;
  /** Not every method has a code of its own for a limit that is out of bounds. */
  refusal?: 'invalid_limit' | 'invalid_arguments';
}

export interface Page<Item> {
  items: Item[];
  hasMore: boolean;
  /** `next_cursor` is '' on the last page. */
  metadata: { next_cursor: string };
}

function readLimit(args: Arguments, { max, usual, min = 0, refusal = 'invalid_limit' }: Limits): number {
  const limit = args.integer('limit') ?? usual;
  if (limit < min || limit > max) {
    if (refusal === 'invalid_limit') refuse(refusal);
    refuseArguments(`must be between ${Math.max(min, 1)} and ${max} [json-pointer:/limit]`);
  }
  return limit === 0 ? usual : limit;
}

/** What the cursor names, '' on the first page. */
function readCursor(args: Arguments, prefix: string): string {
  const cursor = args.string('cursor');
  if (cursor === '') return '';
  const text = Buffer.from(cursor, 'base64').toString('utf8');
  const mark = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  return /^\d+$/.test(mark) ? mark : refuse('invalid_cursor');
}

function cut<Item>(
  items: readonly Item[],
  {
    start,
    limit,
    cursorAt,
  }: { start: number; limit: number; cursorAt: (next: Item, index: number) => string },
): Page<Item> {
  const end = start + limit;
  const next = items[end];
  const cursor = next === undefined ? '' : Buffer.from(cursorAt(next, end)).toString('base64');
  return { items: items.slice(start, end), hasMore: next !== undefined, metadata: { next_cursor: cursor } };
}

/** One page of a list. */
export function page<Item>(items: readonly Item[], args: Arguments, limits: Limits): Page<Item> {
  const limit = readLimit(args, limits);
  const start = Number(readCursor(args, 'next_at:'));
  return cut(items, { start, limit, cursorAt: (_, index) => `next_at:${index}` });
}

/**
 * One page of messages, in the order given. The cursor names the next page's first message by its time, so that
 * what is posted or deleted between two pages neither repeats a message nor leaves one out.
 */
export function pageByTime<Item extends { ts: string }>(
  items: readonly Item[],
  args: Arguments,
  limits: Limits & { order: 'newest first' | 'oldest first' },
): Page<Item> {
  const limit = readLimit(args, { ...limits, refusal: 'invalid_arguments' });
  const mark = readCursor(args, 'next_ts:');
  const micros = ({ ts }: Item) => BigInt(ts.replace('.', ''));
  const isReached = (item: Item) =>
    limits.order === 'newest first' ? micros(item) <= BigInt(mark) : micros(item) >= BigInt(mark);
  const found = mark === '' ? 0 : items.findIndex(isReached);
  const start = found === -1 ? items.length : found;
  return cut(items, { start, limit, cursorAt: (next) => `next_ts:${micros(next)}` });
}
