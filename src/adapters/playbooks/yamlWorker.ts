import { parentPort } from 'node:worker_threads';
import { parseYaml } from './parseYaml.ts';

/** Says once that it is ready, then answers every text with what it means; whoever asks ends this thread when an answer takes too long. */
parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(parseYaml(text));
});
parentPort?.postMessage('ready');
