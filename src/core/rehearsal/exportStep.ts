import type { Incident } from '../incident/incident.ts';
import type { Indicator, Step } from '../playbook/definition.ts';
import { type Entry, entry, type ListItem, type Node } from '../playbook/import/yamlText.ts';
import { parseQuantity } from '../playbook/values.ts';
import { rhythm } from '../run/gate.ts';
import { lookedAt } from '../run/stepValues.ts';
import type { RunView } from '../view.ts';
import { approvalNodes, approvalOf, inputsOf, item, plain, yes } from './exportNodes.ts';
import type { Tried } from './record.ts';
import { noData } from './scenarioEntry.ts';
import type { Happened } from './stage.ts';
import { durationText, wordsOf } from './words.ts';

/** How one step that was tried is written as a line of the walk. */

export type ExportGiven = {
  /** In the order of the log. */
  readonly log: readonly Happened[];
  /** Null for runs outside any incident. */
  readonly incident: Incident | null;
  /** In the order in which they were started, with the definitions they were pinned to. */
  readonly views: readonly RunView[];
  readonly name: string;
  /** How many times as fast as life it happened; a test is played at the speed of life. */
  readonly pace: number;
  /** Readings, thinking and waiting by what came of them alone: for what cannot be played in its own time. */
  readonly simple: boolean;
  /** Lines for the head of the file. */
  readonly about: readonly string[];
};

/** What an export tells of, and what it gathers of what it cannot tell. */
export type Telling = {
  readonly given: ExportGiven;
  readonly tried: readonly Tried[];
  /** What is left out, a sentence each; it grows as steps are written. */
  readonly left: string[];
};

/** Values that an indicator has, by milliseconds after the gate was opened. */
type Values = readonly { readonly afterMs: number; readonly value: number | null }[];

/** One line of the walk, and how long it takes when it is played; null for a step that was left as it was. */
export function writeStep(
  telling: Telling,
  tried: Tried,
): { readonly item: ListItem; readonly tookMs: number } | null {
  const { step, over, gate } = tried;
  const [kind, ...words] = wordsOf(step).split(': ');
  const head = entry(kind ?? '', words.join(': '));
  switch (step.kind) {
    case 'chart':
      return { item: item(head), tookMs: 0 };
    case 'choose': {
      if (tried.skipped) return { item: item(head, entry('skip', yes)), tookMs: 0 };
      const label = step.options.find(({ id }) => id === tried.chosen)?.label;
      return label === undefined ? null : { item: item(head, entry('answer', label)), tookMs: 0 };
    }
    case 'ask': {
      if (tried.skipped) return { item: item(head, entry('skip', yes)), tookMs: 0 };
      const answer = tried.answer === null ? [] : [entry('answer', tried.answer)];
      return over ? { item: item(head, ...answer), tookMs: 0 } : null;
    }
    case 'checklist': {
      const items = [...tried.ticks].flatMap((each) => step.items[each] ?? []);
      const ticked = items.length === 0 ? [] : [entry('tick', { kind: 'words', words: items })];
      if (tried.skipped) return { item: item(head, ...ticked, entry('skip', yes)), tookMs: 0 };
      if (over) return { item: item(head, ...ticked), tookMs: 0 };
      return ticked.length === 0
        ? null
        : { item: item(head, ...ticked, entry('ends', 'offered')), tookMs: 0 };
    }
    case 'offer': {
      if (tried.skipped) return { item: item(head, entry('skip', yes)), tookMs: 0 };
      const view = telling.given.views.find(({ run }) => run.id === tried.started);
      if (!over) return null;
      return { item: item(head, ...(view ? [...inputsOf(view), ...approvalOf(view)] : [])), tookMs: 0 };
    }
    case 'wait': {
      const written = [entry('wait', durationText(unpaced(telling, step.ms)))];
      if (tried.skipped) return { item: item(...written, entry('skip', yes)), tookMs: 0 };
      return over ? { item: item(...written), tookMs: unpaced(telling, step.ms) } : null;
    }
    case 'verify': {
      // A gate that nobody saw the end of stands as it is.
      if (!gate || (!over && !tried.skipped)) return null;
      const { lines, tookMs } = gateLines(telling, tried);
      return { item: item(head, ...lines), tookMs };
    }
    case 'observe':
      return carriedOut(telling, tried, entry('observe', looksNode(step)));
    case 'do':
      return carriedOut(telling, tried, head);
    default:
      telling.left.push(`\`${wordsOf(step)}\` is a kind of step that an export does not know.`);
      return null;
  }
}

