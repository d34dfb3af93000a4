import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { isOpen } from '../../../core/incident/incident.ts';
import { isRunUpdate } from '../../../core/incident/timekeeping.ts';
import { time } from '../../../core/moment.ts';
import type { View } from '../../../core/view.ts';
import { foreign, foreignLines, spoken, who } from '../escape.ts';
import { type Card, card, context, section } from './blocks.ts';
import { headline } from './words.ts';

/** For those who are affected: no buttons, nothing of the inside, and how to follow it. */
export function stakeholders({ incident, moment, at, note }: Extract<View, { kind: 'stakeholders' }>): Card {
  const { id } = incident;
  const number = note?.number ?? (moment === 'opened' ? 0 : at);
  const key = subjectKey({ kind: 'stakeholders', incident: id, moment, number });
  const title = `*${foreign(headline(incident), 300)}* — ${id}`;
  switch (moment) {
    case 'opened':
      return card(key, 'opened', `${title} was opened`, [
        section(`${title}\nOpened ${time(incident.openedAt)}. Status updates follow here.`),
      ]);
    case 'update':
      if (note && isRunUpdate(note))
        return card(key, 'update', `${title}: ${spoken(note.text, note.people ?? [], 500)}`, [
          section(`${title}\n${spoken(note.text, note.people ?? [], 2_500)}`),
          context(`Automatic update · ${who(note.by)} · ${time(at)}`),
        ]);
      return card(key, 'update', `${title}: ${foreignLines(note?.text ?? '', 500)}`, [
        section(`${title}\n${foreignLines(note?.text ?? '', 2_500)}`),
        context(`Status update · ${note ? who(note.by) : ''} · ${time(at)}`),
      ]);
    case 'reopened':
      return card(key, 'reopened', `${title} is open again`, [
        section(`${title}\nOpen again since ${time(at)}. Status updates follow here.`),
      ]);
    case 'resolved': {
      const took = spokenDuration(at - incident.openedAt);
      const said =
        incident.resolved?.at === at && incident.resolved.note !== null ? incident.resolved.note : '';
      return card(key, isOpen(incident) ? 'reopened' : 'resolved', `${title} is resolved`, [
        section(
          `${title}\nResolved after ${took} · ${time(at)}${said === '' ? '' : `\n${foreignLines(said, 2_000)}`}`,
        ),
      ]);
    }
    default: {
      const never: never = moment;
      return never;
    }
  }
}
