import { isRollback } from '../calendar/gate.ts';
import { spokenDuration } from '../duration.ts';
import { actionAt, type Catalog, reachable } from './catalog.ts';
import { demandOf } from './compileSafeguards.ts';
import { compileSteps } from './compileSteps.ts';
import type { Definition, Playbook, Step } from './definition.ts';
import { genericName } from './match.ts';
import { unknownName } from './nearest.ts';
import { type Pace, paced } from './pace.ts';
import type { Complaint } from './problem.ts';
import { readSource } from './readSource.ts';
import type { Reporter, RoomFile } from './reporting.ts';
import type { HostBook, ServiceBook } from './serviceBook.ts';
import { noService, type Shelf } from './shelf.ts';
import { type PlaybookSource, playbookSource } from './source.ts';
import { readSteps, type StepSource } from './stepSource.ts';
import { inputOf } from './typeSource.ts';
import type { Input } from './valueType.ts';

export type PlaybookContext = {
  readonly report: Reporter;
  readonly pace: Pace;
  readonly hosts: HostBook;
  /** By name; null where a file could be named but not read. */
  readonly services: ReadonlyMap<string, ServiceBook | null>;
  readonly shelf: Shelf;
  /** Names of all procedures, broken ones included. */
  readonly procedures: readonly string[];
  /** The titles of those that say one. */
  readonly titles: ReadonlyMap<string, string>;
  /** Names of the roster. */
  readonly duties: readonly string[];
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
  checkWindow(file, source, report);
  const service = serviceOf(source, context);
  if (!service) return undefined;
  const authority = source.authority ?? 'each';
  const catalog: Catalog = { own: service, services: context.services };
  const inputs = compileInputs(file, source, report);
  const compiled = compileSteps(steps, {
    report,
    pace: context.pace,
    hosts: context.hosts,
    name: source.playbook,
    procedures: context.titles,
    inputs,
    catalog,
    shelf: context.shelf,
    authority,
  });
  const budget = budgetOf(source, steps, report);
  checkUpdates(source, budget, report);
  checkUnresolved(source, steps, context);
  for (const [at, expert] of (source.experts ?? []).entries())
    if (!context.duties.includes(expert))
      report.error(['experts', at], unknownName('duty', expert, context.duties));
  if (file.kind !== 'procedure' && authority === 'whole' && isDestructive(compiled, catalog))
    report.error(
      ['authority'],
      'Nobody asks for what an alert starts, so one person alone would stand behind what is destructive here: leave `authority` out, or make this a procedure.',
    );
  for (const key of ['approvals', 'confirm'] as const)
    if (source[key] !== undefined && authority !== 'whole')
      report.error(
        [key],
        `\`${key}\` is about a plan that is approved as a whole; for a single action write it at the action.`,
        'key',
      );
  if (source.approvals && file.kind !== 'procedure')
    report.error(['approvals'], 'Nobody asks for what an alert starts, so nobody approves it either.', 'key');
  if (report.errors() > 0) return undefined;
  const offer =
    source.on_unresolved && offered(source.on_unresolved.offer, source.service, context.procedures);
  const [answers = {}, ...alsoAnswers] = source.answers ?? [];
  const playbook: Playbook = {
    name: source.playbook,
    title: source.title,
    kind: file.kind === 'procedure' ? 'procedure' : 'alert',
    answers,
    ...(alsoAnswers.length > 0 && { alsoAnswers }),
    service: source.service ?? '',
    severity: source.severity ?? defaultSeverity,
    ...(source.summary !== undefined && { summary: source.summary }),
    symptoms: source.symptoms ?? [],
    ...(source.experts !== undefined && { experts: source.experts }),
    steps: compiled,
    authority,
    ...(budget !== undefined && { budgetMs: paced(budget, context.pace) }),
    ...(source.updates !== undefined && { updatesMs: paced(source.updates, context.pace) }),
    ...(source.on_unresolved &&
      offer !== undefined && {
        onUnresolved: { afterMs: paced(source.on_unresolved.after, context.pace), offer },
      }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
    ...(source.approvals && { approvals: demandOf(source.approvals) }),
    ...(source.confirm !== undefined && { confirm: source.confirm }),
    ...(source.window !== undefined && { window: source.window }),
    commanderAtOnce: source.commander === 'at-once',
    source: { file: file.file, line: file.locate(['playbook'], 'key').line },
  };
  return { playbook, service: reachable(compiled, catalog, context.hosts) };
}

/** An action is at least as risky as what follows it, so the actions of the steps themselves tell. */
const isDestructive = (steps: readonly Step[], catalog: Catalog): boolean =>
  steps.some((step) =>
    step.kind === 'stage' || step.kind === 'call'
      ? isDestructive(step.steps, catalog)
      : step.kind === 'do' && actionAt(catalog, step.action)?.risk === 'destructive',
  );

/** What is asked of whoever starts it, which nobody does for an alert. */
function compileInputs(
  file: RoomFile,
  source: PlaybookSource,
  report: Reporter,
): Readonly<Record<string, Input>> {
  const written = Object.entries(source.inputs ?? {});
  if (written.length > 0 && file.kind !== 'procedure')
    report.error(
      ['inputs'],
      'Inputs are asked of whoever starts a procedure, and an alert is started by nobody; let an `ask` with `as` come first.',
      'key',
    );
  if (written.length > mostInputs)
    report.error(['inputs'], `A form with more than ${mostInputs} inputs is filled in by nobody.`, 'key');
  return Object.fromEntries(written.map(([name, input]) => [name, inputOf(input, ['inputs', name], report)]));
}

const mostInputs = 10;

function checkKind(file: RoomFile, source: PlaybookSource, report: Reporter): void {
  const answers = source.answers ?? [];
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
    if (answers.some((labels) => Object.keys(labels).length > 0))
      report.error(
        ['answers'],
        `\`${genericName}\` is for alerts that no other playbook answers, so it has no labels.`,
        'key',
      );
    return;
  }
  const empty = answers.findIndex((labels) => Object.keys(labels).length === 0);
  if (answers.length === 0 || empty >= 0)
    report.error(
      answers.length > 1 ? ['answers', empty] : ['answers'],
      'Which alerts does it answer? Write labels such as `answers: { alertname: HighErrorRate }`.',
      'key',
    );
  if (source.severity === undefined)
    report.error(['playbook'], '`severity` is missing: write `P0`, `P1`, `P2`, `P3` or `P4`.', 'key');
}

