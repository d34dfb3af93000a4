import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { spokenDuration } from '../core/duration.ts';
import { formatObjective, formatValue } from '../core/indicator/format.ts';
import type { Automatic, VerifyTarget } from '../core/playbook/definition.ts';
import { unknownName } from '../core/playbook/nearest.ts';
import {
  type Outline,
  type OutlineAction,
  type OutlineCommand,
  type OutlineIndicator,
  type OutlineStep,
  outlineOf,
} from '../core/playbook/outline.ts';
import type { OutlineAsks } from '../core/playbook/outlineAsks.ts';
import { formatProblem } from '../core/playbook/problem.ts';

export type PlanOptions = {
  readonly directory: string;
  readonly playbook: string;
  readonly format: 'text' | 'json';
};

/** `genesis plan <playbook>`: exactly what would run, where, as whom, and what an approval would be bound to. */
export async function plan(options: PlanOptions, print: (line: string) => void): Promise<number> {
  const { room, problems } = await loadRoom({ directory: options.directory, pace: 1 });
  if (!room) {
    for (const problem of problems) print(formatProblem(problem));
    return 1;
  }
  const { definitions } = room;
  const name = options.playbook;
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  if (!definition) {
    print(unknownName('playbook', name, Object.keys(definitions)));
    return 1;
  }
  const outline = outlineOf(definition, room.access);
  if (options.format === 'json') print(JSON.stringify(outline, null, 2));
  else for (const line of linesOf(outline)) print(line);
  return 0;
}

function linesOf(outline: Outline): string[] {
  const { playbook, title, kind, service, severity, answers, authority, approval, budgetMs, updatesMs } =
    outline;
  const labels = answers.map((set) =>
    Object.entries(set)
      .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
      .join(', '),
  );
  const starts =
    kind === 'alert' ? `answers ${labels.join(' or ') || 'what no other one answers'}` : 'started by people';
  const budget = budgetMs === null ? '' : `, ${spokenDuration(budgetMs)}`;
  return [
    `${playbook}: ${title}`,
    `${kind}, ${starts}; ${service === '' ? 'no service' : service}, ${severity}`,
    authority === 'whole' ? `approved as a whole${budget}` : `decided step by step${budget}`,
    ...(updatesMs === undefined ? [] : [`updates   says how it stands every ${spokenDuration(updatesMs)}`]),
    ...(approval
      ? [
          `risk      ${approval.risk}, asked for with the right \`${approval.right}\``,
          ...asksLines(approval),
          `approval  ${approval.hash ?? 'depends on what it is started with'}`,
        ]
      : [`risk      ${outline.risk} at most, each action with the right of its own risk`]),
    ...outline.services.map(
      (each) => `service   ${each.service} in ${each.environment}, ${each.changed ? 'changed' : 'looked at'}`,
    ),
    outline.window === null
      ? 'window    none: it starts at any hour'
      : 'window    required: it starts while all that it changes may be changed, or past that with a reason and the yes of a second person with the right `override`',
    ...outline.asks.map(
      ({ step, action, ...asks }) => `ASKS      step ${step}, ${action}: ${asksText(asks).join('; ')}`,
    ),
    ...(outline.inputs ?? []).map(({ name, ask, wanted }) => `input     ${name}: ${ask} ${wanted}`),
    `definition ${outline.definition}`,
    ...outline.automatic.map((each) => `${automaticLine(each)}: step ${each.step}, ${each.action}`),
    ...outline.steps.flatMap((step) => ['', ...stepLines(step)]),
  ];
}

/** Said at the top as well: nothing else in a playbook happens without a person. */
const automaticLine = ({ mode, afterMs }: Automatic): string =>
  mode === 'live'
    ? `AUTOMATIC carried out by the bot after ${spokenDuration(afterMs)}, unless somebody holds it`
    : `AUTOMATIC shadow: after ${spokenDuration(afterMs)} the bot only says that it would carry it out`;

