import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import type { Patient } from '../../src/sandbox/patient/patient.ts';
import { eventsOf, type Rehearsal, rehearse, type Stops, startAgain, stopAll } from './rehearsal.ts';
import { createWorkspaceDriver, type WorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { oncall, responder, lead, visitor } = people;
const notAnswering = 'No, or nobody can tell';
const restart = 'Keep the Evidence and Restart';
const rollback = 'rollback-genesis-orchestration';

function packed({ checkout }: Patient, archive: string): string[] {
  const file = join(checkout, '..', 'genesis-backups', archive);
  return execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
}

/** The service is gone; whoever is on call has taken command in the channel of the incident. */
async function takeCommand({ emulator }: Rehearsal, slack: WorkspaceDriver): Promise<string> {
  const channel = await slack.incidentChannel(1);
  expect(channel.name).toMatch(/genesis-service-down-1$/);
  await slack.message('#genesis-alerts', /P0.*Service down.*genesis-orchestration/s);
  await slack.message(channel.id, /wants a commander at once/);
  await slack.click(oncall, channel.id, 'Acknowledge');
  await vi.waitFor(
    () => expect(emulator.workspace.channel(channel.id)?.topic.value).toContain(`commander <@${oncall}>`),
    10_000,
  );
  return channel.id;
}

/** From the form to the plan that waits in the channel for its second person. */
async function requestRollback(
  { emulator }: Rehearsal,
  slack: WorkspaceDriver,
  asked: { person: string; channel: string; reason: string },
): Promise<void> {
  const { person, channel, reason } = asked;
  await slack.click(person, channel, 'Roll Back');
  const form = await slack.modal(person);
  expect(JSON.stringify(form.blocks)).toMatch(/Stop Traffic.*Verify Rollback.*Restore Baseline.*Validate/s);
  expect(form.submit?.text).toBe('Request Rollback');
  await emulator.person(person).submit(form.id, { reason: { reason } });
  const plan = await slack.message(channel, /Needs one other person/);
  expect(wordsOf(plan)).toContain('git reset --hard origin/deployment-stable');
  expect(wordsOf(plan)).toContain(reason);
}

describe.concurrent('the service is down', { timeout: 120_000 }, () => {
  it('is brought back by a restart that keeps the evidence, checked and written up', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const sandbox = await rehearse(stops);
    const { emulator, patient } = sandbox;
    const slack = createWorkspaceDriver(emulator, 30_000);

    await patient.set('crash', true);
    const channel = await takeCommand(sandbox, slack);
    await slack.message(channel, /Journal of the last five minutes/);
    await slack.click(oncall, channel, notAnswering);

    await emulator.person(visitor).join(channel);
    await slack.click(visitor, channel, restart);
    await slack.told(visitor, /You may not carry out disruptive actions on genesis-orchestration/);
    expect(patient.state().running).toBe(false);

    await slack.click(oncall, channel, restart);
    await slack.message(channel, /✓ Done: \*Keep the evidence and restart\*.*held/);
    expect(patient.state().running).toBe(true);
    expect(packed(patient, 'evidence.tar.gz')).toContain('logs/genesis.log');

    await slack.click(responder, channel, 'Full Health Check');
    await slack.message(channel, /✓ Done: \*Full health check\*/);
    await slack.click(responder, channel, 'Run the Smoke Test');
    await slack.message(channel, /✓ Done: \*Run the smoke test\*/);
    await slack.message(channel, /✓ Verified: Service/);
    await slack.click(responder, channel, 'Unhandled exception');
    await slack.withButton(channel, 'Keep the Evidence');
    await slack.click(responder, channel, 'Skip');
    await slack.click(responder, channel, 'All Done');

    await slack.message(channel, /All alerts have resolved/);
    await slack.click(oncall, channel, 'Resolve');
    const form = await slack.modal(oncall);
    await emulator.person(oncall).submit(form.id, { note: { note: 'The restart brought it back.' } });
    await slack.message(channel, /Resolved in .*The restart brought it back/s);
    await slack.message(channel, /post-mortem draft/i);
    expect(emulator.workspace.files().map(({ name }) => name)).toContainEqual(
      expect.stringMatching(/^post-mortem-INC-1.*\.md$/),
    );
  });

  it('is rolled back when a restart does not help, by two people and exactly once', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const sandbox = await rehearse(stops);
    const { emulator, patient, env, bot } = sandbox;
    const slack = createWorkspaceDriver(emulator, 30_000);
    const flagsFile = join(patient.checkout, 'config', 'feature_flags.json');
    const switchedOff = (await readFile(flagsFile, 'utf8')).replace(
      /("aatc_system_enabled": \{\s*"enabled": )false/,
      '$1true',
    );
    await writeFile(flagsFile, switchedOff);

    await patient.set('crash-loop', true);
    const channel = await takeCommand(sandbox, slack);
    await slack.click(oncall, channel, notAnswering);
    await slack.click(oncall, channel, restart);
    await slack.message(channel, /✗ Failed: \*Keep the evidence and restart\*/);
    expect(patient.state().running).toBe(false);
    await slack.message(channel, /The playbook now offers \*Roll back genesis-orchestration\*/);

    // Asked for in words it opens the same form; closed, nothing has happened.
    await emulator.person(responder).slash(channel, '/genesis', 'rollback v1.5.0 does not start');
    const worded = await slack.modal(responder);
    expect(JSON.stringify(worded.blocks)).toContain('v1.5.0 does not start');
    await emulator.person(responder).closeView(worded.id);

    await requestRollback(sandbox, slack, {
      person: responder,
      channel,
      reason: 'Version v1.5.0 does not start.',
    });

    await slack.click(responder, channel, 'Approve');
    await slack.told(responder, /You asked for this, so somebody else has to approve it/);
    await emulator.person(visitor).join(channel);
    await slack.click(visitor, channel, 'Approve');
    await slack.told(visitor, /You may not approve/);

    // A new process finds the request as it was.
    await emulator.settled();
    await bot.stop();
    const before = await eventsOf(env);
    await startAgain(stops, env);
    await vi.waitFor(() => expect(emulator.sockets.count()).toBe(1), 10_000);
    expect((await eventsOf(env)).filter(({ event }) => /^(Plan|Run|Command)/.test(event.type))).toEqual(
      before.filter(({ event }) => /^(Plan|Run|Command)/.test(event.type)),
    );

    const seen = await slack.withButton(channel, 'Approve');
    await Promise.all([oncall, lead].map((person) => slack.clickSeen(person, channel, seen)));
    // While the procedure holds the host, the walk that it interrupted may not act on it.
    await slack.click(oncall, channel, 'Try Again');
    await slack.told(oncall, /is at work on genesis-orchestration on genesis/);
    await vi.waitFor(() => {
      const answers = [oncall, lead].flatMap((person) =>
        emulator.workspace
          .ephemerals(person)
          .filter(({ text }) => /already approved this/.test(text))
          .map(() => person),
      );
      expect(answers).toHaveLength(1);
    }, 10_000);

    await slack.message(channel, /1 Stop Traffic.*left of 0:15/);
    await slack.message(channel, /✓ \*Roll back genesis-orchestration\* completed in/);
    const clock = await slack.message(channel, /completed in/);
    expect(wordsOf(clock)).toMatch(
      /1 Stop Traffic ✓.*2 Verify Rollback ✓.*3 Restore Baseline ✓.*4 Validate Stable ✓.*5 Report ✓/,
    );

    expect(patient.state()).toMatchObject({ running: true, version: 'v1.4.0' });
    // The flags of the deployment are off; the other ones, and all percentages, are as they were before the reset.
    const { flags } = JSON.parse(switchedOff) as { flags: Record<string, object> };
    const off = (flag: string) => ({ [flag]: { ...flags[flag], enabled: false } });
    expect(JSON.parse(await readFile(flagsFile, 'utf8'))).toEqual({
      flags: { ...flags, ...off('phase_4_deployment'), ...off('aatc_system_enabled') },
    });
    expect(packed(patient, 'before-rollback.tar.gz')).toEqual(
      expect.arrayContaining(['config/feature_flags.json', 'logs/genesis.log', 'state/queue.json']),
    );
    expect(packed(patient, 'evidence.tar.gz')).toContain('logs/genesis.log');
    await slack.message(channel, /All alerts have resolved/);

    const log = await eventsOf(env);
    const run = log.filter(({ event }) => event.type === 'RunStarted' && event.data.playbook === rollback);
    expect(run).toHaveLength(1);
    const ofRun = log.filter(({ stream }) => stream === run[0]?.stream).map(({ event }) => event);
    expect(ofRun.filter(({ type }) => type === 'PlanDecided')).toHaveLength(1);
    const resets = ofRun.filter(
      (event) =>
        event.type === 'CommandStarted' &&
        event.data.plan.commands[event.data.command]?.action === 'reset_to_stable',
    );
    expect(resets).toHaveLength(1);
    expect(ofRun.at(-1)).toMatchObject({ type: 'RunEnded', data: { kind: 'completed' } });
  });

  it('is rolled back by its commander alone; a step that fails half way still brings it back', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const sandbox = await rehearse(stops);
    const { emulator, patient, env } = sandbox;
    const slack = createWorkspaceDriver(emulator, 30_000);

    await patient.set('crash', true);
    const channel = await takeCommand(sandbox, slack);
    // Left behind by a git that was killed: the reset cannot work, everything before it can.
    await writeFile(join(patient.checkout, '.git', 'index.lock'), '');
    await requestRollback(sandbox, slack, { person: oncall, channel, reason: 'Nobody else is awake.' });

    await slack.click(responder, channel, 'Break the Glass');
    const refused = await slack.modal(responder);
    await emulator.person(responder).submit(refused.id, { reason: { reason: 'I would like to.' } });
    await slack.told(responder, /You may not override|Only the commander of a P0 incident/);

    await slack.click(oncall, channel, 'Break the Glass');
    const form = await slack.modal(oncall);
    await emulator.person(oncall).submit(form.id, { reason: { reason: 'Every operation fails.' } });
    await slack.message(
      channel,
      new RegExp(`<@${oncall}> broke the glass for .*without a second person: Every operation fails`),
    );

    await slack.message(channel, /■ \*Roll back genesis-orchestration\* stopped after/);
    const clock = await slack.message(channel, /stopped after/);
    expect(wordsOf(clock)).toContain(
      'Put the stable version in place did not succeed, so the rest was not carried out.',
    );
    await slack.message(channel, /✗ Failed: \*Put the stable version in place\*/);
    await slack.message(channel, /✓ Done: \*Start the service\*/);
    expect(patient.state()).toMatchObject({ running: true, version: 'v1.5.0' });
    expect(existsSync(join(patient.checkout, '..', 'genesis-backups', 'before-rollback.tar.gz'))).toBe(true);

    const started = (await eventsOf(env)).flatMap(({ event }) =>
      event.type === 'CommandStarted' ? [event.data.plan.commands[event.data.command]?.action] : [],
    );
    expect(started.at(-1)).toBe('start');
    expect(started).not.toContain('restore_configuration');
  });
});
