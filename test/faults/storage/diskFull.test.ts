import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { episodeClaim } from '../../../src/core/incident/claims.ts';
import { createClock } from '../../fakes/clock.ts';
import { startSlackServer } from '../../fakes/slackServer.ts';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { genesis, postWebhook, webhookToken, workingDirectory } from '../../scenarios/servedProcess.ts';
import { fingerprintOf, startOf, webhookBody } from './webhookBody.ts';

const waiting = { timeout: 40_000, interval: 50 };

/** A file system of 3 MB, or null with a warning; where CI runs as root that is a failure. */
async function smallDisk(stops: Stops): Promise<string | null> {
  const directory = await workingDirectory(stops);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory], {
    encoding: 'utf8',
  });
  if (status === 0) {
    stops.push(async () => spawnSync('umount', ['-l', directory]));
    return directory;
  }
  const message = `a small disk could not be mounted (root is needed): ${stderr}`;
  if (process.env.CI && process.getuid?.() === 0) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return null;
}

/** Takes what is left of the disk. */
function writeRemainder(file: string): void {
  expect(() => writeFileSync(file, Buffer.alloc(3 * 1024 * 1024))).toThrow(/ENOSPC/);
}

describe('the disk of the running bot is full', { timeout: 120_000 }, () => {
  it('acknowledges nothing that it cannot keep, says so where no disk is needed, and goes on by itself', {
    tags: ['trust-12'],
  }, async ({ skip, onTestFinished, annotate }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const disk = await smallDisk(stops);
    if (disk === null) return skip('file systems cannot be mounted here');
    const slack = await startSlackServer();
    stops.push(() => slack.stop());
    const file = join(disk, 'genesis.db');
    const env = {
      SLACK_BOT_TOKEN: slack.tokens.bot,
      SLACK_APP_TOKEN: slack.tokens.app,
      SLACK_API_URL: slack.apiUrl,
      ALERTMANAGER_TOKEN: webhookToken,
      DATABASE_URL: `sqlite:${file}`,
      PLAYBOOKS: resolve('playbooks'),
      PORT: '0',
    };
    const directory = await workingDirectory(stops);
    const served = genesis(stops, { directory, env });
    const url = await served.url();
    await vi.waitFor(() => expect(slack.connections()).toBe(1), waiting);
    const readiness = async () => {
      const response = await fetch(`${url}/readyz`);
      return { status: response.status, body: await response.text() };
    };

    const acked: number[] = [];
    let next = 0;
    const send = async (): Promise<Response> => {
      const number = next++;
      const response = await postWebhook(url, webhookBody(number, { padding: 4_000 }));
      if (response.status === 200) acked.push(number);
      return response;
    };
    expect((await send()).status).toBe(200);
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(1024 * 1024));
    let refused = await send();
    while (refused.status === 200 && next < 5_000) refused = await send();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toEqual({
      error: 'store-full',
      message: 'Nothing was stored. Send it again.',
    });
    // What is small, or fits where the log begins anew, may still be kept; whatever is acknowledged must be.
    writeRemainder(join(disk, 'last'));
    let refusals = 1;
    for (; refusals < 20 && next < 5_000; ) if ((await send()).status === 503) refusals += 1;
    expect(refusals).toBe(20);

    // Said where no disk is needed: to whoever watches the bot, and in its log.
    const unready = await readiness();
    expect(unready.status).toBe(503);
    expect(unready.body).toMatch(/The disk of .* is full\. Free some space; Genesis goes on by itself\./);
    expect(served.output()).toMatch(/"level":"error".*The store failed; the sender was asked to try again/);
    // Reading goes on, in the bot and beside it.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('genesis_bot_store_readable 1');
    const listed = genesis(stops, { directory, args: ['incidents'], env });
    expect(await listed.exited, listed.output()).toBe(0);
    expect(listed.output()).toContain('INC-1');
    expect((await readiness()).status).toBe(503);

    for (const name of ['filler', 'last']) rmSync(join(disk, name));
    await vi.waitFor(async () => expect(await readiness()).toMatchObject({ status: 200 }), waiting);
    expect((await send()).status).toBe(200);
    served.child.kill('SIGTERM');
    expect(await served.exited, served.output()).toBe(0);

    const db = new Database(file, { readonly: true });
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(auditChain(db).findings).toEqual([]);
    db.close();
    const store = openSqliteStore({ file, clock: createClock() });
    const lost: number[] = [];
    for (const number of acked) {
      const episode = { fingerprint: fingerprintOf(number), startsAt: Date.parse(startOf(number)) };
      if ((await store.holder(episodeClaim(episode as never))) === null) lost.push(number);
    }
    await store.close();
    expect(lost).toEqual([]);
    await annotate(
      `3 MB disk full: ${refusals} webhooks refused with 503, ${acked.length} acknowledged, 0 lost, ready again without a restart`,
      'figure',
    );
  });
});
