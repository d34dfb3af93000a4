import { describe, expect, it } from 'vitest';
import { WorkFailed } from '../../src/engine/ports.ts';
import { hour, minute } from '../fakes/room.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const unavailable = () => {
  throw new WorkFailed('unavailable', 'Slack answered with HTTP 503.', { retry: { afterMs: null } });
};

/**
 * Waits until nothing can be done before time passes: what was postponed waits, and its lane behind it. A clock that is
 * moved by hand may pass a due time while it is being written down, so it goes on a little.
 */
const settled = (rig: Rig, commands: number) =>
  eventually(async () => {
    rig.clock.advance(1);
    const due = await rig.store.nextDue({ chat: 1, other: 1 });
    return rig.performer.inFlight() <= commands && (due === null || due > rig.clock.now());
  }).toBe(true);

/** Lets time pass in small steps, each with all that can be done in it; `meanwhile` answers how many commands run. */
async function pass(rig: Rig, ms: number, meanwhile: () => number = () => 0) {
  for (let passed = 0; passed < ms; passed += 30_000) {
    rig.clock.advance(30_000);
    await settled(rig, meanwhile());
  }
}

describe('Slack is down for an hour', { tags: ['trust-15'] }, () => {
  it('timers go off, an approved run goes on to its end, and what was to be said is said once afterwards', async ({
    annotate,
  }) => {
    const rig = createRig();
    rig.gauge.values.set('up', 1);
    rig.start();
    await rig.alert();
    await rig.idle();
    await rig.desk.act('U1ENGINEER', {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'rollback-checkout',
      reason: null,
    });
    await eventually(async () => (await rig.desk.run('INC-1.2'))?.run.whole?.state.kind).toBe('pending');
    const hash = (await rig.run('INC-1.2')).whole?.hash ?? '';
    await rig.desk.act('U2SECOND', { type: 'run.plan-decide', run: 'INC-1.2', verdict: 'approve', hash });
    await eventually(() => rig.runner.started.length).toBe(1);
    await eventually(() => rig.chat.shown('run/INC-1.2').length).toBeGreaterThan(0);

    const before = rig.chat.calls.length;
    let attempts = 0;
    rig.chat.fault = () => {
      attempts += 1;
      unavailable();
    };
    // Three commands of the approved rollback, one after the other, and nobody who could click.
    let ended = 0;
    await pass(rig, hour, () => {
      const command = rig.runner.started[ended];
      if (command) {
        ended += 1;
        command.print('a line of output\n');
        command.end();
      }
      return 1;
    });
    expect((await rig.run('INC-1.2')).result).toMatchObject({ kind: 'completed' });
    expect(ended).toBe(3);
    expect((await rig.incident()).unresolvedSaid).toBe(true);
    for (let number = 0; number < 20; number++) await rig.alert({ fingerprint: `during-${number}` });
    expect(rig.chat.calls).toHaveLength(before);
    // Each lane tries its head alone, at growing intervals of up to five minutes.
    expect(attempts).toBeLessThan(100);

    let inFlight = 0;
    let most = 0;
    rig.chat.fault = () => undefined;
    rig.chat.hold = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await Promise.resolve();
      inFlight -= 1;
    };
    await pass(rig, 6 * minute);
    await eventually(async () => (await rig.store.undeliveredSince()) ?? 'none').toBe('none');
    const said = rig.chat.calls
      .slice(before)
      .flatMap((call) => (call.kind === 'show' ? [call.request.key] : []));
    const posted = rig.chat.calls
      .slice(before)
      .flatMap((call) => (call.kind === 'show' && call.request.known === null ? [call.request.key] : []));
    expect(new Set(posted).size).toBe(posted.length);
    // However often they changed, the card and the announcement are brought up to date about once.
    for (const key of ['card/INC-1', 'announcement/INC-1'])
      expect(said.filter((each) => each === key).length, key).toBeLessThanOrEqual(3);
    expect(said).toEqual(expect.arrayContaining(['run/INC-1.2', 'unresolved/INC-1/0']));
    expect(rig.observer.performed.filter(({ outcome }) => outcome === 'given-up')).toEqual([]);
    expect(most).toBeLessThanOrEqual(64);
    await annotate(
      `1 h down: 3 approved commands run, 1 time limit kept, ${attempts} attempts; then ${said.length} messages drained, 0 lost, 0 twice`,
      'figure',
    );
  });

  it('a storm of updates to one incident drains as its newest state', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert({ name: 'Slow' });
    await rig.idle();
    rig.chat.fault = unavailable;
    for (let number = 0; number < 200; number++) {
      await rig.alert({ name: 'Slow', fingerprint: `f${number}`, startsAt: rig.clock.now() - number });
    }
    await pass(rig, 10 * minute);
    const before = rig.chat.calls.length;
    rig.chat.fault = () => undefined;
    await pass(rig, 6 * minute);
    await eventually(async () => (await rig.store.undeliveredSince()) ?? 'none').toBe('none');
    expect(rig.chat.calls.length - before).toBeLessThanOrEqual(3);
    const { alerts } = await rig.incident();
    expect(rig.chat.shown('card/INC-1').at(-1)?.view).toMatchObject({ incident: { alerts } });
  });
});
