import { allSteps } from '../run/walk.ts';
import type { Action, Given, Step } from './definition.ts';
import { unknownName } from './nearest.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';
import { argumentFault, type Input, type ValueType, wantedText } from './valueType.ts';

/** Whether every parameter of what the steps do is given a value that it can take. */

export type GivenContext = {
  readonly inputs: Readonly<Record<string, Input>>;
  /** Null where the action exists but is broken. */
  readonly action: (key: string) => Action | null;
  /** Where a step is written; `undefined` for a step that is reported elsewhere. */
  readonly path: (id: string) => Path | undefined;
  readonly report: Reporter;
};

type Asked = { readonly name: string; readonly type: ValueType };

/** `answer.image` and `input.image` stand for a value, everything else for itself. */
export function givenOf(written: string): Given {
  const match = /^(answer|input)\.([a-z][a-z0-9_-]{0,59})$/.exec(written);
  const [, kind, name] = match ?? [];
  return kind === undefined || name === undefined
    ? { kind: 'literal', text: written }
    : kind === 'answer'
      ? { kind, name }
      : { kind: 'input', name };
}

export function checkGiven(steps: readonly Step[], context: GivenContext): void {
  const used = new Set<string>();
  checkList(steps, [], used, context);
  for (const name of Object.keys(context.inputs))
    if (!used.has(name))
      context.report.error(
        ['inputs', name],
        'No step uses this input, so nobody needs to be asked for it.',
        'key',
      );
}

/** Answers of the same playbook that were asked for before; what a called one asks stays inside it. */
function checkList(
  steps: readonly Step[],
  before: readonly Asked[],
  used: Set<string>,
  context: GivenContext,
): readonly Asked[] {
  let asked = before;
  for (const step of steps) {
    switch (step.kind) {
      case 'ask':
        if (step.as !== undefined) asked = [...asked, { name: step.as, type: step.input }];
        break;
      case 'observe':
        checkStep(step, step.actions ?? [step.action], { asked, used, context });
        break;
      case 'do':
        checkStep(step, [step.action], { asked, used, context });
        if (step.onFail) asked = checkList(step.onFail, asked, used, context);
        break;
      case 'verify':
        if (step.onFail) asked = checkList(step.onFail, asked, used, context);
        break;
      case 'choose': {
        // Which option is taken is not known, so what each of them asks may be there afterwards.
        const within = asked;
        for (const option of step.options)
          asked = [...asked, ...checkList(option.steps, within, used, context).slice(within.length)];
        break;
      }
      case 'stage':
        asked = checkList(step.steps, asked, used, context);
        break;
      case 'call':
        checkCalled(step, used, context);
        break;
      case 'chart':
      case 'offer':
      case 'wait':
      case 'checklist':
        break;
      default:
        step satisfies never;
    }
  }
  return asked;
}

/** What a called playbook does with its answers is checked at its own file; only what it is started with comes from here. */
function checkCalled(
  call: Extract<Step, { kind: 'call' }>,
  used: Set<string>,
  { inputs, path, report }: GivenContext,
): void {
  for (const step of allSteps(call.steps)) {
    if (step.kind !== 'do' && step.kind !== 'observe') continue;
    for (const given of Object.values(step.with ?? {})) {
      if (given.kind !== 'input') continue;
      used.add(given.name);
      const at = path(call.id);
      if (at && !Object.hasOwn(inputs, given.name))
        report.error(
          [...at, 'call'],
          `\`${call.playbook}\` needs the input \`${given.name}\`, so this playbook has to ask for it: \`inputs: { ${given.name}: … }\`.`,
        );
    }
  }
}

type Checking = {
  readonly asked: readonly Asked[];
  readonly used: Set<string>;
  readonly context: GivenContext;
};

function checkStep(
  step: Extract<Step, { kind: 'do' | 'observe' }>,
  names: readonly string[],
  { asked, used, context }: Checking,
): void {
  const path = context.path(step.id);
  const { report } = context;
  for (const given of Object.values(step.with ?? {})) if (given.kind === 'input') used.add(given.name);
  const actions = names.flatMap((name) => context.action(name) ?? []);
  if (!path || actions.length < names.length) return;
  const wanted = actions.flatMap((action) =>
    Object.entries(action.parameters ?? {}).map(([name, parameter]) => ({ action, name, parameter })),
  );
  const known = [...new Set(wanted.map(({ name }) => name))];
  for (const { action, name } of wanted)
    if (!Object.hasOwn(step.with ?? {}, name))
      report.error(
        [...path, step.kind],
        `\`${action.name}\` needs a value for \`${name}\`: write \`with: { ${name}: … }\`.`,
        'key',
      );
  for (const [name, given] of Object.entries(step.with ?? {})) {
    const at = [...path, 'with', name];
    if (!known.includes(name)) {
      report.error(at, unknownName('parameter', name, known), 'key');
      continue;
    }
    for (const { parameter } of wanted.filter((each) => each.name === name)) {
      const fault = givenFault(given, parameter.type, asked, context);
      if (fault !== null) report.error(at, fault);
    }
  }
}

function givenFault(
  given: Given,
  type: ValueType,
  asked: readonly Asked[],
  { inputs }: GivenContext,
): string | null {
  switch (given.kind) {
    case 'literal': {
      const fault = argumentFault(type, given.text);
      return fault === null ? null : `\`${given.text}\` is no value for it. ${fault}`;
    }
    case 'answer': {
      const found = asked.findLast(({ name }) => name === given.name);
      if (found) return mismatch(found.type, type);
      const names = [...new Set(asked.map(({ name }) => name))];
      return `${unknownName('answer', given.name, names)} A question before this step gives one by \`as: ${given.name}\`.`;
    }
    case 'input': {
      const found = Object.hasOwn(inputs, given.name) ? inputs[given.name] : undefined;
      return found ? mismatch(found.type, type) : unknownName('input', given.name, Object.keys(inputs));
    }
    default: {
      const never: never = given;
      return never;
    }
  }
}

/** Why what is asked for could never, or not always, become the argument; free text is checked when it is there. */
function mismatch(asked: ValueType, wanted: ValueType): string | null {
  const refuse = `What is asked for is ${wantedText(asked)}, but wanted is ${wantedText(wanted)}.`;
  if (asked.kind === 'options') {
    const bad = asked.options.find((option) => argumentFault(wanted, option) !== null);
    return bad === undefined
      ? null
      : `The answer \`${bad}\` is no value for it. ${argumentFault(wanted, bad)}`;
  }
  switch (wanted.kind) {
    case 'options':
      return refuse;
    case 'integer':
    case 'number':
    case 'duration':
      return asked.kind === wanted.kind ? null : refuse;
    case 'text':
      return null;
    default: {
      const never: never = wanted;
      return never;
    }
  }
}
