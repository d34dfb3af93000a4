import { Worker } from 'node:worker_threads';
import type { Parsed } from './parseYaml.ts';

const defaultLimitMs = 1_000;
/** The start of a thread on a busy machine is not the fault of the text, so it has a limit of its own. */
const startLimitMs = 20_000;
const memoryMb = 128;
/** Texts have 64 KB at most; with more room for what is thrown away it takes 15 MB more and no less time. */
const youngMb = 4;
/** However little of the processor it gets, the thread is ended after this many times the limit. */
const longestFactor = 10;

export type YamlReader = {
  /** Parses in a thread that is ended after a second of the processor, whatever the text does to the parser. */
  readonly parse: (text: string) => Promise<Parsed>;
  readonly stop: () => Promise<void>;
};

/** One text at a time: the caller waits for an answer before it asks again. */
export function createYamlReader({
  limitMs = defaultLimitMs,
}: {
  readonly limitMs?: number;
} = {}): YamlReader {
  let current: Worker | undefined;

  async function stop(): Promise<void> {
    const worker = current;
    current = undefined;
    await worker?.terminate();
  }

  async function parse(text: string): Promise<Parsed> {
    current ??= await startWorker();
    const answer = await ask(current, text, limitMs);
    if (answer.kind === 'parsed') return answer.parsed;
    await stop();
    return { ok: false, mistakes: [{ line: 1, column: 1, message: answer.message }] };
  }

  return { parse, stop };
}

function startWorker(): Promise<Worker> {
  // The compiled product has a .js file beside this one, the source tree a .ts file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./yamlWorker.${extension}`, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: youngMb },
    execArgv: [],
    env: {},
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      worker.terminate().catch(reject);
      reject(new Error(`the thread that reads YAML did not start within ${startLimitMs / 1_000} s`));
    }, startLimitMs);
    // Not `online`: what the thread imports, which takes a busy machine a second, is loaded only after that.
    worker.once('message', () => {
      clearTimeout(timer);
      worker.removeListener('error', reject);
      resolve(worker);
    });
    worker.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

type Answer =
  | { readonly kind: 'parsed'; readonly parsed: Parsed }
  | { readonly kind: 'failed'; readonly message: string };

function ask(worker: Worker, text: string, limitMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      worker.removeListener('message', parsed);
      worker.removeListener('error', failed);
      resolve(answer);
    };
    const parsed = (message: Parsed) => settle({ kind: 'parsed', parsed: message });
    const failed = (error: Error) =>
      settle({ kind: 'failed', message: `This could not be read: ${error.message}.` });
    const given = processorMs(worker);
    const end = performance.now() + limitMs * longestFactor;
    // A busy machine lets the thread have little of the time, and that is not the fault of the text.
    const look = async (): Promise<void> => {
      const left = limitMs - ((await processorMs(worker)) - (await given));
      if (left > 0 && performance.now() < end) timer = setTimeout(look, left);
      else settle({ kind: 'failed', message: tooIntricate(limitMs) });
    };
    let timer = setTimeout(look, limitMs);
    worker.once('message', parsed);
    worker.once('error', failed);
    worker.postMessage(text);
  });
}

const tooIntricate = (limitMs: number): string =>
  `Reading this took longer than ${limitMs / 1_000} s; it is too intricate.`;

/** Processor time that the thread has had, in milliseconds; of one that has ended, more than any limit. */
const processorMs = (worker: Worker): Promise<number> =>
  worker.cpuUsage().then(
    ({ user, system }) => (user + system) / 1_000,
    () => Number.POSITIVE_INFINITY,
  );
