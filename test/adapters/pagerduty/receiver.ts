import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { startHttpServer } from '../../../src/adapters/http/server.ts';
import { createPagerWebhook } from '../../../src/adapters/pagerduty/webhook.ts';
import type { Fields, Log } from '../../../src/engine/log.ts';
import type { PagerNotice } from '../../../src/engine/pagerPort.ts';
import type { Deliveries } from '../../../src/engine/ports.ts';
import { createClock, type MovedClock } from '../../fakes/clock.ts';
import { signatureOf } from '../../fakes/pagerdutyWebhooks.ts';
import { keptDeliveries } from '../slack/deliveries.ts';

export const secret = 'CANARY-webhook-secret-of-now';
export const secretBefore = 'CANARY-webhook-secret-before';

export const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/pagerduty/${name}.json`, import.meta.url), 'utf8');

export type Receiver = {
  readonly url: string;
  readonly heard: PagerNotice[];
  readonly lines: { message: string; fields: Fields | undefined }[];
  readonly clock: MovedClock;
  /** Signed with the secret of now, unless headers say otherwise. */
  post(body: string, headers?: Readonly<Record<string, string>>): Promise<{ status: number; json: unknown }>;
};

/** The route behind the real HTTP server, half a minute after what the fixtures tell of. */
export async function receiver(
  options: {
    readonly deliveries?: Deliveries;
    readonly secrets?: readonly string[];
    /** Called instead of only remembering. */
    readonly onNotice?: (notice: PagerNotice) => Promise<void>;
  } = {},
): Promise<Receiver> {
  const heard: PagerNotice[] = [];
  const lines: Receiver['lines'] = [];
  const write = (message: string, fields?: Fields) => {
    lines.push({ message, fields });
  };
  const log: Log = { info: write, warn: write, error: write, child: () => log };
  const clock = createClock();
  const route = createPagerWebhook({
    secrets: options.secrets ?? [secret, secretBefore],
    deliveries: options.deliveries ?? keptDeliveries(),
    clock,
    log,
    async onNotice(notice) {
      heard.push(notice);
      await options.onNotice?.(notice);
    },
  });
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, routes: [route], log });
  onTestFinished(() => server.close());
  const url = `${server.address.url}/pagerduty`;
  return {
    url,
    heard,
    lines,
    clock,
    async post(body, headers = {}) {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-pagerduty-signature': signatureOf(body, secret),
          ...headers,
        },
      });
      return { status: response.status, json: await response.json() };
    },
  };
}
