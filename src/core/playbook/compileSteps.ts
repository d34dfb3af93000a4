import { spokenDuration } from '../duration.ts';
import { unwrapped } from './commandWords.ts';
import { defaultWithinMs, type HostBook, riskAtLeast, type ServiceBook } from './compileService.ts';
import type { Action, Option, Playbook, Step } from './definition.ts';
import { unknownName } from './nearest.ts';
import { type Pace, paced } from './pace.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';
import type { OptionSource, StepSource } from './stepSource.ts';

/** Slack shows at most 75 characters on a button and 25 buttons in a row; a message with more options is unreadable. */
const longestLabel = 75;
const mostOptions = 20;
const longestId = 100;
const longestText = 3_000;

export type StepContext = {
  readonly report: Reporter;
  readonly pace: Pace;
  readonly service: ServiceBook;
  readonly authority: Playbook['authority'];
  readonly hosts: HostBook;
};

type Inside = StepContext & {
  readonly prefix: string;
  /** Milliseconds of the stage that the steps are in, before the pace. */
  readonly stageBudget: number | null;
};

export function compileSteps(sources: readonly StepSource[], context: StepContext): Step[] {
  const steps = compileList(sources, { ...context, prefix: '', stageBudget: null });
  checkVerified(sources, context);
  checkReached(sources, context);
  return steps;
}

function compileList(sources: readonly StepSource[], inside: Inside): Step[] {
  return sources.flatMap((source, index) => {
    const id = `${inside.prefix}${index + 1}`;
    if (id.length > longestId) {
      inside.report.error(
        source.path,
        'Questions are nested too deeply here; let a procedure of its own take over.',
      );
      return [];
    }
    const step = compileStep(source, id, inside);
    return step === undefined ? [] : [step];
  });
}

function compileStep(source: StepSource, id: string, inside: Inside): Step | undefined {
  const { report, pace } = inside;
  const { path } = source;
  switch (source.kind) {
    case 'chart':
      return hasIndicator(source.chart, [...path, 'chart'], inside)
        ? { id, kind: 'chart', indicator: source.chart }
        : undefined;
    case 'observe': {
      const action = actionFor(source.observe, [...path, 'observe'], inside);
      if (!action) return undefined;
      if (action.risk !== 'observe')
        report.error(
          [...path, 'observe'],
          `\`${action.name}\` is \`${action.risk}\` and never runs by itself; offer it with \`do: ${action.name}\`.`,
        );
      return {
        id,
        kind: 'observe',
        action: source.observe,
        ...(source.look !== undefined && { look: source.look }),
      };
    }
    case 'choose':
      return compileChoose(source, id, inside);
    case 'do':
      return compileDo(source, id, inside);
    case 'verify':
      return compileVerifyStep(source, id, inside);
    case 'ask': {
      refuseInWhole('ask', path, inside);
      if (source.options && source.max_length !== undefined)
        report.error(
          [...path, 'max_length'],
          '`max_length` is about free text, but this question has `options`.',
          'key',
        );
      return {
        id,
        kind: 'ask',
        question: source.ask,
        input: source.options
          ? { kind: 'options', options: source.options }
          : { kind: 'text', maxLength: source.max_length ?? longestText },
      };
    }
    case 'wait':
      return { id, kind: 'wait', ms: paced(source.wait, pace), why: source.why };
    case 'checklist':
      refuseInWhole('checklist', path, inside);
      return { id, kind: 'checklist', title: source.checklist, items: source.items };
    case 'stage':
      return compileStage(source, id, inside);
    default: {
      const never: never = source;
      return never;
    }
  }
}

function refuseInWhole(kind: string, path: Path, { authority, report }: Inside): void {
  if (authority === 'whole')
    report.error(
      [...path, kind],
      `With \`authority: whole\` the playbook walks by itself, so nobody would answer \`${kind}\` and the steps after it are never reached.`,
      'key',
    );
}

function compileChoose(source: Extract<StepSource, { kind: 'choose' }>, id: string, inside: Inside): Step {
  const { report } = inside;
  const { path, among } = source;
  refuseInWhole('choose', path, inside);
  if (among.length < 2) report.error([...path, 'among'], 'A question needs at least two options.', 'key');
  if (among.length > mostOptions)
    report.error(
      [...path, 'among'],
      `${among.length} options are more than anybody reads; at most ${mostOptions}.`,
      'key',
    );
  const taken = new Map<string, string>();
  const options = among.map((option): Option => {
    const slug = slugOf(option.label);
    const other = taken.get(slug);
    if (other !== undefined)
      report.error(
        option.path,
        `"${option.label}" and "${other}" begin too much alike to tell them apart.`,
        'key',
      );
    taken.set(slug, option.label);
    checkLabel(option, report);
    return {
      id: slug,
      label: option.label.trim(),
      ...(option.hint !== undefined && { hint: option.hint }),
      steps: compileList(option.steps, { ...inside, prefix: `${id}.${slug}.` }),
    };
  });
  return { id, kind: 'choose', question: source.choose, options };
}

function checkLabel({ label, path }: OptionSource, report: Reporter): void {
  if (slugOf(label) === '') report.error(path, 'An option needs a label with letters or digits.', 'key');
  if (label.length > longestLabel)
    report.error(
      path,
      `A button holds ${longestLabel} characters, and this label has ${label.length}; the rest fits into \`hint\`.`,
      'key',
    );
}

