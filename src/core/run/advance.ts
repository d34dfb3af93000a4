import { isOpen } from '../incident/incident.ts';
import type { Step } from '../playbook/definition.ts';
import {
  show,
  showChart,
  showRun,
  showStep,
  targetClaim,
  tell,
  tellIncident,
  type Walking,
} from './effects.ts';
import type { CommandOutcome } from './events.ts';
import { drawAfter, type GateEnd, openGate } from './gate.ts';
import type { Plan } from './plan.ts';
import { actionOf, planAction } from './resolve.ts';
import { entered, isBusy, type LedgerEntry, type Settled, type StepState } from './run.ts';
import { isUndo, undoClaim, undoneBy, undoneByAll } from './undo.ts';
import { allSteps, findStep, frontier } from './walk.ts';

/** Walks on until a step needs somebody or something: a person, a command, the indicator, the clock, or the end. */
export function advance(walking: Walking): void {
  const { draft, definition } = walking;
  endWithIncident(walking);
  while (!draft.state.result) {
    const step = frontier(definition.playbook.steps, draft.state);
    if (!step) {
      end(walking, 'completed', null);
      return;
    }
    if (entered(draft.state, step.id)) return;
    enter(walking, step);
    const state = draft.state.steps[step.id]?.state;
    if (state?.kind !== 'settled') return;
  }
}

/**
 * A run whose incident was resolved while a command ran ends with that command. A whole procedure goes on to its end:
 * what was approved in one piece must not stop between taking something down and bringing it back.
 */
export function endWithIncident(walking: Walking): void {
  const { draft, context } = walking;
  const { incident } = context;
  if (!incident || isOpen(incident) || draft.state.authority === 'whole') return;
  // What was changed for a while is often taken back only after everything is over.
  if (isUndo(walking.definition)) return;
  if (!draft.state.result && !isBusy(draft.state)) end(walking, 'stopped', `${incident.id} was resolved.`);
}

/** Enters a step; those that need nobody settle or start at once. */
export function enter(walking: Walking, step: Step): void {
  const { draft, definition, context } = walking;
  const { now } = context;
  const begin = (state: StepState) => {
    const attempt = (draft.state.steps[step.id]?.attempt ?? 0) + 1;
    draft.emit({ type: 'StepEntered', data: { step: step.id, attempt, state }, at: now, by: walking.by });
  };
  switch (step.kind) {
    case 'chart':
      begin({ kind: 'observing', since: now });
      showChart(walking, step.id, step.indicator, 'before');
      // The picture is the message.
      draft.emit({
        type: 'StepSettled',
        data: { step: step.id, by: null, how: { kind: 'passed' } },
        at: now,
        by: walking.by,
      });
      return;
    case 'observe': {
      begin({ kind: 'observing', since: now });
      runCommand(walking, step.id, planAction(definition, step.action, null), 0);
      showStep(walking, step.id);
      return;
    }
    case 'choose':
    case 'ask':
    case 'checklist':
      begin({ kind: 'asking', since: now });
      showStep(walking, step.id);
      return;
    case 'do': {
      const plan = planAction(definition, step.action, step.budgetMs ?? null);
      begin({ kind: 'offering', since: now, plan });
      if (plan.verify) readBaseline(walking, step.id, plan.verify.indicator);
      if (draft.state.authority === 'whole') carryOut(onBehalf(walking), step.id, plan);
      else showStep(walking, step.id);
      return;
    }
    case 'verify':
      begin({ kind: 'observing', since: now });
      openGate(walking, step.id, step.target, null);
      showStep(walking, step.id);
      return;
    case 'wait': {
      begin({ kind: 'waiting', since: now, until: now + step.ms });
      const { attempt } = draft.state.steps[step.id] ?? { attempt: 1 };
      tell(walking, { type: 'run.wait-over', run: draft.state.id, step: step.id, attempt }, now + step.ms);
      showStep(walking, step.id);
      return;
    }
    case 'stage':
      throw new Error(`stage ${step.id} is entered through its steps`);
    default:
      step satisfies never;
  }
}

