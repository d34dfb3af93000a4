import { describe, expect, it } from 'vitest';
import { bookOf } from '../../../src/core/incident/alertBook.ts';
import { alertLines } from '../../../src/core/report/alertLines.ts';
import { toHtml } from '../../../src/core/report/html.ts';
import { toMarkdown } from '../../../src/core/report/markdown.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import { incident, logged, subject } from './highErrorRate.ts';

const began = Date.UTC(2026, 10, 21, 14, 0, 0);
const alert = (name: string, index: number, endsAt: number | null = began + 600_000 + index * 1_000) => ({
  name,
  fingerprint: `${name}-${index}`,
  labels: {},
  summary: `${name} number ${index}`,
  startsAt: began + index * 1_000,
  endsAt,
});

describe('the alerts of a storm in its post-mortem', () => {
  const of = (name: string, count: number) => Array.from({ length: count }, (_, index) => alert(name, index));
  const storm = [
    ...of('PodDown', 3_000),
    alert('PodDown', 3_000, null),
    ...of('DiskFull', 40),
    ...Array.from({ length: 60 }, (_, index) => alert(`Rare${index}`, index)),
  ];
  const draft = postMortem(logged, { ...subject, incident: { ...incident, alerts: bookOf(storm) } });

  it('are one line for each name with how many, and the rest is counted', () => {
    const lines = alertLines(draft.alerts);
    expect(lines).toHaveLength(20);
    expect(lines.slice(0, 3)).toEqual([
      {
        name: 'PodDown',
        said: '3001 alerts, 1 of them still firing, such as PodDown number 0 (2026-11-21 14:00:00 to now)',
      },
      {
        name: 'DiskFull',
        said: '40 alerts, such as DiskFull number 0 (2026-11-21 14:00:00 to 2026-11-21 14:10:39)',
      },
      { name: 'Rare0', said: 'Rare0 number 0 (2026-11-21 14:00:00 to 2026-11-21 14:10:00)' },
    ]);
    expect(lines.at(-1)).toEqual({ name: null, said: '43 more alerts, of 43 other names' });
  });

  it('stay readable in each form, and are whole in the data', () => {
    const text = toMarkdown(draft);
    expect(text.split('\n').filter((line) => /^- Alert /.test(line))).toHaveLength(19);
    expect(text).toContain('- 43 more alerts, of 43 other names');
    expect(toHtml(draft)).toContain('<li>43 more alerts, of 43 other names</li>');
    expect(draft.alerts).toHaveLength(3_101);
  });

  it('are twenty lines where there are just twenty names', () => {
    const twenty = Array.from({ length: 20 }, (_, index) => ({ ...alert(`A${index}`, 0), from: 0, to: 1 }));
    expect(alertLines(twenty).map(({ name }) => name)).not.toContain(null);
    expect(alertLines(twenty)).toHaveLength(20);
  });
});
