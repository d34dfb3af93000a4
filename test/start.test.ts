import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '..', 'src');

const statically = /^\s*(?:import|export)\s+(?!type\b)(?:[^;'"]*?\bfrom\s*)?['"]([^'"]+)['"]/gm;
const onlyTypes = /^\s*import\s*\{(?:\s*type\s[^,}]*,?)+\}\s*from\s*['"][^'"]+['"];?$/gm;

/** The packages that are loaded with a file of `src/` and with all that it imports, each with one way that leads to it. */
function loadedWith(entry: string): ReadonlyMap<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const code = readFileSync(join(src, file), 'utf8').replaceAll(onlyTypes, '');
    for (const [, specifier = ''] of code.matchAll(statically)) {
      if (specifier.startsWith('node:')) continue;
      if (specifier.startsWith('.')) walk(posix.join(posix.dirname(file), specifier), [...way, file]);
      else if (!packages.has(specifier)) packages.set(specifier, [...way, file].join(' > '));
    }
  };
  walk(entry, []);
  return packages;
}

/** What only a command, a chart, or a service that is configured needs; each is loaded where it is first used. */
const notAtOnce = [
  ...['yaml', '@prometheus-io/lezer-promql', 'nodemailer', '@pagerduty/pdjs', '@resvg/resvg-js'],
  ...['d3-scale', 'd3-shape', 'd3-time-format', 'unified', 'remark-parse', 'remark-gfm', 'ws'],
];

describe('a start', () => {
  it('of the bot loads what it needs and nothing that only a chart, a mail, a page or the reading of playbooks does', () => {
    const loaded = loadedWith('commands/serve.ts');
    expect([...loaded.keys()]).toContain('@slack/bolt');
    expect([...loaded].filter(([name]) => notAtOnce.includes(name))).toEqual([]);
  });

  it('of the command line loads no command before it is asked for', () => {
    const loaded = loadedWith('main.ts');
    expect([...loaded.keys()]).toContain('commander');
    const heavy = [...notAtOnce, '@slack/bolt', '@slack/web-api', 'better-sqlite3', 'temporal-polyfill'];
    expect([...loaded].filter(([name]) => heavy.includes(name))).toEqual([]);
  });
});
