import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import { watchRoom } from '../../src/adapters/playbooks/watchRoom.ts';
import { printsOf } from '../../src/core/playbook/roomChange.ts';
import type { Log } from '../../src/engine/log.ts';
import { shopFiles } from '../scenarios/smallBot.ts';

const quiet: Log = { info() {}, warn() {}, error() {}, child: () => quiet };
const waiting = { timeout: 10_000, interval: 20 };

let base: string;
const stops: (() => void)[] = [];

async function write(directory: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text.replaceAll('DIRECTORY', base));
  }
  return directory;
}

function watching(directory: string, hostsFile: string | null = null) {
  const watched = watchRoom({ directory, pace: 1, hostsFile, log: quiet });
  stops.push(() => watched.stop());
  return watched;
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'room-reload-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await rm(base, { recursive: true });
});

describe('what tells that the files of a room have changed', () => {
  it('is their names and contents, and nothing beside them', async () => {
    const room = await write(join(base, 'room'), shopFiles);
    const { digest } = watching(room);
    const first = await digest();
    await write(room, {
      '.hidden.swp': 'x',
      'README.md': 'x',
      'alerts/notes.txt': 'x',
      'tests/a.test.yml': 'x',
    });
    expect(await digest()).toBe(first);
    await rename(join(room, 'alerts/shop-errors.yml'), join(room, 'alerts/errors.yml'));
    const renamed = await digest();
    expect(renamed).not.toBe(first);
    await rename(join(room, 'alerts/errors.yml'), join(room, 'alerts/shop-errors.yml'));
    expect(await digest()).toBe(first);
  });

  it('says which files end in the middle of a line, or of a character', async () => {
    const room = await write(join(base, 'room'), shopFiles);
    const { ends } = watching(room);
    const file = 'alerts/shop-errors.yml';
    await writeFile(join(room, file), 'title: whole\n');
    expect((await ends()).get(file)).toBe(true);
    await writeFile(join(room, file), 'title: wh');
    expect((await ends()).get(file)).toBe(false);
    await writeFile(join(room, file), Buffer.from('title: é').subarray(0, -1));
    expect((await ends()).get(file)).toBe(false);
    await rm(join(room, file));
    expect((await ends()).has(file)).toBe(false);
  });

  it('holds for a link that is exchanged, as deployments of configuration do it', async () => {
    await write(join(base, '2026-11-21'), shopFiles);
    const files = { ...shopFiles, 'routing.yml': `${shopFiles['routing.yml']}reopen_within: 2h\n` };
    await write(join(base, '2026-11-22'), files);
    const link = join(base, '..data');
    await symlink('2026-11-21', link);
    const watched = watching(link);
    let nudges = 0;
    watched.listen(() => {
      nudges += 1;
    });
    const before = await watched.digest();
    await symlink('2026-11-22', `${link}_tmp`);
    await rename(`${link}_tmp`, link);
    expect(await watched.digest()).not.toBe(before);
    await vi.waitFor(() => expect(nudges).toBeGreaterThan(0), waiting);
    expect((await watched.load()).room?.reopenWithinMs).toBe(2 * 3_600_000);
  });

  it('takes in the overlay of hosts', async () => {
    const room = await write(join(base, 'room'), shopFiles);
    const overlay = join(base, 'hosts.yml');
    await writeFile(overlay, 'hosts: { shop: { kind: local, directory: /srv/shop } }\n');
    const watched = watching(room, overlay);
    let nudges = 0;
    watched.listen(() => {
      nudges += 1;
    });
    const before = await watched.digest();
    await writeFile(overlay, 'hosts: { shop: { kind: local, directory: /srv/other } }\n');
    expect(await watched.digest()).not.toBe(before);
    await vi.waitFor(() => expect(nudges).toBeGreaterThan(0), waiting);
    const loaded = await watched.load();
    expect(loaded.room?.definitions['shop-errors']?.service.hosts.shop?.directory).toBe('/srv/other');
  });

  it('is noticed by itself where the file system tells, also in a folder that took the place of another', async () => {
    const room = await write(join(base, 'room'), shopFiles);
    const watched = watching(room);
    let nudges = 0;
    watched.listen(() => {
      nudges += 1;
    });
    const nudgedBy = async (work: () => Promise<unknown>) => {
      const before = nudges;
      await work();
      await vi.waitFor(() => expect(nudges).toBeGreaterThan(before), waiting);
    };
    await nudgedBy(() => writeFile(join(room, 'alerts/more.yml'), 'playbook: more\n'));
    await nudgedBy(async () => {
      await rename(join(room, 'services'), join(base, 'services-before'));
      await write(room, { 'services/shop.yml': shopFiles['services/shop.yml'] ?? '' });
    });
    await watched.load();
    await nudgedBy(() => writeFile(join(room, 'services/shop.yml'), 'service: shop\n'));
  });
});

describe('a room that is read while the bot runs', () => {
  it('is the same as one that is read at the start, and so are its mistakes', async () => {
    const watched = watching('playbooks');
    const [aside, atStart] = [await watched.load(), await loadRoom({ directory: 'playbooks', pace: 1 })];
    expect(aside.room).toEqual(atStart.room);
    expect(aside.prints).toEqual(atStart.room && printsOf(atStart.room));
    const room = await write(join(base, 'room'), {
      ...shopFiles,
      'alerts/broken.yml': 'playbook: broken\nsteps:\n  - do: nothing\n',
      'alerts/intricate.yml': `a: ${'['.repeat(5_000)}\n`,
      'alerts/gigantic.yml': `a: ${'x'.repeat(100_000)}\n`,
      'alerts/anchored.yml': 'a: &a [1]\nb: [*a, *a]\n',
    });
    const broken = await watching(room).load();
    expect(broken.room).toBeNull();
    expect(broken.prints).toBeNull();
    expect(broken.problems).toEqual((await loadRoom({ directory: room, pace: 1 })).problems);
    const words = broken.problems.map(({ message }) => message).join('\n');
    for (const mistake of ['levels deep', '64 KB', 'Anchors such as']) expect(words).toContain(mistake);
  });

  it('leaves no thread behind, whether it could be used or not', async () => {
    const threads: Worker[] = [];
    const heard = (worker: Worker) => void threads.push(worker);
    process.on('worker', heard);
    try {
      await watching(await write(join(base, 'room'), shopFiles)).load();
      await watching(join(base, 'gone')).load();
    } finally {
      process.off('worker', heard);
    }
    expect(threads).toHaveLength(2);
    for (const thread of threads) await vi.waitFor(() => expect(thread.threadId).toBe(-1), waiting);
  });

  it('names a folder that has gone', async () => {
    const watched = watching(join(base, 'gone'));
    expect(await watched.digest()).toMatch(/^[0-9a-f]{64}$/);
    const { room, problems } = await watched.load();
    expect(room).toBeNull();
    expect(problems[0]?.message).toMatch(/^There is no directory /);
  });
});
