import { spokenDuration } from '../duration.ts';
import { type Incident, isOpen } from '../incident/incident.ts';
import { allSteps } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import type { Attempt } from './attempts.ts';
import type { Opening } from './openings.ts';
import { isLate, type Phase } from './phases.ts';
import type { LoggedEvent } from './postMortem.ts';
import type { Standing } from './undoLedger.ts';
import { timesInWords, writtenTime } from './written.ts';

/** Questions that the log raises and cannot answer. They ask about the system and the playbook, never about a person. */
export function openQuestions(
  events: readonly LoggedEvent[],
  facts: {
    incident: Incident;
    openings: readonly Opening[];
    phases: readonly Phase[];
    tried: readonly Attempt[];
    undo: readonly Standing[];
    runs?: readonly RunView[];
  },
): readonly string[] {
  const { incident, openings, phases, tried, undo, runs = [] } = facts;
  const questions = [
    'What was the cause, and what set it off at that time?',
    'Who noticed it first, and what could users not do meanwhile?',
  ];
  for (const phase of phases.filter(isLate))
    questions.push(
      `${phase.title} took ${spokenDuration(phase.tookMs ?? 0)}, budget ${spokenDuration(phase.budgetMs ?? 0)}: what took the time?`,
    );
  questions.push(...untaken(openings));
  for (const { what, helped, undo: takesBack } of tried) {
    if (takesBack) continue;
    if (helped === 'no')
      questions.push(`"${what}" did not help: why was it expected to, and is it right in this place?`);
    if (helped === 'unknown')
      questions.push(`The log does not know whether "${what}" helped: how can that be seen next time?`);
  }
  const blind = events.filter(
    ({ event }) => event.type === 'ReadingTaken' && event.data.reading.verdict === 'inconclusive',
  ).length;
  if (blind > 0)
    questions.push(
      `${blind} ${blind === 1 ? 'reading' : 'readings'} had no answer: what made the indicator blind?`,
    );
  for (const { event } of events) {
    if (event.type !== 'ApprovalDecided' && event.type !== 'PlanDecided') continue;
    if (event.data.state.kind === 'glass-broken')
      questions.push(
        `The second approval was passed over ("${event.data.state.reason}"): what would make that unnecessary?`,
      );
  }
  if (incident.reopened > 0)
    questions.push(
      `It came back ${timesInWords(incident.reopened)} after it was resolved: what was not seen?`,
    );
  for (const { title, open } of openLists(runs))
    questions.push(
      `Of the list "${title}" ${open.length === 1 ? 'this was' : 'these were'} left open, ${open.map((item) => `"${item}"`).join(', ')}: who does ${open.length === 1 ? 'it' : 'them'}, and by when?`,
    );
  const firing = incident.alerts.firing;
  if (!isOpen(incident) && firing > 0)
    questions.push(
      `${firing} ${firing === 1 ? 'alert was' : 'alerts were'} still firing when it was resolved: why?`,
    );
  const standing = undo.filter((each) => each.undo !== 'none');
  if (standing.length > 0)
    questions.push(`Do these changes stay: ${[...new Set(standing.map((each) => each.what))].join(', ')}?`);
  return [...new Set(questions)];
}

/** Each opening calls people anew, so each is asked about on its own; all of them missed is one question. */
function untaken(openings: readonly Opening[]): readonly string[] {
  const asked = ': did the call reach the right people?';
  if (openings.every(({ takenAt }) => takenAt === null)) return [`Nobody took the incident${asked}`];
  return openings.flatMap(({ takenAt, openedAt }, index) => {
    if (takenAt !== null) return [];
    return index === 0
      ? [`Nobody took the incident before it was first resolved${asked}`]
      : [`Nobody took the incident after it was reopened at ${writtenTime(openedAt)}${asked}`];
  });
}

/** Lists that were begun and not finished: some of their items were ticked, and nobody has said that all is done. */
function openLists(
  runs: readonly RunView[],
): readonly { readonly title: string; readonly open: readonly string[] }[] {
  return runs.flatMap(({ run, definition }) =>
    allSteps(definition.playbook.steps).flatMap((step) => {
      const record = step.kind === 'checklist' ? run.steps[step.id] : undefined;
      if (step.kind !== 'checklist' || !record) return [];
      const { state, ticks = {} } = record;
      const begun = Object.keys(ticks).length > 0;
      const ended = state.kind === 'settled' && state.how.kind !== 'skipped';
      const open = step.items.filter((_, index) => !ticks[index]);
      return begun && !ended && open.length > 0 ? [{ title: step.title, open }] : [];
    }),
  );
}
