import { describe, expect, it } from 'vitest';
import {
  blockTextLength,
  checkMessageBlocks,
  checkView,
  withIds,
} from '../../src/sandbox/emulator/blockKit/payload.ts';
import type { Problem } from '../../src/sandbox/emulator/blockKit/schema.ts';

type Json = Record<string, unknown>;

const noFiles = () => false;

function problemsOf(blocks: unknown): Problem[] {
  return checkMessageBlocks(blocks, '/blocks', noFiles);
}

function problemsOfView(view: unknown): Problem[] {
  return checkView(view, '/view', noFiles);
}

function plain(text: string): Json {
  return { type: 'plain_text', text };
}

function mrkdwn(text: string): Json {
  return { type: 'mrkdwn', text };
}

/** So many code points, each two UTF-16 units and several bytes long. */
function long(length: number): string {
  return '𝄞'.repeat(length);
}

function url(length: number): string {
  const start = 'https://example.com/';
  return start + 'a'.repeat(length - start.length);
}

function many<Item>(count: number, item: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

function option(index: number, rest: Json = {}): Json {
  return { text: plain(`option ${index}`), value: `value ${index}`, ...rest };
}

const button = (rest: Json = {}): Json => ({
  type: 'button',
  text: plain('Restart'),
  action_id: 'restart',
  ...rest,
});
const section = (rest: Json = {}): Json => ({ type: 'section', text: mrkdwn('text'), ...rest });
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });
const input = (element: Json, rest: Json = {}): Json => ({
  type: 'input',
  label: plain('Reason'),
  element,
  ...rest,
});
const select = (rest: Json): Json => ({ type: 'static_select', action_id: 'pick', ...rest });
const confirm = (rest: Json = {}): Json => ({
  title: plain('Sure?'),
  text: mrkdwn('It restarts.'),
  confirm: plain('Restart'),
  deny: plain('Keep'),
  ...rest,
});
const modal = (rest: Json = {}): Json => ({
  type: 'modal',
  title: plain('Roll back'),
  blocks: [section()],
  ...rest,
});
const home = (rest: Json = {}): Json => ({ type: 'home', blocks: [section()], ...rest });
const cell = (text: string): Json => ({ type: 'raw_text', text });

/** What stands at a limit: `make(bound)` is accepted, `make(bound + step)` refused at the pointer. */
interface Limit {
  what: string;
  bound: number;
  make: (size: number) => unknown;
  pointer: string;
  step?: number;
  type?: string;
}

