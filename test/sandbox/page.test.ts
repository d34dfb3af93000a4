import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { KnownBlock, View } from '@slack/types';
import { WebClient } from '@slack/web-api';
import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { type Page, startPage } from '../../src/sandbox/page/server.ts';
import { faultGroups } from '../../src/sandbox/page/web/patient/faultGroups.ts';
import { parseMarkdown } from '../../src/sandbox/page/web/text/markdown.ts';
import { parseMrkdwn } from '../../src/sandbox/page/web/text/mrkdwn.ts';
import { formatSlackDate, fromWallClock, wallClock } from '../../src/sandbox/page/web/text/slackDate.ts';
import { FAULTS } from '../../src/sandbox/patient/faults.ts';
import { type Patient, startPatient } from '../../src/sandbox/patient/patient.ts';
import { launchBrowser } from '../fakes/browser.ts';
import { requireComponent } from '../fakes/components.ts';
import { runOn } from './patientHost.ts';

/** The sandbox's page in a real browser, before the real workspace, a real Bolt app and the real patient. */

const executablePath = requireComponent('chromium');

const rollBack: KnownBlock[] = [
  { type: 'header', text: { type: 'plain_text', text: 'P1 · High error rate' } },
  {
    type: 'section',
    text: {
      type: 'mrkdwn',
      text: `*Mitigating* since <!date^1763733720^{date_num} {time}|then> · commander <@${people.oncall}>\n&lt;b&gt; is no markup`,
    },
  },
  {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: 'roll_back',
        text: { type: 'plain_text', text: 'Roll Back' },
        style: 'danger',
        confirm: {
          title: { type: 'plain_text', text: 'Roll back to v1.4.2?' },
          text: { type: 'plain_text', text: 'About 15 minutes.' },
          confirm: { type: 'plain_text', text: 'Roll It Back' },
          deny: { type: 'plain_text', text: 'Cancel' },
        },
      },
      { type: 'button', action_id: 'update', text: { type: 'plain_text', text: 'Update Status' } },
      {
        type: 'overflow',
        action_id: 'more',
        options: [
          { text: { type: 'plain_text', text: 'Silence' }, value: 'silence' },
          { text: { type: 'plain_text', text: 'Resolve' }, value: 'resolve' },
        ],
      },
    ],
  },
];

const form: View = {
  type: 'modal',
  callback_id: 'update',
  title: { type: 'plain_text', text: 'Update status' },
  submit: { type: 'plain_text', text: 'Post Update' },
  blocks: [
    {
      type: 'input',
      block_id: 'said',
      label: { type: 'plain_text', text: 'How it stands' },
      element: { type: 'plain_text_input', action_id: 'text', multiline: true },
    },
    {
      type: 'input',
      block_id: 'severity',
      label: { type: 'plain_text', text: 'Severity' },
      element: {
        type: 'static_select',
        action_id: 'choice',
        options: ['P0', 'P1', 'P2'].map((value) => ({ text: { type: 'plain_text', text: value }, value })),
      },
    },
    {
      type: 'input',
      block_id: 'scope',
      optional: true,
      label: { type: 'plain_text', text: 'Told to' },
      element: {
        type: 'checkboxes',
        action_id: 'whom',
        options: ['Leads', 'Everybody'].map((value) => ({
          text: { type: 'plain_text', text: value },
          value,
        })),
      },
    },
  ],
};

