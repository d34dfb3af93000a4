import type { Context } from '../context.ts';
import type { Incident } from '../incident/incident.ts';
import { isOpen, isUrgent } from '../incident/incident.ts';
import type { Definition, RollbackTrigger } from '../playbook/definition.ts';
import type { Reading, Run, StepRecord } from './run.ts';

/**
 * When a commander may act without the second person: in a P0, and in a P1 that is past a trigger for taking back what
 * was put in place. What shows that has to be known already: the time that its playbook gives it has passed and alerts
 * still fire, or readings of this run have stayed beyond a trigger of the indicator, until now, for as long as the
 * trigger says. While a request waits, the bot reads what has a trigger by itself (see triggerLook.ts). A P0 that the commander made of it by a click is only their own word, and counts as a P1.
 */
export type Glass = { readonly open: true; readonly why: string | null } | { readonly open: false };

export function glassFor(run: Run, { incident, definition, now }: Around): Glass {
  if (!incident || !isOpen(incident) || !isUrgent(incident.severity)) return { open: false };
  if (incident.severity === 'P0' && !raisedByCommander(incident)) return { open: true, why: null };
  if (incident.unresolvedSaid && incident.allQuietSince === null)
    return { open: true, why: 'it is not resolved in the time after which a rollback is offered' };
  const why = beyondTrigger(run, definition, now);
  return why === null ? { open: false } : { open: true, why };
}

/** `now` is milliseconds since the epoch. */
type Around = {
  readonly incident: Incident | null;
  readonly definition: Definition;
  readonly now: number;
};

const raisedByCommander = ({ raisedBy, roles }: Incident): boolean =>
  raisedBy !== undefined && raisedBy === roles.commander;

/** The title of the first indicator whose readings stayed beyond a trigger; null where none is known to have. */
function beyondTrigger(run: Run, definition: Definition, now: number): string | null {
  const readings = readingsOf(run);
  for (const [name, { title, rollback = [] }] of Object.entries(definition.service.indicators)) {
    const own = (readings.get(name) ?? []).toSorted((a, b) => a.at - b.at);
    for (const trigger of rollback)
      if (trigger.during === 'incident' && stayedBeyond(own, trigger, now))
        return `${title} stayed past its rollback trigger`;
  }
  return null;
}

/** Eight looks at the usual rhythm: after a longer time without a reading nobody knows what was between, or what is now. */
const unseenMs = 2 * 60_000;

/** Whether the newest readings, one soon after the other without a good one, reach until now and span the time of the trigger. */
function stayedBeyond(
  readings: readonly Reading[],
  { kind, value, forMs }: RollbackTrigger,
  now: number,
): boolean {
  const beyond = (reading: Reading) =>
    reading.verdict !== 'inconclusive' && (kind === 'above' ? reading.value > value : reading.value < value);
  const longest = Math.min(unseenMs, forMs);
  const newest = readings.at(-1);
  if (!newest || newest.at > now || now - newest.at > longest) return false;
  const broken = readings.findLastIndex(
    (reading, index) => !beyond(reading) || (readings[index + 1] ?? newest).at - reading.at > longest,
  );
  const first = readings[broken + 1];
  return first !== undefined && newest.at - first.at >= forMs;
}

function readingsOf(run: Run): ReadonlyMap<string, readonly Reading[]> {
  const found = new Map<string, Reading[]>();
  const add = (indicator: string, reading: Reading | null) => {
    if (reading) found.set(indicator, [...(found.get(indicator) ?? []), reading]);
  };
  const of = ({ state, baseline, automatic, watched }: Omit<StepRecord, 'past'>) => {
    const indicator = verifiedBy(state);
    if (indicator !== undefined) add(indicator, baseline);
    for (const reading of watched?.readings ?? []) add(watched?.indicator ?? '', reading);
    if (automatic && 'reading' in automatic.state) add(automatic.state.indicator, automatic.state.reading);
  };
  for (const [indicator, readings] of Object.entries(run.triggers ?? {}))
    for (const reading of readings) add(indicator, reading);
  for (const record of Object.values(run.steps)) {
    of(record);
    for (const past of Object.values(record.past ?? {})) of(past);
  }
  return found;
}

/** What the step is verified by, as far as its state says; the reading from before is of that. */
function verifiedBy(state: StepRecord['state']): string | undefined {
  switch (state.kind) {
    case 'verifying':
      return state.gate.indicator;
    case 'offering':
    case 'running':
      return state.plan.verify?.indicator;
    case 'approving':
      return state.approval.plan.verify?.indicator;
    default:
      return undefined;
  }
}

/** Why this person may not break it, or null where they may. */
export function notYourGlass(
  run: Run,
  { incident, definition, now }: Pick<Context, 'incident' | 'now'> & { definition: Definition },
  by: string,
): string | null {
  const glass = glassFor(run, { incident, definition, now });
  if (glass.open && incident?.roles.commander === by) return null;
  if (incident?.severity === 'P1' && !glass.open)
    return 'In a P1 the commander may break the glass only once it is past a rollback trigger. Ask for an approval.';
  if (incident?.severity === 'P0' && !glass.open && incident.roles.commander === by)
    return 'You raised this incident to P0 yourself, and that alone does not let you break the glass. Ask for an approval.';
  return incident?.severity === 'P1'
    ? 'Only the commander of the incident may break the glass. Ask for an approval.'
    : 'Only the commander of a P0 incident may break the glass. Ask for an approval.';
}
