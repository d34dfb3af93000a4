import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { signatureOf } from '../../fakes/pagerdutyWebhooks.ts';
import { fixture, receiver, secret } from './receiver.ts';

/** What is sent: without `signature` the one that fits the body, so that only the body is wrong. */
type Bad = {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly signature?: string | readonly string[] | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
};

const good = fixture('acknowledged');
const hex = signatureOf(good, secret).slice(3);
const other = signatureOf(good, 'somebody-elses-secret').slice(3);

const signatures: readonly Bad[] = (
  [
    ['none', null],
    ['empty', ''],
    ['a space', ' '],
    ['no version', hex],
    ['version 0', `v0=${hex}`],
    ['version 2', `v2=${hex}`],
    ['version 11', `v11=${hex}`],
    ['version in upper case', `V1=${hex}`],
    ['no number', `v=${hex}`],
    ['two equals signs', `v1==${hex}`],
    ['a colon', `v1:${hex}`],
    ['nothing after the sign', 'v1='],
    ['half', `v1=${hex.slice(0, 32)}`],
    ['all but one digit', `v1=${hex.slice(0, 63)}`],
    ['a digit more', `v1=${hex}0`],
    ['twice the length', `v1=${hex}${hex}`],
    ['upper case', `v1=${hex.toUpperCase()}`],
    ['no hex', `v1=${'z'.repeat(64)}`],
    ['zeros', `v1=${'0'.repeat(64)}`],
    ['base64', `v1=${Buffer.from(hex, 'hex').toString('base64')}`],
    ['sha1', `v1=${createHmac('sha1', secret).update(good).digest('hex')}`],
    ['sha512', `v1=${createHmac('sha512', secret).update(good).digest('hex')}`],
    ['another secret', `v1=${other}`],
    ['an empty secret', `v1=${createHmac('sha256', '').update(good).digest('hex')}`],
    ['another body', signatureOf(`${good} `, secret)],
    ['an empty body', signatureOf('', secret)],
    ['space before', `v1= ${hex}`],
    ['space around the comma', `v1=${other} , v1=${hex}`],
    ['space after the comma', `v1=${other}, v1=${hex}`],
    ['semicolons', `v1=${other};v1=${hex}`],
    ['comma at the end', `v1=${hex},`],
    ['comma at the beginning', `,v1=${hex}`],
    ['only commas', ',,,,'],
    ['nine', [...Array(8).fill(`v1=${other}`), `v1=${hex}`].join(',')],
    ['thousands', Array(100).fill(`v1=${other}`).join(',')],
    ['quoted', `"v1=${hex}"`],
    ['sha256=', `sha256=${hex}`],
    ['a timestamp before', `t=1,v1=${hex}`],
    ['two headers of others', [`v1=${other}`, `v1=${other}`]],
    ['two headers, the second right', [`v1=${other}`, `v1=${hex}`]],
    ['two headers, both right', [`v1=${hex}`, `v1=${hex}`]],
    ['a bearer token', `Bearer ${secret}`],
  ] as const
).map(([name, signature]) => ({ name: `signature: ${name}`, body: good, signature, status: 401 }));

const truncated: readonly Bad[] = Array.from({ length: 30 }, (_, index) => {
  const body = good.slice(0, Math.floor((good.trimEnd().length * index) / 30));
  return { name: `cut after ${body.length}`, body, status: 400 };
});

const changedBytes: readonly Bad[] = Array.from({ length: 25 }, (_, index) => {
  const body = Buffer.from(good);
  const at = Math.floor((body.length * index) / 25);
  body[at] = (body[at] ?? 0) ^ 1;
  return { name: `byte ${at} changed`, body, signature: `v1=${hex}`, status: 401 };
});

const absent = Symbol('absent');
const wrong: readonly unknown[] = [absent, null, 7, true, '', 'a b', [], {}, ['01EVENT'], 'x'.repeat(300)];

/** The body with another value at the place. */
function replaced(text: string, place: string, value: unknown): string {
  const body = JSON.parse(text) as Record<string, unknown>;
  const path = place.split('.');
  const last = path.pop() ?? '';
  let at: Record<string, unknown> = body;
  for (const name of path) at = at[name] as Record<string, unknown>;
  if (value === absent) delete at[last];
  else at[last] = value;
  return JSON.stringify(body);
}

