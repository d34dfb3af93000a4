import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page as Tab } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { launchBrowser } from '../fakes/browser.ts';
import { requireComponent } from '../fakes/components.ts';
import { rehearse, type Stops, stopAll } from './rehearsal.ts';

/**
 * The whole path as people walk it in the sandbox's page, by nothing but its buttons and keys. With `PICTURES=1` it
 * takes the pictures of the README on its way.
 */

const executablePath = requireComponent('chromium');
const alertSource =
  requireComponent('prometheus') !== null && requireComponent('alertmanager') !== null ? 'real' : 'stand-in';

const pictures = process.env.PICTURES === '1' ? 'docs/pictures' : null;
const desktop = { viewport: { width: 1280, height: 800 } };
/** Comes out at 1280 by 800 too, with room for a thread beside conversation and patient. */
const wide = { viewport: { width: 1600, height: 1000 }, deviceScaleFactor: 0.8 };
const phone = { viewport: { width: 390, height: 844 } };
const stops: Stops = [];

afterEach(() => stopAll(stops));

const patience = 60_000;

async function launch(): Promise<Browser> {
  const browser = await launchBrowser(executablePath ?? '');
  stops.push(() => browser.close());
  return browser;
}

/** One window of somebody who looks at the workspace, in the words of what can be seen there. */
function windowOf(tab: Tab) {
  const messages = tab.locator('.channel-pane [data-testid=message]');
  const thread = tab.getByTestId('thread');
  const said = (words: string | RegExp): Locator => messages.filter({ hasText: words }).last();
  return {
    tab,
    thread,
    said,
    button: (name: string): Locator =>
      tab.locator('.channel-pane').getByRole('button', { name, exact: true }).last(),
    dialog: tab.getByRole('dialog'),
    toldAlone: tab.getByTestId('ephemeral'),
    openIncident: async () => {
      await tab.getByRole('region', { name: 'Incidents' }).getByRole('button').first().click();
      await said('P1 · High error rate on genesis-orchestration').waitFor();
    },
    openThread: async (words: string | RegExp) => {
      await said(words).getByTestId('reply-count').click();
      await thread.waitFor();
    },
    /** Goes from one thing to the next until the button has the focus, then presses Enter. */
    pressByKeyboard: async (name: string) => {
      await tab.locator('.message-list').first().focus();
      const focused = () => tab.evaluate<string>('document.activeElement.textContent');
      for (let left = 60; left > 0 && (await focused()) !== name; left -= 1) await tab.keyboard.press('Tab');
      expect(await focused()).toBe(name);
      await tab.keyboard.press('Enter');
    },
  };
}

type Look = {
  readonly viewport: { width: number; height: number };
  readonly deviceScaleFactor?: number;
};

