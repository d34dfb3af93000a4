import { describe, expect, it } from 'vitest';
import { WorkFailed } from '../../src/engine/ports.ts';
import { hour, minute } from '../fakes/room.ts';
import { createRig, eventually, type Rig } from './rig.ts';

/** One after the other: many at once would be a storm, which is one incident. */
async function seventyIncidents(rig: Rig): Promise<void> {
  for (let number = 0; number < 70; number++) {
    await rig.alert({ name: 'Slow', service: `s${number}` });
    rig.clock.advance(minute);
  }
}

describe('work that is decided is performed', () => {
  it('opens the channel, then posts the card in it, and posts each message once', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.idle();
    const kinds = rig.chat.kinds();
    expect(kinds.indexOf('channel')).toBeGreaterThanOrEqual(0);
    expect(rig.chat.shown('card/INC-1')[0]).toMatchObject({
      channel: 'C-incident-2026-11-21-high-error-rate-1',
      known: null,
      uncertain: false,
    });
    expect(rig.chat.shown('announcement/INC-1')[0]).toMatchObject({ channel: '#alerts' });
    // Later showings of the same subject update the message that is there.
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.idle();
    expect(rig.chat.shown('card/INC-1').filter(({ known }) => known === null)).toHaveLength(1);
    expect(rig.chat.shown('card/INC-1').at(-1)?.view).toMatchObject({ incident: { phase: 'acknowledged' } });
  });

  it('takes up new work without being asked', async () => {
    const rig = createRig();
    rig.start();
    await rig.idle();
    await rig.alert({ name: 'Slow' });
    await eventually(() => rig.chat.shown('card/INC-1').length).toBeGreaterThan(0);
  });

  it('tries again when the other side said so, at the time it said, and keeps the lane waiting', async () => {
    const rig = createRig();
    let refusals = 1;
    rig.chat.fault = ({ kind }) => {
      if (kind === 'channel' && refusals-- > 0)
        throw new WorkFailed('rate-limited', 'Too fast.', { retry: { afterMs: 30_000 } });
    };
    rig.start();
    await rig.alert();
    await eventually(() => rig.observer.performed.some(({ outcome }) => outcome === 'postponed')).toBe(true);
    rig.clock.advance(29_999);
    await rig.alert({ name: 'Slow', service: 'another' });
    await eventually(() => rig.chat.shown('card/INC-2').length).toBeGreaterThan(0);
    expect(rig.chat.shown('card/INC-1')).toEqual([]);
    expect(rig.chat.kinds()).not.toContain('channel');
    await eventually(() => {
      rig.clock.advance(1);
      return rig.chat.shown('card/INC-1').length;
    }).toBeGreaterThan(0);
    expect(rig.chat.calls.find(({ kind }) => kind === 'channel')).toMatchObject({ uncertain: true });
  });

  it('gives up what cannot be helped, says so in the incident, and the lane goes on', async () => {
    const rig = createRig();
    rig.chat.fault = ({ kind }) => {
      if (kind === 'pin') throw new WorkFailed('no-right', 'The bot may not pin.');
    };
    rig.start();
    await rig.alert();
    await rig.idle();
    expect((await rig.incident()).notes.map(({ text }) => text)).toEqual([
      'Pinning the card did not succeed and is not tried any more: The bot may not pin.',
    ]);
    expect(rig.chat.kinds()).toContain('bookmark');
    expect(rig.observer.performed).toContainEqual({ kind: 'pin', outcome: 'given-up', error: 'no-right' });
  });

  it('talks in the announcement when the channel cannot be opened', async () => {
    const rig = createRig();
    rig.chat.fault = ({ kind }) => {
      if (kind === 'channel') throw new WorkFailed('no-right', 'The bot may not open channels.');
    };
    rig.start();
    await rig.alert();
    await rig.idle();
    expect((await rig.incident()).notes[0]?.text).toMatch(/could not be opened/);
    expect(rig.chat.shown('card/INC-1')[0]).toMatchObject({ channel: '#alerts' });
  });

  it('does not let one incident wait for another', async () => {
    const rig = createRig();
    rig.chat.hold = (call) =>
      call.kind === 'channel' && call.name.endsWith('-1') ? new Promise(() => undefined) : Promise.resolve();
    rig.start();
    await rig.alert({ service: 'a' });
    await rig.alert({ service: 'b' });
    await eventually(() => rig.chat.shown('card/INC-2').length).toBeGreaterThan(0);
    expect(rig.chat.shown('card/INC-1')).toEqual([]);
  });

  it('sleeps while all hands are full, and goes on when one is free', async () => {
    const rig = createRig();
    const held: (() => void)[] = [];
    let holding = true;
    rig.chat.hold = () => (holding ? new Promise((resolve) => held.push(resolve)) : Promise.resolve());
    rig.start();
    await seventyIncidents(rig);
    await eventually(() => rig.performer.inFlight()).toBe(64);
    await eventually(() => held.length).toBeGreaterThan(0);
    expect(rig.clock.waiting()).toBe(0);
    holding = false;
    for (const release of held) release();
    await rig.idle();
    expect(rig.chat.shown('card/INC-70')).not.toEqual([]);
  });

  it('carries out commands while the chat answers nothing to anybody', async () => {
    const rig = createRig();
    rig.chat.hold = () => new Promise(() => undefined);
    rig.start();
    await seventyIncidents(rig);
    await eventually(() => rig.performer.inFlight()).toBeGreaterThanOrEqual(64);
    await rig.alert();
    const incident = (await rig.store.openIncidents()).find(({ service }) => service === 'checkout')!;
    const at = { run: incident.runs[0]!, attempt: 1 };
    await eventually(() => rig.step('kind', at.run)).toBe('asking');
    await rig.desk.act('U1ENGINEER', { type: 'run.choose', step: 'kind', option: 'memory', ...at });
    await rig.desk.act('U1ENGINEER', { type: 'run.perform', step: 'restart', ...at });
    await eventually(() => rig.runner.started.length).toBeGreaterThan(0);
  });

  it('ends a run outside any incident whose messages nobody can see', async () => {
    const rig = createRig();
    rig.chat.fault = () => {
      throw new WorkFailed('channel_not_found', 'The channel does not exist.');
    };
    rig.start();
    await rig.desk.act('U1ENGINEER', {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'quick-fix',
      place: { kind: 'channel', channel: 'D1' },
      reason: null,
    });
    await eventually(async () => (await rig.run('RUN-1')).result).toMatchObject({
      kind: 'stopped',
      why: 'Its messages cannot be posted. The channel does not exist.',
    });
    await rig.idle();
  });

  it('says in the incident when a run could not start', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    // The procedure needs the target that the restart is working on.
    await rig.desk.act('U1ENGINEER', {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'reinstall',
      reason: null,
    });
    await eventually(async () => (await rig.incident()).notes.at(-1)?.text).toMatch(
      /^\*reinstall\* did not start: INC-1\.1 is at work on checkout on web\./,
    );
    await eventually(async () => (await rig.incident()).currentRun).toBe('INC-1.1');
  });

  it('answers a gate when an indicator cannot be read, so that it does not wait for ever', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert({ name: 'ServiceDown' });
    rig.gauge.fault = () => {
      throw new Error('a bug in the reader');
    };
    await rig.desk.act('U1ENGINEER', {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'chain',
      place: { kind: 'channel', channel: 'C1' },
      reason: null,
    });
    const at = { run: 'RUN-1', step: 'reload', attempt: 1 } as const;
    await rig.desk.act('U1ENGINEER', { type: 'run.perform', ...at });
    for (const command of [0, 1]) {
      await eventually(() => rig.runner.started.length).toBe(command + 1);
      rig.runner.started[command]?.end();
    }
    await eventually(() => rig.step('reload', 'RUN-1')).toBe('verifying');
    await eventually(async () => {
      rig.clock.advance(15_000);
      return rig.step('reload', 'RUN-1');
    }).toBe('inconclusive');
  });
});

