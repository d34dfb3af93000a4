import type { ModalView } from '@slack/types';
import { incidentOfRun } from '../../core/brain.ts';
import { marked } from '../../core/drill/standIn.ts';
import type { Desk } from '../../engine/ports.ts';
import type { Asked, Private } from './asked.ts';
import { asDrill, asDrillModal } from './cards/drill.ts';
import { type Origin, readOrigin } from './modals/form.ts';

/** Forms and private answers that belong to a drill say so, whichever way they were asked for. */

export async function markModal(desk: Desk, view: ModalView): Promise<ModalView> {
  const origin = readOrigin(view.private_metadata ?? '');
  return origin && (await isAboutDrill(desk, origin)) ? asDrillModal(view) : view;
}

export async function markPrivate(desk: Desk, { channel }: Asked, say: Private): Promise<Private> {
  if (!(await isChannelOfDrill(desk, channel))) return say;
  return say.blocks ? asDrill({ text: say.text, blocks: [...say.blocks] }) : { text: marked(say.text) };
}

/** What a form names counts first: one about a drill may be opened in any channel. */
async function isAboutDrill(desk: Desk, { channel, value }: Origin): Promise<boolean> {
  const id = value.incident ?? (value.run === undefined ? null : incidentOfRun(value.run));
  if (id === null) return isChannelOfDrill(desk, channel);
  return (await desk.incident(id))?.drill === true;
}

const isChannelOfDrill = async (desk: Desk, channel: string | null): Promise<boolean> =>
  channel !== null && (await desk.incidentOfChannel(channel))?.drill === true;
