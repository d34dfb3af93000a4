import type { Labels } from '../labels.ts';
import type { Series } from '../samples.ts';

export type VectorSample = Readonly<{ labels: Labels; value: number }>;
export type Vector = readonly VectorSample[];

export type Value =
  | Readonly<{ kind: 'scalar'; value: number }>
  | Readonly<{ kind: 'vector'; samples: Vector }>
  | Readonly<{ kind: 'matrix'; series: readonly Series[] }>;

/** A query that was read but has no answer, such as two series where one is needed. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}
