import { time } from '../../../core/moment.ts';
import type { Settled, StepState } from '../../../core/run/run.ts';
import { foreign, foreignLines, who } from '../escape.ts';
import { actions, button, context, preformatted, section } from './blocks.ts';
import { type StepBody, type StepShown, stepValue } from './stepShown.ts';
import { excerpt, stepTitle, tookText, verifiedText } from './words.ts';

/** Steps that are over: one line that says how; only what could not be seen may be looked at again. */
export function settled(shown: StepShown, state: Extract<StepState, { kind: 'settled' }>): StepBody {
  const { head, figures } = sentence(shown, state.how);
  const by = state.by === null ? [] : [who(state.by)];
  const said = [head, ...by, time(state.at), ...figures].join(' · ');
  const { step, record } = shown;
  const seen = step.kind === 'observe' ? excerpt(record.output) : '';
  const look =
    step.kind === 'observe' && step.look !== undefined ? [`Look for: ${foreign(step.look, 300)}`] : [];
  const evidence =
    seen !== ''
      ? [preformatted(seen, 1_200), context(['Full output in the thread', ...look].join(' · '))]
      : step.kind === 'observe' && state.how.kind === 'done'
        ? [context(['It printed nothing', ...look].join(' · '))]
        : [];
  const again =
    state.how.kind === 'unseen'
      ? actions([button({ id: 'step.try-again', label: 'Look Again', value: stepValue(shown) })])
      : [];
  return { text: said, blocks: [section(said), ...evidence, ...again] };
}

/** Left behind: the same step stands further down, in a message of its own. */
export function reopened(shown: StepShown, state: Extract<StepState, { kind: 'reopened' }>): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 300);
  const said = `Left behind: *${title}*. ${foreign(state.why, 300)} · ${time(state.at)}`;
  return { text: said, blocks: [section(said)] };
}

/** What happened, and the figures that follow who did it and when. */
function sentence(shown: StepShown, how: Settled): { head: string; figures: readonly string[] } {
  if (how.kind !== 'done') return { head: headOf(shown, how), figures: [] };
  const { definition } = shown.view;
  return {
    head: headOf(shown, how),
    figures: [
      tookText(how.tookMs),
      ...(how.code === null || how.code === 0 ? [] : [`exit ${how.code}`]),
      ...(how.verified ? [verifiedText(definition, how.verified)] : []),
    ],
  };
}

function headOf(shown: StepShown, how: Settled): string {
  const { definition } = shown.view;
  const title = foreign(stepTitle(definition, shown.step), 300);
  switch (how.kind) {
    case 'done':
      return `✓ Done: *${title}*`;
    case 'chosen':
      return `✓ Chosen: *${foreign(labelOf(shown, how.option), 200)}* — ${title}`;
    case 'answered':
      return `✓ Answered: ${title} — ${foreignLines(how.answer, 1_000)}`;
    case 'held':
      return `✓ Verified: ${verifiedText(definition, how.verified)}`;
    case 'skipped':
      return `Skipped: *${title}*`;
    case 'accepted':
      return how.claim === 'worked'
        ? `✓ Said to have worked: *${title}*`
        : `✗ Said not to have worked: *${title}*`;
    case 'passed':
      return `✓ Passed: *${title}*`;
    case 'unseen':
      return `? Could not be seen: *${title}*. ${foreignLines(how.message, 500)}`;
    default: {
      const never: never = how;
      return never;
    }
  }
}

const labelOf = ({ step }: StepShown, option: string): string =>
  (step.kind === 'choose' ? step.options.find((each) => each.id === option)?.label : undefined) ?? option;
