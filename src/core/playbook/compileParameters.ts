import { faultsOf, leastRisk } from './commandRules.ts';
import { baseName, commandWithin, shells } from './commandWords.ts';
import { type Doing, type Risk, risks } from './definition.ts';
import { unknownName } from './nearest.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';
import type { ActionSource } from './source.ts';
import { parameterOf } from './typeSource.ts';
import { argumentFault, type Parameter } from './valueType.ts';

/** What an action takes, and where in its argument vector that stands. */

export type Parameters = Readonly<Record<string, Parameter>>;

export function compileParameters(
  source: ActionSource,
  path: Path,
  report: Reporter,
): Parameters | undefined {
  if (!source.parameters) return undefined;
  if (!source.run) {
    report.error(
      [...path, 'parameters'],
      'Parameters become arguments of a command, so they need `run`.',
      'key',
    );
    return undefined;
  }
  const used = source.run.flatMap((each) => (typeof each === 'string' ? [] : [each.parameter]));
  const parameters: Record<string, Parameter> = {};
  for (const [name, written] of Object.entries(source.parameters)) {
    const at = [...path, 'parameters', name];
    const parameter = parameterOf(written, at, report);
    if (parameter) parameters[name] = parameter;
    if (!used.includes(name))
      report.error(at, `\`run\` has no \`{ parameter: ${name} }\`, so nobody would see this value.`, 'key');
  }
  return parameters;
}

/** Stands in the argument vector until a value is known, and in plans that are only read. */
export const placeholder = (parameter: string): string => `‹${parameter}›`;

/** Interpreters run the file that their first plain argument names. */
const interpreters = [...shells, 'node', 'deno', 'bun', 'perl', 'ruby', 'php', 'xargs', 'find', 'exec'];
const isInterpreter = (word: string): boolean =>
  interpreters.includes(baseName(word)) || /^python[\d.]*$/.test(baseName(word));

/** The command with its slots; `undefined` where an entry cannot be understood. */
export function compileRun(
  source: ActionSource & { readonly run: NonNullable<ActionSource['run']> },
  path: Path,
  report: Reporter,
): Extract<Doing, { kind: 'run' }> {
  const argv = source.run.map((each) => (typeof each === 'string' ? each : placeholder(each.parameter)));
  const slots = source.run.flatMap((each, at) =>
    typeof each === 'string' ? [] : [{ at, parameter: each.parameter }],
  );
  const known = Object.keys(source.parameters ?? {});
  for (const { at, parameter } of slots)
    if (!known.includes(parameter))
      report.error([...path, 'run', at], unknownName('parameter', parameter, known));
  for (const { at } of slots) if (isProgram(argv, at)) report.error([...path, 'run', at], programNeedsName);
  return { kind: 'run', argv, ...(slots.length > 0 && { slots }) };
}

const programNeedsName = 'Which program runs is never left to a value; write its name here.';

/** Whether the entry names a program: the first word, the one behind `sudo` and the like, the script of an interpreter. */
function isProgram(argv: readonly string[], at: number): boolean {
  const { start } = commandWithin(argv);
  if (at <= start) return true;
  const before = argv.slice(start, at).findLastIndex(isInterpreter);
  if (before < 0) return false;
  return argv.slice(start + before + 1, at).every((each) => each.startsWith('-'));
}

/** Words that make a harmless command a dangerous one, for the values that a pattern would let through. */
const telling = [
  ...['reset', 'clean', 'checkout', 'restore', 'push', 'restart', 'stop', 'start', 'reload', 'kill', 'rm'],
  ...['destroy', 'delete', 'deploy', 'scale', 'install', 'remove', 'reboot', '--hard', '-rf', '-f', 'down'],
];

/** Complains where a value could make the command riskier than the action says, or something that may not run at all. */
export function checkValues(
  does: Extract<Doing, { kind: 'run' }>,
  of: {
    readonly parameters: Parameters;
    readonly risk: Risk;
    readonly path: Path;
    readonly report: Reporter;
  },
): void {
  const { parameters, risk, path, report } = of;
  for (const { at, parameter } of does.slots ?? []) {
    const type = parameters[parameter]?.type;
    if (!type) continue;
    const values =
      type.kind === 'options' ? type.options : telling.filter((each) => argumentFault(type, each) === null);
    for (const value of values) {
      const argv = does.argv.map((each, index) => (index === at ? value : each));
      const place = [...path, 'run', at];
      const least = leastRisk(argv);
      if (risks.indexOf(risk) < risks.indexOf(least.risk)) {
        report.error(place, `With \`${value}\` here the risk is at least \`${least.risk}\`: ${least.why}.`);
        break;
      }
      const fault = type.kind === 'options' ? faultsOf(argv)[0] : undefined;
      if (fault) {
        report.error(place, `With \`${value}\` here: ${fault.message}`);
        break;
      }
    }
  }
}
