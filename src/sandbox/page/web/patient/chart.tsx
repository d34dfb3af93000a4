import { useEffect, useRef, useSyncExternalStore } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** One small chart of one measured quantity with its objective as a line. */

export interface ChartProps {
  /** For those who cannot see it. */
  label: string;
  /** Seconds since 1970. */
  times: number[];
  values: (number | null)[];
  /** IANA name of the reader's zone. */
  zone: string;
  /** In the values' unit. */
  objective: number;
  format: (value: number) => string;
}

/** The style sheet names the same. */
const height = 92;

/** In seconds. */
const leastSpan = 90;

function subscribeToScheme(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', changed);
  return () => dark.removeEventListener('change', changed);
}

const isDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

function colorOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function optionsFor(box: HTMLElement, { objective, format, zone }: ChartProps): uPlot.Options {
  const ink = colorOf(box, '--ink-soft');
  const line = colorOf(box, '--line');
  const curve = colorOf(box, '--accent');
  const limit = colorOf(box, '--danger');
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(120, box.clientWidth),
    height,
    // Half of a time's label may stand beyond the right end.
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'patient' } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    scales: {
      // A young curve is not squeezed to the edge, an old one moves instead of shrinking.
      x: { range: (_chart, first, last) => [Math.min(first ?? 0, (last ?? 0) - leastSpan), last ?? 0] },
      // There is always room above the objective, so that it can be seen from below.
      y: { range: (_chart, _least, most) => [0, Math.max(most ?? 0, objective * 1.6) * 1.08] },
    },
    axes: [
      {
        ...axis,
        // The lowest value's label reaches below the line; the times stand below it.
        size: 26,
        gap: 9,
        space: 60,
        incrs: [60, 120, 300],
        font: '11px system-ui',
        grid: { show: false },
        values: '{HH}:{mm}',
      },
      {
        ...axis,
        size: 50,
        gap: 4,
        space: 26,
        font: '11px system-ui',
        values: (_chart, ticks) => ticks.map(format),
      },
    ],
    series: [{}, { stroke: curve, width: 1.6, fill: `${curve}22`, points: { show: false }, spanGaps: false }],
    hooks: {
      draw: [
        (chart) => {
          const y = chart.valToPos(objective, 'y', true);
          const { ctx, bbox } = chart;
          ctx.save();
          ctx.strokeStyle = limit;
          ctx.setLineDash([4, 4]);
          ctx.beginPath();
          ctx.moveTo(bbox.left, y);
          ctx.lineTo(bbox.left + bbox.width, y);
          ctx.stroke();
          ctx.restore();
        },
      ],
    },
  };
}

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const scheme = useSyncExternalStore(subscribeToScheme, isDark);
  const latest = useRef(props);
  latest.current = props;

  // Colours are read anew when the scheme changes.
  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const { times, values } = latest.current;
    const drawn = new uPlot(optionsFor(place, latest.current), [times, values], place);
    chart.current = drawn;
    const watcher = new ResizeObserver(() => {
      if (place.clientWidth > 0) drawn.setSize({ width: place.clientWidth, height });
    });
    watcher.observe(place);
    return () => {
      watcher.disconnect();
      drawn.destroy();
      chart.current = null;
    };
  }, [scheme, props.zone]);

  useEffect(() => {
    chart.current?.setData([props.times, props.values]);
  }, [props.times, props.values]);

  return <div ref={box} className="chart" role="img" aria-label={props.label} />;
}
