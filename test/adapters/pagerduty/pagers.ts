import { onTestFinished } from 'vitest';
import { isPublicAddress } from '../../../src/adapters/outbound/publicAddress.ts';
import { createPager, type PagerOptions } from '../../../src/adapters/pagerduty/pager.ts';
import type { Page, Pager } from '../../../src/engine/pagerPort.ts';
import { WorkFailed } from '../../../src/engine/ports.ts';
import { type PagerDutyServer, startPagerDutyServer } from '../../fakes/pagerdutyServer.ts';

export const startedAt = Date.UTC(2026, 10, 21, 14, 0, 0);

export const page: Page = {
  dedupKey: 'genesis/INC-7/1',
  summary: 'P1: Error rate of the checkout is above 5 %',
  severity: 'P1',
  source: 'checkout',
};

export function pagerOf(
  server: Pick<PagerDutyServer, 'url' | 'keys'>,
  options: Partial<PagerOptions> = {},
): Pager {
  const pager = createPager({
    routingKey: server.keys.routing,
    token: server.keys.token,
    from: server.keys.from,
    apiUrl: server.url,
    eventsUrl: server.url,
    clock: { now: () => startedAt },
    isPublic: isPublicAddress,
    ...options,
  });
  onTestFinished(() => pager.stop());
  return pager;
}

/** A stand-in that lives as long as the test, and a pager that calls it. */
export async function account(
  options: Partial<PagerOptions> = {},
  server: Parameters<typeof startPagerDutyServer>[0] = {},
): Promise<{ server: PagerDutyServer; pager: Pager }> {
  const started = await startPagerDutyServer({ now: () => startedAt, ...server });
  onTestFinished(() => started.stop());
  return { server: started, pager: pagerOf(started, options) };
}

/** How a call failed, as the engine sees it. */
export async function failureOf(work: Promise<unknown>): Promise<WorkFailed> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkFailed) return error;
  throw new Error(`It did not fail as work does: ${String(error)}`);
}
