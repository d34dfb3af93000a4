import type { Actor } from '../actor.ts';
import type { SaidAtStep } from '../command.ts';
import type { Answer } from '../decision.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import type { Room } from '../playbook/room.ts';
import { person } from '../rehearsal/playing.ts';
import { createStage, type Stage, type StepAt } from '../rehearsal/stage.ts';
import { stepTitle } from '../report/titles.ts';
import type { Plan } from '../run/plan.ts';
import type { Run, StepRecord } from '../run/run.ts';
import { findStep } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import { practised } from './answer.ts';
import { type DrillReport, drillReport } from './report.ts';
import { failsNow, isMet, isMitigated, limitsBeside, standInEnd, standInValue } from './standIn.ts';

/** A drill without any chat: one person answers, the clock is moved, and stand-ins do the rest. */

export type DrillVoices = {
  /** A line of what happens. */
  readonly say: (line: string) => void;
  /** Which of the answers is taken, by its index, and how long it took to decide. */
  readonly choose: (
    question: string,
    answers: readonly string[],
  ) => Promise<{ readonly index: number; readonly tookMs: number }>;
};

export type DrillWalked =
  | { readonly kind: 'over'; readonly report: DrillReport; readonly completed: boolean }
  | { readonly kind: 'refused'; readonly message: string };

/** Far more than any playbook has; a walk that needs more goes in circles. */
const mostMoves = 2_000;

export async function walkDrill(
  room: Room,
  wish: { readonly playbook: string; readonly firstFails: boolean },
  voices: DrillVoices,
): Promise<DrillWalked> {
  const stage = createStage(room);
  const definition = Object.hasOwn(room.definitions, wish.playbook)
    ? room.definitions[wish.playbook]
    : undefined;
  const service = definition?.playbook.service ?? '';
  const actor = person({ room }, 'responder', null, service);
  const walking: Walking = { stage, actor, voices, firstFails: wish.firstFails, definition };
  setReadings(walking, null);
  const begun = stage.give({ actor, type: 'incident.drill', ...wish });
  if (begun.kind === 'refused') return begun;
  const [drill] = stage.incidents();
  if (!drill) return { kind: 'refused', message: 'The drill was not opened.' };
  stage.give({ actor, type: 'incident.acknowledge', incident: drill.id });
  for (let moves = 0; moves < mostMoves; moves += 1) {
    const view = stage.views().find(({ run }) => run.result === null);
    if (!view) break;
    const stuck = await move(walking, view);
    if (stuck !== null) return { kind: 'refused', message: stuck };
  }
  const incident = stage.incident(drill.id) ?? drill;
  const runs = stage.views();
  const events = stage.log.map((each, index) => ({ ...each, position: index + 1 }));
  const report = drillReport(events, { incident, runs, pace: room.pace });
  if (incident.resolved === null) return { kind: 'refused', message: 'The walk came to no end.' };
  return { kind: 'over', report, completed: runs.every(({ run }) => run.result?.kind === 'completed') };
}

type Walking = {
  readonly stage: Stage;
  readonly actor: Actor;
  readonly voices: DrillVoices;
  readonly firstFails: boolean;
  /** Of the playbook that is practised; other runs bring their own. */
  readonly definition: Definition | undefined;
};

