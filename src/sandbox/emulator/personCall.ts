import type { JsonObject } from './blockKit/schema.ts';
import { isObject } from './blockKit/schema.ts';
import type { Deliveries, Outcome } from './deliver.ts';
import type { User } from './model.ts';
import type { PersonReply } from './personApi.ts';
import { answerInteraction } from './responses.ts';
import { SlackError } from './slackError.ts';
import type { ResponseTarget, Triggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';

/** What an act of a person works with, and how its end is put into words. */

export interface Call {
  workspace: Workspace;
  user: User;
  triggers: Triggers;
  /** Where this server is, without a slash at the end. */
  url: string;
  /** Sends a command or interaction and turns what came back into a reply. */
  deliver(given: {
    kind: 'slash_commands' | 'interactive';
    payload: JsonObject;
    /** Where an answer in the acknowledgement of a command goes; null where none is expected. */
    target: ResponseTarget | null;
  }): Promise<PersonReply>;
  /** The same with the acknowledgement itself, for modals and option menus. */
  ask(payload: JsonObject): Promise<Outcome>;
}

const sentences: Record<string, string> = {
  channel_not_found: 'There is no such channel, or you are not in it.',
  not_in_channel: 'Join the channel first.',
  is_archived: 'The channel is archived.',
  no_text: 'There is nothing to send.',
  message_not_found: 'The message is gone.',
  element_not_found: 'The button is no longer there.',
  element_ambiguous: 'More than one element has this action_id; name the block as well.',
  confirmation_needed: 'This needs a yes in its confirm dialog.',
  invalid_option: 'This is not one of the options.',
  view_not_found: 'The dialog is closed.',
  view_errors: 'Something in the form needs another look.',
  unknown_command: 'No app answers to this command.',
  unknown_shortcut: 'No app answers to this shortcut.',
  user_not_found: 'There is no such user.',
  invalid_name: 'There is no such emoji.',
  home_not_enabled: 'The app has no home tab.',
  cant_leave_general: 'Nobody can leave this channel.',
  operation_timeout: 'The app did not respond in time: failed with operation_timeout.',
  app_unreachable: 'The app cannot be reached: failed with dispatch_failed.',
  app_error: 'The app answered with an error.',
};

export function ok(rest: Omit<Extract<PersonReply, { ok: true }>, 'ok'>): PersonReply {
  return { ok: true, ...rest };
}

export function fail(error: string, message: string = sentences[error] ?? error): PersonReply {
  return { ok: false, error, message };
}

/** The reply to an act that was not acknowledged; null if it was. */
export function failureOf(outcome: Outcome): PersonReply | null {
  switch (outcome.kind) {
    case 'acked':
      return null;
    case 'timeout':
      return fail('operation_timeout');
    case 'unreachable':
      return fail('app_unreachable');
    case 'failed':
      return fail('app_error', `The app answered with HTTP status ${outcome.status}.`);
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

/** The message in an acknowledgement; null when it says nothing. */
function messageIn(body: unknown): JsonObject | null {
  if (typeof body === 'string' && body !== '') return { text: body };
  return isObject(body) && Object.keys(body).length > 0 ? body : null;
}

export function createCall(given: {
  workspace: Workspace;
  user: User;
  triggers: Triggers;
  deliveries: Deliveries;
  url: string;
}): Call {
  const { workspace, deliveries } = given;
  return {
    workspace,
    user: given.user,
    triggers: given.triggers,
    url: given.url,
    ask: (payload) => deliveries.interact('interactive', payload),
    async deliver({ kind, payload, target }) {
      const outcome = await deliveries.interact(kind, payload);
      const failure = failureOf(outcome);
      if (failure !== null || outcome.kind !== 'acked') return failure ?? fail('app_error');
      // Slack reads a message in the acknowledgement of a command; of an interaction it takes no notice.
      const message = kind === 'slash_commands' ? messageIn(outcome.body) : null;
      if (message === null || target === null) return ok({});
      try {
        answerInteraction(workspace, target, message);
        return ok({});
      } catch (error) {
        if (error instanceof SlackError)
          return fail('app_error', `The app's answer is not valid: ${error.code}.`);
        throw error;
      }
    },
  };
}
