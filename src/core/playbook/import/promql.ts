/** Queries to Prometheus that a runbook makes by curl; in a playbook they are indicators. */
export type FoundQuery =
  | {
      readonly kind: 'query';
      readonly query: string;
      /** What `$window` stands for, where the query had a range of its own. */
      readonly window: string | null;
      readonly hints: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly why: string };

/** `undefined` where the line asks Prometheus nothing. */
export function queryIn(line: string): FoundQuery | undefined {
  const found = /\/api\/v1\/query(?:_range)?\?query=(.*)$/.exec(line);
  const data = found ?? /\bcurl\b.*\/api\/v1\/query\b.*--data-urlencode\s+["']?query=(.*)$/.exec(line);
  if (!data)
    return /\/api\/v1\/query\b/.test(line)
      ? { kind: 'unreadable', why: 'Its query could not be read.' }
      : undefined;
  const quote = /["']/.exec(line.slice(0, data.index + data[0].length - (data[1] ?? '').length))?.[0];
  const written = cut(data[1] ?? '', quote);
  let decoded: string;
  try {
    decoded = decodeURIComponent(
      written.replaceAll('+', '%20').replaceAll(/%(?![0-9a-f]{2})/gi, '%25'),
    ).trim();
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return { kind: 'unreadable', why: 'Its query is not encoded as an address should be.' };
  }
  if (decoded === '' || decoded.length > 2_000 || /[$\p{Cc}]/u.test(decoded) || !isClosed(decoded))
    return { kind: 'unreadable', why: 'Its query is empty, not closed, or uses a variable.' };
  const ranges = [...new Set([...decoded.matchAll(/\[(\w+)\]/g)].map((match) => match[1] ?? ''))];
  if (ranges.length > 1 || ranges.some((range) => !/^\d{1,6}(?:ms|s|m|h|d)$/.test(range)))
    return { kind: 'unreadable', why: 'Its query has several ranges; an indicator has one window.' };
  return {
    kind: 'query',
    query: decoded.replaceAll(/\[\w+\]/g, '[$window]'),
    window: ranges[0] ?? null,
    hints: hintsFor(decoded),
  };
}

/** The query ends with its quotation mark, or where a shell would end it. */
function cut(text: string, quote: string | undefined): string {
  if (quote !== undefined) return text.split(quote)[0] ?? '';
  return text.split(/\s/)[0] ?? '';
}

function hintsFor(query: string): string[] {
  const hints: string[] = [];
  if (/\b(?:rate|increase)\(\w*error/i.test(query) && !query.includes('/'))
    hints.push('This counts errors per second, which is no ratio: divide by the rate of all operations.');
  if (/\berrors?_/i.test(query))
    hints.push('A counter of errors that never rose has no series: add `or 0 * <operations>`.');
  if (query.includes('histogram_quantile') && !/\bby\s*\(/.test(query))
    hints.push('Several instances: write `sum by (le) (rate(…))` inside of histogram_quantile.');
  return hints;
}

function isClosed(query: string): boolean {
  const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  const open: string[] = [];
  for (const character of query.replaceAll(/"[^"]*"/g, '""')) {
    if ('([{'.includes(character)) open.push(character);
    const opener = pairs[character];
    if (opener !== undefined && open.pop() !== opener) return false;
  }
  return open.length === 0;
}