/** An app that says what it was asked for, so that the page's requests can be read off the page. */
async function startApp(emulator: Emulator): Promise<() => Promise<unknown>> {
  const app = new App({
    receiver: new SocketModeReceiver({
      appToken: emulator.appToken,
      logLevel: LogLevel.ERROR,
      installerOptions: { clientOptions: { slackApiUrl: emulator.apiUrl } },
    }),
    token: emulator.botToken,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
    clientOptions: { slackApiUrl: emulator.apiUrl },
  });
  app.action('roll_back', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || body.channel === undefined || body.message === undefined) return;
    const text = `Rolled back by <@${body.user.id}>`;
    await client.chat.update({
      channel: body.channel.id,
      ts: body.message.ts,
      text,
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
    });
  });
  app.action('update', async ({ ack, body, client }) => {
    await ack();
    if (body.type === 'block_actions') await client.views.open({ trigger_id: body.trigger_id, view: form });
  });
  app.action('more', async ({ ack, action, respond }) => {
    await ack();
    if (action.type !== 'overflow') return;
    await respond({ text: `Only you hear of *${action.selected_option.value}*`, replace_original: false });
  });
  app.view('update', async ({ ack, view, client }) => {
    const { values } = view.state;
    const said = values.said?.text?.value ?? '';
    if (said.length < 10) {
      await ack({ response_action: 'errors', errors: { said: 'Say a little more.' } });
      return;
    }
    await ack();
    const severity = values.severity?.choice?.selected_option?.value;
    const told = values.scope?.whom?.selected_options?.map(({ value }) => value).join('+');
    await client.chat.postMessage({
      channel: channelIds.alerts,
      text: `Update: ${said} / ${severity} / ${told}`,
    });
  });
  app.command('/genesis', async ({ ack, command }) => {
    await ack({ text: `You said ${command.text}` });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const text = `Nothing needs <@${event.user}>.`;
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] },
    });
  });
  await app.init();
  await app.start();
  return () => app.stop();
}

const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

