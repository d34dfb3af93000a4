import { checkMessageBlocks, checkView } from '../blockKit/payload.ts';
import type { Problem } from '../blockKit/schema.ts';
import { isObject, lengthOf } from '../blockKit/schema.ts';
import { hasFile } from '../content.ts';
import { stateValues } from '../elementInput.ts';
import type { View } from '../model.ts';
import { refuse, refuseArguments } from '../slackError.ts';
import { viewJson } from '../slackJson.ts';
import type { TriggerSource } from '../triggers.ts';
import {
  openModal,
  publishHome,
  pushModal,
  readView,
  replaceView,
  viewByExternalId,
  viewById,
} from '../views.ts';
import type { Workspace } from '../workspace.ts';
import type { Call, Method } from './method.ts';

function answer(workspace: Workspace, view: View): Record<string, unknown> {
  return { view: viewJson(workspace, view, stateValues(view.blocks, view.inputs)) };
}

/** The trigger is used up only by a call that succeeds. */
function readTrigger({ triggers, args }: Call): { id: string; source: TriggerSource } {
  const id = args.string('trigger_id') || args.string('interactivity_pointer');
  if (id === '') return refuseArguments('missing required field: trigger_id');
  const use = triggers.lookAt(id);
  switch (use.kind) {
    case 'good':
      return { id, source: use.source };
    case 'refused':
      return refuse(use.error);
    default: {
      const never: never = use;
      return never;
    }
  }
}

const open: Method = (call) => {
  const { workspace, triggers, args } = call;
  const given = readView(workspace, args.json('view'), 'modal');
  const { id, source } = readTrigger(call);
  const view = openModal(workspace, source.userId, given);
  triggers.exchange(id);
  return answer(workspace, view);
};

const push: Method = (call) => {
  const { workspace, triggers, args } = call;
  const given = readView(workspace, args.json('view'), 'modal');
  const { id, source } = readTrigger(call);
  if (!source.isFromModal) refuse('not_found');
  const view = pushModal(workspace, source.userId, given);
  triggers.exchange(id);
  return answer(workspace, view);
};

const update: Method = ({ workspace, args }) => {
  if (args.string('view_id') === '' && args.string('external_id') === '') {
    refuseArguments('missing required field: view_id');
  }
  const view =
    viewById(workspace, args.string('view_id')) ?? viewByExternalId(workspace, args.string('external_id'));
  if (view === undefined) return refuse('not_found');
  const given = readView(workspace, args.json('view'), view.type);
  replaceView(workspace, view, { given, hash: args.string('hash') });
  return answer(workspace, view);
};

const publish: Method = ({ workspace, args }) => {
  if (!workspace.app.isHomeEnabled) refuse('not_enabled');
  const userId = args.string('user_id');
  if (!workspace.users.has(userId)) refuseArguments('user not found [json-pointer:/user_id]');
  const given = readView(workspace, args.json('view'), 'home');
  return answer(workspace, publishHome(workspace, userId, { given, hash: args.string('hash') }));
};

function problemsOf(workspace: Workspace, what: 'blocks' | 'view' | 'message', given: unknown): Problem[] {
  const known = hasFile(workspace);
  switch (what) {
    case 'blocks':
      return checkMessageBlocks(given, '', known);
    case 'view':
      return checkView(given, '', known);
    case 'message':
      return isObject(given) && given.blocks !== undefined
        ? checkMessageBlocks(given.blocks, '/blocks', known)
        : [];
    default: {
      const never: never = what;
      return never;
    }
  }
}

/** Characters of JSON. */
const maxValidated = 100_000;

const validate: Method = ({ workspace, args }) => {
  const given = (['blocks', 'view', 'message'] as const).filter((name) => args.has(name));
  const [what] = given;
  if (what === undefined || given.length > 1) {
    return refuse('invalid_arguments', {
      response_metadata: { messages: ['must provide exactly one of `blocks`, `view`, or `message`'] },
    });
  }
  if (lengthOf(JSON.stringify(args.json(what))) > maxValidated) {
    return refuseArguments(`must be less than ${maxValidated + 1} characters [json-pointer:/${what}]`);
  }
  const errors = problemsOf(workspace, what, args.json(what));
  return errors.length > 0 ? refuse(`invalid_${what}`, { errors }) : {};
};

export const viewMethods: Record<string, Method> = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
  'views.publish': publish,
  'blocks.validate': validate,
};
