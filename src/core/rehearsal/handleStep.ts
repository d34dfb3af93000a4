import type { CommandBody } from '../command.ts';
import type { Answer } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { eitherOf, nearest } from '../playbook/nearest.ts';
import type { CommandOutcome } from '../run/events.ts';
import type { StepState } from '../run/run.ts';
import { decide, type Playing, person, refusal } from './playing.ts';
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
      const option = step.options.find(({ label }) => label === entry.answer.trim());
      if (!option) {
        const labels = step.options.map(({ label }) => label);
        const meant = nearest(entry.answer, labels);
        return `"${entry.answer}" is none of its answers; ${meant === undefined ? `there is ${eitherOf(labels)}` : `did you mean \`${meant}\``}.`;
      }
      const answer = say(playing, met, { type: 'run.choose', option: option.id });
      return settled(playing, met, answer, entry.ends === 'not-allowed');
    }
    case 'ask': {
      if (step.kind === 'ask' && step.input.kind === 'options' && !step.input.options.includes(entry.answer))
        return `"${entry.answer}" is none of its answers; there is ${eitherOf(step.input.options)}.`;
      return settled(playing, met, say(playing, met, { type: 'run.answer', answer: entry.answer }), false);
    }
    case 'checklist':
      return settled(playing, met, say(playing, met, { type: 'run.answer', answer: 'All done.' }), false);
    case 'wait': {
      if (entry.skip) return settled(playing, met, say(playing, met, { type: 'run.skip' }), false);
      const state = stateOf(playing, met);
      if (state?.kind === 'waiting') playing.stage.moveTo(state.until);
      return changed(playing, met);
    }
    default:
      return null;
  }
}

function carryOut(playing: Playing, met: Met, entry: Extract<Entry, { kind: 'do' }>): string | null {
  if (entry.skip) {
    const refused = settled(
      playing,
      met,
      say(playing, met, { type: 'run.skip' }),
      entry.ends === 'not-allowed',
    );
    return refused ?? (entry.ends === 'not-allowed' ? null : ended(playing, met, entry.ends ?? 'skipped'));
  }
  // A second try and a procedure that was approved as a whole are under way already.
  if (stateOf(playing, met)?.kind === 'offering' && entry.ends !== 'offered') {
    const answer = say(playing, met, { type: 'run.perform' });
    if (entry.ends === 'not-allowed' || answer.kind === 'refused')
      return settled(playing, met, answer, entry.ends === 'not-allowed');
  }
  const { stage, scenario } = playing;
  const { run, step } = met.at;
  const record = stage.run(run).steps[step];
  if (record?.state.kind === 'approving') {
    const by = entry.by ?? scenario.by;
    const wish = { run, wish: entry.approval, by, step: { id: step, attempt: record.attempt } };
    const refused = decide(playing, wish);
    if (refused !== null) return refused;
  }
  drive(playing, met, entry.commands);
  return (
    changed(playing, met) ??
    ended(playing, met, entry.ends ?? (entry.approval === 'approve' ? 'done' : 'offered')) ??
    after(playing, met, entry.followUps)
  );
}

/** Ends every command of the step as the line says, then watches its gate to the end. */
function drive(playing: Playing, met: Met, commands: Commands | null): void {
  const { stage } = playing;
  for (let command = stage.command(met.at); command; command = stage.command(met.at))
    endCommand(playing, met, command, commands);
  stage.set(met.entry.set);
  while (stateOf(playing, met)?.kind === 'verifying' && stage.read(met.at));
}

function endCommand(playing: Playing, met: Met, effect: CommandEffect, commands: Commands | null): void {
  const { stage } = playing;
  const { planned } = effect;
  const own = met.step.kind === 'do' || met.step.kind === 'observe' ? met.step.action : null;
  const isOwn = planned.action === own;
  const exit =
    commands?.exits.get(planned.action) ??
    (isOwn ? commands?.exits.get(null) : undefined) ??
    planned.succeeds[0] ??
    0;
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

type Said = CommandBody extends infer B
  ? B extends { run: string; step: string; attempt: number }
    ? Omit<B, 'run' | 'step' | 'attempt'>
    : never
  : never;

function bodyOf(then: FollowUp): Said {
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

function say(playing: Playing, { at, entry }: Met, said: Said): Answer {
  const { stage, scenario } = playing;
  const run = stage.run(at.run);
  const attempt = run.steps[at.step]?.attempt ?? 1;
  const actor = person(playing, 'responder', entry.by ?? scenario.by, run.service);
  return stage.give({ actor, run: at.run, step: at.step, attempt, ...said });
}

/** After a word of a person: what it changed, or that it was refused as it should be. */
function settled(playing: Playing, met: Met, answer: Answer, forbidden: boolean): string | null {
  if (!forbidden) return refusal(answer) ?? changed(playing, met);
  if (answer.kind !== 'refused') return 'whoever this is may do it, and it was done.';
  if (answer.code !== 'not-allowed') return `it is refused, though for another reason: ${answer.message}`;
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
    case 'offering':
      return ['offered', ''];
    default:
      return [state.kind, ''];
  }
}
