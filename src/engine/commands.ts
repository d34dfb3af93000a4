import type { Command } from '../core/command.ts';
import type { Effect } from '../core/effect.ts';
import type { Host } from '../core/playbook/definition.ts';
import type { CommandOutcome } from '../core/run/events.ts';
import type { Log } from './log.ts';
import type { Clock } from './ports.ts';
import type { RunnerPort, RunOutcome, Target, WriteOutcome } from './runnerPort.ts';

type RunCommandEffect = Extract<Effect, { kind: 'run-command' }>;

/** What of a command's output goes into the log; the rest is cut, and the cut is said. */
const keptOutput = 200_000;
/** Output is passed on at this rhythm rather than line by line: every passing on is a commit and a message. */
const flushEveryMs = 1_000;
/** A command handed to the executor starts at once or not at all. */
const startWithinMs = 30_000;

export const commandId = (effect: Pick<RunCommandEffect, 'run' | 'step' | 'attempt' | 'command'>): string =>
  `${effect.run}/${effect.step}/${effect.attempt}/${effect.command}`;

const targetOf = (host: Host): Target => {
  const { name, ...rest } = host;
  return { ...rest, host: name };
};

const bot = { kind: 'bot' } as const;

/** The end of a command that was handed to nobody. */
export function refusedCommand(
  { run, step, attempt, command }: RunCommandEffect,
  why: { readonly code: string; readonly message: string },
): Command {
  const outcome = { kind: 'refused', ...why } as const;
  return { actor: bot, type: 'run.command-ended', run, step, attempt, command, outcome, previous: undefined };
}

/**
 * Carries out one planned command and answers with the command that records its end. Called at most once for each
 * effect; everything that it says on the way goes through `say`.
 */
export async function performCommand(
  effect: RunCommandEffect,
  {
    runner,
    clock,
    say,
    log,
  }: { runner: RunnerPort; clock: Clock; say: (command: Command) => Promise<unknown>; log: Log },
): Promise<Command> {
  const { run, step, attempt, command, planned } = effect;
  const ended = (outcome: CommandOutcome, previous?: string | null): Command => ({
    actor: bot,
    type: 'run.command-ended',
    run,
    step,
    attempt,
    command,
    outcome,
    previous,
  });
  const request = {
    id: commandId(effect),
    target: targetOf(planned.host),
    timeoutMs: planned.timeoutMs,
    notAfter: clock.now() + startWithinMs,
    ...(effect.drill ? { drill: true as const } : {}),
  };

  if (planned.does.kind !== 'run') {
    const { kind, ...write } = planned.does;
    const outcome = await runner.write({ ...request, ...write });
    return ended(fromWrite(outcome), outcome.kind === 'written' ? outcome.previous : undefined);
  }

  const output = createOutput(clock, async (text, cut) => {
    try {
      await say({ actor: bot, type: 'run.output', run, step, attempt, command, text, cut });
    } catch (error) {
      // How the command ended matters more than what it printed on the way.
      log.error('output of a command could not be recorded', { run, step, error });
    }
  });
  const outcome = await runner.run(
    { ...request, argv: planned.does.argv, secrets: planned.secrets },
    { onOutput: ({ text }) => output.add(text) },
  );
  await output.end();
  return ended(fromRun(outcome));
}

/** Gathers output and passes it on in order, one piece at a time. */
function createOutput(clock: Clock, pass: (text: string, cut: boolean) => Promise<void>) {
  let waiting = '';
  let kept = 0;
  let cut = false;
  let cutSaid = false;
  let passing: Promise<void> = Promise.resolve();
  let cancel: (() => void) | null = null;

  function flush(): void {
    cancel?.();
    cancel = null;
    if (waiting === '' && cut === cutSaid) return;
    const text = waiting;
    waiting = '';
    const isCut = cut;
    cutSaid = isCut;
    passing = passing.then(() => pass(text, isCut));
  }

  return {
    add(text: string): void {
      const room = keptOutput - kept;
      if (text.length > room) cut = true;
      const piece = text.slice(0, Math.max(0, room));
      kept += piece.length;
      waiting += piece;
      cancel ??= clock.at(clock.now() + flushEveryMs, flush);
    },
    async end(): Promise<void> {
      flush();
      await passing;
    },
  };
}

function fromRun(outcome: RunOutcome): CommandOutcome {
  switch (outcome.kind) {
    case 'exited':
      return {
        kind: 'exited',
        code: outcome.code,
        tookMs: outcome.tookMs,
        truncatedBytes: outcome.truncatedBytes,
      };
    case 'timed-out':
    case 'stopped':
      return { kind: outcome.kind, tookMs: outcome.tookMs };
    case 'refused':
      return { kind: 'refused', code: outcome.code, message: outcome.message };
    case 'unknown':
      return { kind: 'unknown', message: outcome.message };
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

function fromWrite(outcome: WriteOutcome): CommandOutcome {
  switch (outcome.kind) {
    case 'written':
      return { kind: 'exited', code: 0, tookMs: outcome.tookMs, truncatedBytes: 0 };
    case 'refused':
      return { kind: 'refused', code: outcome.code, message: outcome.message };
    case 'unknown':
      return { kind: 'unknown', message: outcome.message };
    default: {
      const never: never = outcome;
      return never;
    }
  }
}
