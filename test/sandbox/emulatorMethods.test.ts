import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { catalog } from '../../src/sandbox/emulator/methods/catalog.ts';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { everyMethod } from './emulatorEveryMethod.ts';
import type { Encoding } from './emulatorFacts.ts';
import { argumentsOf, facts, send, words } from './emulatorFacts.ts';
import type { Json } from './emulatorPayloads.ts';
import { home, modal } from './emulatorPayloads.ts';

/** Every method against what Slack documents of it: arguments, encodings, scopes, error codes, answers. */

/** Known to Slack, of no use to an app with a bot token of its own; ignored, as the record of calls shows. */
const unused = new Set(['as_user', 'current_draft_last_updated_ts', 'team_id']);

/** JSON in a string, which the documents give the type of the string. */
const jsonText = new Set(['attachments', 'blocks', 'message', 'metadata', 'unfurled_attachments', 'view']);

const offered = Object.keys(catalog);
const notOffered = [
  'canvases.access.set',
  'chat.scheduleMessage',
  'functions.completeError',
  'functions.completeSuccess',
];

/** What any method may answer with, besides its own codes. */
const common = new Set([
  'not_authed',
  'invalid_auth',
  'not_allowed_token_type',
  'missing_scope',
  'invalid_arguments',
  'invalid_json',
  'json_not_object',
]);

const shortcuts = [{ name: 'Ask', callbackId: 'ask', kind: 'global' as const }];
const started = (app: object = {}) =>
  startEmulator({
    delivery: { kind: 'socket' },
    rateLimits: 'off',
    seed: { app: { events: [], shortcuts, ...app } },
  });

let emulator: Emulator;

beforeAll(async () => {
  emulator = await started();
});

afterAll(() => emulator.stop());

/** Something of the right type for each required argument, good or not. */
function filler(method: string): Json {
  const values: Json = {};
  for (const { name, type, isRequired } of argumentsOf(method)) {
    if (!isRequired) continue;
    values[name] = type === 'json' || jsonText.has(name) ? '[]' : type === 'integer' ? '1' : 'Not There';
  }
  return values;
}

describe('the methods that are offered', () => {
  it('and those that are not make up all that is known, and the latter are refused by name', async () => {
    expect([...offered, ...notOffered].sort()).toEqual(Object.keys(facts).sort());
    for (const method of notOffered) {
      const answer = await send(emulator, method, { args: filler(method), encoding: 'form' });
      expect(answer).toEqual({ ok: false, error: 'unknown_method' });
    }
  });

  it.each(offered)('%s: has the documented tier, scopes, arguments and errors', (method) => {
    const spec = catalog[method];
    const known = facts[method];
    if (spec === undefined || known === undefined) throw new Error(`${method} is not there`);
    expect(spec.tier).toBe(known.tier);
    expect(spec.takesJson).toBe(known.json);
    // The documents give the app-level token's scope apart from the bot's.
    expect([...spec.scopes]).toEqual(spec.token === 'app' ? ['connections:write'] : words(known.scopes));
    const documented = argumentsOf(method);
    const missing = documented.filter(({ name }) => !spec.args.has(name)).map(({ name }) => name);
    expect(missing.filter((name) => !unused.has(name))).toEqual([]);
    for (const [name, { type, isRequired }] of spec.args) {
      const argument = documented.find((each) => each.name === name);
      const expected = jsonText.has(name) ? 'json' : argument?.type;
      // A flag that the documents take for text is still a flag.
      const isFlag = method === 'chat.update' && name === 'link_names';
      expect([name, type, isRequired]).toEqual([name, isFlag ? 'boolean' : expected, argument?.isRequired]);
    }
    const undocumented = [...spec.errors].filter((code) => !words(known.errors).includes(code));
    expect(undocumented).toEqual([]);
  });
});

