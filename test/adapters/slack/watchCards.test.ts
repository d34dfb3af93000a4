import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { watchCard, watchReportCard, watchStanding } from '../../../src/adapters/slack/cards/watch.ts';
import { standardTargets } from '../../../src/core/people/targets.ts';
import type { Taking, WatchReport } from '../../../src/core/watch/report.ts';
import type { Watch } from '../../../src/core/watch/watch.ts';

const minute = 60_000;
const hour = 60 * minute;
const startedAt = Date.UTC(2026, 10, 21, 14);

const watch: Watch = {
  id: 'WCH-1',
  service: 'checkout',
  why: 'Release 7 *bold* <!channel>',
  people: ['U1ENGINEER', 'U2SECOND'],
  startedAt,
  startedBy: 'U1ENGINEER',
  until: startedAt + 48 * hour,
  periods: standardTargets.watch,
  channel: '#monitoring',
  incidents: ['INC-1'],
  blind: [],
  over: null,
};

const taking = (more: Partial<Taking> = {}): Taking => ({
  incident: 'INC-1',
  title: 'Trouble <@U9> & more',
  channel: null,
  openedAt: startedAt + hour,
  alerts: 2,
  class: 'critical',
  dueAt: startedAt + hour + 5 * minute,
  taken: { at: startedAt + hour + 7 * minute, by: 'U2SECOND' },
  watch: { id: 'WCH-1', period: 0 },
  logged: false,
  ...more,
});

const frame = (now: number): Frame => ({
  now,
  linkTo: () => null,
  channelUrl: (channel) => `https://example.slack.com/archives/${channel}`,
  canRollBack: () => false,
});

const textOf = (blocks: readonly unknown[]): string =>
  blocks
    .flatMap((block) => {
      const { text, elements = [] } = block as { text?: { text: string }; elements?: { text?: unknown }[] };
      const inside = elements.map(({ text: own }) =>
        typeof own === 'string' ? own : `[${(own as { text: string }).text}]`,
      );
      return [...(text ? [text.text] : []), ...inside];
    })
    .join('\n')
    .replaceAll(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1');

const over = { kind: 'ended', at: watch.until } as const;

describe('the report of a watch', () => {
  it('says for each period and class what came, and names what was late with a way to it', () => {
    const report: WatchReport = {
      watch: {
        ...watch,
        over,
        blind: [{ what: 'bot', from: startedAt + 30 * hour, to: startedAt + 31 * hour }],
      },
      takings: [taking(), taking({ incident: 'INC-2', channel: 'C0123', class: 'warning', taken: null })],
      logged: 1,
      besides: [{ incident: 'INC-3', isStorm: true, alerts: 2, moments: [startedAt, startedAt] }],
    };
    const { blocks } = watchReportCard(
      { kind: 'watch-report', report, messages: { 'INC-1': { channel: 'C9', ts: '12.34' } } },
      frame(watch.until + hour),
    );
    expect(textOf(blocks)).toMatchInlineSnapshot(`
      "*Report of the watch over checkout* · WCH-1
      From 2026-11-21 14:00 UTC to 2026-11-23 14:00 UTC, <@U1ENGINEER>, <@U2SECOND>. Its time was over 2026-11-23 14:00 UTC.
      *First 24 h*
      • Critical (P0, P1), within 5 min: 1 incident with 2 alerts, 0 of 1 in time, the slowest after 7 min
          ◦ <https://example.slack.com/archives/C9/p1234|INC-1>: Trouble &lt;@U9&gt; &amp; more, due 2026-11-21 15:05 UTC, acknowledged after 7 min
      • Warning (P2 to P4), within 30 min: 1 incident with 2 alerts, 0 of 1 in time, the slowest after 48 h
          ◦ INC-2 in <#C0123>: Trouble &lt;@U9&gt; &amp; more, due 2026-11-21 15:05 UTC, not acknowledged for 48 h
      *From 24 h on*
      • Critical (P0, P1), within 15 min: none is known to have come
      • Warning (P2 to P4), within 1 h: none is known to have come
      Not measured, since not opened in this watch: 2 alerts in the storm INC-3.
      1 incident stood in the log alone and called for nobody.
      Not known is what came from 2026-11-22 20:00 UTC to 2026-11-22 21:00 UTC: Genesis did not run."
    `);
  });

  it('never calls it a success where nothing came', () => {
    const report: WatchReport = { watch: { ...watch, over }, takings: [], logged: 0, besides: [] };
    const text = textOf(
      watchReportCard({ kind: 'watch-report', report, messages: {} }, frame(watch.until)).blocks,
    );
    expect(text.match(/none came/g)).toHaveLength(4);
    expect(text).not.toMatch(/in time|100|%|all/);
  });

  it('stays within a message whatever came', () => {
    const takings = Array.from({ length: 200 }, (_, index) =>
      taking({
        incident: `INC-${index + 1}`,
        title: '<&>'.repeat(100),
        class: index % 2 === 0 ? 'critical' : 'warning',
        watch: { id: 'WCH-1', period: index % 4 < 2 ? 0 : 1 },
      }),
    );
    const report: WatchReport = {
      watch: {
        ...watch,
        over: { kind: 'stopped', at: startedAt + 47 * hour, by: 'U1ENGINEER', why: '<'.repeat(500) },
        blind: takings.map(({ openedAt }) => ({ what: 'alerts', from: openedAt, to: openedAt + 1 })),
      },
      takings,
      logged: 0,
      besides: takings.map(({ incident }) => ({ incident, isStorm: false, alerts: 1, moments: [startedAt] })),
    };
    const { blocks } = watchReportCard({ kind: 'watch-report', report, messages: {} }, frame(watch.until));
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(textOf(blocks)).toContain('and 45 more');
    for (const text of watchStanding(report, watch.until)) expect(text.length).toBeLessThanOrEqual(3_000);
  });
});

describe('the message of a watch', () => {
  it('says who looks after what within what, of the periods that it lasts for, and can be stopped', () => {
    expect(textOf(watchCard(watch).blocks)).toMatchInlineSnapshot(`
      "*Watch over checkout* · WCH-1
      Until 2026-11-23 14:00 UTC, <@U1ENGINEER>, <@U2SECOND> look after it in shifts. By <@U1ENGINEER>:
      Release 7 *bold* &lt;!channel&gt;
      *To be acknowledged*
      • first 24 h: critical within 5 min, warnings within 30 min
      • from 24 h on: critical within 15 min, warnings within 1 h
      [Stop the Watch]
      How it stands: \`/genesis watch WCH-1\`"
    `);
    const short = textOf(watchCard({ ...watch, until: startedAt + 24 * hour }).blocks);
    expect(short).toContain('first 24 h');
    expect(short).not.toContain('from 24 h on');
    expect(JSON.stringify(watchCard({ ...watch, over }).blocks)).not.toContain('watch.stop');
  });
});
