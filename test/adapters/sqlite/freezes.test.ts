import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { openSqliteReader } from '../../../src/adapters/sqlite/reader.ts';
import { exportLog } from '../../../src/commands/export.ts';
import type { Command } from '../../../src/core/command.ts';
import { moment, plannedRoom as room } from '../../fakes/plannedRoom.ts';
import { engineer, hour, lead, second } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { alert } from '../alertCommand.ts';
import { openedStore } from './openedStore.ts';

const release: Command = { actor: engineer, ...startRun('release') };

const begin = (more: { until?: number | null; service?: string | null } = {}): Command => ({
  actor: second,
  type: 'freeze.begin',
  service: null,
  until: null,
  why: 'Year end',
  ...more,
});

const lift: Command = { actor: second, type: 'freeze.lift', freeze: 'FRZ-1', why: 'It is over' };

const opened = () => openedStore({ at: moment.open });

describe('freezes in the store', () => {
  it('hold planned changes up over restarts, and are decided on in the very transaction', async () => {
    const place = opened();
    const [frozen, refused] = await Promise.all([
      place.store().handle(begin(), room),
      place.store().handle(release, room),
    ]);
    expect(frozen).toMatchObject({ stream: 'FRZ-1' });
    expect(refused).toMatchObject({ code: 'closed' });
    expect(await place.restart().then((store) => store.handle(release, room))).toMatchObject({
      code: 'closed',
    });
    expect(await place.store().freezes()).toMatchObject([{ id: 'FRZ-1', why: 'Year end' }]);
    const lifted = await Promise.all([place.store().handle(lift, room), place.store().handle(lift, room)]);
    expect(lifted.map(({ kind }) => kind)).toEqual(['accepted', 'refused']);
    expect(await place.restart().then((store) => store.freezes())).toEqual([]);
    expect(await place.store().handle(release, room)).toMatchObject({ kind: 'accepted' });
    expect(await place.store().handle(begin(), room)).toMatchObject({ stream: 'FRZ-2' });
    await place.store().close();
  });

  it('see the incidents that are open in the very transaction', async () => {
    const place = opened();
    const answers = await Promise.all([
      place.store().handle(alert('HighErrorRate', 'checkout'), room),
      place.store().handle(release, room),
    ]);
    expect(answers[1]).toMatchObject({
      code: 'closed',
      message: expect.stringContaining('INC-1 is open on checkout.'),
    });
    await place.store().close();
  });

  it('end at their moment by the clock on the wall, after a restart and after it was set back', {
    tags: ['trust-19'],
  }, async () => {
    const place = opened();
    const until = moment.open + hour;
    await place.store().handle(begin({ until }), room);
    await place.restart();
    expect(await place.tellDue(room, until - 1)).toEqual([]);

    // An hour back: the timer moves with the clock and comes an hour early by the wall, so it waits once more.
    place.clock.jump(moment.open - hour - place.clock.now());
    await place.store().handle(alert('Slow', 'elsewhere'), room);
    place.clock.jump(moment.open + 1 - place.clock.now());
    expect(await place.tellDue(room, moment.open + 1)).toContain('freeze.due');
    expect(await place.store().freezes()).toHaveLength(1);
    place.clock.jump(until - place.clock.now());
    expect(await place.tellDue(room, until)).toContain('freeze.due');
    expect(await place.store().freezes()).toEqual([]);

    // A day forward: it is over at once, and says so when its timer is looked at.
    await place.store().handle(begin({ until: until + hour }), room);
    place.clock.jump(until + 24 * hour - place.clock.now());
    expect(await place.tellDue(room, until + 24 * hour)).toContain('freeze.due');
    expect(await place.store().freezes()).toEqual([]);
    await place.store().close();
  });

  it('stand in the chain and in the export like everything else', async () => {
    const place = opened();
    await place.store().handle(begin(), room);
    await place.store().handle(lift, room);
    expect(await place.store().handle({ ...lift, actor: lead }, room)).toMatchObject({ kind: 'refused' });
    await place.store().close();
    const db = new Database(place.file);
    expect(auditChain(db).findings).toEqual([]);
    db.close();
    const lines: string[] = [];
    await exportLog({ database: place.file }, (line) => lines.push(line));
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['FreezeBegun', 'FreezeLifted']);
    const reader = openSqliteReader(place.file);
    expect(await reader.state('FRZ-1')).toMatchObject({
      kind: 'freeze',
      freeze: { over: { why: 'It is over' } },
    });
    reader.close();
  });
});
