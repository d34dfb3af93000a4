import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Runner, startRunner } from '../../src/adapters/runner/runner.ts';
import type { Service } from '../../src/core/playbook/definition.ts';
import type { RunOutcome } from '../../src/engine/runnerPort.ts';
import { writeFlyProgram } from '../../src/sandbox/patient/flyFile.ts';
import {
  type FlyState,
  firstFlyState,
  readFlyState,
  writeFlyState,
} from '../../src/sandbox/patient/flyState.ts';

const tools = resolve(import.meta.dirname, '../../deploy/fly');

export type Done = { readonly action: string; readonly outcome: RunOutcome };

export type FlyHost = {
  readonly directory: string;
  /** Runs an action and what follows it, as shipped, in order; it ends at the first that does not succeed. */
  carryOut(service: Service, action: string): Promise<readonly Done[]>;
  state(): FlyState;
  change(how: (state: FlyState) => FlyState): void;
  note(): Promise<string>;
  /** Everything as at the start, nothing remembered. */
  reset(): Promise<void>;
  stop(): Promise<void>;
};

/** A host with the stand-in for `fly` before anything else, and the real executor that runs commands on it. */
export async function startFlyHost(apps: readonly string[]): Promise<FlyHost> {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-fly-'));
  const bin = join(directory, 'bin');
  const stateFile = join(directory, 'fly-state.json');
  await writeFlyProgram(bin, stateFile, firstFlyState(apps));
  // The tool says `env node`, and the one that runs the tests may not be the first in PATH.
  const node = dirname(process.execPath);
  const runner: Runner = await startRunner({});
  let commands = 0;
  const runOne = (argv: readonly string[], timeoutMs: number): Promise<RunOutcome> => {
    commands += 1;
    const target = { kind: 'local', host: 'hotdash', directory, path: [bin, tools, node] } as const;
    const request = { id: `fly-${commands}`, target, argv, timeoutMs, notAfter: Date.now() + 60_000 };
    return runner.run(request, { onOutput: () => undefined });
  };
  return {
    directory,
    async carryOut(service, action) {
      const done: Done[] = [];
      const chain = [action, ...(service.actions[action]?.then ?? [])];
      for (const name of chain) {
        const found = service.actions[name];
        if (found?.does.kind !== 'run') throw new Error(`${name} is no command of ${service.name}`);
        const outcome = await runOne(found.does.argv, found.timeoutMs);
        done.push({ action: name, outcome });
        if (outcome.kind !== 'exited' || !found.succeeds.includes(outcome.code)) break;
      }
      return done;
    },
    state: () => readFlyState(stateFile),
    change: (how) => writeFlyState(stateFile, how(readFlyState(stateFile))),
    async reset() {
      await rm(join(directory, '.genesis-fly'), { recursive: true, force: true });
      await rm(join(directory, 'feedback'), { recursive: true, force: true });
      writeFlyState(stateFile, firstFlyState(apps));
    },
    note: () => readFile(join(directory, 'feedback/reliability.md'), 'utf8'),
    async stop() {
      await runner.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
