import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it('whoever reads only the first lines of the output ends the command without a complaint', async () => {
  // The schemas are far more than a pipe holds, so the command still writes when its reader has gone.
  const { stdout, stderr } = await promisify(execFile)(
    'sh',
    ['-c', '"$0" src/main.ts schema | head -n 1', process.execPath],
    { cwd: root },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '{\n', stderr: '' });
});
