import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The built page's files, all in memory: they are few, and a cache that is tidied up then harms nobody. */

export type StaticFile = Readonly<{ body: Buffer; mediaType: string }>;

const web = fileURLToPath(new URL('./web', import.meta.url));
/** The published package brings the page ready made, and not the tools that make it. */
const readyMade = fileURLToPath(new URL('./ready', import.meta.url));
const buildProgram = fileURLToPath(new URL('./buildPage.ts', import.meta.url));

/** Whose versions decide what comes out of a build, besides the page's own sources. */
const tools = ['vite', '@vitejs/plugin-react', 'react', 'react-dom', 'uplot'];

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A tool's package file lies above its entry; some do not export it by name. */
async function versionOf(tool: string): Promise<string> {
  const require = createRequire(import.meta.url);
  for (const directory of require.resolve.paths(tool) ?? []) {
    const path = join(directory, tool, 'package.json');
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown };
    return `${tool}@${String(version)}`;
  }
  throw new Error(
    `The sandbox page is built with ${tool}, which is not installed: npm ci, without --omit=dev`,
  );
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [...(await filesUnder(web)), buildProgram]) {
    hash.update(`${relative(web, path)}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}

/** In a process of its own: the bundler's memory goes with it, and NODE_ENV can be another one than here. */
async function build(target: string): Promise<void> {
  const unfinished = `${target}.${process.pid}.${Date.now()}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await promisify(execFile)(process.execPath, [buildProgram, unfinished], {
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', VITEST: '' },
    });
    // Two sandboxes may build at once; either result will do.
    await rename(unfinished, target).catch(async (cause: unknown) => {
      if (!existsSync(join(target, 'index.html'))) throw cause;
    });
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    throw new Error(`The sandbox page could not be built${said === '' ? '' : `: ${said}`}`, { cause });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function readAll(directory: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  for (const path of await filesUnder(directory)) {
    const name = `/${relative(directory, path).split(sep).join('/')}`;
    const mediaType = mediaTypes[extname(path)] ?? 'application/octet-stream';
    files.set(name, { body: await readFile(path), mediaType });
  }
  return files;
}

/**
 * The page's files by path, built unless this very page is in the cache already; older ones are removed.
 * @throws Error when the build tools are missing or the page does not build
 */
export async function builtPage(cacheDirectory: string): Promise<ReadonlyMap<string, StaticFile>> {
  if (existsSync(join(readyMade, 'index.html'))) return readAll(readyMade);
  const versions = await Promise.all(tools.map(versionOf));
  const key = createHash('sha256')
    .update([await sourceHash(), ...versions].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const name = `page-${key}`;
  const target = join(cacheDirectory, name);
  await mkdir(cacheDirectory, { recursive: true });
  if (!existsSync(join(target, 'index.html'))) await build(target);
  const files = await readAll(target);
  const outdated = (await readdir(cacheDirectory)).filter(
    (each) => /^page-[0-9a-f]{16}$/.test(each) && each !== name,
  );
  for (const each of outdated) await rm(join(cacheDirectory, each), { recursive: true, force: true });
  return files;
}
