import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import type { View } from '../../../core/view.ts';
import { foreign, who } from '../escape.ts';
import { actions, button, type Card, card, type Frame, section, urlButton } from './blocks.ts';
import { silenceNews } from './silenced.ts';
import { stormText, urgentText } from './stormCard.ts';
import { ago, headline, troubleText } from './words.ts';

type Shown = Extract<View, { kind: 'announcement' }>;

/** One message for each incident in the channel where incidents are announced. */
export function announcement({ incident }: Shown, frame: Frame): Card {
  const title = foreign(headline(incident), 300);
  const first = `*${title}* — ${incident.id}`;
  const lines = standing(incident);
  const url = incident.channel ? frame.channelUrl(incident.channel.id) : null;
  const thread = frame.linkTo(subjectKey({ kind: 'card', incident: incident.id }));
  const open =
    url !== null
      ? [urlButton('open.channel', 'Open Channel', url)]
      : thread !== null
        ? [urlButton('open.channel', 'Open Thread', thread)]
        : [];
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
    `${title} — ${incident.id}. ${lines.join(' ')}`,
    [section([first, ...lines].join('\n')), ...actions([...take, ...open])],
  );
}

/** What is wrong, and who has it. */
function standing(incident: Shown['incident']): string[] {
  const { storm } = incident;
  const trouble = storm
    ? [stormText(incident, storm), ...urgentText(storm)].join(' ')
    : troubleText(incident, 600);
  const holder = incident.roles.commander ?? incident.acknowledged?.by;
  switch (incident.phase) {
    case 'open':
    case 'acknowledged':
    case 'mitigating':
      return holder === undefined
        ? [
            `${trouble} Nobody has it yet.`,
            ...(incident.phase === 'mitigating' ? [`Mitigating · opened ${ago(incident.openedAt)}`] : []),
          ]
        : [
            trouble,
            `${who(holder)} has it · ${incident.phase} · opened ${ago(incident.openedAt)}`,
            ...silenceNews(incident),
          ];
    case 'resolved':
      return [
        trouble,
        incident.resolved
          ? `Resolved in ${spokenDuration(incident.resolved.at - incident.openedAt)} by ${who(incident.resolved.by)}`
          : 'Resolved',
      ];
    default: {
      const never: never = incident.phase;
      return never;
    }
  }
}
