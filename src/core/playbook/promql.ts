import { parser } from '@prometheus-io/lezer-promql';
import { nearest } from './nearest.ts';

/**
 * Reads PromQL with the grammar of Prometheus' own editor. It only computes; whether a metric exists, or how many series
 * come back, is known to Prometheus alone.
 */

/** `offset` counts characters of the expression from 0. */
export type QueryFault = { readonly offset: number; readonly message: string };

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree['topNode'];

/** Functions of the language that a mistyped one may have meant; the grammar knows them only as its own node names. */
const functions = [
  ...['abs', 'absent', 'absent_over_time', 'avg', 'avg_over_time', 'bottomk', 'ceil', 'changes', 'clamp'],
  ...['clamp_max', 'clamp_min', 'count', 'count_over_time', 'count_values', 'delta', 'deriv', 'exp', 'floor'],
  ...['group', 'histogram_quantile', 'idelta', 'increase', 'irate', 'label_join', 'label_replace'],
  ...['last_over_time', 'ln', 'log10', 'log2', 'max', 'max_over_time', 'min', 'min_over_time'],
  ...['predict_linear', 'present_over_time', 'quantile', 'quantile_over_time', 'rate', 'resets', 'round'],
  ...['scalar', 'sort', 'sort_desc', 'sqrt', 'stddev', 'stddev_over_time', 'sum', 'sum_over_time', 'time'],
  ...['timestamp', 'topk', 'vector'],
];

/** These count over a range; all others want values of one moment. */
const overRange =
  /^(?:rate|irate|increase|delta|idelta|deriv|changes|resets|predict_linear|double_exponential_smoothing|\w+_over_time)$/;

/**
 * What is wrong with an expression that is to answer with values of one moment; at most one syntax error, the first.
 * `range` is how a range is written where the expression stands.
 */
export function faultsInQuery(query: string, range: '[$window]' | '[5m]'): QueryFault[] {
  // `$window` has seven characters, and so has this duration: columns stay what they were.
  const text = query.replaceAll('$window', '100000s');
  const tree = parser.parse(text);
  const syntax = firstError(tree, text);
  return syntax ? [syntax] : rangeFaults(tree, text, range);
}

/** `column 12` of one line, `line 2, column 5` of several; lines are those that the reader of the YAML sees joined. */
export function placeInQuery(query: string, offset: number): string {
  const before = query.slice(0, offset).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return query.includes('\n') ? `line ${before.length}, column ${column}` : `column ${column}`;
}

function nodesOf(tree: Tree): Node[] {
  const nodes: Node[] = [];
  tree.iterate({ enter: (reference) => void nodes.push(reference.node) });
  return nodes;
}

function firstError(tree: Tree, text: string): QueryFault | undefined {
  const errors = nodesOf(tree).filter(({ type }) => type.isError);
  const [first] = errors;
  if (!first) return undefined;
  const call = callBefore(text, first.from);
  if (call) return call;
  const rest = text.slice(first.from).trim();
  if (rest === '')
    return { offset: text.trimEnd().length, message: 'The expression ends where something must follow.' };
  const gap = text.slice(first.from).length - text.slice(first.from).trimStart().length;
  const word = /^(?:"[^"]*"?|'[^']*'?|[\w:.$]+|[^\s\w])/.exec(rest)?.[0] ?? rest;
  return {
    offset: first.from + gap,
    message: `\`${word}\` cannot stand there${meantBy(word, first, text)}.`,
  };
}

/** The commonest slips of the pen, said as what was probably meant. */
function meantBy(word: string, error: Node, text: string): string {
  const inLabels = error.parent?.name === 'LabelMatchers' || error.parent?.name === 'UnquotedLabelMatcher';
  if (inLabels && /[=~]\s*$/.test(text.slice(0, error.from)))
    return `; the value of a label has quotes: \`"${word}"\``;
  if (!inLabels && word === '=') return '; values are compared by `==`';
  if (word === '&' || word === '|') return '; conditions are joined by `and` and `or`';
  return '';
}

/** A word in front of a bracket that is no function: what the grammar stumbles over is the bracket. */
function callBefore(text: string, offset: number): QueryFault | undefined {
  for (const match of text.matchAll(/([a-zA-Z_]\w*)\s*\(/g)) {
    const [whole, name = ''] = match;
    const { index } = match;
    if (offset < index || offset > index + whole.length) continue;
    if (functions.includes(name) || ['by', 'without', 'on', 'ignoring'].includes(name.toLowerCase()))
      continue;
    const grouping = /\b(by|without|on|ignoring)\s*$/i.exec(text.slice(0, index))?.[1];
    if (grouping !== undefined)
      return {
        offset: index,
        message: `Labels stand in brackets: \`${grouping} (${name})\`.`,
      };
    const meant = nearest(name, functions);
    return {
      offset: index,
      message: `There is no function \`${name}\`${meant === undefined ? '.' : `; did you mean \`${meant}\`?`}`,
    };
  }
  return undefined;
}

function rangeFaults(tree: Tree, text: string, range: string): QueryFault[] {
  return nodesOf(tree).flatMap((node): QueryFault[] => {
    const { name } = node;
    if (name === 'FunctionCall') {
      const called = text.slice(node.from, node.getChild('FunctionIdentifier')?.to ?? node.from);
      const args = node.getChild('FunctionCallBody');
      const given = argumentsOf(args);
      if (overRange.test(called) && !given.some(isRange)) {
        const at = given[0]?.from ?? node.from;
        return [
          { offset: at, message: `\`${called}\` needs a range, such as \`${range}\` after the metric.` },
        ];
      }
      return [];
    }
    if ((name === 'MatrixSelector' || name === 'SubqueryExpr') && !countedOver(node, text))
      return [
        {
          offset: node.from,
          message:
            'A range answers with many values where one is needed; count over it, with `rate` for instance.',
        },
      ];
    return [];
  });
}

function argumentsOf(body: Node | null | undefined): Node[] {
  const found: Node[] = [];
  for (let child = body?.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

const wrapping = ['ParenExpr', 'OffsetExpr', 'StepInvariantExpr', 'AnchoredExpr', 'SmoothedExpr'];

function isRange(node: Node): boolean {
  if (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr') return true;
  return wrapping.includes(node.name) && node.firstChild !== null && isRange(node.firstChild);
}

/** Whether what takes a range as its argument is a function that counts over one. */
function countedOver(range: Node, text: string): boolean {
  let node: Node | null = range.parent;
  while (node && wrapping.includes(node.name)) node = node.parent;
  const call = node?.name === 'FunctionCallBody' ? node.parent : null;
  const called = call?.getChild('FunctionIdentifier');
  return called != null && overRange.test(text.slice(called.from, called.to));
}
