import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const releaseSchema = z.object({
  version: z.int(),
  image: z.string(),
  /** A release that only resizes or recounts has the image of the one before it. */
  kind: z.enum(['deploy', 'scale']),
  status: z.enum(['complete', 'failed']),
  at: z.iso.datetime(),
});
export type FlyRelease = z.infer<typeof releaseSchema>;

const machineSchema = z.object({
  id: z.string(),
  region: z.string(),
  state: z.enum(['started', 'stopped']),
  image: z.string(),
  cpus: z.int(),
  memoryMb: z.int(),
  /** Its health check fails until it is restarted. */
  stuck: z.boolean(),
  updatedAt: z.iso.datetime(),
});
export type FlyMachine = z.infer<typeof machineSchema>;

const appSchema = z.object({
  /** Oldest first. */
  releases: z.array(releaseSchema),
  machines: z.array(machineSchema),
  logs: z.array(z.string()),
});
export type FlyApp = z.infer<typeof appSchema>;

const stateSchema = z.object({
  /** False: the platform's interface does not answer. */
  reachable: z.boolean(),
  signedIn: z.boolean(),
  /** Whatever runs one of these fails its health check. */
  brokenImages: z.array(z.string()),
  nextMachine: z.int(),
  apps: z.record(z.string(), appSchema),
});

/** All that the platform knows, kept in one JSON file between two runs of the program. */
export type FlyState = z.infer<typeof stateSchema>;

/** Both apps as the runbook starts them: two machines of 512 MB, one of them idle, the third deployment in place. */
export function firstFlyState(apps: readonly string[], at = '2025-10-11T20:38:00.000Z'): FlyState {
  let nextMachine = 0x148e;
  const machine = (image: string, state: FlyMachine['state']): FlyMachine => {
    const id = machineId(nextMachine++);
    return { id, region: 'ord', state, image, cpus: 1, memoryMb: 512, stuck: false, updatedAt: at };
  };
  const entries = apps.map((name): [string, FlyApp] => {
    const image = (deployment: string) => `registry.fly.io/${name}:deployment-${deployment}`;
    const release = (version: number, kind: FlyRelease['kind'], deployment: string): FlyRelease => {
      return { version, kind, image: image(deployment), status: 'complete', at };
    };
    const releases = [
      release(1, 'deploy', '01FIRST'),
      release(2, 'deploy', '01STABLE'),
      release(3, 'scale', '01STABLE'),
      release(4, 'deploy', '01NEWEST'),
    ];
    const machines = [machine(image('01NEWEST'), 'started'), machine(image('01NEWEST'), 'stopped')];
    return [
      name,
      { releases, machines, logs: [`${at} app[${machines[0]?.id}] ord [info]listening on 8080`] },
    ];
  });
  return {
    reachable: true,
    signedIn: true,
    brokenImages: [],
    apps: Object.fromEntries(entries),
    nextMachine,
  };
}

/** Fourteen hexadecimal digits, as the platform's are. */
export const machineId = (number: number): string =>
  `${number.toString(16)}`.padStart(4, '0').padEnd(14, '9');

/** @throws when the file cannot be read or is not such a state */
export const readFlyState = (file: string): FlyState =>
  stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

/** Replaces the file as a whole, so that whoever reads it meanwhile sees one state or the other. */
export function writeFlyState(file: string, state: FlyState): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(next, file);
}
