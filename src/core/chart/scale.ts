import { scaleLinear, scaleUtc } from 'd3-scale';
import { utcFormat } from 'd3-time-format';
import { formatValue, type Unit } from '../indicator/format.ts';
import type { Objective } from '../playbook/definition.ts';

export type Point = { readonly at: number; readonly value: number };

/** A stretch of time, milliseconds since the epoch. */
export type Span = { readonly from: number; readonly to: number };

export type Axis = {
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
};

/** A quantity is drawn from zero unless that would flatten it: an availability moves between 99.5 and 100 %. */
export function valueAxis(options: {
  readonly unit: Unit;
  readonly points: readonly Point[];
  readonly objective: Objective;
  readonly top: number;
  readonly bottom: number;
}): Axis {
  const { unit, points, objective, top, bottom } = options;
  if (unit === 'state') {
    const scale = scaleLinear().domain([-0.15, 1.15]).range([bottom, top]);
    return {
      place: scale,
      ticks: [0, 1].map((value) => ({ at: scale(value), label: formatValue(unit, value) })),
    };
  }
  const values = [objective.value, ...points.map((point) => point.value)];
  const low = Math.min(...values);
  const high = Math.max(...values);
  // Values that are all alike, or differ by less than a number can carry, would leave the axis without any ticks.
  const size = Math.max(Math.abs(high), Math.abs(low));
  const span = high - low > Math.max(size * 1e-9, 1e-12) ? high - low : size > 1e-12 ? size : 1;
  const floor = low < 0 || (low > high / 2 && points.length > 0) ? low - span * 0.2 : 0;
  const ceiling = high + span * 0.12;
  // A ratio is never more than the whole, and an axis that says 120 % makes people doubt all the rest.
  const cap = unit === 'ratio' && high <= 1 ? Math.min(1, ceiling) : ceiling;
  const scale = scaleLinear()
    .domain([floor, cap === high ? high + span * 0.02 : cap])
    .range([bottom, top]);
  return {
    place: scale,
    ticks: scale.ticks(4).map((value) => ({ at: scale(value), label: formatValue(unit, value) })),
  };
}

/** Always UTC: a picture cannot know the zone of the person who looks at it. */
export function timeAxis({ from, to }: Span, left: number, right: number): Axis {
  const scale = scaleUtc()
    .domain([new Date(from), new Date(Math.max(to, from + 1))])
    .range([left, right]);
  const label = utcFormat(to - from < 180_000 ? '%H:%M:%S' : to - from > 2 * 86_400_000 ? '%b %-d' : '%H:%M');
  const place = (at: number) => scale(new Date(at));
  return { place, ticks: scale.ticks(5).map((tick) => ({ at: scale(tick), label: label(tick) })) };
}

/**
 * Points in stretches without a hole, and the holes between them. A hole is where the distance is more than twice and
 * a half the usual one; the line must not run across it as if something were known.
 */
export function splitAtGaps(
  points: readonly Point[],
  { from, to }: Span,
): { readonly runs: readonly (readonly Point[])[]; readonly gaps: readonly Span[] } {
  const inside = points.filter(({ at, value }) => at >= from && at <= to && Number.isFinite(value));
  const [first] = inside;
  const last = inside.at(-1);
  if (!first || !last) return { runs: [], gaps: [{ from, to }] };
  const steps = inside.slice(1).map((point, index) => point.at - inside[index]!.at);
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? to - from;
  const longest = usual * 2.5;
  const gaps: Span[] = [];
  const runs: Point[][] = [[first]];
  if (first.at - from > longest) gaps.push({ from, to: first.at });
  for (const point of inside.slice(1)) {
    const run = runs.at(-1)!;
    const before = run.at(-1)!;
    if (point.at - before.at > longest) {
      gaps.push({ from: before.at, to: point.at });
      runs.push([point]);
    } else run.push(point);
  }
  if (to - last.at > longest) gaps.push({ from: last.at, to });
  return { runs, gaps };
}
