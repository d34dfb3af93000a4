import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { openSqliteReader } from '../../../src/adapters/sqlite/reader.ts';
import { exportLog } from '../../../src/commands/export.ts';
import { watch as watchCommand } from '../../../src/commands/watch.ts';
import type { Command } from '../../../src/core/command.ts';
import { engineer, hour, minute, room, second, service } from '../../fakes/room.ts';
import { alert } from '../alertCommand.ts';
import { openedStore } from './openedStore.ts';

const start: Command = {
  actor: engineer,
  type: 'watch.start',
  service,
  forMs: 2 * hour,
  why: 'Release 7',
  people: ['U1ENGINEER', 'U2SECOND'],
};

const stop: Command = { actor: second, type: 'watch.end', watch: 'WCH-1', why: 'All is calm' };

function opened(hooks: { before?: () => void } = {}) {
  const place = openedStore({ hooks });
  return {
    ...place,
    /** Moves the clock and hands out what is due; answers which commands came of it. */
    pass(ms: number): Promise<readonly string[]> {
      place.clock.jump(ms);
      return place.tellDue(room);
    },
  };
}

describe('watches in the store', () => {
  it('set the limits of what is opened in the very transaction, and count it over restarts', async () => {
    const place = opened();
    const [started, fired] = await Promise.all([
      place.store().handle(start, room),
      place.store().handle(alert('HighErrorRate', service), room),
    ]);
    expect(started).toMatchObject({ stream: 'WCH-1' });
    expect(fired).toMatchObject({ stream: 'INC-1' });
    await place.restart();
    expect(await place.store().watches()).toMatchObject([{ id: 'WCH-1', incidents: ['INC-1'] }]);
    expect(await place.store().state('INC-1')).toMatchObject({
      incident: { acknowledgeWithin: { watch: { id: 'WCH-1', period: 0 } } },
    });
    expect(await place.store().holder(`watch:${service}`)).toBe('WCH-1');
    expect(await place.store().handle(start, room)).toMatchObject({ code: 'already' });
    const stops = await Promise.all([place.store().handle(stop, room), place.store().handle(stop, room)]);
    expect(stops.map(({ kind }) => kind)).toEqual(['accepted', 'refused']);
    expect(await place.restart().then((store) => store.watches())).toEqual([]);
    expect(await place.store().handle(start, room)).toMatchObject({ stream: 'WCH-2' });
    await place.store().close();
  });

  it('are counted by what was written alone, where a start or an end was rolled back', async () => {
    const disk: { before?: () => void } = {};
    const place = opened(disk);
    const isFull = () => {
      throw new Error('the disk is full');
    };
    const twice = (command: Command) =>
      Promise.allSettled([place.store().handle(command, room), place.store().handle(command, room)]);
    disk.before = isFull;
    expect((await twice(start)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    delete disk.before;
    expect(await place.store().handle(start, room)).toMatchObject({ stream: 'WCH-1' });
    disk.before = isFull;
    // What is opened in the same transaction is decided with the watches as they are then.
    await Promise.allSettled([
      place.store().handle(stop, room),
      place.store().handle(alert('HighErrorRate', service), room),
    ]);
    delete disk.before;
    expect(await place.store().watches()).toMatchObject([{ id: 'WCH-1', over: null }]);
    await place.store().close();
  });

  it('end at their moment by the clock on the wall, over restarts and clocks that jump', {
    tags: ['trust-19'],
  }, async ({ annotate }) => {
    const place = opened();
    await place.store().handle(start, room);
    let looks = 0;
    for (let passed = 0; passed < 2 * hour - 5 * minute; passed += 5 * minute) {
      if (passed === hour) await place.restart();
      const told = await place.pass(5 * minute);
      expect(told).not.toContain('watch.due');
      looks += told.filter((type) => type === 'watch.look').length;
    }
    expect(looks).toBe(23);
    // An hour back, then on: the timer moves with the clock, and it ends when the wall says so.
    await place.pass(-hour);
    await place.store().handle(alert('Slow', 'elsewhere'), room);
    await place.pass(hour);
    expect(await place.store().watches()).toMatchObject([{ blind: [] }]);
    expect(await place.pass(5 * minute)).toContain('watch.due');
    expect(await place.store().watches()).toEqual([]);
    // A day forward at once: it is over, and what was not seen is known.
    await place.store().handle(start, room);
    await place.pass(24 * hour);
    expect(await place.store().watches()).toEqual([]);
    const state = await place.store().state('WCH-2');
    expect(state).toMatchObject({ watch: { over: { kind: 'ended' }, blind: [{ what: 'bot' }] } });
    await place.store().close();
    await annotate('2 watches, 23 looks, 1 restart, 3 jumps of the clock: each ended once', 'figure');
  });

  it('stand in the chain, in the export, and on the command line', async () => {
    const place = opened();
    const told = async (id: string | null, json = false): Promise<{ code: number; text: string }> => {
      const lines: string[] = [];
      const options = { database: place.file, id, json, now: place.clock.now(), pace: 1 };
      const code = await watchCommand(options, (line) => lines.push(line));
      return { code, text: lines.join('\n') };
    };
    expect(await told(null)).toEqual({ code: 0, text: 'There was no watch yet.' });
    expect(await told('WCH-1')).toEqual({ code: 1, text: 'There is no watch WCH-1.' });
    await place.store().handle(start, room);
    const calm = await told(null);
    expect(calm.code).toBe(0);
    expect(calm.text).toContain('2 h left');
    expect(calm.text).toContain('(U1ENGINEER, U2SECOND)');
    await place.store().keepNames(new Map([['U1ENGINEER', 'On-call engineer']]));
    expect((await told(null)).text).toContain('(On-call engineer (@U1ENGINEER), U2SECOND)');
    expect(calm.text).toMatch(/critical within 5 min: none came\n.*warning within 30 min: none came/);
    await place.store().handle(alert('HighErrorRate', service), room);
    await place.pass(6 * minute);
    expect((await told('wch-1')).text).toMatch(
      /1 incident with 1 alert, 0 of 1 in time, the slowest after 6 min\n +INC-1 .*nobody has it, for 6 min/,
    );
    await place.store().handle({ actor: second, type: 'incident.acknowledge', incident: 'INC-1' }, room);
    await place.store().handle(stop, room);
    expect(JSON.parse((await told('1', true)).text)).toMatchObject({
      id: 'WCH-1',
      over: { kind: 'stopped', why: 'All is calm' },
      periods: [
        {
          classes: [
            {
              class: 'critical',
              limitMs: 5 * minute,
              within: 0,
              over: 1,
              incidents: [{ incident: 'INC-1', takenBy: 'U2SECOND', verdict: 'over' }],
            },
            { class: 'warning', incidents: [] },
          ],
        },
      ],
      notKnown: [],
    });
    expect(JSON.parse((await told(null, true)).text)).toMatchObject([{ id: 'WCH-1' }]);
    await place.store().close();
    const db = new Database(place.file);
    expect(auditChain(db).findings).toEqual([]);
    db.close();
    const lines: string[] = [];
    await exportLog({ database: place.file }, (line) => lines.push(line));
    const types = lines.map((line) => JSON.parse(line)).filter(({ stream }) => stream === 'WCH-1');
    expect(types.map(({ type }) => type)).toEqual(['WatchStarted', 'IncidentWatched', 'WatchStopped']);
    const reader = openSqliteReader(place.file);
    expect(await reader.watchIds()).toEqual(['WCH-1']);
    reader.close();
  });
});
