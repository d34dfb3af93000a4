import type { Json } from './emulatorPayloads.ts';
import {
  actions,
  button,
  card,
  cell,
  confirm,
  container,
  dataTable,
  feedback,
  home,
  iconButton,
  image,
  input,
  long,
  many,
  modal,
  mrkdwn,
  option,
  plain,
  section,
  select,
  table,
  taskCard,
  url,
  video,
} from './emulatorPayloads.ts';

/** How to build, for each documented limit, a payload that is `size` in the thing limited and good otherwise. */
export type LimitPayload =
  | { kind: 'message'; make: (size: number) => Json[]; pointer: string }
  | { kind: 'modal' | 'home'; make: (size: number) => Json; pointer: string };

function message(pointer: string, make: (size: number) => Json | Json[]): LimitPayload {
  return {
    kind: 'message',
    pointer,
    make: (size) => {
      const made = make(size);
      return Array.isArray(made) ? made : [made];
    },
  };
}

/** An element, alone in an actions block. */
const element = (pointer: string, make: (size: number) => Json) =>
  message(`/0/elements/0${pointer}`, (size) => actions(make(size)));

const inModal = (pointer: string, make: (size: number) => Json): LimitPayload => ({
  kind: 'modal',
  pointer,
  make: (size) => modal({ submit: plain('Send'), ...make(size) }),
});

const inHome = (pointer: string, make: (size: number) => Json): LimitPayload => ({
  kind: 'home',
  pointer,
  make: (size) => home(make(size)),
});

const group = (rest: Json): Json => ({ label: plain('group'), options: [option(0)], ...rest });
const optionWith = (rest: Json): Json => select({ options: [option(0, rest)] });

