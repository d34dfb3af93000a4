import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../src/core/command.ts';
import type { Definition, Demand } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import type { RunId } from '../../src/core/stream.ts';
import { createEditedRequests } from '../../src/engine/editedRequests.ts';
import { perform } from '../../src/engine/performEffect.ts';
import { type Claimed, StoreFailed } from '../../src/engine/ports.ts';
import { fakePainter } from '../fakes/ports.ts';
import { room } from '../fakes/room.ts';
import { startRun } from '../fakes/startRun.ts';
import { createRig, eventually } from './rig.ts';

type Wipe = { readonly argv?: readonly string[]; readonly approvals?: Demand };

/** The playbook with its action as it stands after an edit. */
function wipeCache({ argv = ['tool', 'wipe'], approvals }: Wipe = {}): Definition {
  const definition = room.definitions['wipe-cache'];
  const wipe = definition?.service.actions.wipe;
  if (!definition || !wipe) throw new Error('the room has no wipe-cache');
  const { service } = definition;
  const edited = { ...wipe, does: { kind: 'run', argv }, ...(approvals && { approvals }) } as const;
  return { ...definition, service: { ...service, actions: { ...service.actions, wipe: edited } } };
}

/** A bot on a real store whose playbooks are edited by `save`, and that looks through its requests when it is told to. */
function editable(first: Wipe = {}) {
  const definitions: Record<string, Definition> = { ...room.definitions, 'wipe-cache': wipeCache(first) };
  const live: Room = { ...room, definitions };
  const rig = createRig({ room: live });
  for (let index = 0; index < 25; index++)
    rig.directory.members.set(`U7ONCALL${index}`, { kind: 'member', groups: ['oncall'] });
  const events = async () => (await rig.store.events({ stream: 'RUN-1' })).map(({ event }) => event);
  const step = async () => (await rig.desk.run('RUN-1'))?.run.steps.wipe;
  return {
    rig,
    save(wipe: Wipe) {
      definitions['wipe-cache'] = wipeCache(wipe);
    },
    look: (at: number | null = null) =>
      createEditedRequests({
        store: rig.store,
        desk: rig.desk,
        room: () => live,
        log: rig.log.log,
      }).look(at),
    count: async (type: string) => (await events()).filter((event) => event.type === type).length,
    withdrawn: async () =>
      (await events()).filter(
        (event) => event.type === 'ApprovalDecided' && event.data.state.kind === 'withdrawn',
      ).length,
    async start() {
      await rig.desk.act('U1ENGINEER', startRun('wipe-cache'));
    },
    /** Asks for the step as it is offered, and answers how a yes to that is said. */
    async ask(): Promise<CommandBody> {
      const attempt = (await step())?.attempt ?? 1;
      const at = { run: 'RUN-1', step: 'wipe', attempt } as const;
      await rig.desk.act('U1ENGINEER', { type: 'run.perform', ...at });
      const state = (await step())?.state;
      if (state?.kind !== 'approving') throw new Error(`it is ${state?.kind}`);
      return { type: 'run.approval-decide', verdict: 'approve', ...at, hash: state.approval.hash };
    },
  };
}

const all = ['tool', 'wipe', '--all'];

