import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Who may import whom. A part is a path under `src/`; the longest one that fits a file is its part. `own` are other
 * files of the house besides its own, as paths or as folders that end in a slash; `packages` are libraries, where
 * `node` stands for everything that Node brings along.
 */
type Part = {
  readonly part: string;
  readonly own: readonly string[];
  readonly packages: readonly string[] | 'any';
  readonly except?: readonly string[];
};

/** Everything that adapters see of the engine: what it needs of the world, in types and errors. */
const ports = [
  'core/',
  'engine/ports.ts',
  'engine/runnerPort.ts',
  'engine/pagerPort.ts',
  'engine/mailPort.ts',
  'engine/silencePort.ts',
  'engine/log.ts',
];
const adapter = (name: string, packages: readonly string[], more: readonly string[] = []): Part => ({
  part: `adapters/${name}/`,
  own: [...ports, ...more],
  packages: ['node', ...packages],
});

const table: readonly Part[] = [
  {
    part: 'core/',
    own: [],
    // Libraries that only compute: the same answer for the same question.
    packages: [
      'zod',
      're2js',
      '@noble/hashes',
      'd3-scale',
      'd3-shape',
      'd3-time-format',
      'fastest-levenshtein',
      '@prometheus-io/lezer-promql',
      '@marcbachmann/cel-js',
      'temporal-polyfill',
    ],
  },
  { part: 'engine/', own: ['core/'], packages: ['node', 'node-cron'] },
  adapter('alertmanager', ['zod']),
  adapter('auditHead', ['zod']),
  adapter('email', ['nodemailer']),
  adapter('heartbeat', []),
  adapter('http', []),
  adapter('logging', ['pino']),
  adapter('markdown', ['mdast', 'remark-gfm', 'remark-parse', 'unified']),
  adapter('metrics', ['prom-client']),
  adapter('outbound', ['undici']),
  adapter('pagerduty', ['@pagerduty/pdjs', 'zod']),
  adapter('playbooks', ['yaml']),
  adapter('png', ['@resvg/resvg-js']),
  adapter('prometheus', ['zod']),
  adapter('runner', [], ['executor/messages.ts']),
  adapter('slack', ['@slack/bolt', '@slack/types', '@slack/web-api', '@slack/socket-mode', 'undici', 'zod']),
  adapter('sqlite', ['better-sqlite3']),
  // What hides secrets is pure and small, and both the bot and its executor have some to hide.
  { part: 'executor/', own: ['core/redact/'], packages: ['node'] },
  { part: 'sandbox/emulator/', own: [], packages: 'any' },
  { part: 'sandbox/patient/', own: [], packages: 'any' },
  { part: 'sandbox/alerts/', own: [], packages: 'any' },
  // The page is the emulator's own, and speaks the words of its interface for people.
  { part: 'sandbox/page/', own: ['sandbox/emulator/personApi.ts'], packages: 'any' },
  { part: 'sandbox/', own: ['sandbox/', 'bot.ts', 'config.ts', 'engine/log.ts'], packages: 'any' },
  { part: 'config.ts', own: [], packages: ['node', 'zod'] },
  { part: 'bot.ts', own: [''], except: ['main.ts', 'commands/', 'sandbox/'], packages: 'any' },
  // What the composition root is made of; it is never the other way round.
  { part: 'bot/', own: [''], except: ['main.ts', 'commands/', 'sandbox/', 'bot.ts'], packages: 'any' },
  { part: 'commands/', own: [''], except: ['main.ts'], packages: 'any' },
  { part: 'main.ts', own: ['commands/'], packages: [] },
];

const fits = (path: string, pattern: string): boolean =>
  pattern === '' || path === pattern || (pattern.endsWith('/') && path.startsWith(pattern));

const partOf = (file: string): Part | undefined =>
  table.filter(({ part }) => fits(file, part)).sort((a, b) => b.part.length - a.part.length)[0];

const builtin = new Set(builtinModules);
const packageOf = (specifier: string): string => {
  if (specifier.startsWith('node:') || builtin.has(specifier)) return 'node';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
};

