import { describe, expect, it } from 'vitest';
import { asTyped } from '../../../src/adapters/slack/escape.ts';

describe('free text of a slash command', () => {
  it.each([
    ['The pool was enlarged &lt;again&gt;', 'The pool was enlarged <again>'],
    ['R&amp;D said &amp;lt;', 'R&D said &lt;'],
    ['ask <@U0ONCALL001|oncall> in <#C0GENERAL01|general>', 'ask @oncall in #general'],
    ['see <https://example.com/a?b=1&amp;c=2>', 'see https://example.com/a?b=1&c=2'],
    ['see <https://example.com|the page>', 'see https://example.com'],
    ['nothing special', 'nothing special'],
  ])('%s', (sent, typed) => {
    expect(asTyped(sent)).toBe(typed);
  });
});
