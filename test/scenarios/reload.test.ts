import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { startSlackServer } from '../fakes/slackServer.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { genesis, webhookToken, workingDirectory } from './servedProcess.ts';
import { startSmallBot, writeRoom } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const waiting = { timeout: 20_000, interval: 50 };
const { monitoring } = channelIds;

describe('playbooks are edited while the bot runs', { timeout: 60_000 }, () => {
  it('takes up what lints for the next alert, leaves runs in progress alone, and keeps out what does not lint', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const small = await startSmallBot(stops);
    const slack = createWorkspaceDriver(small.emulator, 20_000);
    small.prometheus.set(0.05);
    const file = join(small.room, 'alerts', 'shop-errors.yml');
    const before = await readFile(file, 'utf8');
    const save = async (text: string) => {
      // As editors do it: a file beside it, then a rename over the old one.
      await writeFile(`${file}~`, text);
      await rename(`${file}~`, file);
    };

    await small.fire('ShopErrors');
    await slack.withButton(monitoring, 'Switch the Cache Off');

    await save(`${before}  - ask: Has the cache been warmed again?\n`);
    await slack.message(monitoring, 'Playbooks reloaded: 1 changed (shop-errors).');
    // The walk that is under way ends where it ended when it began.
    await slack.click(people.oncall, monitoring, 'Skip');
    const ends = async () =>
      (await small.events()).flatMap(({ event }) => (event.type === 'RunEnded' ? [event.data.kind] : []));
    await vi.waitFor(async () => expect(await ends()).toEqual(['completed']), waiting);
    expect(slack.says(monitoring, /Has the cache been warmed again/)).toBe(false);
    // A playbook that is new is there for the next alert, and so is the step that was added.
    const other = before
      .replace('shop-errors', 'till-errors')
      .replace('ShopErrors', 'TillErrors')
      .replace('The shop fails', 'The till fails')
      .replace('- do: cache_off', '- ask: Is the till switched on?');
    await writeFile(join(small.room, 'alerts', 'till-errors.yml'), other);
    await slack.message(monitoring, /Playbooks reloaded: .*1 new \(till-errors\)/);
    await small.fire('TillErrors', 'till');
    await slack.message(monitoring, 'Is the till switched on?');

    await save(before.replace('cache_off', 'cache_of'));
    const broken = await slack.message(monitoring, /were edited at .* and do not lint/);
    expect(wordsOf(broken)).toContain('shop-errors.yml:7:9: There is no action');
    await vi.waitFor(async () => {
      const { code, checks, message } = await small.ready();
      expect(code).toBe(200);
      expect(checks.playbooks).toEqual({
        status: 'failing',
        message: expect.stringMatching(
          /^The edit of \d\d:\d\d UTC does not lint: .*shop-errors\.yml:7:9: .*; the playbooks of \d\d:\d\d UTC are in use\.$/,
        ),
      });
      expect(message).toContain('playbooks: The edit of');
    }, waiting);
    const metrics = async () => (await fetch(`${small.bot.url}/metrics`)).text();
    expect(await metrics()).toContain('genesis_playbooks_reload_failed 1');

    await save(before);
    await slack.message(monitoring, 'The playbooks lint again and are in use: 1 changed (shop-errors).');
    expect((await small.ready()).checks.playbooks).toEqual({ status: 'ok' });
    expect(await metrics()).toMatch(/genesis_playbooks_reload_failed 0\n/);
    expect(await metrics()).toMatch(/genesis_playbooks_loaded_timestamp_seconds 1\d{9}/);
  });

  it('is read at once on SIGHUP, and the log says what came of it', async ({ onTestFinished }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const slack = await startSlackServer();
    stops.push(() => slack.stop());
    const directory = await workingDirectory(stops);
    const room = join(directory, 'room');
    await writeRoom(room, directory);
    const served = genesis(stops, {
      directory,
      env: {
        SLACK_BOT_TOKEN: slack.tokens.bot,
        SLACK_APP_TOKEN: slack.tokens.app,
        SLACK_API_URL: slack.apiUrl,
        ALERTMANAGER_TOKEN: webhookToken,
        PLAYBOOKS: room,
        PORT: '0',
      },
    });
    await served.url();
    const logged = (words: RegExp) => vi.waitFor(() => expect(served.output()).toMatch(words), waiting);
    served.child.kill('SIGHUP');
    await logged(/"change":"nothing differs from those in use".*the playbooks were read anew/);
    await writeFile(join(room, 'hosts.yml'), 'hosts: {}\n');
    served.child.kill('SIGHUP');
    await logged(/There is no host.*the edited playbooks do not lint; those before stay in use/);
    served.child.kill('SIGTERM');
    expect(await served.exited).toBe(0);
  });
});
