import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** Older ones hold bodies of any size for anybody, and took an empty secret or an `ssl_check` for a signature. */
const oldestSafe = [5, 1, 0] as const;

const manifest = z.object({ version: z.string() });

/** Why the installed Bolt must not face the network, as a sentence for the operator; null where it may. */
export function unsafeBolt(version: string = installed()): string | null {
  const numbers = /^(\d+)\.(\d+)\.(\d+)(-.+)?$/.exec(version);
  const parts = (numbers ?? []).slice(1, 4).map(Number);
  const different = oldestSafe.findIndex((least, index) => parts[index] !== least);
  const isSafe =
    parts.length === 3 &&
    // What comes before a release is older than it.
    (different < 0 ? numbers?.[4] === undefined : (parts[different] ?? 0) > (oldestSafe[different] ?? 0));
  return isSafe
    ? null
    : `@slack/bolt ${version} is not safe to run: ${oldestSafe.join('.')} or newer is needed. Run npm ci.`;
}

/** Read from what lies on the disk now, which need not be what the lock file says. */
function installed(): string {
  const file = createRequire(import.meta.url).resolve('@slack/bolt/package.json');
  return manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
