/**
 * A webhook as Alertmanager sends it, about 1.2 kB with one alert. `number` makes it a new episode of one of a hundred
 * alerts, as in a storm that goes on.
 */
export function webhookBody(number: number, alerts = 1): string {
  const common = {
    alertname: 'HighErrorRate',
    service: 'genesis-orchestration',
    severity: 'critical',
    job: 'genesis',
  };
  const startsAt = new Date(1_763_000_000_000 + number * 1_000).toISOString();
  return JSON.stringify({
    receiver: 'genesis',
    status: 'firing',
    alerts: Array.from({ length: alerts }, (_, index) => ({
      status: 'firing',
      labels: { ...common, instance: `worker-${(number + index) % 100}`, cluster: 'dev', team: 'platform' },
      annotations: {
        summary: `Errors on worker-${(number + index) % 100}`,
        description: 'More operations fail than the objective allows. '.repeat(6),
        dashboard: 'https://grafana.example/d/genesis',
        runbook_url: 'https://wiki.example/runbooks/high-error-rate',
      },
      startsAt,
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.example:9090/graph?g0.expr=genesis_errors_total&g0.tab=1',
      fingerprint: (((number + index) % 100) + 0x1000).toString(16).padStart(16, '0'),
    })),
    groupLabels: { alertname: common.alertname },
    commonLabels: common,
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example:9093',
    version: '4',
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
  });
}
