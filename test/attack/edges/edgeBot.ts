import { createHmac } from 'node:crypto';
import { vi } from 'vitest';
import { openSqliteReader } from '../../../src/adapters/sqlite/reader.ts';
import type { Fields, Log } from '../../../src/engine/log.ts';
import type { SandboxOptions } from '../../../src/sandbox/start.ts';
import { databaseOf, type Rehearsal, rehearse, type Stops } from '../../scenarios/rehearsal.ts';

export type Line = { readonly level: string; readonly message: string; readonly fields: Fields };

/** The whole bot in this process, heard over HTTP, with a look at its log lines and at its log of events. */
export type EdgeBot = Rehearsal & {
  readonly url: string;
  readonly token: string;
  readonly lines: readonly Line[];
  /** How many events there are, those aside that the bot itself brings about as time goes by. */
  events(): Promise<number>;
  /** Signs as Slack does, by default now. */
  sign(body: string | Uint8Array, given?: Signing): Record<string, string>;
};

export type Signing = { readonly secret?: string; readonly at?: number; readonly type?: string };

export const formType = 'application/x-www-form-urlencoded';

export const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

export async function startEdgeBot(stops: Stops, options: Partial<SandboxOptions> = {}): Promise<EdgeBot> {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}) =>
      void lines.push({ level, message, fields });
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  const sandbox = await rehearse(stops, { delivery: 'http', rateLimits: 'off', log, ...options });
  const { url } = sandbox.bot;
  await hearsSlack(url);
  const reader = openSqliteReader(databaseOf(sandbox.env));
  stops.push(async () => reader.close());
  return {
    ...sandbox,
    url,
    token: sandbox.env.ALERTMANAGER_TOKEN ?? '',
    lines,
    events: async () => (await reader.events({})).filter(({ event }) => event.by !== 'bot').length,
    sign: (body, given) => signed(sandbox.emulator.signingSecret, body, given),
  };
}

export const hearsSlack = (url: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const ready = (await (await fetch(`${url}/readyz`)).json()) as {
        checks: { slack: { status: string } };
      };
      if (ready.checks.slack.status !== 'ok') throw new Error('Slack is not heard yet');
    },
    { timeout: 20_000, interval: 50 },
  );

export function signed(
  secret: string,
  body: string | Uint8Array,
  { secret: other, at = nowSeconds(), type = formType }: Signing = {},
): Record<string, string> {
  const mac = createHmac('sha256', other ?? secret)
    .update(`v0:${at}:`)
    .update(body)
    .digest('hex');
  return {
    'content-type': type,
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': `v0=${mac}`,
  };
}
