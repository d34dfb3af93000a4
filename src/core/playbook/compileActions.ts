import { production } from '../access/access.ts';
import { faultsOf, leastRisk, writeFault } from './commandRules.ts';
import { checkValues, compileParameters, compileRun } from './compileParameters.ts';
import {
  compileConfirm,
  compileDemand,
  compileEvidence,
  compileRetries,
  compileSilences,
  refuseParameters,
} from './compileSafeguards.ts';
import { type Action, type Indicator, type Risk, risks, type VerifyTarget } from './definition.ts';
import { unknownName } from './nearest.ts';
import { paced } from './pace.ts';
import type { Path } from './problem.ts';
import { readSource } from './readSource.ts';
import type { Reporter } from './reporting.ts';
import { type Compiling, titleOf } from './serviceBook.ts';
import { type ActionSource, actionSource, type ServiceSource } from './source.ts';

const defaultTimeoutMs = 60_000;
export const defaultWithinMs = 300_000;

export const riskAtLeast = (risk: Risk, least: Risk): boolean => risks.indexOf(risk) >= risks.indexOf(least);

type InService = {
  readonly source: ServiceSource;
  readonly indicators: ReadonlyMap<string, Indicator | null>;
  readonly report: Reporter;
  readonly compiling: Compiling;
};

export function compileActions(service: InService): Map<string, Action | null> {
  const sources = new Map<string, ActionSource | null>();
  for (const [name, written] of Object.entries(service.source.actions ?? {})) {
    const read = readSource(actionSource, written, ['actions', name]);
    if (!read.ok) service.report.add(read.complaints);
    sources.set(name, read.ok ? read.value : null);
  }
  const actions = new Map<string, Action | null>();
  for (const [name, source] of sources)
    actions.set(name, source && compileAction(name, source, sources, service));
  for (const [name, source] of sources) if (source) checkCycle(name, sources, service.report);
  return actions;
}

function compileAction(
  name: string,
  source: ActionSource,
  all: ReadonlyMap<string, ActionSource | null>,
  service: InService,
): Action | null {
  const { report, compiling } = service;
  const { environment } = service.source;
  const path: Path = ['actions', name];
  const before = report.errors();
  const parameters = compileParameters(source, path, report);
  const does = compileDoes(source, path, report);
  if (does?.kind === 'run' && parameters) checkValues(does, { parameters, risk: source.risk, path, report });
  const evidence = compileEvidence({ name, source, path, all, report });
  const retries = compileRetries({ source, path, report }, compiling.pace);
  const silences = compileSilences({ source, path, report }, compiling.pace);
  const host = compileHost(source, path, service);
  const then = (source.then ?? []).flatMap((next, index) =>
    checkThen({ next, source, path: [...path, 'then', index], all, report }) ? [next] : [],
  );
  const verify = compileVerify({ source, path, service });
  const undo = compileUndo({ name, source, path, all, report });
  if (source.probe !== undefined) {
    if (source.risk === 'observe')
      report.error([...path, 'probe'], 'An action that only observes needs no `probe`.', 'key');
    checkIndicator(source.probe, [...path, 'probe'], service);
  }
  if (source.timeout === 0) report.error([...path, 'timeout'], 'A timeout must be longer than nothing.');
  if (does === undefined || host === undefined || undo === undefined || report.errors() > before) return null;
  return {
    name,
    title: source.title ?? titleOf(name),
    ...(source.says !== undefined && { says: source.says }),
    risk: source.risk,
    host,
    does,
    then,
    timeoutMs: source.timeout ?? defaultTimeoutMs,
    succeeds: source.succeeds ?? [0],
    ...(verify && {
      verify: {
        ...verify,
        holdMs: paced(verify.holdMs, compiling.pace),
        withinMs: paced(verify.withinMs, compiling.pace),
      },
    }),
    ...(source.probe !== undefined && { probe: source.probe }),
    undo,
    secrets: source.secrets ?? [],
    ...evidence,
    ...retries,
    ...silences,
    ...(parameters && { parameters }),
    ...compileDemand({ source, path, report }),
    ...compileConfirm({ source, path, report }),
    ...(environment !== undefined && environment !== production && { environment }),
  };
}

function compileDoes(source: ActionSource, path: Path, report: Reporter): Action['does'] | undefined {
  if (source.run && source.write) {
    report.error(
      [...path, 'write'],
      'An action either runs a command or writes a file; let one follow the other with `then`.',
      'key',
    );
    return undefined;
  }
  if (source.write) {
    const fault = writeFault(source.write.file);
    if (fault) report.error([...path, 'write', 'file'], fault);
    if (source.risk === 'observe') report.error([...path, 'risk'], 'Writing a file is at least `change`.');
    if (source.succeeds)
      report.error(
        [...path, 'succeeds'],
        '`succeeds` is about exit codes, and writing a file has none.',
        'key',
      );
    return { kind: 'write', file: source.write.file, content: source.write.content };
  }
  if (!source.run) {
    report.error(
      path,
      'An action says what it does: `run` with an argument vector, or `write` with a file and its content.',
      'key',
    );
    return undefined;
  }
  const does = compileRun({ ...source, run: source.run }, path, report);
  for (const { argument, message } of faultsOf(does.argv)) report.error([...path, 'run', argument], message);
  const least = leastRisk(does.argv);
  if (!riskAtLeast(source.risk, least.risk))
    report.error([...path, 'risk'], `The risk is at least \`${least.risk}\`: ${least.why}.`);
  return does;
}

