import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Effect } from '../effect.ts';
import { judge } from '../indicator/judge.ts';
import type { Definition, Doing, Indicator } from '../playbook/definition.ts';
import type { CommandOutcome } from '../run/events.ts';
import type { PlannedCommand } from '../run/plan.ts';
import type { Reading, Run } from '../run/run.ts';
import { isUndo } from '../run/undo.ts';
import { allSteps } from '../run/walk.ts';
import type { RunView } from '../view.ts';

/**
 * What stand-ins answer in a drill. Nothing in here asks anybody: an answer follows from what was done in the drill so
 * far, by one rule that whoever practises can count on. Before a mitigation the indicator misses its objective, after it
 * the objective is met and stays met.
 */

/** The word that whatever belongs to a drill begins with. */
export const drillWord = 'DRILL';

export const marked = (text: string): string =>
  text.startsWith(drillWord) ? text : `${drillWord} · ${text}`;

/**
 * The kinds of effects that a drill has at all. Whatever is not named here, however it is called and whatever it does
 * one day, is not performed in a drill.
 */
const performed: ReadonlySet<string> = new Set<Effect['kind']>([
  'show',
  'open-channel',
  'set-topic',
  'invite',
  'pin',
  'bookmark',
  'chart',
  'post-mortem',
  'run-command',
  'read-indicator',
  'tell',
]);

export const isPerformed = ({ kind }: Pick<Effect, 'kind'>): boolean => performed.has(kind);

/** How a command ends that nobody runs. `previous` is what a file is said to have held. */
export type StandInEnd = {
  readonly output: string;
  readonly outcome: CommandOutcome;
  readonly previous: string | undefined;
};

export function standInEnd(planned: PlannedCommand, { fails }: { readonly fails: boolean }): StandInEnd {
  const line = `${drillWord}: would ${wouldDo(planned.does)} on ${planned.host.name}`;
  const code = fails ? failing(planned.succeeds) : (planned.succeeds[0] ?? 0);
  return {
    output: fails ? `${line}\n${drillWord}: this one fails, as was asked for\n` : `${line}\n`,
    outcome: { kind: 'exited', code, tookMs: 0, truncatedBytes: 0 },
    previous:
      planned.does.kind === 'write' && !fails ? `${drillWord}: what the file held before\n` : undefined,
  };
}

const failing = (succeeds: readonly number[]): number =>
  [1, 2, 3].find((code) => !succeeds.includes(code)) ?? 99;

/** Begins what a stand-in prints of a command, so that the report can tell it from anything else. */
export const wouldBegin = `${drillWord}: would `;

function wouldDo(does: Doing): string {
  switch (does.kind) {
    case 'run':
      return `run \`${does.argv.map(quoted).join(' ')}\``;
    case 'write':
      return `write ${does.file} (${utf8ToBytes(does.content).length} bytes)`;
    case 'put-back':
      return does.content === null ? `remove ${does.file}` : `put back ${does.file}`;
    default: {
      const never: never = does;
      return never;
    }
  }
}

/** The words as one would have to type them, so that their borders can be seen; always on one line. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll('\n', '\\n').replaceAll("'", "'\\''")}'`;

/** Whether a changing command is the one that was asked to fail; `started` counts the mitigations of the drill so far. */
export const failsNow = (planned: PlannedCommand, wish: { firstFails: boolean; started: number }): boolean =>
  wish.firstFails && wish.started <= 1 && !planned.observes;

/** Whether something was done in the drill that could have made it better. */
export const isMitigated = (views: readonly RunView[]): boolean =>
  views.some(({ run, definition }) => !isUndo(definition) && run.ledger.length > 0);

/**
 * The side of its objective that an indicator is on. A check is met where nothing was offered before it, since then
 * there is nothing that somebody could have done; in front of an action, and after one that did not help, it is not.
 */
export function isMet(
  purpose: Extract<Effect, { kind: 'read-indicator' }>['purpose'],
  { run, definition }: RunView,
  drill: readonly RunView[],
): boolean {
  if (isMitigated(drill)) return true;
  return purpose === 'gate' && !wasOffered(run, definition);
}

const wasOffered = (run: Pick<Run, 'steps'>, { playbook }: Definition): boolean =>
  allSteps(playbook.steps).some(({ id, kind }) => kind === 'do' && run.steps[id] !== undefined);

/** Other limits of what an indicator measures: its trouble is theirs, and what is said of one must be true of all. */
export const limitsBeside = (
  indicator: Indicator,
  views: readonly Pick<RunView, 'definition'>[],
): readonly Indicator[] =>
  views
    .flatMap(({ definition }) => Object.values(definition.service.indicators))
    .filter(({ name, query }) => query === indicator.query && name !== indicator.name);

export function standInReading(
  indicator: Indicator,
  met: boolean,
  now: number,
  limits: readonly Indicator[] = [],
): Reading {
  const value = standInValue(indicator, met, limits);
  return value === null
    ? { at: now, verdict: 'inconclusive', why: 'A drill knows no value for this objective.', value }
    : { at: now, verdict: met ? 'pass' : 'fail', value };
}

/**
 * A value on the wanted side of the objective; null where there is none. What misses it stays within the looser ones of
 * `limits`, so that a check of those does not contradict it.
 */
export function standInValue(
  { objective, unit }: Indicator,
  met: boolean,
  limits: readonly Indicator[] = [],
): number | null {
  const { value } = objective;
  const looser = limits
    .filter((each) => judge(each.objective, value) === 'pass')
    .map((each) => each.objective);
  const justBeyond = looser
    .map((each) => (value + each.value) / 2)
    .find(
      (each) => judge(objective, each) === 'fail' && looser.every((other) => judge(other, each) === 'pass'),
    );
  if (!met && unit !== 'state' && justBeyond !== undefined) return justBeyond;
  // A state is up or down, and nothing in between.
  const states = unit === 'state' ? [0, 1] : [];
  const further = [
    ...states,
    value / 2,
    unit === 'ratio' ? (value + 1) / 2 : value * 2 + 1,
    value - 1,
    value + 1,
    0,
  ];
  const candidates = met ? [value, ...further] : [...further, value];
  return candidates.find((each) => judge(objective, each) === (met ? 'pass' : 'fail')) ?? null;
}

/** A made-up course of the indicator for a picture: bad from the beginning, good since `mitigatedAt`. */
export function standInSeries(
  indicator: Indicator,
  { from, to, points }: { readonly from: number; readonly to: number; readonly points: number },
  mitigatedAt: number | null,
  limits: readonly Indicator[] = [],
): readonly { readonly at: number; readonly value: number }[] {
  const [bad, good] = [standInValue(indicator, false, limits), standInValue(indicator, true, limits)];
  if (bad === null || good === null || to <= from) return [];
  const step = (to - from) / Math.max(1, points - 1);
  return Array.from({ length: points }, (_, index) => from + index * step).map((at) => ({
    at,
    value: mitigatedAt !== null && at >= mitigatedAt ? good : bad,
  }));
}

/** When the first thing was done that made the stand-ins answer well; null before that. */
export function mitigatedAt(views: readonly RunView[]): number | null {
  const moments = views
    .filter(({ definition }) => !isUndo(definition))
    .flatMap(({ run }) => run.ledger.map(({ at }) => at));
  return moments.length === 0 ? null : Math.min(...moments);
}