describe.skipIf(executablePath === null)('the whole path in the browser', () => {
  it('is walked by clicking, from breaking it to the post-mortem', { timeout: 240_000 }, async () => {
    const sandbox = await rehearse(stops, { pagePort: 0, alertSource });
    const browser = await launch();
    const complaints: string[] = [];
    const visit = async (as: string, place = '', look: Look = desktop) => {
      const context = await browser.newContext(look);
      const tab = await context.newPage();
      tab.setDefaultTimeout(patience);
      tab.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      tab.on('pageerror', (error) => complaints.push(error.message));
      await tab.goto(`${sandbox.pageUrl}/${as === '' ? '' : `#/${as}${place}`}`);
      await tab.getByRole('main').waitFor();
      return windowOf(tab);
    };
    const picture = async (
      name: string,
      look: Look,
      place: string,
      ready: (window: ReturnType<typeof windowOf>) => Promise<unknown>,
    ) => {
      if (pictures === null) return;
      const window = await visit(people.oncall, place, look);
      await ready(window);
      await window.tab.evaluate('document.fonts.ready');
      await mkdir(pictures, { recursive: true });
      await window.tab.screenshot({ path: join(pictures, name), animations: 'disabled' });
      await window.tab.context().close();
    };

    const oncall = await visit('');
    // A curve needs a past to be seen against.
    if (pictures !== null)
      await expect
        .poll(() => sandbox.patient.state().uptimeSeconds, { timeout: patience })
        .toBeGreaterThan(25);
    await oncall.tab.getByTestId('first-visit').getByRole('button', { name: 'Break It' }).click();
    await oncall.said(/P1 · High error rate on genesis-orchestration.*of operations fail/s).waitFor();
    await oncall.said('Nobody has it yet.').getByRole('button', { name: 'Take It' }).waitFor();

    await oncall.openIncident();
    const channel = oncall.tab.url().split('/').at(-1) ?? '';
    const pictured = (window: ReturnType<typeof windowOf>, name: string) =>
      window.tab.locator(`img[alt="${name}"]`).first().waitFor();
    await pictured(oncall, 'Error rate');
    await oncall.button('LLM rate limits or timeouts').waitFor();

    await oncall.openThread(/Done: Recent errors/);
    await oncall.thread.getByText('Output of Recent errors').waitFor();
    await oncall.thread.locator('pre', { hasText: '429 Too Many Requests' }).last().waitFor();
    await oncall.tab.getByRole('button', { name: 'Close thread' }).click();

    const question = oncall.said('Which kind of error dominates?');
    await picture(
      'incident.png',
      wide,
      `/${channel}/${await question.getAttribute('data-ts')}`,
      async (window) => {
        await window.thread.getByRole('button', { name: 'LLM rate limits or timeouts' }).waitFor();
        if ((await window.tab.getByTestId('patient').count()) === 0)
          await window.tab.getByRole('button', { name: /^Show patient/ }).click();
        await pictured(window, 'Error rate');
        await window
          .said('P1 · High error rate on genesis-orchestration')
          .evaluate((card) => card.scrollIntoView({ block: 'start' }));
      },
    );

    // Who may only look is told so, and nobody else hears of it.
    const visitor = await visit(people.visitor);
    await visitor.openIncident();
    await visitor.tab.getByRole('button', { name: 'Join Channel' }).click();
    await visitor.button('Acknowledge').click();
    await visitor.toldAlone.getByText(/You may not act on genesis-orchestration/).waitFor();
    await visitor.toldAlone.getByText('Only visible to you').waitFor();
    expect(await oncall.toldAlone.count()).toBe(0);
    await visitor.tab.context().close();

    await oncall.pressByKeyboard('Acknowledge');
    const mine = oncall.tab.getByTestId('topic').getByText('@On-Call Engineer');
    await mine.waitFor();

    await oncall.button('LLM rate limits or timeouts').click();
    await oncall.said('Chosen: LLM rate limits or timeouts').waitFor();
    const mitigate = oncall.button('Decompose Without the Language Model');
    await mitigate.waitFor();
    await picture('phone.png', phone, `/${channel}`, async (window) => {
      await pictured(window, 'Operations that fail at the language model');
      await window.button('Decompose Without the Language Model').waitFor();
    });
    await mitigate.click();
    await oncall.dialog.getByText('Decompose without the language model?').waitFor();
    expect(sandbox.patient.state().configuration?.llm).toBe('enabled');
    // The gate tells how long it has held, on the step and on the card. Both pass by within seconds, so both are looked
    // for from the start: one after the other, a busy machine sees the second when it is over.
    await Promise.all([
      oncall.said(/Verify Error rate.*must stay < 0\.1 %.*held ▓/s).waitFor(),
      oncall.said(/P1 · High error rate.*→ objective < 0\.1 %.*held ▓/s).waitFor(),
      oncall.dialog.getByRole('button', { name: 'Go Ahead' }).click(),
    ]);
    await oncall.said(/Verified: Error rate .*held/).waitFor();
    expect(sandbox.patient.state().configuration?.llm).toBe('heuristic');
    await oncall.said(/Done: Decompose without the language model.*@On-Call Engineer.*held/s).waitFor();

    const verified = oncall.said(/Verified: Error rate/);
    await verified.getByTestId('reply-count').waitFor();
    await picture(
      'verify.png',
      wide,
      `/${channel}/${await verified.getAttribute('data-ts')}`,
      async (window) => {
        await window.thread.locator('img[alt="Error rate"]').waitFor();
        await window
          .said('Done: Decompose without the language model')
          .evaluate((step) => step.scrollIntoView({ block: 'center' }));
      },
    );

    const quiet = oncall.said('All alerts have resolved');
    await quiet.getByRole('button', { name: 'Resolve' }).click();
    await oncall.dialog.getByRole('button', { name: 'Resolve' }).click();
    await oncall.said(/Resolved in .* by @On-Call Engineer/).waitFor();
    await oncall.said(/post-mortem draft/i).waitFor();
    await oncall.tab
      .locator('.channel-pane')
      .getByRole('link', { name: /^post-mortem/i })
      .first()
      .waitFor();
    await oncall.tab.getByRole('button', { name: /^genesis-alerts/ }).click();
    await oncall.said(/from .* until .*Resolved in/s).waitFor();
    expect(complaints).toEqual([]);
  });
});
