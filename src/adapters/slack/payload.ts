import { z } from 'zod';

/** What Slack sends when a person does something, as far as it is used here. Verified before, still parsed. */

const person = z.object({ id: z.string().min(1), team_id: z.string().nullish() });

export const clickPayload = z.object({
  type: z.literal('block_actions'),
  user: person,
  team: z.object({ id: z.string() }).nullish(),
  trigger_id: z.string().min(1),
  response_url: z.string().nullish(),
  // Left out where there is none; the library falls over null.
  channel: z.object({ id: z.string() }).optional(),
  message: z.object({ ts: z.string() }).nullish(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        value: z.string().nullish(),
        selected_option: z.object({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
});

export const slashPayload = z.object({
  user_id: z.string().min(1),
  team_id: z.string(),
  channel_id: z.string(),
  text: z.string().default(''),
  trigger_id: z.string().min(1),
  response_url: z.string().nullish(),
});

const inputState = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_user: z.string().nullish(),
  selected_users: z.array(z.string()).nullish(),
  /** `22:00`. */
  selected_time: z.string().nullish(),
  /** Boxes that were ticked. */
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
});

export const submissionPayload = z.object({
  type: z.literal('view_submission'),
  user: person,
  team: z.object({ id: z.string() }).nullish(),
  view: z.object({
    id: z.string(),
    hash: z.string(),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), inputState)) }),
  }),
});

export const mentionPayload = z.object({
  team_id: z.string(),
  event_id: z.string(),
  event: z.object({
    type: z.literal('app_mention'),
    user: z.string().optional(),
    /** Of an app that says the name; people have none. */
    bot_id: z.string().nullish(),
    channel: z.string(),
    text: z.string().default(''),
    /** Of the message that begins the thread, where it was said in one. */
    thread_ts: z.string().nullish(),
  }),
});

export const homePayload = z.object({
  team_id: z.string(),
  event: z.object({ type: z.literal('app_home_opened'), user: z.string().min(1), tab: z.string() }),
});

/** An entry of a message's menu. */
export const shortcutPayload = z.object({
  type: z.literal('message_action'),
  callback_id: z.string(),
  user: person,
  team: z.object({ id: z.string() }).nullish(),
  trigger_id: z.string().min(1),
  response_url: z.string().nullish(),
  channel: z.object({ id: z.string() }),
  message: z.object({
    ts: z.string().regex(/^\d{1,12}\.\d{1,9}$/),
    /** Null or left out where an app or Slack itself said it. */
    user: z.string().nullish(),
    text: z.string().nullish(),
    thread_ts: z.string().nullish(),
  }),
});

/** What a person filled in, by the input's name; what was left empty is left out. */
export function filledIn(payload: z.infer<typeof submissionPayload>): Readonly<Record<string, string>> {
  const filled: Record<string, string> = {};
  for (const inputs of Object.values(payload.view.state.values)) {
    for (const [name, input] of Object.entries(inputs)) {
      const ticked = input.selected_options?.map((option) => option.value).join(',');
      const people = input.selected_users?.join(',');
      const value =
        input.selected_option?.value ??
        input.selected_user ??
        input.selected_time ??
        people ??
        ticked ??
        input.value;
      if (typeof value === 'string' && value.trim() !== '') filled[name] = value.trim();
    }
  }
  return filled;
}
