import { describe, expect, it } from 'vitest';
import { createPainter } from '../../../src/adapters/png/painter.ts';
import { chartSvg } from '../../../src/core/chart/chartSvg.ts';

const chart = {
  title: 'Error rate',
  unit: 'ratio',
  objective: { kind: 'below', value: 0.001 },
  points: [
    { at: 0, value: 0.009 },
    { at: 60_000, value: 0.0008 },
  ],
  marks: [{ at: 30_000, label: 'Restart <b>&' }],
  from: 0,
  to: 60_000,
} as const;

describe('a chart is painted', () => {
  it('as a PNG of twice the size, with its texts', async () => {
    const painter = createPainter();
    const svg = chartSvg(chart);
    const png = Buffer.from(await painter.png(svg));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1_800, 800]);
    // A font that is not found leaves out every text in silence, and so would make both pictures alike.
    const silent = Buffer.from(await painter.png(svg.replaceAll(/<text.*?<\/text>/g, '')));
    expect(png.equals(silent)).toBe(false);
  });

  it('fails aloud for what is no picture', async () => {
    await expect(createPainter().png('<svg')).rejects.toThrow();
  });
});
