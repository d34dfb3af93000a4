import { Worker } from 'node:worker_threads';
import type { Document } from '../../core/playbook/import/document.ts';

export type ReadRunbook =
  | { readonly kind: 'read'; readonly document: Document }
  | { readonly kind: 'refused'; readonly message: string };

/** The longest runbook that is read, in bytes; the five that the shipped playbooks come from have 18 KB at most. */
export const largestBytes = 256 * 1_024;
const defaultLimitMs = 10_000;
const startLimitMs = 20_000;
const memoryMb = 256;

/**
 * Parses in a thread that is ended after ten seconds, since a few hundred characters of Markdown can keep its grammar
 * busy for very long. Never rejects because of the text.
 */
export async function readRunbook(
  bytes: Uint8Array,
  { limitMs = defaultLimitMs }: { readonly limitMs?: number } = {},
): Promise<ReadRunbook> {
  if (bytes.length > largestBytes)
    return {
      kind: 'refused',
      message: `It has ${bytes.length} bytes; at most ${largestBytes} (256 KB) are read. Import it in parts.`,
    };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { kind: 'refused', message: 'It is not UTF-8 text.' };
  }
  if (text.includes('\0')) return { kind: 'refused', message: 'It has NUL characters, so it is no text.' };
  return parse(text, limitMs);
}

function parse(text: string, limitMs: number): Promise<ReadRunbook> {
  // The compiled product has a .js file beside this one, the source tree a .ts file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./markdownWorker.${extension}`, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    execArgv: [],
    env: {},
  });
  return new Promise((resolve, reject) => {
    const settle = (answer: ReadRunbook) => {
      clearTimeout(timer);
      worker.terminate().then(() => resolve(answer), reject);
    };
    const refuse = (message: string) => settle({ kind: 'refused', message });
    let timer = setTimeout(
      () => refuse(`The thread that reads it did not start within ${startLimitMs / 1_000} s.`),
      startLimitMs,
    );
    worker.on('error', (error) => refuse(`It could not be read: ${error.message}.`));
    worker.once('message', () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => refuse(`Reading it took longer than ${limitMs / 1_000} s; its Markdown is too intricate.`),
        limitMs,
      );
      worker.once('message', (document: Document) => settle({ kind: 'read', document }));
      worker.postMessage(text);
    });
  });
}
