import type { Context } from '../context.ts';
import { classOf, standardTargets } from '../people/targets.ts';
import { paced } from '../playbook/pace.ts';
import type { Severity } from '../severity.ts';
import { isOn } from '../watch/watch.ts';
import type { IncidentDraft } from './effects.ts';
import type { Incident } from './incident.ts';

/** How soon an incident must be acknowledged, and by when that was. */

/** What is only in the log calls for nobody. */
export const mustBeTaken = ({ place, drill }: Pick<Incident, 'place' | 'drill'>): boolean =>
  place.kind !== 'log' && !drill;

type Limited = Pick<Incident, 'severity' | 'unattended' | 'acknowledgeWithin' | 'acknowledgeBy'>;

/** When its time is over, in milliseconds since the epoch; `pace` divides the usual limits, where no others were written. */
export function acknowledgeBy(incident: Limited, pace: number): number {
  return incident.acknowledgeBy ?? incident.unattended.since + limitFor(incident, incident.severity, pace);
}

const limitFor = (
  { acknowledgeWithin }: Pick<Incident, 'acknowledgeWithin'>,
  severity: Severity,
  pace: number,
): number => {
  const alertClass = classOf(severity);
  return acknowledgeWithin?.[alertClass] ?? paced(standardTargets.always[alertClass], pace);
};

/**
 * The new limit where the severity of what nobody has yet becomes another. What becomes critical has that time from then
 * on, and never longer than it had as a warning; what was `hidden` in the log until then has all of its time.
 */
export function limitAfter(
  incident: Incident,
  severity: Severity,
  { now, pace, hidden }: { readonly now: number; readonly pace: number; readonly hidden: boolean },
): { readonly acknowledgeBy?: number } {
  if (incident.acknowledged) return {};
  const limit = limitFor(incident, severity, pace);
  if (hidden) return { acknowledgeBy: now + limit };
  if (classOf(severity) === classOf(incident.severity)) return {};
  const { since } = incident.unattended;
  if (classOf(severity) === 'warning') return { acknowledgeBy: since + limit };
  return { acknowledgeBy: Math.min(now + limit, acknowledgeBy(incident, pace)) };
}

/** Of alerts that come in an incident which the watch does not measure it knows nonetheless. */
export function tellWatchOfAlert(
  draft: IncidentDraft,
  service: string | null,
  { watches, now }: Pick<Context, 'watches' | 'now'>,
): void {
  const { id, acknowledgeWithin } = draft.state;
  const on = watches.find((each) => each.service === service && isOn(each, now));
  if (!on || on.id === acknowledgeWithin?.watch?.id || on.incidents.includes(id)) return;
  const command = { actor: { kind: 'bot' }, type: 'watch.incident', watch: on.id, incident: id } as const;
  draft.effect({ kind: 'tell', command });
}

/** The watch that is on over the service counts what is opened meanwhile. */
export function tellWatch(draft: IncidentDraft): void {
  const { id, acknowledgeWithin } = draft.state;
  const watch = acknowledgeWithin?.watch;
  if (!watch) return;
  const command = { actor: { kind: 'bot' }, type: 'watch.incident', watch: watch.id, incident: id } as const;
  draft.effect({ kind: 'tell', command });
}
