/** A webhook of version 4 with one alert of its own kind and service. */
export const webhookBody = (number: number, more: { padding?: number } = {}): string => {
  const labels = { alertname: 'DiskTest', service: `service-${number}` };
  const annotations = { summary: `Trouble ${number}`, description: 'x'.repeat(more.padding ?? 0) };
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{service="service-${number}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'genesis',
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.test',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations,
        startsAt: startOf(number),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.test',
        fingerprint: fingerprintOf(number),
      },
    ],
  });
};

export const fingerprintOf = (number: number): string => number.toString(16).padStart(16, '0');
export const startOf = (number: number): string => new Date(Date.UTC(2026, 10, 21) + number).toISOString();
