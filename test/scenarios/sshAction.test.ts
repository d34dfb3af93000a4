import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { requireComponent } from '../fakes/components.ts';
import { type Sshd, startSshd } from '../fakes/sshd.ts';
import { runningWith } from './processes.ts';
import { eventsOf, rehearse, type Stops, stopAll } from './rehearsal.ts';
import { roomWithSlowAction } from './rooms.ts';
import { createWorkspaceDriver } from './workspaceDriver.ts';

const { oncall, responder } = people;

/** The patient's host as one that is reached by SSH; its own programs still come first. */
const overSsh =
  (sshd: Sshd, more: Record<string, unknown> = {}) =>
  ({ checkout, bin }: { checkout: string; bin: string }) => ({
    hosts: {
      genesis: {
        kind: 'ssh',
        address: '127.0.0.1',
        port: sshd.port,
        user: sshd.user,
        host_key: sshd.hostKey,
        identity_file: sshd.identityFile,
        directory: checkout,
        path: [bin],
        ...more,
      },
    },
  });

async function connect(stops: Stops): Promise<Sshd> {
  const sshd = await startSshd();
  stops.push(() => sshd.stop());
  return sshd;
}

describe
  .skipIf(requireComponent('sshd') === null)
  .concurrent('a host that is reached by SSH', { timeout: 120_000 }, () => {
    it('is mitigated like any other, from the alert to the verified end', async ({ onTestFinished }) => {
      const stops: Stops = [];
      onTestFinished(() => stopAll(stops));
      const sshd = await connect(stops);
      const { emulator, patient, env } = await rehearse(stops, { hosts: overSsh(sshd) });
      const slack = createWorkspaceDriver(emulator, 45_000);

      await patient.set('llm-errors', true);
      const { id: channel } = await slack.incidentChannel(1);
      await slack.message(channel, /Last 100 errors by kind/);
      await slack.click(oncall, channel, 'Acknowledge');
      await slack.click(responder, channel, 'LLM rate limits or timeouts');
      const offer = await slack.message(channel, /\*Decompose without the language model\* on/);
      expect(JSON.stringify(offer.blocks)).toContain(`${sshd.user}@127.0.0.1`);
      await slack.click(responder, channel, 'Decompose Without the Language Model');
      await slack.message(channel, /✓ Done: \*Decompose without the language model\*.*held/);
      expect(patient.state().configuration?.llm).toMatch(/heuristic|false|off/i);
      await slack.message(channel, /All alerts have resolved/);

      const ended = (await eventsOf(env)).flatMap(({ event }) =>
        event.type === 'CommandEnded' ? [event.data.outcome.kind] : [],
      );
      expect(new Set(ended)).toEqual(new Set(['exited']));
    });

    it('with another host key than the pinned one is sent nothing, and the channel says why', async ({
      onTestFinished,
    }) => {
      const stops: Stops = [];
      onTestFinished(() => stopAll(stops));
      const sshd = await connect(stops);
      const other = await connect(stops);
      const hosts = overSsh(sshd, { host_key: other.hostKey });
      const { emulator, patient } = await rehearse(stops, { hosts });
      const slack = createWorkspaceDriver(emulator, 45_000);

      await patient.set('llm-errors', true);
      const { id: channel } = await slack.incidentChannel(1);
      await slack.message(
        channel,
        /Could not be seen: \*Recent errors\*.*another host key than the one pinned/,
      );
      await slack.click(responder, channel, 'LLM rate limits or timeouts');
      await slack.click(responder, channel, 'Decompose Without the Language Model');
      await slack.message(
        channel,
        /✗ Failed: \*Decompose without the language model\*.*another host key than the one pinned for it\. Nothing was sent/,
      );
      await slack.withButton(channel, 'Try Again');
      expect(existsSync(join(patient.checkout, 'config', 'llm_fallback.yaml'))).toBe(false);
    });

    it('has a command that hangs ended after its timeout, on the host too', async ({ onTestFinished }) => {
      const stops: Stops = [];
      onTestFinished(() => stopAll(stops));
      const sshd = await connect(stops);
      // A time that no other program sleeps for, by which the command is found on the host.
      const seconds = `600.${process.pid}`;
      const playbooks = await roomWithSlowAction(stops, { seconds, timeout: '2s' });
      const { emulator } = await rehearse(stops, { hosts: overSsh(sshd), playbooks });
      const slack = createWorkspaceDriver(emulator, 45_000);
      const place = '#genesis-monitoring';

      await vi.waitFor(() => expect(emulator.sockets.count()).toBe(1), 10_000);
      const reply = await emulator
        .person(responder)
        .slash(place, '/genesis', 'playbook run drain-slow-thing');
      expect(reply).toMatchObject({ ok: true });
      await slack.click(responder, place, 'Drain the Queue');
      await vi.waitFor(() => expect(runningWith(seconds)).toBeGreaterThan(0), 10_000);
      await slack.message(place, /✗ Failed: \*Drain the queue\*. It did not end in \d+ s/);
      await vi.waitFor(() => expect(runningWith(seconds)).toBe(0), 10_000);
    });
  });
