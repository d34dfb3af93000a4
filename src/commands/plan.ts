import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { spokenDuration } from '../core/duration.ts';
import { formatObjective } from '../core/indicator/format.ts';
import type { VerifyTarget } from '../core/playbook/definition.ts';
import { unknownName } from '../core/playbook/nearest.ts';
import {
  type Outline,
  type OutlineAction,
  type OutlineCommand,
  type OutlineIndicator,
  type OutlineStep,
  outlineOf,
} from '../core/playbook/outline.ts';
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
  const outline = outlineOf(definition);
  if (options.format === 'json') print(JSON.stringify(outline, null, 2));
  else for (const line of linesOf(outline)) print(line);
  return 0;
}

function linesOf(outline: Outline): string[] {
  const { playbook, title, kind, service, severity, answers, authority, approval, budgetMs } = outline;
  const labels = Object.entries(answers).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  const starts =
    kind === 'alert' ? `answers ${labels.join(', ') || 'what no other one answers'}` : 'started by people';
  const budget = budgetMs === null ? '' : `, ${spokenDuration(budgetMs)}`;
  return [
    `${playbook}: ${title}`,
    `${kind}, ${starts}; ${service === '' ? 'no service' : service}, ${severity}`,
    authority === 'whole' ? `approved as a whole${budget}` : `decided step by step${budget}`,
    ...(approval
      ? [
          `risk      ${approval.risk}, asked for with the right \`${approval.right}\`${approval.risk === 'destructive' ? ', approved by a second person' : ''}`,
          `approval  ${approval.hash}`,
        ]
      : []),
    `definition ${outline.definition}`,
    ...outline.steps.flatMap((step) => ['', ...stepLines(step)]),
  ];
}

const indented = (lines: readonly string[]): string[] =>
  lines.map((line) => (line === '' ? '' : `    ${line}`));

function stepLines(step: OutlineStep): string[] {
  switch (step.kind) {
    case 'chart':
      return [`${step.id}  chart: ${step.indicator.name}`, ...indented([queryLine(step.indicator)])];
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
          ...actionLines(step),
        ]),
      ];
    case 'verify':
      return [
        `${step.id}  verify: ${step.indicator.name}`,
        ...indented([gateLine(step.indicator, step.target), queryLine(step.indicator)]),
      ];
    case 'choose':
      return [
        `${step.id}  choose: ${step.question}`,
        ...step.options.flatMap(({ label, hint, steps }) =>
          indented([`[${label}]${hint === null ? '' : ` ${hint}`}`, ...indented(steps.flatMap(stepLines))]),
        ),
      ];
    case 'ask':
      return [`${step.id}  ask: ${step.question}${step.options ? ` (${step.options.join(' / ')})` : ''}`];
    case 'wait':
      return [`${step.id}  wait: ${spokenDuration(step.ms)}`, ...indented([step.why])];
    case 'checklist':
      return [`${step.id}  checklist: ${step.title}`, ...indented(step.items.map((item) => `- ${item}`))];
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
  const { risk, right, says, approval, verify, undo, commands } = action;
  return [
    ...(says === null ? [] : [`says      ${says}`]),
    `risk      ${risk}, with the right \`${right}\`${risk === 'destructive' ? ' and a second person' : ''}`,
    ...(approval === null ? [] : [`approval  ${approval}`]),
    ...commands.flatMap(commandLines),
    ...(verify
      ? [gateLine(verify.indicator, verify.target)]
      : risk === 'observe'
        ? []
        : ['verify    by its exit code']),
    ...(risk === 'observe' ? [] : [`undo      ${undo}`]),
  ];
}

/** The words as one would have to type them, so that their borders can be seen. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

function commandLines(command: OutlineCommand): string[] {
  const { run, write, where, as, directory, timeoutMs, succeeds, secrets, probe } = command;
  const what = run
    ? `run       ${run.map(quoted).join(' ')}`
    : write
      ? `write     ${write.file}, ${write.bytes} bytes, sha256 ${write.digest}`
      : 'remove    a file';
  const notes = [
    `on ${where} as ${as ?? 'the user of the bot'} in ${directory}`,
    `${spokenDuration(timeoutMs)} at most`,
    ...(succeeds.length === 1 && succeeds[0] === 0 ? [] : [`exit ${succeeds.join(', ')} is fine`]),
    ...(secrets.length === 0 ? [] : [`with ${secrets.join(', ')}`]),
    ...(probe === null ? [] : [`probe ${probe}`]),
  ];
  return [what, `          ${notes.join('; ')}`];
}

function gateLine({ name, unit, objective }: OutlineIndicator, { holdMs, withinMs }: VerifyTarget): string {
  const hold = holdMs === 0 ? 'once' : `for ${spokenDuration(holdMs)}`;
  return `verify    ${name} ${formatObjective(unit, objective)} ${hold}, begun within ${spokenDuration(withinMs)}`;
}

const queryLine = ({ query }: OutlineIndicator): string => `query     ${query.replaceAll(/\s+/g, ' ')}`;
