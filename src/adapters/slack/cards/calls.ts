import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { type Call, isAnswered, isFailing } from '../../../core/incident/calls.ts';
import { type Incident, isOpen } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import type { Duty } from '../../../core/people/roster.ts';
import type { View } from '../../../core/view.ts';
import { foreign, who } from '../escape.ts';
import { actions, button, type Card, card, context, type Frame, section } from './blocks.ts';

type Reached = Pick<Call, 'usergroup' | 'users'>;

/** Whoever has the duty, so that Slack tells them; a group whose id is not known is at least named. */
export function mentions({ usergroup, users }: Reached, { groupId }: Pick<Frame, 'groupId'>): string {
  const id = usergroup === null ? null : (groupId?.(usergroup) ?? null);
  const group = usergroup === null ? [] : [id === null ? `@${foreign(usergroup, 80)}` : `<!subteam^${id}>`];
  return [...group, ...users.map(who)].join(' ');
}

/** On the incident's card. What stands there when it is posted calls people; what is edited into it later does not. */
export function callLines(incident: Incident, frame: Frame): readonly string[] {
  const { calling } = incident;
  if (!calling || calling.calls.length === 0 || !isOpen(incident)) return [];
  const called = calling.calls.map((call) => {
    const mention = call.inCard && !isAnswered(incident, call) ? mentions(call, frame) : '';
    const answered = call.answered ? ` (${who(call.answered.by)} is on it)` : '';
    return `${foreign(call.title, 100)}${mention === '' ? '' : ` ${mention}`} ${time(call.at)}${answered}`;
  });
  const shown = called.length <= 4 ? called : [...called.slice(0, 2), '…', ...called.slice(-1)];
  return [`Called: ${shown.join(' · ')}`, ...unpagedLine(incident)];
}

function unpagedLine({ calling }: Incident): readonly string[] {
  const failing = calling?.calls.filter(isFailing) ?? [];
  if (!calling || calling.unpagedSince === null || failing.length === 0) return [];
  const why = failing.some(({ page }) => page === 'failing')
    ? `PagerDuty does not answer since ${time(calling.unpagedSince)}`
    : 'PagerDuty does not take the page';
  return [`*Not paged:* ${why}`];
}

const because: Readonly<Record<Call['why'], (incident: Incident, call: Call) => string>> = {
  opened: () => '',
  reopened: () => 'It is open again. ',
  'more-urgent': ({ severity }) => `It is ${severity} now. `,
  unanswered: (incident, call) =>
    `Nobody has acknowledged for ${spokenDuration(call.at - incident.unattended.since)}. `,
  unresolved: (incident, call) =>
    `It is not over after ${spokenDuration(call.at - incident.unattended.since)}. `,
  unattended: () => 'Nobody has it, and nothing was scheduled that would have called anybody. ',
  'by-hand': () => '',
};

export function callCard({ incident, call }: Extract<View, { kind: 'call' }>, frame: Frame): Card {
  const key = subjectKey({ kind: 'call', incident: incident.id, number: call.number });
  const title = foreign(call.title, 150);
  const taken = isAnswered(incident, call);
  const mention = taken ? '' : mentions(call, frame);
  const reason = because[call.why](incident, call);
  const over = (call.passedOver ?? []).map((each) => foreign(each, 100)).join(', ');
  const lines = [
    `${reason}Called: *${title}*${mention === '' ? '' : ` ${mention}`}`,
    ...(call.said === null ? [] : [foreign(call.said, 500)]),
    ...(over === '' ? [] : [`Could not be called now: ${over}.`]),
  ];
  const value = { incident: incident.id };
  return card(key, taken ? 'over' : 'called', `${reason}Called: ${title} for ${incident.id}.`, [
    section(lines.join('\n')),
    ...(taken
      ? []
      : incident.acknowledged === null
        ? actions([button({ id: 'incident.acknowledge', label: 'Acknowledge', value, style: 'primary' })])
        : isInChat(call)
          ? actions([
              button({
                id: 'incident.answer-call',
                label: 'I Am On It',
                value: { ...value, option: String(call.number) },
                style: 'primary',
              }),
            ])
          : []),
    context(
      [
        time(call.at),
        ...(call.why === 'by-hand' ? [`by ${who(call.by)}`] : []),
        ...answerOf(incident, call),
      ].join(' · '),
    ),
  ]);
}

/** Nobody in the chat was called where PagerDuty alone knows who that is. */
const isInChat = ({ usergroup, users }: Call): boolean => usergroup !== null || users.length > 0;

function answerOf(incident: Incident, call: Call): readonly string[] {
  if (call.answered) return [`${who(call.answered.by)} is on it since ${time(call.answered.at)}`];
  return isAnswered(incident, call) && incident.acknowledged
    ? [`${who(incident.acknowledged.by)} has it since ${time(incident.acknowledged.at)}`]
    : [];
}

/** Whom to telephone while PagerDuty is away; they are mentioned, which is the second way to reach them. */
export function unpagedCard(
  { incident, since, duties }: Extract<View, { kind: 'unpaged' }>,
  frame: Frame,
): Card {
  const key = subjectKey({ kind: 'unpaged', incident: incident.id, time: since });
  const failing = (incident.calling?.calls ?? []).filter(isFailing);
  if (failing.length === 0 || !isOpen(incident)) {
    const said = `Pages of ${incident.id} did not get through since ${time(since)}. That is over.`;
    return card(key, 'over', said, [section(said)]);
  }
  const taken = failing.every((call) => isAnswered(incident, call));
  const goesOn = failing.some(({ page }) => page === 'failing');
  const titles = failing.map(({ title }) => foreign(title, 100)).join(', ');
  const said = `*Not paged:* ${titles}. PagerDuty ${
    goesOn ? `does not answer since ${time(since)}; it is tried again and again` : 'does not take the page'
  }.`;
  const list = duties.map((duty) => dutyLine(duty, { silent: taken }, frame));
  const plain = `Not paged: ${titles}. PagerDuty does not ${goesOn ? 'answer' : 'take the page'}.`;
  return card(key, taken ? 'taken' : 'unpaged', plain, [
    section(
      taken
        ? said
        : `${said}\nCall them yourselves:\n${list.map((line) => `• ${line}`).join('\n') || '• nobody is entered in the roster'}`,
    ),
  ]);
}

export function dutyLine(
  duty: Duty,
  { silent }: { readonly silent: boolean },
  frame: Pick<Frame, 'groupId'>,
): string {
  const mention = silent ? '' : mentions(duty, frame);
  return [
    `*${foreign(duty.title, 100)}*`,
    ...(mention === '' ? [] : [mention]),
    duty.phone === null ? 'no telephone number in the roster' : foreign(duty.phone, 40),
  ].join(' · ');
}
