import type { Button } from '@slack/types';
import { time } from '../../../core/moment.ts';
import type { Announced, Reading } from '../../../core/run/run.ts';
import { foreign, who } from '../escape.ts';
import { button } from './blocks.ts';
import { type StepShown, stepValue } from './stepShown.ts';
import { indicatorOf, indicatorTitle, objectiveText, valueText } from './words.ts';

/** What the bot has announced to do by itself, or what came of it; null where it has announced nothing. */
export function automaticText(shown: StepShown): string | null {
  const { record, view } = shown;
  const { automatic } = record;
  if (!automatic) return null;
  const { state, mode, dueAt } = automatic;
  switch (state.kind) {
    case 'pending': {
      if (record.state.kind !== 'offering') return null;
      const name = record.state.plan.verify?.indicator ?? '';
      const said =
        mode === 'live'
          ? `*The bot carries this out at ${time(dueAt)} unless someone holds it.*`
          : `Shadow: the bot would carry this out by itself at ${time(dueAt)}. Nothing runs by itself.`;
      return `${said} ${evidence(shown, name, record.baseline)}`;
    }
    case 'held':
      return `${who(state.by)} held this at ${time(state.at)}: the bot does not carry it out by itself.`;
    case 'withheld':
      return `The bot does not carry this out by itself: ${foreign(state.why, 500)}`;
    case 'ran':
      return `Carried out by the bot at ${time(state.at)}, as announced: ${found(shown, state.indicator, state.reading)}.`;
    case 'would-run': {
      const off = mode === 'live' ? ' Automatic execution is switched off.' : '';
      return `Shadow: the bot would have carried this out at ${time(state.at)}: ${found(shown, state.indicator, state.reading)}. Nothing was run.${off}`;
    }
    case 'left': {
      const why = {
        'no-data': found(shown, state.indicator, state.reading),
        met: found(shown, state.indicator, state.reading),
        busy: `${foreign(state.holder ?? 'another run', 40)} is at work on ${foreign(view.run.service, 100)}`,
        late: `it was announced for ${time(dueAt)}, and that was too long ago`,
      }[state.why];
      return state.mode === 'live'
        ? `*The bot did not carry this out by itself* at ${time(state.at)}: ${why}. Please decide.`
        : `Shadow: the bot would not have carried this out at ${time(state.at)}: ${why}.`;
    }
    default: {
      const never: never = state;
      return never;
    }
  }
}

/** While the bot waits to act by itself: somebody may be quicker, or keep it from acting. */
export const isAnnounced = ({ record }: StepShown): boolean =>
  record.automatic?.mode === 'live' && record.automatic.state.kind === 'pending';

export const holdButton = (shown: StepShown): Button =>
  button({ id: 'step.hold', label: 'Hold', value: stepValue(shown) });

/** Tells states of one message apart that differ in this alone. */
export const automaticTag = (automatic: Announced | undefined): string =>
  automatic ? `-${automatic.mode}-${automatic.state.kind}` : '';

/** What the decision will rest on, as it was when the step was offered. */
function evidence(shown: StepShown, name: string, baseline: Reading | null): string {
  const title = foreign(indicatorTitle(shown.view.definition, name), 80);
  if (baseline === null) return `${title} is being read.`;
  const then = `It acts only if a reading at that moment ${baseline.verdict === 'fail' ? 'still misses' : 'misses'} it.`;
  if (baseline.verdict === 'inconclusive')
    return `${found(shown, name, baseline)}. Without data it does nothing.`;
  return `${found(shown, name, baseline)}. ${then}`;
}

function found({ view }: StepShown, name: string, reading: Reading): string {
  const indicator = indicatorOf(view.definition, name);
  const title = foreign(indicatorTitle(view.definition, name), 80);
  if (reading.verdict === 'inconclusive')
    return `${title} could not be read: ${foreign(reading.why.replace(/\.$/, ''), 300)}`;
  return `${title} ${valueText(indicator, reading.value)}, objective ${objectiveText(indicator)}`;
}
