import type { Button } from '@slack/types';
import { time } from '../../../core/moment.ts';
import type { Plan } from '../../../core/run/plan.ts';
import { planStep } from '../../../core/run/resolve.ts';
import type { StepState } from '../../../core/run/run.ts';
import { badValue } from '../../../core/run/stepValues.ts';
import { lastChoice } from '../../../core/run/walk.ts';
import { foreign, foreignLines, who } from '../escape.ts';
import { actions, button, context, preformatted, section } from './blocks.ts';
import { evidenceText } from './stepLooks.ts';
import { type StepBody, type StepShown, stepValue } from './stepShown.ts';
import {
  indicatorOf,
  indicatorTitle,
  lastLines,
  objectiveText,
  places,
  stepTitle,
  valueText,
} from './words.ts';

/** Steps that need a person because something is wrong or not known. */

export function failed(shown: StepShown, state: Extract<StepState, { kind: 'failed' }>): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const head = tookBack(shown) ? '✗ Taken back, but its check failed' : '✗ Failed';
  const said = `${head}: *${title}*. ${foreignLines(state.message, 1_000)}`;
  return {
    text: said,
    blocks: [
      section(said),
      ...output(shown),
      ...evidence(shown),
      context(`${state.by === null ? '' : `${who(state.by)} · `}${time(state.at)}`),
      ...actions(
        state.code === badValue
          ? [answerAgain(shown), skip(shown)]
          : [tryAgain(shown, 'Try Again', state.plan, 'primary'), ...chooseAgain(shown), skip(shown)],
      ),
    ],
  };
}

/** Whether this step of an undo has done its work, whatever is found afterwards: the change is not in effect any more. */
const tookBack = ({ step, view }: StepShown): boolean =>
  step.kind === 'do' &&
  step.undoes !== undefined &&
  view.run.ledger.some(({ step: id, undoes }) => id === step.id && undoes !== undefined);

export function inconclusive(
  shown: StepShown,
  state: Extract<StepState, { kind: 'inconclusive' }>,
): StepBody {
  if (state.of === 'condition') return notJudged(shown, state);
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const head = tookBack(shown) ? '? Taken back, but its check is inconclusive' : '? Inconclusive';
  const said = `${head}: *${title}*. ${foreignLines(state.message, 1_000)}`;
  return {
    text: said,
    blocks: [
      section(`${said}\nNothing is known either way, so look at the service by hand before you go on.`),
      ...output(shown),
      context(`${state.by === null ? '' : `${who(state.by)} · `}${time(state.at)}`),
      ...actions([
        tryAgain(shown, shown.step.kind === 'do' ? 'Try Again' : 'Check Again', planOf(shown), 'primary'),
        ...chooseAgain(shown),
        skip(shown),
      ]),
    ],
  };
}

/** Nothing was done, and nothing is known to be wrong with the service: somebody says whether this is to be walked. */
function notJudged(shown: StepShown, state: Extract<StepState, { kind: 'inconclusive' }>): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const said = `? Do this or not: *${title}*. ${foreignLines(state.message, 1_000)}`;
  return {
    text: said,
    blocks: [
      section(said),
      context(time(state.at)),
      ...actions([tryAgain(shown, 'Go On With It', null, 'primary'), ...chooseAgain(shown), skip(shown)]),
    ],
  };
}

export function unknown(shown: StepShown, state: Extract<StepState, { kind: 'unknown' }>): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const said = `? Outcome unknown: *${title}*. ${foreignLines(state.message, 1_000)}`;
  const deciding =
    state.retry === undefined
      ? ''
      : '\nThe check is being read: where it says that nothing was done, there is one more try.';
  const probe = state.probe === null ? deciding : `\nCheck said: ${probeText(shown, state)}`;
  return {
    text: said,
    blocks: [
      section(`${said}${probe}`),
      ...output(shown),
      context(`Started by ${who(state.by)} · ${time(state.at)}`),
      ...actions([
        button({
          id: 'step.claim:1',
          label: 'It Worked',
          value: stepValue(shown, { option: 'worked' }),
        }),
        button({
          id: 'step.claim:2',
          label: 'It Did Not',
          value: stepValue(shown, { option: 'did-not' }),
        }),
        tryAgain(shown, 'Run Again', state.plan),
      ]),
    ],
  };
}

/** What the action's probe read after the bot came back. */
function probeText(shown: StepShown, state: Extract<StepState, { kind: 'unknown' }>): string {
  const { probe } = state;
  const name = state.plan.commands[state.command]?.probe ?? null;
  if (probe === null || name === null) return 'nothing';
  const { definition } = shown.view;
  const title = foreign(indicatorTitle(definition, name), 80);
  if (probe.verdict === 'inconclusive') return `${title}: no answer. ${foreign(probe.why, 300)}`;
  const indicator = indicatorOf(definition, name);
  return `${title} is ${valueText(indicator, probe.value)}, objective ${objectiveText(indicator)}`;
}

/** The last lines: what several commands printed stands in one piece, and the one that failed came last. */
const output = (shown: StepShown) => {
  const { text: lines } = lastLines(shown.record.output, 8);
  return lines === '' ? [] : [preformatted(lines, 1_500)];
};

/** What trying an inconclusive step again would do: for an action, all of it once more. */
const planOf = ({ step, view }: StepShown): Plan | null =>
  step.kind === 'do' ? planStep(view.definition, step, view.run) : null;

/** Trying a disruptive action again is doing it again, so it is asked for as the first time. */
function tryAgain(shown: StepShown, label: string, plan: Plan | null, style?: 'primary'): Button {
  return button({
    id: 'step.try-again',
    label,
    value: stepValue(shown),
    ...(style ? { style } : {}),
    ...(plan?.risk === 'disruptive'
      ? {
          confirm: {
            title: `${plan.title}?`,
            text: `${plan.says ?? 'Users may notice.'} On ${places(plan)}.`,
            yes: label,
          },
        }
      : {}),
  });
}

const skip = (shown: StepShown): Button =>
  button({ id: 'step.skip', label: 'Skip', value: stepValue(shown) });

/** The value that cannot be used came from an answer; that one is asked for anew, and nothing else. */
const answerAgain = (shown: StepShown): Button =>
  button({ id: 'step.choose-again', label: 'Answer Again', value: stepValue(shown), style: 'primary' });

const evidence = (shown: StepShown) => {
  const text = evidenceText(shown.record.looks);
  return text === null || text === '' || shown.step.kind === 'observe' ? [] : [context(text)];
};

function chooseAgain(shown: StepShown): Button[] {
  const { run, definition } = shown.view;
  return lastChoice(definition.playbook.steps, shown.step.id, run) === null
    ? []
    : [button({ id: 'step.choose-again', label: 'Choose Another', value: stepValue(shown) })];
}
