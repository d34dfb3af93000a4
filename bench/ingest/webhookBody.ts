const description = 'More operations fail than the objective allows. '.repeat(6);

/**
 * A webhook as Alertmanager sends it, about 1.2 kB with one alert. `number` makes it a new episode of one of a hundred
 * alerts, as in a storm that goes on; no two numbers give the same notice. Written out rather than stringified, so that
 * the load costs less than what is measured.
 */
export function webhookBody(
  number: number,
  options: {
    readonly alerts?: number;
    readonly alertname?: string;
    readonly service?: string;
    /** Makes alert and group other ones than those of the storm. */
    readonly key?: string;
  } = {},
): string {
  const { alerts = 1, alertname = 'HighErrorRate', service = 'genesis-orchestration', key } = options;
  const common = `"alertname":"${alertname}","service":"${service}","severity":"critical","job":"genesis"`;
  const startsAt = new Date(1_763_000_000_000 + number * 1_000).toISOString();
  const listed: string[] = [];
  for (let index = 0; index < alerts; index++) {
    const worker = (number + index) % 100;
    const fingerprint = (worker + 0x1000).toString(16).padStart(16, '0');
    listed.push(
      `{"status":"firing","labels":{${common},"instance":"worker-${worker}","cluster":"dev","team":"platform"},"annotations":{"summary":"Errors on worker-${worker}","description":"${description}","dashboard":"https://grafana.example/d/genesis","runbook_url":"https://wiki.example/runbooks/high-error-rate"},"startsAt":"${startsAt}","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus.example:9090/graph?g0.expr=genesis_errors_total&g0.tab=1","fingerprint":"${key ?? fingerprint}"}`,
    );
  }
  return `{"receiver":"genesis","status":"firing","alerts":[${listed.join(',')}],"groupLabels":{"alertname":"${alertname}"},"commonLabels":{${common}},"commonAnnotations":{},"externalURL":"http://alertmanager.example:9093","version":"4","groupKey":"{}:{alertname=\\"${key ?? alertname}\\"}","truncatedAlerts":0}`;
}
