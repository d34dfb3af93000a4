import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stops } from './rehearsal.ts';

/**
 * The shipped room with one procedure more, whose only command sleeps: `/genesis playbook run drain-slow-thing` offers
 * *Drain the Queue*. `seconds` is also how the command is found among all that runs on the machine.
 */
export async function roomWithSlowAction(
  stops: Stops,
  { seconds, timeout }: { seconds: string; timeout: string },
): Promise<string> {
  const room = await mkdtemp(join(tmpdir(), 'genesis-room-'));
  stops.push(() => rm(room, { recursive: true, force: true }));
  await cp('playbooks', room, { recursive: true });
  await writeFile(
    join(room, 'services', 'slow-thing.yml'),
    `service: slow-thing
host: genesis
indicators:
  up: { title: Service, query: min(up), objective: { equals: 1 } }
actions:
  drain:
    title: Drain the queue
    risk: change
    run: [sleep, '${seconds}']
    timeout: ${timeout}
    verify: exit
    undo: { none: Nothing is taken out of the queue. }
`,
  );
  await writeFile(
    join(room, 'procedures', 'drain-slow-thing.yml'),
    `playbook: drain-slow-thing
title: Drain the queue of slow-thing
service: slow-thing
severity: P3
summary: Waits until the queue is empty.
steps:
  - do: drain
`,
  );
  return room;
}
