import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { StoreFailed } from '../../../src/engine/ports.ts';
import { room } from '../../fakes/room.ts';
import { alert } from '../alertCommand.ts';

/**
 * A process that writes into a store until it is killed, or until the disk refuses. One line for each answer:
 * `acked <n>` after the store said yes, `failed <code>`, `read <incidents>`, `recovered`.
 *
 * Arguments: file, first number, and where to die: `never`, `before` or `after` the tenth commit.
 */
const [file = '', first = '0', dies = 'never'] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const dieAt = (place: string) => (commit: number) => {
  if (dies === place && commit === 10) process.kill(process.pid, 'SIGKILL');
};
const store = openSqliteStore({
  file,
  clock: { now: () => Date.now(), at: () => () => undefined },
  hooks: { before: dieAt('before'), after: dieAt('after') },
});

let next = Number(first);
let failed = false;
async function write(): Promise<void> {
  for (;;) {
    const number = next++;
    try {
      await store.handle(alert('Chatty', `service-${number}`), room);
      if (failed) {
        say('recovered');
        process.exit(0);
      }
      say(`acked ${number}`);
    } catch (error) {
      const code = error instanceof StoreFailed ? error.code : String(error);
      if (!failed) {
        failed = true;
        say(`failed ${code}`);
        say(`read ${(await store.recentIncidents(3)).length}`);
      }
    }
  }
}
await Promise.all(Array.from({ length: 4 }, write));
