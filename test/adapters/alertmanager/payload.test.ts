import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/adapters/alertmanager/fingerprint.ts';
import { maxTextLength, parsePayload } from '../../../src/adapters/alertmanager/payload.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/alertmanager/${name}.json`, import.meta.url));
const parse = (body: string | object) =>
  parsePayload(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

const alert = (change: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'genesis-orchestration' },
  annotations: { summary: 'Errors' },
  startsAt: '2026-11-21T14:02:00.5Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example/graph',
  fingerprint: 'dfbe6daa971f5592',
  ...change,
});
const webhook = (change: object = {}) => ({
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  receiver: 'genesis',
  alerts: [alert()],
  ...change,
});

describe('a webhook of Alertmanager becomes notices', () => {
  it('takes firing and resolved alerts out of one captured webhook', () => {
    const payload = parsePayload(fixture('partially-resolved'));
    expect(payload).toMatchObject({
      kind: 'notices',
      truncatedAlerts: 0,
      cut: 0,
      notices: [
        {
          fingerprint: 'dfbe6daa971f5592',
          status: 'firing',
          startsAt: Date.parse('2026-11-21T23:49:39.119Z'),
          labels: { alertname: 'DatabaseConnectionsExhausted' },
        },
        {
          fingerprint: 'c1e766fd79fc6dd5',
          status: 'resolved',
          endsAt: Date.parse('2026-11-21T23:49:47.119Z'),
        },
      ],
    });
    expect(payload.kind === 'notices' && payload.notices[0]).not.toHaveProperty('endsAt');
  });

  it('says how many alerts Alertmanager itself has left out', () => {
    expect(parsePayload(fixture('firing-truncated'))).toMatchObject({ kind: 'notices', truncatedAlerts: 1 });
    expect(parsePayload(fixture('resolved'))).toMatchObject({ kind: 'notices' });
  });

  it('passes over fields that it does not know', () => {
    expect(parse(webhook({ somethingNew: { deep: [1] } }))).toMatchObject({ kind: 'notices' });
  });

  it('shortens texts over the limit and says how many', () => {
    const long = 'x'.repeat(maxTextLength + 1);
    const payload = parse(webhook({ alerts: [alert({ labels: { alertname: 'A', long, [long]: 'gone' } })] }));
    if (payload.kind !== 'notices') throw new Error(payload.why);
    expect(payload.cut).toBe(2);
    expect(Object.keys(payload.notices[0]!.labels)).toEqual(['alertname', 'long']);
    expect(payload.notices[0]!.labels.long).toMatch(/^x{4096}… \(cut, 4097 characters\)$/);
  });

  it('never cuts a character in half', () => {
    const payload = parse(
      webhook({
        alerts: [alert({ annotations: { summary: `${'x'.repeat(maxTextLength - 1)}\u{1F600}y` } })],
      }),
    );
    expect(payload.kind === 'notices' && payload.notices[0]!.annotations.summary!.isWellFormed()).toBe(true);
  });

  it('takes NUL out of texts, which no database and no terminal likes', () => {
    const payload = parse(webhook({ alerts: [alert({ labels: { alertname: 'A\0B' } })] }));
    expect(payload).toMatchObject({ notices: [{ labels: { alertname: 'AB' } }] });
  });

  it('keeps labels that are named like parts of every object', () => {
    const labels = { constructor: 'a', toString: 'b', hasOwnProperty: 'c' };
    const payload = parse(webhook({ alerts: [alert({ labels })] }));
    expect(payload.kind === 'notices' && Object.entries(payload.notices[0]!.labels)).toEqual(
      Object.entries(labels),
    );
  });

  it('never lets an alert end before it began', () => {
    const ended = alert({ status: 'resolved', endsAt: '2026-11-21T14:01:00Z' });
    const payload = parse(webhook({ alerts: [ended] }));
    const startsAt = Date.parse('2026-11-21T14:02:00.5Z');
    expect(payload).toMatchObject({ notices: [{ startsAt, endsAt: startsAt }] });
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'not an address', ''])(
    'makes no link of the generator %j',
    (generatorURL) => {
      const payload = parse(webhook({ alerts: [alert({ generatorURL })] }));
      expect(payload.kind === 'notices' && payload.notices[0]).not.toHaveProperty('generatorUrl');
    },
  );
});