/** What makes things better is never held up, so nothing may say so of it. */
function checkWindow(file: RoomFile, source: PlaybookSource, report: Reporter): void {
  if (source.window === undefined) return;
  if (file.kind !== 'procedure')
    report.error(
      ['window'],
      'What answers an alert is never held up; `window` is for procedures that people plan.',
      'key',
    );
  else if (isRollback(source.playbook))
    report.error(['window'], 'A rollback is never held up by a window; leave `window` out.', 'key');
}

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

/** More often than this nobody reads them, and less often nobody waits for them. */
const updatesFrom = 30_000;
const updatesTo = 60 * 60_000;

function checkUpdates(
  { updates, playbook }: PlaybookSource,
  budget: number | undefined,
  report: Reporter,
): void {
  if (updates === undefined) return;
  if (updates < updatesFrom || updates > updatesTo)
    report.error(
      ['updates'],
      `Updates come every ${spokenDuration(updatesFrom)} to ${spokenDuration(updatesTo)}, such as \`updates: 2m\`; ${spokenDuration(updates)} is ${updates < updatesFrom ? 'more than anybody reads' : 'longer than anybody waits for one'}.`,
    );
  else if (budget !== undefined && updates >= budget)
    report.warning(
      ['updates'],
      `${playbook} should be over in ${spokenDuration(budget)}, before the first update after ${spokenDuration(updates)}: a shorter time, or none at all.`,
    );
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
