import { render } from '../../src/adapters/slack/cards/render.ts';
import { topicOf } from '../../src/adapters/slack/channels.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import type { CommandBody } from '../../src/core/command.ts';
import { practised } from '../../src/core/drill/answer.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { findStep } from '../../src/core/run/walk.ts';
import type { IncidentId } from '../../src/core/stream.ts';
import type { RunView } from '../../src/core/view.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { createPerformer } from '../../src/engine/perform.ts';
import type { Chat, Gauge } from '../../src/engine/ports.ts';
import type { RunnerPort } from '../../src/engine/runnerPort.ts';
import { createClock } from './clock.ts';
import { createFakeDirectory, createFakeLog, createFakeObserver, fakePainter } from './ports.ts';

/** Everything that reached the chat, as people would see it. */
export type Said = {
  readonly kind: 'message' | 'file' | 'purpose' | 'topic' | 'bookmark' | 'invite' | 'pin';
  readonly channel: string;
  /** The first line of the text, and of the first block where it has blocks. */
  readonly firstLines: readonly string[];
  readonly people: readonly string[];
};

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** The first text that stands in the blocks of a message. */
function firstText(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(firstText).find((text) => text !== undefined);
  if (typeof value !== 'object' || value === null) return undefined;
  const json = value as Readonly<Record<string, unknown>>;
  if (typeof json.text === 'string') return json.text;
  return Object.values(json)
    .map(firstText)
    .find((text) => text !== undefined);
}

