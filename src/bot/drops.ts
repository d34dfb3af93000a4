import type { Room } from '../core/playbook/room.ts';
import { severities } from '../core/severity.ts';
import { createDropTeller, type DropTeller } from '../engine/droppedEvents.ts';
import type { Log } from '../engine/log.ts';
import { lastResort } from '../engine/messages.ts';
import type { Chat, Clock } from '../engine/ports.ts';

/** Says that Slack dropped events where the most urgent incidents are announced. */
export const tellOfDrops = (
  chat: Chat,
  { room, clock, log }: { readonly room: () => Room; readonly clock: Clock; readonly log: Log },
): DropTeller =>
  createDropTeller({
    say: (dropped, message) =>
      chat.show({
        ...message,
        view: { kind: 'events-dropped', dropped },
        channel: announcedIn(room()) ?? lastResort,
        thread: null,
      }),
    clock,
    log,
  });

const announcedIn = ({ routing }: Room): string | null =>
  severities.map((severity) => routing[severity].announce).find((channel) => channel !== null) ?? null;
