import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type OtherWriter = {
  hold(): Promise<void>;
  release(): Promise<void>;
  stop(): Promise<void>;
};

/** A process of its own that takes the database's lock when it is told to. */
export function startOtherWriter(file: string): OtherWriter {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lockHolder.ts'), file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (word: string, expected: string): Promise<void> => {
    child.stdin.write(`${word}\n`);
    const { value } = await answers.next();
    if (value !== expected) throw new Error(`the other writer said ${value}`);
  };
  return {
    hold: () => ask('hold', 'held'),
    release: () => ask('release', 'released'),
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}