function carriedOut(
  telling: Telling,
  tried: Tried,
  head: Entry,
): { readonly item: ListItem; readonly tookMs: number } | null {
  const { exits, gate, over, step } = tried;
  if (tried.skipped && !gate && exits.size === 0) {
    const approval = tried.approval === null ? [] : [entry('approval', tried.approval)];
    return { item: item(head, entry('skip', yes), ...approval), tookMs: 0 };
  }
  const waits = tried.approval === 'none';
  if (!over && !gate && !waits) {
    telling.left.push(`\`${wordsOf(step)}\` was still running.`);
    return null;
  }
  if ([...exits.values()].includes('unknown'))
    telling.left.push(
      `Why the outcome of \`${wordsOf(step)}\` was unknown: the test says \`exit: unknown\`, and no command ran.`,
    );
  const commands = commandsOf(telling, tried);
  const gated = gateLines(telling, tried);
  const wish = tried.approval ?? 'approve';
  if (tried.lapsed > 0)
    telling.left.push(`Who approved \`${wordsOf(step)}\` and did not count any more by the end.`);
  const count = Math.max(0, tried.granted - tried.lapsed);
  // In a procedure that is approved as a whole the word was typed for its plan.
  const ofStep = viewIn(telling, tried)?.run.authority === 'each';
  const approval = approvalNodes(wish, { count, confirm: ofStep ? tried.confirm : null });
  const end = wish === 'break-glass' ? 'done' : wish === 'none' && count > 0 ? 'offered' : null;
  const ends = tried.ends === null && end !== null ? [entry('ends', end)] : [];
  return {
    item: item(head, ...approval, ...commands.lines, ...gated.lines, ...ends),
    tookMs: commands.tookMs + gated.tookMs,
  };
}

function commandsOf(
  telling: Telling,
  tried: Tried,
): { readonly lines: readonly Entry[]; readonly tookMs: number } {
  const { exits, own, plan, output } = tried;
  const usual = (action: string): number =>
    plan?.commands.find((each) => each.action === action)?.succeeds[0] ??
    viewIn(telling, tried)?.definition.service.actions[action]?.succeeds[0] ??
    0;
  const unusual = [...exits].filter(([action, exit]) => exit !== usual(action));
  const [first] = unusual;
  const exit: readonly Entry[] =
    !first || unusual.length === 0
      ? []
      : unusual.length === 1 && first[0] === own
        ? [entry('exit', plain(String(first[1])))]
        : [entry('exit', { kind: 'flow', entries: unusual })];
  const timedOut = own !== null && exits.get(own) === 'timed-out';
  const seconds = Math.round((tried.tookMs ?? 0) / 1_000);
  const takesMs = seconds >= 2 ? seconds * 1_000 : 1_000;
  const printed = shortened(output);
  return {
    lines: [
      ...exit,
      ...(takesMs > 1_000 && !timedOut ? [entry('takes', durationText(takesMs))] : []),
      ...(printed === '' ? [] : [entry('prints', printed)]),
    ],
    tookMs: exits.size === 0 ? 0 : timedOut ? (tried.tookMs ?? 0) : takesMs,
  };
}