const inMessages: Limit[] = [
  {
    what: 'blocks of a message',
    bound: 50,
    make: (n) => many(n, () => section()),
    pointer: '',
    type: 'max_items',
  },
  { what: 'block_id', bound: 255, make: (n) => [section({ block_id: long(n) })], pointer: '/0/block_id' },
  {
    what: 'text of a section',
    bound: 3000,
    make: (n) => [section({ text: mrkdwn(long(n)) })],
    pointer: '/0/text/text',
  },
  {
    what: 'text, at least',
    bound: 1,
    step: -1,
    make: (n) => [section({ text: mrkdwn(long(n)) })],
    pointer: '/0/text/text',
    type: 'min_length',
  },
  {
    what: 'fields of a section',
    bound: 10,
    make: (n) => [{ type: 'section', fields: many(n, () => mrkdwn('x')) }],
    pointer: '/0/fields',
    type: 'max_items',
  },
  {
    what: 'fields of a section, at least',
    bound: 1,
    step: -1,
    make: (n) => [{ type: 'section', fields: many(n, () => mrkdwn('x')) }],
    pointer: '/0/fields',
    type: 'min_items',
  },
  {
    what: 'one field',
    bound: 2000,
    make: (n) => [{ type: 'section', fields: [mrkdwn(long(n))] }],
    pointer: '/0/fields/0/text',
  },
  {
    what: 'header',
    bound: 150,
    make: (n) => [{ type: 'header', text: plain(long(n)) }],
    pointer: '/0/text/text',
  },
  {
    what: 'context elements',
    bound: 10,
    make: (n) => [{ type: 'context', elements: many(n, () => mrkdwn('x')) }],
    pointer: '/0/elements',
    type: 'max_items',
  },
  {
    what: 'actions elements',
    bound: 25,
    make: (n) => [actions(...many(n, (i) => button({ action_id: `b${i}` })))],
    pointer: '/0/elements',
    type: 'max_items',
  },
  {
    what: 'action_id',
    bound: 255,
    make: (n) => [actions(button({ action_id: long(n) }))],
    pointer: '/0/elements/0/action_id',
  },
  {
    what: 'button text',
    bound: 75,
    make: (n) => [actions(button({ text: plain(long(n)) }))],
    pointer: '/0/elements/0/text/text',
  },
  {
    what: 'button value',
    bound: 2000,
    make: (n) => [actions(button({ value: long(n) }))],
    pointer: '/0/elements/0/value',
  },
  {
    what: 'button url',
    bound: 3000,
    make: (n) => [actions(button({ url: url(n) }))],
    pointer: '/0/elements/0/url',
  },
  {
    what: 'button label for screen readers',
    bound: 75,
    make: (n) => [actions(button({ accessibility_label: long(n) }))],
    pointer: '/0/elements/0/accessibility_label',
  },
  {
    what: 'confirm title',
    bound: 100,
    make: (n) => [actions(button({ confirm: confirm({ title: plain(long(n)) }) }))],
    pointer: '/0/elements/0/confirm/title/text',
  },
  {
    what: 'confirm text',
    bound: 300,
    make: (n) => [actions(button({ confirm: confirm({ text: plain(long(n)) }) }))],
    pointer: '/0/elements/0/confirm/text/text',
  },
  {
    what: 'confirm yes',
    bound: 30,
    make: (n) => [actions(button({ confirm: confirm({ confirm: plain(long(n)) }) }))],
    pointer: '/0/elements/0/confirm/confirm/text',
  },
  {
    what: 'confirm no',
    bound: 30,
    make: (n) => [actions(button({ confirm: confirm({ deny: plain(long(n)) }) }))],
    pointer: '/0/elements/0/confirm/deny/text',
  },
  {
    what: 'options of a select',
    bound: 100,
    make: (n) => [actions(select({ options: many(n, (i) => option(i)) }))],
    pointer: '/0/elements/0/options',
    type: 'max_items',
  },
  {
    what: 'option groups',
    bound: 100,
    make: (n) => [
      actions(select({ option_groups: many(n, (i) => ({ label: plain(`g${i}`), options: [option(i)] })) })),
    ],
    pointer: '/0/elements/0/option_groups',
    type: 'max_items',
  },
  {
    what: 'options of a group',
    bound: 100,
    make: (n) => [
      actions(select({ option_groups: [{ label: plain('g'), options: many(n, (i) => option(i)) }] })),
    ],
    pointer: '/0/elements/0/option_groups/0/options',
    type: 'max_items',
  },
  {
    what: 'options of a group, at least',
    bound: 1,
    step: -1,
    make: (n) => [
      actions(select({ option_groups: [{ label: plain('g'), options: many(n, (i) => option(i)) }] })),
    ],
    pointer: '/0/elements/0/option_groups/0/options',
    type: 'min_items',
  },
  {
    what: 'label of a group',
    bound: 75,
    make: (n) => [actions(select({ option_groups: [{ label: plain(long(n)), options: [option(0)] }] }))],
    pointer: '/0/elements/0/option_groups/0/label/text',
  },
  {
    what: 'placeholder',
    bound: 150,
    make: (n) => [actions(select({ options: [option(0)], placeholder: plain(long(n)) }))],
    pointer: '/0/elements/0/placeholder/text',
  },
  {
    what: 'option text',
    bound: 75,
    make: (n) => [actions(select({ options: [option(0, { text: plain(long(n)) })] }))],
    pointer: '/0/elements/0/options/0/text/text',
  },
  {
    what: 'option value',
    bound: 150,
    make: (n) => [actions(select({ options: [option(0, { value: long(n) })] }))],
    pointer: '/0/elements/0/options/0/value',
  },
  {
    what: 'option description',
    bound: 75,
    make: (n) => [actions(select({ options: [option(0, { description: plain(long(n)) })] }))],
    pointer: '/0/elements/0/options/0/description/text',
  },
  {
    what: 'option url',
    bound: 3000,
    make: (n) => [actions({ type: 'overflow', options: [option(0, { url: url(n) })] })],
    pointer: '/0/elements/0/options/0/url',
  },
  {
    what: 'overflow',
    bound: 5,
    make: (n) => [actions({ type: 'overflow', options: many(n, (i) => option(i)) })],
    pointer: '/0/elements/0/options',
    type: 'max_items',
  },
  {
    what: 'overflow, at least',
    bound: 1,
    step: -1,
    make: (n) => [actions({ type: 'overflow', options: many(n, (i) => option(i)) })],
    pointer: '/0/elements/0/options',
    type: 'min_items',
  },
  {
    what: 'checkboxes',
    bound: 10,
    make: (n) => [actions({ type: 'checkboxes', options: many(n, (i) => option(i)) })],
    pointer: '/0/elements/0/options',
    type: 'max_items',
  },
  {
    what: 'radio buttons',
    bound: 10,
    make: (n) => [actions({ type: 'radio_buttons', options: many(n, (i) => option(i)) })],
    pointer: '/0/elements/0/options',
    type: 'max_items',
  },
  {
    what: 'image address',
    bound: 3000,
    make: (n) => [{ type: 'image', alt_text: 'chart', image_url: url(n) }],
    pointer: '/0/image_url',
  },
  {
    what: 'alt text',
    bound: 2000,
    make: (n) => [{ type: 'image', alt_text: long(n), image_url: url(40) }],
    pointer: '/0/alt_text',
  },
  {
    what: 'input label',
    bound: 2000,
    make: (n) => [input({ type: 'plain_text_input' }, { label: plain(long(n)) })],
    pointer: '/0/label/text',
  },
  {
    what: 'input hint',
    bound: 2000,
    make: (n) => [input({ type: 'plain_text_input' }, { hint: plain(long(n)) })],
    pointer: '/0/hint/text',
  },
  {
    what: 'max_length of a text input',
    bound: 3000,
    make: (n) => [input({ type: 'plain_text_input', max_length: n })],
    pointer: '/0/element/max_length',
    type: 'max',
  },
  { what: 'markdown', bound: 12_000, make: (n) => [{ type: 'markdown', text: long(n) }], pointer: '/0/text' },
  {
    what: 'rows of a table',
    bound: 100,
    make: (n) => [{ type: 'table', rows: many(n, () => [cell('x')]) }],
    pointer: '/0/rows',
    type: 'max_items',
  },
  {
    what: 'cells of a row',
    bound: 20,
    make: (n) => [{ type: 'table', rows: [many(n, () => cell('x'))] }],
    pointer: '/0/rows/0',
    type: 'max_items',
  },
  {
    what: 'text of a table',
    bound: 10_000,
    make: (n) => [{ type: 'table', rows: [[cell(long(n))]] }],
    pointer: '',
  },
  {
    what: 'rows of a data table',
    bound: 201,
    make: (n) => [{ type: 'data_table', caption: 'c', rows: many(n, () => [cell('x')]) }],
    pointer: '/0/rows',
    type: 'max_items',
  },
  {
    what: 'text of a data table',
    bound: 20_000,
    make: (n) => [{ type: 'data_table', caption: 'c', rows: [[cell('x')], [cell(long(n - 1))]] }],
    pointer: '',
  },
  {
    what: 'page size of a data table',
    bound: 100,
    make: (n) => [{ type: 'data_table', caption: 'c', page_size: n, rows: [[cell('x')], [cell('y')]] }],
    pointer: '/0/page_size',
    type: 'max',
  },
  {
    what: 'card title',
    bound: 150,
    make: (n) => [{ type: 'card', title: mrkdwn(long(n)) }],
    pointer: '/0/title/text',
  },
  {
    what: 'card body',
    bound: 200,
    make: (n) => [{ type: 'card', body: mrkdwn(long(n)) }],
    pointer: '/0/body/text',
  },
  {
    what: 'card actions',
    bound: 3,
    make: (n) => [
      { type: 'card', title: mrkdwn('t'), actions: many(n, (i) => button({ action_id: `b${i}` })) },
    ],
    pointer: '/0/actions',
    type: 'max_items',
  },
  {
    what: 'carousel',
    bound: 10,
    make: (n) => [{ type: 'carousel', elements: many(n, () => ({ type: 'card', title: mrkdwn('t') })) }],
    pointer: '/0/elements',
    type: 'max_items',
  },
  {
    what: 'blocks of a container',
    bound: 10,
    make: (n) => [{ type: 'container', child_blocks: many(n, () => section()) }],
    pointer: '/0/child_blocks',
    type: 'max_items',
  },
  {
    what: 'context actions',
    bound: 5,
    make: (n) => [
      {
        type: 'context_actions',
        elements: many(n, (i) => ({
          type: 'icon_button',
          icon: 'trash',
          text: plain('x'),
          action_id: `i${i}`,
        })),
      },
    ],
    pointer: '/0/elements',
    type: 'max_items',
  },
  {
    what: 'tasks of a plan',
    bound: 50,
    make: (n) => [
      {
        type: 'plan',
        title: 'p',
        tasks: many(n, (i) => ({ type: 'task_card', task_id: `t${i}`, title: 't', status: 'pending' })),
      },
    ],
    pointer: '/0/tasks',
    type: 'max_items',
  },
  {
    what: 'video title',
    bound: 200,
    make: (n) => [
      { type: 'video', title: plain(long(n)), alt_text: 'a', video_url: url(40), thumbnail_url: url(40) },
    ],
    pointer: '/0/title/text',
  },
];

