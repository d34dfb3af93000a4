import { afterEach, describe, expect, it, vi } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { launchBrowser } from '../fakes/browser.ts';
import { requireComponent } from '../fakes/components.ts';
import { rehearse, type Stops, stopAll } from './rehearsal.ts';

const executablePath = requireComponent('chromium');
const stops: Stops = [];
afterEach(() => stopAll(stops));

describe.skipIf(executablePath === null)('the Home tab in the browser', () => {
  it('leads from nothing to do through an incident and back, and shows a visitor no button that is not theirs', {
    timeout: 180_000,
  }, async () => {
    const sandbox = await rehearse(stops, { pagePort: 0 });
    await vi.waitFor(async () => {
      const answer = await fetch(`${sandbox.bot.url}/readyz`);
      expect(await answer.json()).toMatchObject({ checks: { slack: { status: 'ok' } } });
    }, 20_000);
    const browser = await launchBrowser(executablePath ?? '');
    stops.push(() => browser.close());
    const complaints: string[] = [];
    const visit = async (as: string) => {
      const tab = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
      tab.setDefaultTimeout(30_000);
      tab.on('pageerror', (error) => complaints.push(error.message));
      await tab.goto(`${sandbox.pageUrl}/#/${as}/home`);
      return { tab, home: tab.getByTestId('home') };
    };

    const { tab, home } = await visit(people.oncall);
    await home.getByText('Nothing needs you right now.').waitFor();
    await home.getByRole('button', { name: 'Declare Incident' }).click();
    const dialog = tab.getByRole('dialog');
    await dialog.getByLabel('What is wrong').fill('Checkout is slow');
    await dialog.getByRole('button', { name: 'Declare', exact: true }).click();
    await home.getByText('INC-1 is open.').waitFor();
    await home.getByText(/Nobody has it, since/).waitFor();
    await home.getByRole('button', { name: 'Acknowledge' }).click();
    // The tab follows by itself: what was free is theirs now, and its step waits for them.
    await home.getByText(/Acknowledged · since/).waitFor();
    await home.getByText('Open Step').first().waitFor();
    expect(await home.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);

    await sandbox.emulator.person(people.oncall).slash('general', '/genesis', 'declare P2 Another one');
    await home.getByText('Another one').first().waitFor();
    const visitor = await visit(people.visitor);
    await visitor.home.getByText('Another one').first().waitFor();
    await visitor.home.getByText('Nothing needs you right now.').waitFor();
    expect(await visitor.home.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
