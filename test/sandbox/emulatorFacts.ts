import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import type { Json } from './emulatorPayloads.ts';

/** What Slack documents of its methods, and a way to call them in every encoding. */

/** Arguments are `name`, `name:type` (string by default), `!` where required; the rest is lists of words. */
export interface Facts {
  tier: string;
  json: boolean;
  scopes: string;
  args: string;
  errors: string;
  answers: string;
}

export const facts = JSON.parse(
  readFileSync(new URL('../fixtures/slack/methods.json', import.meta.url), 'utf8'),
) as Record<string, Facts>;

export const words = (line: string) => line.split(' ').filter((word) => word !== '');

export interface Argument {
  name: string;
  type: string;
  isRequired: boolean;
}

export function argumentsOf(method: string): Argument[] {
  return words(facts[method]?.args ?? '').map((word) => {
    const [name = '', type = 'string'] = word.replace('!', '').split(':');
    return { name, type, isRequired: word.endsWith('!') };
  });
}

export type Encoding = 'form' | 'json' | 'query';

export async function send(
  emulator: Emulator,
  method: string,
  { args, encoding }: { args: Json; encoding: Encoding },
): Promise<Json> {
  const token = method === 'apps.connections.open' ? emulator.appToken : emulator.botToken;
  const headers = { authorization: `Bearer ${token}` };
  const fields = new URLSearchParams(
    Object.entries(args).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const url = `${emulator.apiUrl}${method}`;
  const requests: Record<Encoding, () => Promise<Response>> = {
    form: () => fetch(url, { method: 'POST', headers, body: fields }),
    query: () => fetch(`${url}?${fields}`, { headers }),
    json: () =>
      fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(args),
      }),
  };
  const response = await requests[encoding]();
  expect([method, response.status]).toEqual([method, 200]);
  return (await response.json()) as Json;
}
