import { forbidden } from '../access/forbidden.ts';
import { rightFor } from '../access/may.ts';
import { actorId } from '../actor.ts';
import type { Command, RunCommand } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, type Refusal, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import { isOpen } from '../incident/incident.ts';
import { time } from '../moment.ts';
import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import type { RunId } from '../stream.ts';
import {
  abandon,
  advance,
  carryOut,
  commandSucceeded,
  end,
  enter,
  ledgerEntry,
  letGo,
  settle,
  targetsOf,
} from './advance.ts';
import {
  decidePlan,
  decideStepApproval,
  expirePlan,
  expireStepApproval,
  proposePlan,
  requestApproval,
} from './approve.ts';
import { showOutput, showStep, type Walking } from './effects.ts';
import { commandEnded, reading } from './ended.ts';
import type { RunEvent } from './events.ts';
import { moved } from './late.ts';
import { planAction } from './resolve.ts';
import { evolveRun, isBusy, type Run, type StepRecord } from './run.ts';
import { isUndo, undoClaim, undoneByAll, undoWanted } from './undo.ts';
import { enteredFrom, findStep, lastChoice } from './walk.ts';

/** Commands that a run's stream decides. */
export type ForRun = Command & RunCommand;

type OfStep = Command & Extract<RunCommand, { step: string }>;

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
    const denied = forbidden(command.actor, 'change', run.service, context.room);
    if (denied) return denied;
    if (isBusy(run))
      return refuse('busy', 'A command is running. Stop it at its step; the rest is not carried out then.');
    if (!isUnderWay(run)) end(walking, 'stopped', command.why);
    else if (command.actor.kind === 'person') abandon(walking);
    else return refuse('busy', 'A procedure that was approved in one piece goes on to its end.');
    return walking.draft.decided();
  }
  if (run.result && command.type !== 'run.command-ended' && command.type !== 'run.output') {
    return refuse('stale', `This run ended at ${time(run.result.at)}.`);
  }
  switch (command.type) {
    case 'run.plan-decide':
    case 'run.plan-break-glass':
      return decidePlan(walking, command);
    case 'run.plan-expired':
      return expirePlan(walking, command.hash);
    default:
      return decideStep(walking, command);
  }
}

function start(
  command: Command & Extract<RunCommand, { type: 'run.start' }>,
  context: Context,
): Decision<RunEvent> {
  // What was changed, and whether somebody is at it, is for those who may act there.
  const unseen = command.undo && forbidden(command.actor, 'change', command.undo.service, context.room);
  if (unseen) return unseen;
  const wanted = command.undo
    ? undoWanted(command.undo, context.ledgers)
    : playbookWanted(command.playbook, context);
  if (wanted.kind === 'refused') return wanted;
  const { definition } = wanted;
  const { playbook } = definition;
  // The generic playbook knows no service of its own; in an incident it acts for the incident's.
  const service = playbook.service || (context.incident?.service ?? '');
  const denied = forbidden(command.actor, 'change', service, context.room);
  if (denied) return denied;
  const { incident } = context;
  if (incident && !isOpen(incident) && !isUndo(definition))
    return refuse('stale', `${incident.id} was resolved meanwhile.`);
  const id: RunId = command.run ?? `RUN-${context.nextRun}`;
  const canonical = canonicalJson(definition);
  const hash = sha256Hex(canonical);
  const by = actorId(command.actor);
  const draft: Walking['draft'] = new Draft(undefined as unknown as Run, (state, event) =>
    evolveRun(state ?? null, event),
  );
  draft.keepDefinition(hash, canonical);
  for (const ref of undoneByAll(definition)) draft.take(undoClaim(ref));
  draft.emit({
    type: 'RunStarted',
    data: {
      id,
      incident: command.incident,
      playbook: playbook.name,
      title: playbook.title,
      service,
      definition: hash,
      authority: playbook.authority,
      channel: command.place.kind === 'channel' ? command.place.channel : null,
      reason: command.reason,
    },
    at: context.now,
    by,
  });
  const walking: Walking = { draft, definition, context, by };
  if (playbook.authority === 'whole') return proposePlan(walking, command.actor);
  advance(walking);
  return draft.decided();
}

