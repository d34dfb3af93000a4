import type { InputBlock, KnownBlock, ModalView } from '@slack/types';
import { z } from 'zod';
import { type ButtonValue, readButtonValue, writeButtonValue } from '../buttonValue.ts';
import { plain, section } from '../cards/blocks.ts';

/** What a modal remembers of the click that opened it, kept by Slack in its private metadata (3000 characters). */
export type Origin = {
  readonly channel: string | null;
  readonly responseUrl: string | null;
  readonly value: ButtonValue;
};

const metadata = z.object({ c: z.string().nullable(), u: z.string().nullable(), v: z.string() });

export const writeOrigin = (origin: Origin): string =>
  JSON.stringify({ c: origin.channel, u: origin.responseUrl, v: writeButtonValue(origin.value) });

export function readOrigin(text: string): Origin | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not JSON: not a modal of ours, and the schema says so.
    json = null;
  }
  const parsed = metadata.safeParse(json);
  if (!parsed.success) return null;
  const value = readButtonValue(parsed.data.v);
  return value ? { channel: parsed.data.c, responseUrl: parsed.data.u, value } : null;
}

/** Title and buttons hold 24 characters. */
export function form(
  name: string,
  words: { readonly title: string; readonly submit: string },
  origin: Origin,
  blocks: readonly KnownBlock[],
): ModalView {
  return {
    type: 'modal',
    callback_id: `genesis.${name}`,
    title: plain(words.title, 24),
    submit: plain(words.submit, 24),
    close: plain('Cancel', 24),
    private_metadata: writeOrigin(origin),
    blocks: [...blocks],
  };
}

export const said = (text: string): KnownBlock => section(text);

export function textInput(
  name: string,
  label: string,
  more: {
    readonly multiline?: boolean;
    readonly optional?: boolean;
    readonly initial?: string;
    readonly max?: number;
    readonly hint?: string;
  } = {},
): InputBlock {
  return {
    type: 'input',
    block_id: name,
    label: plain(label, 200),
    optional: more.optional ?? false,
    ...(more.hint === undefined ? {} : { hint: plain(more.hint, 200) }),
    element: {
      type: 'plain_text_input',
      action_id: name,
      multiline: more.multiline ?? false,
      max_length: Math.min(more.max ?? 2_000, 3_000),
      ...(more.initial === undefined || more.initial === '' ? {} : { initial_value: more.initial }),
    },
  };
}

/** `options` at most 100; the first one, or `initial`, is chosen already where `initial` is given. */
export function selectInput(
  name: string,
  label: string,
  options: readonly { readonly label: string; readonly value: string }[],
  more: { readonly initial?: string; readonly optional?: boolean } = {},
): InputBlock {
  const shown = options
    .slice(0, 100)
    .map((option) => ({ text: plain(option.label, 75), value: option.value.slice(0, 150) }));
  const initial = shown.find((option) => option.value === more.initial);
  return {
    type: 'input',
    block_id: name,
    label: plain(label, 200),
    optional: more.optional ?? false,
    element: {
      type: 'static_select',
      action_id: name,
      options: shown,
      ...(initial ? { initial_option: initial } : {}),
    },
  };
}

/** Several people; what is filled in are their ids with commas. */
export const usersInput = (name: string, label: string): InputBlock => ({
  type: 'input',
  block_id: name,
  label: plain(label, 200),
  element: { type: 'multi_users_select', action_id: name },
});

export const userInput = (name: string, label: string): InputBlock => ({
  type: 'input',
  block_id: name,
  label: plain(label, 200),
  element: { type: 'users_select', action_id: name },
});
