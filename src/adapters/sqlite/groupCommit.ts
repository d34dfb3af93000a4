import { StoreFailed } from '../../engine/ports.ts';
import { type Db, isFatal, storeFailed } from './open.ts';

/** Called around each commit; tests stop the process here to see what survives. */
export type CommitHooks = {
  readonly before?: (commit: number) => void;
  readonly after?: (commit: number) => void;
};

type Failure = Pick<StoreFailed, 'code' | 'message'>;

/** Longer than any healthy transaction of another process, and short enough for whoever waits for an answer. */
const lockPatienceMs = 1_000;
const lockRetryMs = 10;
/**
 * Of a webhook with thousands of alerts no more than this at a time, a few milliseconds of work: whoever clicks meanwhile
 * is heard in between.
 */
const jobsATurn = 64;

type Job = {
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * The work that arrives in one turn of the event loop shares a transaction, up to a number of jobs; every promise settles
 * only after its commit. One commit costs about as much as the fsync in it, whatever it holds, which is why sharing it
 * is worth six times the throughput of a commit each.
 *
 *   idle ──submit──▶ scheduled ──setImmediate──▶ BEGIN IMMEDIATE, jobs, COMMIT ──▶ settled
 *
 * A job that throws is rejected alone: all are rolled back and run again, this time with a savepoint each, to which the
 * one that throws is rolled back. Jobs must therefore do nothing that cannot be repeated. Savepoints from the start
 * would cost every transaction two statements a job for what almost never happens. A fault of the database itself rolls
 * back and rejects all: nothing of that transaction may be believed.
 *
 * While another process holds the lock, jobs wait together and it is tried again on later turns of the event loop, which
 * goes on meanwhile; after a second all are rejected, and what comes after them at once, until the lock is free.
 */
export function createGroupCommit(options: {
  db: Db;
  file: string;
  hooks: CommitHooks;
  /** What was wrong with the database from the start; nothing is written then. */
  damage: StoreFailed | null;
  /** State kept in memory moves on only with the commit. */
  begun: () => void;
  /** The end of a transaction, when all of its jobs are done; what it writes belongs to it. */
  ending: () => void;
  /** A place to which memory comes back when one job is rolled back. */
  mark: () => () => void;
  committed: () => void;
  abandoned: () => void;
}) {
  const { db, file, hooks } = options;
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const savepoint = db.prepare('SAVEPOINT job');
  const release = db.prepare('RELEASE job');
  const undo = db.prepare('ROLLBACK TO job');
  let waiting: Job[] = [];
  let commits = 0;
  let failure: Failure | null = options.damage;
  /** Since when another process has held the lock, by `performance.now()`. */
  let lockedSince: number | null = null;

  function flush(): void {
    const refused = tryToBegin();
    if (refused?.code === 'busy' && performance.now() - (lockedSince ?? 0) < lockPatienceMs) {
      setTimeout(flush, lockRetryMs);
      return;
    }
    const jobs = waiting.slice(0, jobsATurn);
    waiting = waiting.slice(jobsATurn);
    if (waiting.length > 0) setImmediate(flush);
    let settled: readonly (() => void)[];
    try {
      if (refused) throw refused;
      options.begun();
      settled = all(jobs) ?? eachAlone(jobs);
      options.ending();
      commits += 1;
      hooks.before?.(commits);
      commit.run();
    } catch (error) {
      if (db.inTransaction) rollback.run();
      options.abandoned();
      const failed = storeFailed(error, file);
      failure = { code: failed.code, message: failed.message };
      for (const job of jobs) job.reject(failed);
      return;
    }
    // Having begun shows that a lock is gone. That a full disk takes one small thing shows nothing of the next.
    if (failure?.code === 'busy') failure = null;
    hooks.after?.(commits);
    options.committed();
    for (const settle of settled) settle();
  }

  /** What stands against a transaction now; null where it has begun. */
  function tryToBegin(): StoreFailed | null {
    // What is written into a damaged file may damage it further; only the check at the next start can clear it.
    if (failure?.code === 'corrupt') return new StoreFailed(failure.code, failure.message);
    try {
      begin.run();
      lockedSince = null;
      return null;
    } catch (error) {
      const failed = storeFailed(error, file);
      if (failed.code === 'busy') lockedSince ??= performance.now();
      return failed;
    }
  }

  /** Null where one of them threw. */
  function all(jobs: readonly Job[]): readonly (() => void)[] | null {
    try {
      return jobs.map((job) => {
        const value = job.run();
        return () => job.resolve(value as never);
      });
    } catch (error) {
      if (isFatal(error)) throw error;
      return null;
    }
  }

  function eachAlone(jobs: readonly Job[]): readonly (() => void)[] {
    rollback.run();
    options.abandoned();
    begin.run();
    options.begun();
    return jobs.map(attempt);
  }

  function attempt(job: Job): () => void {
    savepoint.run();
    const restore = options.mark();
    try {
      const value = job.run();
      release.run();
      return () => job.resolve(value as never);
    } catch (error) {
      if (isFatal(error)) throw error;
      undo.run();
      release.run();
      restore();
      return () => job.reject(error);
    }
  }

  return {
    submit<T>(run: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (waiting.push({ run, resolve, reject }) === 1) setImmediate(flush);
      });
    },
    failure: () => failure,
    /** A rehearsal of the size of real work has shown that the fault is over. */
    recovered(): void {
      if (failure?.code !== 'corrupt') failure = null;
    },
    isDamaged: () => failure?.code === 'corrupt',
    commits: () => commits,
  };
}