/** What the bot goes on with in a whole procedure is done by whoever approved it. */
function onBehalf(walking: Walking): Walking {
  const { whole } = walking.draft.state;
  const approver =
    whole?.state.kind === 'approved' || whole?.state.kind === 'glass-broken' ? whole.state.by : null;
  return walking.by === 'bot' && approver !== null ? { ...walking, by: approver } : walking;
}

/** Starts a plan: the target is locked, the incident is told, the first command goes out. */
export function carryOut(walking: Walking, step: string, plan: Plan): void {
  const { draft } = walking;
  if (draft.state.authority === 'each') for (const claim of targetsOf(walking, plan)) draft.take(claim);
  tellIncident(walking, plan.title);
  startCommand(walking, step, plan, 0);
}

/** The intent of one command, then the command itself as an effect that is performed at most once. */
export function startCommand(walking: Walking, step: string, plan: Plan, command: number): void {
  const { draft, context } = walking;
  draft.emit({ type: 'CommandStarted', data: { step, plan, command }, at: context.now, by: walking.by });
  runCommand(walking, step, plan, command);
  showStep(walking, step);
}

function runCommand({ draft }: Walking, step: string, plan: Plan, command: number): void {
  const planned = plan.commands[command];
  if (!planned) throw new Error(`the plan of ${step} has no command ${command}`);
  const { id, service } = draft.state;
  const attempt = draft.state.steps[step]?.attempt ?? 1;
  // What only looks does not queue behind what changes.
  const lane = planned.observes ? `observe/${id}` : targetClaim(planned.host.name, service);
  draft.effect({ kind: 'run-command', run: id, step, attempt, command, planned }, { lane });
}

export function targetsOf({ draft }: Pick<Walking, 'draft'>, plan: Plan): readonly string[] {
  const changing = plan.commands.filter((command) => !command.observes);
  return [...new Set(changing.map((command) => targetClaim(command.host.name, draft.state.service)))];
}

function readBaseline({ draft }: Walking, step: string, indicator: string): void {
  const attempt = draft.state.steps[step]?.attempt ?? 1;
  draft.effect({ kind: 'read-indicator', run: draft.state.id, step, attempt, indicator, purpose: 'before' });
}

/** What follows when a command of a changing plan has ended. */
export function afterCommand(
  walking: Walking,
  step: string,
  plan: Plan,
  command: number,
  outcome: CommandOutcome,
): void {
  const planned = plan.commands[command];
  if (outcome.kind === 'unknown') {
    const { message } = outcome;
    stand(walking, step, plan, {
      kind: 'unknown',
      at: walking.context.now,
      by: walking.by,
      message,
      plan,
      command,
      probe: null,
    });
    const { draft } = walking;
    if (planned?.probe) {
      const attempt = draft.state.steps[step]?.attempt ?? 1;
      draft.effect({
        kind: 'read-indicator',
        run: draft.state.id,
        step,
        attempt,
        indicator: planned.probe,
        purpose: 'probe',
      });
    }
    return;
  }
  if (outcome.kind === 'exited' && planned?.succeeds.includes(outcome.code)) {
    commandSucceeded(walking, step, plan, command);
    return;
  }
  const [code, message] = whyFailed(outcome);
  stand(walking, step, plan, {
    kind: 'failed',
    at: walking.context.now,
    by: walking.by,
    code,
    message,
    plan,
  });
}

export function commandSucceeded(walking: Walking, step: string, plan: Plan, command: number): void {
  if (command + 1 < plan.commands.length) startCommand(walking, step, plan, command + 1);
  else if (plan.verify) {
    openGate(walking, step, plan.verify, walking.by);
    showStep(walking, step);
  } else settleDone(walking, step, plan);
}