/** How the step ended, with what its gate measured. */
function gateLines(
  telling: Telling,
  tried: Tried,
): { readonly lines: readonly Entry[]; readonly tookMs: number } {
  const { gate, run } = tried;
  const brokenOff = gate !== null && (!tried.over || tried.skipped);
  const then = tried.skipped && brokenOff ? [...tried.followUps, 'skip'] : tried.followUps;
  // A request that was refused or expired says by itself that the step is offered again.
  const undecided = tried.ends === 'offered' && tried.approval !== null;
  const watched = isWatchedBeside(telling, tried);
  const ends = brokenOff ? 'inconclusive' : watched ? 'watching' : undecided ? null : tried.ends;
  if (brokenOff)
    telling.left.push(
      `\`${wordsOf(tried.step)}\` was not watched to its end; the test lets it end without data instead.`,
    );
  const after = [
    ...(ends === null ? [] : [entry('ends', ends)]),
    ...(then.length === 0
      ? []
      : [entry('then', then.length === 1 ? (then[0] ?? '') : ({ kind: 'words', words: then } as Node))]),
  ];
  if (!gate) return { lines: after, tookMs: 0 };
  const { values, tookMs } = valuesOf(telling, gate, brokenOff ? null : undefined);
  const course: readonly (readonly [string, string])[] = values.map(({ afterMs, value }) => [
    afterMs === 0 ? '0s' : durationText(afterMs),
    writtenIn(telling, run, gate.indicator, value),
  ]);
  const [only] = course;
  const set: Node =
    course.length === 1 && only
      ? plain(only[1])
      : plain(`{ ${course.map(([key, value]) => `${key}: ${value}`).join(', ')} }`);
  const lines =
    course.length === 0 ? [] : [entry('set', { kind: 'map', entries: [entry(gate.indicator, set)] })];
  return { lines: [...lines, ...after], tookMs: watched ? 0 : tookMs };
}

/**
 * The readings of a gate, at the moments at which the test will read: a gate looks in a rhythm, and how late a single
 * look was says nothing of the service.
 */
function valuesOf(
  telling: Telling,
  gate: NonNullable<Tried['gate']>,
  only?: null,
): { readonly values: Values; readonly tookMs: number } {
  const every = rhythm(unpaced(telling, gate.holdMs), 1);
  const first = gate.holdMs === 0 ? every : 0;
  const values: { afterMs: number; value: number | null }[] = [];
  let look = -1;
  for (const { at, value } of gate.readings) {
    const nominal = Math.round(((at - gate.openedAt) * telling.given.pace - first) / every);
    look = Math.max(look + 1, nominal);
    if (values.at(-1)?.value !== value || values.length === 0)
      values.push({ afterMs: values.length === 0 ? 0 : first + look * every, value });
  }
  const tookMs = look < 0 ? 0 : first + look * every;
  if (only === null) return { values: [{ afterMs: 0, value: null }], tookMs: 4 * every };
  const last = values.at(-1);
  return telling.given.simple && last
    ? { values: [{ afterMs: 0, value: last.value }], tookMs }
    : { values, tookMs };
}

/** Whether steps of another run were taken up while its gate was watched. */
export function isWatchedBeside(
  telling: Telling,
  { run, enteredIndex, gateEndIndex, skipped, ends }: Tried,
): boolean {
  return (
    !skipped &&
    ends === null &&
    gateEndIndex !== null &&
    telling.tried.some(
      ({ run: other, handledIndex }) =>
        other !== run && handledIndex !== null && handledIndex > enteredIndex && handledIndex < gateEndIndex,
    )
  );
}

function unpaced(telling: Telling, ms: number): number {
  return Math.round(ms * telling.given.pace);
}

function viewIn(telling: Telling, tried: Pick<Tried, 'run'>): RunView | undefined {
  return telling.given.views.find(({ run }) => run.id === tried.run);
}

export function writtenIn(
  telling: Telling,
  run: Tried['run'],
  indicator: string,
  value: number | null,
): string {
  return writtenValue(viewIn(telling, { run })?.definition.service.indicators[indicator], value);
}

const printedLines = 6;
const printedLetters = 400;

/** The end of what was printed, where it says what went wrong. */
function shortened(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-printedLines).join('\n');
  return lines.length <= printedLetters ? lines : `…${lines.slice(-printedLetters)}`;
}

/** As people write it, where that is read as the same number; digits beyond the eighth measure nothing. */
function writtenValue(indicator: Indicator | undefined, value: number | null): string {
  if (value === null) return noData;
  if (indicator?.unit === 'ratio') {
    const percent = `${Number((value * 100).toPrecision(8))}%`;
    const read = parseQuantity(percent)?.value;
    if (read !== undefined && Math.abs(read - value) <= Math.abs(value) * 1e-7) return percent;
  }
  return String(Number(value.toPrecision(12)));
}

/** One action by its name, several as a list. */
function looksNode(step: Extract<Step, { kind: 'observe' }>): Node {
  const [only = '', ...others] = lookedAt(step);
  return others.length === 0 ? plain(only) : { kind: 'words', words: [only, ...others] };
}
