import { type Db, isFatal, storeFailed } from './open.ts';

/** Called around each commit; tests stop the process here to see what survives. */
export type CommitHooks = {
  readonly before?: (commit: number) => void;
  readonly after?: (commit: number) => void;
};

type Job = {
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * All work that arrives in one turn of the event loop shares one transaction, with a savepoint each; every promise
 * settles only after the commit. One commit costs about as much as the fsync in it, whatever it holds, which is why
 * sharing it is worth six times the throughput of a commit each.
 *
 *   idle ──submit──▶ scheduled ──setImmediate──▶ BEGIN IMMEDIATE, jobs, COMMIT ──▶ settled
 *
 * A job that throws is rolled back to its savepoint and rejected alone. A fault of the database itself rolls back and
 * rejects all: nothing of that transaction may be believed.
 */
export function createGroupCommit(options: {
  db: Db;
  file: string;
  hooks: CommitHooks;
  /** State kept in memory moves on only with the commit. */
  begun: () => void;
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
  let failure: { code: string; message: string } | null = null;

  function flush(): void {
    const jobs = waiting;
    waiting = [];
    const settled: (() => void)[] = [];
    try {
      begin.run();
      options.begun();
      for (const job of jobs) settled.push(attempt(job));
      hooks.before?.(++commits);
      commit.run();
    } catch (error) {
      if (db.inTransaction) rollback.run();
      options.abandoned();
      const failed = storeFailed(error, file);
      failure = { code: failed.code, message: failed.message };
      for (const job of jobs) job.reject(failed);
      return;
    }
    failure = null;
    hooks.after?.(commits);
    options.committed();
    for (const settle of settled) settle();
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
    commits: () => commits,
  };
}
