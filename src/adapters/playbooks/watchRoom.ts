import { createHash } from 'node:crypto';
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RoomPrints } from '../../core/playbook/roomChange.ts';
import type { Log } from '../../engine/log.ts';
import type { LoadedRoom, LoadOptions } from './loadRoom.ts';
import { findFiles, foldersRead, readText } from './roomFiles.ts';

export type ReloadedRoom = LoadedRoom & { readonly prints: RoomPrints | null };

/** The files of a room while the bot runs. */
export type RoomWatch = {
  /** SHA-256 over the names and contents of all files that the room is made of, hex; rejects only where the machine fails. */
  digest(): Promise<string>;
  /** Whether each of these files ends with a newline, by its name. */
  ends(): Promise<ReadonlyMap<string, boolean>>;
  /** Reads and compiles all of it in a thread of its own: hundreds of playbooks take longer than people may wait for an answer. */
  load(): Promise<ReloadedRoom>;
  /**
   * Calls back when something may have changed. It is no more than a hint: network file systems tell nothing, and what a
   * symbolic link points at is exchanged without a word; a look at the digest every now and then is what counts.
   */
  listen(nudge: () => void): void;
  stop(): void;
};

/** What a room of the largest size takes on a busy machine, many times over. */
const longestLoadMs = 120_000;
const memoryMb = 512;
/** Of what the thread throws away, so much before it is collected: by itself it would let 50 MB lie about, no faster. */
const youngMb = 8;

export function watchRoom({
  directory,
  pace,
  hostsFile,
  log,
}: {
  readonly directory: string;
  readonly pace: number;
  /** The overlay of hosts, part of the room like any other file. */
  readonly hostsFile: string | null;
  readonly log: Log;
}): RoomWatch {
  const options: LoadOptions = {
    directory,
    pace,
    ...(hostsFile === null ? {} : { hostsOverlay: { path: hostsFile } }),
  };
  let nudge: (() => void) | null = null;
  const watchers: FSWatcher[] = [];
  let deaf = false;

  function unlisten(): void {
    for (const each of watchers.splice(0)) each.close();
  }

  /** Folders may have been exchanged by others of the same name, so all of them are taken anew. */
  function rearm(): void {
    unlisten();
    const call = nudge;
    if (call === null) return;
    for (const folder of ['.', ...foldersRead]) hear(join(directory, folder), call);
    // The entry itself, where it is a link: a deployment exchanges the link and touches nothing below it.
    if (isLink(directory)) hearOf(resolve(directory), call);
    if (hostsFile !== null) hearOf(resolve(hostsFile), call);
  }

  const hearOf = (path: string, call: () => void): void =>
    hear(dirname(path), (name) => {
      if (name === null || name === basename(path)) call();
    });

  function hear(path: string, call: (name: string | null) => void): void {
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => call(name));
      watcher.on('error', (error) => {
        watcher.close();
        log.info('edits of playbooks are noticed later here', { path, error });
      });
      watchers.push(watcher);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || deaf) return;
      deaf = true;
      log.warn('edits of playbooks are noticed only every half minute', { path, error });
    }
  }

  return {
    async digest() {
      const { files, problems } = await findFiles(directory);
      const hash = createHash('sha256');
      const add = (part: unknown) => hash.update(`${JSON.stringify(part)}\n`);
      add(problems);
      for (const { kind, file } of files) add([kind, file, await readText(join(directory, file))]);
      if (hostsFile !== null) add(await readText(hostsFile));
      return hash.digest('hex');
    },
    async ends() {
      const { files } = await findFiles(directory);
      const all = files.map(({ file }) => [file, join(directory, file)] as const);
      if (hostsFile !== null) all.push([hostsFile, hostsFile]);
      const found = new Map<string, boolean>();
      for (const [name, path] of all) {
        const read = await readText(path);
        // What ends within a character cannot be read, and is half a file as well.
        found.set(name, 'text' in read && read.text.endsWith('\n'));
      }
      return found;
    },
    async load() {
      rearm();
      return loadAside(options);
    },
    listen(call) {
      nudge = call;
      rearm();
    },
    stop() {
      nudge = null;
      unlisten();
    },
  };
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function loadAside(options: LoadOptions): Promise<ReloadedRoom> {
  // The compiled product has a .js file beside this one, the source tree a .ts file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./roomWorker.${extension}`, import.meta.url), {
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: youngMb },
    execArgv: [],
    env: {},
  });
  const { promise, resolve: done, reject } = Promise.withResolvers<ReloadedRoom>();
  const timer = setTimeout(() => {
    reject(new Error(`the playbooks could not be read within ${longestLoadMs / 1_000} s`));
  }, longestLoadMs);
  timer.unref();
  worker.unref();
  worker.once('message', done);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the thread that reads playbooks ended without an answer')));
  return promise.finally(() => {
    clearTimeout(timer);
    return worker.terminate();
  });
}
