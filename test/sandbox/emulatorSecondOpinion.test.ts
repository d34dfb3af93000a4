import { WebClient } from '@slack/web-api';
import { createEmulator } from 'emulate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import type { Json } from './emulatorPayloads.ts';
import { silent } from './emulatorSilence.ts';
import type { Step } from './emulatorSteps.ts';
import { steps } from './emulatorSteps.ts';

/**
 * The same calls to our workspace and to one that others wrote. Where the two differ, the table of differences
 * says in what, and which of them follows Slack's documents.
 */

interface World {
  web: WebClient;
  /** What earlier steps found or made, by name. */
  known: Map<string, string>;
}

interface Result {
  outcome: string;
  answer: Json;
}

async function take({ ask, keep }: Step, world: World): Promise<Result> {
  const known = (name: string) => {
    const value = world.known.get(name);
    if (value === undefined) throw new Error(`No step has found "${name}"`);
    return value;
  };
  try {
    const answer: Json = { ...(await world.web.apiCall(...ask(known))) };
    for (const [name, value] of Object.entries(keep?.(answer) ?? {})) world.known.set(name, value);
    return { outcome: 'ok', answer };
  } catch (error) {
    const { data } = error as { data?: Json };
    if (data === undefined) throw error;
    return { outcome: String(data.error), answer: {} };
  }
}

/** Every path of an answer with the type of what stands there, lists by their first item. */
function shape(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    found.set(path, 'list');
    if (value.length > 0) shape(value[0], `${path}[]`, found);
  } else if (typeof value === 'object' && value !== null) {
    found.set(path, 'object');
    for (const [name, each] of Object.entries(value)) shape(each, `${path}.${name}`, found);
  } else {
    found.set(path, value === null ? 'null' : typeof value);
  }
  return found;
}

/**
 * Where the outcomes differ. Ours follows the documents in all of these; the reason says what they have.
 * Should one day the other follow them and not ours, it is ours that has to change.
 */
const otherOutcomes: Record<string, { ours: string; theirs: string; documents: string }> = {
  'channels of no kind': {
    ours: 'invalid_types',
    theirs: 'ok',
    documents: 'conversations.list has invalid_types for a value of `types` that is none.',
  },
  'channels from a made-up place': {
    ours: 'invalid_cursor',
    theirs: 'ok',
    documents: 'conversations.list has invalid_cursor for a cursor that it did not give out.',
  },
  'a channel with capitals': {
    ours: 'invalid_name_specials',
    theirs: 'ok',
    documents: 'invalid_name_specials names upper case characters; names are not put right.',
  },
  'a channel with spaces': {
    ours: 'invalid_name_specials',
    theirs: 'ok',
    documents:
      'invalid_name_specials names special characters that are not allowed; names are not put right.',
  },
  'a channel without a name': {
    ours: 'invalid_name_required',
    theirs: 'invalid_name_specials',
    documents: 'invalid_name_required is for a name that is empty.',
  },
  'a message of an unknown block': {
    ours: 'invalid_blocks',
    theirs: 'ok',
    documents: 'invalid_blocks is for blocks that are not valid.',
  },
  'a message of blocks that are no JSON': {
    ours: 'invalid_blocks_format',
    theirs: 'invalid_blocks',
    documents: 'invalid_blocks_format is for blocks that are not valid JSON.',
  },
  'a message of 51 blocks': {
    ours: 'invalid_blocks',
    theirs: 'ok',
    documents: 'A message has at most 50 blocks.',
  },
  'an update of 4,001 characters': {
    ours: 'msg_too_long',
    theirs: 'ok',
    documents: 'The text of chat.update cannot exceed 4,000 characters.',
  },
  'a thread that is not there': {
    ours: 'thread_not_found',
    theirs: 'ok',
    documents: 'conversations.replies has thread_not_found.',
  },
};

