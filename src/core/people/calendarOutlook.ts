import type { Calendar } from '../calendar/calendar.ts';
import { momentIn } from '../calendar/gate.ts';
import { windowState } from '../calendar/hours.ts';
import type { Reporter } from '../playbook/reporting.ts';

/** What only a date can tell of a calendar: that a service is never open again, and that its closed dates are all past. */
export function checkOutlook(
  { calendar, services, today }: { calendar: Calendar; services: readonly string[]; today: number },
  report: Reporter,
): void {
  for (const service of services) {
    const state = windowState(calendar, service, today);
    if (state.kind === 'closed' && state.opensAt === null)
      report.warning(
        ['windows'],
        `\`${service}\` is closed for all of the next 400 days, so no planned change of it ever starts.`,
        'key',
      );
  }
  const ends = calendar.closed.flatMap((each) => (each.kind === 'dates' ? [each.to] : []));
  const last = ends.toSorted().at(-1);
  const [, date = ''] = momentIn(calendar.zone, today).split(' ');
  if (last !== undefined && last < date)
    report.warning(
      ['closed'],
      `The calendar ends on ${last}: every closed date has passed. Write down those that come, or leave them out.`,
      'key',
    );
}
