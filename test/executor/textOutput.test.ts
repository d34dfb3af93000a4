import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/core/redact/redactor.ts';
import { createTextOutput } from '../../src/executor/textOutput.ts';

const SECRET = 'canary+token/0123456789?';

function outputOf(
  chunks: readonly Uint8Array[],
  cap = 1_000_000,
): { text: string; pieces: string[]; cut: number } {
  const pieces: string[] = [];
  const output = createTextOutput({
    redactor: createRedactor([SECRET, 'multi line one\nmulti line two', 'tiny']),
    cap,
    emit: (_, text) => pieces.push(text),
  });
  for (const chunk of chunks) output.push('stdout', Buffer.from(chunk));
  const cut = output.finish();
  return { text: pieces.join(''), pieces, cut };
}

/** The bytes cut at the given places, whatever these are. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

describe('output of a command', { tags: ['trust-36', 'trust-39'] }, () => {
  it('leaves in whole lines, as soon as they are whole', () => {
    expect(outputOf([Buffer.from('one\ntw'), Buffer.from('o\nthree')]).pieces).toEqual([
      'one\n',
      'two\n',
      'three',
    ]);
  });

  it('is the same text however the bytes arrive', () => {
    const bytes = Buffer.concat([
      Buffer.from(`naïve 日本語 🚒 \u001b[1;31mred\u001b[0m \u0007bell\r\ntab\there ${SECRET} `),
      Buffer.from([0xff, 0xc3, 0x28, 0x00]),
      Buffer.from(' end\n'),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (places) => {
        expect(outputOf(cutAt(bytes, places)).text).toBe(
          'naïve 日本語 🚒 red bell\ntab\there [redacted] \ufffd\ufffd( end\n',
        );
      }),
    );
  });

  it('never holds a secret, at whatever place of a long line and however it is cut', () => {
    fc.assert(
      fc.property(
        fc.nat(60_000),
        fc.nat(60_000),
        fc.array(fc.nat(), { maxLength: 12 }),
        (before, after, places) => {
          const bytes = Buffer.from(`${'x'.repeat(before)}${SECRET}${'y'.repeat(after)}`);
          const { text } = outputOf(cutAt(bytes, places));
          expect(text).toBe(`${'x'.repeat(before)}[redacted]${'y'.repeat(after)}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['in base64 by itself', Buffer.from(SECRET).toString('base64')],
    ['in base64 behind a user name', Buffer.from(`user:${SECRET}`).toString('base64')],
    ['in base64 at another offset', Buffer.from(`ab${SECRET}`).toString('base64')],
    ['in base64 at the third offset', Buffer.from(`a${SECRET}zz`).toString('base64url')],
    ['in a URL', encodeURIComponent(SECRET)],
    ['by one of its lines', 'multi line two'],
    ['with control characters between', [...SECRET].join('\u0000')],
  ])('does not hold it %s', (_, form) => {
    const { text } = outputOf([Buffer.from(`<${form}>\n`)]);
    expect(text).toContain('[redacted]');
    expect(text.length).toBeLessThan(30);
  });

  it('keeps values that are too short to be told from words', () => {
    expect(outputOf([Buffer.from('a tiny thing\n')]).text).toBe('a tiny thing\n');
  });

  it('ends at the cap, and says how much is missing', () => {
    const { text, cut } = outputOf(
      [Buffer.from('12345\n'), Buffer.from('67890\n'), Buffer.from('more\n')],
      8,
    );
    expect(text).toBe('12345\n67\n[output cut: 9 more bytes were not kept]\n');
    expect(cut).toBe(9);
  });
});
