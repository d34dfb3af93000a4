import { foreign, link } from '../escape.ts';
import type { Frame } from './blocks.ts';

/** A link to a message of this workspace; an address that is none of its messages' is no link, whoever wrote it down. */
export function messageLink(url: string, label: string, { channelUrl }: Pick<Frame, 'channelUrl'>): string {
  const archives = channelUrl('');
  return archives !== null && url.startsWith(archives) ? link(url, label) : foreign(label);
}
