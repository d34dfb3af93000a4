import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { watchRoom } from '../adapters/playbooks/watchRoom.ts';
import type { Config } from '../config.ts';
import { formatProblem } from '../core/playbook/problem.ts';
import type { Room } from '../core/playbook/room.ts';
import { channelForEdits, printsOf, type RoomNotice } from '../core/playbook/roomChange.ts';
import type { Log } from '../engine/log.ts';
import { lastResort } from '../engine/messages.ts';
import type { Chat, Clock, Posted } from '../engine/ports.ts';
import { createRoomKeeper, type RoomKeeper } from '../engine/roomKeeper.ts';
import { CannotStart } from './cannotStart.ts';
import { atMost, roundMs } from './ending.ts';

/** Reads the room, and from then on follows every edit of its files. */
export async function keepRoom(
  config: Config,
  { clock, log, chat }: { readonly clock: Clock; readonly log: Log; readonly chat: () => Chat },
): Promise<RoomKeeper> {
  const { playbooks: directory, pace, hostsFile } = config;
  const files = watchRoom({ directory, pace, hostsFile, log });
  const asRun = (room: Room): Room => ({
    ...room,
    ...(config.automatic ? {} : { automaticOff: true as const }),
    ...(config.mail ? { mail: true as const } : {}),
    ...(config.pagerduty ? { pages: true as const } : {}),
    ...(config.alertmanager.url === null ? {} : { silences: true as const }),
  });
  // Before the reading: what is edited meanwhile is seen at the first look.
  const digest = await files.digest().catch(unreadable(directory));
  const ends = await files.ends().catch(unreadable(directory));
  const first = await roomFrom(config, log);
  const keeper = createRoomKeeper({
    first: { room: asRun(first), prints: printsOf(first), digest, ends },
    source: {
      digest: files.digest,
      ends: files.ends,
      async load() {
        const loaded = await files.load();
        return { ...loaded, room: loaded.room && asRun(loaded.room) };
      },
    },
    say: (notice, message) => sayRoom(chat(), keeper.room(), { notice, ...message }),
    clock,
    log,
  });
  files.listen(keeper.nudge);
  return {
    ...keeper,
    async stop() {
      files.stop();
      await atMost(roundMs, keeper.stop());
    },
  };
}

const unreadable = (directory: string) => (error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  throw new CannotStart([`PLAYBOOKS: ${directory} cannot be read: ${why}`]);
};

const sayRoom = (
  chat: Chat,
  { routing }: Room,
  said: { notice: RoomNotice; key: string; known: Posted | null; uncertain: boolean },
): Promise<Posted> => {
  const { notice, ...message } = said;
  const channel = channelForEdits(routing) ?? lastResort;
  return chat.show({ ...message, view: { kind: 'room', notice }, channel, thread: null });
};

async function roomFrom(config: Config, log: Log): Promise<Room> {
  const { room, problems } = await loadRoom({
    directory: config.playbooks,
    pace: config.pace,
    ...(config.hostsFile === null ? {} : { hostsOverlay: { path: config.hostsFile } }),
  });
  if (!room) throw new CannotStart(problems.map(formatProblem));
  for (const problem of problems) log.warn(formatProblem(problem));
  return room;
}
