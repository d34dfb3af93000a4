import { allOptions } from './blockKit/objects.ts';
import { isInteractive } from './blockKit/payload.ts';
import type { JsonObject } from './blockKit/schema.ts';
import { isObject } from './blockKit/schema.ts';
import type { Block } from './model.ts';
import type { ElementInput, ElementInputs } from './personApi.ts';

/** Interactive elements in blocks, and what people put into them, in the shapes that Slack sends to apps. */

export interface PlacedElement {
  blockId: string;
  actionId: string;
  element: JsonObject;
  /** The input block that the element stands in, if it does. */
  input: Block | null;
}

function elementsOf(block: Block): JsonObject[] {
  const candidates = [
    ...(Array.isArray(block.elements) ? block.elements : []),
    block.accessory,
    block.element,
    ...(Array.isArray(block.actions) ? block.actions : []),
  ];
  return candidates.filter(isObject).filter(isInteractive);
}

/** Blocks inside containers and carousels count as well. */
function innerBlocks(block: Block): Block[] {
  const inner = [block.child_blocks, block.type === 'carousel' ? block.elements : undefined];
  return inner.flatMap((list) => (Array.isArray(list) ? (list as Block[]) : []));
}

export function placedElements(blocks: Block[]): PlacedElement[] {
  return blocks.flatMap((block) => [
    ...elementsOf(block).map((element) => ({
      blockId: String(block.block_id),
      actionId: String(element.action_id),
      element,
      input: block.type === 'input' ? block : null,
    })),
    ...placedElements(innerBlocks(block)),
  ]);
}

export type Shaped = { kind: 'shaped'; value: JsonObject } | { kind: 'invalid' };

function option(element: JsonObject, value: string): JsonObject | undefined {
  return allOptions(element)
    .filter(isObject)
    .find((each) => each.value === value);
}

const several = (input: ElementInput): string[] =>
  input === null ? [] : Array.isArray(input) ? input : [input];

const single = (input: ElementInput): string | null =>
  input === null || input === '' ? null : Array.isArray(input) ? (input[0] ?? null) : input;

function chosen(element: JsonObject, input: ElementInput): Shaped {
  const value = single(input);
  if (value === null) return { kind: 'shaped', value: { selected_option: null } };
  const found = option(element, value);
  return found === undefined ? { kind: 'invalid' } : { kind: 'shaped', value: { selected_option: found } };
}

function chosenSeveral(element: JsonObject, input: ElementInput): Shaped {
  const found = several(input).map((value) => option(element, value));
  return found.includes(undefined)
    ? { kind: 'invalid' }
    : { kind: 'shaped', value: { selected_options: found } };
}

const fieldOf: Record<string, string> = {
  users_select: 'selected_user',
  conversations_select: 'selected_conversation',
  channels_select: 'selected_channel',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
  plain_text_input: 'value',
  email_text_input: 'value',
  url_text_input: 'value',
  number_input: 'value',
};

const listFieldOf: Record<string, string> = {
  multi_users_select: 'selected_users',
  multi_conversations_select: 'selected_conversations',
  multi_channels_select: 'selected_channels',
};

/** What an element of this kind holds after the input, in Slack's shape, without `type`. */
export function shapeInput(element: JsonObject, input: ElementInput): Shaped {
  const type = String(element.type);
  switch (type) {
    case 'static_select':
    case 'radio_buttons':
    case 'overflow':
      return chosen(element, input);
    case 'multi_static_select':
    case 'checkboxes':
      return chosenSeveral(element, input);
    // The app made these options up while the person typed, so that only their value is known here.
    case 'external_select': {
      const value = single(input);
      return { kind: 'shaped', value: { selected_option: value === null ? null : suggested(value) } };
    }
    case 'multi_external_select':
      return { kind: 'shaped', value: { selected_options: several(input).map(suggested) } };
    case 'datetimepicker': {
      const value = single(input);
      return { kind: 'shaped', value: { selected_date_time: value === null ? null : Number(value) } };
    }
    case 'rich_text_input':
      return { kind: 'shaped', value: { rich_text_value: richText(single(input)) } };
    case 'file_input':
      return { kind: 'shaped', value: { files: several(input).map((id) => ({ id })) } };
    default: {
      const list = listFieldOf[type];
      if (list !== undefined) return { kind: 'shaped', value: { [list]: several(input) } };
      const field = fieldOf[type];
      return { kind: 'shaped', value: field === undefined ? {} : { [field]: single(input) } };
    }
  }
}

function suggested(value: string): JsonObject {
  return { text: { type: 'plain_text', text: value, emoji: true }, value };
}

function richText(text: string | null): JsonObject | null {
  if (text === null) return null;
  const section = { type: 'rich_text_section', elements: [{ type: 'text', text }] };
  return { type: 'rich_text', elements: [section] };
}

/** What stands in the element before anybody touches it, in Slack's shape. */
function initialShape(element: JsonObject): JsonObject {
  switch (element.type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { selected_option: element.initial_option ?? null };
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return { selected_options: element.initial_options ?? [] };
    case 'datetimepicker':
      return { selected_date_time: element.initial_date_time ?? null };
    case 'datepicker':
      return { selected_date: element.initial_date ?? null };
    case 'timepicker':
      return { selected_time: element.initial_time ?? null };
    case 'users_select':
      return { selected_user: element.initial_user ?? null };
    case 'conversations_select':
      return { selected_conversation: element.initial_conversation ?? null };
    case 'channels_select':
      return { selected_channel: element.initial_channel ?? null };
    case 'multi_users_select':
      return { selected_users: element.initial_users ?? [] };
    case 'multi_conversations_select':
      return { selected_conversations: element.initial_conversations ?? [] };
    case 'multi_channels_select':
      return { selected_channels: element.initial_channels ?? [] };
    case 'rich_text_input':
      return { rich_text_value: element.initial_value ?? null };
    case 'file_input':
      return { files: [] };
    default:
      return { value: element.initial_value ?? null };
  }
}

const stateless = new Set(['button', 'workflow_button', 'overflow', 'feedback_buttons', 'icon_button']);

/** Slack's `state.values`: what stands in every element that holds something. */
export function stateValues(
  blocks: Block[],
  inputs: ElementInputs,
): Record<string, Record<string, JsonObject>> {
  const values: Record<string, Record<string, JsonObject>> = {};
  for (const { blockId, actionId, element } of placedElements(blocks)) {
    if (stateless.has(String(element.type))) continue;
    const input = inputs[blockId]?.[actionId];
    const shaped = input === undefined ? null : shapeInput(element, input);
    const held = shaped?.kind === 'shaped' ? shaped.value : initialShape(element);
    values[blockId] = { ...values[blockId], [actionId]: { type: element.type, ...held } };
  }
  return values;
}

/** Whether the element holds nothing, for inputs that must be filled in. */
export function isEmptyState(state: JsonObject | undefined): boolean {
  if (state === undefined) return true;
  return Object.entries(state).every(
    ([name, value]) =>
      name === 'type' || value === null || value === '' || (Array.isArray(value) && value.length === 0),
  );
}

/** Later inputs over earlier ones, element by element. */
export function mergeInputs(earlier: ElementInputs, later: ElementInputs): ElementInputs {
  const merged: ElementInputs = { ...earlier };
  for (const [blockId, inputs] of Object.entries(later)) merged[blockId] = { ...merged[blockId], ...inputs };
  return merged;
}