/** One thing that happens; answers a sentence where nothing can happen any more. */
async function move(walking: Walking, view: RunView): Promise<string | null> {
  const { stage } = walking;
  const { run, definition } = view;
  if (run.at === null && run.whole?.state.kind === 'pending') return decidePlan(walking, run, run.whole.hash);
  const at = standsAt(run);
  const step = at && findStep(definition.playbook.steps, at.id);
  if (!at || !step) return `${run.title} stands nowhere.`;
  const here = { run: run.id, step: step.id };
  const title = stepTitle(step, view);
  const { state } = at.record;
  switch (state.kind) {
    case 'observing':
    case 'running':
      return carryOut(walking, here, title);
    case 'verifying': {
      if (state.gate.holdMs > longestMs) return tooLong(walking, here, title);
      setReadings(walking, view);
      if (!stage.read(here)) return `${title} is watched, and no reading comes.`;
      setReadings(walking, null);
      return afterwards(walking, here, title);
    }
    case 'waiting':
      if (state.until - stage.now() > longestMs) return tooLong(walking, here, title);
      walking.voices.say(`  ${title}`);
      stage.moveTo(state.until);
      return null;
    case 'asking':
      return ask(walking, { here, step, title });
    case 'offering': {
      const wanted = await choose(walking, `${title}?`, ['Carry it out', 'Skip']);
      return give(
        walking,
        here,
        wanted === 0 ? { type: 'run.perform', ...typed(state.plan) } : { type: 'run.skip' },
      );
    }
    case 'approving': {
      const { hash } = state.approval;
      const wanted = await choose(walking, `Approve ${title} as a stand-in?`, ['Approve', 'Refuse']);
      return give(
        walking,
        here,
        wanted === 0
          ? {
              type: 'run.approval-decide',
              verdict: 'approve',
              hash,
              standIn: true,
              ...typed(state.approval.plan),
            }
          : { type: 'run.approval-decide', verdict: 'refuse', hash },
      );
    }
    case 'unknown':
      return give(walking, here, { type: 'run.claim', claim: 'worked' });
    case 'failed':
    case 'inconclusive': {
      // What does not help a second time is left behind, so that a walk that nobody watches ends.
      const again = ['Try Again', 'Skip', 'Choose Another'] as const;
      const answers = at.record.attempt > 1 ? (['Skip', 'Try Again', 'Choose Another'] as const) : again;
      const wanted = answers[await choose(walking, `${title} ${state.kind}.`, answers)];
      const type =
        wanted === 'Try Again' ? 'run.try-again' : wanted === 'Skip' ? 'run.skip' : 'run.choose-again';
      const plan = state.kind === 'failed' ? state.plan : null;
      return give(walking, here, { type, ...(type === 'run.try-again' && plan ? typed(plan) : {}) });
    }
    default:
      return give(walking, here, { type: 'run.skip' });
  }
}

/** Where the walk stands, else the first step that is neither over nor left behind. */
function standsAt(run: Run): { readonly id: string; readonly record: StepRecord } | null {
  const open = Object.entries(run.steps).filter(
    ([, { state }]) => state.kind !== 'settled' && state.kind !== 'reopened',
  );
  // What has failed in a procedure that was approved in one piece is over; what it brings back goes on.
  const goesOn = open.filter(
    ([, { state }]) =>
      run.authority === 'each' || !['failed', 'inconclusive', 'unknown'].includes(state.kind),
  );
  const [first] = goesOn.toSorted(([id], [other]) => Number(other === run.at) - Number(id === run.at));
  return first ? { id: first[0], record: first[1] } : null;
}

/** A drill ends by itself after two hours: nobody practises a wait that is longer than one. */
const longestMs = 60 * 60_000;

function tooLong(walking: Walking, here: StepAt, title: string): string | null {
  walking.voices.say(`  ${title}: skipped, as it takes longer than a drill`);
  return give(walking, here, skip);
}

async function decidePlan(walking: Walking, run: Run, hash: string): Promise<string | null> {
  const wanted = await choose(walking, `Approve the plan of ${run.title} as a stand-in?`, [
    'Approve',
    'Refuse',
  ]);
  const { stage, actor } = walking;
  return refusal(
    stage.give(
      wanted === 0
        ? {
            actor,
            type: 'run.plan-decide',
            run: run.id,
            verdict: 'approve',
            hash,
            standIn: true,
            ...(run.whole ? typed(run.whole.plan) : {}),
          }
        : { actor, type: 'run.plan-decide', run: run.id, verdict: 'refuse', hash },
    ),
  );
}

