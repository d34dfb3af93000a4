import { describe, expect, it } from 'vitest';
import { room as smallRoom } from '../fakes/room.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const minute = 60_000;
const trigger = { kind: 'above', value: 0.05, during: 'incident' } as const;

/** The small room with a trigger at its error ratio, and whether that takes enough traffic to be judged. */
function guardedRoom({ enough, forMs }: { readonly enough: boolean; readonly forMs: number }) {
  const definitions = Object.fromEntries(
    Object.entries(smallRoom.definitions).map(([name, each]) => {
      const { error_ratio: ratio, ...others } = each.service.indicators;
      const guarded = {
        ...ratio!,
        rollback: [{ ...trigger, forMs }],
        ...(enough && { enough: { query: 'n', above: 10 } }),
      };
      return [
        name,
        { ...each, service: { ...each.service, indicators: { ...others, error_ratio: guarded } } },
      ];
    }),
  );
  return { ...smallRoom, definitions };
}

/** A rollback was asked for in a P1 by somebody else than its commander, and nothing of it reads anything. */
async function asked(enough = false, forMs = 5 * minute): Promise<Rig> {
  const rig = createRig({ room: guardedRoom({ enough, forMs }) });
  rig.gauge.values.set('error_ratio', 0.09);
  rig.start();
  await rig.alert();
  const incident = 'INC-1';
  await rig.desk.act('U1ENGINEER', {
    type: 'incident.role',
    incident,
    role: 'commander',
    user: 'U1ENGINEER',
  });
  await rig.desk.act('U2SECOND', {
    ...{ type: 'incident.start-run', incident, playbook: 'rollback-checkout', reason: null },
  });
  return rig;
}

const breaks = async (rig: Rig) => {
  const { whole } = await rig.run('INC-1.2');
  return rig.desk.act('U1ENGINEER', {
    ...{ type: 'run.plan-break-glass', run: 'INC-1.2', hash: whole?.hash ?? '', reason: 'It gets worse.' },
  });
};
const looked = async (rig: Rig) => (await rig.run('INC-1.2')).triggers?.error_ratio ?? [];

/** A curve of the past, one point a minute, as it was so many minutes ago. */
const curve = (rig: Rig, valueAt: (minutesAgo: number) => number) => {
  rig.gauge.port.range = async (_indicator, { from, to }) => {
    const points: { at: number; value: number }[] = [];
    for (let at = from; at <= to; at += minute / 2)
      points.push({ at, value: valueAt(Math.floor((to - at) / minute)) });
    return { kind: 'series', points };
  };
};

describe('a request for a rollback waits in a P1', () => {
  it('lets the commander break the glass at once where the trigger was passed for its time', async () => {
    const rig = await asked();
    expect((await looked(rig)).length).toBeLessThan(2);
    await rig.idle();
    curve(rig, () => 0.09);
    await eventually(async () => {
      rig.clock.advance(10_000);
      return (await looked(rig)).length;
    }).toBeGreaterThan(5);
    expect(await breaks(rig)).toMatchObject({ kind: 'accepted' });
  });

  it('does so for a trigger of an hour as well, whose curve is asked for closely enough', async () => {
    const rig = await asked(false, 60 * minute);
    rig.gauge.port.range = async (_indicator, { from, to, points }) => ({
      kind: 'series',
      points: Array.from({ length: points }, (_, index) => ({
        at: from + (index * (to - from)) / (points - 1),
        value: 0.09,
      })),
    });
    await eventually(async () => {
      rig.clock.advance(10_000);
      return (await looked(rig)).length;
    }).toBeGreaterThan(5);
    expect(await breaks(rig)).toMatchObject({ kind: 'accepted' });
  });

  it('does not where the curve was good in between, or what it is now is not known', async () => {
    const rig = await asked();
    curve(rig, (ago) => (ago === 2 ? 0.001 : 0.09));
    await eventually(async () => {
      rig.clock.advance(10_000);
      return (await looked(rig)).length;
    }).toBeGreaterThan(5);
    expect(await breaks(rig)).toMatchObject({ kind: 'refused', code: 'not-allowed' });
    curve(rig, () => 0.09);
    rig.gauge.values.delete('error_ratio');
    const before = (await looked(rig)).at(-1)?.at ?? 0;
    await eventually(async () => {
      rig.clock.advance(10_000);
      return (await looked(rig)).at(-1);
    }).toMatchObject({ verdict: 'inconclusive' });
    expect((await looked(rig)).at(-1)?.at).toBeGreaterThan(before);
    expect(await breaks(rig)).toMatchObject({ kind: 'refused' });
  });

  it('takes no curve of the past where traffic may have been too little to judge', async () => {
    const rig = await asked(true);
    curve(rig, () => 0.09);
    await eventually(async () => {
      rig.clock.advance(10_000);
      return (await looked(rig)).length;
    }).toBeGreaterThan(2);
    expect((await looked(rig)).length).toBeLessThan(10);
    expect(await breaks(rig)).toMatchObject({ kind: 'refused' });
  });

  it('goes on looking after a restart', async () => {
    const rig = await asked();
    await eventually(async () => (await looked(rig)).length).toBeGreaterThan(0);
    const before = (await looked(rig)).at(-1)?.at ?? 0;
    await rig.restart();
    await eventually(async () => {
      rig.clock.advance(10_000);
      return (await looked(rig)).at(-1)?.at;
    }).toBeGreaterThan(before);
  });
});
