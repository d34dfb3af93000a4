import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A small process that does nothing but start a program: what an action costs at least. For each line of its input it answers milliseconds. */
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const begun = performance.now();
  await new Promise((resolve, reject) => {
    const child = spawn(line, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.once('error', reject);
    child.once('close', resolve);
  });
  process.stdout.write(`${performance.now() - begun}\n`);
}
