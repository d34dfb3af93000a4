import { describe, expect, it } from 'vitest';
import { plainText } from '../../../src/core/report/plainText.ts';

const date = '<!date^1795341776^{time_secs}|10:02:56 UTC>';

describe('what the bot said to a chat, in a file', () => {
  it.each([
    [`Nobody has it since ${date}.`, 'Nobody has it since 10:02:56 UTC.'],
    ['<!date^1795341776^{date_short_pretty} {time}|2026-11-22 10:02 UTC> on', '2026-11-22 10:02 UTC on'],
    ['<@U1SECOND>: press *Acknowledge*, which helps.', '@U1SECOND: press Acknowledge, which helps.'],
    ['*Call In…* calls, *Resolve* ends', 'Call In… calls, Resolve ends'],
    [`The silence for *Restart* until ${date}`, 'The silence for Restart until 10:02:56 UTC'],
  ])('%s', (said, written) => expect(plainText(said)).toBe(written));

  it.each([
    ['a star that is no mark', '2 * 3 * 4, *.log and a*b*c'],
    ['code', 'in `rm *.log *` and `*x*`'],
    ['entities, which the log never escapes', 'said &lt;b&gt; &amp;amp;'],
    ['what only looks like a moment', '<!date^x^{time}|10:00 UTC> <!date^1^{time}|http://evil.example>'],
    ['a ping of everybody', '<!channel> <!subteam^S1|all> <http://evil.example|here>'],
  ])('leaves %s as it is', (_, said) => expect(plainText(said)).toBe(said));

  it('takes its time for no hostile text', () => {
    for (const part of ['*a', '* ', '<!date^1^', '<@U', '`*', '<!date^1^{time} {time}|1'])
      expect(plainText(part.repeat(20_000)).length).toBeGreaterThan(0);
  });
});
