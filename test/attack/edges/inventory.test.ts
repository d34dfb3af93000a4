import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Route } from '../../../src/adapters/http/route.ts';
import { actionIds } from '../../../src/adapters/slack/clicks.ts';
import { allWords } from '../../../src/adapters/slack/slash/words.ts';
import { formNames } from '../../../src/adapters/slack/submissions.ts';
import { startBot } from '../../../src/bot.ts';
import { readConfig } from '../../../src/config.ts';
import { channelIds, people, teamId } from '../../../src/sandbox/emulator/seed.ts';
import { createFakeLog } from '../../fakes/ports.ts';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { createWorkspaceDriver } from '../../scenarios/workspaceDriver.ts';
import { type EdgeBot, startEdgeBot } from './edgeBot.ts';
import { type Front, standInFront, strangers } from './strangers.ts';
import { send } from './wire.ts';

/**
 * Every way in, taken from what the bot itself registers: the routes of its server, the words of its slash command, its
 * buttons and its forms. A new one fails here until it is listed with what strangers get from it.
 */

const soak = process.env.SOAK === '1';
const stops: Stops = [];
let bot: EdgeBot;
let front: Front;
/** Channel of the incident that strangers aim at. */
let channel = '';

const highErrorRate = readFileSync(
  new URL('../../fixtures/alertmanager/firing.json', import.meta.url),
  'utf8',
)
  .replaceAll('DatabaseConnectionsExhausted', 'HighErrorRate')
  .replaceAll('payments', 'genesis-orchestration');

const secrets = {
  GENESIS_KEY: 'canary-of-the-audit-key-7f3a',
  ALERTMANAGER_TOKEN: 'canary-of-a-webhook-token-91bc,canary-of-its-successor-40de',
  PAGERDUTY_ROUTING_KEY: 'canaryofaroutingkey',
  PAGERDUTY_WEBHOOK_SECRET: 'canary-of-a-pager-secret-5d1e',
  PAGERDUTY_EVENTS_URL: 'http://127.0.0.1:9',
} as const;

beforeAll(async () => {
  bot = await startEdgeBot(stops, {
    startBot: async (env) => {
      front = await standInFront(stops, env.SLACK_API_URL ?? '', teamId);
      const config = readConfig({ ...env, ...secrets, SLACK_API_URL: front.apiUrl });
      if (config.kind === 'bad') throw new Error(config.problems.join('\n'));
      return startBot(config.config, { log: createFakeLog().log });
    },
  });
  const [token] = secrets.ALERTMANAGER_TOKEN.split(',');
  const taken = await send(`${bot.url}/alertmanager`, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: highErrorRate,
  });
  expect(taken.status).toBe(200);
  const driver = createWorkspaceDriver(bot.emulator);
  ({ id: channel } = await driver.incidentChannel(1));
  await driver.withButton(channel, 'LLM rate limits or timeouts');
  await calm();
}, 90_000);
afterAll(() => stopAll(stops));

/** Waits until the log has stopped growing by itself: what is under way has ended. */
async function calm(): Promise<number> {
  let last = -1;
  await vi.waitFor(
    async () => {
      const now = await bot.events();
      const before = last;
      last = now;
      expect(now).toBe(before);
    },
    { timeout: 30_000, interval: 300 },
  );
  return last;
}

