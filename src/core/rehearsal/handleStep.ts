import type { SaidAtStep } from '../command.ts';
import type { Answer } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { eitherOf, nearest } from '../playbook/nearest.ts';
import { valueFault } from '../playbook/valueType.ts';
import type { CommandOutcome } from '../run/events.ts';
import { notTyped } from '../run/judgeApproval.ts';
import type { StepRecord, StepState } from '../run/run.ts';
import { lookedAt } from '../run/stepValues.ts';
import { awaitAutomatic } from './automatic.ts';
import { decide, decideStarted, noWord, type Playing, person, refusal } from './playing.ts';
import type { Commands, Entry, Exit, FollowUp, StepEnd } from './scenario.ts';
import type { CommandEffect, StepAt } from './stage.ts';

/** A step that was offered, with the line of the test that says what comes of it. */
export type Met = { readonly entry: Entry; readonly step: Step; readonly at: StepAt };

/** Does what the line says; answers a sentence where that is not possible or ends otherwise. */
export function handleStep(playing: Playing, met: Met): string | null {
  const { entry, step } = met;
  switch (entry.kind) {
    case 'chart':
      return changed(playing, met);
    case 'observe':
      drive(playing, met, entry.commands);
      return (
        changed(playing, met) ??
        ended(playing, met, entry.ends ?? 'seen') ??
        after(playing, met, entry.followUps)
      );
    case 'do':
      return carryOut(playing, met, entry);
    case 'verify':
      drive(playing, met, null);
      return (
        changed(playing, met) ??
        ended(playing, met, entry.ends ?? 'held') ??
        after(playing, met, entry.followUps)
      );
    case 'choose': {
      if (step.kind !== 'choose') return null;
      if (entry.skip) return settled(playing, met, say(playing, met, { type: 'run.skip' }), null);
      const option = step.options.find(({ label }) => label === entry.answer.trim());
      if (!option) {
        const labels = step.options.map(({ label }) => label);
        const meant = nearest(entry.answer, labels);
        return `"${entry.answer}" is none of its answers; ${meant === undefined ? `there is ${eitherOf(labels)}` : `did you mean \`${meant}\``}.`;
      }
      const answer = say(playing, met, { type: 'run.choose', option: option.id });
      return settled(playing, met, answer, refusedEnd(entry.ends));
    }
    case 'ask': {
      if (entry.skip) return settled(playing, met, say(playing, met, { type: 'run.skip' }), null);
      if (step.kind === 'ask' && step.input.kind !== 'options') {
        const fault = valueFault(step.input, entry.answer, step.example);
        if (fault !== null) return `"${entry.answer}" is no answer to it. ${fault}`;
      }
      if (step.kind === 'ask' && step.input.kind === 'options' && !step.input.options.includes(entry.answer))
        return `"${entry.answer}" is none of its answers; there is ${eitherOf(step.input.options)}.`;
      return settled(playing, met, say(playing, met, { type: 'run.answer', answer: entry.answer }), null);
    }
    case 'checklist': {
      const refused = tickAll(playing, met, entry.tick);
      if (refused !== null) return refused;
      if (entry.open) return changed(playing, met);
      return settled(
        playing,
        met,
        say(playing, met, entry.skip ? { type: 'run.skip' } : { type: 'run.answer', answer: 'All done.' }),
        null,
      );
    }
    case 'offer':
      return entry.skip
        ? settled(playing, met, say(playing, met, { type: 'run.skip' }), null)
        : startOffered(playing, met, entry);
    case 'wait': {
      if (entry.skip) return settled(playing, met, say(playing, met, { type: 'run.skip' }), null);
      const state = stateOf(playing, met);
      if (state?.kind === 'waiting') playing.stage.moveTo(state.until);
      return changed(playing, met);
    }
    default:
      return null;
  }
}

/** Ticks the items that are named, one after the other. */
function tickAll(playing: Playing, met: Met, wanted: readonly string[]): string | null {
  const { step } = met;
  if (step.kind !== 'checklist') return null;
  for (const text of wanted) {
    const item = step.items.indexOf(text.trim());
    if (item < 0) {
      const meant = nearest(text, step.items);
      return `"${text}" is no item of it${meant === undefined ? '' : `; did you mean \`${meant}\``}.`;
    }
    const refused = refusal(say(playing, met, { type: 'run.tick', item, done: true }));
    if (refused !== null) return refused;
  }
  return null;
}

/** Starts what is offered, and decides about its plan where that waits for somebody. */
function startOffered(playing: Playing, met: Met, entry: Extract<Entry, { kind: 'offer' }>): string | null {
  const { stage, scenario } = playing;
  const before = stage.runs().length;
  const { inputs = {} } = entry;
  const refused = refusal(say(playing, met, { type: 'run.start-offered', reason: null, inputs }));
  if (refused !== null) return refused;
  const started = stage.runs()[before];
  if (!started) return `\`${entry.procedure}\` was not started.`;
  const by = entry.by ?? scenario.by;
  return decideStarted(playing, started.id, { approving: entry, by }) ?? changed(playing, met);
}

function carryOut(playing: Playing, met: Met, entry: Extract<Entry, { kind: 'do' }>): string | null {
  const { automatic } = entry;
  const unexpected =
    automatic === undefined
      ? null
      : automatic === 'held'
        ? refusal(say(playing, met, { type: 'run.hold' }))
        : awaitAutomatic(playing.stage, met.at, automatic);
  if (unexpected !== null) return unexpected;
  if (entry.skip) {
    const refused = settled(playing, met, say(playing, met, { type: 'run.skip' }), refusedEnd(entry.ends));
    return refused ?? (entry.ends === 'not-allowed' ? null : ended(playing, met, entry.ends ?? 'skipped'));
  }
  // A second try and a procedure that was approved as a whole are under way already.
  const before = stateOf(playing, met);
  if (entry.confirms !== undefined && wordOf(before) === undefined) return noWord;
  if (before?.kind === 'offering' && (entry.ends !== 'offered' || typeof entry.approval !== 'string')) {
    const answer = say(playing, met, { type: 'run.perform' });
    const asksOthers = answer.kind === 'accepted' && stateOf(playing, met)?.kind === 'approving';
    const refused = asksOthers && entry.ends === 'not-confirmed' ? null : refusedEnd(entry.ends);
    if (answer.kind === 'refused' || refused !== null) return settled(playing, met, answer, refused);
  }
  const refused = letApprove(playing, met, entry);
  if (refused !== null) return refused;
  if (entry.ends === 'not-confirmed' || isUndecided(playing, met, entry)) {
    // The request is still there, for whoever types the word or says the next yes.
    playing.stage.entered.unshift(met.at);
    return changed(playing, met);
  }
  drive(playing, met, entry.commands);
  return (
    changed(playing, met) ??
    ended(playing, met, entry.ends ?? (isYes(entry) ? 'done' : 'offered')) ??
    after(playing, met, entry.followUps)
  );
}

type Doing = Extract<Entry, { kind: 'do' }>;

/** Decides about the request of the step, where there is one. */
function letApprove(playing: Playing, met: Met, entry: Doing): string | null {
  const { run, step } = met.at;
  const record = playing.stage.run(run).steps[step];
  if (record?.state.kind !== 'approving')
    return typeof entry.approval === 'string' || record === undefined ? null : 'it waits for nobody else.';
  const { confirms = null } = entry;
  const mistyped = [{ who: null, by: null, says: 'approve', confirms, ends: 'not-confirmed' }] as const;
  const approving = entry.ends === 'not-confirmed' && isYes(entry) ? { approval: mistyped } : entry;
  const by = entry.by ?? playing.scenario.by;
  return decide(playing, { run, approving, by, step: { id: step, attempt: record.attempt } });
}

const isYes = ({ approval }: Doing): boolean =>
  typeof approval === 'string' ? approval === 'approve' : approval.every(({ says }) => says === 'approve');

/** Whether people have said yes, and more of them are needed. */
const isUndecided = (playing: Playing, met: Met, { approval, ends }: Doing): boolean =>
  typeof approval !== 'string' && ends === 'offered' && stateOf(playing, met)?.kind === 'approving';

/** The word that is asked for before it is carried out. */
function wordOf(state: StepState | undefined): string | undefined {
  if (state?.kind === 'approving') return state.approval.plan.confirm;
  return state && 'plan' in state ? state.plan?.confirm : undefined;
}

/** Ends every command of the step as the line says, then watches its gate to the end. */
function drive(playing: Playing, met: Met, commands: Commands | null): void {
  const { stage } = playing;
  const tries = new Map<string, number>();
  for (let command = nextCommand(playing, met); command; command = nextCommand(playing, met)) {
    const { action } = command.planned;
    const number = tries.get(action) ?? 0;
    tries.set(action, number + 1);
    endCommand(playing, met, command, commands, number);
  }
  stage.set(met.entry.set);
  if ('ends' in met.entry && met.entry.ends === 'watching') {
    stage.leave(met.at);
    return;
  }
  while (stateOf(playing, met)?.kind === 'verifying' && stage.read(met.at));
}

/** What the step waits for; where that is the moment of another try, the clock is moved to it. */
function nextCommand(playing: Playing, met: Met): CommandEffect | null {
  const { stage } = playing;
  const waiting = stateOf(playing, met);
  if (waiting?.kind === 'running' && waiting.retry) stage.moveTo(waiting.retry.at);
  return stage.command(met.at);
}

function endCommand(
  playing: Playing,
  met: Met,
  effect: CommandEffect,
  commands: Commands | null,
  number: number,
): void {
  const { stage } = playing;
  const { planned } = effect;
  const { step } = met;
  const own = step.kind === 'do' ? [step.action] : step.kind === 'observe' ? lookedAt(step) : [];
  const isOwn = own.includes(planned.action);
  const ends = commands?.exits.get(planned.action) ?? (isOwn ? commands?.exits.get(null) : undefined);
  const said = typeof ends === 'object' ? (ends[number] ?? ends.at(-1)) : ends;
  const exit = said ?? planned.succeeds[0] ?? 0;
  const tookMs = exit === 'timed-out' ? planned.timeoutMs : isOwn ? (commands?.takesMs ?? 0) : 0;
  if (exit === 'stopped') say(playing, met, { type: 'run.stop' });
  stage.moveTo(stage.now() + tookMs);
  stage.end(effect, outcomeOf(exit, tookMs), isOwn ? (commands?.prints ?? '') : '');
}

function outcomeOf(exit: Exit, tookMs: number): CommandOutcome {
  switch (exit) {
    case 'timed-out':
    case 'stopped':
      return { kind: exit, tookMs };
    case 'unknown':
      return { kind: 'unknown', message: 'The bot stopped while it ran.' };
    case 'refused':
      return { kind: 'refused', code: 'not-started', message: 'It could not be started.' };
    default:
      return { kind: 'exited', code: exit, tookMs, truncatedBytes: 0 };
  }
}

/** What a person does about a step that did not end well. */
function after(playing: Playing, met: Met, then: readonly FollowUp[]): string | null {
  for (const each of then) {
    const answer = say(playing, met, bodyOf(each));
    const refused = refusal(answer);
    if (refused !== null) return refused;
    // Whoever says that it worked lets the rest of the plan follow.
    if (each === 'worked') drive(playing, met, null);
  }
  return null;
}

function bodyOf(then: FollowUp): SaidAtStep {
  switch (then) {
    case 'try-again':
      return { type: 'run.try-again' };
    case 'choose-another':
      return { type: 'run.choose-again' };
    case 'skip':
      return { type: 'run.skip' };
    case 'worked':
    case 'did-not':
      return { type: 'run.claim', claim: then };
    default: {
      const never: never = then;
      return never;
    }
  }
}

function say(playing: Playing, { at, entry }: Met, said: SaidAtStep): Answer {
  const { stage, scenario } = playing;
  const run = stage.run(at.run);
  const attempt = run.steps[at.step]?.attempt ?? 1;
  const actor = person(playing, 'responder', entry.by ?? scenario.by, run.service);
  return stage.give({
    actor,
    run: at.run,
    step: at.step,
    attempt,
    ...said,
    ...typedFor(run.steps[at.step], said, entry),
  });
}

/** What the test says is typed, and the word that is asked for where it says nothing. */
function typedFor(record: StepRecord | undefined, { type }: SaidAtStep, entry: Entry): { typed?: string } {
  const word = wordOf(record?.state);
  const asks = type === 'run.perform' || type === 'run.try-again';
  if (!asks || word === undefined) return {};
  return { typed: ('confirms' in entry ? entry.confirms : undefined) ?? word };
}

type RefusedEnd = 'not-allowed' | 'not-confirmed';

/** How a click ends that must be refused; null where it must not. */
const refusedEnd = (ends: StepEnd | null): RefusedEnd | null =>
  ends === 'not-allowed' || ends === 'not-confirmed' ? ends : null;

/** After a word of a person: what it changed, or that it was refused as it should be. */
function settled(playing: Playing, met: Met, answer: Answer, expected: RefusedEnd | null): string | null {
  if (expected === null) return refusal(answer) ?? changed(playing, met);
  if (answer.kind !== 'refused')
    return expected === 'not-allowed'
      ? 'whoever this is may do it, and it was done.'
      : 'the word that is typed is the one that is asked for, and it was done.';
  const { entry } = met;
  const word = wordOf(stateOf(playing, met));
  const typed = 'confirms' in entry ? entry.confirms : undefined;
  const mistyped = word === undefined ? null : notTyped({ confirm: word }, typed ?? word);
  const isExpected =
    expected === 'not-allowed' ? answer.code === 'not-allowed' : answer.message === mistyped?.message;
  if (!isExpected) return `it is refused, though for another reason: ${answer.message}`;
  // The step is still there for somebody who may.
  playing.stage.entered.unshift(met.at);
  return changed(playing, met);
}

function changed({ stage }: Playing, { entry }: Met): null {
  if (entry.kind !== 'do' && entry.kind !== 'observe' && entry.kind !== 'verify') stage.set(entry.set);
  return null;
}

const stateOf = ({ stage }: Playing, { at }: Met): StepState | undefined =>
  stage.run(at.run).steps[at.step]?.state;

function ended(playing: Playing, met: Met, expected: StepEnd): string | null {
  const state = stateOf(playing, met);
  const [end, why] = state ? endOf(state) : (['offered', ''] as const);
  // What was observed was done; either word will do.
  const same = end === expected || (end === 'seen' && expected === 'done');
  return same ? null : `it ends ${end}, not ${expected}${why === '' ? '' : `: ${why}`}`.replace(/\.?$/, '.');
}

function endOf(state: StepState): readonly [string, string] {
  switch (state.kind) {
    case 'settled':
      switch (state.how.kind) {
        case 'done':
          return state.by === null ? ['seen', ''] : ['done', ''];
        case 'unseen':
          return ['unseen', state.how.message];
        case 'passed':
          return ['done', ''];
        default:
          return [state.how.kind, ''];
      }
    case 'failed':
    case 'inconclusive':
    case 'unknown':
      return [state.kind, state.message];
    // Asked for, and nobody has decided: it was not carried out either.
    case 'offering':
    case 'approving':
      return ['offered', ''];
    case 'verifying':
      return ['watching', ''];
    default:
      return [state.kind, ''];
  }
}
