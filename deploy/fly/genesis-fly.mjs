#!/usr/bin/env node
/*
 * What the playbooks of the Fly services need and one `fly` command alone cannot do: it remembers, before something is
 * changed, what it was, and finds the machines or the image that a command is about. Put it on the `path` of the host
 * that those services name, beside `fly` itself. It runs `fly` with an argument vector, never a shell.
 *
 * What is remembered is `.genesis-fly/<app>.json` in the directory it is started in.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = '.genesis-fly';
/** Statuses of a release that reached its machines; older releases say `succeeded`. */
const good = ['complete', 'succeeded'];
/** A rollback of all apps takes a few minutes; in milliseconds. */
const recently = 30 * 60_000;
/** Moments that feedback/reliability.md knows. */
const moments = {
  'rollback-started': 'ROLLBACK INITIATED - Agent SDK',
  'rollback-complete': 'ROLLBACK COMPLETE - Agent SDK',
  'scaled-to-zero': 'EMERGENCY SCALE TO ZERO - Agent SDK',
};

class Complaint extends Error {}

const fly = (...args) =>
  execFileSync('fly', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 16 * 2 ** 20,
  });
const show = (...args) => process.stdout.write(fly(...args));

function asked(...args) {
  const text = fly(...args, '--json');
  try {
    return JSON.parse(text);
  } catch {
    throw new Complaint(`fly ${args.join(' ')} did not answer in JSON`);
  }
}

const machinesOf = (app) => asked('machine', 'list', '-a', app) ?? [];
const imageOf = (machine) => {
  const { registry, repository, tag, digest } = machine.image_ref ?? {};
  if (machine.config?.image) return machine.config.image;
  return repository
    ? `${registry ?? 'registry.fly.io'}/${repository}${tag ? `:${tag}` : `@${digest}`}`
    : undefined;
};

