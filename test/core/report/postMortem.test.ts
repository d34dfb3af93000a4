import { describe, expect, it } from 'vitest';
import { bookOf } from '../../../src/core/incident/alertBook.ts';
import { attachedAlerts } from '../../../src/core/incident/incident.ts';
import { toHtml } from '../../../src/core/report/html.ts';
import { toMarkdown } from '../../../src/core/report/markdown.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import { definition, incident, logged, subject } from './highErrorRate.ts';

const draft = postMortem(logged, subject);

describe('a post-mortem writes itself from the log', () => {
  it('as Markdown', async () => {
    await expect(toMarkdown(draft)).toMatchFileSnapshot('../../fixtures/postMortem/high-error-rate.md');
  });

  it('as a page', async () => {
    await expect(toHtml(draft)).toMatchFileSnapshot('../../fixtures/postMortem/high-error-rate.html');
  });

  it('says what was tried and whether the indicator moved', () => {
    expect(draft.tried).toMatchObject([
      {
        what: 'Restart the service',
        by: 'U0RESPONDER',
        helped: 'no',
        indicator: { before: 0.009, after: 0.0088 },
      },
      { what: 'Enable LLM fallback', helped: 'yes', indicator: { before: 0.0088, after: 0.0008 } },
    ]);
  });

  it('compares the phases with their budgets', () => {
    const minute = 60_000;
    expect(draft.phases.map(({ name, tookMs, budgetMs }) => [name, tookMs, budgetMs])).toEqual([
      ['detect', 160_000, 2 * minute],
      ['acknowledge', 50_000, 5 * minute],
      ['assess', 6 * minute, 5 * minute],
      ['mitigate', 20 * minute, 30 * minute],
      ['resolve', 24 * minute, null],
    ]);
  });

  it('shortens the budgets where all went faster than life', () => {
    const fast = postMortem(logged, { ...subject, pace: 60 });
    expect(fast.phases.map(({ budgetMs }) => budgetMs)).toEqual([2_000, 5_000, 5_000, 30_000, null]);
  });

  it('names people by their ids in Slack, and says so', () => {
    const text = toMarkdown(draft);
    expect(text).toContain('- @U0ONCALL, commander');
    expect(text).toContain('_People are named by their ids in Slack._');
    expect(text).toContain('commander is @U0ONCALL');
    expect(toHtml(draft)).toContain('<li>@U0ONCALL, commander</li>');
  });

  it('lists what is changed still, the last first', () => {
    expect(draft.undo.map(({ what, how }) => [what, how])).toEqual([
      ['Enable LLM fallback', 'put back the previous content of config/llm_fallback.yaml'],
      ['Restart the service', 'none needed'],
    ]);
  });

  it('asks what the log cannot answer', () => {
    const questions = draft.questions.join('\n');
    for (const part of [
      'cause',
      'budget 2 min',
      '"Restart the service" did not help',
      '1 reading had no answer',
      'Do these changes stay: Enable LLM fallback?',
    ])
      expect(questions).toContain(part);
    expect(draft.actionItems.items).toEqual([]);
  });

  it('is the same whatever the order in which the events are handed over', () => {
    expect(postMortem(logged.toReversed(), subject)).toEqual(draft);
  });
});

describe('a resolved incident', () => {
  it('is over when it was resolved, although an alert fires still', () => {
    const resolvedAt = incident.resolved!.at;
    const firing = attachedAlerts(incident).map((alert) => ({ ...alert, endsAt: null }));
    const ended = postMortem(logged, { ...subject, incident: { ...incident, alerts: bookOf(firing) } });
    expect(ended.impact).toMatchObject({ to: resolvedAt, lastedMs: resolvedAt - ended.impact.from });
    expect(ended.summary).not.toContain('not over');
    expect(toMarkdown(ended)).not.toContain('not over');
    expect(toHtml(ended)).not.toContain('not over');
    const later = firing.map((alert) => ({ ...alert, endsAt: resolvedAt + 60_000 }));
    const same = postMortem(logged, { ...subject, incident: { ...incident, alerts: bookOf(later) } });
    expect(same.impact.to).toBe(resolvedAt);
  });
});

