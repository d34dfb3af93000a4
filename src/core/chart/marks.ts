import { fitText, textWidth } from './text.ts';

/** Something that was done, at a moment; mitigations above all. */
export type Mark = { readonly at: number; readonly label: string };

export type PlacedMark = { readonly x: number; readonly label: Label | null };
export type Label = {
  readonly text: string;
  readonly left: number;
  readonly width: number;
  readonly row: number;
};

const padding = 10;
const space = 8;
const widest = 330;

/**
 * Gives every mark a line and its label a row in which it covers no other. Where all rows are full the label is left
 * out and counted; the line stays.
 */
export function placeMarks(options: {
  readonly marks: readonly Mark[];
  readonly place: (at: number) => number;
  readonly left: number;
  readonly right: number;
  readonly fontSize: number;
  readonly maxRows: number;
}): { readonly placed: readonly PlacedMark[]; readonly rows: number; readonly unlabelled: number } {
  const { left, right, fontSize, maxRows } = options;
  const ends: number[] = [];
  let unlabelled = 0;
  const placed = options.marks
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, label }): PlacedMark => {
      const x = options.place(at);
      const text = fitText(label, fontSize, widest);
      const width = textWidth(text, fontSize) + 2 * padding;
      const start = Math.max(left, Math.min(x, right - width));
      const free = ends.findIndex((end) => end + space <= start);
      const row = free >= 0 ? free : ends.length;
      if (row >= maxRows) {
        unlabelled += 1;
        return { x, label: null };
      }
      ends[row] = start + width;
      return { x, label: { text, left: start, width, row } };
    });
  return { placed, rows: ends.length, unlabelled };
}
