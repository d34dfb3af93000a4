import { describe, expect, it } from 'vitest';
import {
  blockTextLength,
  checkMessageBlocks,
  checkView,
  withIds,
} from '../../src/sandbox/emulator/blockKit/payload.ts';
import type { Problem } from '../../src/sandbox/emulator/blockKit/schema.ts';
import type { Json } from './emulatorPayloads.ts';
import {
  actions,
  button,
  card,
  cell,
  container,
  dataTable,
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

const noFiles = () => false;

function problemsOf(blocks: unknown): Problem[] {
  return checkMessageBlocks(blocks, '/blocks', noFiles);
}

function problemsOfView(view: unknown): Problem[] {
  return checkView(view, '/view', noFiles);
}

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
    [
      'the same block_id inside a container and outside',
      [section({ block_id: 'a' }), container({ child_blocks: [section({ block_id: 'a' })] })],
      '/blocks/1/child_blocks/0/block_id',
    ],
    [
      'the same action_id twice on a card',
      [card({ actions: [button(), button()] })],
      '/blocks/0/actions/1/action_id',
    ],
    [
      'rows of a data table that are shorter than its header',
      [dataTable([[cell('x'), cell('y')], [cell('x')]])],
      '/blocks/0/rows/1',
    ],
    [
      'rich text in the header of a data table',
      [dataTable([[{ type: 'rich_text', elements: [] }], [cell('x')]])],
      '/blocks/0/rows/0/0/type',
    ],
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

describe('where blocks may stand', () => {
  const everywhere: Json[] = [
    section(),
    { type: 'header', text: plain('x') },
    { type: 'divider' },
    image(),
    { type: 'context', elements: [mrkdwn('x')] },
    actions(button()),
    input({ type: 'plain_text_input' }),
    { type: 'rich_text', elements: [] },
    video(),
    container(),
  ];
  const inMessagesAlone: Json[] = [
    { type: 'markdown', text: 'x' },
    table([[cell('x')]]),
    dataTable([[cell('x')], [cell('y')]]),
    { type: 'context_actions', elements: [iconButton()] },
    taskCard(),
    { type: 'plan', title: 'x' },
    { type: 'file', source: 'remote', external_id: 'x' },
  ];
  const surfaces: [Json, message: boolean, modal: boolean, home: boolean][] = [
    ...everywhere.map((block): [Json, boolean, boolean, boolean] => [block, true, true, true]),
    ...inMessagesAlone.map((block): [Json, boolean, boolean, boolean] => [block, true, false, false]),
    [{ type: 'alert', text: plain('x') }, false, true, false],
    [card(), true, false, true],
    [{ type: 'carousel', elements: [card()] }, true, false, true],
  ];

  it.each(surfaces)('%o: message %s, modal %s, home tab %s', (block, inMessage, inModal, inHome) => {
    expect(problemsOf([block]).length === 0).toBe(inMessage);
    expect(problemsOfView(modal({ submit: plain('Send'), blocks: [block] })).length === 0).toBe(inModal);
    expect(problemsOfView(home({ blocks: [block] })).length === 0).toBe(inHome);
  });
});

describe('what every kind of block needs', () => {
  const full: Json[] = [
    { type: 'header', text: plain('x') },
    image(),
    { type: 'context', elements: [mrkdwn('x')] },
    actions(button()),
    input({ type: 'plain_text_input' }),
    { type: 'rich_text', elements: [] },
    video(),
    container(),
    { type: 'markdown', text: 'x' },
    table([[cell('x')]]),
    dataTable([[cell('x')], [cell('y')]]),
    { type: 'context_actions', elements: [iconButton()] },
    taskCard(),
    { type: 'plan', title: 'x' },
    { type: 'carousel', elements: [card()] },
  ];
  const optional = new Set(['type', 'image_url', 'action_id']);
  const needed = full.flatMap((block) =>
    Object.keys(block)
      .filter((name) => !optional.has(name))
      .map((name): [string, string, Json] => [String(block.type), name, block]),
  );

  it.each(needed)('%s: %s', (_, name, block) => {
    expect(problemsOf([block])).toEqual([]);
    const { [name]: __, ...rest } = block;
    expect(problemsOf([rest])).toContainEqual(
      expect.objectContaining({
        pointer: `/blocks/0/${name}`,
        message: `missing required field: ${name}`,
        constraint: { type: 'required', expected: name },
      }),
    );
  });
});
