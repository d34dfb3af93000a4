import type { Button } from '@slack/types';
import { time } from '../../../core/moment.ts';
import type { Plan } from '../../../core/run/plan.ts';
import { planAction } from '../../../core/run/resolve.ts';
import type { StepState } from '../../../core/run/run.ts';
import { lastChoice } from '../../../core/run/walk.ts';
import { foreign, foreignLines, who } from '../escape.ts';
import { actions, button, context, preformatted, section } from './blocks.ts';
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
  const said = `✗ Failed: *${title}*. ${foreignLines(state.message, 1_000)}`;
  return {
    text: said,
    blocks: [
      section(said),
      ...output(shown),
      context(`${state.by === null ? '' : `${who(state.by)} · `}${time(state.at)}`),
      ...actions([tryAgain(shown, 'Try Again', state.plan, 'primary'), ...chooseAgain(shown), skip(shown)]),
    ],
  };
}

export function inconclusive(
  shown: StepShown,
  state: Extract<StepState, { kind: 'inconclusive' }>,
): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const said = `? Inconclusive: *${title}*. ${foreignLines(state.message, 1_000)}`;
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

export function unknown(shown: StepShown, state: Extract<StepState, { kind: 'unknown' }>): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const said = `? Outcome unknown: *${title}*. ${foreignLines(state.message, 1_000)}`;
  const probe = state.probe === null ? '' : `\nCheck said: ${probeText(shown, state)}`;
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
  step.kind === 'do' ? planAction(view.definition, step.action, step.budgetMs ?? null) : null;

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

function chooseAgain(shown: StepShown): Button[] {
  const { run, definition } = shown.view;
  return lastChoice(definition.playbook.steps, shown.step.id, run) === null
    ? []
    : [button({ id: 'step.choose-again', label: 'Choose Another', value: stepValue(shown) })];
}
