import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { catchUp } from '../../../src/adapters/alertmanager/catchUp.ts';
import { createWebhook } from '../../../src/adapters/alertmanager/webhook.ts';
import { type HttpServer, startHttpServer } from '../../../src/adapters/http/server.ts';
import { episodeKey, type Notice } from '../../../src/core/alert/alert.ts';
import type { Log } from '../../../src/engine/log.ts';
import { StoreFailed } from '../../../src/engine/ports.ts';
import { freePort } from '../../../src/sandbox/alerts/program.ts';
import { requireComponent } from '../../fakes/components.ts';

const program = requireComponent('alertmanager');
const silent: Log = { info() {}, warn() {}, error() {}, child: () => silent };

describe.skipIf(!program)('with the real Alertmanager', { tags: ['trust-11'] }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'genesis-alertmanager-'));
  const committed: Notice[] = [];
  let refusals = 3;
  let process: ChildProcess;
  let server: HttpServer;
  let baseUrl: string;

  beforeAll(async () => {
    const handle: Parameters<typeof createWebhook>[0]['desk']['handle'] = async (command) => {
      if (refusals > 0) {
        refusals -= 1;
        throw new StoreFailed('busy', 'The database is locked.');
      }
      if (command.type === 'alert.notice') committed.push(command.notice);
      return { kind: 'accepted', stream: 'INC-1', events: [] };
    };
    const routes = [createWebhook({ tokens: ['token'], desk: { handle }, log: silent })];
    server = await startHttpServer({ host: '127.0.0.1', port: 0, routes, log: silent });
    const port = await freePort();
    baseUrl = `http://127.0.0.1:${port}`;
    writeFileSync(
      join(directory, 'alertmanager.yml'),
      `route: { receiver: genesis, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: genesis
    webhook_configs:
      - url: ${server.address.url}/alertmanager
        http_config: { authorization: { credentials: token } }
`,
    );
    process = spawn(
      program!,
      [
        `--config.file=${join(directory, 'alertmanager.yml')}`,
        `--storage.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
  });

  afterAll(async () => {
    if (process.exitCode === null) {
      process.kill('SIGKILL');
      await once(process, 'exit');
    }
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const post = async (alerts: readonly object[]) => {
    const response = await fetch(`${baseUrl}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(response.status).toBe(200);
  };
  const labels = { alertname: 'HighErrorRate', service: 'genesis-orchestration' };

  it('delivers again what was answered with 503, and the alert is found by asking too', async () => {
    const startsAt = new Date().toISOString();
    await vi.waitFor(() => post([{ labels, annotations: { summary: 'Errors' }, startsAt }]), {
      timeout: 20_000,
    });
    await expect.poll(() => committed.length, { timeout: 25_000 }).toBeGreaterThan(0);
    expect(refusals).toBe(0);
    expect(committed[0]).toMatchObject({ status: 'firing', labels, startsAt: Date.parse(startsAt) });

    const asked = { baseUrl, receiver: 'genesis', timeoutMs: 5_000 };
    const open = [committed[0]!.fingerprint, '0000000000000000'];
    const answered = () => false;
    const found = await catchUp({
      alertmanager: asked,
      history: null,
      since: 0,
      now: Date.now(),
      open,
      answered,
    });
    expect(found).toMatchObject({ unknown: [], gone: ['0000000000000000'] });
    // The same episode by both ways: what is delivered and what is asked for must not open two incidents.
    expect(found.notices.map(episodeKey)).toEqual([episodeKey(committed[0]!)]);
    const elsewhere = await catchUp({
      alertmanager: { ...asked, receiver: 'gen.*' },
      history: null,
      since: 0,
      now: Date.now(),
      open: [],
      answered,
    });
    expect(elsewhere.notices).toEqual([]);
  });

  it('delivers the end of it', async () => {
    const startsAt = new Date(committed[0]!.startsAt).toISOString();
    await post([{ labels, startsAt, endsAt: new Date().toISOString() }]);
    await expect
      .poll(() => committed.find((notice) => notice.status === 'resolved'), { timeout: 25_000 })
      .toMatchObject({ fingerprint: committed[0]!.fingerprint, startsAt: committed[0]!.startsAt });
  });
});
