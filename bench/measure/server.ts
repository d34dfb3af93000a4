import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { onServerCore } from './cores.ts';

/** A server in a process of its own, on a core of its own where there are two. */
export type Server = {
  readonly pid: number;
  /** The first line that it printed, its address. */
  readonly url: string;
  /** From its start to that line, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
};

type Start = {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly flags?: readonly string[];
};

/** Starts a script of ours that prints its address and ends with its standard input. */
export async function startScript({ args, env = {}, flags = [] }: Start): Promise<Server> {
  const command = [...onServerCore, process.execPath, ...flags, ...args];
  const begun = performance.now();
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const url of createInterface({ input: child.stdout })) {
    return {
      pid: child.pid ?? 0,
      url,
      startMs: performance.now() - begun,
      stop: () => {
        child.stdin.end();
        return over;
      },
    };
  }
  throw new Error(`${args[0]} ended before it listened`);
}

/** Starts somebody else's program on the core of servers and waits until `url` answers anything at all. */
export async function startProgram(options: {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url: string;
  readonly withinMs: number;
}): Promise<Server> {
  const command = [...onServerCore, ...options.command];
  const begun = performance.now();
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const keep = (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let ended = false;
  const over = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const stop = () => {
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 3_000);
    return over.finally(() => clearTimeout(hard));
  };
  while (!(await answers(options.url))) {
    if (ended || performance.now() - begun > options.withinMs) {
      await stop();
      throw new Error(`${options.command[0]} does not answer: ${said.trim().slice(-400)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { pid: child.pid ?? 0, url: options.url, startMs: performance.now() - begun, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch (error) {
    // Not listening yet: asked again in a moment.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

const ticksPerSecond = 100;

/** Microseconds of processor time that a process has used so far, to the hundredth of a second. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold anything, so fields count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

/** Resident memory of a process in MB. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

/** A process and everything it started. */
export function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(family)];
}
