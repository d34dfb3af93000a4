import { describe, expect, it } from 'vitest';
import { toHtml } from '../../../src/core/report/html.ts';
import { toMarkdown } from '../../../src/core/report/markdown.ts';
import { type LoggedEvent, postMortem } from '../../../src/core/report/postMortem.ts';
import { at, logged, subject } from './cameBack.ts';

const draft = postMortem(logged, subject);
const lines = draft.timeline.map(({ what }) => what);
const minute = 60_000;

describe('a procedure that was approved as a whole', () => {
  it('is one thing that was tried, with the indicator that its gate read', () => {
    expect(draft.tried).toEqual([
      {
        run: 'INC-7.1',
        step: null,
        at: at('10:02:30'),
        endedAt: at('10:05:00'),
        by: 'U0SECOND',
        what: 'Roll back',
        host: 'genesis',
        result: 'Completed after 2 min 30 s.',
        indicator: {
          title: 'Error rate',
          unit: 'ratio',
          objective: { kind: 'below', value: 0.001 },
          before: 0.009,
          after: 0.0004,
        },
        helped: 'yes',
      },
    ]);
    expect(draft.summary).toContain('One thing was tried; after "Roll back" Error rate went from 0.9 %');
    expect(draft.questions.join('\n')).not.toMatch(/does not know whether|did not help/);
  });

  it('that stopped has not helped, and is asked about once', () => {
    const stopped = logged.flatMap((each): LoggedEvent[] => {
      const { event } = each;
      if (event.type === 'RunEnded')
        return [{ ...each, event: { ...event, data: { kind: 'stopped', why: 'The check did not hold.' } } }];
      if (event.type !== 'StepSettled' || event.data.step !== 's4') return [each];
      const failed = {
        kind: 'failed',
        at: event.at,
        by: null,
        code: 'not-verified',
        message: 'Not met.',
        plan: null,
      } as const;
      return [
        { ...each, event: { ...event, type: 'StepMoved', data: { step: 's4', state: failed } } as const },
      ];
    });
    const { tried, questions, timeline } = postMortem(stopped, subject);
    expect(tried).toMatchObject([
      { helped: 'no', result: 'Stopped after 2 min 30 s. The check did not hold.' },
    ]);
    expect(questions.filter((each) => each.includes('did not help'))).toHaveLength(1);
    expect(timeline.map(({ what }) => what)).toContain(
      'The walk of Roll back ended: The check did not hold.',
    );
  });

  it('names each command of a step by its own title, and no hold of no time', () => {
    expect(lines.filter((what) => what.endsWith('Done after 1 s.'))).toEqual([
      'Look around: Done after 1 s.',
      'Stop the queue: Done after 1 s.',
      'Pull the version: Done after 1 s.',
      'Start the queue: Done after 1 s.',
      'Restart: Done after 1 s.',
    ]);
    expect(lines).toContain('Verified: Error rate 0.04 %');
    expect(lines).toContain('The walk of Roll back was completed');
  });
});

describe('the people of an incident', () => {
  it('are those who took it and those who decided on a plan, and no bot', () => {
    expect(draft.people).toEqual([
      { who: 'U0SECOND', role: 'broke the glass' },
      { who: 'U0ONCALL', role: 'responder' },
    ]);
  });
});

describe('an incident that came back', () => {
  it('lasted as long as its openings, without the quiet between them', () => {
    expect(draft.impact).toMatchObject({
      from: at('10:00:00'),
      to: at('11:16:00'),
      lastedMs: 26 * minute,
      openings: [
        { from: at('10:00:00'), to: at('10:10:00') },
        { from: at('11:00:00'), to: at('11:16:00') },
      ],
    });
    expect(draft.summary).toContain('It lasted 26 min in 2 openings.');
    expect(draft.phases.map(({ name, tookMs }) => [name, tookMs])).toContainEqual(['mitigate', 26 * minute]);
    expect(draft.phases.map(({ name, tookMs }) => [name, tookMs])).toContainEqual(['resolve', 29 * minute]);
    for (const text of [toMarkdown(draft), toHtml(draft)]) expect(text).toContain('reopened once');
  });

  it('asks who was called only for the opening that nobody took', () => {
    expect(draft.questions.filter((each) => each.startsWith('Nobody took'))).toEqual([
      'Nobody took the incident after it was reopened at 2026-11-22 11:00:00: did the call reach the right people?',
    ]);
    const taken = logged.map((each): LoggedEvent => {
      const { event } = each;
      return event.type === 'IncidentReopened' ? { ...each, event: { ...event, by: 'U0ONCALL' } } : each;
    });
    expect(postMortem(taken, subject).questions.join('\n')).not.toContain('Nobody took');
  });

  it('says once what the bot told the channel too', () => {
    expect(lines.filter((what) => what.includes('Unresolved for'))).toEqual(['Unresolved for 15 min']);
    expect(lines.filter((what) => what.includes('fired again'))).toEqual([
      'Reopened: HighErrorRate fired again',
    ]);
  });
});

describe('Markdown escapes only what would be markup', () => {
  const written = (note: string) =>
    toMarkdown({ ...draft, timeline: [{ at: at('10:00:00'), who: 'U0ONCALL', what: note }] })
      .split('\n')
      .find((line) => line.includes('| @U0ONCALL |'));

  it.each([
    ['llm_fallback.yaml', 'llm_fallback.yaml'],
    ['_so_ it is', '\\_so\\_ it is'],
    ['ran `systemctl restart my_unit *`', 'ran `systemctl restart my_unit *`'],
    ['`a | b` and `c_`', '\\`a \\| b\\` and `c_`'],
    ['`<!channel>` `https://evil.example`', '\\`&lt;!channel&gt;\\` \\`https:&#47;&#47;evil.example\\`'],
    ['`` ` *x*', '\\`\\` \\` \\*x\\*'],
  ])('%s', (note, expected) => {
    expect(written(note)).toBe(`| 2026-11-22 10:00:00 | @U0ONCALL | ${expected} |`);
  });
});
