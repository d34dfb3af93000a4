import { describe, expect, it } from 'vitest';
import { formatObjective, formatValue, type Unit } from '../../../src/core/indicator/format.ts';
import { judge } from '../../../src/core/indicator/judge.ts';

describe('an indicator is judged against its objective', () => {
  it('must be strictly under or over its bound', () => {
    expect(judge({ kind: 'below', value: 0.001 }, 0.0009)).toBe('pass');
    expect(judge({ kind: 'below', value: 0.001 }, 0.001)).toBe('fail');
    expect(judge({ kind: 'above', value: 0.99 }, 0.991)).toBe('pass');
    expect(judge({ kind: 'above', value: 0.99 }, 0.99)).toBe('fail');
    expect(judge({ kind: 'equals', value: 1 }, 1)).toBe('pass');
    expect(judge({ kind: 'equals', value: 1 }, 0)).toBe('fail');
  });

  it.each([null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'is inconclusive about %s, whichever way the objective points',
    (value) => {
      for (const kind of ['below', 'above', 'equals'] as const)
        expect(judge({ kind, value: 1 }, value)).toBe('inconclusive');
    },
  );
});

describe('a value is written for people', () => {
  it.each<[Unit, number | null, string]>([
    ['ratio', 0.009, '0.9 %'],
    ['ratio', 0.0008, '0.08 %'],
    ['ratio', 0, '0 %'],
    ['ratio', 1, '100 %'],
    ['ratio', 0.123456, '12.3 %'],
    ['ratio', 0.9996, '99.96 %'],
    ['ratio', 0.9999999, '99.999 %'],
    ['ratio', 0.999, '99.9 %'],
    ['seconds', 0.412, '412 ms'],
    ['seconds', 0.0000412, '41.2 µs'],
    ['seconds', 3.2, '3.2 s'],
    ['seconds', 0, '0 s'],
    ['seconds', 0.9999, '1 s'],
    ['seconds', 125, '2 min 5 s'],
    ['seconds', 7_500, '2 h 5 min'],
    ['seconds', 10_799, '3 h'],
    ['count', 3, '3'],
    ['count', 1_204, '1,204'],
    ['count', 1_234_567, '1,234,567'],
    ['count', 0.25, '0.25'],
    ['bytes', 512, '512 B'],
    ['bytes', 3_210_000_000, '3.21 GB'],
    ['bytes', 999_999, '1 MB'],
    ['state', 1, 'up'],
    ['state', 0, 'down'],
    ['state', 0.5, '0.5'],
    ['seconds', null, 'no data'],
    ['ratio', Number.NaN, 'no data'],
  ])('%s %s is %s', (unit, value, text) => {
    expect(formatValue(unit, value)).toBe(text);
  });

  it('writes an objective beside it in the same unit', () => {
    expect(formatObjective('ratio', { kind: 'below', value: 0.001 })).toBe('< 0.1 %');
    expect(formatObjective('seconds', { kind: 'below', value: 2 })).toBe('< 2 s');
    expect(formatObjective('count', { kind: 'above', value: 1_000 })).toBe('> 1,000');
    expect(formatObjective('count', { kind: 'equals', value: 3 })).toBe('= 3');
    expect(formatObjective('state', { kind: 'equals', value: 1 })).toBe('up');
  });
});
