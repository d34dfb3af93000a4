import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import type { LimitPayload } from './emulatorLimitPayloads.ts';
import { limitPayloads } from './emulatorLimitPayloads.ts';
import type { Json } from './emulatorPayloads.ts';
import { modal } from './emulatorPayloads.ts';

/** Every limit that Slack documents for Block Kit: taken at the bound, refused one past it, by way of the Web API. */

interface Limit {
  name: string;
  bound: number;
  error: string;
}

const limits = JSON.parse(
  readFileSync(new URL('../fixtures/slack/blockKitLimits.json', import.meta.url), 'utf8'),
) as Limit[];

/** Documented blocks that this workspace does not have; whoever sends one is told so. */
const absent = (name: string) => name.startsWith('data_visualization.');

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({
    delivery: { kind: 'socket' },
    rateLimits: 'off',
    seed: { app: { events: [], shortcuts: [{ name: 'Ask', callbackId: 'ask', kind: 'global' }] } },
  });
});

afterAll(() => emulator.stop());

async function call(method: string, args: Json): Promise<Json> {
  const response = await fetch(`${emulator.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(args),
  });
  return (await response.json()) as Json;
}

/** Nobody listens, but the trigger that was on its way is good. */
async function freshTrigger(): Promise<string> {
  await emulator.person(people.oncall).globalShortcut('ask');
  return String(emulator.deliveries.at(-1)?.payload.trigger_id);
}

async function send(payload: LimitPayload, size: number): Promise<Json> {
  switch (payload.kind) {
    case 'message':
      return call('chat.postMessage', {
        channel: channelIds.alerts,
        text: 'x',
        blocks: payload.make(size),
      });
    case 'modal':
      return call('views.open', { trigger_id: await freshTrigger(), view: payload.make(size) });
    case 'home':
      return call('views.publish', { user_id: people.oncall, view: payload.make(size) });
    default: {
      const never: never = payload;
      return never;
    }
  }
}

async function validate(payload: LimitPayload, size: number): Promise<Json> {
  const what = payload.kind === 'message' ? 'blocks' : 'view';
  return call('blocks.validate', { [what]: JSON.stringify(payload.make(size)) });
}

/** `min_length` is one too few below it, `max_items` one too many above. */
const past = ({ bound, error }: Limit) => (error.includes('min') ? bound - 1 : bound + 1);

function payloadOf({ name }: Limit): LimitPayload {
  const payload = limitPayloads[name];
  if (payload === undefined) throw new Error(`Nothing builds a payload at the limit "${name}"`);
  return payload;
}

describe('the limits of Block Kit', () => {
  const offered = limits.filter(({ name }) => !absent(name));

  it.each(offered)('takes $name at $bound ($error)', async (limit) => {
    const payload = payloadOf(limit);
    expect(await send(payload, limit.bound)).toMatchObject({ ok: true });
    expect(await validate(payload, limit.bound)).toEqual({ ok: true });
  });

  it.each(offered)('refuses $name one past $bound ($error)', async (limit) => {
    const payload = payloadOf(limit);
    const refused = await send(payload, past(limit));
    const isMessage = payload.kind === 'message';
    expect(refused).toMatchObject({ ok: false, error: isMessage ? 'invalid_blocks' : 'invalid_arguments' });
    const { messages } = refused.response_metadata as { messages: string[] };
    const place = `${isMessage ? '/blocks' : '/view'}${payload.pointer}`;
    expect(messages.join()).toContain(`[json-pointer:${place}]`);
    const found = await validate(payload, past(limit));
    expect(found).toMatchObject({ ok: false, error: isMessage ? 'invalid_blocks' : 'invalid_view' });
    expect(found.errors).toContainEqual({
      code: 'failed_constraint',
      message: expect.any(String),
      pointer: payload.pointer,
      constraint: { type: limit.error, expected: limit.bound },
    });
  });

  it('are all of limits that are documented', async ({ annotate }) => {
    const documented = new Set(offered.map(({ name }) => name));
    expect(Object.keys(limitPayloads).filter((name) => !documented.has(name))).toEqual([]);
    await annotate(`${offered.length} limits, each at its bound and one past it`, 'figure');
  });

  it('of blocks that are not offered are out of reach: the block is refused by name', async () => {
    expect(limits.filter(({ name }) => absent(name))).not.toEqual([]);
    const refused = await call('chat.postMessage', {
      channel: channelIds.alerts,
      text: 'x',
      blocks: [{ type: 'data_visualization', title: 'Errors' }],
    });
    expect(refused).toMatchObject({
      error: 'invalid_blocks',
      errors: [{ message: 'unsupported type: data_visualization', pointer: '/blocks/0/type' }],
    });
  });

  it('hold for a view of 250 kB as a whole, and for what blocks.validate looks at', async () => {
    const blocks = Array.from({ length: 90 }, () => ({
      type: 'section',
      text: { type: 'mrkdwn', text: 'x'.repeat(2800) },
    }));
    const view = modal({ blocks });
    expect(await call('views.open', { trigger_id: await freshTrigger(), view })).toMatchObject({
      error: 'view_too_large',
    });
    expect(await call('blocks.validate', { view: JSON.stringify(view) })).toMatchObject({
      error: 'invalid_arguments',
    });
  });
});
