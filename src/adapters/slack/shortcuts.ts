import type { z } from 'zod';
import { servicesIn } from '../../core/playbook/room.ts';
import type { Desk } from '../../engine/ports.ts';
import { act, mayNotLook } from './answers.ts';
import { type Asked, modal, privately, type Reply } from './asked.ts';
import { formInDrill } from './drillOnly.ts';
import { asTyped, clean, fit } from './escape.ts';
import { declareForm } from './modals/incidentForms.ts';
import type { shortcutPayload } from './payload.ts';

/** Entries of a message's menu: they work where `/genesis` does not, in threads. */

type Chosen = z.infer<typeof shortcutPayload>;

/** By their callback ids, as the manifest names them. */
const entries: Readonly<Record<string, (desk: Desk, asked: Asked, message: Message) => Promise<Reply>>> = {
  declare_incident: declareFrom,
  add_to_incident: addTo,
};

type Message = { readonly text: string; readonly user: string | null; readonly url: string };

export async function shortcut(
  desk: Desk,
  asked: Asked,
  { chosen, workspaceUrl }: { readonly chosen: Chosen; readonly workspaceUrl: string },
): Promise<Reply> {
  const { callback_id: id, channel, message } = chosen;
  const entry = Object.hasOwn(entries, id) ? entries[id] : undefined;
  if (!entry) return privately('This entry is of an older version of Genesis.');
  const reply = await entry(desk, asked, {
    text: textOf(message.text ?? ''),
    user: message.user ?? null,
    url: linkTo(workspaceUrl, channel.id, message),
  });
  return formInDrill(desk, asked, reply);
}

async function declareFrom(desk: Desk, asked: Asked, { text, url }: Message): Promise<Reply> {
  const origin = { channel: asked.channel, responseUrl: asked.responseUrl, value: { option: url } };
  return (
    (await mayNotLook(desk, asked, null)) ??
    modal(declareForm(origin, { services: servicesIn(desk.room()), summary: fit(text, 2_000) }))
  );
}

async function addTo(desk: Desk, asked: Asked, { text, user, url }: Message): Promise<Reply> {
  const incident = asked.channel === null ? null : await desk.incidentAt(asked.channel, asked.thread ?? null);
  if (!incident)
    return privately(
      'This message is in no incident. Use *Add to Incident* in an incident’s channel or thread, or *Declare Incident* to begin one with it.',
    );
  return act(
    desk,
    asked,
    {
      type: 'incident.note',
      incident: incident.id,
      kind: 'note',
      text: text === '' ? 'A message without text, such as a file.' : fit(text, 2_500),
      from: { user, url },
    },
    () => privately(`Added to ${incident.id}.`),
  );
}

/** A message as people read it; nothing in it calls anybody a second time. */
const textOf = (text: string): string =>
  clean(
    asTyped(
      text
        .replaceAll(/<!(here|channel|everyone)(?:\|[^<>]*)?>/g, '@$1')
        .replaceAll(/<!subteam\^[A-Z0-9]+\|([^<>]+)>/g, '$1')
        .replaceAll(/<@([UW][A-Z0-9]+)>/g, '@$1'),
    ),
  ).trim();

/** The address that Slack itself gives to a message. */
function linkTo(workspaceUrl: string, channel: string, { ts, thread_ts: thread }: Chosen['message']): string {
  const url = `${workspaceUrl.replace(/\/?$/, '/')}archives/${channel}/p${ts.replace('.', '')}`;
  return thread && thread !== ts ? `${url}?thread_ts=${thread}&cid=${channel}` : url;
}
