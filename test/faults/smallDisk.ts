import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a few megabytes that can be filled and emptied. */
export type SmallDisk = {
  readonly directory: string;
  /** Leaves less than a page of the database. */
  fill(): void;
  empty(): void;
  remove(): void;
};

/** Null, said aloud, where this machine does not let us mount one. */
export function mountSmallDisk(): SmallDisk | null {
  const directory = mkdtempSync(join(tmpdir(), 'genesis-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory]).status === 0;
  if (!mounted) {
    rmSync(directory, { recursive: true });
    console.warn('SKIPPED: the disk is never full, because file systems cannot be mounted here');
    return null;
  }
  const filler = join(directory, 'filler');
  return {
    directory,
    fill() {
      const { bavail, bsize } = statfsSync(directory);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize)));
      } catch (error) {
        // The database took a page in between: full is full.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    },
    empty: () => rmSync(filler, { force: true }),
    remove() {
      spawnSync('umount', ['-l', directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
