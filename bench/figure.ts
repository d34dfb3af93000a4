/** One measured figure. `against` says what it was held against in the same run, and under what circumstances. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly against: string;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value below which a share of the values lies; 0 where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Rounded to a hundredth, beyond a hundred to a whole number: nothing here is more exact. */
export function rounded(value: number): number {
  const factor = Math.abs(value) >= 100 ? 1 : 100;
  return Math.round(value * factor) / factor;
}

export const ratio = (value: number, reference: number): number =>
  reference === 0 ? 0 : rounded(value / reference);
