import { parentPort } from 'node:worker_threads';
import { readMarkdown } from './readMarkdown.ts';

/** Says once that it is ready, then answers one text with its document; whoever asks ends this thread when that takes too long. */
parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(readMarkdown(text));
});
parentPort?.postMessage('ready');
