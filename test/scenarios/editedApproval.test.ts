import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { type SmallBot, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

/** Real files, a real database, real commands: what was approved is what runs, however the files are edited meanwhile. */

const { oncall, responder } = people;
const { monitoring } = channelIds;
const waiting = { timeout: 30_000, interval: 50 };

/** Wiping stands still until somebody writes into `gate`, and only then makes the mark of its second command. */
const shelf = (mark: string, host = 'shop') => `service: shelf
host: ${host}
indicators:
  up: { title: Shelf, query: min(up), objective: { equals: 1 } }
actions:
  wipe:
    title: Wipe the shelf
    risk: destructive
    evidence: { none: It is a shelf. }
    run: [dd, if=gate, of=wiped]
    then: mark
    timeout: 20m
    verify: { indicator: up, within: 20m }
    undo: { none: Nothing can be put back. }
  mark:
    title: Mark the shelf
    risk: change
    run: [touch, ${mark}]
    verify: exit
    undo: { none: The mark may stay. }
`;

const files = {
  'hosts.yml':
    'hosts:\n  shop: { kind: local, directory: DIRECTORY }\n  other: { kind: local, directory: DIRECTORY/room }\n',
  'access.yml': `groups: { platform: { usergroup: platform } }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve], to: platform, on: any }
`,
  'services/shelf.yml': shelf('mark-a'),
  'procedures/wipe-shelf.yml': `playbook: wipe-shelf
title: Wipe the shelf of the shop
service: shelf
severity: P2
summary: Wipes it.
steps:
  - do: wipe
`,
  'procedures/clear-out.yml': `playbook: clear-out
title: Clear the shop out
service: shelf
severity: P2
summary: Wipes it in one piece.
authority: whole
budget: 30m
steps:
  - stage: Wipe
    budget: 30m
    steps:
      - do: wipe
`,
};

async function opened(stops: Stops) {
  const small = await startSmallBot(stops, { files, env: { PACE: '15' } });
  small.prometheus.set(1);
  // What is typed before the bot is connected gets nowhere.
  await vi.waitFor(async () => expect((await small.ready()).checks.slack?.status).toBe('ok'), waiting);
  execFileSync('mkfifo', [join(small.directory, 'gate')]);
  const slack = createWorkspaceDriver(small.emulator, 30_000);
  const save = async (file: string, text: string) => {
    const path = join(small.room, file);
    await writeFile(`${path}~`, text);
    await rename(`${path}~`, path);
  };
  const run = (playbook: string) =>
    small.emulator.person(oncall).slash(monitoring, '/genesis', `playbook run ${playbook}`);
  const started = async () =>
    (await small.events()).flatMap(({ event }) =>
      event.type === 'CommandStarted' ? [event.data.plan.commands[event.data.command]?.does] : [],
    );
  const there = (file: string) => existsSync(join(small.directory, file));
  return { small, slack, save, run, started, there };
}

const open = (small: SmallBot) => writeFile(join(small.directory, 'gate'), 'go\n');

describe('approvals while the playbooks are edited', { tags: ['trust-31'], timeout: 120_000 }, () => {
  it('are withdrawn with their buttons, asked for as an older version, and bound to it', async ({
    onTestFinished,
    annotate,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { small, slack, save, run, started, there } = await opened(stops);
    await run('wipe-shelf');
    await slack.click(oncall, monitoring, 'Request Approval');
    const first = await slack.withButton(monitoring, 'Approve');

    // Another playbook, and another file of the room.
    await save('alerts/generic.yml', 'playbook: generic\ntitle: No playbook\nsteps:\n  - ask: What is it?\n');
    await slack.message(monitoring, 'Playbooks reloaded: 1 changed (generic).');
    expect(slack.offers(monitoring, 'Approve')).toBe(true);

    await save('services/shelf.yml', shelf('mark-b'));
    const withdrawn = await slack.message(
      monitoring,
      /Withdrawn by Genesis at .*shelf\/wipe was edited at \d\d:\d\d UTC since this was asked for; read what runs and ask again\./,
    );
    expect(wordsOf(withdrawn)).not.toContain('"button"');
    await slack.clickSeen(responder, monitoring, first);
    await slack.told(responder, /This was withdrawn at .*shelf\/wipe was edited/);

    const offer = await slack.withButton(monitoring, 'Request Approval');
    expect(wordsOf(offer.message)).toMatch(/An older version:.*For the newer one, skip it here/);
    await slack.click(oncall, monitoring, 'Request Approval');
    const again = await slack.message(monitoring, /Needs one other person/);
    expect(wordsOf(again)).toMatch(/An older version:.*skip it here.*playbook run wipe-shelf/);
    expect(wordsOf(again)).toContain('touch mark-a');

    // The bot is started with other playbooks than those that this was asked for by.
    await small.bot.stop();
    await save('services/shelf.yml', shelf('mark-c'));
    await small.again();
    await vi.waitFor(() => expect(slack.offers(monitoring, 'Approve')).toBe(false), waiting);
    await slack.click(oncall, monitoring, 'Request Approval');
    await slack.click(responder, monitoring, 'Approve');
    await vi.waitFor(async () => expect(await started()).toHaveLength(1), waiting);
    // Approved and under way: from here on an edit disturbs nothing.
    await save('services/shelf.yml', shelf('mark-d', 'other'));
    await slack.message(monitoring, /Playbooks reloaded: 2 changed \(clear-out, wipe-shelf\)/);
    await open(small);
    await slack.message(monitoring, /✓ Done: \*Wipe the shelf\*/);
    expect(await started()).toEqual([
      { kind: 'run', argv: ['dd', 'if=gate', 'of=wiped'] },
      { kind: 'run', argv: ['touch', 'mark-a'] },
    ]);
    expect(['a', 'b', 'c', 'd'].filter((mark) => there(`mark-${mark}`))).toEqual(['a']);
    await annotate('3 edits, 2 withdrawals, 1 restart: the 2 approved commands ran', 'figure');
  });

  it('of a whole procedure end with the edit; the edited one needs its own, and goes on as approved', async ({
    onTestFinished,
    annotate,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { small, slack, save, run, started, there } = await opened(stops);
    const request = async () => {
      await run('clear-out');
      const form = await slack.modal(oncall);
      await small.emulator.person(oncall).submit(form.id, { reason: { reason: 'It is full.' } });
      return slack.withButton(monitoring, 'Approve');
    };
    const first = await request();
    await save('services/shelf.yml', shelf('mark-b'));
    await slack.message(
      monitoring,
      /clear-out was edited at .* since this was asked for; .* start it anew\./,
    );
    await vi.waitFor(() => expect(slack.offers(monitoring, 'Approve')).toBe(false), waiting);
    await slack.clickSeen(responder, monitoring, first);
    await slack.told(responder, /This was withdrawn at .*clear-out was edited/);
    expect(await started()).toEqual([]);

    const second = await request();
    expect(wordsOf(second.message)).toContain('touch mark-b');
    await slack.click(responder, monitoring, 'Approve');
    await vi.waitFor(async () => expect(await started()).toHaveLength(1), waiting);
    await save('services/shelf.yml', shelf('mark-c', 'other'));
    await slack.message(monitoring, /Playbooks reloaded: 2 changed \(clear-out, wipe-shelf\)/);
    await open(small);
    await slack.message(monitoring, /✓ \*Clear the shop out\* completed/);
    expect(await started()).toEqual([
      { kind: 'run', argv: ['dd', 'if=gate', 'of=wiped'] },
      { kind: 'run', argv: ['touch', 'mark-b'] },
    ]);
    expect(['a', 'b', 'c'].filter((mark) => there(`mark-${mark}`))).toEqual(['b']);
    await annotate('2 edits, 1 before the yes and 1 after: the 2 approved commands ran', 'figure');
  });
});