describe('a request on a real store while the playbooks are edited', { tags: ['trust-31'] }, () => {
  it('is withdrawn, drawn without buttons, and asked for again as an older version', async () => {
    const { rig, start, ask, save, look, withdrawn } = editable();
    rig.start();
    await start();
    await ask();
    await rig.idle();
    save({ argv: all });
    await look(Date.UTC(2026, 10, 21, 10, 3));
    await rig.idle();
    const first = rig.chat.shown('step/RUN-1/wipe/1').at(-1)?.view;
    expect(first).toMatchObject({
      kind: 'step',
      superseded: true,
      record: { state: { approval: { state: { kind: 'withdrawn', by: 'bot' } } } },
    });
    await ask();
    await rig.idle();
    expect(rig.chat.shown('step/RUN-1/wipe/2').at(-1)?.view).toMatchObject({
      view: { edited: 'changed' },
      record: { state: { kind: 'approving' } },
    });
    await look();
    expect(await withdrawn()).toBe(1);
  });

  it('either runs before the edit or is withdrawn by it, never both, however many click at once', async ({
    annotate,
  }) => {
    const seen = { ran: 0, withdrawn: 0 };
    for (let before = 0; before < 6; before += 1) {
      const { rig, start, ask, save, look, count, withdrawn } = editable();
      await start();
      const approve = await ask();
      const clicks = Array.from(
        { length: 10 },
        (_, index) => () => rig.desk.act(`U7ONCALL${index}`, approve),
      );
      const early = clicks.slice(0, before % 3).map((click) => click());
      if (before >= 3) await Promise.all(early);
      save({ argv: all });
      await Promise.all([...early, look(), ...clicks.slice(before % 3).map((click) => click()), look()]);
      const ran = await count('CommandStarted');
      expect(ran + (await withdrawn())).toBe(1);
      if (ran > 0) seen.ran += 1;
      else seen.withdrawn += 1;
      expect(await count('ApprovalDecided')).toBe(1);
    }
    expect(seen.ran).toBeGreaterThan(0);
    expect(seen.withdrawn).toBeGreaterThan(0);
    await annotate(
      `60 clicks in 6 races with an edit: ${seen.ran} ran before it, ${seen.withdrawn} withdrawn, 0 both`,
      'figure',
    );
  });

  it('is withdrawn by the start with edited playbooks, and a first yes is gone with it', async ({
    annotate,
  }) => {
    const two = { approvals: { count: 2 } };
    const { rig, start, ask, save, look, count, withdrawn } = editable(two);
    await start();
    const approve = await ask();
    await rig.desk.act('U2SECOND', approve);
    expect(await count('ApprovalGranted')).toBe(1);
    await rig.restart();
    await look();
    expect(await withdrawn()).toBe(0);
    save({ ...two, argv: all });
    await rig.restart();
    await look();
    expect(await withdrawn()).toBe(1);
    await rig.restart();
    await look();
    expect(await withdrawn()).toBe(1);
    expect(await rig.desk.act('U7ONCALL1', approve)).toMatchObject({
      code: 'plan-changed',
      message: expect.stringContaining('was withdrawn'),
    });
    await rig.desk.act('U7ONCALL1', await ask());
    expect(await count('CommandStarted')).toBe(0);
    await annotate('3 restarts between request, edit and click: 1 withdrawal, 0 runs', 'figure');
  });

  it('is withdrawn although another one beside it cannot be read', async () => {
    const { rig, start, ask, save } = editable();
    await start();
    await ask();
    await start();
    const at = { run: 'RUN-2', step: 'wipe', attempt: 1 } as const;
    await rig.desk.act('U1ENGINEER', { type: 'run.perform', ...at });
    save({ argv: all });
    const { definitions } = room;
    await createEditedRequests({
      store: {
        work: () => rig.store.work(),
        definition: (hash) => rig.store.definition(hash),
        state: async (id) => {
          if (id === 'RUN-1') throw new StoreFailed('failed', 'It cannot be read.');
          return rig.store.state(id);
        },
      },
      desk: rig.desk,
      room: () => ({ ...room, definitions: { ...definitions, 'wipe-cache': wipeCache({ argv: all }) } }),
      log: rig.log.log,
    }).look(null);
    const kinds = ['RUN-1', 'RUN-2'].map(async (run) => (await rig.run(run as RunId)).steps.wipe?.state.kind);
    expect(await Promise.all(kinds)).toEqual(['approving', 'offering']);
    expect(rig.log.lines.map(({ message }) => message).join()).toContain('could not be looked through');
  });

  it('is withdrawn at the click where the bot was told of no edit', async () => {
    const { rig, start, ask, save, count, withdrawn } = editable();
    await start();
    const approve = await ask();
    save({ argv: all });
    await rig.desk.act('U2SECOND', approve);
    expect(await withdrawn()).toBe(1);
    expect(await count('CommandStarted')).toBe(0);
  });
});

describe('a command on its way to a host', { tags: ['trust-31'] }, () => {
  async function approved() {
    const made = editable();
    const { rig } = made;
    await made.start();
    await rig.desk.act('U2SECOND', await made.ask());
    const claimed = await rig.store.claim(rig.clock.now(), { chat: 0, other: 10 });
    const command = claimed.find(({ effect }) => effect.kind === 'run-command');
    if (command?.effect.kind !== 'run-command') throw new Error('no command waits');
    const { effect } = command;
    const hand = async (changed: Partial<typeof effect>) => {
      const work: Claimed = { ...command, effect: { ...effect, ...changed } };
      const ports = {
        store: rig.store,
        desk: rig.desk,
        chat: rig.chat.port,
        gauge: rig.gauge.port,
        painter: fakePainter,
        runner: rig.runner.port,
        clock: rig.clock,
        room: () => room,
        observer: rig.observer.port,
        log: rig.log.log,
      };
      return perform(work, ports, (write) => write());
    };
    return { ...made, effect, hand };
  }

  it('is run only where it is part of what was approved, and said loudly where it is not', async ({
    annotate,
  }) => {
    const forgeries = (planned: { readonly host: object }) => [
      { planned: { ...planned, does: { kind: 'run', argv: all } } },
      { planned: { ...planned, host: { ...planned.host, directory: '/srv/other' } } },
      { planned: { ...planned, secrets: ['TOKEN'] } },
      { approved: 'f'.repeat(64) },
      { approved: undefined },
    ];
    let kept = 0;
    for (let index = 0; index < 5; index += 1) {
      const { rig, effect, hand } = await approved();
      const forged = forgeries(effect.planned)[index] as Partial<typeof effect>;
      const { follows } = await hand(forged);
      expect(rig.runner.started).toEqual([]);
      expect(rig.log.lines.map(({ message }) => message).join()).toContain('it is not what was approved');
      for (const command of follows) await rig.desk.handle(command);
      const state = (await rig.run('RUN-1')).steps.wipe?.state;
      expect(state).toMatchObject({
        kind: 'failed',
        code: 'not-approved',
        message: expect.stringContaining('was not run'),
      });
      kept += 1;
    }
    await annotate(`${kept} commands that were not approved, 0 run`, 'figure');
  });

  it('is run as it was approved, although the file is edited before it starts', async () => {
    const { rig, save, look, hand, withdrawn } = await approved();
    save({ argv: all });
    await look();
    const ended = hand({});
    await eventually(() => rig.runner.started.length).toBe(1);
    expect(rig.runner.started[0]?.request.argv).toEqual(['tool', 'wipe']);
    rig.runner.started[0]?.end();
    for (const command of (await ended).follows) await rig.desk.handle(command);
    expect(await rig.step('wipe', 'RUN-1')).toBe('settled');
    expect(await withdrawn()).toBe(0);
  });
});