describe('the routes', { tags: ['trust-29'] }, () => {
  const nameOf = (route: Route): string =>
    `${route.method} ${'path' in route ? route.path : `${route.prefix}/…`}`;

  /** What somebody gets who shows nothing, something wrong, or the credential of another way in. */
  const documented: Readonly<Record<string, { without: number; wrong: number; open?: RegExp }>> = {
    'POST /alertmanager': { without: 401, wrong: 401 },
    'POST /pagerduty': { without: 401, wrong: 401 },
    'POST /slack/events': { without: 401, wrong: 401 },
    'GET /healthz': { without: 200, wrong: 200, open: /^\{"status":"\w+"/ },
    'GET /readyz': { without: 200, wrong: 200, open: /^\{"status":"ready",.*"checks":\{/ },
    'GET /metrics': { without: 200, wrong: 200, open: /^# HELP genesis_bot_/ },
  };

  it('are all listed, and each answers only those it should', async ({ annotate }) => {
    const routes = bot.bot.routes;
    expect(routes.map(nameOf).toSorted()).toEqual(Object.keys(documented).toSorted());
    let asked = 0;
    for (const route of routes) {
      const name = nameOf(route);
      const right = documented[name]!;
      const path = 'path' in route ? route.path : `${route.prefix}/x`;
      const type = route.accepts?.[0] ?? 'application/json';
      const ask = (headers: Record<string, string>, body = route.method === 'GET' ? '' : '{}') => {
        asked += 1;
        return send(`${bot.url}${path}`, {
          method: route.method,
          headers: { 'content-type': type, ...headers },
          body,
        });
      };
      const nothing = await ask({});
      expect(nothing.status, name).toBe(right.without);
      if (right.open) expect(nothing.text, name).toMatch(right.open);
      const [token] = secrets.ALERTMANAGER_TOKEN.split(',');
      const wrong: Record<string, string>[] = [
        { authorization: 'Bearer wrong' },
        { authorization: `Basic ${Buffer.from(`a:${token}`).toString('base64')}` },
        { authorization: `Bearer ${bot.emulator.botToken}` },
        { authorization: `Bearer ${bot.emulator.signingSecret}` },
        { cookie: `token=${token}` },
        { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-user': 'admin' },
        { ...bot.sign('{}', { secret: 'another secret, as long as ours' }), 'content-type': type },
        // The signature of Slack opens Slack's door alone, and the token the webhook's alone.
        ...(name === 'POST /slack/events'
          ? [{ authorization: `Bearer ${token}` }]
          : [{ ...bot.sign('{}'), 'content-type': type }]),
      ];
      for (const headers of wrong) {
        const { status } = await ask(headers);
        expect(status, `${name} ${JSON.stringify(headers)}`).toBe(right.wrong);
      }
      expect((await send(`${bot.url}${path}?token=${token}`, { method: route.method })).status).not.toBe(500);
    }
    await annotate(`${routes.length} routes, ${asked} requests without the right credential`, 'figure');
  });

  it('say nothing secret to those who may read them', async () => {
    const known = [
      ...Object.values(secrets).flatMap((value) => value.split(',')),
      bot.emulator.botToken,
      bot.emulator.appToken,
      bot.emulator.signingSecret,
    ];
    for (const route of bot.bot.routes.filter(({ auth }) => auth === 'none')) {
      const path = 'path' in route ? route.path : route.prefix;
      const { text } = await send(`${bot.url}${path}`, { method: 'GET' });
      for (const secret of known) {
        expect(text, path).not.toContain(secret);
        expect(text, path).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
      }
      // Nor who works here, what they wrote, and where on the disk it lies.
      for (const word of [bot.directory, people.oncall, channel, 'HighErrorRate', 'pay-a', 'xoxb-', 'xapp-'])
        expect(text, path).not.toContain(word);
    }
  });
});

let triggers = 0;
const trigger = (): string => {
  triggers += 1;
  return `7.7.${triggers}`;
};

type Asking = { readonly what: string; readonly body: string; readonly answerAt: string };

/** Sends it signed, and waits for what the person gets to see of it. */
async function ask({ what, body, answerAt }: Asking): Promise<{ status: number; told: string }> {
  const { status, text: next } = await send(`${bot.url}/slack/events`, { headers: bot.sign(body), body });
  // A form that leads to another one is answered with that.
  if (next !== '') return { status, told: next };
  const told = await vi.waitFor(
    () => {
      const text = front.told(answerAt);
      if (text === undefined) throw new Error(`${what}: nobody was told anything`);
      return text;
    },
    { timeout: 20_000, interval: 5 },
  );
  return { status, told };
}

const payload = (json: unknown): string => new URLSearchParams({ payload: JSON.stringify(json) }).toString();

const of = (user: string) => ({
  user: { id: user, team_id: teamId },
  team: { id: teamId },
  trigger_id: trigger(),
});

const click = (user: string, answerAt: string, { actionId, value }: Button): string =>
  payload({
    ...of(user),
    type: 'block_actions',
    response_url: answerAt,
    channel: { id: channel },
    message: { ts: '1.2' },
    actions: [{ type: 'button', block_id: 'b', action_id: actionId, value }],
  });

const submission = (user: string, answerAt: string, form: string, value = values()[0]): string => {
  const filled = formsFilled[form] ?? {};
  const inputs = Object.fromEntries(Object.entries(filled).map(([name, input]) => [name, { [name]: input }]));
  return payload({
    ...of(user),
    type: 'view_submission',
    view: {
      id: `V${trigger()}`,
      hash: 'h',
      type: 'modal',
      callback_id: `genesis.${form}`,
      private_metadata: JSON.stringify({ c: channel, u: answerAt, v: value }),
      state: { values: inputs },
    },
  });
};

const command = (user: string, answerAt: string, said: string): string =>
  new URLSearchParams({
    command: '/genesis',
    text: said,
    user_id: user,
    team_id: teamId,
    channel_id: channelIds.general,
    trigger_id: trigger(),
    response_url: answerAt,
  }).toString();

type Button = { readonly actionId: string; readonly value: string };

/** Every button and menu entry that stands in the incident's messages now, as it was drawn. */
function shownButtons(): Button[] {
  const collect = (value: unknown): Button[] => {
    if (Array.isArray(value)) return value.flatMap(collect);
    if (typeof value !== 'object' || value === null) return [];
    const json = value as Record<string, unknown>;
    if (json.type === 'overflow')
      return (json.options as { value: string }[]).map((option) => ({
        actionId: String(json.action_id),
        value: option.value,
      }));
    const own =
      json.type === 'button' && typeof json.value === 'string'
        ? [{ actionId: String(json.action_id), value: json.value }]
        : [];
    return [...own, ...Object.values(json).flatMap(collect)];
  };
  const places = bot.emulator.workspace.channels().map(({ id }) => id);
  return places.flatMap((place) =>
    bot.emulator.workspace.allMessages(place).flatMap((message) => collect(message.blocks)),
  );
}

/** Values that name all that a button can name, drawn from the buttons that are shown. */
function values(): string[] {
  const all: Record<string, unknown> = { i: 'INC-1', o: 'worked', h: '0'.repeat(64) };
  for (const { value } of shownButtons()) Object.assign(all, JSON.parse(value) as object);
  const other = [JSON.stringify({ ...all, o: 'update' }), '{"i":"INC-1"}'];
  return [JSON.stringify(all), ...(soak ? other : [])];
}

const nameOf = (actionId: string): string => actionId.replace(/:\d+$/, '');

/** A link that Slack opens by itself: a click on it asks for nothing, so nothing is answered. */
const silent = ['open.channel'];

/** What is asked for with each word, so that it would do something for somebody who may. */
const wordsSaid: Readonly<Record<(typeof allWords)[number], readonly string[]>> = {
  help: [],
  declare: ['declare P4 By a stranger', 'declare'],
  status: ['status', 'status INC-1', ''],
  ack: ['ack INC-1'],
  severity: ['severity INC-1 P0', 'severity INC-1'],
  role: [`role INC-1 commander <@${people.oncall}>`, 'role INC-1'],
  update: ['update INC-1 all is well', 'update INC-1'],
  silence: ['silence INC-1', 'silence INC-1 30m', 'silence INC-1 stop'],
  resolve: ['resolve INC-1 it is over', 'resolve INC-1'],
  oncall: ['oncall'],
  page: ['page INC-1 on-call', 'page INC-1'],
  playbook: [
    'playbook list',
    'playbook show high-error-rate',
    'playbook run high-error-rate',
    'playbook run rollback-genesis-orchestration',
  ],
  rollback: ['rollback', 'rollback genesis-orchestration'],
  drill: ['drill', 'drill high-error-rate'],
  freeze: ['freeze', 'freeze all by a stranger', 'freeze list', 'freeze lift FRZ-1'],
  access: ['access approve', `access approve <@${people.oncall}>`],
  window: ['window', 'window genesis-orchestration'],
  watch: [
    'watch',
    'watch WCH-1',
    'watch start',
    'watch start genesis-orchestration 48h',
    'watch stop genesis-orchestration by a stranger',
    'watch stop WCH-1',
  ],
  preferences: ['preferences'],
};

const text = (value: string) => ({ type: 'plain_text_input', value });
const chosen = (value: string) => ({ type: 'static_select', selected_option: { value } });

/** What each form is filled in with, so that it would do something for somebody who may. */
const formsFilled: Readonly<Record<string, Record<string, unknown>>> = {
  declare: { title: text('By a stranger'), severity: chosen('P4') },
  run: { reason: text('because') },
  glass: { reason: text('because') },
  word: { typed: text('yes') },
  answer: { answer: text('yes') },
  severity: { severity: chosen('P0'), why: text('because') },
  role: { role: chosen('commander'), user: { type: 'users_select', selected_user: people.oncall } },
  call: { duty: chosen('on-call'), why: text('because') },
  'hand-over': { user: { type: 'users_select', selected_user: people.oncall } },
  update: { text: text('all is well') },
  note: { text: text('all is well') },
  resolve: { note: text('it is over') },
  drill: { playbook: chosen('high-error-rate') },
  freeze: { service: chosen('*'), why: text('by a stranger') },
  reopen: { why: text('because') },
  watch: {
    service: chosen('genesis-orchestration'),
    hours: text('48'),
    people: { type: 'multi_users_select', selected_users: [people.oncall, people.lead] },
    why: text('by a stranger'),
  },
  'watch-stop': { why: text('by a stranger') },
  rollback: { service: chosen('genesis-orchestration') },
  // Everybody may set their own, so a member who may do nothing else asks for what they have.
  preferences: { reminders: chosen('channel') },
  undo: { choice: chosen(`INC-1.1/0/${'a'.repeat(64)}`) },
};

const refusal =
  /Guests may look|Bots do not act|other workspaces may look|account was deactivated|Slack does not know/;
const outsiders = Object.entries(strangers).map(([kind, { id }]) => ({ kind, id }));

/** Everything that can be asked for now, in the name of this person. */
function everything(user: string): Asking[] {
  const drawn = shownButtons().filter(({ actionId }) => !silent.includes(actionId));
  const shown = new Set(drawn.map(({ actionId }) => nameOf(actionId)));
  const made = actionIds
    .filter((id) => !shown.has(id) && !silent.includes(id))
    .flatMap((actionId) => values().map((value) => ({ actionId, value })));
  const asking = (what: string, body: (answerAt: string) => string): Asking => {
    const answerAt = front.responseUrl();
    return { what, body: body(answerAt), answerAt };
  };
  return [
    ...[...drawn, ...made].map((button) =>
      asking(`${button.actionId} ${button.value}`, (at) => click(user, at, button)),
    ),
    ...formNames.map((form) => asking(`form ${form}`, (at) => submission(user, at, form))),
    ...Object.values(wordsSaid)
      .flat()
      .map((said) => asking(`/genesis ${said}`, (at) => command(user, at, said))),
  ];
}

/** How many are asked at once: many enough to be quick, few enough that each is heard in time. */
const atOnce = 8;

describe('buttons, forms and words', { tags: ['trust-29', 'trust-30'], timeout: 180_000 }, () => {
  /** Somebody who may not act, at everything there is, in the state that the incident is in now. */
  async function attack(
    who: readonly { kind: string; id: string }[],
  ): Promise<{ asked: number; changed: string[]; notRefused: string[] }> {
    const before = await calm();
    const opened = () => bot.emulator.calls.filter(({ method }) => method === 'views.open').length;
    const changed: string[] = [];
    const notRefused: string[] = [];
    let asked = 0;
    for (const { kind, id } of who) {
      const views = opened();
      const all = everything(id);
      asked += all.length;
      for (let from = 0; from < all.length; from += atOnce)
        await Promise.all(
          all.slice(from, from + atOnce).map(async (asking) => {
            const { status, told } = await ask(asking);
            // A member without rights may look: forms and answers are for them, and what is done with them is refused.
            const isRight = kind === 'visitor' || refusal.test(told) || /older version/.test(told);
            if (status !== 200 || !isRight)
              notRefused.push(`${kind}: ${asking.what}: ${status} ${told.slice(0, 200)}`);
          }),
        );
      if (kind !== 'visitor' && opened() !== views) notRefused.push(`${kind}: a form was opened`);
      const now = await bot.events();
      if (now !== before) {
        changed.push(`${kind} changed something`);
        break;
      }
    }
    return { asked, changed, notRefused };
  }

  it('are all listed: those that cards draw, those that forms have, those that help tells', () => {
    expect(formNames.toSorted()).toEqual(Object.keys(formsFilled).toSorted());
    expect([...allWords].toSorted()).toEqual(Object.keys(wordsSaid).toSorted());
    const drawn = readFileSync(new URL('../../adapters/slack/cards.golden.txt', import.meta.url), 'utf8');
    const ids = [...drawn.matchAll(/\b(?:incident|run|step|plan|approval|open)\.[a-z-]+/g)].map(([id]) => id);
    for (const id of new Set([...ids, ...shownButtons().map(({ actionId }) => nameOf(actionId))]))
      expect(actionIds).toContain(id);
  });

  it('do nothing for visitors, guests, Slack Connect, bots and ex-members, in any state of a run', async ({
    annotate,
  }) => {
    const driver = createWorkspaceDriver(bot.emulator);
    const visitor = { kind: 'visitor', id: people.visitor };
    const everybody = [...outsiders, visitor];
    const asking = await attack(everybody);
    expect(asking).toMatchObject({ changed: [], notRefused: [] });

    // The same button does something for somebody who may.
    const before = await bot.events();
    await driver.click(people.oncall, channel, 'LLM rate limits or timeouts');
    await vi.waitFor(async () => expect(await bot.events()).toBeGreaterThan(before), 10_000);
    await vi.waitFor(
      () => expect(shownButtons().map(({ actionId }) => nameOf(actionId))).toContain('step.perform'),
      20_000,
    );
    const some = soak ? everybody : [visitor, ...outsiders.slice(0, 1)];
    const offering = await attack(some);
    expect(offering).toMatchObject({ changed: [], notRefused: [] });

    // Everything that a person with the right may do to a step that is offered, asked for by everybody else above.
    const offered = shownButtons().map(({ actionId }) => nameOf(actionId));
    expect(offered).toEqual(expect.arrayContaining(['step.perform', 'step.skip']));

    // A plan that waits for its second person: neither approved nor refused nor broken open by a stranger.
    const rollback = front.responseUrl();
    const value = JSON.stringify({ i: 'INC-1', o: 'rollback-genesis-orchestration' });
    await ask({
      what: 'the rollback',
      body: submission(people.responder, rollback, 'run', value),
      answerAt: rollback,
    });
    await vi.waitFor(
      () => expect(shownButtons().map(({ actionId }) => nameOf(actionId))).toContain('plan.approve'),
      20_000,
    );
    const pending = await attack(some);
    expect(pending).toMatchObject({ changed: [], notRefused: [] });
    const asked = asking.asked + offering.asked + pending.asked;
    await annotate(
      `${actionIds.length} buttons, ${formNames.length} forms, ${allWords.length} words × ${outsiders.length + 1} kinds of people: ${asked} requests, 0 changes`,
      'figure',
    );
  });
});
