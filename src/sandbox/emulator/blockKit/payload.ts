import { newElementId } from '../ids.ts';
import type { Block } from '../model.ts';
import { homeBlocks, messageBlocks, modalBlocks } from './blocks.ts';
import { plain } from './objects.ts';
import type { Check, JsonObject, Problem, Report } from './schema.ts';
import {
  boolean,
  byType,
  isObject,
  lengthOf,
  list,
  object,
  oneOf,
  problem,
  required,
  string,
} from './schema.ts';

/** Rules over a whole message or view, and the filling in of ids that the app left out. */

/** Files that a `slack_file` may name. */
export type FileLookup = (id: string) => boolean;

function walk(value: unknown, pointer: string, visit: (found: JsonObject, pointer: string) => void): void {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) walk(each, `${pointer}/${index}`, visit);
  } else if (isObject(value)) {
    visit(value, pointer);
    for (const [name, each] of Object.entries(value)) walk(each, `${pointer}/${name}`, visit);
  }
}

/** Containers and carousels hold further blocks, whose ids count like those outside. */
function innerBlocks(block: JsonObject): { blocks: unknown[]; name: string } | null {
  if (Array.isArray(block.child_blocks)) return { blocks: block.child_blocks, name: 'child_blocks' };
  if (block.type === 'carousel' && Array.isArray(block.elements)) {
    return { blocks: block.elements, name: 'elements' };
  }
  return null;
}

function eachBlock(
  blocks: unknown[],
  pointer: string,
  visit: (block: JsonObject, pointer: string) => void,
): void {
  for (const [index, block] of blocks.entries()) {
    if (!isObject(block)) continue;
    visit(block, `${pointer}/${index}`);
    const inner = innerBlocks(block);
    if (inner !== null) eachBlock(inner.blocks, `${pointer}/${index}/${inner.name}`, visit);
  }
}

function repeated(name: 'block_id' | 'action_id', id: unknown, pointer: string): Problem {
  return problem(`${pointer}/${name}`, `${name} "${String(id)}" already exists`, ['unique', name]);
}

/** A block_id names one block of the payload, an action_id one element of its block. */
function idsUnique(blocks: unknown[], pointer: string, report: Report): void {
  const blockIds = new Set<unknown>();
  eachBlock(blocks, pointer, (block, at) => {
    const { block_id: id } = block;
    if (id !== undefined && blockIds.has(id)) report(repeated('block_id', id, at));
    blockIds.add(id);
    const actionIds = new Set<unknown>();
    for (const name of ['elements', 'actions']) {
      const elements = block[name];
      if (!Array.isArray(elements)) continue;
      for (const [index, element] of elements.entries()) {
        if (!isObject(element) || element.action_id === undefined) continue;
        if (actionIds.has(element.action_id)) {
          report(repeated('action_id', element.action_id, `${at}/${name}/${index}`));
        }
        actionIds.add(element.action_id);
      }
    }
  });
}

function filesExist(
  blocks: unknown[],
  pointer: string,
  { report, hasFile }: { report: Report; hasFile: FileLookup },
): void {
  walk(blocks, pointer, (found, at) => {
    const file = found.slack_file;
    if (isObject(file) && typeof file.id === 'string' && !hasFile(file.id)) {
      report(problem(`${at}/slack_file`, 'invalid slack file', ['exists', 'file']));
    }
  });
}

function textLength(value: unknown): number {
  let total = 0;
  walk(value, '', (found) => {
    if (typeof found.text === 'string') total += lengthOf(found.text);
  });
  return total;
}

function messageWide(blocks: unknown[], pointer: string, report: Report): void {
  const ofType = (type: string) => blocks.filter((block) => isObject(block) && block.type === type);
  const markdown = textLength(ofType('markdown'));
  if (markdown > 12_000) {
    report(
      problem(pointer, 'markdown blocks must be less than 12001 characters together', ['max_length', 12_000]),
    );
  }
  if (ofType('table').length > 1) {
    report(problem(pointer, 'only one table allowed', ['max_items', 1]));
  }
  if (textLength(ofType('table')) > 10_000) {
    report(problem(pointer, 'table must be less than 10001 characters', ['max_length', 10_000]));
  }
  for (const [index, block] of blocks.entries()) {
    if (isObject(block) && block.type === 'data_table' && textLength(block.rows) > 20_000) {
      report(
        problem(`${pointer}/${index}`, 'data_table must be less than 20001 characters', [
          'max_length',
          20_000,
        ]),
      );
    }
  }
}

