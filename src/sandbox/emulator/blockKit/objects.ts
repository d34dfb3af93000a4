import type { Check, JsonObject } from './schema.ts';
import {
  atLeastOne,
  boolean,
  byType,
  exactlyOne,
  isObject,
  list,
  object,
  oneOf,
  problem,
  publicImageUrl,
  required,
  string,
  url,
} from './schema.ts';

/** Block Kit's composition objects: text, option, confirm dialog and the like. */

export const maxText = 3000;

function plainText(max: number): Check {
  return object({ text: required(string({ min: 1, max })), emoji: boolean() });
}

function mrkdwn(max: number): Check {
  return object({ text: required(string({ min: 1, max })), verbatim: boolean() });
}

/** A plain_text object. */
export function plain(max: number): Check {
  return byType({ plain_text: plainText(max) });
}

/** A plain_text or mrkdwn object. */
export function text(max: number = maxText): Check {
  return byType({ plain_text: plainText(max), mrkdwn: mrkdwn(max) });
}

export function markdownOnly(max: number): Check {
  return byType({ mrkdwn: mrkdwn(max) });
}

export const style: Check = oneOf(['primary', 'danger']);

export const confirm: Check = object({
  title: plain(100),
  text: required(text(300)),
  confirm: plain(30),
  deny: plain(30),
  style,
});

function optionOf(label: Check): Check {
  return object({
    text: required(label),
    value: required(string({ max: 150 })),
    description: plain(75),
    url: url(3000),
  });
}

/** An option of a select or overflow menu. */
export const plainOption: Check = optionOf(plain(75));

/** An option of checkboxes or radio buttons, whose text may be mrkdwn. */
export const richOption: Check = optionOf(text(75));

export const optionGroup: Check = object({
  label: required(plain(75)),
  options: required(list(plainOption, { min: 1, max: 100 })),
});

export const dispatchConfig: Check = object({
  trigger_actions_on: required(list(oneOf(['on_enter_pressed', 'on_character_entered']), { min: 1, max: 2 })),
});

export const conversationFilter: Check = object(
  {
    include: list(oneOf(['im', 'mpim', 'private', 'public']), { min: 1 }),
    exclude_external_shared_channels: boolean(),
    exclude_bot_users: boolean(),
  },
  atLeastOne('include', 'exclude_external_shared_channels', 'exclude_bot_users'),
);

export const slackFile: Check = object({ id: string({ min: 1 }), url: url(3000) }, exactlyOne('id', 'url'));

/** The fields of an image, as an element or a block. */
export const imageFields = {
  image_url: publicImageUrl(3000),
  slack_file: slackFile,
  alt_text: required(string({ min: 1, max: 2000 })),
};

export function allOptions(element: JsonObject): unknown[] {
  const groups = Array.isArray(element.option_groups) ? element.option_groups : [];
  const direct = Array.isArray(element.options) ? element.options : [];
  return [
    ...direct,
    ...groups.flatMap((group) => (isObject(group) && Array.isArray(group.options) ? group.options : [])),
  ];
}

/** What is chosen at the start has to be one of the options, the same in every field. */
export const initialAmongOptions: Check = (value, pointer, report) => {
  if (!isObject(value)) return;
  const options = new Set(allOptions(value).map((option) => JSON.stringify(sorted(option))));
  const initial = value.initial_option === undefined ? [] : [value.initial_option];
  const several = Array.isArray(value.initial_options) ? value.initial_options : [];
  for (const option of [...initial, ...several]) {
    if (!options.has(JSON.stringify(sorted(option)))) {
      const name = value.initial_option === undefined ? 'initial_options' : 'initial_option';
      report(problem(`${pointer}/${name}`, 'must be among the options', ['among_options', 'options']));
    }
  }
};

/** The same value with its keys in order, so that JSON text can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
