import { type Labels, labelKey, METRIC_NAME, makeLabels, onlyLabels, withoutLabels } from '../labels.ts';
import { type Binary, type BinaryOperator, isComparison, isSetOperator, type Matching } from './syntax.ts';
import { EvaluationError, type Value, type Vector, type VectorSample } from './values.ts';

/** Arithmetic on two numbers; a comparison gives 1 or 0. */
export function arithmetic(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '>':
      return Number(left > right);
    case '<':
      return Number(left < right);
    case '>=':
      return Number(left >= right);
    case '<=':
      return Number(left <= right);
    case 'and':
    case 'or':
    case 'unless':
      throw new EvaluationError(`set operator "${operator}" has no meaning between numbers`);
    default: {
      const never: never = operator;
      return never;
    }
  }
}

/** An operator with a vector on at least one side. */
export function evaluateBinary(binary: Binary, left: Value, right: Value): Vector {
  if (left.kind === 'vector' && right.kind === 'vector') {
    return isSetOperator(binary.operator)
      ? evaluateSet(binary, left.samples, right.samples)
      : evaluateMatched(binary, left.samples, right.samples);
  }
  if (left.kind === 'vector' && right.kind === 'scalar') {
    return left.samples.flatMap((sample) => combine(binary, sample, [sample.value, right.value]));
  }
  if (left.kind === 'scalar' && right.kind === 'vector') {
    return right.samples.flatMap((sample) => combine(binary, sample, [left.value, sample.value]));
  }
  throw new EvaluationError('binary expression must contain only scalar and instant vector types');
}

/** Without `bool` a comparison keeps or drops the sample; all else loses the metric's name. */
function combine(binary: Binary, sample: VectorSample, [left, right]: readonly [number, number]): Vector {
  const result = arithmetic(binary.operator, left, right);
  if (isComparison(binary.operator) && !binary.bool) return result === 1 ? [sample] : [];
  return [{ labels: withoutLabels(sample.labels, [METRIC_NAME]), value: result }];
}

const keyOf = (labels: Labels, matching: Matching): string =>
  labelKey(
    matching.on
      ? onlyLabels(labels, matching.labels)
      : withoutLabels(labels, [...matching.labels, METRIC_NAME]),
  );

function evaluateSet({ operator, matching }: Binary, left: Vector, right: Vector): Vector {
  const keys = (samples: Vector): Set<string> =>
    new Set(samples.map(({ labels }) => keyOf(labels, matching)));
  if (operator === 'or') {
    const taken = keys(left);
    return [...left, ...right.filter(({ labels }) => !taken.has(keyOf(labels, matching)))];
  }
  const wanted = keys(right);
  return left.filter(({ labels }) => wanted.has(keyOf(labels, matching)) === (operator === 'and'));
}

function evaluateMatched(binary: Binary, left: Vector, right: Vector): Vector {
  const { matching, operator } = binary;
  // The side of which each sample may be used many times is indexed, the other is walked.
  const [many, one] = matching.group === 'right' ? [right, left] : [left, right];
  const partners = new Map<string, VectorSample>();
  for (const sample of one) {
    const key = keyOf(sample.labels, matching);
    if (partners.has(key))
      throw new EvaluationError(duplicate(matching.group === 'right' ? 'left' : 'right'));
    partners.set(key, sample);
  }
  const used = new Set<string>();
  return many.flatMap((sample) => {
    const key = keyOf(sample.labels, matching);
    const partner = partners.get(key);
    if (partner === undefined) return [];
    const [a, b] = matching.group === 'right' ? [partner, sample] : [sample, partner];
    const result = arithmetic(operator, a.value, b.value);
    const filter = isComparison(operator) && !binary.bool;
    if (filter && result !== 1) return [];
    if (matching.group === 'none') {
      if (used.has(key)) {
        throw new EvaluationError(
          'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
        );
      }
      used.add(key);
    }
    const labels = resultLabels(binary, sample.labels, partner.labels);
    return [{ labels, value: filter ? a.value : result }];
  });
}

const duplicate = (side: 'left' | 'right'): string =>
  `found duplicate series for the match group on the ${side} hand-side of the operation; ` +
  'many-to-many matching not allowed: matching labels must be unique on one side';

function resultLabels({ operator, bool, matching }: Binary, many: Labels, one: Labels): Labels {
  const named = isComparison(operator) && !bool ? many : withoutLabels(many, [METRIC_NAME]);
  if (matching.group === 'none') {
    return matching.on ? onlyLabels(named, matching.labels) : withoutLabels(named, matching.labels);
  }
  const included = matching.include.map((name) => [name, one[name] ?? ''] as const);
  return makeLabels([...Object.entries(withoutLabels(named, matching.include)), ...included]);
}
