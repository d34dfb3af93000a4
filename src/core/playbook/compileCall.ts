import type { Step } from './definition.ts';
import { unknownName } from './nearest.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';
import type { CompileList, Inside } from './stepContext.ts';
import type { StepSource } from './stepSource.ts';

/** Another playbook walked in the place of one step: its steps are taken over as they are, with its service for plain names. */

type Call = Extract<StepSource, { kind: 'call' }>;

export function compileCall(
  { call, path }: Call,
  id: string,
  inside: Inside,
  compileList: CompileList,
): Step | undefined {
  const { shelf, report, calls, paths } = inside;
  const at = [...path, 'call'];
  const outermost: Path = inside.outermost ?? at;
  if (calls.includes(call)) {
    // Whoever only leads into a circle is not to blame: it is told at those that are part of it.
    if (call === calls[0]) inside.told.error(outermost, circleOf([...calls, call]));
    return undefined;
  }
  const called = shelf.find(call);
  if (called === undefined) report.error(at, unknownName('playbook', call, shelf.names));
  if (!called) return undefined;
  if (called.authority === 'whole') {
    report.error(
      at,
      `\`${call}\` is approved in one piece (\`authority: whole\`), so it can only be started, not walked inside another one.`,
    );
    return undefined;
  }
  if (called.window !== undefined) {
    report.error(
      at,
      `\`${call}\` is held to windows (\`window: required\`), so it can only be started, not walked inside another one.`,
    );
    return undefined;
  }
  if (called.steps.some(({ kind }) => kind === 'stage')) {
    report.error(
      at,
      `\`${call}\` has stages, which stand at the top of a playbook; only one without can be called.`,
    );
    return undefined;
  }
  const within = new Map<string, Path>();
  const steps = compileList(called.steps, {
    ...inside,
    prefix: `${id}.`,
    service: called.service,
    authority: 'each',
    report: silent,
    calls: [...calls, call],
    outermost,
    paths: within,
  });
  for (const inner of within.keys()) paths.set(inner, outermost);
  if (inside.authority === 'whole') refuseWhatAsks(steps, { call, at, report });
  return { id, kind: 'call', playbook: call, title: called.title, steps };
}

/** `a` calls `b` calls `a`. */
const circleOf = (names: readonly string[]): string =>
  `These playbooks call each other for ever: ${names.map((name) => `\`${name}\``).join(' calls ')}.`;

/** What is wrong with another playbook is said at its own file. */
const silent: Reporter = { error: () => {}, warning: () => {}, add: () => {}, errors: () => 0 };

function refuseWhatAsks(
  steps: readonly Step[],
  { call, at, report }: { readonly call: string; readonly at: Path; readonly report: Reporter },
): void {
  const asking = steps.find(
    (step) =>
      !['chart', 'observe', 'do', 'verify', 'wait', 'call'].includes(step.kind) ||
      step.if !== undefined ||
      (step.kind === 'do' && (step.when !== undefined || step.onFail !== undefined)) ||
      (step.kind === 'verify' && step.onFail !== undefined),
  );
  if (asking)
    report.error(
      at,
      `With \`authority: whole\` the playbook walks by itself, and nobody would be asked what \`${call}\` asks at its step ${asking.id}.`,
    );
}
