import { firingAlerts, type Incident, isOpen } from '../../../core/incident/incident.ts';
import { type Silence, silencingOf, workSilence } from '../../../core/incident/silence.ts';
import { namesText } from '../../../core/incident/silenceText.ts';
import { time } from '../../../core/moment.ts';
import { foreign, who } from '../escape.ts';
import { button, type Frame } from './blocks.ts';

/** Lines for whatever keeps this incident's alerts from calling people, by whomever it was made. */
export function silenceLines(incident: Incident): readonly string[] {
  if (!isOpen(incident)) return [];
  const { live, others } = silencingOf(incident);
  return [
    ...live.flatMap((silence) => (silence.ending === null ? ownLine(silence) : [])),
    ...others.map(
      ({ id, by, until }) =>
        `*Silenced in Alertmanager* by ${foreign(by, 80) || 'somebody'} until ${time(until)} (${foreign(id, 60)})`,
    ),
  ];
}

function ownLine({ held, cause, by, names, until }: Silence): readonly string[] {
  if (!held) return [];
  const which = foreign(namesText(names), 300);
  if (cause.kind === 'action')
    return [
      `*Silenced* until ${time(until ?? held.endsAt)} while *${foreign(cause.title, 100)}* is carried out: ${which}`,
    ];
  const most = until === null ? '' : `, until ${time(until)} at the latest`;
  return [
    `*Silenced* until ${time(held.endsAt)} while ${who(by)} works: ${which}. Made longer while people are active here${most}.`,
  ];
}

/** For where incidents are announced: whoever reads there may wait for an alert that does not come. */
export function silenceNews(incident: Incident): readonly string[] {
  const silence = workSilence(incident);
  if (!silence?.held) return [];
  const loud = incident.severity === 'P0' ? '*P0, silenced*' : 'Silenced';
  return [`${loud}: its alerts call nobody while ${who(silence.by)} works.`];
}

/** At most one of the two; none where it could do nothing. */
export function silenceButtons(incident: Incident, { canSilence }: Pick<Frame, 'canSilence'>) {
  const value = { incident: incident.id };
  if (!canSilence || incident.drill || !isOpen(incident)) return [];
  if (silencingOf(incident).live.some(({ ending, held }) => ending === null && held !== null))
    return [button({ id: 'incident.silence-stop', label: 'Stop Silence', value })];
  const isTaken = incident.acknowledged !== null || incident.roles.commander !== undefined;
  if (!isTaken || workSilence(incident) || firingAlerts(incident).length === 0) return [];
  return [
    button({
      id: 'incident.silence',
      label: 'Silence While I Work',
      value,
      ...(incident.severity === 'P0' && {
        confirm: {
          title: 'Silence a P0?',
          text: 'While the silence lasts, the alerts of this incident call nobody, whatever becomes of them. It ends by itself when nobody is active here.',
          yes: 'Silence',
        },
      }),
    }),
  ];
}