describe('a command on a host', () => {
  it('is handed to the runner with its limits, and its end is recorded', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    expect(rig.runner.started[0]?.request).toMatchObject({
      id: 'INC-1.1/restart/1/0',
      argv: ['tool', 'restart'],
      timeoutMs: 30_000,
      notAfter: rig.clock.now() + 30_000,
      target: { kind: 'local', host: 'web', directory: '/srv/checkout' },
    });
    rig.runner.started[0]?.end();
    await eventually(() => rig.step('restart')).toBe('settled');
  });

  it('is not performed a second time after an interruption: nobody knows, and a person is asked', {
    tags: ['trust-4'],
  }, async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    expect(await rig.restart()).toMatchObject({ unknown: 1 });
    await rig.idle();
    expect(await rig.step('restart')).toBe('unknown');
    expect(rig.runner.started).toHaveLength(1);
    await rig.restart();
    await rig.idle();
    expect(rig.runner.started).toHaveLength(1);
  });

  it('is not performed a second time even when it is handed out again', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    await rig.restart({ recovers: false });
    await eventually(() => rig.step('restart')).toBe('unknown');
    expect(rig.runner.started).toHaveLength(1);
  });

  it('passes its output on about once a second, in order, and keeps no more than fits', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    const [command] = rig.runner.started;
    for (const line of ['one\n', 'two\n', 'three\n']) command?.print(line);
    rig.clock.advance(1_000);
    await eventually(async () => (await rig.run()).steps.restart?.output).toBe('one\ntwo\nthree\n');
    const pieces = (await rig.store.events({ stream: 'INC-1.1' })).filter(
      ({ event }) => event.type === 'OutputAppended',
    );
    expect(pieces).toHaveLength(1);

    command?.print('x'.repeat(200_000 - 'one\ntwo\nthree\n'.length));
    rig.clock.advance(1_000);
    await eventually(async () => (await rig.run()).steps.restart?.output.length).toBe(200_000);
    expect((await rig.run()).steps.restart?.outputCut).toBe(false);
    // Nothing of this fits any more, and that is said all the same.
    command?.print('one more line\n');
    rig.clock.advance(1_000);
    await eventually(async () => (await rig.run()).steps.restart?.outputCut).toBe(true);
    expect((await rig.run()).steps.restart?.output).toHaveLength(200_000);
    command?.end();
    await eventually(() => rig.step('restart')).toBe('settled');
  });

  it('is stopped by name', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    await rig.desk.act('U1ENGINEER', { type: 'run.stop', run: 'INC-1.1', step: 'restart', attempt: 1 });
    await eventually(() => rig.runner.stopped).toEqual(['INC-1.1/restart/1/0']);
  });

  it('keeps what a written file held before', async () => {
    const rig = createRig();
    rig.start();
    await rig.desk.act('U1ENGINEER', {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'write-flag',
      place: { kind: 'channel', channel: 'C1' },
      reason: null,
    });
    await rig.desk.act('U1ENGINEER', { type: 'run.perform', run: 'RUN-1', step: 'flag', attempt: 1 });
    await eventually(async () => (await rig.run('RUN-1')).ledger).toMatchObject([
      { action: 'flag', by: 'U1ENGINEER', file: { path: 'config/flag.yaml', previous: 'before\n' } },
    ]);
    expect(rig.runner.writes[0]).toMatchObject({ file: 'config/flag.yaml', content: 'on\n' });
  });

  it('is unknown, and never forgotten, when the runner itself fails', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await eventually(() => rig.step('kind')).toBe('asking');
    rig.runner.fault = () => {
      throw new Error('a bug in the runner');
    };
    const at = { run: 'INC-1.1', attempt: 1 } as const;
    await rig.desk.act('U1ENGINEER', { type: 'run.choose', step: 'kind', option: 'memory', ...at });
    await rig.desk.act('U1ENGINEER', { type: 'run.perform', step: 'restart', ...at });
    await eventually(() => rig.step('restart')).toBe('unknown');
  });
});

