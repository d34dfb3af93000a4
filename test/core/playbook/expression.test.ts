import { describe, expect, it } from 'vitest';
import { expressionFault, judgeExpression, type Names } from '../../../src/core/playbook/expression.ts';

const names: Names = { steps: {}, answers: { seen: 'string', many: 'number' } };
const judged = (text: string, seen: string) =>
  judgeExpression(text, names, { steps: {}, answers: { seen, many: 4 }, incident: {} });

describe('what a condition may call', () => {
  it('is what takes time in proportion to the texts that it sees', () => {
    for (const text of [
      'answers.seen.startsWith("Err")',
      'answers.seen.endsWith("s") && answers.seen.contains("rror")',
      'size(answers.seen) > 3 && answers.seen.size() < 10',
      'has(answers.seen) && answers.seen in ["Errors", "Nothing"]',
      'string(int("4")) == "4" && double("4") + 1.0 > 4.0',
      'answers.many * 2.0 > 4.0 ? answers.seen != "" : false',
    ]) {
      expect(expressionFault(text, names), text).toBeNull();
      expect(judged(text, 'Errors'), text).toEqual({ kind: 'true' });
    }
  });

  it('is nothing that goes through a text again and again, in any disguise', () => {
    for (const text of [
      'answers.seen.split("").all(a, answers.seen.split("").all(b, answers.seen.split("").all(c, a != "zz")))',
      '["a", "b"].exists(a, a == answers.seen)',
      '["a"].exists_one(a, a == answers.seen)',
      '["a"].map(a, a).size() > 0',
      '["a"].filter(a, a == "a").size() > 0',
      'cel.bind(a, answers.seen, a == "a")',
      'answers.seen.matches("(a+)+b")',
      'answers.seen.lowerAscii() == "errors"',
      'true || dyn(answers.seen) == "a"',
    ]) {
      expect(expressionFault(text, names)?.message, text).toMatch(
        /^`\w+` has no place here: a condition may call `contains`, .* and nothing else\.$/,
      );
      // A run that began with it asks people instead of computing it.
      expect(judged(text, 'q'.repeat(3_000)), text).toMatchObject({ kind: 'broken' });
    }
  });

  it('sees no text longer than what anybody could have answered', () => {
    expect(judged('answers.seen == "no"', 'q'.repeat(6_000))).toEqual({ kind: 'false' });
    expect(judged('answers.seen == "no"', 'q'.repeat(6_001))).toEqual({
      kind: 'broken',
      message: '`answers.seen` has more than 6000 characters.',
    });
    expect(judged('answers.many == 4', 'q'.repeat(6_001))).toEqual({ kind: 'true' });
  });
});
