import type { Event } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import type { NoteSource } from '../incident/incident.ts';
import { isRunUpdate } from '../incident/timekeeping.ts';
import type { RunEvent } from '../run/events.ts';
import type { Plan } from '../run/plan.ts';
import { findStep } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import { outcomeInWords } from './attempts.ts';
import { calledSentence } from './calledSentence.ts';
import { type Names, noNames } from './names.ts';
import { plainText } from './plainText.ts';
import type { LoggedEvent } from './postMortem.ts';
import { runSentence } from './runSentence.ts';
import { actionTitle, stepTitle } from './titles.ts';
import { because, whoInWords } from './written.ts';

export type TimelineEntry = { readonly at: number; readonly who: string; readonly what: string };

/** What happened, in the order of the log. What only says that a step began is left out where its end says more. */
export function timelineOf(
  events: readonly LoggedEvent[],
  runs: readonly RunView[],
  names: Names = noNames,
): readonly TimelineEntry[] {
  const verdicts = new Map<string, string>();
  const alerts = new Map<string, string>();
  const collected = new Set<string>();
  const plans = new Map<string, Plan>();
  const said = new Set<string>();
  const updates = updatesOf(events);
  return events.flatMap(({ stream, event }) => {
    const view = runs.find((each) => each.run.id === stream);
    // What a storm collected is in the list of alerts; a line for each of thousands would hide everything else.
    if (event.type === 'AlertFired' && event.data.collected) {
      collected.add(event.data.episode);
      return [];
    }
    if (event.type === 'AlertFired') alerts.set(event.data.episode, event.data.alert.name);
    if (event.type === 'AlertResolved') {
      if (collected.has(event.data.episode)) return [];
      const name = alerts.get(event.data.episode) ?? 'An alert';
      return [{ at: event.at, who: event.by, what: `${name} resolved` }];
    }
    // Said every few minutes for whoever waited; a line for each would hide what happened.
    if (event.type === 'UpdateSaid') {
      const all = updates.get(stream) ?? [];
      return all[0] === event ? [{ at: event.at, who: event.by, what: updatesSentence(all, view) }] : [];
    }
    if (event.type === 'NoteAdded' && isRunUpdate(event.data)) return [];
    if (event.type === 'CommandStarted') plans.set(`${stream}/${event.data.step}`, event.data.plan);
    if (event.type === 'CommandEnded') {
      const plan = plans.get(`${stream}/${event.data.step}`);
      const title = plan?.commands[event.data.command]?.title ?? lookTitle(event.data, view);
      return [{ at: event.at, who: event.by, what: `${title}: ${outcomeInWords(event.data.outcome)}` }];
    }
    // The bot tells the channel what its own event says already.
    for (const remark of remarksOf(event)) said.add(remark);
    if (event.type === 'NoteAdded' && event.data.kind === 'bot' && said.delete(event.data.text)) return [];
    const what = sentence(event, view, {
      names,
      changed(verdict) {
        const before = verdicts.get(stream);
        verdicts.set(stream, verdict);
        return before !== verdict;
      },
    });
    return what === null ? [] : [{ at: event.at, who: event.by, what }];
  });
}

type Update = Extract<RunEvent, { type: 'UpdateSaid' }>;

/** Those on the way, by run: that it began and how it ended is told by other lines. */
function updatesOf(events: readonly LoggedEvent[]): ReadonlyMap<string, readonly Update[]> {
  const all = new Map<string, Update[]>();
  for (const { stream, event } of events)
    if (event.type === 'UpdateSaid' && event.data.moment === 'progress')
      all.set(stream, [...(all.get(stream) ?? []), event]);
  return all;
}

function updatesSentence(updates: readonly Update[], view: RunView | undefined): string {
  const of = view ? ` of ${view.run.title}` : '';
  const [first] = updates;
  const last = updates.at(-1);
  if (!first || !last) return `Automatic updates${of}`;
  return updates.length === 1
    ? `1 automatic update${of}`
    : `${updates.length} automatic updates${of}, until ${new Date(last.at).toISOString().slice(11, 19)} UTC`;
}

/** The notes that come with an event and repeat it. */
function remarksOf(event: Event): readonly string[] {
  switch (event.type) {
    case 'UnresolvedForLong':
      return [`Unresolved for ${spokenDuration(event.data.afterMs)}.`];
    case 'IncidentReopened':
      return [`Reopened: ${event.data.why}.`, `Reopened by <@${event.by}>: ${event.data.why}`];
    default:
      return [];
  }
}

/** A look starts without an event of its own, so its title comes from the playbook. */
function lookTitle(
  { step: id, command }: Extract<RunEvent, { type: 'CommandEnded' }>['data'],
  view: RunView | undefined,
): string {
  const step = view ? findStep(view.definition.playbook.steps, id) : null;
  const name = step?.kind === 'observe' ? step.actions?.[command] : undefined;
  return name === undefined ? stepTitle(step, view) : actionTitle(name, view);
}

