import { describe, expect, it } from 'vitest';
import {
  isPerformed,
  marked,
  standInEnd,
  standInReading,
  standInSeries,
} from '../../../src/core/drill/standIn.ts';
import type { Effect } from '../../../src/core/effect.ts';
import type { Indicator, Objective } from '../../../src/core/playbook/definition.ts';
import type { PlannedCommand } from '../../../src/core/run/plan.ts';

const indicator = (unit: Indicator['unit'], objective: Objective): Indicator => ({
  ...{ name: 'it', title: 'It', query: 'it', unit, objective },
});

const indicators: readonly Indicator[] = [
  indicator('ratio', { kind: 'below', value: 0.001 }),
  indicator('ratio', { kind: 'above', value: 0.995 }),
  indicator('seconds', { kind: 'below', value: 2 }),
  indicator('count', { kind: 'equals', value: 0 }),
  indicator('count', { kind: 'above', value: 0 }),
  indicator('state', { kind: 'equals', value: 1 }),
  indicator('bytes', { kind: 'above', value: 1e9 }),
  indicator('count', { kind: 'at-least', value: 3 }),
  indicator('count', { kind: 'at-most', value: 0 }),
];

const planned = (more: Partial<PlannedCommand>): PlannedCommand => ({
  action: 'restart',
  title: 'Restart',
  host: { kind: 'local', name: 'genesis', directory: '/srv', path: [] },
  does: { kind: 'run', argv: ['systemctl', 'restart', "it's"] },
  timeoutMs: 1_000,
  succeeds: [0],
  secrets: [],
  undo: 'none',
  probe: null,
  observes: false,
  ...more,
});

describe('the stand-ins of a drill', () => {
  it('have nothing to do with what calls people, silences alerts or sends mail, nor with what nobody knows yet', () => {
    for (const kind of ['page', 'page-end', 'email', 'silence', 'stop-command', 'read-backlog', 'launch'])
      expect(isPerformed({ kind } as unknown as Pick<Effect, 'kind'>), kind).toBe(false);
  });

  it.each(
    indicators.map((each) => [`${each.unit} ${each.objective.kind} ${each.objective.value}`, each] as const),
  )('know a bad and a good value for %s', (_, each) => {
    expect(standInReading(each, false, 5)).toMatchObject({ at: 5, verdict: 'fail' });
    expect(standInReading(each, true, 5)).toMatchObject({ at: 5, verdict: 'pass' });
    const series = standInSeries(each, { from: 0, to: 100, points: 11 }, 50);
    expect(series.map(({ at }) => at)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(new Set(series.slice(0, 5).map(({ value }) => value)).size).toBe(1);
    expect(series[4]?.value).not.toBe(series[5]?.value);
  });

  it('stay within a looser limit of the same trouble, and miss it only where that one is asked for', () => {
    const [strict, loose] = [
      indicator('ratio', { kind: 'below', value: 0.001 }),
      indicator('ratio', { kind: 'at-most', value: 0.01 }),
    ];
    const bad = standInReading(strict, false, 5, [loose]);
    expect(bad).toMatchObject({ verdict: 'fail', value: 0.0055 });
    expect(standInSeries(strict, { from: 0, to: 100, points: 3 }, null, [loose])[0]?.value).toBe(bad.value);
    expect(standInReading(loose, true, 5, [strict])).toMatchObject({ verdict: 'pass' });
    expect(standInReading(loose, false, 5, [strict])).toMatchObject({ verdict: 'fail' });
  });

  it('print the exact words of a command and its host, or the file', () => {
    const { output, outcome } = standInEnd(planned({ succeeds: [3, 0] }), { fails: false });
    expect(output).toBe("DRILL: would run `systemctl restart 'it'\\''s'` on genesis\n");
    expect(outcome).toMatchObject({ kind: 'exited', code: 3 });
    const write = planned({ does: { kind: 'write', file: 'config/flag.yaml', content: 'on\n' } });
    expect(standInEnd(write, { fails: false })).toMatchObject({
      output: 'DRILL: would write config/flag.yaml (3 bytes) on genesis\n',
      previous: 'DRILL: what the file held before\n',
    });
  });

  it('fail with a code that the command may not end with', () => {
    expect(standInEnd(planned({ succeeds: [0, 1] }), { fails: true }).outcome).toMatchObject({ code: 2 });
  });

  it('say the word once', () => {
    expect(marked(marked('Report'))).toBe('DRILL · Report');
  });
});
