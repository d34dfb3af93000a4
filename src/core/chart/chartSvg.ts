import { area, curveLinear, curveStepAfter, line } from 'd3-shape';
import { formatObjective, formatValue, type Unit } from '../indicator/format.ts';
import { judge } from '../indicator/judge.ts';
import type { Objective } from '../playbook/definition.ts';
import { type Mark, type PlacedMark, placeMarks } from './marks.ts';
import { type Axis, type Point, type Span, splitAtGaps, timeAxis, valueAxis } from './scale.ts';
import { fitText, textWidth, xmlText } from './text.ts';

export type Chart = {
  readonly title: string;
  readonly unit: Unit;
  readonly objective: Objective;
  /** Oldest first; a hole in it is drawn as one. */
  readonly points: readonly Point[];
  readonly marks: readonly Mark[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
};

const width = 900;
const height = 400;
const left = 92;
const right = width - 22;
const bottom = height - 48;
const headerHeight = 58;
const rowHeight = 34;
/** Shown 360 pixels wide on a phone, 22 becomes 9, the least that can be read. */
const font = { title: 27, smallTitle: 23, value: 27, axis: 21, mark: 20, note: 19 };
const ink = {
  text: '#1d1c1d',
  muted: '#5c5b60',
  grid: '#e8e8ea',
  good: '#1264a3',
  bad: '#c01343',
  objective: '#1f7a4d',
  mark: '#5b2a86',
  markFill: '#f1eaf8',
};

/**
 * A picture of one indicator around what was done about it: the value, its objective, the mitigations, and hatching
 * where nothing is known. An SVG of 900 by 400 that needs the fonts DejaVu Sans and DejaVu Sans Bold.
 */
export function chartSvg(chart: Chart): string {
  const { title, unit, objective, from, to } = chart;
  const { runs, gaps } = splitAtGaps(chart.points, chart);
  const points = runs.flat();
  const time = timeAxis(chart, left, right);
  const marks = placeMarks({
    marks: chart.marks.filter(({ at }) => at >= from && at <= to),
    place: time.place,
    left,
    right,
    fontSize: font.mark,
    maxRows: 3,
  });
  const top = headerHeight + marks.rows * rowHeight + 8;
  const value = valueAxis({ unit, points, objective, top, bottom });

  const parts = [
    header(chart, points),
    grid(value, time),
    ...gaps.map((gap) => noData(gap, time, top)),
    objectiveLine(chart, value, points),
    lines(chart, runs, value, time, top),
    ...marks.placed.map((mark) => markLine(mark, top)),
    ...marks.placed.map(markLabel),
    marks.unlabelled > 0 ? unlabelledNote(marks.unlabelled, marks.placed) : '',
  ];
  const description = `${title}, objective ${formatObjective(unit, objective)}, ${summaryOf(chart, points)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans" role="img"><title>${xmlText(title)}</title><desc>${xmlText(description)}</desc><rect width="${width}" height="${height}" fill="#ffffff"/>${parts.join('')}</svg>`;
}

/** What the picture says in words, for screen readers: `0.9 % before, 0.08 % now`. */
export function summaryOf({ unit, marks }: Pick<Chart, 'unit' | 'marks'>, points: readonly Point[]): string {
  const { before, now } = beforeAndNow(marks, points);
  if (!now) return 'no data';
  return before
    ? `${formatValue(unit, before.value)} before, ${formatValue(unit, now.value)} now`
    : `${formatValue(unit, now.value)} now`;
}

/** `before` is the last value before the first thing that was done. */
function beforeAndNow(marks: readonly Mark[], points: readonly Point[]) {
  const firstMark = Math.min(...marks.map((mark) => mark.at));
  const before = points.findLast((point) => point.at <= firstMark);
  const now = points.at(-1);
  return { before: before === now ? undefined : before, now };
}

function header(chart: Chart, points: readonly Point[]): string {
  const { unit, objective, marks } = chart;
  const { before, now } =
    marks.length > 0 ? beforeAndNow(marks, points) : { before: undefined, now: points.at(-1) };
  const baseline = 38;
  const last = now ? formatValue(unit, now.value) : 'no data';
  const first = before ? `${formatValue(unit, before.value)} → ` : '';
  const taken = textWidth(last, font.value, 'bold') + textWidth(first, font.value);
  const space = right - 22 - 28 - taken;
  // A long title gives way a little before it loses its end.
  const size = textWidth(chart.title, font.title, 'bold') <= space ? font.title : font.smallTitle;
  const colour = now === undefined ? ink.muted : judge(objective, now.value) === 'pass' ? ink.good : ink.bad;
  return [
    text(22, baseline, fitText(chart.title, size, space, 'bold'), { size, weight: 'bold' }),
    // One text with two parts, so that their distance is right whatever the font's real widths are.
    `<text x="${right}" y="${baseline}" font-size="${font.value}" text-anchor="end" xml:space="preserve"><tspan fill="${ink.muted}">${xmlText(first)}</tspan><tspan fill="${colour}" font-weight="bold">${xmlText(last)}</tspan></text>`,
  ].join('');
}

function grid(value: Axis, time: Axis): string {
  const rows = value.ticks.map(
    ({ at, label }) =>
      `<path d="M${left} ${px(at)}H${right}" stroke="${ink.grid}" stroke-width="1.5"/>${text(left - 10, at + 7, label, { size: font.axis, fill: ink.muted, anchor: 'end' })}`,
  );
  const zoneWidth = textWidth('UTC', font.axis);
  const columns = time.ticks
    .filter(({ at, label }) => at + textWidth(label, font.axis) / 2 < right - zoneWidth - 10)
    .map(
      ({ at, label }) =>
        `<path d="M${px(at)} ${bottom}v7" stroke="${ink.muted}" stroke-width="1.5"/>${text(at, bottom + 32, label, { size: font.axis, fill: ink.muted, anchor: 'middle' })}`,
    );
  const axis = `<path d="M${left} ${bottom}H${right}" stroke="${ink.muted}" stroke-width="1.5"/>`;
  return `${rows.join('')}${axis}${columns.join('')}${text(right, bottom + 32, 'UTC', { size: font.axis, fill: ink.muted, anchor: 'end' })}`;
}

function noData(gap: Span, time: Axis, top: number): string {
  const [x, end] = [time.place(gap.from), time.place(gap.to)];
  const label = 'no data';
  const fits = end - x > textWidth(label, font.note) + 16;
  const middle = (top + bottom) / 2;
  const plate = textWidth(label, font.note) + 14;
  return `<defs><pattern id="hatch" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V10" stroke="#c4c4c9" stroke-width="3"/></pattern></defs><rect x="${px(x)}" y="${px(top)}" width="${px(end - x)}" height="${px(bottom - top)}" fill="#f6f6f7"/><rect x="${px(x)}" y="${px(top)}" width="${px(end - x)}" height="${px(bottom - top)}" fill="url(#hatch)"/>${
    fits
      ? `<rect x="${px((x + end - plate) / 2)}" y="${px(middle - 19)}" width="${px(plate)}" height="28" rx="5" fill="#f6f6f7"/>${text((x + end) / 2, middle + 2, label, { size: font.note, fill: ink.muted, anchor: 'middle' })}`
      : ''
  }`;
}

/** The line is drawn twice, each time clipped to one side of the objective, so that its breach is seen at a glance. */
function lines(
  chart: Chart,
  runs: readonly (readonly Point[])[],
  value: Axis,
  time: Axis,
  top: number,
): string {
  const curve = chart.unit === 'state' ? curveStepAfter : curveLinear;
  const draw = line<Point>()
    .x((point) => time.place(point.at))
    .y((point) => value.place(point.value))
    .curve(curve)
    .digits(1);
  const bound = Math.min(bottom, Math.max(top, value.place(chart.objective.value)));
  const breach = area<Point>()
    .x((point) => time.place(point.at))
    .y0(bound)
    .y1((point) => value.place(point.value))
    .curve(curve)
    .digits(1);
  const path = runs.map((run) => draw(run) ?? '').join('');
  const shade = runs.map((run) => breach(run) ?? '').join('');
  const dots = runs
    .filter((run) => run.length === 1)
    .map((run) => {
      const point = run[0]!;
      const colour = judge(chart.objective, point.value) === 'pass' ? ink.good : ink.bad;
      return `<circle cx="${px(time.place(point.at))}" cy="${px(value.place(point.value))}" r="5" fill="${colour}"/>`;
    });
  const low = chart.objective.kind === 'below' || chart.objective.kind === 'at-most';
  const [upper, lower] = low ? [ink.bad, ink.good] : [ink.good, ink.bad];
  // For a state the objective is the line itself, which belongs to its own side with all its thickness.
  const edge = bound + (chart.objective.kind === 'equals' ? 4 : 0);
  const side = (id: string, y: number, end: number, colour: string) =>
    `<clipPath id="${id}"><rect x="${left}" y="${px(y)}" width="${right - left + 4}" height="${px(Math.max(0, end - y))}"/></clipPath><g clip-path="url(#${id})"><path d="${shade}" fill="${colour}" fill-opacity="${colour === ink.bad ? 0.12 : 0.05}"/><path d="${path}" fill="none" stroke="${colour}" stroke-width="3.5" stroke-linejoin="round" stroke-linecap="round"/></g>`;
  return side('upper', top - 4, edge, upper) + side('lower', edge, bottom + 3, lower) + dots.join('');
}

/** The label stands at the left, where the newest values are not, on the side of the line with fewer points. */
function objectiveLine(chart: Chart, value: Axis, points: readonly Point[]): string {
  const y = value.place(chart.objective.value);
  const label = `objective ${formatObjective(chart.unit, chart.objective)}`;
  const early = points.slice(0, Math.ceil(points.length / 3));
  const over = early.filter((point) => point.value > chart.objective.value).length;
  const above = bottom - y < 40 || (over * 2 <= early.length && y > headerHeight + 60);
  const plate = textWidth(label, font.note, 'bold') + 8;
  const labelY = above ? y - 10 : y + 25;
  return `<path d="M${left} ${px(y)}H${right}" stroke="${ink.objective}" stroke-width="2.5" stroke-dasharray="9 6"/><rect x="${left + 6}" y="${px(labelY - 18)}" width="${px(plate)}" height="24" rx="4" fill="#ffffff" fill-opacity="0.85"/>${text(left + 12, labelY, label, { size: font.note, fill: ink.objective, weight: 'bold' })}`;
}

const labelTop = (row: number) => headerHeight + row * rowHeight;

function markLine({ x, label }: PlacedMark, top: number): string {
  const start = label ? labelTop(label.row) + rowHeight - 6 : top;
  return `<path d="M${px(x)} ${px(start)}V${bottom}" stroke="${ink.mark}" stroke-width="2.5"/>`;
}

function markLabel({ label }: PlacedMark): string {
  if (!label) return '';
  const y = labelTop(label.row);
  return `<rect x="${px(label.left)}" y="${y}" width="${px(label.width)}" height="${rowHeight - 5}" rx="6" fill="${ink.markFill}" stroke="${ink.mark}" stroke-width="1.5"/>${text(label.left + label.width / 2, y + 21, label.text, { size: font.mark, fill: ink.mark, anchor: 'middle' })}`;
}

/** Stands at the end of the first row that no label covers. */
function unlabelledNote(count: number, placed: readonly PlacedMark[]): string {
  const note = `+ ${count} more`;
  const plate = textWidth(note, font.mark);
  const crowded = placed.some(
    ({ label }) => label?.row === 0 && label.left + label.width > right - plate - 16,
  );
  const [x, anchor] = crowded ? [left, undefined] : [right - 8, 'end' as const];
  return text(x, labelTop(0) + 21, note, { size: font.mark, fill: ink.mark, ...(anchor ? { anchor } : {}) });
}

function text(
  x: number,
  y: number,
  content: string,
  style: { size: number; fill?: string; weight?: 'bold'; anchor?: 'middle' | 'end' },
): string {
  const { size, fill = ink.text, weight, anchor } = style;
  return `<text x="${px(x)}" y="${px(y)}" font-size="${size}" fill="${fill}"${weight ? ` font-weight="${weight}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}>${xmlText(content)}</text>`;
}

/** A tenth of a pixel is finer than anybody sees, and a number that is none must not reach the picture. */
const px = (value: number): number => (Number.isFinite(value) ? Math.round(value * 10) / 10 : 0);
