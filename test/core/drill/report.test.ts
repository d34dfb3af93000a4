import { describe, expect, it } from 'vitest';
import { drillMarkdown, drillReport, timeInWords } from '../../../src/core/drill/report.ts';
import type { LoggedEvent } from '../../../src/core/report/postMortem.ts';
import { incident, logged, subject } from '../report/highErrorRate.ts';

const { runs } = subject;
const minute = 60_000;
const timeOf = (name: string, report: ReturnType<typeof drillReport>) =>
  report.times.find((each) => each.name === name)!;

/** A look that is met before anybody has done anything. */
const metAtOnce: LoggedEvent = {
  stream: 'INC-42.1',
  position: 5.5,
  event: {
    type: 'StepSettled',
    at: incident.openedAt + 1_000,
    by: 'bot',
    data: {
      step: 's1',
      by: null,
      how: { kind: 'held', verified: { indicator: 'error_ratio', before: null, after: 0, heldMs: 0 } },
    },
  },
};

describe('the times of a drill', () => {
  it('count the check that held after the first mitigation, not one that was met before it', () => {
    const events = [...logged, metAtOnce];
    const verified = timeOf('verify', drillReport(events, { incident, runs }));
    expect(verified.tookMs).toBe(timeOf('verify', drillReport(logged, { incident, runs })).tookMs);
    expect(verified.tookMs).toBeGreaterThan(
      timeOf('mitigate', drillReport(events, { incident, runs })).tookMs!,
    );
  });

  it('are not reached by a check where nothing was changed', () => {
    const unchanged = [...logged, metAtOnce].filter(
      ({ event }) => event.type !== 'CommandEnded' && event.type !== 'MitigationStarted',
    );
    expect(timeOf('verify', drillReport(unchanged, { incident, runs })).tookMs).toBeNull();
  });

  it('are judged on the scale that everything else of the room has', () => {
    const fast = drillReport(logged, { incident, runs, pace: 10 });
    const acknowledged = timeOf('acknowledge', fast);
    expect(acknowledged).toMatchObject({ phase: { fromMs: 0, toMs: 0.2 * minute }, isLate: true });
    expect(timeInWords(acknowledged)).toBe('Acknowledged after 50 s (phase 0–12 s): over it');
    expect(timeInWords(timeOf('acknowledge', drillReport(logged, { incident, runs })))).toBe(
      'Acknowledged after 50 s (phase 0–2 min): in time',
    );
    expect(drillMarkdown(fast)).toContain('0–12 s');
  });
});
