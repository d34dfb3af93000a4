import { forbidden } from '../access/forbidden.ts';
import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import { time } from '../moment.ts';
import { valueFault } from '../playbook/valueType.ts';
import { advance, settle, stand, standFailed, startCommand } from './advance.ts';
import { chooseAgain, tryAgain } from './again.ts';
import { answeredAs } from './answeredBy.ts';
import {
  decidePlan,
  decideStepApproval,
  expirePlan,
  expireStepApproval,
  withdrawOutdated,
} from './approve.ts';
import { decideAutomatic } from './automatic.ts';
import type { RunCommand } from './commands.ts';
import { itemDue, tick } from './duties.ts';
import { showOutput, showStep, type Walking } from './effects.ts';
import { commandEnded, reading } from './ended.ts';
import { end, endWithIncident, mayGoOn, runEnded } from './ending.ts';
import type { RunEvent } from './events.ts';
import { evolveRun } from './evolve.ts';
import { withdrawnBefore } from './judgeApproval.ts';
import { moved } from './late.ts';
import { moveAlong } from './move.ts';
import { startOffered } from './offer.ts';
import { claimOutcome, type OfStep, perform, stop } from './perform.ts';
import { planStep } from './resolve.ts';
import { forbiddenToDo } from './rights.ts';
import { isBusy, isLook, type Run } from './run.ts';
import { start } from './start.ts';
import { letGo } from './targets.ts';
import { severityChanged, triggerRead } from './triggerLook.ts';
import { updateDue } from './updates.ts';
import { findStep } from './walk.ts';

/** Commands that a run's stream decides. */
export type ForRun = Command & RunCommand;

export function decideRun(command: ForRun, run: Run | null, context: Context): Decision<RunEvent> {
  if (command.type === 'run.start')
    return run ? refuse('already', `${run.id} has started.`) : start(command, context);
  if (!run || !context.definition) return refuse('not-found', `There is no run ${command.run}.`);
  const walking: Walking = {
    draft: new Draft(run, evolveRun),
    definition: context.definition,
    context,
    by: actorId(command.actor),
  };
  if (command.type === 'run.end') {
    if (run.result) return refuse('already', `${run.id} has ended.`);
    const denied = forbidden(command.actor, 'change', run.service, context);
    if (denied) return denied;
    if (isBusy(run))
      return refuse('busy', 'A command is running. Stop it at its step; the rest is not carried out then.');
    if (!isUnderWay(run)) end(walking, 'stopped', command.why);
    else if (command.actor.kind === 'person') abandon(walking);
    else return refuse('busy', 'A procedure that was approved in one piece goes on to its end.');
    return walking.draft.decided();
  }
  const comesLate = ['run.command-ended', 'run.output', 'run.offer-taken'].includes(command.type);
  if (run.result && !comesLate) {
    return withdrawnBefore(run, command) ?? refuse('stale', `This run ended at ${time(run.result.at)}.`);
  }
  switch (command.type) {
    case 'run.plan-decide':
    case 'run.plan-break-glass':
      return decidePlan(walking, command);
    case 'run.plan-expired':
      return expirePlan(walking, command.hash);
    case 'run.room-changed':
      return withdrawOutdated(walking, command.at);
    case 'run.moved':
      return moveAlong(walking);
    case 'run.severity-changed':
      return severityChanged(walking);
    case 'run.trigger-read':
      return triggerRead(walking, command);
    case 'run.update-due':
      return updateDue(walking, command.number);
    default:
      return decideStep(walking, command);
  }
}

/** A person ends a whole procedure between two commands: what it took down is brought back first. */
function abandon(walking: Walking): void {
  const { draft, context, by } = walking;
  const { at } = draft.state;
  if (at === null) {
    end(walking, 'stopped', null);
    return;
  }
  const message = 'The run was ended before this was over.';
  stand(walking, at, null, { kind: 'failed', at: context.now, by, code: runEnded, message, plan: null });
}