/** The code without its comments: what they speak of is not what is done. */
const codeOf = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`\w\\/])\/\/[^\n]*/g, '$1');

const importsOf = (code: string): string[] =>
  [
    /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
    /\brequire\(\s*['"]([^'"]+)['"]\s*\)/g,
  ].flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''));

const impure: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, 'reads the clock: Date.now'],
  [/\bnew Date\(\s*\)/, 'reads the clock: new Date()'],
  [/(?<!new )\bDate\(\s*\)/, 'reads the clock: Date()'],
  [/\bperformance\.now\b/, 'reads the clock: performance.now'],
  [/\bMath\.random\b/, 'asks chance: Math.random'],
  [/\brandomUUID\b|\bgetRandomValues\b/, 'asks chance'],
  [/\bprocess\.\w/, 'reads the process'],
  [/\bglobalThis\b/, 'reaches for globals'],
  [/\bconsole\./, 'writes to the console'],
  [/\bset(?:Timeout|Interval|Immediate)\(/, 'sets a timer'],
  [/(?<![.\w])fetch\(/, 'fetches'],
];

const forbiddenFolders = ['utils', 'helpers', 'types', 'common'];

/** Everything wrong with one file of `src/`, in sentences; `file` is its path there. */
function breachesOf(file: string, source: string): string[] {
  const code = codeOf(source);
  const part = partOf(file);
  if (!part) return [`${file} belongs to no part of the house`];
  const found: string[] = [];
  const folders = file.split('/').slice(0, -1);
  for (const folder of folders)
    if (forbiddenFolders.includes(folder)) found.push(`a folder must not be called ${folder}`);
  if (/(^|\/)index\.tsx?$/.test(file)) found.push('barrel file');
  if (/^\s*export\s*\*/m.test(code)) found.push('hands on what another file exports: export *');
  if (/^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w+/m.test(code)) found.push('enum');

  for (const specifier of importsOf(code)) {
    if (!specifier.startsWith('.')) {
      const name = packageOf(specifier);
      if (part.packages !== 'any' && !part.packages.includes(name)) found.push(`imports ${specifier}`);
      continue;
    }
    const target = posix.join(posix.dirname(file), specifier);
    const same = part.part.endsWith('/') && fits(target, part.part) && partOf(target) === part;
    const refused = (part.except ?? []).some((each) => fits(target, each));
    if (!same && (refused || !part.own.some((each) => fits(target, each)))) found.push(`imports ${target}`);
  }
  if (part.part === 'core/') for (const [pattern, what] of impure) if (pattern.test(code)) found.push(what);
  return found.map((what) => `${file}: ${what}`);
}

const src = join(import.meta.dirname, '..', 'src');
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  .filter((file) => !file.includes('node_modules/'));

describe('the house', () => {
  it('keeps to who may import whom, and to what no file may do', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => breachesOf(file, readFileSync(join(src, file), 'utf8')))).toEqual([]);
  });

  it('names every adapter in its table', () => {
    const folders = readdirSync(join(src, 'adapters'));
    expect(folders.filter((name) => !table.some(({ part }) => part === `adapters/${name}/`))).toEqual([]);
  });

  it('has an own compiler configuration for the core, without Node and without a browser', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(src, 'core', 'tsconfig.json'), 'utf8'));
    expect(compilerOptions).toMatchObject({ types: [], lib: ['ES2023'] });
  });
});

describe('the tests', () => {
  it('replace no module of ours', () => {
    const test = import.meta.dirname;
    const mocking = readdirSync(test, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'architecture.test.ts',
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => /\bvi\.(?:mock|doMock)\(/.test(readFileSync(file, 'utf8')));
    expect(mocking).toEqual([]);
  });
});

describe('a breach is found', () => {
  const one = (what: string) => [expect.stringContaining(what)];

  it.each([
    ['core/run/x.ts', `import { readFile } from 'node:fs';`, 'node:fs'],
    ['core/run/x.ts', `import { readFile } from 'fs';`, 'imports fs'],
    ['core/run/x.ts', `import pino from 'pino';`, 'pino'],
    ['core/run/x.ts', `import type { Clock } from '../../engine/ports.ts';`, 'engine/ports.ts'],
    ['core/run/x.ts', `export { a } from '../../engine/desk.ts';`, 'engine/desk.ts'],
    ['core/run/x.ts', `const at = Date.now();`, 'Date.now'],
    ['core/run/x.ts', `const at = new Date( );`, 'new Date()'],
    ['core/run/x.ts', `const at = new Date().getTime();`, 'new Date()'],
    ['core/run/x.ts', `const id = Math.random();`, 'chance'],
    ['core/run/x.ts', `const home = process.env.HOME;`, 'process'],
    ['core/run/x.ts', `setTimeout(() => 1, 2);`, 'timer'],
    ['engine/x.ts', `import { a } from '../adapters/slack/escape.ts';`, 'adapters/slack/escape.ts'],
    ['engine/x.ts', `const a = await import('../adapters/slack/escape.ts');`, 'adapters/slack/escape.ts'],
    ['engine/x.ts', `import { z } from 'zod';`, 'imports zod'],
    ['engine/x.ts', `import '../bot.ts';`, 'imports bot.ts'],
    ['adapters/http/x.ts', `import { a } from '../slack/escape.ts';`, 'adapters/slack/escape.ts'],
    ['adapters/http/x.ts', `import { a } from '../../engine/desk.ts';`, 'engine/desk.ts'],
    ['adapters/http/x.ts', `import type { Config } from '../../config.ts';`, 'config.ts'],
    ['adapters/http/x.ts', `import { a } from '../../executor/messages.ts';`, 'executor/messages.ts'],
    ['adapters/sqlite/x.ts', `import pino from 'pino';`, 'imports pino'],
    ['executor/x.ts', `import { a } from '../core/duration.ts';`, 'core/duration.ts'],
    ['executor/x.ts', `import { z } from 'zod';`, 'imports zod'],
    ['sandbox/emulator/x.ts', `import { a } from '../../core/duration.ts';`, 'core/duration.ts'],
    ['sandbox/emulator/x.ts', `import { a } from '../patient/faults.ts';`, 'sandbox/patient/faults.ts'],
    ['sandbox/start.ts', `import { a } from '../adapters/slack/escape.ts';`, 'adapters/slack/escape.ts'],
    ['bot.ts', `import { a } from './commands/serve.ts';`, 'commands/serve.ts'],
    ['bot.ts', `import { a } from './sandbox/start.ts';`, 'sandbox/start.ts'],
    ['bot/x.ts', `import { a } from '../sandbox/start.ts';`, 'sandbox/start.ts'],
    ['bot/x.ts', `import { startBot } from '../bot.ts';`, 'imports bot.ts'],
    ['commands/x.ts', `import '../main.ts';`, 'main.ts'],
    ['main.ts', `import { startBot } from './bot.ts';`, 'bot.ts'],
    ['main.ts', `import { join } from 'node:path';`, 'node:path'],
    ['engine/index.ts', `export const a = 1;`, 'barrel'],
    ['engine/x.ts', `export * from './desk.ts';`, 'export *'],
    ['engine/x.ts', `export const enum Kind { A }`, 'enum'],
    ['core/utils/x.ts', `export const a = 1;`, 'utils'],
    ['adapters/teams/x.ts', `export const a = 1;`, 'belongs to no part'],
    ['elsewhere/x.ts', `export const a = 1;`, 'belongs to no part'],
  ])('in %s: %s', (file, source, what) => {
    expect(breachesOf(file, source)).toEqual(one(what));
  });

  it('and what is allowed, or only spoken of, is not', () => {
    for (const [file, source] of [
      ['core/run/x.ts', `import { z } from 'zod';\nimport { sha256 } from '@noble/hashes/sha2.js';`],
      ['core/run/x.ts', `import type { Incident } from '../incident/incident.ts';`],
      ['core/run/x.ts', `// Date.now() is for others\n/* Math.random() too */\nconst a = new Date(at);`],
      ['core/run/x.ts', `const text = 'the processes. enumerate them';`],
      ['engine/x.ts', `import cron from 'node-cron';\nimport { a } from '../core/duration.ts';`],
      ['adapters/runner/x.ts', `import { a } from '../../executor/messages.ts';`],
      ['adapters/slack/cards/x.ts', `import { a } from '../escape.ts';`],
      [
        'sandbox/start.ts',
        `import { startBot } from '../bot.ts';\nimport { a } from './patient/patient.ts';`,
      ],
      ['bot.ts', `import { a } from './adapters/slack/escape.ts';`],
      ['commands/x.ts', `import { a } from '../sandbox/start.ts';\nimport { b } from '../bot.ts';`],
      ['main.ts', `import { a } from './commands/commandLine.ts';`],
    ] as const)
      expect(breachesOf(file, source), file).toEqual([]);
  });
});
