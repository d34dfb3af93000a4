import { bookOf } from '../../../src/core/incident/alertBook.ts';
import type { AttachedAlert, Incident } from '../../../src/core/incident/incident.ts';
import { newStorm, type Storm, withCollected, withEnded } from '../../../src/core/incident/storm.ts';
import type { Severity } from '../../../src/core/severity.ts';
import type { View } from '../../../src/core/view.ts';

const minute = 60_000;

/** A storm that collected alerts of forty services for four minutes, and of one group that names none. */
export function stormViews(
  incident: (more: Partial<Incident>) => Incident,
  start: number,
): Readonly<Record<string, View>> {
  let storm: Storm = newStorm(start, 12);
  const alerts: AttachedAlert[] = [];

  function collect(service: string | null, name: string, severity: Severity, count: number): void {
    const key = service === null ? `group:${name}` : `service:${service}`;
    for (let instance = 1; instance <= count; instance++) {
      const at = start + alerts.length * 10;
      storm = withCollected(
        storm,
        { key, service, severity },
        { name, at, change: { alerts: 1, firing: 1 } },
      );
      alerts.push({
        ...{ name, labels: {}, summary: '', startsAt: at, endsAt: null, trouble: key },
        fingerprint: `${key}-${name}-${instance}`,
      });
    }
  }

  for (let number = 1; number <= 39; number++) collect(`service-${number}`, 'HighLatency', 'P2', number);
  collect('checkout', 'ServiceDown', 'P0', 1);
  collect('checkout', 'HighErrorRate', 'P1', 340);
  collect(null, 'NodeDown', 'P1', 12);
  const ended = alerts.find(({ fingerprint }) => fingerprint === 'service:checkout-HighErrorRate-7');
  const after = alerts.map((alert) => (alert === ended ? { ...alert, endsAt: start + minute } : alert));
  storm = { ...withEnded(storm, 'service:checkout'), lastAt: start + 4 * minute };

  const whole = incident({
    ...{
      title: 'Alert storm',
      service: null,
      playbook: 'generic',
      severity: 'P0',
      alerts: bookOf(after),
      storm,
    },
    ...{ currentRun: null, runs: [] },
  });
  const limited = { ...storm, backlog: { waiting: 312, oldestAt: start + minute } };
  return {
    'card, storm': { kind: 'card', incident: whole, current: null },
    'card, storm while Slack limits messages': {
      kind: 'card',
      incident: { ...whole, storm: limited },
      current: null,
    },
    'card, storm resolved': {
      kind: 'card',
      incident: {
        ...whole,
        phase: 'resolved',
        resolved: { by: 'U0ONCALL001', at: start + 60 * minute, note: null },
      },
      current: null,
    },
    'announcement, storm': { kind: 'announcement', incident: whole, current: null },
  };
}
