import { type Labels, METRIC_NAME, makeLabels } from './labels.ts';

export type Exposed = Readonly<{ labels: Labels; value: number }>;

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

/**
 * Reads what a service exposes, in Prometheus's text format 0.0.4; time stamps in it are ignored.
 * @throws Error naming the line that cannot be read
 */
export function parseExposition(text: string): Exposed[] {
  const exposed: Exposed[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, name, labels, value] = LINE.exec(trimmed) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(`line ${index + 1} is no sample: ${trimmed}`);
    const pairs = parseLabels(labels ?? '');
    const number = parseValue(value);
    if (pairs === undefined || number === undefined) {
      throw new Error(`line ${index + 1} is no sample: ${trimmed}`);
    }
    exposed.push({ labels: makeLabels([[METRIC_NAME, name], ...pairs]), value: number });
  }
  return exposed;
}

function parseLabels(text: string): [string, string][] | undefined {
  const pairs: [string, string][] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.trimEnd().length) {
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value.replace(/\\(.)/g, (whole, escaped: string) => ESCAPES[escaped] ?? whole)]);
  }
  return pairs;
}

function parseValue(text: string): number | undefined {
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
