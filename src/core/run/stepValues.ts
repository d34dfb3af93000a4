import type { Definition, Given, Step } from '../playbook/definition.ts';
import { ownSteps, scopeOf } from '../playbook/scope.ts';
import { argumentFault } from '../playbook/valueType.ts';
import type { Run } from './run.ts';

/**
 * The values of a step's parameters as far as they are known: the answers given so far and what the run was started
 * with. Values are texts, checked before they become arguments.
 */
export type Acting = Extract<Step, { kind: 'do' | 'observe' }>;

/** Where values come from; `null` is a playbook that nobody walks. */
export type Source = Pick<Run, 'steps' | 'inputs'> | null;

export type ValueFault = {
  readonly parameter: string;
  /** A sentence that says which value it is and what is wanted. */
  readonly message: string;
  /** The step that asked for it, where it was an answer. */
  readonly question: string | null;
};

/** What a step looks at: one action, or several at the same time. */
export const lookedAt = (step: Extract<Step, { kind: 'observe' }>): readonly string[] =>
  step.actions ?? [step.action];

/** The values that are known and can be used, and the first reason why one cannot. */
export function valuesOf(
  definition: Definition,
  step: Acting,
  source: Source,
): { readonly values: Readonly<Record<string, string>>; readonly fault: ValueFault | null } {
  const values: Record<string, string> = {};
  let fault: ValueFault | null = null;
  const names = step.kind === 'observe' ? lookedAt(step) : [step.action];
  for (const name of names) {
    const { actions } = definition.service;
    const { parameters = {} } = (Object.hasOwn(actions, name) ? actions[name] : undefined) ?? {};
    for (const [parameter, { type, title }] of Object.entries(parameters)) {
      const given = step.with?.[parameter];
      const read = readValue(given, { definition, step, source });
      const why = 'text' in read ? argumentFault(type, read.text) : read.why;
      if (why === null && 'text' in read) values[parameter] = read.text;
      else
        fault ??= {
          parameter,
          message: `${read.what} cannot be used as ${title ?? parameter}. ${why}`,
          question: read.question,
        };
    }
  }
  return { values, fault };
}

type Read = { readonly what: string; readonly question: string | null } & (
  | { readonly text: string }
  | { readonly why: string }
);

function readValue(
  given: Given | undefined,
  { definition, step, source }: { definition: Definition; step: Step; source: Source },
): Read {
  if (!given) return { what: 'Nothing', why: 'The playbook gives no value.', question: null };
  switch (given.kind) {
    case 'literal':
      return { what: `"${given.text}"`, text: given.text, question: null };
    case 'input': {
      const inputs = source?.inputs ?? {};
      const text = Object.hasOwn(inputs, given.name) ? inputs[given.name] : undefined;
      return text === undefined
        ? { what: `The input ${given.name}`, why: 'The run was started without it.', question: null }
        : { what: `"${shown(text)}"`, text, question: null };
    }
    case 'answer': {
      const asked = askedAs(definition.playbook.steps, step.id, given.name);
      const what = asked ? `The answer to "${asked.question}"` : `The answer ${given.name}`;
      const state = asked && source ? source.steps[asked.id]?.state : undefined;
      const question = asked?.id ?? null;
      if (state?.kind !== 'settled' || state.how.kind !== 'answered')
        return { what, why: 'It was not answered.', question };
      const { answer } = state.how;
      return { what: `${what}, "${shown(answer)}",`, text: answer, question };
    }
    default: {
      const never: never = given;
      return never;
    }
  }
}

/** Enough of a value to recognise it. */
const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** The question of that name in the same playbook as the step; one that is called keeps its names to itself. */
function askedAs(
  steps: readonly Step[],
  id: string,
  name: string,
): Extract<Step, { kind: 'ask' }> | undefined {
  const asks = ownSteps(scopeOf(steps, id)).flatMap((step) =>
    step.kind === 'ask' && step.as === name ? [step] : [],
  );
  return asks.at(-1);
}

/** The code of a step that stands because a value cannot be used. */
export const badValue = 'bad-value';