describe('a body that will never be right is refused with the reason', () => {
  const text = JSON.stringify(webhook());
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  it.each<[string, string | object, string]>([
    ['nothing', '', 'not valid JSON'],
    ['half of it', text.slice(0, 90), 'not valid JSON'],
    ['a list', [], 'no webhook'],
    ['null', 'null', 'no webhook'],
    ['another version', webhook({ version: '3' }), 'version: must be "4"'],
    ['a number as version', webhook({ version: 4 }), 'version'],
    ['no alerts', webhook({ alerts: [] }), 'alerts: is empty'],
    ['too many alerts', webhook({ alerts: Array.from({ length: 5_001 }, () => alert()) }), 'more than 5000'],
    ['a label that is a number', webhook({ alerts: [alert({ labels: { a: 1 } })] }), 'alerts.0.labels.a'],
    ['labels that are a list', webhook({ alerts: [alert({ labels: [] })] }), 'alerts.0.labels'],
    ['no labels', webhook({ alerts: [alert({ labels: null })] }), 'alerts.0.labels'],
    ['a status nobody knows', webhook({ alerts: [alert({ status: 'pending' })] }), 'alerts.0.status'],
    [
      'a start that is no date',
      webhook({ alerts: [alert({ startsAt: 'yesterday' })] }),
      'startsAt: is not a date',
    ],
    [
      'a 30th of February',
      webhook({ alerts: [alert({ startsAt: '2026-02-30T00:00:00Z' })] }),
      'is not a date',
    ],
    [
      'a start in the year 1',
      webhook({ alerts: [alert({ startsAt: '0001-01-01T00:00:00Z' })] }),
      'before 1970',
    ],
    ['an end without a date', webhook({ alerts: [alert({ status: 'resolved' })] }), 'no endsAt'],
    [
      'a fingerprint with a path',
      webhook({ alerts: [alert({ fingerprint: '../etc' })] }),
      'not a fingerprint',
    ],
    ['negative truncation', webhook({ truncatedAlerts: -1 }), 'truncatedAlerts'],
    ['a key twice', text.replace('{"version"', '{"version":"4","version"'), 'key twice'],
    ['a label twice', text.replace('"labels":{', '"labels":{"service":"other",'), 'key twice'],
    [
      'a key twice, written differently',
      text.replace('{"version"', '{"\\u0076ersion":"4","version"'),
      'key twice',
    ],
    ['__proto__ at the top', text.replace('{"version"', '{"__proto__":{"x":1},"version"'), '__proto__'],
    ['__proto__ as a label', text.replace('"labels":{', '"labels":{"__proto__":"x",'), '__proto__'],
    ['half a surrogate pair', text.replace('"Errors"', '"\\ud800"'), 'surrogate'],
    ['a raw NUL', text.replace('Errors', 'Err\0ors'), 'not valid JSON'],
    ['nesting without end', deep, 'nested deeper'],
    [
      'nesting in a field nobody reads',
      text.replace('{"version"', `{"x":${deep},"version"`),
      'nested deeper',
    ],
  ])('%s', (_name, body, why) => {
    const payload = parse(body);
    expect(payload.kind).toBe('bad');
    expect(payload.kind === 'bad' && payload.why).toContain(why);
  });

  it('bytes that are no UTF-8', () => {
    expect(parsePayload(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual({
      kind: 'bad',
      why: 'The body is not valid UTF-8.',
    });
  });

  it('never throws, whatever the bytes, and takes any valid text in labels', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parsePayload(bytes).kind).toBe('bad');
      }),
      { numRuns: 300 },
    );
    const labels = fc.dictionary(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__'),
      fc.string({ unit: 'grapheme', maxLength: 50 }),
      { maxKeys: 10 },
    );
    fc.assert(
      fc.property(labels, (given) => {
        expect(parse(webhook({ alerts: [alert({ labels: given })] })).kind).toBe('notices');
      }),
      { numRuns: 300 },
    );
  });

  it('changes one byte of a good webhook at a time and answers each', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(text);
        bytes[at] = byte;
        expect(['bad', 'notices']).toContain(parsePayload(bytes).kind);
      }),
      { numRuns: 500 },
    );
  });
});

describe('fingerprints', () => {
  it('are those of Alertmanager', () => {
    for (const name of ['partially-resolved', 'resolved', 'firing-truncated']) {
      const { alerts } = JSON.parse(fixture(name).toString());
      for (const each of alerts) expect(fingerprintOf(each.labels)).toBe(each.fingerprint);
    }
  });
});