const places: readonly (readonly [string, string])[] = [
  ['acknowledged', 'event'],
  ['acknowledged', 'event.id'],
  ['acknowledged', 'event.event_type'],
  ['acknowledged', 'event.occurred_at'],
  ['acknowledged', 'event.data'],
  ['acknowledged', 'event.data.id'],
  ['annotated', 'event.data.incident'],
  ['responder-replied', 'event.data.incident.id'],
];

const wrongTypes: readonly Bad[] = places.flatMap(([name, place]) =>
  wrong.map((value) => ({
    name: `${place}: ${typeof value === 'symbol' ? 'absent' : JSON.stringify(value).slice(0, 20)}`,
    body: replaced(fixture(name), place, value),
    status: 400,
  })),
);

const moments: readonly Bad[] = [
  '2026-11-21',
  '21.11.2026 13:59',
  '2026-13-45T25:61:61Z',
  '2026-11-21T13:59:30',
  '1763733570',
  '+058764-01-01T00:00:00Z',
  'now',
].map((at) => ({
  name: `occurred at ${at}`,
  body: replaced(good, 'event.occurred_at', at),
  status: 400,
}));

const bytes: readonly Bad[] = [
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ['UTF-16', Buffer.from(good, 'utf16le')],
  ['NUL', '\0'],
  ['text', 'hello'],
  ['a form', 'payload=%7B%7D'],
  ['XML', '<event/>'],
  ['null', 'null'],
  ['a number', '1e999'],
  ['a list', `[${good}]`],
  ['an empty object', '{}'],
  ['deep lists', '['.repeat(50_000)],
  ['two bodies', good + good],
  ['comments', `/* */${good}`],
  ['the older webhooks', '{"messages":[{"event":"incident.trigger","incident":{"id":"PINC001"}}]}'],
].map(([name, body]) => ({ name: `body: ${name}`, body: body as string, status: 400 }));

const carriers: readonly Bad[] = [
  { name: 'huge', body: `${good}${' '.repeat(256 * 1024)}`, status: 413 },
  { name: 'huge and unsigned', body: 'x'.repeat(300_000), signature: null, status: 413 },
  { name: 'as text', body: good, headers: { 'content-type': 'text/plain' }, status: 415 },
  {
    name: 'as a form',
    body: good,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
  },
  {
    name: 'in Latin 1',
    body: good,
    headers: { 'content-type': 'application/json; charset=latin1' },
    status: 415,
  },
  { name: 'compressed', body: good, headers: { 'content-encoding': 'gzip' }, status: 415 },
];

const corpus = [
  ...signatures,
  ...truncated,
  ...changedBytes,
  ...wrongTypes,
  ...moments,
  ...bytes,
  ...carriers,
];

/** A header may come twice, which fetch does not do. */
function send(url: string, { body, signature, headers }: Bad): Promise<number> {
  return new Promise((resolve, reject) => {
    const signed = signature === undefined ? signatureOf(body, secret) : signature;
    const request = httpRequest(
      url,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(signed === null ? {} : { 'x-pagerduty-signature': signed as string | string[] }),
          ...headers,
        },
      },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('a webhook that is not right', { tags: ['trust-23', 'trust-27'] }, () => {
  it('is refused for what it is, and nothing of it is handed over', async ({ annotate }) => {
    const { url, heard, post } = await receiver();
    const mistaken: string[] = [];
    for (const bad of corpus) {
      const status = await send(url, bad);
      if (status !== bad.status) mistaken.push(`${bad.name}: ${status}, not ${bad.status}`);
    }
    expect(mistaken).toEqual([]);
    expect(heard).toEqual([]);

    expect(await post(good)).toEqual({ status: 200, json: { outcome: 'taken' } });
    expect(corpus.length).toBeGreaterThan(200);
    await annotate(
      `${corpus.length} bad webhooks of PagerDuty: ${corpus.length} refused, 0 handed over`,
      'figure',
    );
  });
});
