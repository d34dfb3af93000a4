import { spokenDuration } from '../duration.ts';
import type { ClassFigures, PeriodFigures } from './report.ts';
import type { Blind } from './watch.ts';

/**
 * `3 incidents with 4 alerts, 2 of 3 in time, the slowest after 12 min`. Where nothing came it says that and no more, and
 * less where nobody could have heard of it all the time, or where alerts came in an incident that is not measured.
 */
export function figureWords(
  { takings, alerts, within, resolved, waiting, unknown, slowestMs }: ClassFigures,
  { isBlind, besides }: Pick<PeriodFigures, 'isBlind' | 'besides'>,
): string {
  if (takings.length === 0) {
    if (isBlind) return 'none is known to have come';
    return besides > 0 ? 'no incident was opened' : 'none came';
  }
  const judged = takings.length - waiting - unknown;
  return [
    `${counted(takings.length, 'incident')} with ${counted(alerts, 'alert')}`,
    ...(judged === 0
      ? []
      : [`${within} of ${judged} in time${resolved === 0 ? '' : ` (${resolved} by resolving it)`}`]),
    ...(waiting === 0 ? [] : [`${waiting} not acknowledged yet, with time left`]),
    ...(unknown === 0 ? [] : [`${unknown} of which nobody can say, since the clock was set back meanwhile`]),
    ...(slowestMs === null ? [] : [`the slowest after ${spokenDuration(slowestMs)}`]),
  ].join(', ');
}

/** Why it is not known what came meanwhile. */
export const blindWords: Readonly<Record<Blind['what'], string>> = {
  bot: 'Genesis did not run',
  alerts: 'Alertmanager did not tell which alerts it had',
};

export const counted = (count: number, what: string): string =>
  count === 0 ? `no ${what}` : `${count} ${what}${count === 1 ? '' : 's'}`;
