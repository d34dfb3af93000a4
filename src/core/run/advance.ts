import type { Step } from '../playbook/definition.ts';
import { announceAutomatic } from './announce.ts';
import { forbiddenToLook } from './answeredBy.ts';
import { judgeCondition } from './condition.ts';
import { remindOf } from './duties.ts';
import { showChart, showStep, tell, tellIncident, type Walking } from './effects.ts';
import { end, endWithIncident, stoppedBecause } from './ending.ts';
import type { CommandOutcome } from './events.ts';
import { openGate } from './gate.ts';
import { whyFailed } from './outcome.ts';
import { askAboutCondition, passOver } from './passOver.ts';
import type { Plan } from './plan.ts';
import { planStep } from './resolve.ts';
import { nextTry, tryAfterUnknown } from './retry.ts';
import { entered, looksOf, type Run, type Settled, type StepRecord, type StepState } from './run.ts';
import { evidenceMs, hasTimeLeft, readBaseline, runCommand, runningSince } from './sendCommand.ts';
import { silenceFor } from './silence.ts';
import { badValue, valuesOf } from './stepValues.ts';
import { release, targetsOf } from './targets.ts';
import { allSteps, findStep, frontier, type Next } from './walk.ts';

/** Walks on until a step needs somebody or something: a person, a command, the indicator, the clock, or the end. */
export function advance(walking: Walking): void {
  const { draft } = walking;
  endWithIncident(walking);
  while (!draft.state.result) {
    const next = nextOf(walking);
    if (!next) {
      end(walking, 'completed', null);
      return;
    }
    const { step } = next;
    if (entered(draft.state, step.id)) return;
    if (next.kind === 'pass-over') {
      passOver(walking, next);
      continue;
    }
    if (next.kind === 'ask') {
      askAboutCondition(walking, step, next.message);
      return;
    }
    enter(walking, step);
    const state = draft.state.steps[step.id]?.state;
    if (state?.kind !== 'settled') return;
  }
}

const nextOf = ({ draft, definition, context }: Walking): Next | null =>
  frontier(definition.playbook.steps, draft.state, (step) =>
    judgeCondition(step, draft.state, { definition, incident: context.incident }),
  );

/** Enters a step; those that need nobody settle or start at once. */
export function enter(walking: Walking, step: Step): void {
  const { draft, definition, context } = walking;
  const { now } = context;
  const begin = (state: StepState, looks?: readonly string[]) => {
    const attempt = (draft.state.steps[step.id]?.attempt ?? 0) + 1;
    const data = { step: step.id, attempt, state, ...(looks && { looks }) };
    draft.emit({ type: 'StepEntered', data, at: now, by: walking.by });
  };
  const fault =
    step.kind === 'do' || step.kind === 'observe' ? valuesOf(definition, step, draft.state).fault : null;
  if (fault) {
    // Nothing is offered that could not be carried out; whoever answered is told, and may answer again.
    begin({ kind: 'failed', at: now, by: null, code: badValue, message: fault.message, plan: null });
    showStep(walking, step.id);
    if (draft.state.authority === 'whole') bringBack(walking, definition.playbook.steps, step.id);
    return;
  }
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
      const plan = planStep(definition, step, draft.state);
      const message = forbiddenToLook(walking, step, plan);
      if (message !== null) {
        begin({ kind: 'observing', since: now });
        settle(walking, step.id, null, { kind: 'unseen', message });
        return;
      }
      const looks = step.actions && plan.commands.map(({ title }) => title);
      begin({ kind: 'observing', since: now }, looks);
      for (const command of looks ? plan.commands.keys() : [0]) runCommand(walking, step.id, plan, command);
      showStep(walking, step.id);
      return;
    }
    case 'choose':
    case 'ask':
    case 'offer':
    case 'checklist':
      begin({ kind: 'asking', since: now });
      if (step.kind === 'checklist') remindOf(walking, step);
      showStep(walking, step.id);
      return;
    case 'do': {
      const plan = planStep(definition, step, draft.state);
      begin({ kind: 'offering', since: now, plan });
      if (plan.verify) readBaseline(walking, step.id, plan.verify.indicator);
      announceAutomatic(walking, step, plan);
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
    case 'call':
      throw new Error(`${step.kind} ${step.id} is entered through its steps`);
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
  silenceFor(walking, plan);
  startCommand(walking, step, plan, 0);
}

/** The intent of one command, then the command itself as an effect that is performed at most once. */
export function startCommand(
  walking: Walking,
  step: string,
  plan: Plan,
  command: number,
  again: { readonly try?: number; readonly afterUnknown?: true } = {},
): void {
  const { draft, context } = walking;
  const approved = approvalOf(draft.state, step);
  const data = { step, plan, command, ...again, ...(approved !== undefined && { approved }) };
  draft.emit({ type: 'CommandStarted', data, at: context.now, by: walking.by });
  if (hasTimeLeft(walking, step, plan, command)) {
    runCommand(walking, step, plan, command);
    showStep(walking, step);
    return;
  }
  const message = `The ${evidenceMs / 1_000} s for evidence were over.`;
  const outcome = { kind: 'refused', code: 'no-time', message } as const;
  const ended = { step, command, outcome, ledger: null, look: { unseen: message } };
  draft.emit({ type: 'CommandEnded', data: ended, at: context.now, by: walking.by });
  afterCommand(walking, step, plan, command, outcome);
}

/** The hash of the approval that a step goes on by; that of a whole procedure stands with the run. */
function approvalOf({ steps }: Run, step: string): string | undefined {
  const state = steps[step]?.state;
  switch (state?.kind) {
    case 'approving':
      return state.approval.hash;
    case 'running':
    case 'unknown':
      return state.approved;
    default:
      return undefined;
  }
}

