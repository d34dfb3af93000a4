import { spokenDuration } from '../duration.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import type { RunEvent } from '../run/events.ts';
import type { AutomaticEnd } from '../run/run.ts';
import type { RunView } from '../view.ts';

type OfAutomatic = Extract<
  RunEvent,
  { type: 'AutomaticAnnounced' | 'AutomaticWithheld' | 'AutomaticHeld' | 'AutomaticDecided' }
>;

/** What the bot announced to do by itself, and what came of it; beside what people did, so that both can be compared. */
export function automaticSentence(
  event: OfAutomatic,
  name: string,
  view: RunView | undefined,
): string | null {
  switch (event.type) {
    case 'AutomaticAnnounced': {
      const { mode, dueAt } = event.data;
      // A shadow has nothing to announce; what it would have done is said when its moment has come.
      return mode === 'shadow'
        ? null
        : `Announced: ${name}, by itself in ${spokenDuration(Math.max(0, dueAt - event.at))} unless somebody holds it`;
    }
    case 'AutomaticWithheld':
      return `${name} is not carried out by itself: ${event.data.why}`;
    case 'AutomaticHeld':
      return `Held: ${name} is not carried out by itself`;
    case 'AutomaticDecided':
      return endSentence(event.data.end, name, view);
    default: {
      const never: never = event;
      return never;
    }
  }
}

function endSentence(end: AutomaticEnd, name: string, view: RunView | undefined): string {
  const found = foundThen(end, view);
  switch (end.kind) {
    case 'ran':
      return `Carried out by itself: ${name}; ${found}`;
    case 'would-run':
      return `Shadow: ${name} would have been carried out by itself; ${found}`;
    case 'left': {
      const why = {
        'no-data': found,
        met: found,
        busy: `${end.holder ?? 'another run'} was at work there`,
        late: 'its moment was noticed too late',
      }[end.why];
      return end.mode === 'live'
        ? `${name} was not carried out by itself: ${why}`
        : `Shadow: ${name} would not have been carried out by itself: ${why}`;
    }
    default: {
      const never: never = end;
      return never;
    }
  }
}

function foundThen({ indicator: name, reading }: AutomaticEnd, view: RunView | undefined): string {
  const indicator = view?.definition.service.indicators[name];
  const title = indicator?.title ?? name;
  if (reading.verdict === 'inconclusive') return `${title} was not known: ${reading.why}`;
  if (!indicator) return `${title} was ${reading.value}`;
  const { unit, objective } = indicator;
  return `${title} was ${formatValue(unit, reading.value)}, objective ${formatObjective(unit, objective)}`;
}