function settleDone(walking: Walking, step: string, plan: Plan): void {
  const { draft, context } = walking;
  const record = draft.state.steps[step];
  const since = record?.state.kind === 'running' ? record.state.since : (record?.enteredAt ?? context.now);
  release(walking, plan);
  const tookMs = Math.max(0, context.now - since);
  settle(walking, step, walking.by, { kind: 'done', tookMs, code: 0, verified: null });
  advance(walking);
}

/** What follows when a gate has closed, whether it stood alone or after an action. */
export function afterGate(walking: Walking, step: Step, result: GateEnd): void {
  const { draft, context, definition } = walking;
  const record = draft.state.steps[step.id];
  const by = record?.state.kind === 'verifying' ? record.state.by : null;
  const plan = step.kind === 'do' ? planAction(definition, step.action, step.budgetMs ?? null) : null;
  switch (result.kind) {
    case 'held': {
      if (plan) release(walking, plan);
      const tookMs = Math.max(0, context.now - (record?.enteredAt ?? context.now));
      const { verified } = result;
      settle(
        walking,
        step.id,
        by,
        plan ? { kind: 'done', tookMs, code: 0, verified } : { kind: 'held', verified },
      );
      if (!plan) drawAfter(walking, step.id, verified);
      advance(walking);
      return;
    }
    case 'failed':
      stand(walking, step.id, plan, {
        kind: 'failed',
        at: context.now,
        by,
        code: 'not-verified',
        message: result.message,
        plan,
      });
      return;
    case 'inconclusive':
      stand(walking, step.id, plan, { kind: 'inconclusive', at: context.now, by, message: result.message });
      return;
    default:
      result satisfies never;
  }
}

/** A step that cannot go on by itself. Alone it waits for a person; a whole procedure brings back what it must and stops. */
function stand(walking: Walking, step: string, plan: Plan | null, state: StepState): void {
  const { draft, context, definition } = walking;
  if (plan) release(walking, plan);
  draft.emit({ type: 'StepMoved', data: { step, state }, at: context.now, by: walking.by });
  showStep(walking, step);
  if (draft.state.authority === 'whole') bringBack(walking, definition.playbook.steps, step);
}

/** A person ends a whole procedure between two commands: what it took down is brought back first. */
export function abandon(walking: Walking): void {
  const { draft, context, by } = walking;
  const { at } = draft.state;
  if (at === null) {
    end(walking, 'stopped', null);
    return;
  }
  const message = 'The run was ended before this was over.';
  stand(walking, at, null, { kind: 'failed', at: context.now, by, code: ended, message, plan: null });
}

/** The code of a step that did not fail by itself: the run was ended at it. */
const ended = 'run-ended';

function bringBack(walking: Walking, steps: readonly Step[], failed: string): void {
  const { draft } = walking;
  const order = allSteps(steps);
  const rest = order.slice(order.findIndex((step) => step.id === failed) + 1);
  const next = rest.find(
    (step) => step.kind === 'do' && step.always === true && !entered(draft.state, step.id),
  );
  if (next) enter(walking, next);
  else end(walking, 'stopped', stoppedBecause(walking, order));
}

function stoppedBecause({ draft, definition }: Walking, order: readonly Step[]): string {
  const first = order.find((step) => {
    const kind = draft.state.steps[step.id]?.state.kind;
    return kind === 'failed' || kind === 'unknown' || kind === 'inconclusive';
  });
  const state = first && draft.state.steps[first.id]?.state;
  if (state?.kind === 'failed' && state.code === ended) return 'It was ended before it was over.';
  const name = first?.kind === 'do' ? actionOf(definition.service, first.action).title : 'A step';
  return `${name} did not succeed, so the rest was not carried out.`;
}