describe('arguments', () => {
  const requiring = offered.filter((method) => argumentsOf(method).some(({ isRequired }) => isRequired));

  it.each(requiring)('%s: names each required one that is missing', async (method) => {
    const encodings: Encoding[] = facts[method]?.json === true ? ['form', 'json'] : ['form', 'query'];
    for (const { name, isRequired } of argumentsOf(method)) {
      if (!isRequired) continue;
      const { [name]: _, ...rest } = filler(method);
      for (const encoding of encodings) {
        expect(await send(emulator, method, { args: rest, encoding })).toEqual({
          ok: false,
          error: 'invalid_arguments',
          response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
        });
      }
    }
  });

  const typed = offered.flatMap((method) =>
    argumentsOf(method)
      .filter(({ name }) => catalog[method]?.args.has(name) === true)
      .filter(({ name, type }) => type !== 'string' || jsonText.has(name))
      .map(({ name }): [string, string] => [method, name]),
  );

  it.each(typed)('%s: refuses %s of another type', async (method, name) => {
    const type = catalog[method]?.args.get(name)?.type;
    const wrong = type === 'json' ? '[{' : 'perhaps';
    const args = { ...filler(method), [name]: wrong };
    const answer = await send(emulator, method, { args, encoding: 'form' });
    const own: Record<string, string> = {
      blocks: 'invalid_blocks_format',
      metadata: 'invalid_metadata_format',
    };
    const code = own[name];
    const hasOwn = code !== undefined && words(facts[method]?.errors ?? '').includes(code);
    expect(answer).toMatchObject({ ok: false, error: hasOwn ? code : 'invalid_arguments' });
  });

  it.each(offered)('%s: takes no notice of one that it does not know', async (method) => {
    const args = filler(method);
    const before = await send(emulator, method, { args, encoding: 'form' });
    const after = await send(emulator, method, { args: { ...args, colour: 'red' }, encoding: 'form' });
    expect([after.ok, after.error]).toEqual([before.ok, before.error]);
    expect(emulator.calls.at(-1)?.ignored).toEqual(['colour']);
  });

  it('in a JSON body count for nothing where the method takes forms alone', async () => {
    const args = { user: people.oncall };
    expect(await send(emulator, 'users.info', { args, encoding: 'json' })).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: user'] },
    });
    expect(await send(emulator, 'users.info', { args, encoding: 'query' })).toMatchObject({ ok: true });
  });

  it('in a JSON body cannot be the token', async () => {
    const response = await fetch(`${emulator.apiUrl}auth.test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: emulator.botToken }),
    });
    expect(await response.json()).toEqual({ ok: false, error: 'not_authed' });
  });

  it('that cannot be read are refused as what they are', async () => {
    const post = async (contentType: string, body: string) => {
      const headers = { authorization: `Bearer ${emulator.botToken}`, 'content-type': contentType };
      const response = await fetch(`${emulator.apiUrl}chat.postMessage`, { method: 'POST', headers, body });
      return ((await response.json()) as Json).error;
    };
    expect(await post('application/json', '{"channel":')).toBe('invalid_json');
    expect(await post('application/json', '["x"]')).toBe('json_not_object');
    expect(await post('text/csv', 'channel,text')).toBe('invalid_post_type');
  });
});

describe('scopes', () => {
  const guarded = offered.filter((method) => {
    const spec = catalog[method];
    return spec !== undefined && spec.token === 'bot' && spec.scopes.length > 0;
  });

  it.each(guarded)('%s: is closed to an app without', async (method) => {
    const scopes = ['commands'];
    const bare = await started({ scopes });
    try {
      expect(await send(bare, method, { args: filler(method), encoding: 'form' })).toEqual({
        ok: false,
        error: 'missing_scope',
        needed: words(facts[method]?.scopes ?? '').join(','),
        provided: 'commands',
      });
    } finally {
      await bare.stop();
    }
  });

  it('are told to the SDK in headers', async () => {
    const response = await fetch(`${emulator.apiUrl}pins.list?channel=${channelIds.alerts}`, {
      headers: { authorization: `Bearer ${emulator.botToken}` },
    });
    expect(response.headers.get('x-accepted-oauth-scopes')).toBe('pins:read');
    expect(response.headers.get('x-oauth-scopes')?.split(',')).toContain('pins:read');
  });
});

describe('answers', () => {
  it('are the same in whatever way the arguments come, and hold what is documented', async ({ annotate }) => {
    const [inForms, otherwise] = await Promise.all([started(), started()]);
    try {
      const first = await everyMethod(inForms, false);
      const second = await everyMethod(otherwise, true);
      expect([...first.keys()].sort()).toEqual([...offered].sort());
      for (const [method, answer] of first) {
        const keys = Object.keys(answer).sort();
        expect([method, ...keys]).toEqual([method, ...Object.keys(second.get(method) ?? {}).sort()]);
        expect([method, ...keys]).toEqual(expect.arrayContaining(words(facts[method]?.answers ?? '')));
      }
      await annotate(`${first.size} methods, in two encodings each`, 'figure');
    } finally {
      await Promise.all([inForms.stop(), otherwise.stop()]);
    }
  });
});

describe('refusals', () => {
  it('have a code that Slack documents for the method, whatever is asked', async ({ annotate }) => {
    const wild = await started();
    const { channel } = await send(wild, 'conversations.create', {
      args: { name: 'archived' },
      encoding: 'form',
    });
    const { id: archived } = channel as { id: string };
    const said = await send(wild, 'chat.postMessage', {
      args: { channel: archived, text: 'x' },
      encoding: 'form',
    });
    await send(wild, 'conversations.archive', { args: { channel: archived }, encoding: 'form' });
    const other = await wild.person(people.oncall).say('#general', 'hello');
    const ts = other.ok ? (other.ts ?? '') : '';

    const value = fc.constantFrom(
      ...['', 'x', '0', '-1', '1001', 'true', '[]', '{}', '[{}]', '[{"type":"divider"}]', '1.000001'],
      ...[
        archived,
        channelIds.general,
        channelIds.alerts,
        people.oncall,
        wild.botUserId,
        String(said.ts),
        ts,
      ],
      ...['public_channel', 'link', 'https://example.com', 'eyes', 'Some Name', 'im', 'x'.repeat(5000)],
      '{"event_type":"x","event_payload":{}}',
      JSON.stringify(modal()),
      JSON.stringify(home()),
      JSON.stringify(
        Array.from({ length: 5 }, () => ({ type: 'header', text: { type: 'plain_text', text: 'x' } })),
      ),
      JSON.stringify(
        Array.from({ length: 4 }, () => ({
          type: 'section',
          text: { type: 'mrkdwn', text: 'x'.repeat(3000) },
        })),
      ),
    );
    const request = fc.constantFrom(...offered).chain((method) => {
      const model: Record<string, fc.Arbitrary<string>> = {};
      for (const { name } of argumentsOf(method)) model[name] = value;
      const required = argumentsOf(method).flatMap(({ name, isRequired }) => (isRequired ? [name] : []));
      return fc.record({ method: fc.constant(method), args: fc.record(model, { requiredKeys: required }) });
    });
    const seen = new Set<string>();
    try {
      await fc.assert(
        fc.asyncProperty(request, async ({ method, args }) => {
          const answer = await send(wild, method, { args, encoding: 'form' });
          if (answer.ok === true) return;
          const error = String(answer.error);
          seen.add(`${method} ${error}`);
          const documented = words(facts[method]?.errors ?? '');
          expect([method, common.has(error) || documented.includes(error), error]).toEqual([
            method,
            true,
            error,
          ]);
        }),
        { numRuns: process.env.SOAK === '1' ? 10_000 : 1500 },
      );
    } finally {
      await wild.stop();
    }
    expect(seen.size).toBeGreaterThan(60);
    await annotate(`${seen.size} different refusals, every code documented`, 'figure');
  }, 300_000);
});
