import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Point } from './failpoints.ts';

export type Signal = 'SIGKILL' | 'SIGTERM';
export type Target = Point & { readonly signal: Signal };

export type Life = {
  readonly number: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the SIGTERM to the end, in milliseconds; null for a life that was not told to end. */
  readonly endedAfterMs: number | null;
};

export type KeptBot = ReturnType<typeof keepBot>;

const program = resolve('test/fakes/killableBot.ts');

/**
 * Keeps one bot running. Each life is ended at whichever of the targets it comes to first; once they are used up it
 * lives until it is told to stop.
 */
export function keepBot(options: {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly targets?: readonly Target[];
  /** How often in a row it may fail to start before it is given up; 5 unless something is expected to keep it from it. */
  readonly mostFailedStarts?: number;
}) {
  const { directory, env, mostFailedStarts = 5 } = options;
  const passed = new Map<string, number>();
  const order: Point[] = [];
  const lives: Life[] = [];
  let targets = [...(options.targets ?? [])];
  const met: Target[] = [];
  let signalled = false;
  let child: ChildProcess;
  let ready: Promise<void>;
  let over: Promise<void>;
  let toldAt: number | null = null;
  let held = false;
  let ended = false;
  let fruitless = 0;
  const gaveUp = Promise.withResolvers<never>();
  gaveUp.promise.catch(() => undefined);
  let complaints = '';
  const killAt = join(directory, 'kill-at');

  const isAhead = ({ name, number }: Target): boolean => number > (passed.get(name) ?? 0);

  function start(): void {
    targets = targets.filter(isAhead);
    signalled = false;
    toldAt = null;
    // The program of an action knows one moment at a time.
    const action = targets.find(({ name }) => /^(command|executor):/.test(name));
    writeFileSync(killAt, action ? `${action.name} ${action.number}\n` : '');
    child = spawn(process.execPath, programArgs(env), {
      env: {
        ...env,
        SIGNAL_AT: targets
          .filter(({ name }) => /^(commit|effect):/.test(name))
          .map(({ signal, name, number }) => `${signal} ${name} ${number - (passed.get(name) ?? 0)}`)
          .join(),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const living = child;
    writeFileSync(join(directory, 'bot.pid'), String(living.pid));
    const listening = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    ready = listening.promise;
    over = gone.promise;
    let rest = '';
    living.stdout?.on('data', (text: Buffer) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'ready') listening.resolve();
        if (line.startsWith('at ')) note(line.slice('at '.length));
      }
    });
    living.stderr?.on('data', (text: Buffer) => {
      complaints = (complaints + text.toString()).slice(-20_000);
    });
    living.once('close', (code, signal) => {
      const endedAfterMs = toldAt === null ? null : performance.now() - toldAt;
      // The program of an action has done what it was told to, and emptied the file.
      if (action && readFileSync(killAt, 'utf8') === '') meet(action);
      lives.push({ number: lives.length + 1, code, signal, endedAfterMs });
      // One that cannot even start would be started again for ever.
      fruitless = code === null || code === 0 ? 0 : fruitless + 1;
      if (fruitless === mostFailedStarts) gaveUp.reject(new Error(`the bot does not start:\n${complaints}`));
      if (!ended && !held && fruitless < mostFailedStarts) start();
      listening.resolve();
      gone.resolve();
    });
  }

  function meet(target: Target): void {
    passed.set(target.name, target.number);
    met.push(target);
  }

  /** Counts a point that was passed; a target that is among them has had its signal. */
  function note(name: string): void {
    const times = (passed.get(name) ?? 0) + 1;
    passed.set(name, times);
    order.push({ name, number: times });
    const target = targetAt(name, times);
    if (!target || signalled) return;
    signalled = true;
    met.push(target);
    if (target.signal === 'SIGTERM') toldAt = performance.now();
  }

  const targetAt = (name: string, number: number): Target | undefined =>
    targets.find((each) => each.name === name && each.number === number);

  start();
  return {
    /** Every point that was passed, in order. */
    passed: (): readonly Point[] => order,
    lives: (): readonly Life[] => lives,
    complaints: () => complaints,
    /** Rejects when it ends by itself again and again. */
    gaveUp: gaveUp.promise,
    /** The targets at which it was ended. */
    met(): readonly Target[] {
      const executor = targets.find(({ name }) => name.startsWith('executor:'));
      const hasDied = executor && !met.includes(executor) && readFileSync(killAt, 'utf8') === '';
      return hasDied ? [...met, executor] : met;
    },
    /** For points that are seen from outside: counts them, and sends the signal where it is due. */
    reach(name: string): void {
      const target = signalled ? undefined : targetAt(name, (passed.get(name) ?? 0) + 1);
      note(name);
      if (target) child.kill(target.signal);
    },
    isUp: () => child.exitCode === null && child.signalCode === null,
    kill(): void {
      child.kill('SIGKILL');
    },
    /** Ends it with the signal and keeps it down until the work is over. */
    async whileDown(signal: Signal, work: () => Promise<void>): Promise<void> {
      held = true;
      const dying = over;
      if (signal === 'SIGTERM') {
        await ready;
        toldAt = performance.now();
      }
      child.kill(signal);
      await dying;
      await work();
      held = false;
      if (!ended) start();
    },
    ready: () => ready,
    /** The exit code of an orderly end; a bot that meets its target while it stops is started and stopped once more. */
    async stop(): Promise<number | null> {
      ended = true;
      held = false;
      for (;;) {
        // Before it listens it would not hear the signal as it should.
        await ready;
        const stopping = child;
        if (stopping.exitCode === null && stopping.signalCode === null) {
          const end = over;
          toldAt ??= performance.now();
          stopping.kill('SIGTERM');
          await end;
        }
        if (stopping.signalCode !== 'SIGKILL') return stopping.exitCode;
        start();
      }
    },
    /** For the end of a test that failed: no orderly end, and none after it. */
    async abandon(): Promise<void> {
      ended = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const end = over;
      child.kill('SIGKILL');
      await end;
    },
  };
}

const programArgs = (env: Readonly<Record<string, string>>): string[] =>
  env.CLOCK_OFFSET_FILE ? ['--import', resolve('test/fakes/shiftedClock.ts'), program] : [program];
