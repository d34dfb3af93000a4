import { signHead, writeHead } from '../adapters/auditHead/headFile.ts';
import type { EditedRequests } from '../engine/editedRequests.ts';
import type { Pulse } from '../engine/heartbeat.ts';
import type { RoomKeeper } from '../engine/roomKeeper.ts';
import type { SourceWatch } from '../engine/sourceWatch.ts';
import { startTicker } from '../engine/ticker.ts';
import { createWatchEar } from '../engine/watchEar.ts';
import { atMost, roundMs } from './ending.ts';
import type { Parts } from './parts.ts';
import { alertsStaleMs } from './sources.ts';

const askEveryMinutes = 2;

/**
 * What happens again and again: the sources are asked for what was missed, the open incidents are looked through and a
 * sign of life is given, the head of the chain is written down.
 */
export async function startRecurring(
  parts: Parts,
  {
    sources,
    pulse,
    rooms,
    requests,
  }: {
    readonly sources: SourceWatch;
    readonly pulse: Pulse;
    readonly rooms: RoomKeeper;
    readonly requests: EditedRequests;
  },
): Promise<{ stop(): Promise<void> }> {
  const { config, store, desk, clock, log } = parts;
  const ear = createWatchEar({
    store,
    desk,
    clock,
    answeredAt: sources.answeredAt,
    staleMs: alertsStaleMs / config.pace,
    askedEveryMs: askEveryMinutes * 60_000,
  });
  const writeDownHead = () => writeHeadDown(parts);
  // The first round must not hold up the start: a source that hangs is no reason not to listen.
  void sources.poll().catch((error: unknown) => log.warn('the alert sources could not be asked', { error }));
  // At once, so that a file that cannot be written is heard of now and not after the first event.
  await writeDownHead();
  const ticker = startTicker(
    [
      { name: 'ask the alert sources', schedule: `0 */${askEveryMinutes} * * * *`, work: sources.poll },
      ...['20 * * * * *', '50 * * * * *'].map((schedule) => ({
        name: 'ask for alerts that are silenced',
        schedule,
        work: sources.pollSilenced,
      })),
      ...['5 * * * * *', '35 * * * * *'].map((schedule) => ({
        name: 'look for edits of the playbooks',
        schedule,
        work: async () => {
          await rooms.look();
          // What was asked for on its way past an edit.
          await requests.look(null);
        },
      })),
      { name: 'look through the incidents', schedule: '15 * * * * *', work: pulse.beat },
      ...(config.alertmanager.url === null
        ? []
        : [{ name: 'tell the watches what is not heard', schedule: '40 * * * * *', work: ear.look }]),
      { name: 'write down the audit head', schedule: '30 * * * * *', work: writeDownHead },
    ],
    { ...(parts.ticks ? { ticks: parts.ticks } : {}), clock, log },
  );
  return {
    async stop() {
      await atMost(roundMs, ticker.stop());
      await writeDownHead();
    },
  };
}

async function writeHeadDown({ config, store, clock, log }: Parts): Promise<void> {
  if (config.key === null || config.auditHeadFile === null) return;
  try {
    const head = await store.head();
    await writeHead(config.auditHeadFile, signHead(config.key, head, clock.now()));
  } catch (error) {
    log.error('the head of the audit chain could not be written down', { error });
  }
}
