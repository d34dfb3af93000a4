import { refuse } from '../slackError.ts';
import type { Arguments } from './arguments.ts';

/** Slack's cursors are opaque; here they name the position from which the next page starts. */

const prefix = 'next_at:';

function position(cursor: string): number {
  const text = Buffer.from(cursor, 'base64').toString('utf8');
  const at = text.startsWith(prefix) ? Number(text.slice(prefix.length)) : Number.NaN;
  return Number.isInteger(at) && at >= 0 ? at : refuse('invalid_cursor');
}

/** One page, and the answer's `response_metadata`; `next_cursor` is '' on the last page. */
export function page<Item>(
  items: readonly Item[],
  args: Arguments,
  { max, usual }: { max: number; usual: number },
): { items: Item[]; hasMore: boolean; metadata: { next_cursor: string } } {
  const limit = args.integer('limit') ?? usual;
  if (limit < 0 || limit > max) refuse('invalid_limit');
  const start = args.string('cursor') === '' ? 0 : position(args.string('cursor'));
  const end = start + (limit === 0 ? usual : limit);
  const hasMore = end < items.length;
  const next = hasMore ? Buffer.from(`${prefix}${end}`).toString('base64') : '';
  return { items: items.slice(start, end), hasMore, metadata: { next_cursor: next } };
}