/** By the limit's name in the table of limits. */
export const limitPayloads: Readonly<Record<string, LimitPayload>> = {
  text: message('/0/text/text', (n) => section({ text: mrkdwn(long(n)) })),
  action_id: element('/action_id', (n) => button({ action_id: long(n) })),
  block_id: message('/0/block_id', (n) => section({ block_id: long(n) })),
  'button.text': element('/text/text', (n) => button({ text: plain(long(n)) })),
  'button.url': element('/url', (n) => button({ url: url(n) })),
  'button.value': element('/value', (n) => button({ value: long(n) })),
  'button.accessibility_label': element('/accessibility_label', (n) =>
    button({ accessibility_label: long(n) }),
  ),
  'confirmation.title': element('/confirm/title/text', (n) =>
    button({ confirm: confirm({ title: plain(long(n)) }) }),
  ),
  'confirmation.text': element('/confirm/text/text', (n) =>
    button({ confirm: confirm({ text: plain(long(n)) }) }),
  ),
  'confirmation.confirm': element('/confirm/confirm/text', (n) =>
    button({ confirm: confirm({ confirm: plain(long(n)) }) }),
  ),
  'confirmation.deny': element('/confirm/deny/text', (n) =>
    button({ confirm: confirm({ deny: plain(long(n)) }) }),
  ),
  'option.text': element('/options/0/text/text', (n) => optionWith({ text: plain(long(n)) })),
  'option.value': element('/options/0/value', (n) => optionWith({ value: long(n) })),
  'option.description': element('/options/0/description/text', (n) =>
    optionWith({ description: plain(long(n)) }),
  ),
  'option.url': element('/options/0/url', (n) => ({
    type: 'overflow',
    options: [option(0, { url: url(n) })],
  })),
  'option_group.label': element('/option_groups/0/label/text', (n) =>
    select({ option_groups: [group({ label: plain(long(n)) })] }),
  ),
  'option_group.options': element('/option_groups/0/options', (n) =>
    select({ option_groups: [group({ options: many(n, (i) => option(i)) })] }),
  ),
  'select.placeholder': element('/placeholder/text', (n) =>
    select({ options: [option(0)], placeholder: plain(long(n)) }),
  ),
  'select.options': element('/options', (n) => select({ options: many(n, (i) => option(i)) })),
  'select.option_groups': element('/option_groups', (n) =>
    select({ option_groups: many(n, (i) => group({ options: [option(i)] })) }),
  ),
  'overflow.options': element('/options', (n) => ({
    type: 'overflow',
    options: many(n, (i) => option(i)),
  })),
  'checkboxes.options': element('/options', (n) => ({
    type: 'checkboxes',
    options: many(n, (i) => option(i)),
  })),
  'radio_buttons.options': element('/options', (n) => ({
    type: 'radio_buttons',
    options: many(n, (i) => option(i)),
  })),
  'url_source.url': message('/0/sources/0/url', (n) =>
    taskCard({ sources: [{ type: 'url', text: 'source', url: 'a'.repeat(n) }] }),
  ),
  'file_input.max_files': inModal('/blocks/0/element/max_files', (n) => ({
    blocks: [input({ type: 'file_input', max_files: n })],
  })),
  'plain_text_input.max_length': inModal('/blocks/0/element/max_length', (n) => ({
    blocks: [input({ type: 'plain_text_input', max_length: n })],
  })),
  'actions.elements': message('/0/elements', (n) =>
    actions(...many(n, (i) => button({ action_id: `b${i}` }))),
  ),
  'alert.text': inModal('/blocks/0/text/text', (n) => ({
    blocks: [{ type: 'alert', text: plain(long(n)) }],
  })),
  'card.title': message('/0/title/text', (n) => card({ title: mrkdwn(long(n)) })),
  'card.subtitle': message('/0/subtitle/text', (n) => card({ subtitle: mrkdwn(long(n)) })),
  'card.body': message('/0/body/text', (n) => card({ body: mrkdwn(long(n)) })),
  'card.subtext': message('/0/subtext/text', (n) => card({ subtext: mrkdwn(long(n)) })),
  'card.actions': message('/0/actions', (n) =>
    card({ actions: many(n, (i) => button({ action_id: `b${i}` })) }),
  ),
  'carousel.elements': message('/0/elements', (n) => ({
    type: 'carousel',
    elements: many(n, () => card()),
  })),
  'container.title': message('/0/title/text', (n) => container({ title: plain(long(n)) })),
  'container.subtitle': message('/0/subtitle/text', (n) => container({ subtitle: plain(long(n)) })),
  'container.child_blocks': message('/0/child_blocks', (n) =>
    container({ child_blocks: many(n, () => section()) }),
  ),
  'context.elements': message('/0/elements', (n) => ({
    type: 'context',
    elements: many(n, () => mrkdwn('x')),
  })),
  'context_actions.elements': message('/0/elements', (n) => ({
    type: 'context_actions',
    elements: many(n, (i) => iconButton({ action_id: `i${i}` })),
  })),
  'feedback_button.text': message('/0/elements/0/positive_button/text/text', (n) => ({
    type: 'context_actions',
    elements: [feedback({ text: plain(long(n)) })],
  })),
  'feedback_button.value': message('/0/elements/0/positive_button/value', (n) => ({
    type: 'context_actions',
    elements: [feedback({ value: long(n) })],
  })),
  'feedback_button.accessibility_label': message(
    '/0/elements/0/positive_button/accessibility_label',
    (n) => ({ type: 'context_actions', elements: [feedback({ accessibility_label: long(n) })] }),
  ),
  'icon_button.visible_to_user_ids': message('/0/elements/0/visible_to_user_ids', (n) => ({
    type: 'context_actions',
    elements: [iconButton({ visible_to_user_ids: many(n, (i) => `U${i}`) })],
  })),
  'data_table.rows': message('/0/rows', (n) => dataTable(many(n, () => [cell('x')]))),
  'data_table.columns': message('/0/rows/0', (n) => dataTable(many(2, () => many(n, () => cell('x'))))),
  'data_table.page_size': message('/0/page_size', (n) =>
    dataTable([[cell('x')], [cell('y')]], { page_size: n }),
  ),
  'data_table.cell_text': message('/0/rows/1/0/text', (n) => dataTable([[cell('x')], [cell(long(n))]])),
  'data_table.content': message('/0', (n) => dataTable([[cell('x')], [cell(long(n - 1))]])),
  'header.text': message('/0/text/text', (n) => ({ type: 'header', text: plain(long(n)) })),
  'image.image_url': message('/0/image_url', (n) => image({ image_url: url(n) })),
  'image.alt_text': message('/0/alt_text', (n) => image({ alt_text: long(n) })),
  'input.label': message('/0/label/text', (n) =>
    input({ type: 'plain_text_input' }, { label: plain(long(n)) }),
  ),
  'input.hint': message('/0/hint/text', (n) => input({ type: 'plain_text_input' }, { hint: plain(long(n)) })),
  'markdown.text': message('/0/text', (n) => ({ type: 'markdown', text: long(n) })),
  'section.text': message('/0/text/text', (n) => section({ text: plain(long(n)) })),
  'section.fields': message('/0/fields', (n) => section({ fields: many(n, () => mrkdwn('x')) })),
  'section.fields.item': message('/0/fields/0/text', (n) => section({ fields: [mrkdwn(long(n))] })),
  'video.alt_text': message('/0/alt_text', (n) => video({ alt_text: long(n) })),
  'video.title': message('/0/title/text', (n) => video({ title: plain(long(n)) })),
  'video.author_name': message('/0/author_name', (n) => video({ author_name: long(n) })),
  'video.description': message('/0/description/text', (n) => video({ description: plain(long(n)) })),
  'video.provider_name': message('/0/provider_name', (n) => video({ provider_name: long(n) })),
  'view.blocks': inModal('/blocks', (n) => ({ blocks: many(n, () => section()) })),
  'view.private_metadata': inModal('/private_metadata', (n) => ({ private_metadata: long(n) })),
  'view.callback_id': inModal('/callback_id', (n) => ({ callback_id: long(n) })),
  'view.external_id': inModal('/external_id', (n) => ({ external_id: long(n) })),
  'view.title': inModal('/title/text', (n) => ({ title: plain(long(n)) })),
  'view.close': inModal('/close/text', (n) => ({ close: plain(long(n)) })),
  'view.submit': inModal('/submit/text', (n) => ({ submit: plain(long(n)) })),
  'home.blocks': inHome('/blocks', (n) => ({ blocks: many(n, () => section()) })),
  'message.blocks': message('', (n) => many(n, () => section())),
  'message.markdown_together': message('', (n) => [
    { type: 'markdown', text: long(6000) },
    { type: 'markdown', text: long(n - 6000) },
  ]),
  'message.tables': message('', (n) => many(n, () => table([[cell('x')]]))),
  'table.rows': message('/0/rows', (n) => table(many(n, () => [cell('x')]))),
  'table.columns': message('/0/rows/0', (n) => table([many(n, () => cell('x'))])),
  'table.content': message('', (n) => table([[cell(long(n))]])),
  'plan.tasks': message('/0/tasks', (n) => ({
    type: 'plan',
    title: 'Plan',
    tasks: many(n, (i) => taskCard({ task_id: `t${i}` })),
  })),
};
