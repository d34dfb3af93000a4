import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { time } from '../../../core/moment.ts';
import type { View } from '../../../core/view.ts';
import { foreign, foreignLines, who } from '../escape.ts';
import { actions, button, type Card, card, type Frame, section, urlButton } from './blocks.ts';
import { headline } from './words.ts';

type Shown = Extract<View, { kind: 'announcement' }>;

/** One message for each incident in the channel where incidents are announced. */
export function announcement({ incident }: Shown, frame: Frame): Card {
  const title = foreign(headline(incident), 300);
  const first = `*${title}* — ${incident.id}`;
  const url = incident.channel ? frame.channelUrl(incident.channel.id) : null;
  const open = url === null ? [] : [urlButton('open.channel', 'Open Channel', url)];
  const take =
    incident.phase === 'open' && !incident.acknowledged
      ? [
          button({
            id: 'incident.acknowledge',
            label: 'Take It',
            value: { incident: incident.id },
            style: 'primary',
          }),
        ]
      : [];
  return card(
    subjectKey({ kind: 'announcement', incident: incident.id }),
    incident.acknowledged ? `${incident.phase}-taken` : incident.phase,
    `${title} — ${incident.id}. ${standing(incident, frame.now)}`,
    [
      section(
        [
          first,
          ...(incident.summary.trim() === '' ? [] : [foreignLines(incident.summary, 600)]),
          standing(incident, frame.now),
        ].join('\n'),
      ),
      ...actions([...take, ...open]),
    ],
  );
}

function standing(incident: Shown['incident'], now: number): string {
  const holder = incident.roles.commander ?? incident.acknowledged?.by;
  switch (incident.phase) {
    case 'open':
      return holder === undefined
        ? `Since ${time(incident.openedAt)}. Nobody has it yet.`
        : `${who(holder)} has it · open · ${spokenDuration(now - incident.openedAt)}`;
    case 'acknowledged':
    case 'mitigating':
      return `${holder === undefined ? 'Nobody' : who(holder)} has it · ${incident.phase} · ${spokenDuration(now - incident.openedAt)}`;
    case 'resolved':
      return incident.resolved
        ? `Resolved in ${spokenDuration(incident.resolved.at - incident.openedAt)} by ${who(incident.resolved.by)}`
        : 'Resolved';
    default: {
      const never: never = incident.phase;
      return never;
    }
  }
}
