import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { badSlackRequests, type SlackCase } from '../../fixtures/corpora/slackBodies.ts';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { createWorkspaceDriver } from '../../scenarios/workspaceDriver.ts';
import { type EdgeBot, startEdgeBot } from './edgeBot.ts';
import { send } from './wire.ts';

/** How many are sent at once; few enough to find the one at fault. */
const atOnce = 8;

const stops: Stops = [];
let bot: EdgeBot;

const firing = readFileSync(new URL('../../fixtures/alertmanager/firing.json', import.meta.url));

beforeAll(async () => {
  bot = await startEdgeBot(stops);
  // Something to aim at: an incident whose playbook asks a question.
  const taken = await send(`${bot.url}/alertmanager`, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bot.token}` },
    body: firing,
  });
  expect(taken.status).toBe(200);
  const driver = createWorkspaceDriver(bot.emulator);
  await driver.withButton((await driver.incidentChannel(1)).id, 'Answer');
  await bot.emulator.settled();
}, 90_000);
afterAll(() => stopAll(stops));

const slash = (text: string): string =>
  new URLSearchParams({
    command: '/genesis',
    text,
    user_id: 'U0ONCALL001',
    team_id: bot.emulator.teamId,
    channel_id: 'C0GENERAL01',
    trigger_id: `9.9.${text}`,
  }).toString();

describe('signed bodies that are broken, forged or for nobody', { tags: ['trust-23', 'trust-30'] }, () => {
  it("are answered in Slack's terms and change nothing", { timeout: 120_000 }, async ({ annotate }) => {
    const before = await bot.events();
    const cases = badSlackRequests();
    expect(cases.length).toBeGreaterThanOrEqual(400);
    const wrong: string[] = [];
    const broken = async ({ name, expect: right, body, ...request }: SlackCase): Promise<void> => {
      const { status } = await send(`${bot.url}${request.path}`, {
        ...request,
        body,
        headers: { ...bot.sign(body), ...request.headers },
      });
      if (!right.includes(status)) wrong.push(`${name}: ${status}`);
    };
    for (let from = 0; from < cases.length && wrong.length === 0; from += atOnce) {
      const some = cases.slice(from, from + atOnce);
      await Promise.all(some.map(broken));
      if ((await bot.events()) !== before)
        wrong.push(`one of these wrote something: ${some.map(({ name }) => name).join('; ')}`);
    }
    await bot.emulator.settled();
    expect(wrong).toEqual([]);
    expect(await bot.events()).toBe(before);
    expect(bot.lines.filter(({ level }) => level === 'error')).toEqual([]);

    const body = slash('declare P4 Still heard');
    const heard = await send(`${bot.url}/slack/events`, { headers: bot.sign(body), body });
    expect(heard.status).toBe(200);
    await vi.waitFor(async () => expect(await bot.events()).toBeGreaterThan(before), 10_000);
    await annotate(`${cases.length} signed bodies, none above 4xx, 0 events`, 'figure');
  });
});