/** What the other gives and ours does not, or not of the same type, and why not. */
const otherShapes: { of: RegExp; because: string }[] = [
  {
    of: /\.profile\.image_\d+: string instead of nothing/,
    because:
      'The documents have addresses of pictures; people have none here, and empty ones are no addresses.',
  },
  {
    of: /\.profile\.(huddle_state|huddle_state_expiration_ts|status_emoji_display_info): \w+ instead of nothing/,
    because: 'The documents of users.info do not have these.',
  },
  {
    of: /\.channels?(\[\])?\.is_open: boolean instead of nothing/,
    because: 'In the documents only direct messages are open or closed.',
  },
  {
    of: /\.channel\.num_members: number instead of nothing/,
    because:
      'In the documents conversations.info gives it on request, and of the others conversations.rename alone.',
  },
  {
    of: /^conversations\.setPurpose \.purpose: string instead of nothing/,
    because: 'The documents have the channel alone.',
  },
  {
    of: /^conversations\.replies \.messages\[\]\.metadata[.\w]*: \w+ instead of nothing/,
    because: 'The documents have metadata on request alone, with include_all_metadata.',
  },
  {
    of: /^pins\.list \.items\[\]\.message\.metadata[.\w]*: \w+ instead of nothing/,
    because: 'The documents of pins.list have no metadata.',
  },
  {
    of: /\.icon_url: string instead of null/,
    because: 'The documents have the address of a picture on the page linked to; none is fetched here.',
  },
];

interface Compared {
  step: Step;
  method: string;
  ours: Result;
  theirs: Result;
}

const compared: Compared[] = [];
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const token = 'xoxb-second-opinion';
  const ours = await startEmulator({
    delivery: { kind: 'socket' },
    rateLimits: 'off',
    seed: { app: { events: [] } },
  });
  stops.push(ours.stop);
  const theirs = await createEmulator({
    service: 'slack',
    port: 0,
    seed: {
      slack: {
        team: { name: 'Genesis Sandbox', domain: 'genesis-sandbox' },
        users: ['genesis', 'oncall', 'visitor'].map((name) => ({ name, email: `${name}@example.com` })),
        channels: [{ name: 'genesis-alerts' }],
        tokens: [{ token, user: 'genesis' }],
      },
    },
  });
  stops.push(() => theirs.close());
  const world = (bearer: string, slackApiUrl: string): World => ({
    web: new WebClient(bearer, { slackApiUrl, retryConfig: { retries: 0 }, logger: silent }),
    known: new Map(),
  });
  const one = world(ours.botToken, ours.apiUrl);
  const other = world(token, `${theirs.url}/api/`);
  for (const step of steps) {
    const [method] = step.ask(() => '');
    compared.push({ step, method, ours: await take(step, one), theirs: await take(step, other) });
  }
});

afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe('two emulators of Slack', () => {
  it('end the same calls alike, but for the differences listed', async ({ annotate }) => {
    const differing = compared
      .filter(({ ours, theirs }) => ours.outcome !== theirs.outcome)
      .map(({ step, ours, theirs }) => [step.what, { ours: ours.outcome, theirs: theirs.outcome }]);
    const listed = Object.entries(otherOutcomes).map(([what, { ours, theirs }]) => [what, { ours, theirs }]);
    expect(Object.fromEntries(differing)).toEqual(Object.fromEntries(listed));
    await annotate(`${steps.length} calls, ${listed.length} of them ended otherwise elsewhere`, 'figure');
  });

  it('answer in the same shapes, but for the differences listed', () => {
    const differing = compared
      .filter(({ ours, theirs }) => ours.outcome === 'ok' && theirs.outcome === 'ok')
      .flatMap(({ method, ours, theirs }) => {
        const own = shape(ours.answer);
        return [...shape(theirs.answer)]
          .filter(([path, type]) => !path.startsWith('.response_metadata') && own.get(path) !== type)
          .map(([path, type]) => `${method} ${path}: ${type} instead of ${own.get(path) ?? 'nothing'}`);
      });
    const unlisted = differing.filter((line) => !otherShapes.some(({ of }) => of.test(line)));
    expect(unlisted).toEqual([]);
    const stale = otherShapes.filter(({ of }) => !differing.some((line) => of.test(line)));
    expect(stale).toEqual([]);
  });
});
