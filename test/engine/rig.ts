import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { CommitHooks } from '../../src/adapters/sqlite/groupCommit.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import type { Answer } from '../../src/core/decision.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import type { Run } from '../../src/core/run/run.ts';
import type { IncidentId, RunId } from '../../src/core/stream.ts';
import { createDesk } from '../../src/engine/desk.ts';
import type { MailDesk } from '../../src/engine/mailPort.ts';
import type { Paging } from '../../src/engine/paging.ts';
import { createPerformer } from '../../src/engine/perform.ts';
import type { Store } from '../../src/engine/ports.ts';
import { recover } from '../../src/engine/recover.ts';
import type { Silencer } from '../../src/engine/silencePort.ts';
import { temporaryDirectory } from '../adapters/sqlite/places.ts';
import { createClock } from '../fakes/clock.ts';
import {
  createFakeChat,
  createFakeDirectory,
  createFakeGauge,
  createFakeLog,
  createFakeObserver,
  createFakeRunner,
  fakePainter,
} from '../fakes/ports.ts';
import { room } from '../fakes/room.ts';
import { notice } from '../fakes/world.ts';

/** Polls until it is so; a busy machine gets the time it needs. */
export const eventually = <T>(look: () => T) => expect.poll(look, { interval: 5, timeout: 20_000 });

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.stop();
});

/** The engine on a real store, with everything outside of it faked. `restart` is a new process on the same database. */
export function createRig(
  options: {
    readonly room?: Room;
    readonly paging?: Paging;
    readonly mail?: MailDesk;
    readonly silencer?: Silencer;
  } = {},
) {
  const file = join(temporaryDirectory(), 'genesis.db');
  const clock = createClock();
  const chat = createFakeChat();
  const gauge = createFakeGauge();
  const runner = createFakeRunner();
  const directory = createFakeDirectory();
  const observer = createFakeObserver();
  const log = createFakeLog();
  const hooks: { -readonly [K in keyof CommitHooks]: CommitHooks[K] } = {};
  directory.members.set('U1ENGINEER', { kind: 'member', groups: ['oncall'] });
  directory.members.set('U2SECOND', { kind: 'member', groups: ['oncall'] });
  directory.members.set('U5VISITOR', { kind: 'member', groups: [] });

  function assemble() {
    const store: Store = openSqliteStore({
      file,
      clock,
      hooks: { before: (commit) => hooks.before?.(commit), after: (commit) => hooks.after?.(commit) },
    });
    const own = {
      ...(options.room ?? room),
      ...(options.mail ? { mail: true as const } : {}),
      ...(options.silencer ? { silences: true as const } : {}),
    };
    const parts = { store, clock, room: () => own, observer: observer.port };
    const desk = createDesk({ ...parts, directory: directory.port, log: log.log });
    const performer = createPerformer({
      ...parts,
      desk,
      chat: chat.port,
      gauge: gauge.port,
      painter: fakePainter,
      runner: runner.port,
      ...(options.mail ? { mail: options.mail } : {}),
      paging: options.paging ?? null,
      silencer: options.silencer ?? null,
      log: log.log,
    });
    return { store, desk, performer };
  }
  let parts = assemble();
  let stopped = false;

  const rig = {
    /** Where the database is. */
    file,
    clock,
    chat,
    gauge,
    runner,
    directory,
    observer,
    log,
    hooks,
    get store() {
      return parts.store;
    },
    get desk() {
      return parts.desk;
    },
    get performer() {
      return parts.performer;
    },
    start: () => parts.performer.start(),
    alert: (more: Parameters<typeof notice>[0] = {}): Promise<Answer> =>
      parts.desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: notice(more) }),
    incident: async (id: IncidentId = 'INC-1'): Promise<Incident> => {
      const found = await parts.desk.incident(id);
      if (!found) throw new Error(`there is no ${id}`);
      return found;
    },
    run: async (id: RunId = 'INC-1.1'): Promise<Run> => {
      const found = await parts.desk.run(id);
      if (!found) throw new Error(`there is no run ${id}`);
      return found.run;
    },
    step: async (step: string, id: RunId = 'INC-1.1'): Promise<string | undefined> =>
      (await parts.desk.run(id))?.run.steps[step]?.state.kind,
    /** Waits until nothing that is due is left undone. */
    idle: () =>
      eventually(async () => {
        const { waiting } = await parts.store.backlog();
        return waiting + parts.performer.inFlight();
      }).toBe(0),
    /** Chooses the restart and starts it; the command is then under way. */
    async startCommand(): Promise<void> {
      await eventually(() => rig.step('kind')).toBe('asking');
      const at = { run: 'INC-1.1', attempt: 1 } as const;
      await parts.desk.act('U1ENGINEER', { type: 'run.choose', step: 'kind', option: 'memory', ...at });
      await parts.desk.act('U1ENGINEER', { type: 'run.perform', step: 'restart', ...at });
      await eventually(() => runner.started.length).toBeGreaterThan(0);
    },
    /** Ends this process without letting anything finish, and begins a new one. Answers what it found. */
    async restart({ recovers = true } = {}): Promise<{ unknown: number; resumed: number }> {
      // What is under way stays under way for ever: its promises belong to a process that is gone.
      await parts.performer.stop(1);
      await parts.store.close();
      parts = assemble();
      const found = recovers ? await recover(parts.store, room, log.log) : { unknown: 0, resumed: 0 };
      if (!recovers) for (const { id } of await parts.store.interrupted()) await parts.store.release(id);
      parts.performer.start();
      return found;
    },
    async stop(): Promise<void> {
      if (stopped) return;
      stopped = true;
      await parts.performer.stop(1);
      await parts.store.close();
    },
  };
  open.push(rig);
  return rig;
}

export type Rig = ReturnType<typeof createRig>;
