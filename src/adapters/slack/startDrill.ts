import { setTimeout as pause } from 'node:timers/promises';
import type { Incident } from '../../core/incident/incident.ts';
import { isIncidentId } from '../../core/stream.ts';
import type { Desk } from '../../engine/ports.ts';
import { act } from './answers.ts';
import { type Asked, privately, type Reply } from './asked.ts';
import { section } from './cards/blocks.ts';
import { channelLink, code, foreign } from './escape.ts';

/** How long the answer waits for the channel, to have a link to it; and how often it looks. */
const looks = 50;
const lookEveryMs = 100;

/** Starts a drill. Only whoever asked for it is told, with the way to its channel. */
export async function startDrill(
  desk: Desk,
  asked: Asked,
  { playbook, firstFails }: { readonly playbook: string; readonly firstFails: boolean },
): Promise<Reply> {
  const started: { id: string | null } = { id: null };
  const reply = await act(
    desk,
    asked,
    { type: 'incident.drill', playbook, firstFails },
    ({ stream }): Reply => {
      started.id = stream;
      return privately('');
    },
  );
  if (started.id === null || !isIncidentId(started.id)) return reply;
  let incident = await desk.incident(started.id);
  for (let look = 0; look < looks; look += 1) {
    if (!incident || incident.channel !== null || incident.resolved) break;
    await pause(lookEveryMs, undefined, { ref: false });
    incident = await desk.incident(started.id);
  }
  const text = incident ? toldOf(incident, playbook) : `DRILL · ${started.id} is open.`;
  return privately(text, [section(text)]);
}

function toldOf({ id, channel, place, resolved }: Incident, playbook: string): string {
  if (channel === null && resolved)
    return `DRILL · ${id} did not begin. ${foreign(resolved.note ?? 'Its channel could not be opened.', 500)}`;
  const where =
    channel !== null
      ? channelLink(channel.id)
      : `its channel ${place.kind === 'channel' ? code(`#${place.name}`) : ''}`;
  return `DRILL · ${id}: ${code(playbook)} is practised in ${where}. Nobody else was invited or told.`;
}
