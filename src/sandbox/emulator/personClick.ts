import type { JsonObject } from './blockKit/schema.ts';
import { isObject } from './blockKit/schema.ts';
import type { PlacedElement } from './elementInput.ts';
import { mergeInputs, placedElements, shapeInput } from './elementInput.ts';
import type { Block } from './model.ts';
import type { Holder } from './payloads.ts';
import { blockActionsPayload, blocksOf, suggestionPayload } from './payloads.ts';
import type { ElementInput, ElementInputs, ElementPlace, PersonReply, SuggestedOption } from './personApi.ts';
import type { Call } from './personCall.ts';
import { fail, failureOf, ok } from './personCall.ts';
import type { ResponseTarget } from './triggers.ts';
import { viewById } from './views.ts';
import { canSee, messageAt, nextTs } from './workspace.ts';

/** Clicks on buttons, choices in menus, and the search in menus whose options the app supplies. */

export interface Click {
  actionId: string;
  blockId?: string;
  input?: ElementInput;
  value?: string;
  state?: ElementInputs;
  confirmed?: boolean;
  stale?: boolean;
  blocks?: Block[];
}

type Found = { kind: 'found'; holder: Holder } | { kind: 'refused'; error: string };

function findHolder({ workspace, user }: Call, place: ElementPlace): Found {
  switch (place.kind) {
    case 'message': {
      const channel = workspace.channels.get(place.channelId);
      if (channel === undefined || !canSee(channel, user.id)) {
        return { kind: 'refused', error: 'channel_not_found' };
      }
      if (channel.isArchived) return { kind: 'refused', error: 'is_archived' };
      const message = messageAt(workspace, channel.id, place.ts);
      if (message === undefined) return { kind: 'refused', error: 'message_not_found' };
      return { kind: 'found', holder: { kind: 'message', channel, message } };
    }
    case 'ephemeral': {
      const ephemeral = workspace.ephemerals.get(user.id)?.find(({ id }) => id === place.id);
      const channel = workspace.channels.get(ephemeral?.channelId ?? '');
      if (ephemeral === undefined || channel === undefined) {
        return { kind: 'refused', error: 'message_not_found' };
      }
      return { kind: 'found', holder: { kind: 'ephemeral', channel, ephemeral } };
    }
    case 'view': {
      const view = viewById(workspace, place.viewId);
      if (view === undefined || view.userId !== user.id) return { kind: 'refused', error: 'view_not_found' };
      return { kind: 'found', holder: { kind: 'view', view } };
    }
    default: {
      const never: never = place;
      return never;
    }
  }
}

type Picked = { kind: 'picked'; placed: PlacedElement } | { kind: 'refused'; error: string };

function pick(blocks: Block[], { actionId, blockId, value, stale }: Click): Picked {
  const candidates = placedElements(blocks).filter(
    (placed) =>
      placed.actionId === actionId &&
      (blockId === undefined || placed.blockId === blockId) &&
      (value === undefined || stale === true || placed.element.value === value),
  );
  const [placed, another] = candidates;
  if (placed === undefined) return { kind: 'refused', error: 'element_not_found' };
  return another === undefined ? { kind: 'picked', placed } : { kind: 'refused', error: 'element_ambiguous' };
}

/** What is sent of the element itself. */
const sentFields = [
  'value',
  'style',
  'text',
  'confirm',
  'placeholder',
  'initial_option',
  'initial_options',
  'url',
];

function isButton(element: JsonObject): boolean {
  return element.type === 'button' || element.type === 'workflow_button' || element.type === 'icon_button';
}

function actionOf(
  { blockId, actionId, element }: PlacedElement,
  given: { click: Click; held: JsonObject; ts: string },
): JsonObject & { block_id: string } {
  const sent = isButton(element)
    ? sentFields
    : sentFields.filter((name) => name !== 'value' && name !== 'text');
  const own = Object.fromEntries(sent.filter((name) => name in element).map((name) => [name, element[name]]));
  const forged = given.click.stale === true && given.click.value !== undefined;
  return {
    type: element.type,
    action_id: actionId,
    block_id: blockId,
    ...own,
    ...(forged ? { value: given.click.value } : {}),
    ...given.held,
    action_ts: given.ts,
  };
}

