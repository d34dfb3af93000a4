import { spokenDuration } from '../duration.ts';
import { sha256Hex } from './canonical.ts';
import { actionAt } from './catalog.ts';
import { compileCall } from './compileCall.ts';
import { compileChoose } from './compileChoose.ts';
import { checkGiven } from './compileGiven.ts';
import { compileDo, compileVerifyStep } from './compileProved.ts';
import { checkConditions } from './conditions.ts';
import type { Step } from './definition.ts';
import { unknownName } from './nearest.ts';
import { paced } from './pace.ts';
import type { Path } from './problem.ts';
import { checkReached, checkVerified } from './stepChecks.ts';
import type { Inside, StepContext } from './stepContext.ts';
import { actionFor, givenIn, indicatorFor, refuseInWhole } from './stepNames.ts';
import type { StepSource } from './stepSource.ts';
import { typeOf } from './typeSource.ts';

const longestId = 100;
const mostSteps = 2_000;

export function compileSteps(sources: readonly StepSource[], context: StepContext): Step[] {
  const paths = new Map<string, Path>();
  const { name, catalog } = context;
  const inside: Inside = {
    ...context,
    prefix: '',
    service: catalog.own,
    stageBudget: null,
    calls: [name],
    told: context.report,
    budget: { left: mostSteps },
    paths,
  };
  const steps = compileList(sources, inside);
  checkVerified(steps, inside);
  checkReached(steps, inside);
  checkConditions(steps, inside);
  checkGiven(steps, {
    inputs: context.inputs,
    action: (key) => actionAt(catalog, key),
    path: (id) => paths.get(id),
    report: context.report,
  });
  return steps;
}

function compileList(sources: readonly StepSource[], inside: Inside): Step[] {
  return sources.flatMap((source, index) => {
    const id = idOf(inside.prefix, index + 1);
    if (overBudget(source.path, inside)) return [];
    inside.paths.set(id, source.path);
    const step = compileStep(source, id, inside);
    if (step === undefined) return [];
    const { as, if: condition } = source;
    return [{ ...step, ...(as !== undefined && { as }), ...(condition !== undefined && { if: condition }) }];
  });
}

/** In a few lines playbooks that call each other twice ask for more steps than memory holds. */
function overBudget(path: Path, { budget, told, outermost }: Inside): boolean {
  budget.left -= 1;
  if (budget.left === -1)
    told.error(
      outermost ?? path,
      `With all that is called this playbook has more than ${mostSteps} steps, which nobody walks to the end.`,
    );
  return budget.left < 0;
}

/** Ids stand in buttons, in the names of blocks and in keys of messages, all of which have an end; so a long way is hashed. */
function idOf(prefix: string, number: number): string {
  const id = `${prefix}${number}`;
  return id.length <= longestId ? id : `x${sha256Hex(prefix).slice(0, 16)}.${number}`;
}

function compileStep(source: StepSource, id: string, inside: Inside): Step | undefined {
  const { report, pace } = inside;
  const { path } = source;
  switch (source.kind) {
    case 'chart':
      return mapped(indicatorFor(source.chart, [...path, 'chart'], inside), (indicator) => ({
        id,
        kind: 'chart',
        indicator,
      }));
    case 'observe': {
      const several = source.observe.length > 1;
      const actions = source.observe.flatMap((written, index) => {
        const at = several ? [...path, 'observe', index] : [...path, 'observe'];
        const action = actionFor(written, at, inside);
        if (action && action.risk !== 'observe')
          report.error(
            at,
            `\`${action.name}\` is \`${action.risk}\` and never runs by itself; offer it with \`do: ${action.name}\`.`,
          );
        if (source.observe.indexOf(written) !== index) report.error(at, `\`${written}\` is there already.`);
        return action ? [action.name] : [];
      });
      const [first] = actions;
      if (first === undefined || actions.length < source.observe.length) return undefined;
      return {
        id,
        kind: 'observe',
        action: first,
        ...(source.look !== undefined && { look: source.look }),
        ...(several && { actions }),
        ...(source.with && { with: givenIn(source.with) }),
      };
    }
    case 'choose':
      return compileChoose(source, id, inside, compileList);
    case 'do':
      return compileDo(source, id, inside, compileList);
    case 'verify':
      return compileVerifyStep(source, id, inside, compileList);
    case 'ask': {
      refuseInWhole('ask', path, inside);
      return {
        id,
        kind: 'ask',
        question: source.ask,
        input: typeOf(source, path, report),
        ...(source.example !== undefined && { example: source.example }),
      };
    }
    case 'offer':
      return compileOffer(source, id, inside);
    case 'wait':
      return { id, kind: 'wait', ms: paced(source.wait, pace), why: source.why };
    case 'checklist':
      refuseInWhole('checklist', path, inside);
      return compileChecklist(source, id, inside);
    case 'stage':
      return compileStage(source, id, inside);
    case 'call':
      return compileCall(source, id, inside, compileList);
    default: {
      const never: never = source;
      return never;
    }
  }
}

function compileChecklist(
  { checklist, items }: Extract<StepSource, { kind: 'checklist' }>,
  id: string,
  { pace }: Inside,
): Step {
  const duties = items.map(({ owner, within }) => ({
    ...(owner !== undefined && { owner }),
    ...(within !== undefined && { withinMs: paced(within, pace) }),
  }));
  const some = items.some(({ owner, within }) => owner !== undefined || within !== undefined);
  return {
    id,
    kind: 'checklist',
    title: checklist,
    items: items.map(({ item }) => item),
    ...(some && { duties }),
  };
}

function compileStage(
  source: Extract<StepSource, { kind: 'stage' }>,
  id: string,
  inside: Inside,
): Step | undefined {
  const { report, pace } = inside;
  const { path, budget } = source;
  if (inside.prefix !== '') {
    report.error(
      [...path, 'stage'],
      'A stage stands at the top of a playbook, not inside an option or another stage.',
      'key',
    );
    return undefined;
  }
  if (source.steps.length === 0) report.error([...path, 'steps'], 'A stage needs at least one step.', 'key');
  const spent = source.steps.reduce(
    (sum, step) => sum + (step.kind === 'do' ? (step.budget ?? 0) : step.kind === 'wait' ? step.wait : 0),
    0,
  );
  if (spent > budget)
    report.error(
      [...path, 'budget'],
      `The steps of this stage take ${spokenDuration(spent)}, but its budget is ${spokenDuration(budget)}.`,
    );
  const steps = compileList(source.steps, { ...inside, prefix: `${id}.`, stageBudget: budget });
  return { id, kind: 'stage', title: source.stage, budgetMs: paced(budget, pace), steps };
}

/** A procedure by its name; `rollback` is short for that of the playbook's own service. */
function compileOffer(
  { offer, why, path }: Extract<StepSource, { kind: 'offer' }>,
  id: string,
  inside: Inside,
): Step | undefined {
  const { report, procedures, service } = inside;
  refuseInWhole('offer', path, inside);
  const name = [offer, `${offer}-${service.name}`].find((each) => procedures.has(each));
  if (name === undefined) {
    report.error([...path, 'offer'], unknownName('procedure', offer, [...procedures.keys()]));
    return undefined;
  }
  return { id, kind: 'offer', procedure: name, title: procedures.get(name) ?? name, why };
}

const mapped = <T, R>(value: T | undefined, to: (value: T) => R): R | undefined =>
  value === undefined ? undefined : to(value);