function carryOut(walking: Walking, here: StepAt, title: string): string | null {
  const { stage, voices, firstFails } = walking;
  const effect = stage.command(here);
  if (!effect) return stage.read(here) ? null : `${title} waits for something that never comes.`;
  const started = stage.log.filter(({ event }) => event.type === 'MitigationStarted').length;
  const fails = failsNow(effect.planned, { firstFails, started });
  const { output, outcome } = standInEnd(effect.planned, { fails });
  voices.say(`  ${title}`);
  for (const line of output.trimEnd().split('\n')) voices.say(`    ${line}`);
  // From here on whatever is read follows from what was done.
  if (!effect.planned.observes && !fails) setReadings(walking, null, true);
  stage.end(effect, outcome, output);
  return afterwards(walking, here, title);
}

/** Says how it ended, once it has. */
function afterwards({ stage, voices }: Walking, { run, step }: StepAt, title: string): null {
  const state = stage.run(run).steps[step]?.state;
  if (state?.kind === 'failed' || state?.kind === 'inconclusive')
    voices.say(`  ✗ ${title}: ${state.kind}. ${state.message}`);
  if (state?.kind === 'settled' && (state.how.kind === 'done' || state.how.kind === 'held'))
    voices.say(`  ✓ ${title}${state.how.verified ? ': verified' : ''}`);
  return null;
}

async function ask(
  walking: Walking,
  { here, step, title }: { here: StepAt; step: Step; title: string },
): Promise<string | null> {
  if (step.kind === 'choose') {
    const index = await choose(
      walking,
      title,
      step.options.map(({ label }) => label),
    );
    const option = step.options[index]?.id ?? '';
    return give(walking, here, { type: 'run.choose', option });
  }
  const options = step.kind === 'ask' && step.input.kind === 'options' ? step.input.options : null;
  const index = await choose(walking, title, options ?? ['All done', 'Skip']);
  const answer = options
    ? (options[index] ?? '')
    : step.kind === 'ask'
      ? practised(step.input, step.example)
      : '';
  const said = index === 1 && !options ? skip : ({ type: 'run.answer', answer } as const);
  const refused = give(walking, here, said);
  // Whatever an answer has to look like, leaving it out is always an answer.
  return refused === null ? null : give(walking, here, skip);
}

const skip = { type: 'run.skip' } as const;

async function choose(
  { stage, voices }: Walking,
  question: string,
  answers: readonly string[],
): Promise<number> {
  const { index, tookMs } = await voices.choose(question, answers);
  if (tookMs > 0) stage.moveTo(stage.now() + tookMs);
  return index;
}

function give({ stage, actor }: Walking, { run, step }: StepAt, said: SaidAtStep): string | null {
  const attempt = stage.run(run).steps[step]?.attempt ?? 1;
  return refusal(stage.give({ actor, run, step, attempt, ...said }));
}

const refusal = (answer: Answer): string | null => (answer.kind === 'refused' ? answer.message : null);

/** Before anything was done all indicators are bad; a check that a run watches (`gate`) may say otherwise. */
function setReadings({ stage, definition }: Walking, gate: RunView | null, mitigated = false): void {
  const views = stage.views();
  const met = mitigated || (gate ? isMet('gate', gate, views) : isMitigated(views));
  const all = [...(definition ? [{ definition }] : []), ...views];
  for (const each of all)
    for (const [name, indicator] of Object.entries(each.definition.service.indicators)) {
      const value = standInValue(indicator, met, limitsBeside(indicator, all));
      if (value !== null) stage.set({ [name]: [{ afterMs: 0, value }] });
    }
}

/** Whoever practises on a terminal says yes to the word by choosing to go on. */
const typed = ({ confirm }: Pick<Plan, 'confirm'>): { typed?: string } =>
  confirm === undefined ? {} : { typed: confirm };
