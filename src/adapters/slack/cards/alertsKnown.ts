import { type AttachedAlert, firingAlerts, type Incident, isOpen } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import { foreign } from '../escape.ts';

/** Names enough to know what it is about. */
const mostNamed = 3;

/** Lines for what is not known of the alerts any more; none while all is as it was delivered. */
export function alertsKnown(incident: Incident): readonly string[] {
  if (!isOpen(incident)) return [];
  return [...gone(incident), ...stale(incident)];
}

function gone(incident: Incident): readonly string[] {
  const missing = firingAlerts(incident).filter(({ fingerprint }) =>
    Object.hasOwn(incident.gone, fingerprint),
  );
  if (missing.length === 0) return [];
  const since = Math.min(...missing.map(({ fingerprint }) => incident.gone[fingerprint] ?? 0));
  const names = [...new Set(missing.map(({ name }) => foreign(name, 80)))];
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const which = `${names.slice(0, mostNamed).join(', ')}${more}`;
  return [
    `*Gone without a resolve:* ${which}, not at Alertmanager since ${time(since)}. Whether the trouble is over is not known.`,
  ];
}

const stale = ({ staleSince }: Incident): readonly string[] =>
  staleSince === null
    ? []
    : [
        `*Alerts are stale* since ${time(staleSince)}: Alertmanager has told nothing since then, so it is not known whether they still fire.`,
      ];

/** `3 alerts`, `2 of 3 alerts firing`; an alert of which nothing is known is not said to fire. */
export function alertCount(incident: Incident): string {
  const { firing, byFingerprint } = incident.alerts;
  const all = byFingerprint.size;
  const alerts = `${all} ${all === 1 ? 'alert' : 'alerts'}`;
  if (isOpen(incident) && incident.staleSince !== null && firing > 0) return `${alerts}, stale`;
  const missing = isOpen(incident) ? missingAlerts(incident).length : 0;
  if (missing > 0) return `${firing - missing} of ${all} alerts known to fire`;
  return firing === all ? alerts : `${firing} of ${all} alerts firing`;
}

function missingAlerts(incident: Incident): readonly AttachedAlert[] {
  // Asked for at every card of an incident that may have thousands, and hardly ever are any missing.
  if (Object.keys(incident.gone).length === 0) return [];
  return firingAlerts(incident).filter(({ fingerprint }) => Object.hasOwn(incident.gone, fingerprint));
}
