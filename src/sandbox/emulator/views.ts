import { checkView, problemLines, withIds } from './blockKit/payload.ts';
import type { JsonObject } from './blockKit/schema.ts';
import { isObject } from './blockKit/schema.ts';
import { hasFile } from './content.ts';
import { placedElements } from './elementInput.ts';
import { newId, newSecret } from './ids.ts';
import type { View } from './model.ts';
import type { ElementInputs } from './personApi.ts';
import { refuse } from './slackError.ts';
import type { Workspace } from './workspace.ts';
import { changed } from './workspace.ts';

/**
 * Modals and home tabs. Each person has one stack of at most three modals; opening one begins a new stack.
 * Every change gives a view a new hash.
 */

const maxStack = 3;
const maxViewBytes = 250_000;

/** Checks a view that an app gives, as a modal or as a home tab. Throws SlackError. */
export function readView(workspace: Workspace, given: unknown, type: View['type']): JsonObject {
  if (JSON.stringify(given ?? null).length > maxViewBytes) refuse('view_too_large');
  const problems = checkView(given, '/view', hasFile(workspace));
  if (problems.length > 0) {
    refuse('invalid_arguments', { response_metadata: { messages: problemLines(problems) } });
  }
  if (!isObject(given) || given.type !== type) {
    refuse('invalid_arguments', {
      response_metadata: { messages: [`[ERROR] must be a ${type} view [json-pointer:/view/type]`] },
    });
  }
  return given as JsonObject;
}

function allViews(workspace: Workspace): View[] {
  return [...[...workspace.modals.values()].flat(), ...workspace.homes.values()];
}

export function viewById(workspace: Workspace, id: string): View | undefined {
  return allViews(workspace).find((view) => view.id === id);
}

export function viewByExternalId(workspace: Workspace, id: string): View | undefined {
  return allViews(workspace).find((view) => view.externalId === id && id !== '');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textObject(value: unknown): View['title'] {
  return isObject(value) ? { type: text(value.type), text: text(value.text) } : null;
}

function refuseTakenExternalId(workspace: Workspace, given: JsonObject, own: View | undefined): void {
  const holder = viewByExternalId(workspace, text(given.external_id));
  if (holder !== undefined && holder !== own) refuse('duplicate_external_id');
}

/** What the app gives in a view; ids and places are the workspace's own. */
function content(
  given: JsonObject,
): Omit<View, 'id' | 'type' | 'userId' | 'rootViewId' | 'previousViewId' | 'inputs'> {
  return {
    callbackId: text(given.callback_id),
    externalId: text(given.external_id),
    privateMetadata: text(given.private_metadata),
    title: textObject(given.title),
    submit: textObject(given.submit),
    close: textObject(given.close),
    blocks: withIds(given.blocks as unknown[]),
    hash: `${newSecret(5)}.${newSecret(4)}`,
    clearOnClose: given.clear_on_close === true,
    notifyOnClose: given.notify_on_close === true,
    submitDisabled: given.submit_disabled === true,
  };
}

function newView(workspace: Workspace, userId: string, given: JsonObject): View {
  refuseTakenExternalId(workspace, given, undefined);
  const id = newId('V');
  return {
    id,
    type: given.type === 'home' ? 'home' : 'modal',
    userId,
    rootViewId: id,
    previousViewId: null,
    inputs: {},
    ...content(given),
  };
}

/** Opens a checked modal for the person, in place of whatever stack was open. */
export function openModal(workspace: Workspace, userId: string, given: JsonObject): View {
  const view = newView(workspace, userId, given);
  workspace.modals.set(userId, [view]);
  changed(workspace, { what: 'modal' }, userId);
  return view;
}

/** Lays a checked modal on top of the open one. */
export function pushModal(workspace: Workspace, userId: string, given: JsonObject): View {
  const stack = workspace.modals.get(userId) ?? [];
  const top = stack.at(-1);
  if (top === undefined) return refuse('not_found');
  if (stack.length >= maxStack) refuse('push_limit_reached');
  const view = newView(workspace, userId, given);
  view.rootViewId = top.rootViewId;
  view.previousViewId = top.id;
  stack.push(view);
  changed(workspace, { what: 'modal' }, userId);
  return view;
}

/** What people put into elements stays where block_id and action_id stay. */
function keptInputs(view: View): ElementInputs {
  const kept: ElementInputs = {};
  for (const { blockId, actionId } of placedElements(view.blocks)) {
    const input = view.inputs[blockId]?.[actionId];
    if (input !== undefined) kept[blockId] = { ...kept[blockId], [actionId]: input };
  }
  return kept;
}

/** Replaces an open view's content. `hash`, if not '', has to be the present one. */
export function replaceView(
  workspace: Workspace,
  view: View,
  { given, hash = '' }: { given: JsonObject; hash?: string },
): void {
  if (hash !== '' && hash !== view.hash) refuse('hash_conflict');
  refuseTakenExternalId(workspace, given, view);
  Object.assign(view, content(given));
  view.inputs = keptInputs(view);
  changed(workspace, { what: view.type }, view.userId);
}

export function publishHome(
  workspace: Workspace,
  userId: string,
  { given, hash = '' }: { given: JsonObject; hash?: string },
): View {
  const present = workspace.homes.get(userId);
  if (present !== undefined) {
    replaceView(workspace, present, { given, hash });
    return present;
  }
  if (hash !== '') refuse('hash_conflict');
  const view = newView(workspace, userId, given);
  workspace.homes.set(userId, view);
  changed(workspace, { what: 'home' }, userId);
  return view;
}

/** Takes the view off its stack, or the whole stack, and gives what was taken. */
export function closeModals(workspace: Workspace, userId: string, upTo: View | 'all'): View[] {
  const stack = workspace.modals.get(userId) ?? [];
  const at = upTo === 'all' ? 0 : Math.max(0, stack.indexOf(upTo));
  const closed = stack.slice(at);
  workspace.modals.set(userId, stack.slice(0, at));
  changed(workspace, { what: 'modal' }, userId);
  return closed;
}