describe('what the bot said to the channel', () => {
  const said = (text: string, more: { about?: string } = {}) =>
    postMortem(
      [
        ...logged,
        {
          stream: 'INC-42',
          position: 1_000,
          event: { type: 'NoteAdded', at: 0, by: 'bot', data: { number: 9, kind: 'bot', text, ...more } },
        },
      ],
      subject,
    );

  it('stands in the files without the markup of a chat', () => {
    const spoken = said(
      'Until <!date^1795341776^{time_secs}|10:02:56 UTC>, <@U1SECOND>: *Resolve* <!channel> &',
    );
    expect(toMarkdown(spoken)).toContain(
      'Note: Until 10:02:56 UTC, @U1SECOND: Resolve &lt;!channel&gt; &amp;',
    );
    expect(toHtml(spoken)).toContain('Note: Until 10:02:56 UTC, @U1SECOND: Resolve &lt;!channel&gt; &amp;');
  });

  it('leaves no reminder of a status update in the timeline', () => {
    const { timeline } = said('No status update for 30 min. <@U1>: say how it stands.', {
      about: 'update-due',
    });
    expect(timeline).toEqual(draft.timeline);
  });
});

describe('while an incident is open', () => {
  const open = {
    ...subject,
    incident: { ...incident, phase: 'open', resolved: null, acknowledged: null } as const,
  };

  it('the draft says what has not happened', () => {
    const opened = logged.filter(({ event }) => ['IncidentOpened', 'AlertFired'].includes(event.type));
    const early = postMortem(opened, {
      ...open,
      incident: { ...open.incident, alerts: mapAlerts(null) },
      runs: [],
    });
    expect(early).toMatchObject({
      status: 'open',
      tried: [],
      undo: [],
      impact: { to: null, lastedMs: null },
    });
    expect(early.summary).toContain('It is not over yet. Nothing was done through the bot.');
    expect(early.questions).toContain('Nobody took the incident: did the call reach the right people?');
    expect(toMarkdown(early)).toContain('not yet');
  });

  it('an attempt whose outcome nobody knows has not helped', () => {
    const interrupted = logged.flatMap((each) => {
      if (each.stream === 'INC-42.1' && 'step' in each.event.data && each.event.data.step === 's2.llm.2')
        return each.event.type === 'CommandStarted' ? [each] : [];
      return [each];
    });
    const [, attempt] = postMortem(interrupted, open).tried;
    expect(attempt).toMatchObject({ helped: 'unknown', endedAt: null, result: 'Still running.' });
  });

  const mapAlerts = (endsAt: number | null) =>
    bookOf(attachedAlerts(incident).map((alert) => ({ ...alert, endsAt })));
});

describe('foreign text stays text', () => {
  const hostile =
    '<img src=x onerror=alert(1)> <!channel> [x](http://evil.example) | **b** `c` # h\n\n- item \u202eabc';
  const { playbook } = definition;
  const poisoned = postMortem(logged, {
    ...subject,
    incident: {
      ...incident,
      title: hostile,
      alerts: bookOf(
        attachedAlerts(incident).map((alert) => ({ ...alert, name: hostile, summary: hostile })),
      ),
    },
    runs: subject.runs.map(({ run }) => ({
      run,
      definition: { ...definition, playbook: { ...playbook, title: hostile } },
    })),
  });

  it('in Markdown: no tag, no mention, no link, no cell or heading of its own', () => {
    const text = toMarkdown(poisoned);
    expect(text).not.toMatch(/<[a-z!]/i);
    expect(text).not.toMatch(/[^\\]\]\(/);
    expect(text).not.toContain('http://');
    expect(text).not.toContain('\u202e');
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    for (const row of rows) expect([3, 4, 5, 7]).toContain(row.split(/(?<!\\)\|/).length - 1);
    expect(text.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1);
  });

  it('on the page: no element but ours', () => {
    const tags = new Set([...toHtml(poisoned).matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    expect(tags).not.toContain('img');
    expect(toHtml(poisoned)).not.toContain('<!channel>');
  });
});
