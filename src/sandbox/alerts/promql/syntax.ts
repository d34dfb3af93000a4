/** The tree of a query, in the subset of PromQL that the shipped playbooks and rules use. */

export type Matcher = Readonly<{
  name: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
  /** Whether a label's value (an absent label is empty) is wanted. */
  accepts: (value: string) => boolean;
}>;

/** `range` and `offset` are milliseconds; a selector without a range asks for the newest sample. */
export type Selector = Readonly<{
  kind: 'selector';
  matchers: readonly Matcher[];
  range: number | undefined;
  offset: number;
}>;

export type Matching = Readonly<{
  on: boolean;
  labels: readonly string[];
  group: 'none' | 'left' | 'right';
  include: readonly string[];
}>;

export type BinaryOperator =
  | ('+' | '-' | '*' | '/' | '%' | '^')
  | ('==' | '!=' | '>' | '<' | '>=' | '<=')
  | ('and' | 'or' | 'unless');

export type Binary = Readonly<{
  kind: 'binary';
  operator: BinaryOperator;
  bool: boolean;
  matching: Matching;
  left: Expression;
  right: Expression;
}>;

export type AggregateName = 'sum' | 'avg' | 'min' | 'max' | 'count';

export type Aggregate = Readonly<{
  kind: 'aggregate';
  name: AggregateName;
  without: boolean;
  labels: readonly string[];
  of: Expression;
}>;

export type Call = Readonly<{ kind: 'call'; name: string; args: readonly Expression[] }>;

export type Expression =
  | Readonly<{ kind: 'number'; value: number }>
  | Readonly<{ kind: 'negate'; of: Expression }>
  | Selector
  | Binary
  | Aggregate
  | Call;

export type ValueType = 'scalar' | 'vector' | 'matrix';

/** What each function takes and gives. */
export const SIGNATURES: Readonly<
  Record<string, Readonly<{ takes: readonly ValueType[]; gives: ValueType }>>
> = {
  rate: { takes: ['matrix'], gives: 'vector' },
  increase: { takes: ['matrix'], gives: 'vector' },
  delta: { takes: ['matrix'], gives: 'vector' },
  changes: { takes: ['matrix'], gives: 'vector' },
  resets: { takes: ['matrix'], gives: 'vector' },
  sum_over_time: { takes: ['matrix'], gives: 'vector' },
  avg_over_time: { takes: ['matrix'], gives: 'vector' },
  max_over_time: { takes: ['matrix'], gives: 'vector' },
  min_over_time: { takes: ['matrix'], gives: 'vector' },
  count_over_time: { takes: ['matrix'], gives: 'vector' },
  last_over_time: { takes: ['matrix'], gives: 'vector' },
  absent: { takes: ['vector'], gives: 'vector' },
  absent_over_time: { takes: ['matrix'], gives: 'vector' },
  histogram_quantile: { takes: ['scalar', 'vector'], gives: 'vector' },
  clamp_min: { takes: ['vector', 'scalar'], gives: 'vector' },
  clamp_max: { takes: ['vector', 'scalar'], gives: 'vector' },
  abs: { takes: ['vector'], gives: 'vector' },
  ceil: { takes: ['vector'], gives: 'vector' },
  floor: { takes: ['vector'], gives: 'vector' },
  timestamp: { takes: ['vector'], gives: 'vector' },
  scalar: { takes: ['vector'], gives: 'scalar' },
  vector: { takes: ['scalar'], gives: 'vector' },
  time: { takes: [], gives: 'scalar' },
};

export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'negate':
      return typeOf(expression.of);
    case 'selector':
      return expression.range === undefined ? 'vector' : 'matrix';
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
        ? 'scalar'
        : 'vector';
    case 'aggregate':
      return 'vector';
    case 'call':
      return SIGNATURES[expression.name]?.gives ?? 'vector';
    default: {
      const never: never = expression;
      return never;
    }
  }
}

export const isComparison = (operator: BinaryOperator): boolean =>
  ['==', '!=', '>', '<', '>=', '<='].includes(operator);

export const isSetOperator = (operator: BinaryOperator): operator is 'and' | 'or' | 'unless' =>
  ['and', 'or', 'unless'].includes(operator);