/** Remembers what the person chose, since later clicks in the same place carry it as state. */
function remember({ workspace, user }: Call, holder: Holder, inputs: ElementInputs): ElementInputs {
  if (holder.kind === 'view') {
    holder.view.inputs = mergeInputs(holder.view.inputs, inputs);
    return holder.view.inputs;
  }
  const ts = holder.kind === 'message' ? holder.message.ts : holder.ephemeral.ts;
  const key = `${user.id}/${holder.channel.id}/${ts}`;
  const merged = mergeInputs(workspace.messageInputs.get(key) ?? {}, inputs);
  workspace.messageInputs.set(key, merged);
  return merged;
}

function responseTarget({ user }: Call, holder: Holder): ResponseTarget | null {
  switch (holder.kind) {
    case 'view':
      return null;
    case 'message': {
      const { threadTs } = holder.message;
      return {
        userId: user.id,
        channelId: holder.channel.id,
        original: { kind: 'message', ts: holder.message.ts },
        ...(threadTs === undefined ? {} : { threadTs }),
      };
    }
    case 'ephemeral': {
      const { threadTs, id } = holder.ephemeral;
      return {
        userId: user.id,
        channelId: holder.channel.id,
        original: { kind: 'ephemeral', id },
        ...(threadTs === undefined ? {} : { threadTs }),
      };
    }
    default: {
      const never: never = holder;
      return never;
    }
  }
}

export async function click(call: Call, place: ElementPlace, given: Click): Promise<PersonReply> {
  const { workspace, user, triggers } = call;
  const found = findHolder(call, place);
  if (found.kind === 'refused') return fail(found.error);
  const { holder } = found;
  const blocks = given.stale === true && given.blocks !== undefined ? given.blocks : blocksOf(holder);
  const picked = pick(blocks, given);
  if (picked.kind === 'refused') return fail(picked.error);
  const { placed } = picked;
  if (placed.element.confirm !== undefined && given.confirmed !== true) return fail('confirmation_needed');

  const takesInput = !isButton(placed.element);
  const shaped = takesInput
    ? shapeInput(placed.element, given.input ?? null)
    : ({ kind: 'shaped', value: {} } as const);
  if (shaped.kind === 'invalid') return fail('invalid_option');
  const ownInput: ElementInputs = takesInput
    ? { [placed.blockId]: { [placed.actionId]: given.input ?? null } }
    : {};
  const inputs = remember(call, holder, mergeInputs(given.state ?? {}, ownInput));
  const target = responseTarget(call, holder);
  const payload = blockActionsPayload(workspace, {
    user,
    holder,
    action: actionOf(placed, { click: given, held: shaped.value, ts: nextTs(workspace) }),
    inputs,
    triggerId: triggers.newTrigger({
      userId: user.id,
      isFromModal: holder.kind === 'view' && holder.view.type === 'modal',
    }),
    ...(target === null ? {} : { responseUrl: `${call.url}${triggers.newResponsePath(target)}` }),
  });
  return call.deliver({ kind: 'interactive', payload, target });
}

function readOptions(body: unknown): SuggestedOption[] | null {
  if (!isObject(body)) return null;
  const groups = Array.isArray(body.option_groups) ? body.option_groups : [];
  const direct = Array.isArray(body.options) ? body.options : null;
  if (direct === null && groups.length === 0) return null;
  const all: unknown[] = [
    ...(direct ?? []),
    ...groups.flatMap((group: unknown) =>
      isObject(group) && Array.isArray(group.options) ? group.options : [],
    ),
  ];
  const options = all.map((option) => {
    if (!isObject(option) || !isObject(option.text)) return null;
    const { value, text } = option;
    return typeof value === 'string' && typeof text.text === 'string' ? { text: text.text, value } : null;
  });
  const good = options.filter((option) => option !== null);
  return good.length === options.length && good.length <= 100 ? good : null;
}

export async function suggest(
  call: Call,
  place: ElementPlace,
  given: { actionId: string; blockId?: string; query: string },
): Promise<PersonReply> {
  const found = findHolder(call, place);
  if (found.kind === 'refused') return fail(found.error);
  const { holder } = found;
  const picked = pick(blocksOf(holder), given);
  if (picked.kind === 'refused') return fail(picked.error);
  const outcome = await call.ask(
    suggestionPayload(call.workspace, {
      user: call.user,
      holder,
      blockId: picked.placed.blockId,
      actionId: picked.placed.actionId,
      query: given.query,
      inputs: remember(call, holder, {}),
    }),
  );
  const failure = failureOf(outcome);
  if (failure !== null || outcome.kind !== 'acked') return failure ?? fail('app_error');
  const options = readOptions(outcome.body);
  return options === null ? fail('app_error', "The app's options are not valid.") : ok({ options });
}
