import { incidentOfRun } from '../../core/brain.ts';
import type { CommandBody } from '../../core/command.ts';
import { type IncidentId, isIncidentId, type RunId } from '../../core/stream.ts';
import type { Desk } from '../../engine/ports.ts';
import { type Asked, privately, type Reply } from './asked.ts';
import { channelLink } from './escape.ts';
import { drillFormId } from './modals/drillForm.ts';
import { readOrigin } from './modals/form.ts';

/**
 * In the channel of a drill everything is practice, so nothing real may be done from there, also after its end: whoever
 * practises must be able to trust that, whatever they say or press. Looking is for everybody who may look.
 */

/** The refusal for what is not about the drill whose channel this is; null everywhere else, and for the drill itself. */
export async function notInDrill(desk: Desk, asked: Asked, body: CommandBody): Promise<Reply | null> {
  // Practice as well, and the way on from a drill that is over.
  return body.type === 'incident.drill' ? null : refusalHere(desk, asked, subjectOf(body));
}

/** The same for a reply that opens a form, which names what it is about. */
export async function formInDrill(desk: Desk, asked: Asked, reply: Reply): Promise<Reply> {
  if (reply.kind !== 'modal' || reply.view.callback_id === drillFormId) return reply;
  const { incident, run } = readOrigin(reply.view.private_metadata ?? '')?.value ?? {};
  return (await refusalHere(desk, asked, incident ?? run ?? null)) ?? reply;
}

type Subject = IncidentId | RunId | null;

const subjectOf = (body: CommandBody): Subject =>
  ('incident' in body ? body.incident : null) ?? ('run' in body ? body.run : null);

async function refusalHere(desk: Desk, { channel }: Asked, subject: Subject): Promise<Reply | null> {
  const drill = channel === null ? null : await desk.incidentOfChannel(channel);
  if (!drill?.drill) return null;
  const incident = subject === null || isIncidentId(subject) ? subject : incidentOfRun(subject);
  if (incident === drill.id) return null;
  const begins = `This channel belongs to the drill ${drill.id}, so nothing was done.`;
  if (subject === null)
    return privately(`${begins} What you asked for would be real: ask for it in another channel.`);
  const home = await channelOf(desk, { incident, run: subject });
  return privately(
    `${begins} ${incident ?? subject} is no part of it: ask for it ${home === null ? 'where its messages are' : `in ${channelLink(home)}`}.`,
  );
}

async function channelOf(
  desk: Desk,
  { incident, run }: { readonly incident: IncidentId | null; readonly run: IncidentId | RunId },
): Promise<string | null> {
  if (incident !== null) return (await desk.incident(incident))?.channel?.id ?? null;
  return isIncidentId(run) ? null : ((await desk.run(run))?.run.channel ?? null);
}