function remembered(app) {
  try {
    return JSON.parse(readFileSync(join(directory, `${app}.json`), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Complaint(`${directory}/${app}.json cannot be read: ${error.message}`);
  }
}

function remember(app, more) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${app}.json`);
  writeFileSync(`${file}.next`, `${JSON.stringify({ ...remembered(app), ...more }, null, 2)}\n`);
  renameSync(`${file}.next`, file);
}

/** Newest first; a release that only counts or resizes machines has the image of the one before it. */
const releasesOf = (app) =>
  [...asked('releases', '-a', app, '--image')].sort((a, b) => (b.Version ?? 0) - (a.Version ?? 0));

/**
 * The image before the one in place. An image that was rolled back from is never gone back to: right after a rollback
 * it would otherwise be the previous one.
 */
function previousImage(app) {
  const [machine] = machinesOf(app);
  const releases = releasesOf(app);
  const current = (machine && imageOf(machine)) ?? releases[0]?.ImageRef;
  const bad = remembered(app).rolledBackFrom ?? [];
  const at = releases.findIndex((release) => release.ImageRef === current);
  const found = releases
    .slice(at + 1)
    .find(
      ({ ImageRef, Status }) =>
        ImageRef &&
        ImageRef !== current &&
        !bad.includes(ImageRef) &&
        good.includes(String(Status).toLowerCase()),
    );
  if (!current || !found) throw new Complaint(`${app} has no earlier image to go back to`);
  return { current, previous: found.ImageRef };
}

const verbs = {
  /** How many machines, of which size, with which image. A count of zero is never put over another. */
  remember(app) {
    const machines = machinesOf(app);
    if (machines.length === 0) {
      const { count } = remembered(app);
      if (!count) throw new Complaint(`${app} has no machines, and nothing is remembered of it`);
      console.log(`${app} has no machines now; still remembered: ${count}`);
      return;
    }
    const count = machines.length;
    const { cpus, memory_mb: memoryMb } = machines[0].config?.guest ?? {};
    const image = imageOf(machines[0]);
    remember(app, { at: new Date().toISOString(), count, cpus, memoryMb, image });
    console.log(`${app}: ${count} machines, ${memoryMb} MB each, ${image}`);
  },

  'restore-count'(app) {
    const { count, image } = remembered(app);
    if (!count || !image) throw new Complaint(`nothing is remembered of ${app}`);
    // More machines are copies of one that is there, so from none only a deployment leads up.
    if (machinesOf(app).length === 0) show('deploy', '--image', image, '-a', app, '--yes');
    show('scale', 'count', String(count), '-a', app, '--yes');
  },

  /** Of the shared kind, whose preset is named after the number of CPUs. */
  'restore-size'(app) {
    const { cpus, memoryMb } = remembered(app);
    if (!cpus || !memoryMb) throw new Complaint(`nothing is remembered of ${app}`);
    show('scale', 'vm', `shared-cpu-${cpus}x`, '--vm-memory', String(memoryMb), '-a', app);
  },

  /** Those with a failing check; where none has one, all that are started. What is stopped is idle and stays so. */
  'restart-failing'(app) {
    const started = machinesOf(app).filter(({ state }) => state === 'started');
    if (started.length === 0) throw new Complaint(`${app} has no machine that is started`);
    const failing = started.filter(({ checks }) => (checks ?? []).some(({ status }) => status !== 'passing'));
    const ids = (failing.length > 0 ? failing : started).map(({ id }) => id);
    show('machine', 'restart', ...ids, '-a', app);
  },

  'previous-image'(app) {
    const { current, previous } = previousImage(app);
    console.log(`${app}\n  in place: ${current}\n  previous: ${previous}`);
  },

  'roll-back'(app) {
    const { current, previous } = previousImage(app);
    const { rolledBackFrom = [] } = remembered(app);
    remember(app, { rolledBackFrom: [...new Set([...rolledBackFrom, current])] });
    console.log(`${app}: ${current} -> ${previous}`);
    show('deploy', '--image', previous, '-a', app, '--yes');
  },

  /** The undo of `roll-back`: the image that was left last is put in place again. */
  'roll-forward'(app) {
    const { rolledBackFrom = [] } = remembered(app);
    const image = rolledBackFrom.at(-1);
    if (!image) throw new Complaint(`${app} was not rolled back`);
    show('deploy', '--image', image, '-a', app, '--yes');
    remember(app, { rolledBackFrom: rolledBackFrom.slice(0, -1) });
  },

  /**
   * After a rollback of several apps of one release: where only some of them left the image that was remembered when it
   * began, these are put back to it, so that no two releases meet. What was remembered long ago is of another time.
   */
  'keep-together'(...apps) {
    const now = apps.map((app) => {
      const { at, image } = remembered(app);
      if (!image || Date.now() - Date.parse(at) > recently)
        throw new Complaint(`nothing was remembered of ${app} just now`);
      const machines = machinesOf(app);
      const stayed = machines.filter((machine) => imageOf(machine) === image).length;
      return { app, image, stayed, left: machines.length - stayed };
    });
    const left = now.filter((each) => each.left > 0);
    if (left.length === 0 || now.every(({ stayed }) => stayed === 0)) {
      console.log(`${apps.join(' and ')} are of one release`);
      return;
    }
    for (const { app, image } of left) {
      console.log(`${app}: back to ${image}, since not all could be taken off it`);
      show('deploy', '--image', image, '-a', app, '--yes');
    }
    for (const { app, image } of now) {
      const { rolledBackFrom = [] } = remembered(app);
      if (rolledBackFrom.at(-1) === image) remember(app, { rolledBackFrom: rolledBackFrom.slice(0, -1) });
    }
  },

  note(moment) {
    if (!Object.hasOwn(moments, moment))
      throw new Complaint(`moments are ${Object.keys(moments).join(', ')}`);
    const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    mkdirSync('feedback', { recursive: true });
    appendFileSync('feedback/reliability.md', `[${at}] ${moments[moment]}\n`);
  },

  /**
   * For Prometheus, by way of node_exporter's textfile collector: asked of the platform, so no request wakes a machine.
   * Run it each minute from a timer: `genesis-fly.mjs metrics <app>… > fly.prom.next && mv fly.prom.next fly.prom`.
   */
  metrics(...apps) {
    const lines = apps.flatMap((app) => {
      const machines = machinesOf(app);
      const checks = machines
        .filter(({ state }) => state === 'started')
        .flatMap((machine) => machine.checks ?? []);
      const count = (list, test) => list.filter(test).length;
      return [
        `genesis_fly_machines{app="${app}",state="started"} ${count(machines, ({ state }) => state === 'started')}`,
        `genesis_fly_machines{app="${app}",state="other"} ${count(machines, ({ state }) => state !== 'started')}`,
        `genesis_fly_checks{app="${app}",status="passing"} ${count(checks, ({ status }) => status === 'passing')}`,
        `genesis_fly_checks{app="${app}",status="failing"} ${count(checks, ({ status }) => status !== 'passing')}`,
        `genesis_fly_seen_timestamp_seconds{app="${app}"} ${Math.floor(Date.now() / 1000)}`,
      ];
    });
    console.log(lines.join('\n'));
  },
};

const [verb = '', ...words] = process.argv.slice(2);
try {
  const several = ['metrics', 'keep-together'].includes(verb) && words.length > 0;
  if (!Object.hasOwn(verbs, verb) || (words.length !== 1 && !several))
    throw new Complaint(`usage: genesis-fly.mjs ${Object.keys(verbs).join('|')} <app>`);
  if (!words.every((word) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(word)))
    throw new Complaint('that is no name of an app');
  verbs[verb](...words);
} catch (error) {
  // What `fly` said of its failure is printed already; its code is ours.
  if (!(error instanceof Complaint) && typeof error.status !== 'number') throw error;
  if (error instanceof Complaint) console.error(`genesis-fly: ${error.message}`);
  else process.stdout.write(error.stdout ?? '');
  process.exitCode = typeof error.status === 'number' ? error.status : 1;
}