function compileHost(
  source: ActionSource,
  path: Path,
  { source: service, report, compiling }: InService,
): string | undefined {
  const host = source.host ?? service.host;
  if (host === undefined) {
    report.error(
      path,
      'Where does it run? Give the action a `host`, or the service one for all its actions.',
      'key',
    );
    return undefined;
  }
  if (compiling.hosts && !compiling.hosts.has(host) && source.host !== undefined) {
    report.error([...path, 'host'], unknownName('host', host, [...compiling.hosts.keys()]));
    return undefined;
  }
  return host;
}

/** Names to suggest: an action neither follows itself nor undoes itself. */
const others = (all: ReadonlyMap<string, unknown>, self: string | number | undefined): string[] =>
  [...all.keys()].filter((name) => name !== self);

function checkThen(given: {
  next: string;
  source: ActionSource;
  path: Path;
  all: ReadonlyMap<string, ActionSource | null>;
  report: Reporter;
}): boolean {
  const { next, source, path, all, report } = given;
  if (!all.has(next)) {
    report.error(path, unknownName('action', next, others(all, path[1])));
    return false;
  }
  const follower = all.get(next);
  if (follower && !riskAtLeast(source.risk, follower.risk))
    report.error(
      path,
      `\`${next}\` is \`${follower.risk}\`, so the risk of an action that it follows is at least that, not \`${source.risk}\`.`,
    );
  refuseParameters(next, path, all, report);
  return true;
}

function checkCycle(start: string, all: ReadonlyMap<string, ActionSource | null>, report: Reporter): void {
  const walk = (name: string, trail: readonly string[]): readonly string[] | undefined => {
    for (const next of all.get(name)?.then ?? []) {
      if (next === start) return [...trail, next];
      if (trail.includes(next)) continue;
      const found = walk(next, [...trail, next]);
      if (found) return found;
    }
    return undefined;
  };
  const circle = walk(start, [start]);
  // Every member of a circle finds it; the first by name says so for all.
  if (circle && [...circle].sort()[0] === start)
    report.error(
      ['actions', start, 'then'],
      `These actions follow each other for ever: ${circle.map((each) => `\`${each}\``).join(' → ')}.`,
      'key',
    );
}

function checkIndicator(name: string, path: Path, { indicators, report }: InService): boolean {
  if (indicators.has(name)) return true;
  report.error(path, unknownName('indicator', name, [...indicators.keys()]));
  return false;
}

function compileVerify(given: {
  source: ActionSource;
  path: Path;
  service: InService;
}): VerifyTarget | undefined {
  const { source, path, service } = given;
  const { verify } = source;
  if (source.risk === 'observe') {
    if (verify)
      service.report.error(
        [...path, 'verify'],
        'An action that only observes changes nothing that could be verified.',
        'key',
      );
    return undefined;
  }
  if (!verify) {
    service.report.error(
      path,
      `\`${source.risk}\` actions say how they are verified: \`verify: <indicator>\`, or \`verify: exit\` where the exit code is the whole proof.`,
      'key',
    );
    return undefined;
  }
  const at = [...path, 'verify'];
  if (verify.indicator === 'exit') {
    if (verify.for !== undefined || verify.within !== undefined)
      service.report.error(
        at,
        'An exit code is there at once: `verify: exit` has no `for` and no `within`.',
        'key',
      );
    return undefined;
  }
  if (!checkIndicator(verify.indicator, [...at, 'indicator'], service)) return undefined;
  return { indicator: verify.indicator, holdMs: verify.for ?? 0, withinMs: verify.within ?? defaultWithinMs };
}

function compileUndo(given: {
  name: string;
  source: ActionSource;
  path: Path;
  all: ReadonlyMap<string, ActionSource | null>;
  report: Reporter;
}): Action['undo'] | undefined {
  const { name, source, path, all, report } = given;
  const { undo, risk } = source;
  if (risk === 'observe') {
    if (undo !== undefined)
      report.error([...path, 'undo'], 'An action that only observes leaves nothing to undo.', 'key');
    return { kind: 'none' };
  }
  const at = [...path, 'undo'];
  if (undo === undefined) {
    const write = source.write ? '`undo: previous` puts the old content back' : '`undo: <action>`';
    report.error(
      path,
      `\`${risk}\` actions say how they are taken back: ${write}, or \`undo: none\`.`,
      'key',
    );
    return undefined;
  }
  if (undo === 'none') return { kind: 'none' };
  if (typeof undo === 'object') return { kind: 'none', why: undo.none };
  if (undo === 'previous') {
    if (!source.write) report.error(at, '`undo: previous` puts a file back, but this action writes none.');
    return { kind: 'previous' };
  }
  if (!all.has(undo)) {
    report.error(at, unknownName('action', undo, others(all, name)));
    return undefined;
  }
  if (undo === name) report.error(at, 'An action cannot be its own undo.');
  if (all.get(undo)?.risk === 'observe')
    report.error(at, `\`${undo}\` only observes, so it takes nothing back.`);
  refuseParameters(undo, at, all, report);
  return { kind: 'action', action: undo };
}
