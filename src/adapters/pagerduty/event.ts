import type { Severity } from '../../core/severity.ts';
import type { Page } from '../../engine/pagerPort.ts';

/** Limits of PagerDuty's Events API v2. */
export const longestSummary = 1_024;
export const longestKey = 255;
/** Bytes. The documented limit is 512 KB; this is under it whichever kilobyte is meant, with the routing key in it. */
export const largestEvent = 500_000;

const severityOf: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  P0: 'critical',
  P1: 'critical',
  P2: 'error',
  P3: 'warning',
  P4: 'info',
};

type Details = Readonly<Record<string, string | number | boolean | null>>;

/** What is sent beside the routing key and the action, within the limits. */
export function triggerEvent(page: Page) {
  const whole = eventOf(page, page.details, page.links ?? []);
  if (fits(whole)) return whole;
  for (const length of [16_384, 2_048, 256]) {
    const shorter = eventOf(page, shortened(page.details, length), (page.links ?? []).slice(0, 20));
    if (fits(shorter)) return shorter;
  }
  return eventOf(page, { 'left out': 'The details were more than PagerDuty takes.' }, []);
}

function eventOf(page: Page, details: Details | undefined, links: NonNullable<Page['links']>) {
  const kept = links.flatMap(({ href, text }) => {
    const url = href.length > 2_048 ? null : URL.parse(href);
    const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
    return isWeb ? [{ href: url.href, text: line(text, 255) }] : [];
  });
  return {
    dedup_key: page.dedupKey,
    client: 'Genesis',
    payload: {
      summary: line(page.summary, longestSummary) || 'An incident without a title',
      severity: severityOf[page.severity],
      source: line(page.source, 255) || 'unknown',
      ...(page.component === undefined ? {} : { component: line(page.component, 255) }),
      ...(page.group === undefined ? {} : { group: line(page.group, 255) }),
      ...(details === undefined ? {} : { custom_details: cleaned(details) }),
    },
    ...(kept.length === 0 ? {} : { links: kept }),
  };
}

/** Room for what stands around it: the action and a routing key of 32 characters. */
const fits = (event: object): boolean => Buffer.byteLength(JSON.stringify(event)) + 200 <= largestEvent;

const cleaned = (details: Details): Details =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      clean(name),
      typeof value === 'string' ? clean(value) : value,
    ]),
  );

const shortened = (details: Details | undefined, length: number): Details | undefined =>
  details &&
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      cut(name, length),
      typeof value === 'string' ? cut(value, length) : value,
    ]),
  );

const line = (text: string, longest: number): string =>
  cut(clean(text).replaceAll(/\s+/g, ' ').trim(), longest);

const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '');

/** A cut in the middle of a surrogate pair would leave half a character. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text
    .slice(0, longest - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
}