/** Whoever said yes this long ago does not expect it to happen now. */
export const expectedMs = 10 * 60_000;

/** What follows when a command of a changing plan has ended. */
export function afterCommand(
  walking: Walking,
  step: string,
  plan: Plan,
  command: number,
  outcome: CommandOutcome,
): void {
  const planned = plan.commands[command];
  if (planned?.evidence) {
    afterEvidence(walking, step, plan, command, outcome);
    return;
  }
  const { draft, context } = walking;
  const before = draft.state.steps[step]?.state;
  const running = before?.kind === 'running' ? before : null;
  if (outcome.kind === 'unknown') {
    const { message } = outcome;
    const retry = running ? tryAfterUnknown(running) : undefined;
    stand(walking, step, plan, {
      kind: 'unknown',
      at: context.now,
      by: walking.by,
      message,
      plan,
      command,
      probe: null,
      ...(running && { startedAt: running.commandSince, since: running.since }),
      ...(running?.approved !== undefined && { approved: running.approved }),
      ...(retry !== undefined && { retry }),
    });
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
  const [code, why] = whyFailed(outcome);
  const next = running ? nextTry(running, outcome, context.now) : { kind: 'over' as const, why: '' };
  if (next.kind === 'again') {
    const data = { step, command, try: next.try, at: next.at, why };
    draft.emit({ type: 'RetryPlanned', data, at: context.now, by: walking.by });
    const { id } = draft.state;
    const attempt = draft.state.steps[step]?.attempt ?? 1;
    tell(walking, { type: 'run.retry', run: id, step, attempt, command, try: next.try }, next.at);
    showStep(walking, step);
    return;
  }
  // Of several commands it matters which: what stands above it in the output may have been fine.
  const named = planned && planned.title !== plan.title && outcome.kind !== 'refused';
  const where = named ? `At "${planned.title}": ` : '';
  standFailed(walking, step, plan, { code, message: `${where}${why}${next.why}` });
}

type Failure = { readonly code: string; readonly message: string };

export function standFailed(walking: Walking, step: string, plan: Plan, { code, message }: Failure): void {
  const { by, context } = walking;
  stand(walking, step, plan, { kind: 'failed', at: context.now, by, code, message, plan });
}

/** Evidence holds nothing up, whatever came of it; but what was stopped or is long past does not go on. */
function afterEvidence(
  walking: Walking,
  step: string,
  plan: Plan,
  command: number,
  outcome: CommandOutcome,
): void {
  const state = walking.draft.state.steps[step]?.state;
  if (outcome.kind === 'stopped' || (state?.kind === 'running' && state.stopping)) {
    const message = 'It was stopped before anything was changed.';
    standFailed(walking, step, plan, { code: 'stopped', message });
    return;
  }
  const late = walking.context.now - runningSince(walking, step) > expectedMs;
  if (outcome.kind === 'unknown' && late) {
    const message = 'The bot was down before anything was changed. Try again if it is still wanted.';
    standFailed(walking, step, plan, { code: 'interrupted', message });
    return;
  }
  commandSucceeded(walking, step, plan, command);
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
  release(walking, plan);
  const tookMs = Math.max(0, context.now - (clickedAt(record) ?? context.now));
  const looks = looksOf(record);
  settle(walking, step, walking.by, { kind: 'done', tookMs, code: 0, verified: null, ...looks });
  advance(walking);
}

/** How long people thought before is no time that it took, also where a person says how it ended. */
function clickedAt(record: StepRecord | undefined): number | undefined {
  switch (record?.state.kind) {
    case 'running':
      return record.state.since;
    case 'unknown':
      return record.state.since ?? record.state.startedAt ?? record.enteredAt;
    default:
      return record?.enteredAt;
  }
}

/** A step that cannot go on by itself. Alone it waits for a person; a whole procedure brings back what it must and stops. */
export function stand(walking: Walking, step: string, plan: Plan | null, state: StepState): void {
  const { draft, context, definition } = walking;
  // Where the probe decides about another try, the targets are kept for it.
  const isOpenEnded = state.kind === 'unknown' && state.retry !== undefined;
  if (plan && !isOpenEnded) release(walking, plan);
  draft.emit({ type: 'StepMoved', data: { step, state }, at: context.now, by: walking.by });
  showStep(walking, step);
  if (isOpenEnded) return;
  if (draft.state.authority === 'whole') bringBack(walking, definition.playbook.steps, step);
  else goOnAfterFailure(walking, step, state);
}

/** What a person has stopped stands: whoever stopped it is there and decides what comes next. */
function goOnAfterFailure(walking: Walking, id: string, state: StepState): void {
  const step = findStep(walking.definition.playbook.steps, id);
  if (state.kind !== 'failed' || state.code === 'stopped') return;
  if ((step?.kind !== 'do' && step?.kind !== 'verify') || !step.onFail) return;
  settle(walking, id, state.by, { kind: 'failed', code: state.code, message: state.message });
  advance(walking);
}

export function bringBack(walking: Walking, steps: readonly Step[], failed: string): void {
  const { draft } = walking;
  const order = allSteps(steps);
  const rest = order.slice(order.findIndex((step) => step.id === failed) + 1);
  const next = rest.find(
    (step) => step.kind === 'do' && step.always === true && !entered(draft.state, step.id),
  );
  if (next) enter(walking, next);
  else end(walking, 'stopped', stoppedBecause(walking, order));
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
