import { type RoomWatch, watchRoom } from '../adapters/playbooks/watchRoom.ts';
import type { Config } from '../config.ts';
import { formatProblem } from '../core/playbook/problem.ts';
import type { Room } from '../core/playbook/room.ts';
import { channelForEdits, type RoomNotice, type RoomPrints } from '../core/playbook/roomChange.ts';
import type { Log } from '../engine/log.ts';
import { lastResort } from '../engine/messages.ts';
import type { Chat, Clock, Posted } from '../engine/ports.ts';
import { createRoomKeeper, type RoomKeeper } from '../engine/roomKeeper.ts';
import { CannotStart, orCannotStart } from './cannotStart.ts';
import { atMost, roundMs } from './ending.ts';

/** Reads the room, and from then on follows every edit of its files. */
export async function keepRoom(
  config: Config,
  {
    clock,
    log,
    chat,
    takenUp,
  }: {
    readonly clock: Clock;
    readonly log: Log;
    readonly chat: () => Chat;
    /** Called when an edit is in use, with the moment; must not reject. */
    readonly takenUp: (at: number) => Promise<void>;
  },
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
  const first = await firstRoom(files, log);
  const keeper = createRoomKeeper({
    first: { room: asRun(first.room), prints: first.prints, digest, ends },
    source: {
      digest: files.digest,
      ends: files.ends,
      async load() {
        const loaded = await files.load();
        return { ...loaded, room: loaded.room && asRun(loaded.room) };
      },
    },
    say: (notice, message) => sayRoom(chat(), keeper.room(), { notice, ...message }),
    takenUp,
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

/**
 * In a thread of its own, like every later reading: what reads and compiles playbooks takes 60 MB that nothing else needs,
 * and they are given back when the thread ends.
 */
async function firstRoom(
  files: Pick<RoomWatch, 'load'>,
  log: Log,
): Promise<{ readonly room: Room; readonly prints: RoomPrints }> {
  const { room, prints, problems } = await orCannotStart(files.load(), 'PLAYBOOKS: reading did not end well');
  if (!room || !prints) throw new CannotStart(problems.map(formatProblem));
  for (const problem of problems) log.warn(formatProblem(problem));
  return { room, prints };
}