describe('the database refuses for a while', () => {
  it('offers the end of a command until it is taken', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    let refused = 0;
    rig.hooks.before = () => {
      refused++;
      throw new Error('the disk is full');
    };
    rig.runner.started[0]?.print('a last word\n');
    rig.clock.advance(1_000);
    rig.runner.started[0]?.end();
    await eventually(() => refused).toBeGreaterThan(0);
    expect(await rig.step('restart')).toBe('running');
    delete rig.hooks.before;
    await eventually(async () => {
      rig.clock.advance(1_000);
      return rig.step('restart');
    }).toBe('settled');
    expect((await rig.run()).steps.restart?.output).toBe('a last word\n');
    expect(rig.runner.started).toHaveLength(1);
  });

  it('claims again by itself when it could not', async () => {
    const rig = createRig();
    await rig.alert({ name: 'Slow' });
    rig.hooks.before = () => {
      throw new Error('the disk is full');
    };
    rig.start();
    await eventually(() => rig.log.lines.map(({ message }) => message)).toContain(
      'work could not be claimed',
    );
    delete rig.hooks.before;
    await eventually(() => {
      rig.clock.advance(1_000);
      return rig.chat.shown('card/INC-1').length;
    }).toBeGreaterThan(0);
  });

  it('does not take work for failed that was done while the bot stops', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    rig.hooks.before = () => {
      throw new Error('the disk is full');
    };
    const stopped = rig.performer.stop(5_000);
    rig.runner.started[0]?.end();
    await stopped;
    delete rig.hooks.before;
    expect(await rig.step('restart')).toBe('running');
    expect(await rig.restart()).toMatchObject({ unknown: 1 });
    expect(await rig.step('restart')).toBe('unknown');
  });
});