/** The engine on a real store with a room, and everything outside of it counted. Nothing outside ever answers usefully. */
export function createDrillRig(room: Room) {
  const clock = createClock();
  const said: Said[] = [];
  const touched = { commands: 0, files: 0, readings: 0 };
  let number = 0;
  const says = (
    kind: Said['kind'],
    channel: string,
    texts: readonly string[],
    people: readonly string[] = [],
  ) => void said.push({ kind, channel, firstLines: texts.map(firstLine), people });
  const frame = {
    now: clock.now(),
    linkTo: () => null,
    channelUrl: () => null,
    canRollBack: () => true,
  };
  const chat: Chat = {
    async show({ view, channel, known }) {
      const { text, blocks } = render(view, frame);
      says('message', channel, [text, firstText(blocks) ?? '']);
      return known ?? { channel, ts: `${++number}.0` };
    },
    async postFile({ channel, title, text }) {
      says('file', channel, [title, text]);
      return { channel, ts: `${++number}.0` };
    },
    async openChannel(name, purpose) {
      says('purpose', `C-${name}`, [purpose]);
      return { id: `C-${name}`, name };
    },
    setTopic: async (channel, incident) => says('topic', channel, [topicOf(incident)]),
    invite: async (channel, { groups, users }) => says('invite', channel, [], [...groups, ...users]),
    pin: async ({ channel }) => says('pin', channel, []),
    bookmark: async (channel, title) => says('bookmark', channel, [title]),
  };
  const exited = { kind: 'exited', code: 0, output: '', truncatedBytes: 0, tookMs: 5 } as const;
  const runner: RunnerPort = {
    async run() {
      touched.commands += 1;
      return exited;
    },
    async read() {
      touched.files += 1;
      return { kind: 'read', content: null, tookMs: 1 };
    },
    async write() {
      touched.files += 1;
      return { kind: 'written', previous: null, tookMs: 1 };
    },
    stop: () => undefined,
  };
  const gauge: Gauge = {
    async read(_, now) {
      touched.readings += 1;
      return { at: now, verdict: 'inconclusive', why: 'There is no data.', value: null };
    },
    async range() {
      touched.readings += 1;
      return { kind: 'none', why: 'There is no data.' };
    },
  };
  const directory = createFakeDirectory();
  const groups = Object.values(room.access.groups).flatMap(({ usergroup }) => usergroup ?? []);
  for (const user of ['U1STARTER', 'U2SECOND']) directory.members.set(user, { kind: 'member', groups });
  const log = createFakeLog();
  const observer = createFakeObserver();
  const store = openSqliteStore({ file: ':memory:', clock });
  const parts = { store, clock, room: () => room, observer: observer.port, log: log.log };
  const desk = createDesk({ ...parts, directory: directory.port });
  const performer = createPerformer({ ...parts, desk, chat, gauge, painter: fakePainter, runner });
  performer.start();

  /** Waits until nothing that is due is left undone; turns of the event loop are all that this needs. */
  async function idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const { waiting } = await store.backlog();
      quiet = waiting + performer.inFlight() === 0 ? quiet + 1 : 0;
    }
  }

  async function incident(id: IncidentId): Promise<Incident> {
    const found = await desk.incident(id);
    if (!found) throw new Error(`there is no ${id}`);
    return found;
  }

  async function openRun({ runs }: Incident): Promise<RunView | null> {
    for (const id of runs) {
      const view = await desk.run(id);
      if (view && !view.run.result) return view;
    }
    return null;
  }

  const rig = {
    clock,
    desk,
    store,
    said,
    touched,
    log,
    idle,
    incident,
    openRun,
    act: (body: CommandBody, user = 'U1STARTER') => desk.act(user, body),
    async drill(playbook: string, more: { firstFails?: boolean; user?: string } = {}): Promise<IncidentId> {
      const { firstFails = false, user = 'U1STARTER' } = more;
      const answer = await desk.act(user, { type: 'incident.drill', playbook, firstFails });
      if (answer.kind === 'refused') throw new Error(answer.message);
      await idle();
      return answer.stream as IncidentId;
    },
    /** Goes on to whatever is due next. */
    async pass(): Promise<void> {
      const due = await store.nextDue({ chat: 64, other: 64 });
      clock.advance(due === null ? 60_000 : Math.max(1, due - clock.now()));
      await idle();
    },
    /** What somebody alone does next; null once there is nothing left to do. `choose` picks one of so many. */
    async next(id: IncidentId, choose: (count: number) => number = () => 0): Promise<string | null> {
      const view = await openRun(await incident(id));
      if (!view) return null;
      const { run, definition } = view;
      if (run.at === null && run.whole?.state.kind === 'pending') {
        const { hash } = run.whole;
        await rig.act({ type: 'run.plan-decide', run: run.id, verdict: 'approve', hash, standIn: true });
        await idle();
        return 'approved the plan';
      }
      const open = Object.entries(run.steps).filter(
        ([, { state }]) => !['settled', 'reopened'].includes(state.kind),
      );
      const [step, record] = open.find(([name]) => name === run.at) ?? open[0] ?? [];
      if (step === undefined || !record) throw new Error(`${run.id} stands nowhere`);
      const at = { run: run.id, step, attempt: record.attempt };
      const of = findStep(definition.playbook.steps, step);
      const { state } = record;
      switch (state.kind) {
        case 'asking': {
          if (of?.kind === 'choose') {
            const option = of.options[choose(of.options.length)]?.id ?? '';
            await rig.act({ type: 'run.choose', ...at, option });
            break;
          }
          const answer = of?.kind === 'ask' ? practised(of.input, of.example) : '';
          const answered = await rig.act({ type: 'run.answer', ...at, answer });
          if (answered.kind === 'refused') await rig.act({ type: 'run.skip', ...at });
          break;
        }
        case 'offering':
          await rig.act({ type: 'run.perform', ...at, typed: state.plan.confirm ?? '' });
          break;
        case 'approving':
          await rig.act({
            ...{ type: 'run.approval-decide', ...at, verdict: 'approve', hash: state.approval.hash },
            standIn: true,
          });
          break;
        case 'failed':
        case 'inconclusive':
        case 'unknown':
          await rig.act({ type: record.attempt === 1 ? 'run.try-again' : 'run.skip', ...at });
          break;
        default:
          await rig.pass();
      }
      await idle();
      return `${state.kind} at ${step}`;
    },
    /** Walks a drill to its end; answers what was done on the way. */
    async walk(id: IncidentId, choose?: (count: number) => number): Promise<readonly string[]> {
      const done: string[] = [];
      for (let moves = 0; moves < 500; moves += 1) {
        const what = await rig.next(id, choose);
        if (what === null) return done;
        done.push(what);
      }
      throw new Error(`${id} came to no end: ${done.slice(-5).join(', ')}`);
    },
    /** What was said that does not say at once that it is practice. */
    unmarked: (what: readonly Said[]): readonly string[] =>
      what.flatMap(({ firstLines }) => firstLines).filter((line) => !line.startsWith('DRILL')),
    async stop(): Promise<void> {
      await performer.stop(1_000);
      await store.close();
    },
  };
  return rig;
}

export type DrillRig = ReturnType<typeof createDrillRig>;