const messageList = list(byType(messageBlocks), { max: 50 });

/**
 * Everything wrong with a message's blocks. Pointers begin with `pointer`, which is `/blocks` where the blocks
 * are an argument.
 */
export function checkMessageBlocks(blocks: unknown, pointer: string, hasFile: FileLookup): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (found) => problems.push(found);
  messageList(blocks, pointer, report);
  if (!Array.isArray(blocks)) return problems;
  idsUnique(blocks, pointer, report);
  filesExist(blocks, pointer, { report, hasFile });
  messageWide(blocks, pointer, report);
  return problems;
}

/**
 * Code points of all texts in blocks other than markdown and tables, which have their own limits. Slack refuses
 * messages beyond a total that it does not publish; reports put it a little above 11,000.
 */
export const maxBlockText = 11_000;

export function blockTextLength(blocks: unknown[]): number {
  const own = new Set(['markdown', 'table', 'data_table']);
  return textLength(blocks.filter((block) => !isObject(block) || !own.has(String(block.type))));
}

const shared = {
  private_metadata: string({ max: 3000 }),
  callback_id: string({ max: 255 }),
  external_id: string({ max: 255 }),
};

/** Home tabs and modals have many fields in common; what one kind does not know is refused. */
const views: Record<string, Check> = {
  modal: object({
    ...shared,
    title: required(plain(24)),
    submit: plain(24),
    close: plain(24),
    blocks: required(list(byType(modalBlocks), { min: 1, max: 100 })),
    clear_on_close: boolean(),
    notify_on_close: boolean(),
    submit_disabled: boolean(),
    type: oneOf(['modal']),
  }),
  home: object({
    ...shared,
    blocks: required(list(byType(homeBlocks), { min: 1, max: 100 })),
    type: oneOf(['home']),
  }),
};

/** Everything wrong with a view. */
export function checkView(view: unknown, pointer: string, hasFile: FileLookup): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (found) => problems.push(found);
  byType(views)(view, pointer, report);
  if (!isObject(view) || !Array.isArray(view.blocks)) return problems;
  const at = `${pointer}/blocks`;
  idsUnique(view.blocks, at, report);
  filesExist(view.blocks, at, { report, hasFile });
  if (
    view.type === 'modal' &&
    view.submit === undefined &&
    view.blocks.some((block) => isObject(block) && block.type === 'input')
  ) {
    report(problem(`${pointer}/submit`, 'missing required field: submit', ['required', 'submit']));
  }
  let focused = 0;
  walk(view.blocks, at, (found) => {
    if (found.focus_on_load === true) focused += 1;
  });
  if (focused > 1) {
    report(problem(at, 'only one element may have focus_on_load', ['max_items', 1]));
  }
  return problems;
}

/** Problems as they appear in `response_metadata.messages`. */
export function problemLines(problems: Problem[]): string[] {
  return problems.map(({ message, pointer }) => `[ERROR] ${message} [json-pointer:${pointer}]`);
}

const interactive = new Set([
  'button',
  'workflow_button',
  'overflow',
  'checkboxes',
  'radio_buttons',
  'datepicker',
  'timepicker',
  'datetimepicker',
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'rich_text_input',
  'file_input',
  'feedback_buttons',
  'icon_button',
]);

export function isInteractive(element: JsonObject): boolean {
  return (
    typeof element.type === 'string' && (interactive.has(element.type) || element.type.endsWith('_select'))
  );
}

/** A copy of checked blocks in which every block has a block_id and every interactive element an action_id. */
export function withIds(blocks: unknown[]): Block[] {
  const copy = structuredClone(blocks) as Block[];
  eachBlock(copy, '', (block) => {
    block.block_id ??= newElementId();
  });
  walk(copy, '', (found) => {
    if (isInteractive(found)) found.action_id ??= newElementId();
  });
  return copy;
}
