import { subjectKey } from '../../../core/effect.ts';
import { ownerOf } from '../../../core/incident/audit.ts';
import { isOpen } from '../../../core/incident/incident.ts';
import type { View } from '../../../core/view.ts';
import { foreign, who } from '../escape.ts';
import { actions, button, type Card, card, type Frame, section, urlButton } from './blocks.ts';
import { ago, headline } from './words.ts';

/** Says to those who are not in an incident that nobody is; once somebody is, it says that instead. */
export function unattended({ incident }: Extract<View, { kind: 'unattended' }>, frame: Frame): Card {
  const { id } = incident;
  const key = subjectKey({ kind: 'unattended', incident: id, time: incident.unattended.since });
  const title = `*${foreign(headline(incident), 300)}* — ${id}`;
  const owner = ownerOf(incident);
  if (!isOpen(incident)) return card(key, 'resolved', `${id} is resolved.`, [section(`${title}\nResolved.`)]);
  if (owner !== null) {
    return card(key, 'taken', `${who(owner)} has ${id}.`, [section(`${title}\n${who(owner)} has it.`)]);
  }
  const said =
    incident.allQuietSince === null
      ? 'Nobody has taken it, and nothing is scheduled that would come back to it.'
      : 'All its alerts have resolved, and nobody has taken it who would say that it is over.';
  const channel = incident.channel ? frame.channelUrl(incident.channel.id) : null;
  const thread = frame.linkTo(subjectKey({ kind: 'card', incident: id }));
  return card(key, 'nobody', `Nobody has ${id}: ${foreign(headline(incident), 300)}`, [
    section(`${title}\n${said} Opened ${ago(incident.unattended.since)}.`),
    ...actions([
      button({ id: 'incident.acknowledge', label: 'Take It', value: { incident: id }, style: 'primary' }),
      ...(channel !== null
        ? [urlButton('open.channel', 'Open Channel', channel)]
        : thread !== null
          ? [urlButton('open.channel', 'Open Thread', thread)]
          : []),
    ]),
  ]);
}
