import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAM_NAMES } from './programs/run.ts';

/**
 * All that an executable does itself: hand its name and arguments to the patient, print the answer, end with its code.
 * Plain JavaScript without imports of our own, because every step of a playbook waits for it to start.
 */
const ASK = `'use strict';
const [program, ...args] = process.argv.slice(2);
const give = (code, stdout, stderr) => {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
};
const request = require('node:http').request(
  process.env.GENESIS_PATIENT + '/run',
  { method: 'POST', headers: { 'content-type': 'application/json' } },
  (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => { text += chunk; });
    response.on('end', () => {
      if (response.statusCode !== 200) return give(1, '', program + ': ' + text + '\\n');
      const answer = JSON.parse(text);
      give(answer.code, answer.stdout, answer.stderr);
    });
  },
);
request.on('error', (cause) => give(1, '', program + ': the patient does not answer: ' + cause.message + '\\n'));
request.end(JSON.stringify({ program, args }));
`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Writes one executable per program into `bin`. They name this very Node, because the machine's own may be too old, and
 * are shell scripts, because the first line of a script may not hold a long path or one with spaces.
 */
export async function writePrograms(bin: string, controlUrl: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  const ask = join(bin, 'ask.cjs');
  await writeFile(ask, ASK);
  for (const name of PROGRAM_NAMES) {
    const path = join(bin, name);
    const words = [process.execPath, ask, name].map(quoted).join(' ');
    await writeFile(path, `#!/bin/sh\nGENESIS_PATIENT=${quoted(controlUrl)} exec ${words} "$@"\n`);
    await chmod(path, 0o755);
  }
}
