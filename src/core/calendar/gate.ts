import { Temporal } from 'temporal-polyfill';
import type { Incident } from '../incident/incident.ts';
import { isOpen } from '../incident/incident.ts';
import { dayAndTime } from '../moment.ts';
import type { Playbook } from '../playbook/definition.ts';
import type { IncidentId } from '../stream.ts';
import type { Calendar } from './calendar.ts';
import { concerns, type Freeze, isInForce, spokenScope } from './freeze.ts';
import { windowState } from './hours.ts';

/**
 * Whether a planned change may be started on services now: within their windows, on no closed day, in no freeze, and
 * with no incident open on any of them. Nothing but a procedure that says `window: required` ever asks.
 */

/** One reason against it. `key` stays the same as long as it is the same reason; `text` is a sentence without markup. */
export type Blocker = { readonly key: string; readonly text: string };

export type Gate =
  /** `until` is null where nothing that is known today closes it. */
  | { readonly kind: 'open'; readonly until: number | null }
  | {
      readonly kind: 'closed';
      readonly blockers: readonly Blocker[];
      /** By the calendar and the ends of freezes; null where that is within no year, or where nobody knows. */
      readonly opensAt: number | null;
      /** What has to be over before, and has no moment: incidents, and freezes that stand until they are lifted. */
      readonly waitsFor: readonly string[];
    };

export type Around = {
  readonly now: number;
  readonly calendar: Calendar;
  readonly freezes: readonly Freeze[];
  readonly openIncidents: readonly Incident[];
};

/** Mitigations and rollbacks are never held up, whatever a file says. */
export const isHeldToWindows = ({ kind, name, window }: Playbook): boolean =>
  window === 'required' && kind === 'procedure' && !isRollback(name);

export const isRollback = (name: string): boolean => name.startsWith('rollback-');

/** The services, each of which has to be open; the earliest end of any is the end of all. */
export function gateOf(services: readonly string[], around: Around): Gate {
  const { now, calendar, openIncidents } = around;
  const freezes = around.freezes.filter((each) => concerns(each, services));
  const frozen = freezes.filter((each) => isInForce(each, now));
  const incidents = openIncidents.filter(
    (each) => isOpen(each) && !each.drill && each.service !== null && services.includes(each.service),
  );
  const windows = services.map((service) => windowState(calendar, service, now));
  const blockers = unique([
    ...windows.flatMap((state) =>
      state.kind === 'closed' ? state.reasons.map((text) => ({ key: text, text })) : [],
    ),
    ...frozen.map((each) => ({ key: each.id, text: frozenText(each, calendar) })),
    ...incidents.map(({ id, service }) => ({ key: id, text: `${id} is open on ${service}.` })),
  ]);
  if (blockers.length === 0) {
    const ends = windows.flatMap((state) => (state.kind === 'open' ? (state.until ?? []) : []));
    return { kind: 'open', until: ends.length === 0 ? null : Math.min(...ends) };
  }
  return {
    kind: 'closed',
    blockers,
    opensAt: opensAt(services, { now, calendar, freezes: frozen }),
    waitsFor: [
      ...incidents.map(({ id }): IncidentId => id),
      ...frozen.filter(({ until }) => until === null).map(({ id }) => id),
    ],
  };
}

const frozenText = ({ id, until, why, ...freeze }: Freeze, { zone }: Calendar): string =>
  `${id} freezes ${spokenScope(freeze)}${until === null ? '' : ` until ${momentIn(zone, until)}`}: ${why.replace(/[.\s]+$/, '')}.`;

function unique(blockers: readonly Blocker[]): readonly Blocker[] {
  return blockers.filter(({ key }, index) => blockers.findIndex((each) => each.key === key) === index);
}

/** Every freeze and every window of every service can push it further only this often. */
const mostPushes = 1_000;

/** The first moment at which every window is open and every freeze with an end is over. */
function opensAt(
  services: readonly string[],
  { now, calendar, freezes }: Pick<Around, 'now' | 'calendar' | 'freezes'>,
): number | null {
  let moment = now;
  for (let pushed = 0; pushed < mostPushes; pushed += 1) {
    const later = nextOpening(services, moment, { calendar, freezes });
    if (later === null) return null;
    if (later === moment) return moment;
    moment = later;
  }
  return null;
}

/** The moment itself where everything is open; else a later one before which something is closed. */
function nextOpening(
  services: readonly string[],
  moment: number,
  { calendar, freezes }: Pick<Around, 'calendar' | 'freezes'>,
): number | null {
  const frozen = freezes.find(({ until }) => until !== null && moment < until);
  if (frozen?.until != null) return frozen.until;
  for (const service of services) {
    const state = windowState(calendar, service, moment);
    if (state.kind === 'closed') return state.opensAt;
  }
  return moment;
}

/** A moment as a clock on the wall of that zone shows it: `Tue 2026-11-24 10:00 (America/Chicago)`. */
export function momentIn(zone: string, at: number): string {
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][there.dayOfWeek - 1] ?? '';
  return `${day} ${there.toPlainDate().toString()} ${there.toPlainTime().toString({ smallestUnit: 'minute' })} (${zone})`;
}

/** In the reader's own time zone, as the chat renders it, and in the calendar's. */
export const bothZones = (zone: string, at: number): string => `${dayAndTime(at)}, ${momentIn(zone, at)}`;

/** When it opens next, as a sentence of its own. */
export function openingText(
  { opensAt: at, waitsFor }: Extract<Gate, { kind: 'closed' }>,
  zone: string,
): string {
  const first =
    waitsFor.length === 0
      ? ''
      : `${listed(waitsFor)} ${waitsFor.length === 1 ? 'has' : 'have'} to be over first. `;
  if (at === null) return `${first}The calendar opens no window within a year.`;
  return waitsFor.length === 0
    ? `It opens next ${bothZones(zone, at)}.`
    : `${first}By the calendar the next moment is ${bothZones(zone, at)}.`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
