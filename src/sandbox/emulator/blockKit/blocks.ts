import {
  actionsElements,
  button,
  contextActionsElements,
  imageElement,
  inputElements,
  sectionAccessories,
} from './elements.ts';
import { imageFields, markdownOnly, plain, text } from './objects.ts';
import type { Check, Fields } from './schema.ts';
import {
  atLeastOne,
  boolean,
  byType,
  exactlyOne,
  integer,
  isObject,
  list,
  number,
  object,
  oneOf,
  problem,
  publicImageUrl,
  required,
  string,
  url,
} from './schema.ts';

/** Block Kit's blocks, each with its own limits; what holds over a whole payload is in `payload.ts`. */

const common: Fields = { block_id: string({ min: 1, max: 255 }) };

const anything: Check = () => undefined;

const richTextParts = [
  'rich_text_section',
  'rich_text_list',
  'rich_text_quote',
  'rich_text_preformatted',
] as const;

/** Only the outer shape: what a rich text section may contain grows often and nothing is limited in it. */
const richText: Check = object({
  ...common,
  elements: required(
    list(
      byType(
        Object.fromEntries(
          richTextParts.map((part) => [
            part,
            object({
              elements: required(list(anything)),
              style: oneOf(['bullet', 'ordered']),
              indent: integer({ min: 0, max: 8 }),
              offset: integer({ min: 0 }),
              border: integer({ min: 0, max: 1 }),
              language: string(),
            }),
          ]),
        ),
      ),
    ),
  ),
});

const cell: Check = byType({
  raw_text: object({ text: required(string({ min: 1 })) }),
  raw_number: object({ value: required(number()), text: required(string({ min: 1 })) }),
  rich_text: richText,
});

const table: Check = object({
  ...common,
  rows: required(list(list(cell, { min: 1, max: 20 }), { min: 1, max: 100 })),
  column_settings: list(
    (value, pointer, report) => {
      if (value === null) return;
      object({ align: oneOf(['left', 'center', 'right']), is_wrapped: boolean() })(value, pointer, report);
    },
    { max: 20 },
  ),
});

/** The first row is the header, which is of plain cells, and every row has as many. */
const headedRows: Check = (value, pointer, report) => {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return;
  const [header] = value;
  for (const [index, each] of header.entries()) {
    if (isObject(each) && each.type === 'rich_text') {
      report(
        problem(`${pointer}/0/${index}/type`, 'unsupported type: rich_text', [
          'enum',
          ['raw_text', 'raw_number'],
        ]),
      );
    }
  }
  for (const [index, row] of value.entries()) {
    if (Array.isArray(row) && row.length !== header.length) {
      report(
        problem(`${pointer}/${index}`, 'must have as many cells as the header', ['items', header.length]),
      );
    }
  }
};

const dataRows: Check = list(list(cell, { min: 1, max: 20 }), { min: 2, max: 201 });

const dataTable: Check = object({
  ...common,
  caption: required(string({ min: 1 })),
  rows: required((value, pointer, report) => {
    dataRows(value, pointer, report);
    headedRows(value, pointer, report);
  }),
  page_size: integer({ min: 1, max: 100 }),
  row_header_column_index: integer({ min: 0, max: 19 }),
});

const section: Check = object(
  {
    ...common,
    text: text(3000),
    fields: list(text(2000), { min: 1, max: 10 }),
    accessory: byType(sectionAccessories),
    expand: boolean(),
  },
  atLeastOne('text', 'fields'),
);

const contextElements: Record<string, Check> = {
  image: imageElement,
  plain_text: text(),
  mrkdwn: text(),
};

const card: Check = object(
  {
    ...common,
    hero_image: byType({ image: imageElement }),
    icon: byType({ image: imageElement }),
    title: markdownOnly(150),
    subtitle: markdownOnly(150),
    body: markdownOnly(200),
    subtext: markdownOnly(200),
    actions: list(byType({ button }), { min: 1, max: 3 }),
  },
  atLeastOne('title', 'body', 'hero_image', 'actions'),
);

const input: Check = object({
  ...common,
  label: required(plain(2000)),
  hint: plain(2000),
  optional: boolean(),
  dispatch_action: boolean(),
  element: required(byType(inputElements)),
});

const taskCard: Check = object({
  ...common,
  task_id: required(string({ min: 1 })),
  title: required(string({ min: 1 })),
  details: byType({ rich_text: richText }),
  output: byType({ rich_text: richText }),
  sources: list(
    byType({
      url: object({ url: required(string({ min: 1, max: 3000 })), text: required(string({ min: 1 })) }),
    }),
  ),
  status: required(oneOf(['pending', 'in_progress', 'complete', 'error'])),
});

const everywhere: Record<string, Check> = {
  section,
  header: object({ ...common, text: required(plain(150)), level: integer({ min: 1, max: 4 }) }),
  divider: object(common),
  image: object({ ...common, ...imageFields, title: plain(2000) }, exactlyOne('image_url', 'slack_file')),
  context: object({ ...common, elements: required(list(byType(contextElements), { min: 1, max: 10 })) }),
  actions: object({ ...common, elements: required(list(byType(actionsElements), { min: 1, max: 25 })) }),
  input,
  rich_text: richText,
  video: object({
    ...common,
    video_url: required(url(3000, ['https:'])),
    thumbnail_url: required(publicImageUrl(3000)),
    alt_text: required(string({ min: 1, max: 200 })),
    title: required(plain(200)),
    title_url: url(3000, ['https:']),
    author_name: string({ max: 50 }),
    provider_name: string({ max: 50 }),
    provider_icon_url: publicImageUrl(3000),
    description: plain(200),
  }),
};

const container: Check = object({
  ...common,
  title: plain(150),
  rich_text_title: byType({ rich_text: richText }),
  subtitle: text(150),
  child_blocks: required(list(byType({ ...everywhere, table }), { min: 1, max: 10 })),
  width: oneOf(['narrow', 'standard', 'wide', 'full']),
  icon: byType({ image: imageElement }),
  is_collapsible: boolean(),
  default_collapsed: boolean(),
  has_header_divider: boolean(),
});

const carousel: Check = object({
  ...common,
  elements: required(list(byType({ card }), { min: 1, max: 10 })),
});

/** File inputs have no place in a message. */
const inputWithoutFiles: Check = (value, pointer, report) => {
  input(value, pointer, report);
  const element = (value as { element?: { type?: unknown } }).element;
  if (element?.type === 'file_input') {
    report(problem(`${pointer}/element/type`, 'unsupported type: file_input', ['enum', 'modal only']));
  }
};

export const messageBlocks: Record<string, Check> = {
  ...everywhere,
  input: inputWithoutFiles,
  markdown: object({ ...common, text: required(string({ min: 1, max: 12_000 })) }),
  table,
  data_table: dataTable,
  card,
  carousel,
  container,
  context_actions: object({
    ...common,
    elements: required(list(byType(contextActionsElements), { min: 1, max: 5 })),
  }),
  task_card: taskCard,
  plan: object({
    ...common,
    title: required(string({ min: 1 })),
    tasks: list(byType({ task_card: taskCard }), { max: 50 }),
  }),
  file: object({ ...common, source: required(oneOf(['remote'])), external_id: required(string({ min: 1 })) }),
};

export const homeBlocks: Record<string, Check> = { ...everywhere, card, carousel, container };

export const modalBlocks: Record<string, Check> = {
  ...everywhere,
  container,
  alert: object({
    ...common,
    text: required(text(200)),
    level: oneOf(['default', 'info', 'warning', 'error', 'success']),
  }),
};
