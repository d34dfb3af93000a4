import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultRule } from '../../src/sandbox/emulator/faultRules.ts';
import { pick } from './failpoints.ts';
import type { SmallDisk } from './smallDisk.ts';
import type { Stage } from './stage.ts';
import { reaches } from './walk.ts';

/** What goes wrong around the bot. Each begins, lasts a while, and is mended; what lasts no time mends itself. */
export type Trouble = {
  readonly name: string;
  begin(): Promise<void> | void;
  mend?(): Promise<void> | void;
};

const hour = 60 * 60_000;
const jumps = [hour, -hour, 24 * hour, -24 * hour];

export function troublesOf(
  stage: Stage,
  given: { random: () => number; disk: SmallDisk | null; delivery: 'socket' | 'http' },
): readonly Trouble[] {
  const { random, disk, delivery } = given;
  const { bot, emulator, prometheus } = stage;
  const few = () => 1 + Math.floor(random() * 4);
  const method = () =>
    pick(['*', 'chat.*', 'chat.postMessage', 'conversations.*', 'conversations.create', 'files.*'], random);
  const slack = (name: string, rule: () => FaultRule): Trouble => ({
    name,
    begin: () => emulator.faults.add(rule()),
    mend: () => emulator.faults.clear(),
  });
  const gauge = (name: string, value: Parameters<typeof prometheus.set>[0]): Trouble => ({
    name,
    begin: () => prometheus.set(value),
    mend: () => prometheus.set(0),
  });
  const always: Trouble[] = [
    { name: 'kill -9', begin: () => bot.kill() },
    { name: 'kill -9', begin: () => bot.kill() },
    { name: 'kill -9', begin: () => bot.kill() },
    { name: 'SIGTERM', begin: () => bot.whileDown('SIGTERM', async () => undefined) },
    {
      name: 'down for a while',
      begin: () => bot.whileDown('SIGKILL', async () => void (await reaches(() => false, 700))),
    },
    {
      name: 'the executor dies',
      begin: () =>
        writeFileSync(join(stage.directory, 'kill-at'), `executor:${pick(['spawned', 'acted'], random)} *\n`),
    },
    slack('Slack 429', () => ({ kind: 'rate_limited', method: method(), retryAfter: 1, count: few() })),
    slack('Slack 503', () => ({ kind: 'server_error', method: method(), status: 503 })),
    slack('Slack 500', () => ({ kind: 'server_error', method: method(), status: 500, count: few() })),
    slack('lost replies', () => ({ kind: 'lost_reply', method: method(), count: few() })),
    slack('failed after success', () => ({ kind: 'failed_after_success', method: method(), count: few() })),
    slack('Slack is slow', () => ({ kind: 'delay', method: method(), delay: 300 })),
    slack('no acknowledgement counts', () => ({ kind: 'no_ack', event: '*', count: few() })),
    slack('duplicated events', () => ({ kind: 'duplicate_event', event: '*', count: few() })),
    gauge('Prometheus is down', 'down'),
    gauge('Prometheus has no data', null),
  ];
  const bySocket: Trouble[] = [
    { name: 'sockets drop', begin: () => emulator.sockets.drop() },
    { name: 'sockets are recycled', begin: () => emulator.sockets.disconnect('refresh_requested') },
    // Slack's signatures are refused by a bot whose clock is wrong, and rightly so; Socket Mode has none.
    {
      name: 'the clock is set',
      begin: () => stage.setClock(stage.clockOffset() + pick(jumps, random)),
    },
    { name: 'the clock is put right', begin: () => stage.setClock(0) },
  ];
  const onDisk: Trouble[] =
    disk === null ? [] : [{ name: 'the disk is full', begin: () => disk.fill(), mend: () => disk.empty() }];
  return [...always, ...(delivery === 'socket' ? bySocket : []), ...onDisk];
}