describe('a message was sent, and its end could not be recorded while the bot stopped', () => {
  it('is looked for before it is sent again', async () => {
    const rig = createRig();
    let release = () => {};
    rig.chat.hold = () => new Promise((resolve) => (release = resolve));
    rig.start();
    await rig.alert({ name: 'Slow' });
    await eventually(() => rig.performer.inFlight()).toBeGreaterThan(0);
    let failures = 1;
    rig.hooks.before = () => {
      if (failures-- > 0) throw new Error('the disk is full');
    };
    const stopped = rig.performer.stop(5_000);
    release();
    await stopped;
    rig.chat.hold = async () => undefined;
    await rig.restart();
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.idle();
    const [, ...later] = rig.chat.shown('card/INC-1');
    expect(later.length).toBeGreaterThan(0);
    for (const { known, uncertain } of later) expect(known !== null || uncertain).toBe(true);
  });
});

describe('a stop', () => {
  it('waits for what is under way and takes up nothing new', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    let isStopped = false;
    const stopping = rig.performer.stop(20_000).then(() => {
      isStopped = true;
    });
    await rig.alert({ name: 'Slow', service: 'other' });
    expect(isStopped).toBe(false);
    rig.runner.started[0]?.end();
    await stopping;
    expect(await rig.step('restart')).toBe('settled');
    expect(rig.performer.inFlight()).toBe(0);
    expect(rig.chat.shown('card/INC-2')).toEqual([]);
    await rig.restart();
    await eventually(() => rig.chat.shown('card/INC-2').length).toBeGreaterThan(0);
  });

  it('drains also what was being handed out at that moment', async () => {
    const rig = createRig();
    await rig.alert({ name: 'Slow' });
    let isStopped = false;
    let late = 0;
    rig.chat.hold = async () => {
      if (isStopped) late++;
    };
    rig.start();
    await rig.performer.stop(20_000);
    isStopped = true;
    // Whatever was still to come has had its turn once the store has answered again.
    for (const name of ['a', 'b', 'c']) await rig.alert({ name: 'Slow', service: name });
    expect(late).toBe(0);
    expect(await rig.store.interrupted()).toEqual([]);
  });

  it('does not wait longer than it may', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.startCommand();
    await rig.performer.stop(1);
    expect(rig.performer.inFlight()).toBeGreaterThan(0);
  });
});

describe('timers', () => {
  const unresolved = async (rig: ReturnType<typeof createRig>) =>
    (await rig.store.events({ stream: 'INC-1' })).filter(({ event }) => event.type === 'UnresolvedForLong')
      .length;

  it('fire at their time, once', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.idle();
    rig.clock.advance(30 * minute - 1);
    await rig.idle();
    expect(await unresolved(rig)).toBe(0);
    await eventually(() => {
      rig.clock.advance(1);
      return unresolved(rig);
    }).toBe(1);
    rig.clock.advance(5 * hour);
    await rig.idle();
    expect(await unresolved(rig)).toBe(1);
  });

  it('fire after a restart, also those whose time came while nothing ran', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.idle();
    await rig.performer.stop(1_000);
    rig.clock.advance(2 * hour);
    await rig.restart();
    await eventually(() => unresolved(rig)).toBe(1);
  });

  it.each([
    ['forward', 24 * hour],
    ['back', -24 * hour],
  ])(
    'are neither lost nor doubled when the clock is set a day %s',
    { tags: ['trust-19'] },
    async (_, jump) => {
      const rig = createRig();
      rig.start();
      await rig.alert();
      await rig.idle();
      rig.clock.jump(jump);
      await eventually(() => {
        rig.clock.advance(hour / 2);
        return unresolved(rig);
      }).toBe(1);
      rig.clock.advance(2 * 24 * hour);
      await rig.idle();
      expect(await unresolved(rig)).toBe(1);
    },
  );

  it('notice within a minute that the clock was set forward', { tags: ['trust-19'] }, async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.idle();
    rig.clock.jump(24 * hour);
    rig.clock.advance(minute);
    await eventually(() => unresolved(rig)).toBe(1);
  });
});
