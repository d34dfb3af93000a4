import type { KnownBlock, ModalView } from '@slack/types';

/** Something a person asked of the bot, whichever way it came. */
export type Asked = {
  /** From the signed payload, never from what a button carries. */
  readonly user: string;
  readonly channel: string | null;
  /** The message whose thread it was said in, where it was. */
  readonly thread?: string;
  /** Where private answers go; Slack takes five of them within half an hour. */
  readonly responseUrl: string | null;
  /** Identity of this delivery: the same one arriving again changes nothing. */
  readonly once: string;
};

export type Private = { readonly text: string; readonly blocks?: readonly KnownBlock[] };

/** What comes of it, besides what the engine does. */
export type Reply =
  | { readonly kind: 'nothing' }
  /** Done; the messages that everybody sees show it. */
  | { readonly kind: 'shown' }
  /** Seen by the person who asked, and by nobody else. */
  | { readonly kind: 'private'; readonly say: Private }
  | { readonly kind: 'modal'; readonly view: ModalView };

export const nothing: Reply = { kind: 'nothing' };
export const shown: Reply = { kind: 'shown' };
export const privately = (text: string, blocks?: readonly KnownBlock[]): Reply => ({
  kind: 'private',
  say: blocks ? { text, blocks } : { text },
});
export const modal = (view: ModalView): Reply => ({ kind: 'modal', view });
