/** Small Block Kit payloads that are good as they stand, for tests to stretch to a limit or to break. */

export type Json = Record<string, unknown>;

export const plain = (text: string): Json => ({ type: 'plain_text', text });
export const mrkdwn = (text: string): Json => ({ type: 'mrkdwn', text });

/** So many code points, each two UTF-16 units and several bytes long. */
export function long(length: number): string {
  return '𝄞'.repeat(length);
}

/** An address of so many characters. */
export function url(length: number): string {
  const start = 'https://example.com/';
  return start + 'a'.repeat(length - start.length);
}

export function many<Item>(count: number, item: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

export function option(index: number, rest: Json = {}): Json {
  return { text: plain(`option ${index}`), value: `value ${index}`, ...rest };
}

export const button = (rest: Json = {}): Json => ({
  type: 'button',
  text: plain('Restart'),
  action_id: 'restart',
  ...rest,
});

export const section = (rest: Json = {}): Json => ({ type: 'section', text: mrkdwn('text'), ...rest });

export const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });

export const input = (element: Json, rest: Json = {}): Json => ({
  type: 'input',
  label: plain('Reason'),
  element,
  ...rest,
});

export const select = (rest: Json): Json => ({ type: 'static_select', action_id: 'pick', ...rest });

export const confirm = (rest: Json = {}): Json => ({
  title: plain('Sure?'),
  text: mrkdwn('It restarts.'),
  confirm: plain('Restart'),
  deny: plain('Keep'),
  ...rest,
});

export const image = (rest: Json = {}): Json => ({
  type: 'image',
  alt_text: 'Error rate',
  image_url: url(40),
  ...rest,
});

export const video = (rest: Json = {}): Json => ({
  type: 'video',
  title: plain('Replay'),
  alt_text: 'Replay',
  video_url: url(40),
  thumbnail_url: url(40),
  ...rest,
});

export const modal = (rest: Json = {}): Json => ({
  type: 'modal',
  title: plain('Roll back'),
  blocks: [section()],
  ...rest,
});

export const home = (rest: Json = {}): Json => ({ type: 'home', blocks: [section()], ...rest });

export const cell = (text: string): Json => ({ type: 'raw_text', text });

export const table = (rows: Json[][]): Json => ({ type: 'table', rows });

export const dataTable = (rows: Json[][], rest: Json = {}): Json => ({
  type: 'data_table',
  caption: 'Errors',
  rows,
  ...rest,
});

export const card = (rest: Json = {}): Json => ({ type: 'card', title: mrkdwn('Card'), ...rest });

export const container = (rest: Json = {}): Json => ({
  type: 'container',
  child_blocks: [section()],
  ...rest,
});

export const taskCard = (rest: Json = {}): Json => ({
  type: 'task_card',
  task_id: 'task',
  title: 'Task',
  status: 'pending',
  ...rest,
});

export const iconButton = (rest: Json = {}): Json => ({
  type: 'icon_button',
  icon: 'trash',
  text: plain('Remove'),
  action_id: 'remove',
  ...rest,
});

export const feedback = (positive: Json): Json => ({
  type: 'feedback_buttons',
  action_id: 'feedback',
  positive_button: { text: plain('Good'), value: 'good', ...positive },
  negative_button: { text: plain('Bad'), value: 'bad' },
});
