import { severities } from '../severity.ts';
import type { Step } from './definition.ts';
import {
  expressionFault,
  type Fault,
  type Mention,
  mentionsIn,
  type Names,
  ofIncident,
} from './expression.ts';
import { eitherOf, nearest, unknownName } from './nearest.ts';
import type { Path } from './problem.ts';
import { namesOf, outcomesOf, ownSteps } from './scope.ts';
import type { Inside } from './stepContext.ts';

/** Names of steps, and the conditions that look at them; those of called playbooks are checked at their own files. */
export function checkConditions(steps: readonly Step[], inside: Inside): void {
  const { report, paths, authority } = inside;
  const own = ownSteps(steps);
  const pathOf = (step: Step): Path => paths.get(step.id) ?? [];
  const first = new Map<string, Step>();
  for (const step of own) {
    if (step.as === undefined) continue;
    if (first.has(step.as))
      report.error([...pathOf(step), 'as'], `There is already a step named \`${step.as}\` in this playbook.`);
    else first.set(step.as, step);
  }
  const names = namesOf(own);
  for (const [index, step] of own.entries()) {
    if (step.if === undefined) continue;
    const path = [...pathOf(step), 'if'];
    if (authority === 'whole') {
      report.error(
        path,
        'With `authority: whole` the plan that is approved is the plan that runs, so no step of it depends on a condition.',
        'key',
      );
      continue;
    }
    const fault = expressionFault(step.if, names);
    if (fault) {
      report.error(path, sentenceOf(fault, names), { into: fault.at });
      continue;
    }
    for (const mention of mentionsIn(step.if, names))
      checkMention(mention, {
        step,
        index,
        own,
        first,
        complain: (message, at) => report.error(path, message, { into: at }),
      });
  }
}

/** An unknown name gets the nearest known one. */
function sentenceOf({ message, unknown }: Fault, names: Names): string {
  if (!unknown) return message;
  const { name, of } = unknown;
  if (of === 'incident')
    return `An incident has ${eitherOf(ofIncident).replace(/ or (?=[^,]*$)/, ' and ')} here, no \`${name}\`.`;
  if (of !== null) {
    if (of === 'answers' && Object.hasOwn(names.steps, name))
      return `\`${name}\` is no question, so it has no answer; write \`steps.${name}\`.`;
    const meant = unknownName('step', name, Object.keys(names[of]));
    return Object.keys(names[of]).length === 0
      ? `No ${of === 'steps' ? 'step' : 'question'} is named \`${name}\`; give it the name with \`as: ${name}\`.`
      : meant.replace(/^There is no step/, of === 'steps' ? 'No step is named' : 'No question is named');
  }
  const roots = ['steps', 'answers', 'incident'];
  if (Object.hasOwn(names.steps, name)) return `\`${name}\` alone means nothing; write \`steps.${name}\`.`;
  const meant = nearest(name, roots);
  return `A condition knows ${eitherOf(roots).replace(/ or (?=[^,]*$)/, ' and ')}, no \`${name}\`${meant === undefined ? '.' : `; did you mean \`${meant}\`?`}`;
}

type Looking = {
  readonly step: Step;
  readonly index: number;
  readonly own: readonly Step[];
  readonly first: ReadonlyMap<string, Step>;
  readonly complain: (message: string, at: number) => void;
};

function checkMention(mention: Mention, { step, index, own, first, complain }: Looking): void {
  const { of, name, at, equals } = mention;
  if (of === 'incident') {
    if (name !== 'severity') return;
    for (const { text, at: place } of equals)
      compare(text, severities, place, complain, 'No incident has the severity');
    return;
  }
  const named = first.get(name);
  if (!named) return;
  if (named.id === step.id || isInside(step, named)) {
    complain(`\`${name}\` is this step itself, which has not come to anything yet.`, at);
    return;
  }
  if (own.indexOf(named) > index) {
    complain(`\`${name}\` stands behind this step, so it has not come to anything yet.`, at);
    return;
  }
  const possible =
    of === 'steps'
      ? outcomesOf(named)
      : named.kind === 'choose'
        ? named.options.map(({ label }) => label)
        : named.kind === 'ask' && named.input.kind === 'options'
          ? named.input.options
          : null;
  if (possible === null) return;
  for (const { text, at: place } of equals)
    compare(text, possible, place, complain, `\`${of}.${name}\` never is`);
}

/** A step inside a named stage or call looks at something that is not over. */
const isInside = (step: Step, group: Step): boolean =>
  (group.kind === 'stage' || group.kind === 'call') && ownSteps(group.steps).some(({ id }) => id === step.id);

function compare(
  text: string,
  possible: readonly string[],
  at: number,
  complain: (message: string, at: number) => void,
  never: string,
): void {
  if (possible.includes(text)) return;
  const meant = nearest(text, possible);
  const quoted = possible.map((each) => `"${each}"`).join(', ');
  complain(
    `${never} "${text}"${meant === undefined ? `, only one of ${quoted}.` : `; did you mean "${meant}"?`}`,
    at,
  );
}
