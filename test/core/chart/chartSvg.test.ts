import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chart, chartSvg, summaryOf } from '../../../src/core/chart/chartSvg.ts';
import { placeMarks } from '../../../src/core/chart/marks.ts';
import { splitAtGaps } from '../../../src/core/chart/scale.ts';
import { fitText, xmlText } from '../../../src/core/chart/text.ts';

const minute = 60_000;
const from = Date.parse('2026-11-21T14:00:00Z');
const to = from + 30 * minute;
const every = (stepMs: number, value: (at: number) => number) =>
  Array.from({ length: (to - from) / stepMs + 1 }, (_, n) => ({
    at: from + n * stepMs,
    value: value(from + n * stepMs),
  }));
const chart: Chart = {
  title: 'Error rate',
  unit: 'ratio',
  objective: { kind: 'below', value: 0.001 },
  points: every(minute, (at) => (at < from + 10 * minute ? 0.009 : 0.0008)),
  marks: [{ at: from + 10 * minute, label: 'Enable LLM fallback' }],
  from,
  to,
};

describe('a chart shows whether what was done has helped', () => {
  it('says before and now, the objective, the mitigation and the zone', () => {
    const svg = chartSvg(chart);
    expect(svg).toContain(
      '<desc>Error rate, objective &lt; 0.1 %, 0.08 % now</desc>'.replace('0.08', '0.08 % before, 0.08'),
    );
    for (const text of ['objective &lt; 0.1 %', 'Enable LLM fallback', '>UTC<', '>14:10<'])
      expect(svg).toContain(text);
  });

  it('takes as before the last value before the first thing that was done', () => {
    const marks = [{ at: from + 9.5 * minute, label: 'Restart' }];
    expect(summaryOf({ ...chart, marks }, chart.points)).toBe('0.9 % before, 0.08 % now');
    expect(summaryOf({ ...chart, marks: [] }, chart.points)).toBe('0.08 % now');
    expect(summaryOf(chart, [])).toBe('no data');
  });

  it('is the same picture for the same input', () => {
    expect(chartSvg(chart)).toBe(chartSvg(structuredClone(chart)));
  });

  it('leaves out what lies outside its time', () => {
    const svg = chartSvg({ ...chart, marks: [{ at: to + minute, label: 'Later' }] });
    expect(svg).not.toContain('Later');
  });
});

describe('where nothing is known the picture says so', () => {
  it('splits the line at holes, and hatches them', () => {
    const points = chart.points.filter(({ at }) => at <= from + 5 * minute || at >= from + 12 * minute);
    const { runs, gaps } = splitAtGaps(points, chart);
    expect(runs.map((run) => run.length)).toEqual([6, 19]);
    expect(gaps).toEqual([{ from: from + 5 * minute, to: from + 12 * minute }]);
    expect(chartSvg({ ...chart, points })).toContain('>no data<');
    expect(chartSvg(chart)).not.toContain('no data');
  });

  it('knows that data began late or ended early', () => {
    const points = chart.points.filter(({ at }) => at >= from + 5 * minute && at <= to - 5 * minute);
    expect(splitAtGaps(points, chart).gaps).toEqual([
      { from, to: from + 5 * minute },
      { from: to - 5 * minute, to },
    ]);
  });

  it('is hatched as a whole without any point', () => {
    expect(splitAtGaps([], chart)).toEqual({ runs: [], gaps: [{ from, to }] });
    expect(chartSvg({ ...chart, points: [] })).toContain('no data');
  });
});

describe('labels of marks', () => {
  const place = (at: number) => at;
  it('never cover each other and never leave the picture', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.integer({ min: 92, max: 878 }), label: fc.string({ maxLength: 60 }) }), {
          maxLength: 20,
        }),
        (marks) => {
          const { placed, unlabelled } = placeMarks({
            marks,
            place,
            left: 92,
            right: 878,
            fontSize: 20,
            maxRows: 3,
          });
          const labels = placed.flatMap(({ label }) => (label ? [label] : []));
          expect(labels.length + unlabelled).toBe(marks.length);
          for (const one of labels) {
            expect(one.left).toBeGreaterThanOrEqual(92);
            expect(one.left + one.width).toBeLessThanOrEqual(878);
            for (const other of labels)
              if (one !== other && one.row === other.row)
                expect(one.left + one.width <= other.left || other.left + other.width <= one.left).toBe(true);
          }
        },
      ),
    );
  });
});

describe('foreign text stays text', () => {
  it('is escaped, and freed of what XML forbids and of what turns the reading direction', () => {
    expect(xmlText(`<script>"&'\u0000\u0007\u202e\ud800`)).toBe('&lt;script&gt;&quot;&amp;&#39;');
    expect(chartSvg({ ...chart, title: '</title><script/>' })).not.toContain('<script');
  });

  it('is shortened to what fits', () => {
    expect(fitText('short', 20, 200)).toBe('short');
    const cut = fitText('a very long label that goes on and on', 20, 200);
    expect(cut.endsWith('…')).toBe(true);
    expect(cut.length).toBeLessThan(20);
  });

  it('draws any numbers and texts without an invalid coordinate', () => {
    const number = fc.oneof(
      fc.double({ min: -1e30, max: 1e30 }),
      fc.integer(),
      fc.constantFrom(0, 1, Number.NaN),
    );
    fc.assert(
      fc.property(
        fc.record({
          title: fc.string(),
          unit: fc.constantFrom<Chart['unit']>('ratio', 'seconds', 'count', 'bytes', 'state'),
          objective: fc.record({
            kind: fc.constantFrom<Chart['objective']['kind']>('below', 'above', 'equals'),
            value: fc.double({ min: -1e30, max: 1e30, noNaN: true }),
          }),
          points: fc.array(fc.record({ at: fc.integer({ min: from, max: to }), value: number }), {
            maxLength: 30,
          }),
          marks: fc.array(fc.record({ at: fc.integer({ min: from, max: to }), label: fc.string() }), {
            maxLength: 5,
          }),
        }),
        (random) => {
          const points = random.points.toSorted((a, b) => a.at - b.at);
          const svg = chartSvg({ ...random, points, from, to });
          expect(svg).not.toMatch(/="[^"]*(NaN|Infinity|undefined)/);
        },
      ),
    );
  });
});