/** `LLM rate limits or timeouts` becomes `llm-rate-limits-or`; whole words, at most 20 characters where that leaves one. */
function slugOf(label: string): string {
  const words = label.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  let slug = '';
  for (const word of words) {
    const longer = slug === '' ? word : `${slug}-${word}`;
    if (longer.length > 20) return slug === '' ? word.slice(0, 20) : slug;
    slug = longer;
  }
  return slug;
}

function compileDo(
  source: Extract<StepSource, { kind: 'do' }>,
  id: string,
  inside: Inside,
): Step | undefined {
  const { report, pace, authority } = inside;
  const action = actionFor(source.do, [...source.path, 'do'], inside);
  if (source.always !== undefined && authority !== 'whole')
    report.error(
      [...source.path, 'always'],
      '`always` carries a step out even after an earlier one failed; that has a meaning only with `authority: whole`.',
      'key',
    );
  if (source.when !== undefined && authority === 'whole')
    report.error(
      [...source.path, 'when'],
      'With `authority: whole` nobody is asked, so a condition in words has nobody to judge it.',
      'key',
    );
  if (!action) return undefined;
  return {
    id,
    kind: 'do',
    action: source.do,
    ...(source.budget !== undefined && { budgetMs: paced(source.budget, pace) }),
    ...(source.when !== undefined && { when: source.when }),
    ...(source.always === true && { always: true }),
  };
}

function compileVerifyStep(
  source: Extract<StepSource, { kind: 'verify' }>,
  id: string,
  inside: Inside,
): Step | undefined {
  const { path, verify } = source;
  const hold = source.for ?? 0;
  if (inside.stageBudget !== null && hold > inside.stageBudget)
    inside.report.error(
      [...path, 'for'],
      `A hold of ${spokenDuration(hold)} can never end inside a stage of ${spokenDuration(inside.stageBudget)}.`,
    );
  if (verify === 'exit') {
    inside.report.error(
      [...path, 'verify'],
      'A step verifies an indicator; an exit code belongs to an action.',
    );
    return undefined;
  }
  if (!hasIndicator(verify, [...path, 'verify'], inside)) return undefined;
  return {
    id,
    kind: 'verify',
    target: {
      indicator: verify,
      holdMs: paced(hold, inside.pace),
      withinMs: paced(source.within ?? defaultWithinMs, inside.pace),
    },
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

function hasIndicator(name: string, path: Path, { service, report }: Inside): boolean {
  if (service.indicators.has(name)) return true;
  if (service.whole) report.error(path, unknownName('indicator', name, [...service.indicators.keys()]));
  return false;
}

function actionFor(name: string, path: Path, { service, report }: Inside): Action | undefined {
  if (!service.actions.has(name) && service.whole)
    report.error(path, unknownName('action', name, [...service.actions.keys()]));
  return service.actions.get(name) ?? undefined;
}

/** An interruption proved by an exit code alone needs something later in the walk that looks at the service itself. */
function checkVerified(sources: readonly StepSource[], { service, report }: StepContext): void {
  const order = inOrder(sources);
  for (const [index, step] of order.entries()) {
    if (step.kind !== 'do') continue;
    const action = service.actions.get(step.do);
    if (!action || action.verify || !riskAtLeast(action.risk, 'disruptive')) continue;
    if (chainVerifies(action, service)) continue;
    const later = order.slice(index + 1);
    const verified = later.some((each) => {
      if (each.kind === 'verify') return true;
      return each.kind === 'do' && service.actions.get(each.do)?.verify !== undefined;
    });
    if (!verified)
      report.error(
        [...step.path, 'do'],
        `\`${action.name}\` is \`${action.risk}\` and proved by its exit code alone; let a \`verify\` of an indicator follow it.`,
      );
  }
}

const chainVerifies = (action: Action, service: ServiceBook): boolean =>
  action.then.some((next) => service.actions.get(next)?.verify !== undefined);

/** Whatever takes the bot's own host down ends the walk with it. */
function checkReached(sources: readonly StepSource[], { service, report, hosts }: StepContext): void {
  const order = inOrder(sources);
  for (const step of order.slice(0, -1)) {
    const action = step.kind === 'do' ? service.actions.get(step.do) : undefined;
    if (action?.does.kind !== 'run' || hosts?.get(action.host)?.kind !== 'local') continue;
    const [program = '', verb] = unwrapped(action.does.argv);
    const down = ['reboot', 'poweroff', 'halt', 'shutdown'];
    if (down.includes(program) || (program === 'systemctl' && down.includes(verb ?? '')))
      report.warning(
        [...step.path, step.kind],
        `\`${action.name}\` takes down the host that the bot itself runs on, so the steps after it are not reached by themselves.`,
      );
  }
}

function inOrder(sources: readonly StepSource[]): readonly StepSource[] {
  return sources.flatMap((step) => {
    if (step.kind === 'choose') return [step, ...step.among.flatMap((option) => inOrder(option.steps))];
    return step.kind === 'stage' ? [step, ...inOrder(step.steps)] : [step];
  });
}