/** `changed` tells whether a verdict differs from the one before: a hundred equal readings are one fact. */
function sentence(
  event: Event,
  view: RunView | undefined,
  { changed, names }: { readonly changed: (verdict: string) => boolean; readonly names: Names },
): string | null {
  switch (event.type) {
    case 'IncidentOpened':
      return `Opened as ${event.data.severity}: ${event.data.title}`;
    case 'AlertFired':
      return `Alert ${event.data.alert.name} fired: ${event.data.alert.summary}`;
    case 'AlertResolved':
      return null;
    case 'AlertsMoved':
      return `${event.data.name} got an incident of its own, ${event.data.to}`;
    case 'BacklogSeen':
      return null;
    case 'BacklogDrained':
      return `Slack took messages as they came again; the longest wait was ${spokenDuration(event.data.waitedMs)}`;
    case 'IncidentAcknowledged':
      return 'Took the incident';
    case 'Called':
      return calledSentence(event.data);
    case 'CallAnswered':
      return `On it, ${spokenDuration(event.data.afterMs)} after ${event.data.title} was called`;
    case 'PageAnswered':
      return event.data.outcome === 'paged' ? null : 'A page was not sent any more: nobody had to be called';
    case 'PageFailed':
      return `A page did not get through${event.data.final ? ' and is not tried any more' : ''}: ${event.data.message}`;
    case 'SeverityChanged':
      return `Severity ${event.data.from} → ${event.data.severity}${because(event.data.why)}`;
    case 'RoleAssigned':
      return `${event.data.role} is ${whoInWords(event.data.user, names)}`;
    case 'MitigationStarted':
      return null;
    case 'ResponderJoined':
      return `${whoInWords(event.data.user, names)} joined`;
    case 'RunAttached':
      return `Playbook ${event.data.playbook} (${event.data.run})`;
    case 'RunFinished':
      return null;
    case 'NoteAdded': {
      const { kind, text, from, about } = event.data;
      // It comes again until somebody writes; what was written stands here.
      if (about === 'update-due') return null;
      return `${kind === 'update' ? 'Status update' : 'Note'}: ${kind === 'bot' ? plainText(text, names) : text}${takenFrom(from, names)}`;
    }
    case 'UnresolvedForLong':
      return `Unresolved for ${spokenDuration(event.data.afterMs)}${event.data.offer ? `; ${event.data.offer} was offered` : ''}`;
    case 'LeftUnattended':
      return `Nobody had taken it ${spokenDuration(event.at - event.data.since)} after it was opened`;
    case 'AlertsCompared':
      return comparedSentence(event.data);
    // What begins and ends is said in notes.
    case 'SilenceRequested':
    case 'SilenceCreated':
    case 'SilenceRenewed':
    case 'SilenceEnding':
    case 'SilenceEnded':
      return null;
    case 'OthersSilencesSeen':
      return event.data.others.length === 0
        ? null
        : `Silenced in Alertmanager itself, by ${event.data.others.map(({ by }) => by).join(', ')}`;
    // The note beside it says so.
    case 'MovedToChannel':
      return null;
    case 'ChannelOpened':
      return `Channel #${event.data.name} opened`;
    case 'IncidentResolved':
      return `Resolved${because(event.data.note)}`;
    case 'IncidentReopened':
      return `Reopened: ${event.data.why}`;
    // No incident has any.
    case 'FreezeBegun':
    case 'FreezeLifted':
    case 'FreezeEnded':
    case 'WatchStarted':
    case 'IncidentWatched':
    case 'WatchInterrupted':
    case 'AlertsUnheard':
    case 'AlertsHeard':
    case 'WatchStopped':
    case 'WatchEnded':
    case 'PreferencesSet':
    case 'ReminderHeld':
    case 'RemindersSent':
      return null;
    default:
      return runSentence(event, view, changed);
  }
}

function comparedSentence({ gone, staleSince }: Extract<Event, { type: 'AlertsCompared' }>['data']): string {
  if (staleSince !== null) {
    const since = new Date(staleSince).toISOString().slice(0, 16).replace('T', ' ');
    return `Alertmanager had told nothing since ${since} UTC: whether the alerts still fired was not known`;
  }
  const count = Object.keys(gone).length;
  if (count === 0) return 'Alertmanager has the firing alerts';
  return `Alertmanager did not have ${count === 1 ? '1 alert' : `${count} alerts`} any more, without a resolve`;
}

const takenFrom = (from: NoteSource | undefined, names: Names): string =>
  from === undefined
    ? ''
    : ` (a message of ${from.user === null ? 'an app' : whoInWords(from.user, names)}, ${from.url})`;