function playbookWanted(
  name: string,
  context: Context,
): { kind: 'wanted'; definition: Definition } | Refusal {
  const definition = playbookNamed(name, context);
  return definition
    ? { kind: 'wanted', definition }
    : refuse('invalid', `There is no playbook named ${name}.`);
}

function decideStep(walking: Walking, command: OfStep): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const run = draft.state;
  const step = findStep(definition.playbook.steps, command.step);
  const record = run.steps[command.step];
  if (!step) return refuse('invalid', `${run.playbook} has no step ${command.step}.`);
  if (!record || record.attempt !== command.attempt)
    return refuse('stale', 'This step was opened again since; use the newer message.');
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
      const denied = forbidden(command.actor, 'change', run.service, context.room);
      if (denied) return denied;
      if (step.kind !== 'choose' || state.kind !== 'asking') return moved(step, record);
      const option = step.options.find((each) => each.id === command.option);
      if (!option) return refuse('invalid', 'That is not one of the answers.');
      settle(walking, step.id, by, { kind: 'chosen', option: option.id });
      advance(walking);
      return draft.decided();
    }
    case 'run.answer': {
      const denied = forbidden(command.actor, 'change', run.service, context.room);
      if (denied) return denied;
      if ((step.kind !== 'ask' && step.kind !== 'checklist') || state.kind !== 'asking')
        return moved(step, record);
      settle(walking, step.id, by, { kind: 'answered', answer: command.answer });
      advance(walking);
      return draft.decided();
    }
    case 'run.perform': {
      if (step.kind !== 'do' || state.kind !== 'offering') return moved(step, record);
      return perform(walking, command, step);
    }
    case 'run.skip': {
      // Leaving a step out decides as much about production as carrying it out, so it needs the same right.
      const right = step.kind === 'do' ? rightFor[planAction(definition, step.action, null).risk] : 'change';
      const denied = forbidden(command.actor, right, run.service, context.room);
      if (denied) return denied;
      // What has failed in a whole procedure is over: it is already bringing back what it took down.
      const skippable =
        run.authority === 'whole'
          ? ['waiting', 'verifying']
          : ['offering', 'failed', 'inconclusive', 'waiting', 'asking', 'verifying'];
      if (!skippable.includes(state.kind)) return moved(step, record);
      letGo(walking, step.id);
      settle(walking, step.id, by, { kind: 'skipped' });
      advance(walking);
      return draft.decided();
    }
    case 'run.stop': {
      const denied = forbidden(command.actor, 'change', run.service, context.room);
      if (denied) return denied;
      if (state.kind !== 'running') return moved(step, record);
      if (state.stopping) return refuse('already', 'It is being stopped already.');
      draft.emit({ type: 'StopRequested', data: { step: step.id }, at: now, by });
      draft.effect({
        kind: 'stop-command',
        run: run.id,
        step: step.id,
        attempt: record.attempt,
        command: state.command,
      });
      showStep(walking, step.id);
      return draft.decided();
    }
    case 'run.approval-decide':
    case 'run.break-glass':
      return decideStepApproval(walking, command, record);
    case 'run.approval-expired':
      return expireStepApproval(walking, command, record);
    case 'run.try-again': {
      const again = ['failed', 'inconclusive', 'unknown'].includes(state.kind) || wasUnseen(record);
      if (!again) return moved(step, record);
      if (step.kind === 'do') {
        // Trying again is doing it: it needs all that the first time needed.
        return perform(walking, command, step, () => reopen(walking, [step.id], 'tried again'));
      }
      const denied = forbidden(command.actor, 'change', run.service, context.room);
      if (denied) return denied;
      reopen(walking, [step.id], 'looked again');
      enter(walking, step);
      return draft.decided();
    }
    case 'run.choose-again': {
      const denied = forbidden(command.actor, 'change', run.service, context.room);
      if (denied) return denied;
      if (isBusy(run)) return refuse('busy', 'A command is running; wait for its end or stop it.');
      // The second of two clicks must not go back one question further than the first.
      if (state.kind === 'reopened' || state.kind === 'settled') return moved(step, record);
      const choice = lastChoice(definition.playbook.steps, step.id, run);
      if (!choice) return refuse('invalid', 'There is no earlier question to go back to.');
      reopen(walking, enteredFrom(definition.playbook.steps, choice.id, run), 'another answer');
      advance(walking);
      return draft.decided();
    }
    case 'run.claim': {
      if (state.kind !== 'unknown') return moved(step, record);
      const denied = forbidden(command.actor, rightFor[state.plan.risk], run.service, context.room);
      if (denied) return denied;
      if (command.claim === 'worked') {
        const goesOn = state.command + 1 < state.plan.commands.length || state.plan.verify !== null;
        // The targets were given back when nobody knew any more; what still follows needs them again.
        if (goesOn && run.authority === 'each')
          for (const claim of targetsOf(walking, state.plan)) draft.take(claim);
        const outcome = { kind: 'unknown', message: `<@${by}> says that it happened.` } as const;
        const ledger = ledgerEntry(walking, step.id, state.plan, state.command, undefined);
        const data = { step: step.id, command: state.command, outcome, ledger };
        draft.emit({ type: 'CommandEnded', data, at: now, by });
        commandSucceeded(walking, step.id, state.plan, state.command);
      } else {
        const message = 'A responder says that it did not happen.';
        const failed = { kind: 'failed', at: now, by, code: 'did-not', message, plan: state.plan } as const;
        draft.emit({ type: 'StepMoved', data: { step: step.id, state: failed }, at: now, by });
        showStep(walking, step.id);
      }
      return draft.decided();
    }
    case 'run.output': {
      draft.emit({
        type: 'OutputAppended',
        data: { step: step.id, text: command.text, cut: command.cut },
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

/** Carries out an action, or asks for the second person where its risk demands one. */
function perform(
  walking: Walking,
  command: OfStep,
  step: Extract<Step, { kind: 'do' }>,
  before?: () => void,
): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const plan = planAction(definition, step.action, step.budgetMs ?? null);
  const requests = plan.risk === 'destructive';
  // Asking for a destructive action needs its own right, and the second person another one.
  const denied = forbidden(command.actor, rightFor[plan.risk], draft.state.service, context.room);
  if (denied) return denied;
  if (before) {
    before();
    const attempt = (draft.state.steps[step.id]?.attempt ?? 0) + 1;
    const state = { kind: 'offering', since: context.now, plan } as const;
    draft.emit({
      type: 'StepEntered',
      data: { step: step.id, attempt, state },
      at: context.now,
      by: walking.by,
    });
  }
  if (requests) requestApproval(walking, step.id, plan);
  else carryOut(walking, step.id, plan);
  return draft.decided();
}

function reopen(walking: Walking, steps: readonly string[], why: string): void {
  const { draft, context } = walking;
  for (const step of steps) letGo(walking, step);
  draft.emit({ type: 'StepsReopened', data: { steps, why }, at: context.now, by: walking.by });
  // Messages of the attempts that end here lose their buttons.
  for (const step of steps) showStep(walking, step);
}

/** What people decide about a single step, which a procedure approved in one piece leaves to nobody. */
const leftToEach: readonly RunCommand['type'][] = [
  'run.perform',
  'run.try-again',
  'run.choose-again',
  'run.claim',
];

/** Whether a procedure that was approved in one piece is being carried out. */
const isUnderWay = ({ whole }: Run): boolean =>
  whole?.state.kind === 'approved' || whole?.state.kind === 'glass-broken';

const wasUnseen = ({ state }: StepRecord): boolean => state.kind === 'settled' && state.how.kind === 'unseen';
