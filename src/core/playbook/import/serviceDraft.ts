import type { Risk } from '../definition.ts';
import { guessRisk } from './guessRisk.ts';
import { freeName, oneLine, snakeName } from './names.ts';
import { type Threshold, thresholdsIn, usualQueries } from './thresholds.ts';
import type { Outcome } from './translateLine.ts';
import { type Entry, entry } from './yamlText.ts';

/** Collects what the steps of a runbook need of its service, each thing once. */
export type ServiceDraft = {
  /** The name of the action; the same command on another line is the same action. */
  readonly action: (does: Doing, about: About) => { readonly name: string; readonly risk: Risk };
  readonly query: (found: Extract<Outcome, { kind: 'query' }>, about: About) => string;
  /** Remembers the thresholds of a text, and gives the names of their indicators. */
  readonly thresholds: (text: string, line: number) => readonly string[];
  readonly entries: (head: {
    readonly service: string;
    readonly host: string;
    readonly hostKnown: boolean;
  }) => readonly Entry[];
  readonly counts: () => { readonly actions: number; readonly indicators: number };
};

type Doing = Extract<Outcome, { kind: 'run' | 'write' }>;
export type About = { readonly title: string | null; readonly comments: readonly string[] };

type DraftAction = {
  readonly name: string;
  readonly title: string;
  readonly risk: Risk;
  readonly does: Doing;
  readonly comments: string[];
};
type DraftIndicator = {
  readonly name: string;
  readonly title: string | null;
  readonly comments: string[];
  query: { readonly text: string; readonly window: string | null } | null;
  objective: Threshold | null;
};

