import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openSqliteReader } from '../../../src/adapters/sqlite/reader.ts';
import { requireComponent } from '../../fakes/components.ts';
import { startSlackServer } from '../../fakes/slackServer.ts';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { genesis, postWebhook, webhookToken, workingDirectory } from '../../scenarios/servedProcess.ts';
import { startAlertmanager } from './alertmanager.ts';
import { startOtherWriter } from './lock.ts';

const program = requireComponent('alertmanager');
const waiting = { timeout: 40_000, interval: 50 };
const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/alertmanager/${name}.json`, import.meta.url), 'utf8');

/** What will never be right, however often it is sent. */
const bad: readonly [string, string][] = [
  ['nothing', ''],
  ['no JSON', '{"version":"4"'],
  ['another version', JSON.stringify({ ...JSON.parse(fixture('firing')), version: '3' })],
  ['no alerts', '{"version":"4"}'],
  ['alerts that are none', '{"version":"4","status":"firing","groupKey":"a","alerts":[7]}'],
  ['a list', '[]'],
];

describe.skipIf(!program)(
  'the bot beside the real Alertmanager',
  { tags: ['trust-11'], timeout: 120_000 },
  () => {
    it('gets again what it could not keep: 503 while it cannot write, 4xx only for what is wrong', async ({
      onTestFinished,
      annotate,
    }) => {
      const stops: Stops = [];
      onTestFinished(() => stopAll(stops));
      const slack = await startSlackServer();
      stops.push(() => slack.stop());
      const directory = await workingDirectory(stops);
      const env = {
        SLACK_BOT_TOKEN: slack.tokens.bot,
        SLACK_APP_TOKEN: slack.tokens.app,
        SLACK_API_URL: slack.apiUrl,
        ALERTMANAGER_TOKEN: webhookToken,
        PLAYBOOKS: resolve('playbooks'),
        PORT: '0',
      };
      const served = genesis(stops, { directory, env });
      const url = await served.url();
      await vi.waitFor(() => expect(slack.connections()).toBe(1), waiting);
      const alertmanager = await startAlertmanager(stops, { program: program!, url });
      const file = join(directory, 'genesis.db');
      const other = startOtherWriter(file);
      stops.push(() => other.stop());

      await other.hold();
      const services = ['checkout', 'search', 'billing'];
      const startsAt = new Date().toISOString();
      await alertmanager.post(
        services.map((service) => ({ labels: { alertname: 'Slow', service }, annotations: {}, startsAt })),
      );
      // Refused, and counted as a failure that is tried again, by Alertmanager itself.
      await expect.poll(() => alertmanager.failures(), waiting).toBeGreaterThan(services.length);
      // Bad input is bad whatever state the bot is in; good input is asked for again.
      for (const [name, body] of bad) {
        const { status } = await postWebhook(url, body);
        expect(status, name).toBeGreaterThanOrEqual(400);
        expect(status, name).toBeLessThan(500);
      }
      for (const name of ['firing', 'resolved', 'partially-resolved', 'firing-truncated'])
        expect((await postWebhook(url, fixture(name))).status, name).toBe(503);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      const reader = openSqliteReader(file);
      stops.push(async () => reader.close());
      expect(await reader.events({})).toEqual([]);

      await other.release();
      await expect
        .poll(async () => {
          const known = await reader.recentIncidents(100);
          return known.map(({ service }) => service).sort();
        }, waiting)
        .toEqual([...services].sort());
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      for (const name of ['firing', 'resolved', 'partially-resolved', 'firing-truncated'])
        expect((await postWebhook(url, fixture(name))).status, name).toBe(200);
      const failures = await alertmanager.failures();
      served.child.kill('SIGTERM');
      expect(await served.exited).toBe(0);
      await annotate(
        `${failures} deliveries of the real Alertmanager refused with 503 while the database was locked, ${services.length} of ${services.length} alerts kept afterwards; ${bad.length} kinds of bad input 4xx`,
        'figure',
      );
    });
  },
);
