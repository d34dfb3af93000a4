import { forbidden } from '../access/forbidden.ts';
import type { Command } from '../command.ts';
import { type Decision, type Refusal, refuse } from '../decision.ts';
import { isOpen } from '../incident/incident.ts';
import { time } from '../moment.ts';
import type { Step } from '../playbook/definition.ts';
import { carryOut } from './advance.ts';
import type { RunCommand } from './commands.ts';
import { showStep, tell, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { moved } from './late.ts';
import type { Announced, AutomaticEnd, Reading, StepRecord } from './run.ts';
import { targetsOf } from './targets.ts';

/**
 * What the bot does without a click. It announces the step when it is offered; when the moment comes, the indicator that
 * proves the action is read once more, and only then is it decided, in one transaction with the lock of the target:
 *
 *   announced ─▶ held by a person: the plain offer remains
 *             ─▶ due ─▶ read ─▶ ran           the value is real and misses its objective, the target is free
 *                            ─▶ would-run     the same in a shadow, where nothing is done
 *                            ─▶ left          no data, objective met, target taken, or noticed too late: a person decides
 *
 * Whoever clicks before has decided: the step is not on offer any more, and what was announced lapses.
 */

/** Whoever read that it happens at 10:32 does not expect it hours later, after the bot was down; before the pace. */
const latestMs = 10 * 60_000;
const latestLeastMs = 60_000;

type Offered = Extract<StepRecord['state'], { kind: 'offering' }>;
type Pending = { readonly announced: Announced; readonly offered: Offered; readonly indicator: string };

type Decides = Command &
  Extract<RunCommand, { type: 'run.hold' | 'run.automatic-due' | 'run.automatic-decide' }>;

export function decideAutomatic(
  walking: Walking,
  command: Decides,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { incident } = walking.context;
  if (incident && !isOpen(incident)) return refuse('stale', `${incident.id} was resolved meanwhile.`);
  switch (command.type) {
    case 'run.hold':
      return hold(walking, command, step, record);
    case 'run.automatic-due': {
      const pending = pendingOf(record);
      if (!pending) return moved(step, record);
      // What was read when the step was offered may be over by now; nothing is done on old news.
      readNow(walking, step.id, pending.indicator);
      return walking.draft.decided();
    }
    case 'run.automatic-decide': {
      const pending = pendingOf(record);
      if (!pending) return moved(step, record);
      return decided(walking, command, step, pending);
    }
    default: {
      const never: never = command;
      return never;
    }
  }
}

/** The reading of that moment has come: it is decided with the holders of the targets at hand. */
export function automaticReading(
  walking: Walking,
  reading: Reading,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const pending = pendingOf(record);
  if (!pending) return moved(step, record);
  const targets = targetsOf(walking, pending.offered.plan);
  const { id } = walking.draft.state;
  const { attempt } = record;
  tell(walking, { type: 'run.automatic-decide', run: id, step: step.id, attempt, reading, targets });
  return walking.draft.decided();
}

function pendingOf({ state, automatic }: StepRecord): Pending | null {
  if (state.kind !== 'offering' || automatic?.state.kind !== 'pending' || !state.plan.verify) return null;
  return { announced: automatic, offered: state, indicator: state.plan.verify.indicator };
}

function readNow({ draft }: Walking, step: string, indicator: string): void {
  const attempt = draft.state.steps[step]?.attempt ?? 1;
  draft.effect({
    kind: 'read-indicator',
    run: draft.state.id,
    step,
    attempt,
    indicator,
    purpose: 'automatic',
  });
}

function hold(walking: Walking, command: Decides, step: Step, record: StepRecord): Decision<RunEvent> {
  const { draft, context, by } = walking;
  const denied = forbiddenToHold(walking, command.actor, record);
  if (denied) return denied;
  const before = record.automatic?.state;
  if (before?.kind === 'held')
    return refuse('already', `<@${before.by}> already held this at ${time(before.at)}.`);
  if (!pendingOf(record) || record.automatic?.mode !== 'live') return moved(step, record);
  draft.emit({ type: 'AutomaticHeld', data: { step: step.id }, at: context.now, by });
  showStep(walking, step.id);
  return draft.decided();
}

/** Keeping the bot from acting is for the people of the run's service and for those of any that it would act on. */
function forbiddenToHold(
  { draft, context }: Walking,
  actor: Command['actor'],
  { state }: StepRecord,
): Refusal | null {
  const { service: own } = draft.state;
  const denied = forbidden(actor, 'change', own, context);
  const commands = state.kind === 'offering' ? state.plan.commands : [];
  const holds = commands.some(
    ({ service, environment }) =>
      service !== undefined && forbidden(actor, 'change', service, context, environment) === null,
  );
  return holds ? null : denied;
}

function decided(
  walking: Walking,
  { reading, targets }: Extract<Decides, { type: 'run.automatic-decide' }>,
  step: Step,
  { announced, offered, indicator }: Pending,
): Decision<RunEvent> {
  const { draft, context } = walking;
  const mode = context.room.automaticOff ? 'shadow' : announced.mode;
  const left = (why: 'no-data' | 'met' | 'busy' | 'late', holder?: string): AutomaticEnd => ({
    ...{ kind: 'left', mode, why, indicator, reading },
    ...(holder === undefined ? {} : { holder }),
  });
  const holder = targets
    .map((target) => context.holders.get(target)?.stream)
    .find((stream) => stream !== undefined && stream !== draft.state.id);
  const end = ((): AutomaticEnd => {
    const latest = Math.max(latestLeastMs, latestMs / context.room.pace);
    if (context.now - announced.dueAt > latest) return left('late');
    // Only a value that was read and misses its objective is a reason to act: what is not known is none.
    if (reading.verdict === 'inconclusive') return left('no-data');
    if (reading.verdict === 'pass') return left('met');
    if (holder !== undefined) return left('busy', holder);
    return { kind: mode === 'live' ? 'ran' : 'would-run', indicator, reading };
  })();
  draft.emit({ type: 'AutomaticDecided', data: { step: step.id, end }, at: context.now, by: 'bot' });
  if (end.kind === 'ran') carryOut({ ...walking, by: 'bot' }, step.id, offered.plan);
  else showStep(walking, step.id);
  return draft.decided();
}
