import { attachedAlerts, type Incident } from '../../src/core/incident/incident.ts';

/** What the order of arrival must not change of incidents. Titles and numbers follow whoever came first. */
export const withoutOrder = (incidents: readonly Incident[]) =>
  incidents
    .map((incident) => ({
      service: incident.service,
      severity: incident.severity,
      phase: incident.phase,
      quiet: incident.allQuietSince !== null,
      walked: [...incident.walked].sort(),
      alerts: attachedAlerts(incident)
        .map(({ fingerprint, endsAt }) => `${fingerprint} ${endsAt === null ? 'fires' : 'ended'}`)
        .sort(),
    }))
    .sort((a, b) => String(a.service).localeCompare(String(b.service)));