const inViews: Limit[] = [
  {
    what: 'blocks of a modal',
    bound: 100,
    make: (n) => modal({ blocks: many(n, () => section()) }),
    pointer: '/blocks',
    type: 'max_items',
  },
  {
    what: 'blocks of a modal, at least',
    bound: 1,
    step: -1,
    make: (n) => modal({ blocks: many(n, () => section()) }),
    pointer: '/blocks',
    type: 'min_items',
  },
  {
    what: 'blocks of a home tab',
    bound: 100,
    make: (n) => home({ blocks: many(n, () => section()) }),
    pointer: '/blocks',
    type: 'max_items',
  },
  { what: 'modal title', bound: 24, make: (n) => modal({ title: plain(long(n)) }), pointer: '/title/text' },
  {
    what: 'modal submit',
    bound: 24,
    make: (n) => modal({ submit: plain(long(n)) }),
    pointer: '/submit/text',
  },
  { what: 'modal close', bound: 24, make: (n) => modal({ close: plain(long(n)) }), pointer: '/close/text' },
  {
    what: 'private_metadata',
    bound: 3000,
    make: (n) => modal({ private_metadata: long(n) }),
    pointer: '/private_metadata',
  },
  { what: 'callback_id', bound: 255, make: (n) => modal({ callback_id: long(n) }), pointer: '/callback_id' },
  { what: 'external_id', bound: 255, make: (n) => modal({ external_id: long(n) }), pointer: '/external_id' },
  {
    what: 'alert',
    bound: 200,
    make: (n) => modal({ blocks: [{ type: 'alert', text: plain(long(n)) }] }),
    pointer: '/blocks/0/text/text',
  },
  {
    what: 'files of a file input',
    bound: 10,
    make: (n) => modal({ submit: plain('Send'), blocks: [input({ type: 'file_input', max_files: n })] }),
    pointer: '/blocks/0/element/max_files',
    type: 'max',
  },
];

