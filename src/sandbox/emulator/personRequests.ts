import { z } from 'zod';

/** The bodies that the browser page sends, read strictly. */

const id = z.string().min(1);
const as = id;
const elementInput = z.union([z.string(), z.array(z.string()), z.null()]);
const elementInputs = z.record(z.string(), z.record(z.string(), elementInput));

const place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('message'), channelId: id, ts: id }),
  z.strictObject({ kind: z.literal('ephemeral'), id }),
  z.strictObject({ kind: z.literal('view'), viewId: id }),
]);

export const requests = {
  say: z.strictObject({ as, channelId: id, text: z.string(), threadTs: id.optional() }),
  slash: z.strictObject({ as, channelId: id, command: id, text: z.string() }),
  click: z.strictObject({
    as,
    at: place,
    actionId: id,
    blockId: id.optional(),
    input: elementInput.optional(),
    state: elementInputs.optional(),
    confirmed: z.boolean().optional(),
  }),
  submit: z.strictObject({ as, viewId: id, values: elementInputs }),
  close: z.strictObject({ as, viewId: id }),
  home: z.strictObject({ as }),
  shortcut: z.strictObject({ as, callbackId: id, channelId: id.optional(), ts: id.optional() }),
  suggest: z.strictObject({ as, at: place, actionId: id, blockId: id.optional(), query: z.string() }),
  react: z.strictObject({ as, channelId: id, ts: id, name: id, remove: z.boolean().optional() }),
  read: z.strictObject({ as, channelId: id, ts: id.optional() }),
  join: z.strictObject({ as, channelId: id }),
  leave: z.strictObject({ as, channelId: id }),
  direct: z.strictObject({ as, userId: id }),
};

const count = z.int().positive().optional();
const method = id;
const event = id;
const delay = z.int().nonnegative().max(600_000);

const rule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rate_limited'), method, retryAfter: z.int().nonnegative(), count }),
  z.strictObject({ kind: z.literal('server_error'), method, status: z.int().min(500).max(599), count }),
  z.strictObject({ kind: z.literal('api_error'), method, error: id, count }),
  z.strictObject({ kind: z.literal('lost_reply'), method, count }),
  z.strictObject({ kind: z.literal('failed_after_success'), method, count }),
  z.strictObject({ kind: z.literal('delay'), method, delay, count }),
  z.strictObject({ kind: z.literal('duplicate_event'), event, count }),
  z.strictObject({ kind: z.literal('late_delivery'), event, delay, count }),
  z.strictObject({ kind: z.literal('no_ack'), event, count }),
  z.strictObject({ kind: z.literal('expired_trigger'), count }),
  z.strictObject({ kind: z.literal('expired_response_url'), count }),
]);

export const faultsRequest = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('set'), rules: z.array(rule) }),
  z.strictObject({ act: z.literal('clear') }),
  z.strictObject({ act: z.literal('drop_sockets') }),
  z.strictObject({
    act: z.literal('disconnect'),
    reason: z.enum(['warning', 'refresh_requested', 'link_disabled', 'too_many_websockets']),
  }),
]);
