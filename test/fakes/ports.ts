import type { Fields, Log } from '../../src/engine/log.ts';
import {
  type Chat,
  type Directory,
  type FileRequest,
  type Gauge,
  type Membership,
  type Observer,
  type Painter,
  type Posted,
  type ShowRequest,
  WorkFailed,
} from '../../src/engine/ports.ts';
import type {
  RunnerPort,
  RunOutcome,
  RunRequest,
  RunWatcher,
  WriteOutcome,
  WriteRequest,
} from '../../src/engine/runnerPort.ts';

export type ChatCall =
  | { readonly kind: 'show'; readonly request: ShowRequest }
  | { readonly kind: 'file'; readonly request: FileRequest }
  | { readonly kind: 'channel'; readonly name: string; readonly uncertain: boolean }
  | { readonly kind: 'topic' | 'pin' | 'bookmark' | 'invite'; readonly where: string };

/** A chat that remembers every call. `fault` may throw before a call counts, `hold` lets it hang until released. */
export function createFakeChat() {
  const calls: ChatCall[] = [];
  let number = 0;
  const chat = {
    calls,
    fault: (_call: ChatCall): void => undefined,
    hold: async (_call: ChatCall): Promise<void> => undefined,
    shown: (key: string): ShowRequest[] =>
      calls.flatMap((call) => (call.kind === 'show' && call.request.key === key ? [call.request] : [])),
    kinds: (): string[] => calls.map(({ kind }) => kind),
    port: undefined as unknown as Chat,
  };
  const call = async (made: ChatCall): Promise<void> => {
    await chat.hold(made);
    chat.fault(made);
    calls.push(made);
  };
  const posted = (channel: string, known: Posted | null): Posted => known ?? { channel, ts: `${++number}.0` };
  chat.port = {
    async show(request) {
      await call({ kind: 'show', request });
      return posted(request.channel, request.known);
    },
    async postFile(request) {
      await call({ kind: 'file', request });
      return posted(request.channel, null);
    },
    async openChannel(name, _purpose, { uncertain }) {
      await call({ kind: 'channel', name, uncertain });
      return { id: `C-${name}`, name };
    },
    setTopic: (channel) => call({ kind: 'topic', where: channel }),
    invite: (channel) => call({ kind: 'invite', where: channel }),
    pin: (message) => call({ kind: 'pin', where: message.channel }),
    bookmark: (channel) => call({ kind: 'bookmark', where: channel }),
  };
  return chat;
}

/** Answers from `values`; what is not there is no data. */
export function createFakeGauge() {
  const gauge = {
    values: new Map<string, number>(),
    reads: 0,
    fault: (): void => undefined,
    port: undefined as unknown as Gauge,
  };
  gauge.port = {
    async read({ name, objective }, now) {
      gauge.reads++;
      gauge.fault();
      const value = gauge.values.get(name);
      if (value === undefined)
        return { at: now, verdict: 'inconclusive', why: 'There is no data.', value: null };
      const passes =
        objective.kind === 'below'
          ? value < objective.value
          : objective.kind === 'above'
            ? value > objective.value
            : value === objective.value;
      return { at: now, verdict: passes ? 'pass' : 'fail', value };
    },
    async range() {
      return { kind: 'none', why: 'There is no data.' };
    },
  };
  return gauge;
}

export type StartedCommand = {
  readonly request: RunRequest;
  /** Passes output on as the program would. */
  print(text: string): void;
  end(outcome?: RunOutcome): void;
};

const exited: RunOutcome = { kind: 'exited', code: 0, output: '', truncatedBytes: 0, tookMs: 5 };

/** Commands stay under way until a test ends them, except those that only look: those end at once. */
export function createFakeRunner(options: { endsAtOnce?: (request: RunRequest) => boolean } = {}) {
  const endsAtOnce = options.endsAtOnce ?? (({ argv }) => argv.includes('errors'));
  const started: StartedCommand[] = [];
  const writes: WriteRequest[] = [];
  const stopped: string[] = [];
  const runner = {
    started,
    writes,
    stopped,
    fault: (): void => undefined,
    writing: (): WriteOutcome => ({ kind: 'written', previous: 'before\n', tookMs: 3 }),
    port: undefined as unknown as RunnerPort,
  };
  runner.port = {
    run(request: RunRequest, watcher: RunWatcher) {
      runner.fault();
      if (endsAtOnce(request)) return Promise.resolve(exited);
      return new Promise((resolve) => {
        started.push({
          request,
          print: (text) => watcher.onOutput({ stream: 'stdout', text }),
          end: (outcome = exited) => resolve(outcome),
        });
      });
    },
    async read() {
      return { kind: 'read', content: null, tookMs: 1 };
    },
    async write(request) {
      writes.push(request);
      return runner.writing();
    },
    stop: (id) => void stopped.push(id),
  };
  return runner;
}

export const fakePainter: Painter = { png: async () => new Uint8Array([0x89, 0x50]) };

export function createFakeDirectory() {
  const directory = {
    members: new Map<string, Membership>(),
    /** Who is in which channel; one that is not here cannot be known. */
    channels: new Map<string, readonly string[]>(),
    /** How people are called. */
    names: new Map<string, string>(),
    fault: (): void => undefined,
    port: undefined as unknown as Directory,
  };
  directory.port = {
    async membership(user) {
      directory.fault();
      return (
        directory.members.get(user) ?? { kind: 'outsider', why: 'You are not a member of this workspace.' }
      );
    },
    async members(channel) {
      directory.fault();
      const users = directory.channels.get(channel);
      if (!users) throw new WorkFailed('channel_not_found', `There is no ${channel}.`);
      return users;
    },
    names: async (users) => new Map([...directory.names].filter(([id]) => users.includes(id))),
  };
  return directory;
}

export function createFakeObserver() {
  const performed: { kind: string; outcome: string; error: string | null }[] = [];
  const decided: string[] = [];
  const port: Observer = {
    decided: (command, answer) => void decided.push(`${command.type} ${answer.kind}`),
    performed: ({ effect }, outcome, _tookMs, error) =>
      void performed.push({ kind: effect.kind, outcome, error }),
  };
  return { performed, decided, port };
}

export function createFakeLog() {
  const lines: { level: string; message: string; fields: Fields }[] = [];
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}) =>
      void lines.push({ level, message, fields });
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return { lines, log };
}