/** Gives back the targets of a step that is left in the middle of its action; any other step holds none. */
export function letGo(walking: Walking, id: string): void {
  const { draft, definition } = walking;
  const step = findStep(definition.playbook.steps, id);
  const kind = draft.state.steps[id]?.state.kind;
  if (step?.kind === 'do' && (kind === 'running' || kind === 'verifying'))
    release(walking, planAction(definition, step.action, step.budgetMs ?? null));
}

/** A whole procedure keeps its targets until it ends; a single action gives them back when it is over. */
function release(walking: Walking, plan: Plan): void {
  if (walking.draft.state.authority === 'each')
    for (const claim of targetsOf(walking, plan)) walking.draft.free(claim);
}

export function settle(walking: Walking, step: string, by: string | null, how: Settled): void {
  const { draft, context } = walking;
  draft.emit({ type: 'StepSettled', data: { step, by, how }, at: context.now, by: walking.by });
  showStep(walking, step);
  // Once something of a whole procedure has failed, only what must be brought back is carried out.
  if (draft.state.authority === 'whole' && hasFailed(walking))
    bringBack(walking, walking.definition.playbook.steps, step);
}

const hasFailed = ({ draft }: Walking): boolean =>
  Object.values(draft.state.steps).some(({ state }) =>
    ['failed', 'unknown', 'inconclusive'].includes(state.kind),
  );

export function end(walking: Walking, kind: 'completed' | 'stopped' | 'refused', why: string | null): void {
  const { draft, context } = walking;
  const { id, incident, whole, steps } = draft.state;
  for (const step of Object.keys(steps)) letGo(walking, step);
  draft.emit({ type: 'RunEnded', data: { kind, why }, at: context.now, by: walking.by });
  // Only an approved plan has taken its targets; before that, somebody else may be holding them.
  if (whole?.state.kind === 'approved' || whole?.state.kind === 'glass-broken')
    for (const claim of targetsOf(walking, whole.plan)) draft.free(claim);
  for (const ref of undoneByAll(walking.definition)) draft.free(undoClaim(ref));
  // Steps that still ask for something lose their buttons.
  for (const [step, { state }] of Object.entries(steps))
    if (state.kind !== 'settled' && state.kind !== 'reopened') showStep(walking, step);
  showRun(walking);
  if (whole) show(walking, { kind: 'plan', run: id });
  if (incident) tell(walking, { type: 'incident.run-ended', incident, run: id, result: kind });
}

/** The ledger entry of a command that changed something; null for one that did not, or only looked. */
export function ledgerEntry(
  walking: Walking,
  step: string,
  plan: Plan,
  command: number,
  previous: string | null | undefined,
): LedgerEntry | null {
  const planned = plan.commands[command];
  if (!planned || planned.observes) return null;
  const { action, host, does, undo } = planned;
  // Without a report of what the file held before, there is nothing that could be put back.
  const file = does.kind === 'write' && previous !== undefined ? { path: does.file, previous } : null;
  // Taken back is a change only once all that belongs to it was done: old content has no effect before the restart.
  const last = plan.commands.findLastIndex((each) => !each.observes) === command;
  const undoes = last ? undoneBy(walking.definition, step) : undefined;
  return {
    ...{ step, action, host: host.name, by: walking.by, at: walking.context.now, undo, file },
    ...(undoes && { undoes }),
  };
}

function whyFailed(outcome: Exclude<CommandOutcome, { kind: 'unknown' }>): readonly [string, string] {
  switch (outcome.kind) {
    case 'exited':
      return ['exit', `Exit ${outcome.code} after ${Math.max(1, Math.round(outcome.tookMs / 1_000))} s.`];
    case 'timed-out':
      return ['timed-out', `It did not end in ${Math.round(outcome.tookMs / 1_000)} s and was ended.`];
    case 'stopped':
      return ['stopped', 'It was stopped before it ended.'];
    case 'refused':
      return [outcome.code, outcome.message];
    default: {
      const never: never = outcome;
      return never;
    }
  }
}
