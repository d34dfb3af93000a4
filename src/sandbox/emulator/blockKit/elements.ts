import {
  allOptions,
  confirm,
  conversationFilter,
  dispatchConfig,
  imageFields,
  initialAmongOptions,
  optionGroup,
  plain,
  plainOption,
  richOption,
  style,
} from './objects.ts';
import type { Check, Fields } from './schema.ts';
import { boolean, exactlyOne, integer, list, object, required, rule, string, url } from './schema.ts';

/** Block Kit's elements: what stands inside section, actions, context and input blocks. */

const id = string({ min: 1, max: 255 });
const actionable: Fields = { action_id: id };
const placeholder = plain(150);

const date = string({ pattern: /^\d{4}-\d\d-\d\d$/ });
const time = string({ pattern: /^([01]\d|2[0-3]):[0-5]\d$/ });

const focusable: Fields = { focus_on_load: boolean() };
const select: Fields = { ...actionable, ...focusable, confirm, placeholder };
const multi: Fields = { ...select, max_selected_items: integer({ min: 1 }) };
const textInput: Fields = {
  ...actionable,
  ...focusable,
  placeholder,
  dispatch_action_config: dispatchConfig,
};

const someOptions = rule((element) => allOptions(element).length > 0, 'must have at least 1 option', [
  'min_items',
  1,
]);

const optionLists: Fields = {
  options: list(plainOption, { min: 1, max: 100 }),
  option_groups: list(optionGroup, { min: 1, max: 100 }),
};

const conversations: Fields = {
  default_to_current_conversation: boolean(),
  filter: conversationFilter,
};

export const button: Check = object({
  ...actionable,
  text: required(plain(75)),
  value: string({ max: 2000 }),
  url: url(3000),
  style,
  confirm,
  accessibility_label: string({ max: 75 }),
});

const image: Check = object(imageFields, exactlyOne('image_url', 'slack_file'));

const workflowButton: Check = object({
  ...actionable,
  text: required(plain(75)),
  workflow: required(
    object({
      trigger: required(
        object({
          url: required(url(3000)),
          customizable_input_parameters: list(
            object({ name: required(string()), value: required(string()) }),
          ),
        }),
      ),
    }),
  ),
  style,
  confirm,
  accessibility_label: string({ max: 75 }),
});

const overflow: Check = object({
  ...actionable,
  options: required(list(plainOption, { min: 1, max: 5 })),
  confirm,
});

const checkboxes: Check = object(
  {
    ...actionable,
    ...focusable,
    options: required(list(richOption, { min: 1, max: 10 })),
    initial_options: list(richOption, { min: 1, max: 10 }),
    confirm,
  },
  initialAmongOptions,
);

const radioButtons: Check = object(
  {
    ...actionable,
    ...focusable,
    options: required(list(richOption, { min: 1, max: 10 })),
    initial_option: richOption,
    confirm,
  },
  initialAmongOptions,
);

const staticSelect: Check = object(
  { ...select, ...optionLists, initial_option: plainOption },
  exactlyOne('options', 'option_groups'),
  someOptions,
  initialAmongOptions,
);

const multiStaticSelect: Check = object(
  { ...multi, ...optionLists, initial_options: list(plainOption, { min: 1, max: 100 }) },
  exactlyOne('options', 'option_groups'),
  someOptions,
  initialAmongOptions,
);

const externalSelect: Check = object({
  ...select,
  initial_option: plainOption,
  min_query_length: integer({ min: 0 }),
});

const multiExternalSelect: Check = object({
  ...multi,
  initial_options: list(plainOption, { min: 1, max: 100 }),
  min_query_length: integer({ min: 0 }),
});

const plainTextInput: Check = object(
  {
    ...textInput,
    initial_value: string({ max: 3000 }),
    multiline: boolean(),
    min_length: integer({ min: 0, max: 3000 }),
    max_length: integer({ min: 1, max: 3000 }),
  },
  rule(
    ({ min_length: min, max_length: max }) =>
      typeof min !== 'number' || typeof max !== 'number' || min <= max,
    'min_length must not exceed max_length',
    ['max', 'max_length'],
  ),
);

const numberInput: Check = object({
  ...textInput,
  is_decimal_allowed: required(boolean()),
  initial_value: string(),
  min_value: string(),
  max_value: string(),
});

const richTextInput: Check = object({
  ...textInput,
  initial_value: rule(() => true, '', ['', '']),
  min_lines: integer({ min: 1 }),
  max_lines: integer({ min: 1 }),
});

const fileInput: Check = object({
  ...actionable,
  filetypes: list(string({ min: 1 })),
  max_files: integer({ min: 1, max: 10 }),
});

const iconButton: Check = object({
  ...actionable,
  icon: required(string({ min: 1 })),
  text: required(plain(75)),
  accessibility_label: string({ max: 75 }),
  value: string({ max: 2000 }),
  visible_to_user_ids: list(string({ min: 1 }), { max: 10 }),
  confirm,
});

const feedbackButton: Check = object({
  text: required(plain(75)),
  accessibility_label: string({ max: 75 }),
  value: required(string({ max: 2000 })),
});

const feedbackButtons: Check = object({
  ...actionable,
  positive_button: required(feedbackButton),
  negative_button: required(feedbackButton),
});

const selects: Record<string, Check> = {
  static_select: staticSelect,
  multi_static_select: multiStaticSelect,
  external_select: externalSelect,
  multi_external_select: multiExternalSelect,
  users_select: object({ ...select, initial_user: string({ min: 1 }) }),
  multi_users_select: object({ ...multi, initial_users: list(string({ min: 1 })) }),
  conversations_select: object({
    ...select,
    ...conversations,
    initial_conversation: string({ min: 1 }),
    response_url_enabled: boolean(),
  }),
  multi_conversations_select: object({
    ...multi,
    ...conversations,
    initial_conversations: list(string({ min: 1 })),
  }),
  channels_select: object({
    ...select,
    initial_channel: string({ min: 1 }),
    response_url_enabled: boolean(),
  }),
  multi_channels_select: object({ ...multi, initial_channels: list(string({ min: 1 })) }),
};

const pickers: Record<string, Check> = {
  datepicker: object({ ...select, initial_date: date }),
  timepicker: object({ ...select, initial_time: time, timezone: string({ min: 1 }) }),
  datetimepicker: object({
    ...actionable,
    ...focusable,
    confirm,
    initial_date_time: integer({ min: 1_000_000_000, max: 9_999_999_999 }),
  }),
};

export const sectionAccessories: Record<string, Check> = {
  button,
  workflow_button: workflowButton,
  overflow,
  checkboxes,
  radio_buttons: radioButtons,
  image,
  ...selects,
  datepicker: pickers.datepicker!,
  timepicker: pickers.timepicker!,
};

export const actionsElements: Record<string, Check> = {
  button,
  workflow_button: workflowButton,
  overflow,
  checkboxes,
  radio_buttons: radioButtons,
  rich_text_input: richTextInput,
  ...selects,
  ...pickers,
};

export const inputElements: Record<string, Check> = {
  plain_text_input: plainTextInput,
  email_text_input: object({ ...textInput, initial_value: string({ max: 3000 }) }),
  url_text_input: object({ ...textInput, initial_value: string({ max: 3000 }) }),
  number_input: numberInput,
  rich_text_input: richTextInput,
  file_input: fileInput,
  checkboxes,
  radio_buttons: radioButtons,
  ...selects,
  ...pickers,
};

export const contextActionsElements: Record<string, Check> = {
  feedback_buttons: feedbackButtons,
  icon_button: iconButton,
};

export const imageElement: Check = image;
