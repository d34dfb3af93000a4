import { parentPort, workerData } from 'node:worker_threads';
import { printsOf } from '../../core/playbook/roomChange.ts';
import { type LoadOptions, loadRoom } from './loadRoom.ts';

/** One room for each thread: it loads what it was started for, answers, and ends. */
const loaded = await loadRoom(workerData as LoadOptions);
parentPort?.postMessage({ ...loaded, prints: loaded.room && printsOf(loaded.room) });
