import type { ElementInput } from '../../../emulator/personApi.ts';
import type { Json } from '../json.ts';
import { object, objects, string, wordsOf } from '../json.ts';

/** What stands in an element before anybody touches it, and what can be chosen in it. */

const fieldOf: Readonly<Record<string, string>> = {
  users_select: 'initial_user',
  conversations_select: 'initial_conversation',
  channels_select: 'initial_channel',
  datepicker: 'initial_date',
  timepicker: 'initial_time',
};

const listFieldOf: Readonly<Record<string, string>> = {
  multi_users_select: 'initial_users',
  multi_conversations_select: 'initial_conversations',
  multi_channels_select: 'initial_channels',
};

export function initialInput(element: Json): ElementInput {
  const type = string(element.type);
  switch (type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return object(element.initial_option) === null ? null : string(object(element.initial_option)?.value);
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return objects(element.initial_options).map(({ value }) => string(value));
    case 'datetimepicker':
      return typeof element.initial_date_time === 'number' ? String(element.initial_date_time) : null;
    default: {
      const list = listFieldOf[type];
      if (list !== undefined) {
        const given = element[list];
        return Array.isArray(given) ? given.map(String) : [];
      }
      const given = element[fieldOf[type] ?? 'initial_value'];
      return typeof given === 'string' ? given : null;
    }
  }
}

export const single = (input: ElementInput): string =>
  Array.isArray(input) ? (input[0] ?? '') : (input ?? '');

export const several = (input: ElementInput): string[] =>
  input === null || input === '' ? [] : Array.isArray(input) ? input : [input];

export interface Choice {
  value: string;
  /** In words alone. */
  label: string;
  /** The text object, for where mrkdwn can be shown. */
  text: unknown;
  description: unknown;
}

export interface ChoiceGroup {
  /** Empty for choices that stand in no group. */
  label: string;
  choices: Choice[];
}

export function choicesOf(options: unknown): Choice[] {
  return objects(options).map(({ value, text, description }) => ({
    value: string(value),
    label: wordsOf(text),
    text,
    description,
  }));
}

export function choiceGroupsOf(element: Json): ChoiceGroup[] {
  const groups = objects(element.option_groups);
  if (groups.length === 0) return [{ label: '', choices: choicesOf(element.options) }];
  return groups.map(({ label, options }) => ({ label: wordsOf(label), choices: choicesOf(options) }));
}
