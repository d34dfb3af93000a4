import { describe, expect, it, vi } from 'vitest';
import { messagesSeenTwice, pendingWork, readLog } from './account.ts';
import { patience } from './killedWalk.ts';
import { setStage } from './stage.ts';
import { deliver } from './walk.ts';

const alerts = process.env.SOAK ? 40 : 10;

describe('Slack answers 503 to everything, the bot is killed, and both come back', () => {
  it('every accepted alert has its incident in Slack, and every message once', {
    timeout: 600_000,
    tags: ['trust-7'],
  }, async ({ annotate }) => {
    const services = Array.from({ length: alerts }, (_, index) => `shop${String(index).padStart(2, '0')}`);
    const stage = await setStage({ delivery: 'http', services });
    const { bot, emulator } = stage;
    const messages = () =>
      emulator.workspace
        .channels()
        .reduce((sum, { id }) => sum + emulator.workspace.allMessages(id).length, 0);
    try {
      await bot.ready();
      emulator.faults.set({ kind: 'server_error', method: '*', status: 503 });
      for (const service of services) await deliver(stage, service, 'firing', patience);
      await vi.waitFor(() => expect(emulator.calls.length).toBeGreaterThan(alerts), patience);
      bot.kill();
      await vi.waitFor(() => expect(bot.lives()).toHaveLength(1), patience);
      await bot.ready();
      expect(messages()).toBe(0);

      // Slack is back, though not all of its answers arrive, and the bot dies once more with calls in its hands.
      emulator.faults.set(
        { kind: 'lost_reply', method: 'conversations.create', count: 2 },
        { kind: 'lost_reply', method: 'chat.postMessage', count: 4 },
        { kind: 'lost_reply', method: 'files.completeUploadExternal', count: 2 },
        { kind: 'failed_after_success', method: 'chat.postMessage', count: 2 },
      );
      await vi.waitFor(() => expect(messages()).toBeGreaterThan(alerts), patience);
      bot.kill();

      const question = (name: string) =>
        emulator.workspace
          .allMessages(name)
          .filter(({ metadata }) => /^step\/.*\/3\/1$/.test(String(metadata?.event_payload?.key))).length;
      await vi.waitFor(() => {
        for (const service of services) {
          const own = emulator.workspace
            .channels()
            .filter(({ name }) => name.includes(`-${service}-errors-`));
          expect(
            own.map(({ id }) => question(id)),
            service,
          ).toEqual([1]);
        }
        expect(pendingWork(stage), 'work that waits').toBe(0);
      }, patience);
      expect(emulator.faults.rules(), 'lost replies that did not come about').toEqual([]);
      expect(await bot.stop(), bot.complaints()).toBe(0);
      expect(messagesSeenTwice(emulator)).toEqual([]);
      const { events } = await readLog(stage);
      const opened = events.filter(({ type }) => type === 'IncidentOpened').length;
      expect(opened).toBe(alerts);
      await annotate(
        `${alerts} accepted while Slack answered 503, 2 kills, 10 lost replies: 0 lost, ${messages()} messages, 0 twice`,
        'figure',
      );
    } finally {
      await stage.close();
    }
  });
});
