import { marked } from '../../../core/drill/standIn.ts';
import { spokenDuration } from '../../../core/duration.ts';
import type { Need } from '../../../core/home/home.ts';
import { type Incident, isOpen } from '../../../core/incident/incident.ts';
import { isRunUpdate } from '../../../core/incident/timekeeping.ts';
import { time } from '../../../core/moment.ts';
import type { Definition } from '../../../core/playbook/definition.ts';
import type { View } from '../../../core/view.ts';
import type { HomeReading } from '../../../engine/ports.ts';
import { waitsFor } from '../cards/home.ts';
import { procedureLines } from '../cards/stages.ts';
import { headline, titleOf, titleOn } from '../cards/words.ts';
import { channelLink, code, foreign, foreignLines, spoken, who } from '../escape.ts';
import { allWords, type Word, words } from './words.ts';

/** What `/genesis` answers when it only tells. */

type Current = Extract<View, { kind: 'card' }>['current'];

export type Standing = { readonly incident: Incident; readonly current: Current };

/** Bare `/genesis`: what needs somebody, what is open, and what to say next. */
export function overview(
  reading: HomeReading,
  standings: readonly Standing[],
  drills: readonly Incident[],
  now: number,
): string {
  const needs = reading.kind === 'home' ? reading.home.needs.map(needLine) : [];
  return [
    ...(needs.length > 0 ? ['*Needs you*', ...needs.slice(0, 10)] : ['Nothing needs you right now.']),
    ...(standings.length > 0
      ? ['*Open incidents*', ...standings.slice(0, 15).map((each) => line(each, now))]
      : ['No incident is open.']),
    ...(drills.length > 0
      ? [
          '*Drills, which are practice*',
          ...drills.slice(0, 10).map((incident) => line({ incident, current: null }, now)),
        ]
      : []),
    `Say ${(['status', 'declare', 'ack', 'update', 'resolve', 'help'] as const).map((word) => `\`${word}\``).join(' · ')}`,
  ].join('\n');
}

/** What the Home tab of the same person says first, in a line. */
function needLine(need: Need): string {
  const { incident } = need;
  const at = incident ? placeOf(incident) : need.kind === 'free' ? '' : need.view.run.id;
  switch (need.kind) {
    case 'free':
      return `• ${at}: nobody has it yet`;
    case 'approval': {
      const { view, step, approval } = need;
      const title = step === null ? view.run.title : titleOf(view.definition, step);
      return `• ${at}: *${foreign(title, 200)}* waits for your approval until ${time(approval.expiresAt)}`;
    }
    case 'overdue':
      return `• ${at}: *${foreign(need.item, 200)}* was due ${time(need.dueAt)}`;
    case 'step':
      return `• ${at}: *${foreign(titleOf(need.view.definition, need.step), 200)}* ${waitsFor[need.state]}`;
    default: {
      const never: never = need;
      return never;
    }
  }
}

const placeOf = ({ id, channel }: Incident): string =>
  `${id}${channel ? ` in ${channelLink(channel.id)}` : ''}`;

function needing({ incident, current }: Standing): string[] {
  const at = placeOf(incident);
  const free = incident.acknowledged ? [] : [`• ${at}: nobody has it yet`];
  if (!current) return free;
  const { run, definition } = current;
  if (run.whole?.state.kind === 'pending') {
    return [
      ...free,
      `• ${at}: *${foreign(run.title)}* waits for approval until ${time(run.whole.expiresAt)}`,
    ];
  }
  const record = run.at === null ? undefined : run.steps[run.at];
  if (!record || run.at === null) return free;
  const title = foreign(titleOf(definition, run.at));
  switch (record.state.kind) {
    case 'asking':
    case 'offering':
      return [...free, `• ${at}: *${title}* waits for an answer`];
    case 'approving':
      return [...free, `• ${at}: *${title}* waits for approval`];
    case 'failed':
      return [...free, `• ${at}: *${title}* failed`];
    case 'unknown':
      return [...free, `• ${at}: the outcome of *${title}* is unknown`];
    case 'inconclusive':
      return [...free, `• ${at}: *${title}* is inconclusive`];
    default:
      return free;
  }
}

function line({ incident }: Standing, now: number): string {
  const holder = incident.roles.commander ?? incident.acknowledged?.by;
  return [
    `• *${foreign(incident.drill ? marked(headline(incident)) : headline(incident))}*`,
    incident.id,
    incident.phase,
    holder === undefined ? 'nobody has it yet' : who(holder),
    spokenDuration((incident.resolved?.at ?? now) - incident.openedAt),
    ...(incident.channel ? [channelLink(incident.channel.id)] : []),
  ].join(' · ');
}

/** `/genesis status` of one incident. */
export function statusOf(standing: Standing, now: number): string {
  const { incident } = standing;
  const last = incident.notes.findLast((note) => note.kind === 'update');
  return [
    line(standing, now).slice(2),
    ...(incident.resolved ? [`Resolved ${time(incident.resolved.at)} by ${who(incident.resolved.by)}`] : []),
    ...(incident.allQuietSince === null ? [] : [`*All alerts resolved at ${time(incident.allQuietSince)}*`]),
    ...troubleSaid(incident),
    ...(last
      ? [
          `Last update ${time(last.at)} by ${who(last.by)}: ${isRunUpdate(last) ? spoken(last.text.replaceAll('\n', ' '), last.people ?? [], 600) : foreign(last.text, 600)}`,
        ]
      : []),
    ...needing(standing),
  ].join('\n');
}

/** What the alert or whoever declared it said then, which must not read as if it were so now. */
function troubleSaid(incident: Incident): string[] {
  const said = foreignLines(incident.summary, 600);
  if (said.trim() === '') return [];
  return isOpen(incident) && incident.allQuietSince === null ? [said] : [`It began with: ${said}`];
}

const usage = (word: Word): string => code(`/genesis ${words[word].usage}`);

export function help(word: Word | null): string {
  if (word !== null) return `${usage(word)}\n${words[word].says}`;
  return [
    'Genesis opens a channel for an incident and walks its playbook with you. Say:',
    ...allWords.map((each) => `${usage(each)} — ${words[each].says}`),
    'In an incident channel the incident is known; elsewhere name it, as in `INC-7`. In a thread, where Slack takes no commands, say the same words to @Genesis.',
  ].join('\n');
}

export function playbookList(definitions: readonly Definition[]): string {
  if (definitions.length === 0) return 'There are no playbooks.';
  return [...definitions]
    .sort((a, b) => a.playbook.name.localeCompare(b.playbook.name))
    .map(
      ({ playbook }) =>
        `• \`${foreign(playbook.name)}\` · ${playbook.severity} · ${foreign(playbook.title, 100)}`,
    )
    .join('\n');
}

export const playbookShown = (definition: Definition): string =>
  [
    `${titleOn(definition.playbook.title, definition.service.name)} · ${definition.playbook.severity}`,
    ...(definition.playbook.summary === undefined ? [] : [foreign(definition.playbook.summary, 600)]),
    ...procedureLines(definition),
    `${foreign(definition.playbook.source.file)}:${definition.playbook.source.line}`,
  ].join('\n');