/** Who must say yes besides whoever clicks, and what has to be typed. */
const asksText = ({ people, approvers, confirm }: OutlineAsks): readonly string[] => [
  ...(people === null
    ? []
    : [
        `the yes of ${people}${approvers.length === 0 ? '' : ` (with the right to approve: ${approvers.join(', ')})`}`,
      ]),
  ...(confirm === null
    ? []
    : [
        `the word "${confirm}", typed by ${people === null ? 'whoever carries it out' : 'everybody who approves'}`,
      ]),
];

function asksLines(asks: OutlineAsks): string[] {
  const texts = asksText(asks);
  const label = (index: number) => (index === 0 && asks.people !== null ? 'approve   ' : 'confirm   ');
  return texts.map((text, index) => `${label(index)}${text}`);
}

const indented = (lines: readonly string[]): string[] =>
  lines.map((line) => (line === '' ? '' : `    ${line}`));

/** The step with what holds for steps of any kind, below its first line. */
function stepLines(step: OutlineStep): string[] {
  const [head = '', ...rest] = kindLines(step);
  return [
    head,
    ...indented([
      ...(step.as === undefined ? [] : [`as        ${step.as}`]),
      ...(step.if === undefined ? [] : [`if        ${step.if}`]),
    ]),
    ...rest,
  ];
}

const onFailLines = (steps: readonly OutlineStep[] | null): string[] =>
  steps === null ? [] : ['if it fails', ...indented(steps.flatMap(stepLines))];

function dutyLine({ text, owner, withinMs }: Extract<OutlineStep, { kind: 'checklist' }>['items'][number]) {
  const within = withinMs === undefined ? [] : [`within ${spokenDuration(withinMs)}`];
  const duty = [...(owner === undefined ? [] : [owner]), ...within];
  return `- ${text}${duty.length === 0 ? '' : ` (${duty.join(', ')})`}`;
}

function kindLines(step: OutlineStep): string[] {
  switch (step.kind) {
    case 'chart':
      return [
        `${step.id}  chart: ${step.indicator.name}`,
        ...indented([queryLine(step.indicator), ...indicatorNotes(step.indicator)]),
      ];
    case 'observe':
      return [
        `${step.id}  observe: ${step.action}, by itself`,
        ...indented([...(step.look === null ? [] : [`look      ${step.look}`]), ...actionLines(step)]),
      ];
    case 'do':
      return [
        `${step.id}  do: ${step.action}${step.always ? ', always' : ''}`,
        ...indented([
          ...(step.when === null ? [] : [`when      ${step.when}`]),
          ...(step.budgetMs === null ? [] : [`budget    ${spokenDuration(step.budgetMs)}`]),
          ...(step.automatic === null ? [] : [automaticLine(step.automatic)]),
          ...actionLines(step),
          ...onFailLines(step.onFail),
        ]),
      ];
    case 'verify':
      return [
        `${step.id}  verify: ${step.indicator.name}`,
        ...indented([
          gateLine(step.indicator, step.target),
          queryLine(step.indicator),
          ...indicatorNotes(step.indicator),
          ...onFailLines(step.onFail),
        ]),
      ];
    case 'choose':
      return [
        `${step.id}  choose: ${step.question}`,
        ...step.options.flatMap(({ label, hint, steps }) =>
          indented([`[${label}]${hint === null ? '' : ` ${hint}`}`, ...indented(steps.flatMap(stepLines))]),
        ),
      ];
    case 'ask':
      return [
        `${step.id}  ask: ${step.question}${step.options ? ` (${step.options.join(' / ')})` : ''}`,
        ...indented(step.wanted === undefined ? [] : [`wanted    ${step.wanted}`]),
      ];
    case 'offer':
      return [`${step.id}  offer: ${step.procedure}, ${step.title}`, ...indented([`why       ${step.why}`])];
    case 'wait':
      return [`${step.id}  wait: ${spokenDuration(step.ms)}`, ...indented([step.why])];
    case 'checklist':
      return [`${step.id}  checklist: ${step.title}`, ...indented(step.items.map(dutyLine))];
    case 'call':
      return [
        `${step.id}  call: ${step.playbook}, ${step.title}`,
        ...indented(step.steps.flatMap(stepLines)),
      ];
    case 'stage':
      return [
        `${step.id}  stage: ${step.title}, ${spokenDuration(step.budgetMs)}`,
        ...indented(step.steps.flatMap(stepLines)),
      ];
    default: {
      const never: never = step;
      return never;
    }
  }
}