describe.skipIf(executablePath === null)('the sandbox page', () => {
  let directory: string;
  let patient: Patient;
  let emulator: Emulator;
  let page: Page;
  let browser: Browser;
  let client: WebClient;
  /** What the browser complained of in the running test. */
  const complaints: string[] = [];
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'genesis-page-'));
    stops.push(() => rm(directory, { recursive: true, force: true }));
    patient = await startPatient({ directory: join(directory, 'patient'), port: await freePort() });
    stops.push(patient.stop);
    emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
    stops.push(emulator.stop);
    stops.push(await startApp(emulator));
    page = await startPage({
      emulatorUrl: emulator.url,
      patientUrl: patient.controlUrl,
      cacheDirectory: join(directory, 'cache'),
    });
    stops.push(page.stop);
    browser = await launchBrowser(executablePath ?? '');
    stops.push(() => browser.close());
    client = new WebClient(emulator.botToken, { slackApiUrl: emulator.apiUrl });
  }, 120_000);

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  async function open(place = '', viewport = desktop): Promise<Tab> {
    const context = await browser.newContext({ viewport });
    const tab = await context.newPage();
    tab.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(error.message));
    await tab.goto(`${page.url}/${place}`);
    await tab.getByRole('main').waitFor();
    return tab;
  }

  const alerts = `#/${people.oncall}/${channelIds.alerts}`;

  async function postCard(): Promise<string> {
    const { ts } = await client.chat.postMessage({
      channel: channelIds.alerts,
      text: 'P1 · High error rate',
      blocks: rollBack,
    });
    return ts ?? '';
  }

  const at = (tab: Tab, ts: string) => tab.locator(`.channel-pane [data-testid=message][data-ts="${ts}"]`);

  it('greets with one button, which breaks the patient', async () => {
    const tab = await open();
    await expect.poll(() => tab.getByTestId('health').textContent(), { timeout: 15_000 }).toBe('Healthy');
    await tab.getByRole('button', { name: 'Break It' }).click();
    await expect.poll(() => patient.state().faults).toEqual(['llm-errors']);
    const llmErrors = tab.getByRole('switch', { name: /LLM errors/ });
    await expect.poll(() => llmErrors.getAttribute('aria-checked')).toBe('true');
    expect(await tab.getByTestId('first-visit').count()).toBe(0);
    await tab.getByText('An alert follows within about 20 seconds.').waitFor();
    await llmErrors.click();
    await expect.poll(() => patient.state().faults).toEqual([]);
  });

  it('shows a card with its mentions and dates as this person reads them', async () => {
    const ts = await postCard();
    const tab = await open(alerts);
    const card = at(tab, ts);
    await card.getByRole('heading', { name: 'P1 · High error rate' }).waitFor();
    // Of the on-call engineer's zone, an hour ahead of UTC in November.
    await card.getByText('2025-11-21 15:02').waitFor();
    expect(await card.locator('time[title*="21 November 2025"]').getAttribute('title')).toContain('15:02:00');
    await card.getByText('@On-Call Engineer').waitFor();
    await card.getByText('<b> is no markup').waitFor();
  });

  it('clicks a button only after a yes in its confirm dialog', async () => {
    const ts = await postCard();
    const tab = await open(alerts);
    const card = at(tab, ts);
    await card.getByRole('button', { name: 'Roll Back' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Roll back to v1.4.2?' });
    await dialog.getByText('About 15 minutes.').waitFor();
    await tab.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await card.getByRole('button', { name: 'Roll Back' }).press('Enter');
    await dialog.getByRole('button', { name: 'Roll It Back' }).click();
    await card.getByText('Rolled back by @On-Call Engineer').waitFor();
    expect(await card.getByRole('button', { name: 'Roll Back' }).count()).toBe(0);
  });

  it('fills in a form, told first what is wrong with it', async () => {
    const ts = await postCard();
    const tab = await open(alerts);
    await at(tab, ts).getByRole('button', { name: 'Update Status' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Update status' });
    const words = dialog.getByRole('textbox', { name: 'How it stands' });
    await expect.poll(() => tab.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
    await words.fill('Too short');
    await dialog.getByRole('button', { name: 'Post Update' }).click();
    await dialog.getByText('Please complete this required field.').waitFor();
    await dialog.getByRole('combobox', { name: 'Severity' }).selectOption('P2');
    await dialog.getByRole('checkbox', { name: 'Everybody' }).check();
    await dialog.getByRole('button', { name: 'Post Update' }).click();
    await dialog.getByText('Say a little more.').waitFor();
    expect(await words.getAttribute('aria-invalid')).toBe('true');
    await words.fill('Half of the traffic is back.');
    await dialog.getByRole('button', { name: 'Post Update' }).click();
    await dialog.waitFor({ state: 'detached' });
    await tab
      .getByTestId('message')
      .getByText('Update: Half of the traffic is back. / P2 / Everybody')
      .waitFor();
  });

  it('closes a form with Escape and tells the workspace', async () => {
    const ts = await postCard();
    const tab = await open(alerts);
    await at(tab, ts).getByRole('button', { name: 'Update Status' }).click();
    await tab.getByRole('dialog').waitFor();
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('shows to one person alone what only that person is told', async () => {
    const ts = await postCard();
    const tab = await open(alerts);
    const other = await open(`#/${people.responder}/${channelIds.alerts}`);
    await at(tab, ts).getByRole('button', { name: 'More actions', exact: true }).click();
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('Enter');
    const told = tab.getByTestId('ephemeral').filter({ hasText: 'Only you hear of resolve' });
    await told.getByText('Only visible to you').waitFor();
    await at(other, ts).waitFor();
    expect(await other.getByTestId('ephemeral').count()).toBe(0);
  });

  it('goes to the answer that one person alone gets to a click, wherever that person reads', async () => {
    const made = await client.conversations.create({ name: 'a-talk-that-fills-more-than-one-screen-by-far' });
    const channel = made.channel?.id ?? '';
    await client.conversations.invite({ channel, users: people.oncall });
    const { ts } = await client.chat.postMessage({ channel, text: 'The card', blocks: rollBack });
    for (let line = 1; line <= 30; line += 1)
      await client.chat.postMessage({ channel, text: `Line ${line}\nand more` });
    const tab = await open(`#/${people.oncall}/${channel}`);
    const row = tab.getByRole('button', { name: /^a-talk-that-fills/ });
    await row.hover();
    expect(await row.locator('.channel-name').getAttribute('title')).toMatch(/^a-talk.*far$/);
    await at(tab, ts ?? '')
      .getByRole('button', { name: 'More actions', exact: true })
      .click();
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('Enter');
    const told = tab.getByTestId('ephemeral').filter({ hasText: 'Only you hear of resolve' });
    const distance = async () => {
      const list = await tab.getByRole('region', { name: /^Messages in/ }).boundingBox();
      const answer = await told.boundingBox();
      if (list === null || answer === null) return Number.POSITIVE_INFINITY;
      return answer.y + answer.height - (list.y + list.height);
    };
    await expect.poll(distance).toBeLessThanOrEqual(0);
  });

  it('says why a fault has no effect, and resets the patient', async () => {
    const tab = await open(alerts);
    const settings = join(patient.checkout, 'config', 'llm_fallback.yaml');
    await writeFile(settings, 'llm:\n  enabled: false\n  fallback_mode: heuristic\n');
    await runOn(patient, 'systemctl', 'restart', 'genesis-orchestration');
    const llmErrors = tab.getByRole('switch', { name: /LLM errors/ });
    await llmErrors.click();
    await llmErrors.getByText('No effect: the model is off, decomposition is heuristic').waitFor();
    await tab.getByRole('button', { name: 'Reset the Patient' }).click();
    await expect.poll(() => llmErrors.getAttribute('aria-checked'), { timeout: 15_000 }).toBe('false');
    await expect
      .poll(() => patient.state(), { timeout: 15_000 })
      .toMatchObject({ running: true, faults: [], configuration: { llm: 'enabled' } });
    await expect(stat(settings)).rejects.toThrow('ENOENT');
    await tab.getByRole('button', { name: 'Reset the Patient' }).waitFor();
  });

  it('has a switch for every fault of the patient, in groups that tell how many are on', async () => {
    expect(faultGroups.flatMap(({ faults }) => faults.map(([fault]) => fault)).toSorted()).toEqual(
      FAULTS.toSorted(),
    );
    const tab = await open(alerts);
    const redis = tab.getByRole('switch', { name: /Redis offline/ });
    const group = tab.getByText('Containers and other services');
    expect(await redis.isVisible()).toBe(false);
    await group.click();
    await redis.getByText('Its container has stopped → RedisOffline').waitFor();
    await redis.click();
    await expect.poll(() => patient.state().faults).toEqual(['redis-offline']);
    await group.getByText('1 on').waitFor();
    await redis.click();
    await expect.poll(() => patient.state().faults).toEqual([]);
  });

  it('hints at the words of a command and sends it', async () => {
    const tab = await open(alerts);
    const field = tab.getByRole('combobox', { name: 'Message to genesis-alerts' });
    await field.fill('/gen');
    await tab.getByRole('option', { name: /Incidents, playbooks and rollbacks/ }).waitFor();
    await field.press('Tab');
    await field.pressSequentially('roll');
    await tab.getByRole('option', { name: /Take back what was changed/ }).waitFor();
    await field.press('Enter');
    await expect.poll(() => field.inputValue()).toBe('/genesis rollback ');
    await field.press('Enter');
    await tab.getByTestId('ephemeral').getByText('You said rollback').waitFor();
    expect(await field.inputValue()).toBe('');
  });

  it('holds a thread beside its channel, live', async () => {
    const ts = await postCard();
    await client.chat.postMessage({ channel: channelIds.alerts, thread_ts: ts, text: 'Full output: `429`' });
    const tab = await open(alerts);
    await at(tab, ts).getByTestId('reply-count').getByText('1 reply').waitFor();
    await at(tab, ts).getByTestId('reply-count').click();
    const thread = tab.getByTestId('thread');
    await thread.getByTestId('message').getByText('Full output:').waitFor();
    await thread.getByRole('combobox', { name: 'Reply in thread' }).fill('Thank you, @responder');
    await tab.keyboard.press('Enter');
    await thread.getByTestId('message').getByText('Thank you, @Responder').waitFor();
    await client.chat.postMessage({ channel: channelIds.alerts, thread_ts: ts, text: 'One more line' });
    await thread.getByTestId('message').getByText('One more line').waitFor();
    await at(tab, ts).getByText('3 replies').waitFor();
    await thread.getByRole('combobox').press('Escape');
    await thread.waitFor({ state: 'detached' });
  });

  it('marks what is unread until it is looked at, for each person', async () => {
    await client.chat.postMessage({
      channel: channelIds.general,
      text: `<@${people.lead}> please look at this`,
    });
    const tab = await open(alerts);
    await tab.getByRole('button', { name: /You are the on-call engineer/ }).click();
    await tab.getByRole('menuitem', { name: /the deployment lead/ }).click();
    await tab.getByRole('button', { name: /You are the deployment lead/ }).waitFor();
    await tab.getByRole('button', { name: 'general, 1 mentions' }).click();
    await tab.getByRole('main').getByText('@Deployment Lead please look at this').waitFor();
    await tab.getByRole('button', { name: 'general', exact: true }).waitFor();
    expect(await tab.getByRole('button', { name: 'general', exact: true }).getAttribute('aria-current')).toBe(
      'page',
    );
  });

  it('goes inside the page where a button or a link leads to a message of the workspace', async () => {
    const first = await client.chat.postMessage({ channel: channelIds.general, text: 'The request itself' });
    const { permalink = '' } = await client.chat.getPermalink({
      channel: channelIds.general,
      message_ts: first.ts ?? '',
    });
    const { ts = '' } = await client.chat.postMessage({
      channel: channelIds.alerts,
      text: 'Something waits',
      blocks: [
        {
          type: 'section',
          text: { type: 'mrkdwn', text: `<${permalink}|The message>` },
          accessory: {
            type: 'button',
            action_id: 'open.channel',
            text: { type: 'plain_text', text: 'Review' },
            url: permalink,
          },
        },
      ],
    });
    const tab = await open(alerts);
    for (const name of ['Review', 'The message']) {
      await at(tab, ts).getByRole('button', { name }).click();
      await tab.locator(`[data-ts="${first.ts}"].pointed-at, [id$="${first.ts}"].pointed-at`).waitFor();
      expect(new URL(tab.url()).hash).toBe(`#/${people.oncall}/${channelIds.general}`);
      await tab.goBack();
    }
    expect(tab.context().pages()).toHaveLength(1);
  });

  it('opens the home of the app', async () => {
    const tab = await open(alerts);
    await tab.getByRole('navigation').getByRole('button', { name: 'Genesis', exact: true }).click();
    await tab.getByTestId('home').getByText('Nothing needs @On-Call Engineer.').waitFor();
    await tab.getByRole('tab', { name: 'Messages' }).click();
    await tab.getByRole('combobox', { name: 'Message to Genesis' }).waitFor();
  });

  it('shows topic, pins, bookmarks, files and code of an incident channel', async () => {
    const made = await client.conversations.create({ name: 'incident-2026-11-21-high-error-rate' });
    const channel = made.channel?.id ?? '';
    await client.conversations.invite({ channel, users: Object.values(people).join(',') });
    await client.conversations.setTopic({ channel, topic: `P1 · commander <@${people.oncall}>` });
    await client.bookmarks.add({
      channel_id: channel,
      title: 'Dashboard',
      type: 'link',
      link: 'https://example.com/',
    });
    const card = await client.chat.postMessage({ channel, text: 'The card' });
    await client.pins.add({ channel, timestamp: card.ts ?? '' });
    await client.files.uploadV2({
      channel_id: channel,
      content: 'first line\nsecond line',
      filename: 'out.log',
    });
    await client.chat.postMessage({ channel, text: 'Last lines:\n```429 Too Many Requests```' });
    const tab = await open(alerts);
    await tab.getByRole('region', { name: 'Incidents' }).getByRole('button').click();
    await tab.getByTestId('topic').getByText('@On-Call Engineer').waitFor();
    await tab.getByRole('link', { name: 'Dashboard' }).waitFor();
    const pins = tab.getByRole('button', { name: '1 pinned' });
    await pins.click();
    await tab.keyboard.press('Escape');
    await expect.poll(() => pins.getAttribute('aria-expanded')).toBe('false');
    await pins.click();
    await tab.getByTestId('topic').click();
    await expect.poll(() => pins.getAttribute('aria-expanded')).toBe('false');
    await pins.click();
    await tab.getByRole('button', { name: /^The card/ }).click();
    await tab.locator('pre', { hasText: 'second line' }).waitFor();
    await tab.locator('pre', { hasText: '429 Too Many Requests' }).waitFor();
  });

  it("switches Slack's own faults", async () => {
    const tab = await open(alerts);
    await tab.getByText('Slack’s own faults').click();
    await tab.getByRole('switch', { name: /Events twice/ }).click();
    await expect.poll(() => emulator.faults.rules()).toEqual([{ kind: 'duplicate_event', event: '*' }]);
    await tab.getByRole('button', { name: 'Switch All Off' }).click();
    await expect.poll(() => emulator.faults.rules()).toEqual([]);
  });

  it('fits a phone', async () => {
    const ts = await postCard();
    await client.chat.postMessage({
      channel: channelIds.alerts,
      thread_ts: ts,
      text: `\`\`\`${'a long line of output '.repeat(30)}\`\`\``,
    });
    const tab = await open(alerts, phone);
    const overflow = () =>
      tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    await at(tab, ts).waitFor();
    expect(await overflow()).toBe(0);
    await at(tab, ts).getByTestId('reply-count').click();
    await tab.getByTestId('thread').getByText('a long line').waitFor();
    expect(await overflow()).toBe(0);
    await tab.getByRole('button', { name: 'Close thread' }).click();
    await tab.getByRole('button', { name: /^Patient/ }).click();
    await tab.getByRole('switch', { name: /Disk full/ }).waitFor();
    expect(await overflow()).toBe(0);
    await tab.getByRole('button', { name: 'Hide patient' }).click();
    await tab.getByRole('button', { name: 'Channels' }).click();
    await tab.getByRole('button', { name: /^general/ }).click();
    await tab.getByRole('heading', { name: 'general' }).waitFor();
    expect(await overflow()).toBe(0);
  });

  /** What the server answers to a request with these headers, which a browser would not let a page choose. */
  function statusOf(path: string, method: string, headers: Record<string, string>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asked = request(new URL(path, page.url), { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end(method === 'POST' ? '{}' : undefined);
    return promise;
  }

  it('answers no page but itself', async () => {
    const json = { 'content-type': 'application/json' };
    const fault = '/patient/fault';
    expect(await statusOf('/', 'GET', { host: 'evil.example' })).toBe(403);
    expect(await statusOf(fault, 'POST', { ...json, origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf(fault, 'POST', { ...json, origin: 'http://127.0.0.1:1' })).toBe(403);
    expect(await statusOf('/person/say', 'POST', { ...json, origin: 'null' })).toBe(403);
    expect(await statusOf('/person/say', 'POST', { ...json, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusOf('/unit/stop', 'POST', { ...json, origin: page.url })).toBe(405);
    expect(await statusOf('/person/faults', 'GET', { 'sec-fetch-site': 'same-origin' })).toBe(200);
    const answer = await fetch(page.url);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('is built once for the same sources', async () => {
    const cacheDirectory = join(directory, 'cache');
    const before = await stat(cacheDirectory);
    const again = await startPage({
      emulatorUrl: emulator.url,
      patientUrl: patient.controlUrl,
      cacheDirectory,
    });
    stops.push(again.stop);
    expect((await fetch(again.url)).status).toBe(200);
    expect((await stat(cacheDirectory)).mtimeMs).toBe(before.mtimeMs);
  });
});

describe('the text of messages', () => {
  const paragraph = (text: string) => {
    const [block] = parseMrkdwn(text, { linksBare: false });
    return block?.kind === 'paragraph' ? block.parts : [];
  };

  it('marks words, not what lies inside words', () => {
    expect(paragraph('*bold _both_* a_b_c 2*3*4 `*code*`')).toEqual([
      {
        kind: 'bold',
        parts: [
          { kind: 'text', text: 'bold ' },
          { kind: 'italic', parts: [{ kind: 'text', text: 'both' }] },
        ],
      },
      { kind: 'text', text: ' a_b_c 2*3*4 ' },
      { kind: 'code', text: '*code*' },
    ]);
  });

  it('takes mentions, dates and links from between angle brackets alone', () => {
    expect(
      paragraph('<@U1> <!subteam^S1> <!date^60^{time}|then> <https://a.example/?a=1&amp;b|*x*> &lt;@U2&gt;'),
    ).toEqual([
      { kind: 'user', id: 'U1', label: '' },
      { kind: 'text', text: ' ' },
      { kind: 'group', id: 'S1', label: '' },
      { kind: 'text', text: ' ' },
      { kind: 'date', at: 60_000, format: '{time}', url: '', fallback: 'then' },
      { kind: 'text', text: ' ' },
      { kind: 'link', url: 'https://a.example/?a=1&b', parts: [{ kind: 'text', text: '*x*' }] },
      { kind: 'text', text: ' <@U2>' },
    ]);
  });

  it('keeps what is fenced or quoted apart', () => {
    const kinds = parseMrkdwn('before\n&gt; quoted\nafter\n```\n*as is* &lt;\n```', { linksBare: false });
    expect(kinds.map(({ kind }) => kind)).toEqual(['paragraph', 'quote', 'paragraph', 'code']);
    expect(kinds.at(-1)).toEqual({ kind: 'code', text: '*as is* <' });
  });

  it('says dates in the zone of the reader', () => {
    const at = Date.parse('2026-03-01T23:30:00Z');
    const now = Date.parse('2026-03-02T12:00:00Z');
    const format = '{date_short_pretty} at {time}';
    expect(formatSlackDate(at, format, { zone: 'Europe/Berlin', now })).toBe('today at 00:30');
    expect(formatSlackDate(at, format, { zone: 'Europe/London', now })).toBe('yesterday at 23:30');
    expect(formatSlackDate(at, '{ago}', { zone: 'Europe/London', now })).toBe('13 hours ago');
  });

  it('reads a clock on the wall back as the same moment', () => {
    const seconds = Date.parse('2026-07-01T10:00:00Z') / 1000;
    expect(wallClock(seconds, 'America/New_York')).toBe('2026-07-01T06:00');
    expect(fromWallClock('2026-07-01T06:00', 'America/New_York')).toBe(seconds);
    expect(fromWallClock('', 'America/New_York')).toBe(null);
  });

  it('reads Markdown as headings, lists, tables and code', () => {
    const blocks = parseMarkdown(
      '# Summary\nOne **bold** line\n- [x] done\n- open\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n# no heading\n```',
    );
    expect(blocks.map(({ kind }) => kind)).toEqual(['heading', 'paragraph', 'list', 'table', 'code']);
    expect(blocks[2]).toMatchObject({ items: [{ isDone: true }, { isDone: null }] });
    expect(blocks[3]).toMatchObject({ rows: [[[{ text: '1' }], [{ text: '2' }]]] });
  });
});
