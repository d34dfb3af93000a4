import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page as Tab } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { launchBrowser } from '../fakes/browser.ts';
import { requireComponent } from '../fakes/components.ts';
import { eventsOf, rehearse, type Stops, stopAll } from './rehearsal.ts';

/**
 * Two people, one yes, in the sandbox's page by its own buttons: the emergency shutdown is asked for by one, whose own
 * *Approve* counts for nothing, and granted by another. With `PICTURES=1` it takes a picture of the request on its way.
 */

const executablePath = requireComponent('chromium');
const pictures = process.env.PICTURES === '1' ? 'docs/pictures' : null;
const stops: Stops = [];

afterEach(() => stopAll(stops));

const patience = 60_000;

/** What can be seen and pressed in a tab, by whoever one is there. */
function windowOf(tab: Tab) {
  const pane = tab.locator('.channel-pane');
  return {
    tab,
    said: (words: RegExp): Locator => pane.getByTestId('message').filter({ hasText: words }).last(),
    button: (name: string): Locator => pane.getByRole('button', { name, exact: true }).last(),
    dialog: tab.getByRole('dialog'),
    toldAlone: tab.getByTestId('ephemeral'),
    type: async (channel: string, words: string) => {
      const field = tab.getByRole('combobox', { name: `Message to ${channel}` });
      await field.fill(words);
      await tab.getByRole('button', { name: 'Send' }).click();
    },
    become: async (role: string) => {
      const switcher = tab.getByTestId('person-switcher');
      await switcher.getByRole('button').first().click();
      await tab.getByRole('menuitem').filter({ hasText: role }).click();
      await switcher.getByRole('button', { name: `You are ${role}. Switch person` }).waitFor();
    },
  };
}

describe.skipIf(executablePath === null)('an approval in the browser', { tags: ['trust-31'] }, () => {
  it('is refused to whoever asked, with who can give it, and runs once somebody else has', {
    timeout: 180_000,
  }, async ({ annotate }) => {
    const sandbox = await rehearse(stops, { pagePort: 0 });
    const browser = await launchBrowser(executablePath ?? '');
    stops.push(() => browser.close());
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const tab = await context.newPage();
    tab.setDefaultTimeout(patience);
    const complaints: string[] = [];
    tab.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(error.message));
    const ran = async () =>
      (await eventsOf(sandbox.env)).flatMap(({ event }) =>
        event.type === 'CommandStarted' ? [event.data.plan.commands[event.data.command]?.action] : [],
      );

    await tab.goto(`${sandbox.pageUrl}/#/${people.oncall}/${channelIds.alerts}`);
    const page = windowOf(tab);
    await page.type('genesis-alerts', '/genesis playbook run emergency-shutdown It answers with errors');
    await page.said(/What harm is being done/).waitFor();
    await page.button('Answer').click();
    await page.dialog.getByRole('textbox').fill('Every answer is wrong, and a rollback takes too long.');
    await page.dialog.getByRole('button', { name: 'Answer' }).click();

    await page.button('Request Approval').click();
    const request = page.said(/Needs one other person who may approve on genesis-orchestration/);
    await request.waitFor();
    await request.getByText('config/feature_flags.json').first().waitFor();
    if (pictures !== null) {
      await mkdir(pictures, { recursive: true });
      await tab.mouse.move(0, 0);
      await request.evaluate((message) => message.scrollIntoView({ block: 'center' }));
      await tab.evaluate('document.fonts.ready');
      await tab.screenshot({ path: join(pictures, 'approval.png'), animations: 'disabled' });
    }

    await request.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.dialog.getByText('Approve: Shut down in an emergency?').waitFor();
    await page.dialog.getByRole('button', { name: 'Approve' }).click();
    const told = page.toldAlone.filter({
      hasText: 'You asked for this, so somebody else has to approve it.',
    });
    await told.waitFor();
    expect(await told.textContent()).toMatch(/@oncall, @platform, @leads can approve\./);
    expect(await ran()).not.toContain('emergency_shutdown_on');

    await page.become('a responder');
    await expect.poll(() => page.toldAlone.count(), { timeout: patience }).toBe(0);
    await page
      .said(/Needs one other person/)
      .getByRole('button', { name: 'Approve', exact: true })
      .click();
    await page.dialog.getByRole('button', { name: 'Approve' }).click();
    await page.said(/Done: Shut down in an emergency/).waitFor();
    expect((await ran()).filter((action) => action === 'emergency_shutdown_on')).toHaveLength(1);
    expect(await page.button('Approve').count()).toBe(0);
    const decided = (await eventsOf(sandbox.env)).flatMap(({ event }) =>
      event.type === 'ApprovalDecided' ? [event.data.state] : [],
    );
    expect(decided).toMatchObject([{ kind: 'approved', by: people.responder }]);
    expect(complaints).toEqual([]);
    await annotate('1 request, 1 own yes refused, 1 yes of another, 1 run, all by clicking', 'figure');
  });
});
