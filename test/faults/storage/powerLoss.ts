import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

const program = join(import.meta.dirname, '../../adapters/sqlite/storeProcess.ts');
const openings = join(import.meta.dirname, 'openings.ts');
const watched = ['', '-wal', '-journal'] as const;
/** What disks write as a whole. */
const sector = 512;

/**
 * The disk that forgets, compiled into the directory. Null with a warning where there is no C compiler; where CI is set
 * that is a failure, since a test that is skipped would look like one that passed.
 */
export function compileForgettingDisk(directory: string): string | null {
  const library = join(directory, 'powerLoss.so');
  const source = join(import.meta.dirname, 'powerLoss.c');
  const { status, stderr, error } = spawnSync(
    'gcc',
    ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, source, '-ldl', '-lpthread'],
    { encoding: 'utf8' },
  );
  if (status === 0) return library;
  const message = `the disk that forgets could not be compiled (gcc, libc6-dev): npm run setup\n${error?.message ?? stderr}`;
  if (process.env.CI) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return null;
}

export type Cut = {
  readonly library: string;
  readonly file: string;
  /** The first number written. */
  readonly first: number;
  /** The power goes away after so many acknowledgements. */
  readonly afterAcks: number;
  /** `pretend`: the store runs with synchronous=NORMAL and does not notice. */
  readonly openings?: 'pretend';
  /** Which of the sectors that were written and not yet synced are on the disk all the same; none without it. */
  readonly survives?: () => boolean;
};

/**
 * A process writes into a store until the power goes away; what is left is put in the place of its files. Answers the
 * numbers that it was told were written, and how many sectors were lost.
 */
export async function writeUntilPowerLoss(cut: Cut): Promise<{ acked: number[]; lostSectors: number }> {
  const shadows = `${cut.file}.shadows`;
  rmSync(shadows, { recursive: true, force: true });
  mkdirSync(shadows);
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', openings, program, cut.file, String(cut.first), 'never'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        LD_PRELOAD: cut.library,
        POWER_WATCHED: cut.file,
        POWER_SHADOWS: shadows,
        OPENINGS: cut.openings ?? '',
      },
    },
  );
  const gone = once(child, 'exit');
  const acked: number[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, number] = line.split(' ');
    if (word !== 'acked') throw new Error(`the store said ${line}`);
    acked.push(Number(number));
    if (acked.length === cut.afterAcks) child.kill('SIGKILL');
  }
  await gone;
  return { acked, lostSectors: loseThePower(cut, shadows) };
}

function loseThePower({ file, survives }: Cut, shadows: string): number {
  let lost = 0;
  rmSync(`${file}-shm`, { force: true });
  for (const ending of watched) {
    const name = `${file}${ending}`;
    const shadow = join(shadows, basename(name));
    if (!existsSync(shadow)) {
      // A journal may lie there from before; the two files that hold the data must have been opened under watch.
      if (ending !== '-journal') throw new Error(`${name} was not watched`);
      continue;
    }
    const before = existsSync(name) ? readFileSync(name) : Buffer.alloc(0);
    const after = readFileSync(shadow);
    for (let at = 0; at < Math.max(before.length, after.length); at += sector) {
      const written = before.subarray(at, at + sector);
      if (written.equals(after.subarray(at, at + sector))) continue;
      // The length of a file is written apart from its content, so only what is inside the old length may survive.
      if (survives?.() && at + written.length <= after.length) written.copy(after, at);
      else lost += 1;
    }
    writeFileSync(name, after);
  }
  return lost;
}
