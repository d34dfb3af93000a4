import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const taskset = '/usr/bin/taskset';

/** Asked once, before this process is put on one core and would see only that. */
const apart = availableParallelism() > 1 && existsSync(taskset);

/** What stands before a command so that it runs on the core of servers. */
export const onServerCore: readonly string[] = apart ? [taskset, '-c', '0'] : [];

/** Puts this process, which makes the load and plays Slack, on the other core, so that it takes no time from the server. */
export function moveToLoadCore(): void {
  if (apart) execFileSync(taskset, ['-a', '-c', '-p', '1', String(process.pid)], { stdio: 'ignore' });
  else process.stderr.write('One core or no taskset: server and load share it, so figures are lower.\n');
}
