import type { KnownBlock } from '@slack/types';
import { subjectKey } from '../../../core/effect.ts';
import { time } from '../../../core/moment.ts';
import type { Look, Settled, StepState } from '../../../core/run/run.ts';
import { foreign, foreignLines, link, who } from '../escape.ts';
import { actions, button, context, type Frame, preformatted, section } from './blocks.ts';
import { evidenceText, excerpts, seenText } from './stepLooks.ts';
import { type StepBody, type StepShown, stepValue } from './stepShown.ts';
import { excerpt, stepTitle, tookText, verifiedText } from './words.ts';

/** Steps that are over: one line that says how; only what could not be seen may be looked at again. */
export function settled(
  shown: StepShown,
  state: Extract<StepState, { kind: 'settled' }>,
  frame: Frame,
): StepBody {
  const { head, figures } = sentence(shown, state.how, frame);
  const by = state.by === null ? [] : [who(state.by)];
  const said = [head, ...by, time(state.at), ...figures].join(' · ');
  const { step, record } = shown;
  const { looks } = record;
  if (looks && looks.length > 0) return { text: said, blocks: [section(said), ...seenBlocks(shown, looks)] };
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

/** What several observations showed; for an action, what was kept before it. */
function seenBlocks(shown: StepShown, looks: readonly Look[]): KnownBlock[] {
  const { step } = shown;
  if (step.kind !== 'observe') {
    const evidence = evidenceText(looks);
    return evidence === null ? [] : [context(evidence)];
  }
  const missed = looks.some(({ end }) => end?.unseen != null);
  return [
    ...excerpts(looks, 2_400),
    context(
      [
        'Full output in the thread',
        ...(step.look === undefined ? [] : [`Look for: ${foreign(step.look, 300)}`]),
      ].join(' · '),
    ),
    ...(missed
      ? actions([button({ id: 'step.try-again', label: 'Look Again', value: stepValue(shown) })])
      : []),
  ];
}

/** Left behind: the same step stands further down, in a message of its own. */
export function reopened(shown: StepShown, state: Extract<StepState, { kind: 'reopened' }>): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 300);
  const said = `Left behind: *${title}*. ${foreign(state.why, 300)} · ${time(state.at)}`;
  return { text: said, blocks: [section(said)] };
}

/** What happened, and the figures that follow who did it and when. */
function sentence(
  shown: StepShown,
  how: Settled,
  frame: Frame,
): { head: string; figures: readonly string[] } {
  if (how.kind !== 'done') return { head: headOf(shown, how, frame), figures: [] };
  const { definition } = shown.view;
  const { looks } = shown.record;
  return {
    head: headOf(shown, how, frame),
    figures: [
      ...(shown.step.kind === 'observe' && looks ? [seenText(looks)] : []),
      tookText(how.tookMs),
      ...(how.code === null || how.code === 0 ? [] : [`exit ${how.code}`]),
      ...(how.verified ? [verifiedText(definition, how.verified)] : []),
    ],
  };
}

function headOf(shown: StepShown, how: Settled, frame: Frame): string {
  const { definition } = shown.view;
  const title = foreign(stepTitle(definition, shown.step), 300);
  switch (how.kind) {
    case 'done':
      return `✓ Done: *${title}*`;
    case 'chosen':
      return `✓ Chosen: *${foreign(labelOf(shown, how.option), 200)}* — ${title}`;
    case 'answered':
      return `✓ Answered: ${title} — ${foreignLines(how.answer, 1_000)}${listText(shown, 'done')}`;
    case 'held':
      return `✓ Verified: ${verifiedText(definition, how.verified)}`;
    case 'started': {
      if (how.run === null) return `✓ Started: *${title}*`;
      const url =
        frame.linkTo(subjectKey({ kind: 'plan', run: how.run })) ??
        frame.linkTo(subjectKey({ kind: 'run', run: how.run }));
      return `✓ Started: *${title}*, ${url === null ? how.run : link(url, how.run)}`;
    }
    case 'skipped':
      if (shown.step.kind === 'wait' && how.because === undefined)
        return `✓ Went on before the end: *${title}*`;
      if (shown.step.kind === 'offer' && how.because === undefined) return `Not now: *${title}*`;
      return `Skipped: *${title}*${how.because === undefined ? '' : `. ${foreign(how.because, 500)}`}${listText(shown, 'left open')}`;
    case 'failed':
      return `✗ Failed: *${title}*. ${foreignLines(how.message, 1_000)} The walk goes on with what the playbook has for that.`;
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

/** A list that was ticked item by item, with what became of the others. */
function listText({ step, record }: StepShown, others: 'done' | 'left open'): string {
  const { ticks = {} } = record;
  if (step.kind !== 'checklist' || Object.keys(ticks).length === 0) return '';
  const lines = step.items.map((item, index) => {
    const tick = ticks[index];
    const said = foreign(item, 200);
    if (tick) return `${index + 1}. ✓ ${said} — ${who(tick.by)}, ${time(tick.at)}`;
    return others === 'done' ? `${index + 1}. ✓ ${said}` : `${index + 1}. ${said} — left open`;
  });
  return `\n${lines.join('\n')}`;
}
