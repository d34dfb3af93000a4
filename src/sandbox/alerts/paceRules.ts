import { isScalar, parseDocument, visit } from 'yaml';
import { formatDuration, parseDuration } from './durations.ts';
import { tokenize } from './promql/tokens.ts';

const SCRAPE_INTERVAL_MS = 15_000;
const SHORTEST_MS = 1_000;
/** Fewer scrapes than this in a window and one late scrape leaves `rate` without an answer. */
const SCRAPES_PER_WINDOW = 4;

/** Milliseconds between two scrapes, and between two evaluations of the rules: 15 s divided by `pace`, at least 1 s. */
export function scrapeInterval(pace: number): number {
  return Math.max(SHORTEST_MS, Math.round(SCRAPE_INTERVAL_MS / pace));
}

/** A window of a query, such as the five minutes of `[5m]`, divided by `pace` but never under four scrapes. */
export function paceWindow(milliseconds: number, pace: number): number {
  if (pace === 1) return milliseconds;
  return Math.max(SCRAPES_PER_WINDOW * scrapeInterval(pace), Math.round(milliseconds / pace));
}

/** Every duration in a query divided by `pace`, the rest of its text untouched. */
export function paceQuery(query: string, pace: number): string {
  if (pace === 1) return query;
  let paced = '';
  let copied = 0;
  for (const token of tokenize(query)) {
    if (token.kind !== 'duration') continue;
    paced += query.slice(copied, token.start) + formatDuration(paceWindow(parseDuration(token.text), pace));
    copied = token.end;
  }
  return paced + query.slice(copied);
}

/**
 * The same rules for a world that runs `pace` times as fast: `for`, `keep_firing_for` and `interval` are divided (at
 * least 1 s, and a zero stays zero), and so are the windows of queries (see `paceWindow`). Comments and order stay.
 * @throws Error when the text is no YAML or a duration is none
 */
export function paceRules(rulesText: string, pace: number): string {
  if (pace === 1) return rulesText;
  const document = parseDocument(rulesText);
  const problem = document.errors[0];
  if (problem !== undefined) throw problem;
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || !isScalar(pair.value) || typeof pair.value.value !== 'string') return;
      switch (pair.key.value) {
        case 'for':
        case 'keep_firing_for':
        case 'interval': {
          const milliseconds = parseDuration(pair.value.value);
          const paced = milliseconds === 0 ? 0 : Math.max(SHORTEST_MS, Math.round(milliseconds / pace));
          pair.value.value = formatDuration(paced);
          return;
        }
        case 'expr':
          pair.value.value = paceQuery(pair.value.value, pace);
          return;
        default:
          return;
      }
    },
  });
  return document.toString({ lineWidth: 0 });
}
