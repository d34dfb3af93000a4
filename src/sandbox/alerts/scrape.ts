import { parseExposition } from './exposition.ts';
import { type Labels, labelKey, METRIC_NAME, makeLabels } from './labels.ts';
import type { Samples } from './samples.ts';

/** A service that is scraped; its samples carry `job` and `instance`. */
export type Target = Readonly<{ job: string; url: string }>;

export type TargetHealth = Readonly<{ health: 'up' | 'down'; lastError: string; lastScrape: number }>;

export type Scraper = {
  /** One scrape now; never rejects, a failure becomes `up` 0. */
  scrape(): Promise<TargetHealth>;
};

export type ScrapeOptions = Readonly<{ samples: Samples; timeout: number; now: () => number }>;

/**
 * Scrapes one target like Prometheus: `up` says whether it worked, and series that are not there any more end at once.
 */
export function createScraper(target: Target, { samples, timeout, now }: ScrapeOptions): Scraper {
  const own = { job: target.job, instance: new URL(target.url).host };
  let alive = new Map<string, Labels>();

  return {
    async scrape() {
      const at = now();
      const seen = new Map<string, Labels>();
      let lastError = '';
      try {
        for (const { labels, value } of await fetchExposition(target.url, timeout)) {
          const full = withTarget(labels, own);
          samples.append(full, { at, value });
          seen.set(labelKey(full), full);
        }
      } catch (cause) {
        lastError = cause instanceof Error ? cause.message : String(cause);
        seen.clear();
      }
      for (const [key, labels] of alive) if (!seen.has(key)) samples.end(labels, at);
      alive = seen;
      samples.append({ [METRIC_NAME]: 'up', ...own }, { at, value: lastError === '' ? 1 : 0 });
      return { health: lastError === '' ? 'up' : 'down', lastError, lastScrape: at };
    },
  };
}

async function fetchExposition(url: string, timeout: number) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  if (response.status !== 200) throw new Error(`server returned HTTP status ${response.status}`);
  return parseExposition(await response.text());
}

/** The target's own labels win; what the service said under the same name is kept as `exported_…`. */
function withTarget(labels: Labels, own: Labels): Labels {
  const entries = Object.entries(labels).map(
    ([name, value]) => [name in own ? `exported_${name}` : name, value] as const,
  );
  return makeLabels([...entries, ...Object.entries(own)]);
}