describe('Block Kit limits', () => {
  it.each(inMessages)(
    'accepts $what at $bound and refuses one past',
    ({ bound, make, pointer, step = 1, type = 'max_length' }) => {
      expect(problemsOf(make(bound))).toEqual([]);
      const problems = problemsOf(make(bound + step));
      expect(problems).toContainEqual(
        expect.objectContaining({ pointer: `/blocks${pointer}`, constraint: { type, expected: bound } }),
      );
    },
  );

  it.each(inViews)(
    'accepts $what at $bound and refuses one past',
    ({ bound, make, pointer, step = 1, type = 'max_length' }) => {
      expect(problemsOfView(make(bound))).toEqual([]);
      const problems = problemsOfView(make(bound + step));
      expect(problems).toContainEqual(
        expect.objectContaining({ pointer: `/view${pointer}`, constraint: { type, expected: bound } }),
      );
    },
  );
});

describe('Block Kit rules', () => {
  it.each([
    ['an unknown block', [{ type: 'marquee' }], '/blocks/0/type'],
    ['a block without a type', [{ text: mrkdwn('x') }], '/blocks/0/type'],
    ['a field that the block does not have', [section({ colour: 'red' })], '/blocks/0/colour'],
    [
      'a field that the button does not have',
      [actions(button({ disabled: true }))],
      '/blocks/0/elements/0/disabled',
    ],
    ['mrkdwn in a header', [{ type: 'header', text: mrkdwn('x') }], '/blocks/0/text/type'],
    ['mrkdwn on a button', [actions(button({ text: mrkdwn('x') }))], '/blocks/0/elements/0/text/type'],
    ['a text without its object', [{ type: 'section', text: 'plain' }], '/blocks/0/text'],
    ['emoji in mrkdwn', [section({ text: { ...mrkdwn('x'), emoji: true } })], '/blocks/0/text/emoji'],
    ['a section that says nothing', [{ type: 'section' }], '/blocks/0'],
    ['a button without text', [actions({ type: 'button', action_id: 'a' })], '/blocks/0/elements/0/text'],
    ['a style that does not exist', [actions(button({ style: 'warning' }))], '/blocks/0/elements/0/style'],
    [
      'a confirm without text',
      [actions(button({ confirm: { title: plain('x') } }))],
      '/blocks/0/elements/0/confirm/text',
    ],
    ['a button in a context', [{ type: 'context', elements: [button()] }], '/blocks/0/elements/0/type'],
    ['a text input among actions', [actions({ type: 'plain_text_input' })], '/blocks/0/elements/0/type'],
    ['an image without alt text', [{ type: 'image', image_url: url(40) }], '/blocks/0/alt_text'],
    ['an image without a source', [{ type: 'image', alt_text: 'x' }], '/blocks/0'],
    [
      'an image with two sources',
      [{ type: 'image', alt_text: 'x', image_url: url(40), slack_file: { id: 'F1' } }],
      '/blocks/0',
    ],
    [
      'an image that only this machine can fetch',
      [{ type: 'image', alt_text: 'x', image_url: 'http://127.0.0.1/a.png' }],
      '/blocks/0/image_url',
    ],
    [
      'a file that is not there',
      [{ type: 'image', alt_text: 'x', slack_file: { id: 'F1' } }],
      '/blocks/0/slack_file',
    ],
    ['a link that is none', [actions(button({ url: 'runbook' }))], '/blocks/0/elements/0/url'],
    ['a select without options', [actions(select({}))], '/blocks/0/elements/0'],
    [
      'a select with both kinds of options',
      [
        actions(
          select({ options: [option(0)], option_groups: [{ label: plain('g'), options: [option(0)] }] }),
        ),
      ],
      '/blocks/0/elements/0',
    ],
    [
      'a first choice that is no option',
      [actions(select({ options: [option(0)], initial_option: option(1) }))],
      '/blocks/0/elements/0/initial_option',
    ],
    [
      'a date that is none',
      [actions({ type: 'datepicker', initial_date: 'tomorrow' })],
      '/blocks/0/elements/0/initial_date',
    ],
    ['a file input in a message', [input({ type: 'file_input' })], '/blocks/0/element/type'],
    ['an alert in a message', [{ type: 'alert', text: plain('x') }], '/blocks/0/type'],
    [
      'the same block_id twice',
      [section({ block_id: 'a' }), section({ block_id: 'a' })],
      '/blocks/1/block_id',
    ],
    [
      'the same action_id twice in one block',
      [actions(button(), button())],
      '/blocks/0/elements/1/action_id',
    ],
    [
      'two tables',
      [
        { type: 'table', rows: [[cell('x')]] },
        { type: 'table', rows: [[cell('x')]] },
      ],
      '/blocks',
    ],
    ['markdown too long together', many(2, () => ({ type: 'markdown', text: long(6001) })), '/blocks'],
    ['something that is no list', { type: 'section' }, '/blocks'],
  ])('refuses %s', (_, blocks, pointer) => {
    expect(problemsOf(blocks).map((problem) => problem.pointer)).toContain(pointer);
  });

  it.each([
    [
      'an input without a submit button',
      modal({ blocks: [input({ type: 'plain_text_input' })] }),
      '/view/submit',
    ],
    ['markdown in a modal', modal({ blocks: [{ type: 'markdown', text: 'x' }] }), '/view/blocks/0/type'],
    ['a modal without a title', { type: 'modal', blocks: [section()] }, '/view/title'],
    ['a home tab with a title', home({ title: plain('Home') }), '/view/title'],
    ['a kind of view that does not exist', { type: 'drawer', blocks: [] }, '/view/type'],
  ])('refuses %s', (_, view, pointer) => {
    expect(problemsOfView(view).map((problem) => problem.pointer)).toContain(pointer);
  });

  it('accepts the same action_id in different blocks', () => {
    expect(problemsOf([actions(button()), actions(button())])).toEqual([]);
  });

  it('fills in ids that the app leaves out and keeps those that it gives', () => {
    const [first, second] = withIds([
      section({ accessory: { type: 'button', text: plain('Why?') } }),
      { ...actions(button()), block_id: 'mine' },
    ]);
    expect(first?.block_id).toEqual(expect.any(String));
    expect(first?.accessory).toMatchObject({ action_id: expect.any(String) });
    expect(second).toMatchObject({ block_id: 'mine', elements: [{ action_id: 'restart' }] });
  });

  it('counts the texts of all blocks together but markdown and tables', () => {
    const blocks = [section({ text: mrkdwn(long(100)) }), { type: 'markdown', text: long(500) }];
    expect(blockTextLength(blocks)).toBe(100);
  });
});
