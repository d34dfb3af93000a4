import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadRoom } from '../src/adapters/playbooks/loadRoom.ts';
import { allWords } from '../src/adapters/slack/slash/words.ts';
import { formatProblem } from '../src/core/playbook/problem.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file))
    .sort(),
];

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (file: string): string[] =>
  [...withoutCode(read(file)).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));

/** What is wrong with the links and pictures of a page. */
function brokenLinks(page: string): string[] {
  return [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const target = match[1] ?? '';
    if (/^(https?|mailto):/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, file))) return [`${target} is not there`];
    if (anchor === undefined || anchorsOf(file).includes(anchor)) return [];
    return [`${file} has no heading #${anchor}`];
  });
}

describe('the documentation holds together', () => {
  it.each(pages)('every link and picture of %s is there', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each(pages)('every file that %s names is there', (page) => {
    const named = [...withoutCode(read(page)).matchAll(/`((?:src|test|playbooks|scripts|docs)\/[\w./-]+)`/g)];
    expect(named.map((match) => match[1] ?? '').filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('lists every decision in order, and none twice', () => {
    const numbers = pages
      .filter((page) => /^docs.decisions/.test(page))
      .map((page) => Number(/(\d{4})-[a-z0-9-]+\.md$/.exec(page)?.[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('the documentation knows what the program knows', () => {
  it('every variable of the environment', () => {
    const known = [...read('src/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1]);
    expect(known).toContain('SLACK_BOT_TOKEN');
    const told = [...read('docs/guide/install.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
    expect(told.sort()).toEqual(known.sort());
  });

  it('every subcommand', () => {
    const help = (args: readonly string[]): string[] =>
      [
        ...execFileSync(process.execPath, [join(root, 'src/main.ts'), ...args, '--help'], {
          encoding: 'utf8',
        })
          .replace(/^[\s\S]*\nCommands:\n/, '')
          .matchAll(/^ {2}([a-z]+)/gm),
      ].map((match) => match[1] ?? '');
    const commands = help([]).filter((name) => name !== 'help');
    expect(commands).toContain('serve');
    const told = [...read('README.md').matchAll(/^\| `genesis ([a-z]+)/gm)].map((match) => match[1]);
    expect(told.sort()).toEqual(commands.sort());
  });

  it('every word of /genesis', () => {
    const told = [...read('docs/guide/responding.md').matchAll(/^\| `\/genesis ([a-z]+)/gm)].map(
      (match) => match[1] ?? '',
    );
    expect([...new Set(told)].sort()).toEqual([...allWords].sort());
  });

  it('every metric', () => {
    const known = [
      ...read('src/adapters/metrics/metrics.ts').matchAll(/name: '(genesis_(?:bot|playbooks)_\w+)'/g),
    ].map((match) => match[1]);
    const told = [...read('docs/guide/operating.md').matchAll(/^\| `(genesis_(?:bot|playbooks)_\w+)`/gm)].map(
      (match) => match[1],
    );
    expect(told.sort()).toEqual(known.sort());
  });
});

type Example = { readonly where: string; readonly text: string };

const examples: readonly Example[] = [
  ...read('docs/guide/playbooks.md').matchAll(/^```yaml playbook-example (\S+)\n([\s\S]*?)^```/gm),
].map((match) => ({ where: match[1] ?? '', text: match[2] ?? '' }));

const files = examples.filter(({ where }) => where.endsWith('.yml'));

/** A fragment inside a file: more indicators or actions of the service, or the steps of a playbook of its own. */
function fileWith({ where, text }: Example): Example {
  if (where === 'steps') {
    const head = { playbook: 'trial', title: 'Trial', answers: { alertname: 'Trial' }, severity: 'P2' };
    return { where: 'alerts/trial.yml', text: `${stringify({ ...head, service: 'checkout' })}${text}` };
  }
  const service = files.find((file) => file.where === 'services/checkout.yml');
  const whole = parse(service?.text ?? '') as Record<string, object>;
  const more = parse(text) as Record<string, object>;
  const part = { ...whole[where], ...more[where] };
  return { where: 'services/checkout.yml', text: stringify({ ...whole, [where]: part }) };
}

describe('the examples of playbooks', () => {
  it('are whole files and fragments', () => {
    expect(files.map(({ where }) => where)).toEqual(
      expect.arrayContaining(['services/checkout.yml', 'hosts.yml', 'routing.yml', 'access.yml']),
    );
    expect(examples.length).toBeGreaterThan(files.length);
    expect(read('docs/guide/playbooks.md')).not.toMatch(/^```ya?ml\n/m);
  });

  it.each(examples.map((example, index) => [`${index + 1}: ${example.where}`, example] as const))(
    'loads without a problem: %s',
    async (_, example) => {
      const room = await mkdtemp(join(tmpdir(), 'genesis-docs-'));
      try {
        for (const { where, text } of [...files, ...(files.includes(example) ? [] : [fileWith(example)])]) {
          await mkdir(dirname(join(room, where)), { recursive: true });
          await writeFile(join(room, where), text);
        }
        const loaded = await loadRoom({ directory: room, pace: 1 });
        expect(loaded.problems.map(formatProblem)).toEqual([]);
        expect(loaded.room).not.toBeNull();
      } finally {
        await rm(room, { recursive: true, force: true });
      }
    },
  );
});
