import type { Context } from '../context.ts';
import { type AcknowledgeWithin, periodAt, targetsOf } from '../people/targets.ts';
import { isOn } from './watch.ts';

/**
 * Within what an incident that is opened now must be acknowledged; undefined where nothing but the usual limits applies,
 * which every version of the log knows without having them written down.
 */
export function acknowledgeWithin(
  service: string | null,
  { watches, now, room }: Pick<Context, 'watches' | 'now' | 'room'>,
): AcknowledgeWithin | undefined {
  const watch = watches.find((each) => each.service === service && isOn(each, now));
  if (!watch) return room.targets?.always;
  const period = periodAt(watch.periods, now - watch.startedAt);
  const { critical, warning } = watch.periods[period] ?? targetsOf(room).always;
  return { critical, warning, watch: { id: watch.id, period } };
}
