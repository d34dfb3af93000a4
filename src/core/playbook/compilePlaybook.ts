import { spokenDuration } from '../duration.ts';
import type { HostBook, ServiceBook } from './compileService.ts';
import { compileSteps } from './compileSteps.ts';
import type { Action, Definition, Host, Indicator, Playbook, Service, Step } from './definition.ts';
import { genericName } from './match.ts';
import { unknownName } from './nearest.ts';
import { type Pace, paced } from './pace.ts';
import type { Complaint } from './problem.ts';
import { readSource } from './readSource.ts';
import type { Reporter, RoomFile } from './reporting.ts';
import { type PlaybookSource, playbookSource } from './source.ts';
import { readSteps, type StepSource } from './stepSource.ts';

export type PlaybookContext = {
  readonly report: Reporter;
  readonly pace: Pace;
  readonly hosts: HostBook;
  /** By name; null where a file could be named but not read. */
  readonly services: ReadonlyMap<string, ServiceBook | null>;
  /** Names of all procedures, broken ones included. */
  readonly procedures: readonly string[];
};

/** An alert that says nothing of its severity is P2, and so is the playbook that has none to say. */
const defaultSeverity = 'P2';

export function compilePlaybook(file: RoomFile, context: PlaybookContext): Definition | undefined {
  const { report } = context;
  const read = readSource(playbookSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const source = read.value;
  const complaints: Complaint[] = [];
  const steps = readSteps(source.steps, ['steps'], complaints);
  report.add(complaints);
  if (source.steps.length === 0) report.error(['steps'], 'A playbook needs at least one step.', 'key');
  checkKind(file, source, report);
  const service = serviceOf(source, context);
  if (!service) return undefined;
  const authority = source.authority ?? 'each';
  const compiled = compileSteps(steps, {
    report,
    pace: context.pace,
    hosts: context.hosts,
    service,
    authority,
  });
  const budget = budgetOf(source, steps, report);
  checkUnresolved(source, steps, context);
  if (file.kind !== 'procedure' && authority === 'whole' && isDestructive(compiled, service))
    report.error(
      ['authority'],
      'Nobody asks for what an alert starts, so one person alone would stand behind what is destructive here: leave `authority` out, or make this a procedure.',
    );
  if (report.errors() > 0) return undefined;
  const offer =
    source.on_unresolved && offered(source.on_unresolved.offer, source.service, context.procedures);
  const playbook: Playbook = {
    name: source.playbook,
    title: source.title,
    kind: file.kind === 'procedure' ? 'procedure' : 'alert',
    answers: source.answers ?? {},
    service: source.service ?? '',
    severity: source.severity ?? defaultSeverity,
    ...(source.summary !== undefined && { summary: source.summary }),
    symptoms: source.symptoms ?? [],
    steps: compiled,
    authority,
    ...(budget !== undefined && { budgetMs: paced(budget, context.pace) }),
    ...(source.on_unresolved &&
      offer !== undefined && {
        onUnresolved: { afterMs: paced(source.on_unresolved.after, context.pace), offer },
      }),
    commanderAtOnce: source.commander === 'at-once',
    source: { file: file.file, line: file.locate(['playbook'], 'key').line },
  };
  return { playbook, service: reachable(compiled, service, context.hosts) };
}

/** An action is at least as risky as what follows it, so the actions of the steps themselves tell. */
const isDestructive = (steps: readonly Step[], service: ServiceBook): boolean =>
  steps.some((step) =>
    step.kind === 'stage'
      ? isDestructive(step.steps, service)
      : step.kind === 'do' && service.actions.get(step.action)?.risk === 'destructive',
  );

function checkKind(file: RoomFile, source: PlaybookSource, report: Reporter): void {
  const answers = Object.keys(source.answers ?? {}).length;
  if (file.kind === 'procedure') {
    if (source.answers)
      report.error(
        ['answers'],
        'A procedure is started by people; a playbook that answers alerts belongs in `alerts/`.',
        'key',
      );
    if (source.commander)
      report.error(['commander'], '`commander` is for playbooks that answer alerts.', 'key');
    if (source.on_unresolved)
      report.error(['on_unresolved'], '`on_unresolved` is for playbooks that answer alerts.', 'key');
    return;
  }
  if (source.playbook === genericName) {
    if (answers > 0)
      report.error(
        ['answers'],
        `\`${genericName}\` is for alerts that no other playbook answers, so it has no labels.`,
        'key',
      );
    return;
  }
  if (answers === 0)
    report.error(
      ['answers'],
      'Which alerts does it answer? Write labels such as `answers: { alertname: HighErrorRate }`.',
      'key',
    );
  if (source.severity === undefined)
    report.error(['playbook'], '`severity` is missing: write `P0`, `P1`, `P2`, `P3` or `P4`.', 'key');
}

const noService: ServiceBook = {
  name: '',
  whole: true,
  indicators: new Map(),
  actions: new Map(),
  links: {},
};

function serviceOf(source: PlaybookSource, { services, report }: PlaybookContext): ServiceBook | undefined {
  if (source.service === undefined) {
    if (source.playbook === genericName) return noService;
    report.error(['playbook'], 'Which `service` is it about?', 'key');
    return undefined;
  }
  if (!services.has(source.service))
    report.error(['service'], unknownName('service', source.service, [...services.keys()]));
  return services.get(source.service) ?? undefined;
}

function budgetOf(
  source: PlaybookSource,
  steps: readonly StepSource[],
  report: Reporter,
): number | undefined {
  const stages = steps.filter((step) => step.kind === 'stage');
  const sum = stages.reduce((all, stage) => all + stage.budget, 0);
  if (stages.length > 0 && source.budget !== undefined && source.budget !== sum)
    report.error(
      ['budget'],
      `The stages add up to ${spokenDuration(sum)}, but \`budget\` says ${spokenDuration(source.budget)}.`,
    );
  return source.budget ?? (stages.length > 0 ? sum : undefined);
}

/** `rollback` is short for the rollback of the playbook's own service. */
function offered(
  name: string,
  service: string | undefined,
  procedures: readonly string[],
): string | undefined {
  if (procedures.includes(name)) return name;
  const own = `${name}-${service ?? ''}`;
  return procedures.includes(own) ? own : undefined;
}

function checkUnresolved(
  source: PlaybookSource,
  steps: readonly StepSource[],
  context: PlaybookContext,
): void {
  const { report, procedures } = context;
  const unresolved = source.on_unresolved;
  if (!unresolved) return;
  if (offered(unresolved.offer, source.service, procedures) === undefined)
    report.error(['on_unresolved', 'offer'], unknownName('procedure', unresolved.offer, procedures));
  for (const step of steps) {
    if (step.kind === 'verify' && (step.for ?? 0) >= unresolved.after)
      report.warning(
        [...step.path, 'for'],
        `This holds for ${spokenDuration(step.for ?? 0)}, but \`on_unresolved\` speaks up after ${spokenDuration(unresolved.after)}, before it can end.`,
      );
  }
}

/** The service with what the steps can reach and nothing more, so that a change elsewhere leaves the hash alone. */
function reachable(steps: readonly Step[], book: ServiceBook, hostBook: HostBook): Service {
  const actions: Record<string, Action> = {};
  const indicators: Record<string, Indicator> = {};
  const hosts: Record<string, Host> = {};
  const addIndicator = (name: string) => {
    const indicator = book.indicators.get(name);
    if (indicator) indicators[name] = indicator;
  };
  const addAction = (name: string) => {
    const action = book.actions.get(name);
    if (!action || Object.hasOwn(actions, name)) return;
    actions[name] = action;
    const host = hostBook?.get(action.host);
    if (host) hosts[action.host] = host;
    if (action.verify) addIndicator(action.verify.indicator);
    if (action.probe !== undefined) addIndicator(action.probe);
    if (action.undo.kind === 'action') addAction(action.undo.action);
    for (const next of action.then) addAction(next);
  };
  const visit = (step: Step) => {
    switch (step.kind) {
      case 'chart':
        addIndicator(step.indicator);
        return;
      case 'verify':
        addIndicator(step.target.indicator);
        return;
      case 'observe':
      case 'do':
        addAction(step.action);
        return;
      case 'choose':
        for (const option of step.options) option.steps.forEach(visit);
        return;
      case 'stage':
        step.steps.forEach(visit);
        return;
      case 'ask':
      case 'wait':
      case 'checklist':
        return;
      default: {
        const never: never = step;
        return never;
      }
    }
  };
  steps.forEach(visit);
  return { name: book.name, indicators, actions, hosts, links: book.links };
}
