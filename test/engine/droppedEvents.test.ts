import { describe, expect, it } from 'vitest';
import { eventsDropped } from '../../src/adapters/slack/cards/eventsDropped.ts';
import type { DroppedEvents } from '../../src/core/view.ts';
import { createDropTeller } from '../../src/engine/droppedEvents.ts';
import { type Posted, WorkFailed } from '../../src/engine/ports.ts';
import { createClock } from '../fakes/clock.ts';
import { createFakeLog } from '../fakes/ports.ts';
import { eventually } from './rig.ts';

const minute = 60_000;
const noon = Date.UTC(2026, 10, 21, 12, 0, 0);

function teller() {
  const clock = createClock(noon);
  const log = createFakeLog();
  const said: { key: string; known: Posted | null; uncertain: boolean; dropped: DroppedEvents }[] = [];
  const trouble: { next: WorkFailed | null } = { next: null };
  const drops = createDropTeller({
    async say(dropped, message) {
      const failure = trouble.next;
      trouble.next = null;
      if (failure) throw failure;
      said.push({ ...message, dropped });
      return message.known ?? { channel: 'C1', ts: `${said.length}.0` };
    },
    clock,
    log: log.log,
  });
  return { clock, log, said, trouble, drops };
}

describe('Slack drops events', () => {
  it('is said once for minutes that follow each other, and each of them counts once', async () => {
    const { clock, said, drops, log } = teller();
    drops.heard(noon);
    drops.heard(noon);
    await eventually(() => said.length).toBe(1);
    for (const later of [1, 2, 7]) {
      clock.advance(minute);
      drops.heard(noon + later * minute);
    }
    await eventually(() => said.at(-1)?.dropped).toEqual({ from: noon, to: noon + 7 * minute, minutes: 4 });
    expect(new Set(said.map(({ key }) => key)).size).toBe(1);
    expect(said.slice(1).every(({ known }) => known?.ts === '1.0')).toBe(true);
    expect(drops.minutes()).toBe(4);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(4);
    // Trouble of another hour is said anew.
    clock.advance(120 * minute);
    drops.heard(null);
    await eventually(() => said.at(-1)?.known).toBeNull();
    expect(drops.minutes()).toBe(5);
  });

  it('is said when the chat takes it again, looking first whether it stands there already', async () => {
    const { clock, said, trouble, drops } = teller();
    trouble.next = new WorkFailed('unavailable', 'Slack has trouble.', { retry: { afterMs: null } });
    drops.heard(noon);
    await eventually(() => {
      clock.advance(10_000);
      return said.length;
    }).toBe(1);
    expect(said[0]).toMatchObject({ known: null, uncertain: true });
    trouble.next = new WorkFailed('is_archived', 'It is archived.');
    drops.heard(noon + minute);
    await eventually(() => trouble.next).toBeNull();
    expect(said).toHaveLength(1);
    expect(drops.minutes()).toBe(2);
  });

  it('loses no minute that could not be said before others came an hour later', async () => {
    const { clock, said, trouble, drops } = teller();
    const later = { retry: { afterMs: 70 * minute } };
    trouble.next = new WorkFailed('ratelimited', 'Later.', later);
    drops.heard(noon);
    await eventually(() => trouble.next).toBeNull();
    clock.advance(60 * minute);
    drops.heard(noon + 60 * minute);
    await eventually(() => said.length).toBe(1);
    expect(said[0]).toMatchObject({
      uncertain: true,
      dropped: { from: noon, to: noon + 60 * minute, minutes: 2 },
    });
  });

  it('goes by its own clock where the minute that is told cannot be', async () => {
    const { said, drops } = teller();
    drops.heard(noon + 400 * 24 * 60 * minute);
    await eventually(() => said[0]?.dropped).toEqual({ from: noon, to: noon, minutes: 1 });
  });

  it('says what is lost, and what to do instead', () => {
    const card = eventsDropped({
      kind: 'events-dropped',
      dropped: { from: noon, to: noon + 7 * minute, minutes: 4 },
    });
    expect(card.text).toMatch(/^Slack dropped events in 4 minutes between .*12:00:00.* and .*12:08:00/);
    expect(JSON.stringify(card.blocks)).toMatch(/say it again, or use `\/genesis`.*not affected/);
  });
});