export function createServiceDraft(): ServiceDraft {
  const actions = new Map<string, DraftAction>();
  const byCommand = new Map<string, DraftAction>();
  const indicators = new Map<string, DraftIndicator>();

  const indicator = (name: string, title: string | null): DraftIndicator => {
    const found = indicators.get(name) ?? { name, title, comments: [], query: null, objective: null };
    indicators.set(name, found);
    return found;
  };

  function action(does: Doing, { title, comments }: About): { name: string; risk: Risk } {
    const key = JSON.stringify(does.kind === 'run' ? does.argv : [does.file, does.content]);
    const known = byCommand.get(key);
    if (known) {
      known.comments.push(...comments);
      return known;
    }
    const spoken =
      does.kind === 'run' ? commandName(does.argv) : `write ${does.file.split('/').at(-1) ?? ''}`;
    const name = freeName(snakeName(spoken, 'command'), actions);
    const risk = does.kind === 'run' ? guessRisk(does.argv) : 'change';
    const text =
      oneLine(title ?? '', 100) ||
      oneLine(does.kind === 'run' ? does.argv.join(' ') : `Write ${does.file}`, 100);
    const made: DraftAction = { name, title: text, risk, does, comments: [...comments] };
    actions.set(name, made);
    byCommand.set(key, made);
    return made;
  }

  function query(found: Extract<Outcome, { kind: 'query' }>, { title, comments }: About): string {
    const known = [...indicators.values()].find(
      (each) => each.query?.text === found.query && each.query.window === found.window,
    );
    const quantile = /histogram_quantile\(\s*0\.(\d{2})\b/.exec(found.query)?.[1];
    const metric = /[a-z_:][a-z0-9_:]{2,}(?=\{|\[|$)/i.exec(found.query)?.[0];
    const bare = snakeName(
      quantile
        ? `latency_p${quantile}`
        : (metric ?? title ?? 'query').replace(/_(?:total|sum|count|bucket)$/, ''),
      'query',
    );
    const target =
      known ??
      indicator(
        indicators.get(bare)?.query ? freeName(bare, indicators) : bare,
        title === null ? null : oneLine(title, 100),
      );
    target.query ??= { text: found.query, window: found.window };
    target.comments.push(...comments, ...found.notes);
    return target.name;
  }

  function thresholds(text: string, line: number): readonly string[] {
    return thresholdsIn(text).map((threshold) => {
      const target = indicator(threshold.indicator, null);
      if (!target.comments.some((each) => each.startsWith(`line ${line}: `)))
        target.comments.push(`line ${line}: ${oneLine(text)}`);
      if (!target.objective || (threshold.good && !target.objective.good)) target.objective = threshold;
      return threshold.indicator;
    });
  }

  function entries({
    service,
    host,
    hostKnown,
  }: {
    service: string;
    host: string;
    hostKnown: boolean;
  }): Entry[] {
    const proofs = new Set([...actions.values()].map(proofOf));
    const assumed = (['up', 'stopped'] as const).filter((name) => proofs.has(name) && !indicators.has(name));
    const shown = [
      ...assumed.map((name) => assumedIndicator(name, service)),
      ...[...indicators.values()].map(indicatorEntry),
    ];
    return [
      entry('service', service),
      entry('host', host, hostKnown ? [] : ['No host was found: write the name of one from hosts.yml.']),
      ...(shown.length > 0 ? [entry('indicators', { kind: 'map', entries: shown })] : []),
      ...(actions.size > 0
        ? [entry('actions', { kind: 'map', entries: [...actions.values()].map(actionEntry) })]
        : []),
    ];
  }

  return {
    action,
    query,
    thresholds,
    entries,
    counts: () => ({ actions: actions.size, indicators: indicators.size }),
  };
}

/** The program and the first words that are no options: `systemctl restart genesis`. */
const commandName = (argv: readonly string[]): string => {
  const words = argv.slice(1).filter((each) => !each.startsWith('-'));
  const short = words.map((each) => each.replace(/^https?:\/\//, '').slice(0, 40));
  return [argv[0]?.split('/').at(-1) ?? '', ...short].slice(0, 4).join(' ');
};

/** Of a stopped service its answer is no proof, only its silence. */
function proofOf({ risk, does }: DraftAction): 'exit' | 'up' | 'stopped' | null {
  if (risk === 'observe') return null;
  if (risk === 'change' || does.kind === 'write') return 'exit';
  const stops = does.argv.some((each) => /^(?:stop|kill|poweroff|halt|down)$/.test(each));
  const toZero = does.argv.includes('count') && does.argv.includes('0');
  return stops || toZero ? 'stopped' : 'up';
}

const assumedIndicator = (name: 'up' | 'stopped', service: string): Entry =>
  entry(
    name,
    {
      kind: 'map',
      entries: [
        entry('query', `${name === 'up' ? 'min' : 'max'}(up{job="${service}"})`),
        entry('objective', { kind: 'flow', entries: [['equals', name === 'up' ? 1 : 0]] }),
      ],
    },
    ['Assumed, for the actions that interrupt the service: check the name of the job.'],
  );

function indicatorEntry({ name, title, comments, query, objective }: DraftIndicator): Entry {
  const usual = Object.hasOwn(usualQueries, name) ? usualQueries[name] : undefined;
  const text = query?.text ?? usual ?? `todo_${name}`;
  const said = [...new Set(comments)];
  if (!query && usual !== undefined) said.push('The query is the usual one for machines; check it.');
  if (!query && usual === undefined)
    said.push(
      'The runbook has no query for it. Until there is one nothing is measured, and the verdict is inconclusive.',
    );
  if (!objective) said.push('The runbook gives no objective: write one. Until then no reading meets it.');
  else if (!objective.good)
    said.push('Only the limit at which something has to be done is given: the objective may be stricter.');
  else if (objective.inclusive) said.push('The runbook allows the value itself; an objective is beyond it.');
  return entry(
    name,
    {
      kind: 'map',
      entries: [
        ...(title ? [entry('title', title)] : []),
        entry('query', text),
        ...(query?.window ? [entry('window', query.window)] : []),
        entry('objective', {
          kind: 'flow',
          entries: [objective ? [objective.objective.kind, objective.objective.quantity] : ['below', 0]],
        }),
      ],
    },
    said,
  );
}

/** Exit codes that are answers and no failures. */
function answersOf(argv: readonly string[]): readonly number[] | undefined {
  const program = (argv[0] ?? '').split('/').at(-1);
  if (program === 'systemctl' && /^(?:status|is-active)$/.test(argv[1] ?? '')) return [0, 3];
  return program === 'grep' || program === 'diff' || program === 'pgrep' ? [0, 1] : undefined;
}

function actionEntry(action: DraftAction): Entry {
  const { name, title, risk, does, comments } = action;
  const proof = proofOf(action);
  const answers = does.kind === 'run' && risk === 'observe' ? answersOf(does.argv) : undefined;
  const work: Entry =
    does.kind === 'run'
      ? entry('run', { kind: 'words', words: does.argv })
      : entry('write', {
          kind: 'map',
          entries: [entry('file', does.file), entry('content', { kind: 'text', value: does.content })],
        });
  return entry(
    name,
    {
      kind: 'map',
      entries: [
        entry('title', title),
        entry('risk', risk),
        work,
        ...(answers ? [entry('succeeds', { kind: 'numbers', numbers: answers })] : []),
        ...(proof === null ? [] : [entry('verify', proof), undoOf(does)]),
      ],
    },
    [...new Set(comments)],
  );
}

const undoOf = (does: Doing): Entry =>
  does.kind === 'write'
    ? entry('undo', 'previous')
    : entry('undo', {
        kind: 'flow',
        entries: [['none', 'The runbook does not say how this is taken back.']],
      });
