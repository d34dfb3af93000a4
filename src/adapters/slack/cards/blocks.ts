import type { Button, KnownBlock, Overflow, PlainTextElement, RichTextBlock } from '@slack/types';
import { type ButtonValue, writeButtonValue } from '../buttonValue.ts';
import { clean, fit, fitMarkup, oneLine, spelledOut } from '../escape.ts';

/** A message: `text` is what notifications and screen readers say, the blocks are what people see. */
export type Card = { readonly text: string; readonly blocks: KnownBlock[] };

/** What a card needs besides the view: the time, and where other messages are. */
export type Frame = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Address of a subject's message, where this process knows it. */
  readonly linkTo: (subject: string) => string | null;
  readonly channelUrl: (channel: string) => string | null;
  /** Whether there is a way to roll this service back. */
  readonly canRollBack: (service: string) => boolean;
  /** Id of a user group by its handle, where it is known: without it nobody can be mentioned by the group. */
  readonly groupId?: (handle: string) => string | null;
  /** Whether there is an Alertmanager in which alerts can be silenced. */
  readonly canSilence?: boolean;
};

/**
 * Puts a card together. `tag` names the state it shows: it becomes part of every block_id, so that a click on an older
 * state of the same message can be told apart. A message holds 50 blocks.
 */
export function card(subject: string, tag: string, text: string, blocks: readonly KnownBlock[]): Card {
  const shown = blocks.length <= 50 ? blocks : [...blocks.slice(0, 49), context('More than fits here.')];
  return {
    // Where foreign text comes to nothing, a notification still has to say something.
    text: fitMarkup(text, 1_000).trim() || 'Genesis',
    blocks: shown.map((block, index) => ({
      ...block,
      block_id: `${fit(subject, 160)}:${fit(tag, 60)}:${index}`,
    })),
  };
}

/** `verbatim`: Slack would otherwise make links and mentions of what only looks like one. */
export const section = (text: string): KnownBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: fitMarkup(text, 3_000) || ' ', verbatim: true },
});

export const context = (...texts: readonly string[]): KnownBlock => ({
  type: 'context',
  elements: texts
    .slice(0, 10)
    .map((text) => ({ type: 'mrkdwn', text: fitMarkup(text, 1_000) || ' ', verbatim: true })),
});

export const header = (text: string): KnownBlock => ({ type: 'header', text: plain(text, 150) });

export const plain = (text: string, max: number): PlainTextElement => ({
  type: 'plain_text',
  text: fit(oneLine(text), max) || ' ',
  emoji: false,
});

/** Exact text in a fixed-width block: nothing in it is markup, and marks that cannot be seen are spelled out. */
export function preformatted(text: string, max = 2_800): RichTextBlock {
  const exact = fit(spelledOut(text), max);
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: exact || ' ' }] }],
  };
}

export type ButtonSpec = {
  readonly id: string;
  readonly label: string;
  readonly value: ButtonValue;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
};

/** Code points that Slack takes on the button of a confirmation; the title above it says all of the words. */
const maxYes = 30;

export function button(spec: ButtonSpec): Button {
  const style = spec.style === undefined ? {} : { style: spec.style };
  const confirm = spec.confirm
    ? {
        confirm: {
          title: plain(spec.confirm.title, 100),
          text: plain(clean(spec.confirm.text), 300),
          confirm: plain([...spec.confirm.yes].length <= maxYes ? spec.confirm.yes : 'Go Ahead', maxYes),
          deny: plain('Cancel', 30),
          ...style,
        },
      }
    : {};
  return {
    type: 'button',
    action_id: spec.id,
    text: plain(spec.label, 75),
    value: writeButtonValue(spec.value),
    ...style,
    ...confirm,
  };
}

export const urlButton = (id: string, label: string, url: string): Button => ({
  type: 'button',
  action_id: id,
  text: plain(label, 75),
  url,
});

/** At most 25 elements, and at most one of them primary: a second one becomes an ordinary button. */
export function actions(elements: readonly (Button | Overflow)[]): KnownBlock[] {
  if (elements.length === 0) return [];
  let primary = false;
  const calm = elements.slice(0, 25).map((element) => {
    if (element.type !== 'button' || element.style !== 'primary') return element;
    if (!primary) {
      primary = true;
      return element;
    }
    const { style: _, ...rest } = element;
    return rest;
  });
  return [{ type: 'actions', elements: calm }];
}

export const overflow = (
  id: string,
  items: readonly { readonly label: string; readonly value: ButtonValue }[],
): Overflow => ({
  type: 'overflow',
  action_id: id,
  options: items
    .slice(0, 5)
    .map((item) => ({ text: plain(item.label, 75), value: writeButtonValue(item.value) })),
});

/** `Restart the Service` of `restart the service`: a button's words. */
export const titleCase = (text: string): string =>
  oneLine(text)
    .split(' ')
    .map((word, index) =>
      index > 0 && small.has(word.toLowerCase()) ? word : word.slice(0, 1).toUpperCase() + word.slice(1),
    )
    .join(' ');

const small = new Set([
  'a',
  'an',
  'and',
  'at',
  'by',
  'for',
  'from',
  'in',
  'of',
  'on',
  'or',
  'the',
  'to',
  'with',
]);
