import type { KnownBlock, ModalView } from '@slack/types';
import { firingAlerts, type Incident } from '../../../core/incident/incident.ts';
import type { StepState } from '../../../core/run/run.ts';
import type { RunView } from '../../../core/view.ts';
import type { Desk } from '../../../engine/ports.ts';
import { headline, indicatorTitle, titleOf } from '../cards/words.ts';
import { foreign } from '../escape.ts';
import { form, type Origin, said, textInput } from './form.ts';

/** Whoever resolves sees first what goes on firing and what ends or goes on without anybody looking. */
export const resolveForm = (
  origin: Origin,
  incident: Incident,
  waiting: readonly RunView[] = [],
): ModalView =>
  form('resolve', { title: 'Resolve Incident', submit: 'Resolve' }, origin, [
    said(`*${foreign(headline(incident))}* — ${incident.id}`),
    ...stillFiring(incident),
    ...endsWithIt(waiting),
    textInput('note', 'What ended it', { multiline: true, optional: true }),
  ]);

/** The runs of an incident that have not ended, each with what it is at. */
export async function waitingRuns(
  desk: Pick<Desk, 'run'>,
  { runs, endedRuns }: Incident,
): Promise<readonly RunView[]> {
  const open = runs.filter((run) => !endedRuns.includes(run));
  const views = await Promise.all(open.map((run) => desk.run(run)));
  return views.flatMap((view) => (view && view.run.result === null ? [view] : []));
}

const mostNamed = 5;

function listed(lines: readonly string[]): string {
  const more = lines.length > mostNamed ? [`and ${lines.length - mostNamed} more`] : [];
  return [...lines.slice(0, mostNamed).map((line) => `• ${line}`), ...more].join('\n');
}

/** An alert that goes on firing is not told again, so whoever resolves over it has to know. */
function stillFiring(incident: Incident): readonly KnownBlock[] {
  const { firing } = incident.alerts;
  if (firing === 0) return [];
  const counted = new Map<string, { count: number; summary: string }>();
  for (const { name, summary } of firingAlerts(incident))
    counted.set(name, { summary, count: (counted.get(name)?.count ?? 0) + 1 });
  const lines = [...counted].map(([name, { count, summary }]) =>
    count === 1
      ? `*${foreign(name, 80)}*${summary === '' ? '' : `: ${foreign(summary, 150)}`}`
      : `*${foreign(name, 80)}*, ${count} times`,
  );
  const first = `${firing === 1 ? '1 alert is' : `${firing} alerts are`} still firing and will not reopen this incident:`;
  return [said(`${first}\n${listed(lines)}`)];
}

/** What is under way or waits, and what becomes of it. */
function endsWithIt(waiting: readonly RunView[]): readonly KnownBlock[] {
  if (waiting.length === 0) return [];
  return [said(`What becomes of what is under way:\n${listed(waiting.map(fateOf))}`)];
}

function fateOf({ run, definition }: RunView): string {
  const walk = `*${foreign(run.title, 120)}*`;
  const approved = run.whole?.state.kind === 'approved' || run.whole?.state.kind === 'glass-broken';
  if (run.authority === 'whole' && approved)
    return `${walk} was approved in one piece and goes on to its end`;
  const state = run.at === null ? undefined : run.steps[run.at]?.state;
  if (run.at === null || !state) return `${walk} ends; its request for approval lapses`;
  return `${atStep(`*${foreign(titleOf(definition, run.at), 120)}*`, state, { run, definition })}, and ${walk} ends`;
}

function atStep(step: string, state: StepState, { definition }: RunView): string {
  switch (state.kind) {
    case 'running':
      return `the command of ${step} runs to its end`;
    case 'verifying':
      return `the check of *${foreign(indicatorTitle(definition, state.gate.indicator), 80)}* ends unfinished`;
    case 'observing':
      return `${step} is not looked at any more`;
    case 'approving':
      return `the request to approve ${step} lapses`;
    case 'asking':
    case 'offering':
      return `${step} stays without an answer`;
    case 'waiting':
      return `the wait at ${step} is cut short`;
    case 'failed':
    case 'inconclusive':
    case 'unknown':
      return `nobody decides about ${step}, which ${state.kind === 'failed' ? 'failed' : state.kind === 'unknown' ? 'may or may not have happened' : 'is inconclusive'}`;
    case 'settled':
    case 'reopened':
      return `what comes after ${step} is not asked`;
    default: {
      const never: never = state;
      return never;
    }
  }
}
