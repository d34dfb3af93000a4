import { faultsOf, leastRisk, writeFault } from './commandRules.ts';
import { type Action, type Host, type Indicator, type Risk, risks, type VerifyTarget } from './definition.ts';
import { unknownName } from './nearest.ts';
import { type Pace, paced, windowText, withWindow } from './pace.ts';
import type { Path } from './problem.ts';
import { faultsInQuery, placeInQuery } from './promql.ts';
import { readSource } from './readSource.ts';
import { namedIn, type Reporter, type RoomFile } from './reporting.ts';
import {
  type ActionSource,
  actionSource,
  type IndicatorSource,
  indicatorSource,
  type ServiceSource,
  serviceSource,
} from './source.ts';

/**
 * A service as far as it could be understood. `null` stands for something that exists but is broken: what refers to it
 * is not called unknown. `whole` is false when the lists of names themselves may be incomplete.
 */
export type ServiceBook = {
  readonly name: string;
  readonly whole: boolean;
  readonly indicators: ReadonlyMap<string, Indicator | null>;
  readonly actions: ReadonlyMap<string, Action | null>;
  readonly links: Readonly<Record<string, string>>;
};

/** Hosts by name, null where broken; `undefined` when the file itself could not be read. */
export type HostBook = ReadonlyMap<string, Host | null> | undefined;

export type Compiling = { readonly pace: Pace; readonly hosts: HostBook };

const defaultTimeoutMs = 60_000;
const defaultWindowMs = 300_000;
export const defaultWithinMs = 300_000;

export const riskAtLeast = (risk: Risk, least: Risk): boolean => risks.indexOf(risk) >= risks.indexOf(least);

export function compileService(
  file: RoomFile,
  report: Reporter,
  compiling: Compiling,
): ServiceBook | undefined {
  const read = readSource(serviceSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    const name = namedIn(file.value, 'service');
    return name === undefined
      ? undefined
      : { name, whole: false, indicators: new Map(), actions: new Map(), links: {} };
  }
  const source = read.value;
  if (source.host !== undefined && compiling.hosts && !compiling.hosts.has(source.host))
    report.error(['host'], unknownName('host', source.host, [...compiling.hosts.keys()]));
  const indicators = compileIndicators(source, report, compiling.pace);
  const actions = compileActions({ source, indicators, report, compiling });
  return { name: source.service, whole: true, indicators, actions, links: source.links ?? {} };
}

/** `recent_errors` is shown as "Recent errors" where no title is given. */
const titleOf = (name: string): string => {
  const words = name.replaceAll(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function compileIndicators(
  source: ServiceSource,
  report: Reporter,
  pace: Pace,
): Map<string, Indicator | null> {
  const indicators = new Map<string, Indicator | null>();
  for (const [name, written] of Object.entries(source.indicators ?? {})) {
    const path = ['indicators', name];
    const read = readSource(indicatorSource, written, path);
    if (!read.ok) report.add(read.complaints);
    indicators.set(name, read.ok ? compileIndicator({ name, source: read.value, path, report, pace }) : null);
  }
  return indicators;
}

function compileIndicator(given: {
  name: string;
  source: IndicatorSource;
  path: Path;
  report: Reporter;
  pace: Pace;
}): Indicator {
  const { name, source, path, report } = given;
  const window = windowText(source.window ?? defaultWindowMs, given.pace);
  checkQuery(source.query, [...path, 'query'], report);
  if (source.enough) checkQuery(source.enough.query, [...path, 'enough', 'query'], report);
  if (
    source.window !== undefined &&
    ![source.query, source.enough?.query ?? ''].some((each) => each.includes('$window'))
  )
    report.error([...path, 'window'], '`window` has no effect: the query does not use `$window`.', 'key');
  const { kind, quantity } = source.objective;
  if (quantity.unit !== null && source.unit !== undefined && quantity.unit !== source.unit)
    report.error(
      [...path, 'objective'],
      `The objective is written in ${quantity.unit}, but \`unit\` is \`${source.unit}\`.`,
    );
  const state = kind === 'equals' && (quantity.value === 0 || quantity.value === 1);
  return {
    name,
    title: source.title ?? titleOf(name),
    query: withWindow(source.query.trim(), window),
    unit: source.unit ?? quantity.unit ?? (state ? 'state' : 'count'),
    objective: { kind, value: quantity.value },
    ...(source.enough && {
      enough: { query: withWindow(source.enough.query.trim(), window), above: source.enough.above },
    }),
  };
}

function checkQuery(query: string, path: Path, report: Reporter): void {
  const bare = query.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""');
  const unknown = /\$(?!window\b)\{?(\w*)/.exec(bare);
  if (unknown)
    report.error(
      path,
      `Only \`$window\` is replaced in a query, so \`${unknown[0]}\` would reach Prometheus as it stands.`,
    );
  const fixed = /\[\d+\w+\]/.exec(bare);
  if (fixed)
    report.error(path, `Write \`[$window]\` instead of \`${fixed[0]}\`; \`window\` says how long it is.`);
  const open: string[] = [];
  const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character);
    const opener = pairs[character];
    if (opener !== undefined && open.pop() !== opener) {
      report.error(path, `\`${character}\` in the query closes nothing.`);
      return;
    }
  }
  const last = open.pop();
  if (last !== undefined) report.error(path, `\`${last}\` in the query is never closed.`);
  if (last !== undefined || unknown) return;
  for (const { offset, message } of faultsInQuery(query, '[$window]'))
    report.error(path, `The query cannot be read at ${placeInQuery(query, offset)}: ${message}`);
}

type InService = {
  readonly source: ServiceSource;
  readonly indicators: ReadonlyMap<string, Indicator | null>;
  readonly report: Reporter;
  readonly compiling: Compiling;
};

function compileActions(service: InService): Map<string, Action | null> {
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
  const path: Path = ['actions', name];
  const before = report.errors();
  const does = compileDoes(source, path, report);
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
  for (const { argument, message } of faultsOf(source.run)) report.error([...path, 'run', argument], message);
  const least = leastRisk(source.run);
  if (!riskAtLeast(source.risk, least.risk))
    report.error([...path, 'risk'], `The risk is at least \`${least.risk}\`: ${least.why}.`);
  return { kind: 'run', argv: source.run };
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
  return { kind: 'action', action: undo };
}