function actionLines(action: OutlineAction): string[] {
  const { risk, right, says, approval, verify, undo, commands, actsOn, environment, silences } = action;
  return [
    `service   ${actsOn || 'that of the incident'} in ${environment}`,
    ...(says === null ? [] : [`says      ${says}`]),
    `risk      ${risk}, with the right \`${right}\``,
    ...asksLines(action.asks),
    ...(approval === null ? [] : [`approval  ${approval}`]),
    ...(action.with ?? []).map(
      ({ parameter, from, wanted }) => `with      ${parameter} = ${from}: ${wanted}`,
    ),
    ...commands.flatMap((each) => commandLines(each, action)),
    ...(action.withoutEvidence === undefined ? [] : [`evidence  none: ${action.withoutEvidence}`]),
    ...(silences ? [`silences  ${silencesText(silences)}`] : []),
    ...(verify
      ? [gateLine(verify.indicator, verify.target), ...indicatorNotes(verify.indicator)]
      : risk === 'observe'
        ? []
        : ['verify    by its exit code']),
    ...(risk === 'observe' ? [] : [`undo      ${undo}`]),
  ];
}

const silencesText = ({ forMs, alerts }: NonNullable<OutlineAction['silences']>): string =>
  `${alerts ? alerts.join(', ') : 'the alerts of the incident and of the service'}, for at most ${spokenDuration(forMs)}`;

/** The words as one would have to type them, so that their borders can be seen. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

function commandLines(command: OutlineCommand, action: OutlineAction): string[] {
  const isElsewhere = command.service !== action.service || command.environment !== action.environment;
  const { run, write, where, as, directory, timeoutMs, succeeds, secrets, probe, evidence, retries } =
    command;
  const what = run
    ? `run       ${run.map(quoted).join(' ')}`
    : write
      ? `write     ${write.file}, ${write.bytes} bytes, sha256 ${write.digest}`
      : 'remove    a file';
  const notes = [
    `on ${where} as ${as ?? 'the user of the bot'} in ${directory}`,
    ...(isElsewhere ? [`of ${command.service ?? action.actsOn} in ${command.environment}`] : []),
    `${spokenDuration(timeoutMs)} at most`,
    ...(succeeds.length === 1 && succeeds[0] === 0 ? [] : [`exit ${succeeds.join(', ')} is fine`]),
    ...(secrets.length === 0 ? [] : [`with ${secrets.join(', ')}`]),
    ...(probe === null ? [] : [`probe ${probe}`]),
    ...(evidence ? ['evidence, which holds nothing up'] : []),
    ...(retries
      ? [`tried again up to ${retries.times} times, each ${spokenDuration(retries.afterMs)} later`]
      : []),
  ];
  return [what, `          ${notes.join('; ')}`];
}

function gateLine({ name, unit, objective }: OutlineIndicator, { holdMs, withinMs }: VerifyTarget): string {
  const hold = holdMs === 0 ? 'once' : `for ${spokenDuration(holdMs)}`;
  return `verify    ${name} ${formatObjective(unit, objective)} ${hold}, begun within ${spokenDuration(withinMs)}`;
}

const queryLine = ({ query }: OutlineIndicator): string => `query     ${query.replaceAll(/\s+/g, ' ')}`;

/** Whose the indicator is, and when its values are a reason to take back what was put in place. */
function indicatorNotes({ service, rollback, unit }: OutlineIndicator): string[] {
  return [
    ...(service === null ? [] : [`of        ${service}`]),
    ...rollback.map(
      ({ kind, value, forMs, during }) =>
        `rollback  ${kind} ${formatValue(unit, value)} for ${spokenDuration(forMs)}, during ${during}`,
    ),
  ];
}
