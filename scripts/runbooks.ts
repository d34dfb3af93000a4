import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadRoom } from '../src/adapters/playbooks/loadRoom.ts';
import { formatProblem } from '../src/core/playbook/problem.ts';
import { brokenReferences, pageOf, readMap } from './runbooks/runbooksPage.ts';

/** `npm run runbooks` makes docs/guide/runbooks.md of docs/guide/runbooks.map.yml and the shipped playbooks. */
const root = resolve(import.meta.dirname, '..');
const map = readMap(await readFile(join(root, 'docs/guide/runbooks.map.yml'), 'utf8'));
const { room, problems } = await loadRoom({ directory: join(root, 'playbooks'), pace: 1 });
const wrong = room === null ? problems.map(formatProblem) : brokenReferences(map, room, root);
for (const sentence of wrong) console.error(sentence);
if (room === null || wrong.length > 0) process.exit(1);
await writeFile(join(root, 'docs/guide/runbooks.md'), pageOf(map, room));
