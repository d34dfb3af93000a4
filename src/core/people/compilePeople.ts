import type { Calendar, Closed, Hours } from '../calendar/calendar.ts';
import { isZone } from '../calendar/hours.ts';
import { unknownName } from '../playbook/nearest.ts';
import { type Pace, paced } from '../playbook/pace.ts';
import type { Path } from '../playbook/problem.ts';
import { readSource } from '../playbook/readSource.ts';
import type { Reporter, RoomFile } from '../playbook/reporting.ts';
import type { ServiceBook } from '../playbook/serviceBook.ts';
import { severities } from '../severity.ts';
import { compileTargets } from './compileTargets.ts';
import type { Chain, Level } from './escalation.ts';
import {
  type CalendarSource,
  calendarSource,
  dutySource,
  type EscalationSource,
  escalationSource,
  rosterSource,
  weekdayNumber,
} from './peopleSource.ts';
import type { Duty, Roster } from './roster.ts';
import type { Targets } from './targets.ts';

/** Where no calendar is written: nothing is ever closed, and business hours are those of most offices, in UTC. */
export const openCalendar: Calendar = {
  zone: 'UTC',
  windows: [],
  closed: [],
  businessHours: { days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 },
};

export function compileRoster(file: RoomFile, report: Reporter): Roster | undefined {
  const read = readSource(rosterSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const roster: Record<string, Duty> = {};
  for (const [name, written] of Object.entries(read.value.roster)) {
    const duty = readSource(dutySource, written ?? {}, ['roster', name]);
    if (!duty.ok) report.add(duty.complaints);
    // A duty that cannot be read is still one that can be named, so that chains are not blamed for it.
    const { title, usergroup, users, pagerduty, phone } = duty.ok ? duty.value : dutySource.parse({});
    roster[name] = {
      name,
      title: title ?? name,
      usergroup: usergroup ?? null,
      users: users ?? [],
      pagerduty: pagerduty
        ? { routingKey: pagerduty.routing_key, escalationPolicy: pagerduty.escalation_policy ?? null }
        : null,
      phone: phone ?? null,
    };
  }
  return roster;
}

export type Escalation = { readonly chains: readonly Chain[]; readonly targets?: Targets };

export function compileEscalation(
  file: RoomFile,
  report: Reporter,
  {
    services,
    roster,
    pace,
  }: {
    readonly services: ReadonlyMap<string, ServiceBook | null>;
    readonly roster: Roster;
    readonly pace: Pace;
  },
): Escalation | undefined {
  const read = readSource(escalationSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const { targets } = read.value;
  const chains = Object.entries(read.value.chains).map(([name, written]): Chain => {
    const path = ['chains', name];
    checkServices(written.on, [...path, 'on'], services, report);
    return {
      name,
      services: written.on,
      severities: written.severities ?? severities,
      levels: written.levels.map((level, index) => {
        const at = [...path, 'levels', index];
        if (!Object.hasOwn(roster, level.call))
          report.error([...at, 'call'], unknownName('duty', level.call, Object.keys(roster)));
        return levelOf(level, { at, report, pace, title: roster[level.call]?.title ?? level.call });
      }),
    };
  });
  return { chains, ...(targets && { targets: compileTargets(targets, report, pace) }) };
}

type LevelSource = EscalationSource['chains'][string]['levels'][number];

function levelOf(
  level: LevelSource,
  { at, report, pace, title }: { at: Path; report: Reporter; pace: Pace; title: string },
): Level {
  const { answer_within: written } = level;
  const of = (severity: (typeof severities)[number]): number => {
    if (typeof written === 'number') return written;
    // A severity that is left out has as long as the next milder one that is not.
    const from = severities.slice(severities.indexOf(severity));
    return from.map((each) => written[each]).find((each) => each !== undefined) ?? 0;
  };
  const within = Object.fromEntries(severities.map((each) => [each, paced(of(each), pace)]));
  if (Object.values(within).some((ms) => ms <= 0))
    report.error(
      [...at, 'answer_within'],
      'Give a time for every severity: one duration for all, or one up to P4.',
    );
  return {
    title: level.title ?? title,
    call: level.call,
    answerWithinMs: within as Level['answerWithinMs'],
    ...(level.resolve_within !== undefined && { resolveWithinMs: paced(level.resolve_within, pace) }),
    businessHoursOnly: level.only === 'business-hours',
  };
}

function checkServices(
  on: readonly string[] | 'any',
  path: Path,
  services: ReadonlyMap<string, ServiceBook | null>,
  report: Reporter,
): void {
  if (on === 'any') return;
  for (const [at, service] of on.entries())
    if (!services.has(service))
      report.error([...path, at], unknownName('service', service, [...services.keys()]));
}

export function compileCalendar(
  file: RoomFile,
  report: Reporter,
  services: ReadonlyMap<string, ServiceBook | null>,
): Calendar | undefined {
  const read = readSource(calendarSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const source = read.value;
  if (!isZone(source.timezone)) {
    report.error(
      ['timezone'],
      `\`${source.timezone}\` is no time zone; write its IANA name, such as \`America/Chicago\`.`,
    );
    return undefined;
  }
  return {
    zone: source.timezone,
    windows: (source.windows ?? []).map((window, index) => {
      checkServices(window.on, ['windows', index, 'on'], services, report);
      return { services: window.on, ...hoursOf(window, ['windows', index], report) };
    }),
    closed: (source.closed ?? []).flatMap((each, index) => closedOf(each, ['closed', index], report)),
    businessHours: hoursOf(source.business_hours, ['business_hours'], report),
  };
}

function hoursOf({ days, from, to }: CalendarSource['business_hours'], path: Path, report: Reporter): Hours {
  if (from >= to)
    report.error([...path, 'to'], 'Hours end on the day on which they begin; write two entries for a night.');
  return { days: days.map(weekdayNumber), fromMinute: from, toMinute: to };
}

function closedOf(
  written: NonNullable<CalendarSource['closed']>[number],
  path: Path,
  report: Reporter,
): readonly Closed[] {
  const { date, from, to, why, last_days_of_quarter: quarter, last_days_of_month: month } = written;
  const kinds = [date ?? from ?? to, quarter, month].filter((each) => each !== undefined);
  if (kinds.length !== 1 || (date !== undefined && (from !== undefined || to !== undefined))) {
    report.error(
      path,
      'A closed time is exactly one of `date`, `from` with `to`, `last_days_of_quarter` and `last_days_of_month`.',
    );
    return [];
  }
  if (quarter !== undefined) return [{ kind: 'last-days-of-quarter', days: quarter }];
  if (month !== undefined) return [{ kind: 'last-days-of-month', days: month }];
  const first = date ?? from;
  const last = date ?? to;
  if (first === undefined || last === undefined || why === undefined) {
    report.error(path, 'Closed dates have a `why`, and either `date` or both `from` and `to`.');
    return [];
  }
  if (last < first) {
    report.error([...path, 'to'], `${last} comes before ${first}.`);
    return [];
  }
  return [{ kind: 'dates', from: first, to: last, why }];
}
