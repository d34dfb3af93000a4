import type { JsonObject } from './blockKit/schema.ts';
import { isObject, lengthOf } from './blockKit/schema.ts';
import type { PlacedElement } from './elementInput.ts';
import { isEmptyState, mergeInputs, placedElements, shapeInput, stateValues } from './elementInput.ts';
import type { View } from './model.ts';
import { viewClosedPayload, viewSubmissionPayload } from './payloads.ts';
import type { ElementInputs, PersonReply } from './personApi.ts';
import type { Call } from './personCall.ts';
import { fail, failureOf, ok } from './personCall.ts';
import { SlackError } from './slackError.ts';
import { closeModals, pushModal, readView, replaceView, viewById } from './views.ts';

/** Submitting and closing modals. */

type Errors = Record<string, string>;

function invalid(errors: Errors): PersonReply {
  return {
    ok: false,
    error: 'view_errors',
    message: Object.values(errors).join(' '),
    errors,
  };
}

function textError(element: JsonObject, value: string): string | null {
  const { min_length: least, max_length: most } = element;
  if (typeof least === 'number' && lengthOf(value) < least) return `At least ${least} characters are needed.`;
  if (typeof most === 'number' && lengthOf(value) > most) return `No more than ${most} characters fit.`;
  return lengthOf(value) > 3000 ? 'No more than 3000 characters fit.' : null;
}

function numberError(element: JsonObject, value: string): string | null {
  const given = Number(value);
  if (Number.isNaN(given)) return 'Enter a number.';
  if (element.is_decimal_allowed === false && !Number.isInteger(given)) return 'Enter a whole number.';
  if (element.min_value !== undefined && given < Number(element.min_value)) {
    return `Enter ${String(element.min_value)} or more.`;
  }
  if (element.max_value !== undefined && given > Number(element.max_value)) {
    return `Enter ${String(element.max_value)} or less.`;
  }
  return null;
}

function inputError({ element }: PlacedElement, state: JsonObject | undefined): string | null {
  const value = state?.value;
  if (typeof value !== 'string') return null;
  switch (element.type) {
    case 'plain_text_input':
      return textError(element, value);
    case 'number_input':
      return numberError(element, value);
    case 'email_text_input':
      return /^\S+@\S+\.\S+$/.test(value) ? null : 'Enter an email address.';
    case 'url_text_input':
      return URL.canParse(value) ? null : 'Enter a link.';
    default:
      return null;
  }
}

/** What Slack's client refuses before anything is sent. */
function clientErrors(view: View): Errors {
  const states = stateValues(view.blocks, view.inputs);
  const errors: Errors = {};
  for (const placed of placedElements(view.blocks)) {
    if (placed.input === null) continue;
    const state = states[placed.blockId]?.[placed.actionId];
    if (isEmptyState(state)) {
      if (placed.input.optional !== true) errors[placed.blockId] = 'Please complete this required field.';
      continue;
    }
    const error = inputError(placed, state);
    if (error !== null) errors[placed.blockId] = error;
  }
  return errors;
}

/** False when something given is not one of an element's options. */
function areOptionsGood(view: View, values: ElementInputs): boolean {
  return placedElements(view.blocks).every(({ blockId, actionId, element }) => {
    const input = values[blockId]?.[actionId];
    return input === undefined || shapeInput(element, input).kind === 'shaped';
  });
}

/** Conversations chosen in menus that promise the app a way to answer there. */
function responseUrls({ triggers, user, url }: Call, view: View): JsonObject[] {
  const states = stateValues(view.blocks, view.inputs);
  return placedElements(view.blocks).flatMap(({ blockId, actionId, element }) => {
    if (element.response_url_enabled !== true) return [];
    const state = states[blockId]?.[actionId];
    const channelId = state?.selected_conversation ?? state?.selected_channel;
    if (typeof channelId !== 'string') return [];
    const path = triggers.newResponsePath({ userId: user.id, channelId });
    return [{ block_id: blockId, action_id: actionId, channel_id: channelId, response_url: `${url}${path}` }];
  });
}

/** The app's errors have to be sentences for input blocks of this view; anything else is a fault of the app. */
function appErrors(view: View, given: unknown): Errors | null {
  if (!isObject(given) || Object.keys(given).length === 0) return null;
  const inputs = new Set(
    placedElements(view.blocks)
      .filter(({ input }) => input !== null)
      .map(({ blockId }) => blockId),
  );
  const errors: Errors = {};
  for (const [blockId, message] of Object.entries(given)) {
    if (!inputs.has(blockId) || typeof message !== 'string' || message === '') return null;
    errors[blockId] = message;
  }
  return errors;
}

function carryOut(call: Call, view: View, body: unknown): PersonReply {
  const { workspace, user } = call;
  const action = isObject(body) ? body.response_action : undefined;
  if (action === undefined) {
    closeModals(workspace, user.id, view.clearOnClose ? 'all' : view);
    return ok({ outcome: 'closed' });
  }
  const given = isObject(body) ? body : {};
  switch (action) {
    case 'clear':
      closeModals(workspace, user.id, 'all');
      return ok({ outcome: 'closed' });
    case 'update':
      replaceView(workspace, view, { given: readView(workspace, given.view, 'modal') });
      return ok({ outcome: 'updated' });
    case 'push':
      pushModal(workspace, user.id, readView(workspace, given.view, 'modal'));
      return ok({ outcome: 'pushed' });
    case 'errors': {
      const errors = appErrors(view, given.errors);
      return errors === null
        ? fail('app_error', "The app's errors do not name input blocks of this form.")
        : invalid(errors);
    }
    default:
      return fail('app_error', `The app answered with an unknown response_action "${String(action)}".`);
  }
}

function openTop({ workspace, user }: Call, viewId: string): View | undefined {
  const top = workspace.modals.get(user.id)?.at(-1);
  return top?.id === viewId ? top : undefined;
}

export async function submit(call: Call, viewId: string, values: ElementInputs): Promise<PersonReply> {
  const { workspace, user, triggers } = call;
  const view = openTop(call, viewId);
  if (view === undefined || view.submit === null) return fail('view_not_found');
  if (!areOptionsGood(view, values)) return fail('invalid_option');
  view.inputs = mergeInputs(view.inputs, values);
  const errors = clientErrors(view);
  if (Object.keys(errors).length > 0) return invalid(errors);
  const outcome = await call.ask(
    viewSubmissionPayload(workspace, {
      user,
      view,
      triggerId: triggers.newTrigger({ userId: user.id, isFromModal: true }),
      responseUrls: responseUrls(call, view),
    }),
  );
  const failure = failureOf(outcome);
  if (failure !== null || outcome.kind !== 'acked') return failure ?? fail('app_error');
  // The app may have closed or replaced the view while it was thinking.
  if (viewById(workspace, viewId) === undefined) return ok({ outcome: 'closed' });
  try {
    return carryOut(call, view, outcome.body);
  } catch (error) {
    if (error instanceof SlackError)
      return fail('app_error', `The app's answer is not valid: ${error.code}.`);
    throw error;
  }
}

export async function closeView(call: Call, viewId: string): Promise<PersonReply> {
  const { workspace, user } = call;
  const view = openTop(call, viewId);
  if (view === undefined) return fail('view_not_found');
  const isCleared = view.clearOnClose;
  const closed = closeModals(workspace, user.id, isCleared ? 'all' : view);
  const told = closed.filter(({ notifyOnClose }) => notifyOnClose);
  await Promise.all(
    told.map((each) => call.ask(viewClosedPayload(workspace, { user, view: each, isCleared }))),
  );
  return ok({ outcome: 'closed' });
}
