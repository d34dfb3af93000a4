import type { Button, KnownBlock } from '@slack/types';
import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import {
  attachedAlerts,
  type Incident,
  isOpen,
  type Note,
  type NoteOffer,
  walks,
} from '../../../core/incident/incident.ts';
import { isRunUpdate } from '../../../core/incident/timekeeping.ts';
import { time } from '../../../core/moment.ts';
import type { View } from '../../../core/view.ts';
import { foreign, foreignLines, spoken, who } from '../escape.ts';
import { actions, button, type Card, card, context, type Frame, section, titleCase } from './blocks.ts';
import { messageLink } from './messageLink.ts';

/** Short messages in an incident: something was said, went quiet, ended, or takes too long. */

export function note(
  { incident, note }: Extract<View, { kind: 'note' }>,
  frame: Pick<Frame, 'channelUrl'>,
): Card {
  const key = subjectKey({ kind: 'note', incident: incident.id, number: note.number });
  const by = `${who(note.by)} · ${time(note.at)}`;
  switch (note.kind) {
    case 'update':
      if (isRunUpdate(note))
        return card(key, 'note', spoken(note.text, note.people ?? [], 500), [
          section(spoken(note.text, note.people ?? [], 2_500)),
          context(`Automatic update · ${by}`),
        ]);
      return card(key, 'note', `Status update: ${foreignLines(note.text, 500)}`, [
        section(`*Status update*\n${foreignLines(note.text, 2_500)}`),
        context(by),
      ]);
    case 'note':
      return card(key, 'note', `Note: ${foreignLines(note.text, 500)}`, [
        section(foreignLines(note.text, 2_500)),
        context(
          note.from
            ? `${messageLink(note.from.url, 'Message', frame)} of ${note.from.user === null ? 'an app' : who(note.from.user)} · added by ${by}`
            : `Note · ${by}`,
        ),
      ]);
    case 'bot':
      return card(key, 'note', spoken(note.text, peopleOf(incident, note), 500), [
        section(spoken(note.text, peopleOf(incident, note), 2_500)),
        ...actions(offered(note, incident)),
        context(by),
      ]);
    default: {
      const never: never = note.kind;
      return never;
    }
  }
}

const offerLabels: Readonly<Record<NoteOffer, string>> = {
  resolve: 'Resolve',
  acknowledge: 'Acknowledge',
  update: 'Update Status',
  role: 'Assign Role',
};

/** Nothing where there is nothing left to do. */
function offered({ offers: offer, number }: Note, incident: Incident): readonly Button[] {
  const done =
    number <= (incident.saidInThread ?? 0) ||
    (offer === 'acknowledge' && incident.acknowledged !== null) ||
    (offer === 'role' && incident.roles.commander !== undefined);
  return offer === undefined || done || !isOpen(incident)
    ? []
    : [button({ id: `incident.${offer}`, label: offerLabels[offer], value: { incident: incident.id } })];
}

export function quiet({ incident }: Extract<View, { kind: 'quiet' }>): Card {
  const at = incident.allQuietSince;
  const key = subjectKey({ kind: 'quiet', incident: incident.id, time: at ?? 0 });
  if (incident.phase === 'resolved') {
    return card(key, 'resolved', 'All alerts had resolved.', [section('All alerts had resolved.')]);
  }
  if (at === null) {
    return card(key, 'firing', 'An alert fires again.', [
      section('All alerts had resolved; since then one fires again.'),
    ]);
  }
  const said =
    'All alerts have resolved. Resolve when you are satisfied; a check that still runs ends with it.';
  return card(key, 'quiet', said, [
    section(said),
    ...actions([
      button({
        id: 'incident.resolve',
        label: 'Resolve',
        value: { incident: incident.id },
        style: 'primary',
      }),
    ]),
    context(`Quiet since ${time(at)}`),
  ]);
}

export function resolved({ incident }: Extract<View, { kind: 'resolved' }>): Card {
  const end = incident.resolved;
  const key = subjectKey({ kind: 'resolved', incident: incident.id, time: end?.at ?? 0 });
  if (!end) {
    return card(key, 'reopened', `${incident.id} was resolved and is open again.`, [
      section(`${incident.id} was resolved and is open again.`),
    ]);
  }
  const said = `✓ Resolved in ${spokenDuration(end.at - incident.openedAt)} by ${who(end.by)} · ${time(end.at)}`;
  return card(key, 'resolved', said, [
    section(end.note === null ? said : `${said}\n${foreignLines(end.note, 2_000)}`),
    ...leftFiring(incident, end.at),
    ...actions([button({ id: 'incident.reopen', label: 'Reopen', value: { incident: incident.id } })]),
  ]);
}

export function unresolved({ incident, offer }: Extract<View, { kind: 'unresolved' }>, now: number): Card {
  const key = subjectKey({ kind: 'unresolved', incident: incident.id, opened: incident.reopened });
  if (incident.phase === 'resolved') {
    const said = `${incident.id} took longer than its playbook allows and is resolved now.`;
    return card(key, 'resolved', said, [section(said)]);
  }
  const said = `${incident.id} is unresolved after ${spokenDuration(now - incident.openedAt)}.`;
  if (!offer)
    return card(key, 'alone', said, [section(`${said} Its playbook has nothing further to offer.`)]);
  // With all alerts resolved there is nothing to roll back for.
  if (incident.allQuietSince !== null) {
    const quiet = `${said} All its alerts have resolved since, so nothing is offered.`;
    return card(key, 'quiet', quiet, [section(quiet)]);
  }
  const title = foreign(offer.playbook.title, 150);
  const started = isBeingWalked(incident, offer.playbook.name);
  return card(key, started ? 'taken' : 'offer', `${said} ${title} is offered.`, [
    section(
      `${said} The playbook now offers *${title}*.${offer.playbook.summary === undefined ? '' : `\n${foreign(offer.playbook.summary, 600)}`}`,
    ),
    ...(started
      ? []
      : actions([
          button({
            id: 'incident.run',
            label: offer.playbook.name.startsWith('rollback-')
              ? 'Roll Back'
              : titleCase(offer.playbook.title),
            value: { incident: incident.id, option: offer.playbook.name },
            style: 'primary',
          }),
        ])),
  ]);
}

/** Whether a run of this playbook, started since the incident was opened or reopened, has not ended. */
function isBeingWalked(incident: Incident, playbook: string): boolean {
  return walks(incident).some((walk) => walk.playbook === playbook && !incident.endedRuns.includes(walk.run));
}

/** Whoever resolves while alerts fire is believed; but nothing brings those alerts back here until they fire anew. */
function leftFiring(incident: Incident, at: number): KnownBlock[] {
  const left = attachedAlerts(incident).filter(({ endsAt }) => endsAt === null || endsAt > at).length;
  if (left === 0) return [];
  const still =
    left === 1
      ? '1 alert was still firing; it is not announced again before it has ended and fires anew.'
      : `${left} alerts were still firing; they are not announced again before they have ended and fire anew.`;
  return [section(`When it was resolved, ${still}`)];
}

/** Those whom a remark of the bot may mention: people of this incident, and nobody that its text merely names. */
const peopleOf = (incident: Incident, { people = [] }: Note): readonly string[] => [
  ...people,
  ...incident.responders,
  ...Object.values(incident.roles).filter((user) => user !== undefined),
  ...(incident.acknowledged ? [incident.acknowledged.by] : []),
  ...(incident.resolved ? [incident.resolved.by] : []),
];
