import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/adapters/logging/log.ts';
import { auditVerify } from '../../src/commands/audit.ts';
import { exportLog } from '../../src/commands/export.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start.ts';
import { requireComponent } from '../fakes/components.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const pace = 60;
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function rehearse(
  delivery: 'socket' | 'http',
  alertSource: 'real' | 'stand-in',
): Promise<Sandbox & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-path-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  const sandbox = await startSandbox({
    directory,
    playbooks: 'playbooks',
    pace,
    delivery,
    pagePort: null,
    alertSource,
    log: createLog({ level: 'error' }),
  });
  stops.push(() => sandbox.stop());
  return { ...sandbox, directory };
}

/** From the metric that crosses a rule to the verified log, by nothing but what people and machines really send. */
async function walkTheWholePath(
  delivery: 'socket' | 'http',
  alertSource: 'real' | 'stand-in',
): Promise<void> {
  const { emulator, patient, env, directory, bot } = await rehearse(delivery, alertSource);
  const slack = createWorkspaceDriver(emulator);
  const { oncall, responder, visitor } = people;

  await patient.set('llm-errors', true);
  const channel = await slack.incidentChannel(1);
  expect(channel.name).toMatch(/^incident-\d{4}-\d\d-\d\d-high-error-rate-1$/);
  await slack.message('#genesis-alerts', /P1.*High error rate.*genesis-orchestration/s);

  const card = await slack.message(channel.id, /P1 · High error rate/);
  await vi.waitFor(
    () => expect(emulator.workspace.pins(channel.id).map((pin) => pin.ts)).toContain(card.ts),
    10_000,
  );
  await vi.waitFor(
    () =>
      expect(emulator.workspace.channel(channel.id)?.memberIds).toEqual(
        expect.arrayContaining([oncall, responder]),
      ),
    10_000,
  );

  // The diagnosis ran by itself, and its output stands in the threads.
  await slack.message(channel.id, /Last 100 errors by kind/);
  await slack.message(channel.id, /llm/);
  await slack.withButton(channel.id, 'LLM rate limits or timeouts');

  await emulator.person(visitor).join(channel.id);
  await slack.click(visitor, channel.id, 'Acknowledge');
  await slack.told(visitor, /You may not act on genesis-orchestration/);

  await slack.click(oncall, channel.id, 'Acknowledge');
  await vi.waitFor(
    () => expect(emulator.workspace.channel(channel.id)?.topic.value).toContain(oncall),
    10_000,
  );

  const asked = await slack.withButton(channel.id, 'LLM rate limits or timeouts');
  await slack.click(responder, channel.id, 'LLM rate limits or timeouts');
  await slack.message(channel.id, /Decompose without the language model/);

  // A second click on the same question is answered privately, with what already happened.
  await slack.clickSeen(oncall, channel.id, asked);
  await slack.told(oncall, new RegExp(`<@${responder}> already chose`));

  const offer = await slack.withButton(channel.id, 'Skip');
  expect(wordsOf(offer.message)).toMatch(/config\/llm_fallback\.yaml|previous/);
  await slack.click(responder, channel.id, 'Decompose Without the Language Model');

  await vi.waitFor(() => expect(patient.state().configuration?.llm).toMatch(/heuristic|false|off/i), 30_000);
  await slack.message(channel.id, /held|Verified|→/);
  await slack.message(channel.id, /All alerts have resolved/);

  await slack.click(oncall, channel.id, 'Resolve');
  const asks = await slack.modal(oncall);
  await emulator.person(oncall).submit(asks.id, {});
  await slack.message(channel.id, /post-mortem draft/i);
  const draft = emulator.workspace.files().find((file) => file.name.startsWith('post-mortem-INC-1'));
  expect(draft).toBeDefined();

  await bot.stop();
  const database = env.DATABASE_URL!.slice('sqlite:'.length);
  const said: string[] = [];
  expect(
    await auditVerify({ database, key: env.GENESIS_KEY!, headFile: env.AUDIT_HEAD_FILE! }, (line) =>
      said.push(line),
    ),
  ).toBe(0);
  const lines: string[] = [];
  await exportLog({ database }, (line) => lines.push(line));
  const types = lines.map((line) => JSON.parse(line).type as string);
  expect(types).toEqual(
    expect.arrayContaining([
      'IncidentOpened',
      'AlertFired',
      'CommandStarted',
      'CommandEnded',
      'AlertResolved',
      'IncidentResolved',
    ]),
  );
  expect(types.filter((type) => type === 'IncidentOpened')).toHaveLength(1);
  expect(directory).toBeTruthy();
}

describe('the whole path, from a metric to the verified log', () => {
  const real = requireComponent('prometheus') !== null && requireComponent('alertmanager') !== null;

  it.runIf(real)('in Socket Mode, with the real Prometheus and Alertmanager', { timeout: 180_000 }, () =>
    walkTheWholePath('socket', 'real'),
  );
  it.runIf(real)('over signed HTTP, with the real Prometheus and Alertmanager', { timeout: 180_000 }, () =>
    walkTheWholePath('http', 'real'),
  );
  it('in Socket Mode, with the stand-in where the programs are missing', { timeout: 180_000 }, () =>
    walkTheWholePath('socket', 'stand-in'),
  );
});
