import { forbidden } from '../access/forbidden.ts';
import type { Command } from '../command.ts';
import { playbookNamed } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import { valueFault } from '../playbook/valueType.ts';
import { advance, settle } from './advance.ts';
import type { RunCommand } from './commands.ts';
import { editedSinceShown } from './edited.ts';
import type { Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { moved } from './late.ts';
import { planWhole } from './resolve.ts';
import { forbiddenToDo } from './rights.ts';
import type { StepRecord } from './run.ts';
import { underOverride } from './window.ts';

/** Procedures that are started by people: what they are asked for, and the step of another walk that offers one. */

export type Inputs = Readonly<Record<string, string>>;

/** What is wrong with what somebody filled in, by the name of the input; empty where everything can be used. */
export function inputFaults({ playbook }: Definition, given: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(playbook.inputs ?? {}).flatMap(([name, { type, example }]) => {
      const text = Object.hasOwn(given, name) ? given[name] : undefined;
      const fault = text === undefined ? 'This is needed.' : valueFault(type, text, example);
      return fault === null ? [] : [[name, fault]];
    }),
  );
}

/** The same as a sentence for whoever asked in another way than by the form; null where there is nothing to say. */
export function inputRefusal(definition: Definition, given: Inputs = {}): string | null {
  const [first] = Object.entries(inputFaults(definition, given));
  if (!first) return null;
  const [name, fault] = first;
  return `${definition.playbook.title} needs a value for ${name}. ${fault}`;
}

/** Only what the playbook asks for, so that nothing else is kept with the run. */
export const inputsOf = ({ playbook }: Definition, given: Inputs = {}): Inputs =>
  Object.fromEntries(
    Object.keys(playbook.inputs ?? {}).flatMap((name) => {
      const text = Object.hasOwn(given, name) ? given[name] : undefined;
      return text === undefined ? [] : [[name, text]];
    }),
  );

/** A value for each input that can be made up: its example, or the first of its options. */
export const examplesOf = ({ playbook }: Definition): Inputs =>
  Object.fromEntries(
    Object.entries(playbook.inputs ?? {}).flatMap(([name, { type, example }]) => {
      const text = example ?? (type.kind === 'options' ? type.options[0] : undefined);
      return text === undefined ? [] : [[name, text]];
    }),
  );

type Starts = Command & Extract<RunCommand, { type: 'run.start-offered' }>;

/**
 * The step settles with the click, so that two clicks start one run; which run it is comes back when it has started. The
 * walk goes on meanwhile.
 */
export function startOffered(
  walking: Walking,
  { actor, reason, inputs = {}, override, shown }: Starts,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context, by } = walking;
  const { id, incident, channel, service } = draft.state;
  if (step.kind !== 'offer' || record.state.kind !== 'asking') return moved(step, record);
  const definition = playbookNamed(step.procedure, context);
  if (!definition) return refuse('invalid', `There is no playbook named ${step.procedure}.`);
  const { playbook } = definition;
  const own = playbook.service || service;
  const denied =
    playbook.authority === 'whole'
      ? forbiddenToDo(planWhole(definition, inputs), { actor, own, situation: context })
      : forbidden(actor, 'change', own, context);
  if (denied) return denied;
  const edited = editedSinceShown(definition, shown);
  if (edited) return edited;
  const fault = inputRefusal(definition, inputs);
  if (fault !== null) return refuse('invalid', fault);
  const held = underOverride(definition, { own, incident: context.incident, reason: override }, context);
  if (held?.kind === 'refused') return held;
  settle(walking, step.id, by, { kind: 'started', playbook: step.procedure, run: null });
  const offeredAt = { run: id, step: step.id, attempt: record.attempt };
  const start = {
    ...{ playbook: step.procedure, reason, inputs, offeredAt },
    ...(override !== undefined && { override }),
    ...(shown !== undefined && { shown }),
  };
  draft.effect({
    kind: 'tell',
    command: incident
      ? { actor, type: 'incident.start-run', incident, ...start }
      : {
          actor,
          type: 'run.start',
          run: null,
          incident: null,
          place: { kind: 'channel', channel: channel ?? '' },
          ...start,
        },
  });
  advance(walking);
  return draft.decided();
}