function decideStep(walking: Walking, command: OfStep): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const run = draft.state;
  const step = findStep(definition.playbook.steps, command.step);
  const record = run.steps[command.step];
  if (!step) return refuse('invalid', `${run.playbook} has no step ${command.step}.`);
  if (!record || record.attempt !== command.attempt)
    return (
      withdrawnBefore(run, command) ??
      refuse('stale', 'This step was opened again since; use the newer message.')
    );
  const { state } = record;
  const { now } = context;
  const { by } = walking;
  if (run.authority === 'whole' && leftToEach.includes(command.type)) {
    return refuse(
      'stale',
      'This procedure was approved in one piece, so no step of it is decided on its own. Start it anew.',
    );
  }

  switch (command.type) {
    case 'run.choose': {
      const denied = forbidden(command.actor, 'change', run.service, context);
      if (denied) return denied;
      if (step.kind !== 'choose' || state.kind !== 'asking') return moved(step, record);
      const option = step.options.find((each) => each.id === command.option);
      if (!option) return refuse('invalid', 'That is not one of the answers.');
      settle(walking, step.id, by, {
        kind: 'chosen',
        option: option.id,
        ...answeredAs(definition, command.actor),
      });
      advance(walking);
      return draft.decided();
    }
    case 'run.answer': {
      const denied = forbidden(command.actor, 'change', run.service, context);
      if (denied) return denied;
      if ((step.kind !== 'ask' && step.kind !== 'checklist') || state.kind !== 'asking')
        return moved(step, record);
      const fault = step.kind === 'ask' ? valueFault(step.input, command.answer, step.example) : null;
      if (fault !== null) return refuse('invalid', fault);
      const { answer } = command;
      settle(walking, step.id, by, { kind: 'answered', answer, ...answeredAs(definition, command.actor) });
      advance(walking);
      return draft.decided();
    }
    case 'run.perform': {
      if (step.kind !== 'do' || state.kind !== 'offering') return moved(step, record);
      return perform(walking, command, step);
    }
    case 'run.skip': {
      // Leaving a step out decides as much about production as carrying it out, so it needs the same right.
      const asked = { actor: command.actor, own: run.service, situation: context };
      const denied =
        step.kind === 'do'
          ? forbiddenToDo(planStep(definition, step, run), asked)
          : forbidden(command.actor, 'change', run.service, context);
      if (denied) return denied;
      // What has failed in a whole procedure is over: it is already bringing back what it took down.
      const skippable =
        run.authority === 'whole'
          ? ['waiting', 'verifying']
          : ['offering', 'failed', 'inconclusive', 'waiting', 'asking', 'verifying'];
      if (!skippable.includes(state.kind)) return moved(step, record);
      letGo(walking, step.id);
      settle(walking, step.id, by, { kind: 'skipped', ...answeredAs(definition, command.actor) });
      advance(walking);
      return draft.decided();
    }
    case 'run.stop':
      return stop(walking, command, step, record);
    case 'run.approval-decide':
    case 'run.break-glass':
      return decideStepApproval(walking, command, record);
    case 'run.approval-expired':
      return expireStepApproval(walking, command, record);
    case 'run.try-again':
      return tryAgain(walking, command, step, record);
    case 'run.choose-again':
      return chooseAgain(walking, command, step, record);
    case 'run.claim':
      return claimOutcome(walking, command, step, record);
    case 'run.output': {
      draft.emit({
        type: 'OutputAppended',
        data: {
          step: step.id,
          text: command.text,
          cut: command.cut,
          ...(isLook(record, command.command) && { command: command.command }),
        },
        at: now,
        by,
      });
      showOutput(walking, step.id);
      return draft.decided();
    }
    case 'run.command-ended':
      return commandEnded(walking, command, step, record);
    case 'run.reading':
      return reading(walking, command, step, record);
    case 'run.hold':
    case 'run.automatic-due':
    case 'run.automatic-decide':
      return decideAutomatic(walking, command, step, record);
    case 'run.retry': {
      if (state.kind !== 'running' || state.command !== command.command) return moved(step, record);
      if (state.retry?.try !== command.try) return moved(step, record);
      const doer = { ...walking, by: state.by };
      if (mayGoOn(walking)) startCommand(doer, step.id, state.plan, state.command, { try: command.try });
      else {
        const message = `${state.retry.why} The incident was resolved before the next try.`;
        standFailed(doer, step.id, state.plan, { code: 'resolved', message });
        endWithIncident(walking);
      }
      return draft.decided();
    }
    case 'run.start-offered':
      return startOffered(walking, command, step, record);
    case 'run.offer-taken': {
      draft.emit({ type: 'OfferTaken', data: { step: step.id, run: command.started }, at: now, by });
      showStep(walking, step.id);
      return draft.decided();
    }
    case 'run.tick':
      return tick(walking, command, step, record);
    case 'run.item-due':
      return itemDue(walking, command.item, step, record);
    case 'run.wait-over': {
      if (state.kind !== 'waiting') return moved(step, record);
      settle(walking, step.id, null, { kind: 'passed' });
      advance(walking);
      return draft.decided();
    }
    default: {
      const never: never = command;
      return never;
    }
  }
}

/** What people decide about a single step, which a procedure approved in one piece leaves to nobody. */
const leftToEach: readonly RunCommand['type'][] = [
  'run.perform',
  'run.try-again',
  'run.choose-again',
  'run.claim',
];

/** Whether a procedure that was approved in one piece is being carried out. */
const isUnderWay = ({ authority, whole }: Run): boolean =>
  authority === 'whole' && (whole?.state.kind === 'approved' || whole?.state.kind === 'glass-broken');
