import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openSqliteReader } from '../../src/adapters/sqlite/reader.ts';
import { testFromIncident } from '../../src/commands/testFromIncident.ts';
import type { IncidentId } from '../../src/core/stream.ts';
import { readPostMortem } from '../../src/engine/postMortem.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { databaseOf, eventsOf, type Rehearsal, rehearse, type Stops, stopAll } from './rehearsal.ts';
import { createWorkspaceDriver, type WorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { oncall, responder } = people;
const before = 'llm:\n  enabled: true  # as it was\n  fallback_mode: none\n';
const undo = 'Undo: Decompose Without the Language Model';

const fallbackFile = ({ patient }: Rehearsal): string =>
  join(patient.checkout, 'config', 'llm_fallback.yaml');

/** Errors of the language model, mitigated by the fallback, which is verified; then the provider recovers. */
async function mitigated(sandbox: Rehearsal, slack: WorkspaceDriver): Promise<string> {
  const { patient, emulator } = sandbox;
  await patient.set('llm-errors', true);
  const channel = await vi.waitFor(() => {
    const found = emulator.workspace.channels().find(({ name }) => name.includes('high-error-rate'));
    if (!found) throw new Error('no channel of the error rate yet');
    return found.id;
  }, 40_000);
  await slack.click(responder, channel, 'LLM rate limits or timeouts');
  await slack.click(responder, channel, 'Decompose Without the Language Model');
  await slack.message(channel, /✓ Done: \*Decompose without the language model\*/);
  expect(await readFile(fallbackFile(sandbox), 'utf8')).toContain('enabled: false');
  expect(patient.state().configuration?.llm).toBe('heuristic');
  await patient.set('llm-errors', false);
  return channel;
}

/** Asks by the slash command, reads the form, and chooses the undo. */
async function askForUndo(
  { emulator }: Rehearsal,
  slack: WorkspaceDriver,
  asked: { person: string; channel: string },
): Promise<string> {
  const { person, channel } = asked;
  await emulator.person(person).slash(channel, '/genesis', 'rollback');
  const form = await slack.modal(person);
  const words = JSON.stringify(form.blocks);
  const choice = /"value":"(INC-\d+\.\d+\/\d+\/[0-9a-f]{64})"/.exec(words)?.[1];
  if (choice === undefined) throw new Error(`nothing to undo in ${words}`);
  await emulator.person(person).submit(form.id, { choice: { choice } });
  return words;
}

describe.concurrent('a mitigation is taken back', { timeout: 120_000 }, () => {
  it('puts back the very content, repeats the restart, is verified and is recorded', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const sandbox = await rehearse(stops);
    const { emulator, patient, env } = sandbox;
    const slack = createWorkspaceDriver(emulator, 40_000);
    await writeFile(fallbackFile(sandbox), before);
    const channel = await mitigated(sandbox, slack);

    // The walk of the playbook is at its own check; what is taken back does not wait for its end.
    const words = await askForUndo(sandbox, slack, { person: oncall, channel });
    expect(words).toContain('# puts back config/llm_fallback.yaml: ');
    expect(words).toContain('systemctl restart genesis-orchestration');
    expect(words).toContain('Roll back genesis-orchestration');
    expect(words).toContain('Cannot be taken back by the bot');

    // Two people press at once: it runs once.
    const seen = await slack.withButton(channel, undo);
    expect(wordsOf(seen.message)).toContain('only while it holds SHA-256');
    await Promise.all([oncall, responder].map((person) => slack.clickSeen(person, channel, seen)));
    await slack.message(channel, /✓ Done: \*Undo: Decompose without the language model\*.*objective/);
    expect(await readFile(fallbackFile(sandbox), 'utf8')).toBe(before);
    expect(patient.state()).toMatchObject({ running: true, configuration: { llm: 'enabled' } });

    const events = (await eventsOf(env)).map(({ event }) => event);
    const commands = events.flatMap((event) =>
      event.type === 'CommandStarted' && event.data.plan.title.startsWith('Undo')
        ? [event.data.plan.commands[event.data.command]?.does]
        : [],
    );
    expect(commands).toMatchObject([
      { kind: 'put-back', content: before },
      { kind: 'run', argv: ['systemctl', 'restart', 'genesis-orchestration'] },
    ]);

    const incident = /(INC-\d+)\.\d+\/\d+\//.exec(words)?.[1] as IncidentId;
    const reader = openSqliteReader(databaseOf(env));
    const { report } = await readPostMortem(reader, incident, {
      now: Date.now(),
      namesOf: reader.names,
    }).finally(() => reader.close());
    expect(report.undo.map(({ what }) => what)).toEqual(['Restart the service']);
    // The undo is verified too, though what got better meanwhile was not its doing.
    expect(report.tried.map(({ what, helped }) => [what, helped])).toEqual([
      ['Decompose without the language model', 'yes'],
      ['Undo: Decompose without the language model', 'unknown'],
    ]);
    expect(report.summary).toContain('One thing was tried; after "Decompose without the language model"');
    expect(report.questions.join('\n')).not.toContain('whether "Undo:');

    await emulator.person(oncall).slash(channel, '/genesis', 'rollback');
    const form = await slack.modal(oncall);
    expect(form.callbackId).toBe('genesis.run');
    expect(JSON.stringify(form.blocks)).not.toContain('Still in effect');

    // What happened becomes a test, which goes the same way against the shipped playbooks.
    await emulator.person(oncall).slash(channel, '/genesis', 'ack');
    await slack.message(channel, new RegExp(`Acknowledged|<@${oncall}>`));
    const lines: string[] = [];
    const said: string[] = [];
    const asked = { directory: 'playbooks', database: databaseOf(env), id: incident, now: Date.now() };
    const code = await testFromIncident(asked, {
      print: (line) => void lines.push(line),
      say: (line) => void said.push(line),
    });
    const text = lines.join('\n');
    expect({ code, said }, text).toEqual({ code: 0, said: [] });
    expect(text).toContain(`# ${incident}, High error rate: opened `);
    expect(text).toContain('# It happened at 60 times the speed of life; times are written as in life.');
    expect(text).toContain('alertname: HighErrorRate');
    expect(text).toContain('answer: LLM rate limits or timeouts');
    expect(text).toContain('- undo: llm_fallback\n');
    expect(text).toContain('- do: undo-1\n');
    const room = await mkdtemp(join(tmpdir(), 'room-'));
    stops.push(() => rm(room, { recursive: true }));
    await cp('playbooks', room, { recursive: true });
    const playbook = join(room, 'alerts/high-error-rate.yml');
    await writeFile(playbook, (await readFile(playbook, 'utf8')).replace(/^title: .*$/m, 'title: Renamed'));
    const again: string[] = [];
    const voices = { print: (line: string) => void again.push(line), say: () => undefined };
    expect(await testFromIncident({ ...asked, directory: room }, voices)).toBe(0);
    expect(again.join('\n')).toContain('# The playbook high-error-rate or its service was changed since;');
    expect(await testFromIncident({ ...asked, id: 'INC-99' }, voices)).toBe(1);
    expect(text).toMatch(/changed: \[llm_fallback, restart\]\n +in_effect: \[\]/);
  });

  it('stops where somebody changed the file meanwhile, and leaves what they wrote', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const sandbox = await rehearse(stops);
    const slack = createWorkspaceDriver(sandbox.emulator, 40_000);
    expect(existsSync(fallbackFile(sandbox))).toBe(false);
    const channel = await mitigated(sandbox, slack);
    const byHand = 'llm:\n  enabled: false\n  fallback_mode: heuristic  # by hand\n';
    await writeFile(fallbackFile(sandbox), byHand);

    const words = await askForUndo(sandbox, slack, { person: responder, channel });
    expect(words).toContain('# removes config/llm_fallback.yaml, which was not there before');
    await slack.click(responder, channel, undo);
    await slack.message(channel, /✗ Failed: \*Undo: .*somebody changed it meanwhile/);
    expect(await readFile(fallbackFile(sandbox), 'utf8')).toBe(byHand);

    // With what the mitigation wrote in place again, the same click goes through.
    await writeFile(
      fallbackFile(sandbox),
      'llm:\n  enabled: false  # Temporarily without the model\n  fallback_mode: heuristic\n',
    );
    await slack.click(responder, channel, 'Try Again');
    await vi.waitFor(() => expect(existsSync(fallbackFile(sandbox))).toBe(false), 20_000);
    await slack.message(channel, /✓ Done: \*Undo: Decompose without the language model\*/);
  });
});
