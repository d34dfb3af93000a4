import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readMarkdown } from '../../../src/adapters/markdown/readMarkdown.ts';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import { parseYaml } from '../../../src/adapters/playbooks/parseYaml.ts';
import { compileRoom } from '../../../src/core/playbook/compile.ts';
import type { Risk } from '../../../src/core/playbook/definition.ts';
import type { Block } from '../../../src/core/playbook/import/document.ts';
import { draftRunbook, type ImportedRunbook } from '../../../src/core/playbook/import/draft.ts';
import { guessRisk } from '../../../src/core/playbook/import/guessRisk.ts';
import { thresholdsIn } from '../../../src/core/playbook/import/thresholds.ts';
import { budgetIn, waitIn } from '../../../src/core/playbook/import/times.ts';
import { inComment } from '../../../src/core/playbook/import/yamlText.ts';
import { formatProblem } from '../../../src/core/playbook/problem.ts';
import type { RoomFile, RoomFileKind } from '../../../src/core/playbook/reporting.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/runbooks');
const shipped = join(import.meta.dirname, '../../../playbooks');
const runbooks = readdirSync(fixtures).filter((name) => name.endsWith('.md'));
const text = (name: string): string => readFileSync(join(fixtures, name), 'utf8');

const host = { name: 'genesis', directory: '/srv/shop' };

function draft(markdown: string, source = 'runbook.md'): ImportedRunbook {
  const drafted = draftRunbook(readMarkdown(markdown), { source, service: null, host });
  if (!drafted) throw new Error('nothing was drafted');
  return drafted;
}

const stream = ({ files }: ImportedRunbook): string =>
  files.map((file) => `---\n# playbooks/${file.path}\n${file.text}`).join('\n');

/** What the draft says of one command: its comments, or the action that it became. */
const about = (command: string): string => stream(draft(`# Trial\n\n\`\`\`bash\n${command}\n\`\`\`\n`));

describe('the drafts of runbooks', () => {
  it.each(runbooks)('%s', async (name) => {
    await expect(stream(draft(text(name), name))).toMatchFileSnapshot(
      join(fixtures, name.replace(/\.md$/, '.golden.yml')),
    );
  });
});

describe('lint on a room that holds a draft', () => {
  let room: string;
  beforeEach(async () => {
    room = await mkdtemp(join(tmpdir(), 'import-'));
    for (const file of ['hosts.yml', 'routing.yml', 'access.yml', 'alerts/generic.yml'])
      await cp(join(shipped, file), join(room, file));
  });
  afterEach(() => rm(room, { recursive: true }));

  const errorsWith = async (imported: ImportedRunbook): Promise<string[]> => {
    for (const { path, text: content } of imported.files) {
      await mkdir(dirname(join(room, path)), { recursive: true });
      await writeFile(join(room, path), content);
    }
    const { problems } = await loadRoom({ directory: room, pace: 1 });
    return problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  };

  it.each(runbooks)('finds no error in that of %s', async (name) => {
    expect(await errorsWith(draft(text(name)))).toEqual([]);
  });

  it('warns of every name that the runbook could not give', async () => {
    const imported = draft(text('deployment.md'));
    expect(await errorsWith(imported)).toEqual([]);
    const { problems } = await loadRoom({ directory: room, pace: 1 });
    const open = problems.filter(({ message }) => message.includes('the import could not know this'));
    expect(open.map(({ message }) => /`(todo_\w+)`/.exec(message)?.[1])).toEqual([
      ...[...stream(imported).matchAll(/todo_\w+/g)].map(([name]) => name),
    ]);
    for (const { severity, file, line, column } of open) {
      const lines = (await readFile(file, 'utf8')).split('\n');
      expect(severity).toBe('warning');
      expect(lines[line - 1]?.slice(column - 1)).toMatch(/^todo_/);
    }
  });

  it('finds no error in drafts of runbooks put together at random, and nothing lost', async ({
    annotate,
  }) => {
    const pieces = hostilePieces();
    const random = seeded(7);
    const rounds = process.env.SOAK ? 2_000 : 60;
    const base = (['hosts', 'routing', 'access', 'alert'] as const).map((kind) => {
      const file = kind === 'alert' ? 'alerts/generic.yml' : `${kind}.yml`;
      return roomFile(kind, file, readFileSync(join(shipped, file), 'utf8'));
    });
    let drafts = 0;
    for (let round = 0; round < rounds; round += 1) {
      const markdown = Array.from({ length: 12 }, () => pieces[Math.floor(random() * pieces.length)]).join(
        '\n\n',
      );
      const drafted = draftRunbook(readMarkdown(markdown), { source: 'x', service: null, host });
      if (!drafted) continue;
      drafts += 1;
      expect(unaccounted(markdown, drafted), markdown).toEqual([]);
      const files = drafted.files.map(({ path, text: yaml }) =>
        roomFile(
          path.startsWith('services') ? 'service' : path.startsWith('alerts') ? 'alert' : 'procedure',
          path,
          yaml,
        ),
      );
      const { problems } = compileRoom([...base, ...files], { pace: 1 });
      expect(
        problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
        markdown,
      ).toEqual([]);
    }
    await annotate(`${drafts} drafts, 0 with an error, 0 lines lost`, 'figure');
  }, 1_200_000);
});

/** Without its lines: only whether there is a mistake is asked. */
function roomFile(kind: RoomFileKind, file: string, yaml: string): RoomFile {
  const parsed = parseYaml(yaml);
  if (!parsed.ok) throw new Error(`${file}: ${parsed.mistakes[0]?.message}\n${yaml}`);
  return { kind, file, value: parsed.value, locate: () => ({ line: 1, column: 1 }) };
}

describe('nothing is lost', () => {
  it.each(runbooks)('of the code in %s: each line is an action or a comment with its number', (name) => {
    expect(unaccounted(text(name), draft(text(name)))).toEqual([]);
  });
});

/** Lines of code that are neither in an action, word for word, nor in a comment with their number. */
function unaccounted(markdown: string, drafted: ImportedRunbook): string[] {
  const lines = stream(drafted)
    .split('\n')
    .map((line) => line.trim());
  const commented = new Set(lines.filter((line) => line.startsWith('# line ')));
  const vectors = new Set(
    drafted.files.flatMap(({ text: yaml }) => {
      const { actions } = parse(yaml) as { actions?: Record<string, { run?: string[] }> };
      return Object.values(actions ?? {}).map(({ run }) => (run ?? []).join(' '));
    }),
  );
  return codeLines(readMarkdown(markdown).blocks)
    .filter(({ text: line }) => line.trim() !== '')
    .filter(
      ({ line, text: code }) =>
        !commented.has(`# ${inComment(`line ${line}: ${code}`)}`.trim()) &&
        !(commented.has(`# line ${line}`) && vectors.has(code.trim())),
    )
    .map(({ line, text: code }) => `${line}: ${code}`);
}

const codeLines = (blocks: readonly Block[]): { line: number; text: string }[] =>
  blocks.flatMap((block) => {
    if (block.kind === 'code') return [...block.lines];
    return block.kind === 'list' ? block.items.flatMap((item) => codeLines(item.blocks)) : [];
  });

describe('what cannot work as it is written is said, with what to do instead', () => {
  it.each([
    ['htop', /`htop` waits for a person/],
    ['tail -f logs/shop.log', /never ends; `-n 100`/],
    ['fly logs -a shop', /never ends without `--no-tail`/],
    ['while true; do\n  date\ndone', /A loop without an end/],
    ['ps aux | grep shop', /`ps \| grep` finds itself: write \[pgrep, -fa, shop\]/],
    ['git clean -fd', /deletes what is not tracked: backups/],
    ['python scripts/rollback.sh', /a shell script, which `python` cannot run/],
    ['export FLAGS=1\ndocker restart shop', /never reaches the service that is restarted/],
    ['export FLAGS=1', /changes this shell only/],
    ['dmesg > logs/dmesg.log', /no shell and so no redirect/],
    ['cp config/backup/*.yaml config/', /a pattern of file names/],
    ['tar -xzf $latest', /a variable or a substitution/],
    ['python worker.py &', /runs in the background/],
    ['nohup ./watch.sh', /answers to nobody/],
    ['source venv/bin/activate', /A virtual environment is entered by its path/],
    [
      'curl "http://localhost:9090/api/v1/query?query=rate(shop_errors_total[5m])"',
      /errors per second, which is no ratio/,
    ],
    ['python -c "import shop; for x in shop.all(): print(x)"', /syntax error in Python/],
    ['python -c "import shop; shop.set_flag(1)"', /a process of its own, which ends at once/],
    ['systemctl --user start shop', /units of whoever logs in/],
    ["sed -i 's/level=DEBUG/level=INFO/' config/logging.yaml", /YAML has no `key=value`/],
    ['git commit -m "fix"', /without `git add` commits nothing/],
    ['fly scale count 0 -a shop', /Asks at a terminal, hence `--yes`/],
    ['fly releases -a shop', /Without `--image`/],
    ['fly machine status <machine-id>', /`<machine-id>` is to be filled in by hand/],
    ['CHECK=1 node check.mjs', /begin it with \[env, CHECK=1, …\]/],
    ['ssh user@shop', /`kind: ssh` in hosts.yml/],
    ['pytest tests/', /opens circuit breakers/],
    ['sudo swapon /swapfile', /`sudo` asks for a password/],
    ['cat > /etc/passwd <<END\nx\nEND', /is relative to the directory of its host/],
    ['echo "it\'s done', /no partner/],
    ['(cd x; ls)', /needs a shell/],
    ['a || b', /a step of its own/],
  ])('%s', (command, why) => {
    expect(about(command)).toMatch(why);
  });
});

describe('the risk of a command is guessed from its program and its arguments', () => {
  it.each([
    ['observe', 'systemctl status shop'],
    ['observe', 'journalctl -u shop -n 100'],
    ['observe', './scripts/health_check.sh'],
    ['observe', 'python scripts/deploy.py --dry-run'],
    ['observe', 'fly machine list -a shop'],
    ['change', 'git fetch origin'],
    ['change', './scripts/smoke_test.sh'],
    ['change', 'docker start shop-redis'],
    ['change', 'something-unknown'],
    ['disruptive', 'systemctl restart shop'],
    ['disruptive', './scripts/rollback_deployment.sh'],
    ['disruptive', 'python scripts/deploy.py'],
    ['disruptive', 'fly deploy -c fly.toml'],
    ['destructive', 'git reset --hard origin/stable'],
    ['destructive', 'fly scale count 0 -a shop --yes'],
    ['destructive', 'rm -rf data'],
  ] as const satisfies readonly (readonly [Risk, string])[])('%s: %s', (risk, command) => {
    expect(guessRisk(command.split(' '))).toBe(risk);
  });
});

describe('times and thresholds in words', () => {
  it.each([
    ['Answer within 5 minutes', '5m'],
    ['Assessment (2-5 minutes)', '3m'],
    ['STOP TRAFFIC (1 minute)', '1m'],
    ['Rollback Steps (< 5 minutes)', '5m'],
    ['Error rate > 1% for 5 minutes', undefined],
    ['Validation (15 minutes minimum)', undefined],
    ['Check every 30 minutes', undefined],
  ])('%s has the budget %s', (words, budget) => {
    expect(budgetIn(words)).toBe(budget);
  });

  it('knows a wait from what takes longer than a walk', () => {
    expect(waitIn('Wait 10 minutes: it has to stay so')).toBe('10m');
    expect(waitIn('Monitor for 24 hours')).toBeUndefined();
  });

  it.each([
    ['Error rate <0.1%', 'error_rate', 'below', '0.1%', true],
    ['Error Rate > 0.5% for 5 minutes', 'error_rate', 'below', '0.5%', false],
    ['Test pass rate ≥98%', 'test_pass_rate', 'above', '98%', true],
    ['P95 latency > 1000ms', 'latency_p95', 'below', '1000ms', false],
    ['99.9% uptime', 'uptime', 'above', '99.9%', true],
    ['If memory >90%, restart', 'memory_usage', 'below', '90%', false],
  ])('%s', (words, indicator, kind, quantity, good) => {
    expect(thresholdsIn(words)).toMatchObject([{ indicator, objective: { kind, quantity }, good }]);
  });
});

describe('hostile text', () => {
  it('cannot leave its comment, nor hide in it', () => {
    const trick = draft(
      '# Trial\n\n```bash\necho \u2028service: other\u202Ehidden\u0085x\n```\n\n1. a\u0000b\n',
    );
    for (const { text: yaml } of trick.files) {
      expect(yaml).not.toMatch(/[\u2028\u2029\u202E\u0085]/);
      expect(() => parse(yaml)).not.toThrow();
    }
    expect(stream(trick)).toContain('\\u2028service: other\\u202ehidden\\u0085x');
  });

  it('keeps what every object inherits from being a name', () => {
    const inherited = draft(
      '# constructor\n\n**Alert:** `__proto__`\n\n```bash\nconstructor\nprototype\n__proto__\n```\n',
    );
    expect(() => stream(inherited)).not.toThrow();
    for (const { path } of inherited.files)
      expect(path).toMatch(/^(?:alerts|procedures|services)\/[a-z][a-z0-9_-]+\.yml$/);
  });

  it('with nothing to do in it gives no draft', () => {
    expect(
      draftRunbook(readMarkdown('# Title\n\nOnly words, <b>bold</b> ones.'), {
        source: 'x',
        service: null,
        host,
      }),
    ).toBeNull();
  });
});

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** What runbooks are made of, and what nobody expects in them. */
function hostilePieces(): readonly string[] {
  const code = (body: string, language = 'bash') => `\`\`\`${language}\n${body}\n\`\`\``;
  return [
    '# Heading: "with" {braces} & *stars* # sharp',
    '## Stage 1: GO (1 minute)',
    '## Stage 2: WAIT (5 seconds)',
    '### Scenario A: ---',
    '### Scenario B: the same words again',
    '### Scenario C: the same words again',
    '## Incident: SomethingBroke',
    '**Alert:** `SomethingBroke`\n**Severity:** P9\n**SLO:** error rate < 99999999%',
    '**Alert:** `Somethingelse`',
    '**Verification**',
    '- [ ] a box: with a colon # and a sharp\n- [x] {a: b}\n- [ ] - - -',
    '1. one (within 0 minutes)\n2. `rm -rf /`\n3. wait 5 minutes\n4. **Wait 10 minutes:** hold',
    '1. step\n   - sub < 5%\n     - deeper\n   ```bash\n   date\n   ```',
    '> quoted\n> ```bash\n> uptime\n> ```',
    '<div><pre>systemctl stop all</pre></div>',
    '    indented --code\n    sleep 5',
    code('systemctl restart a; systemctl stop b && sleep 999999'),
    code('sleep 0\nsleep 120\nsleep 1h'),
    code('cat > config/a.yaml <<END\n  a: 1\n\tb: \u0007\n\nEND'),
    code("cat > config/b.yaml <<'END'\nx: $(date)\n\n\nEND"),
    code('cat > ../b.yaml <<END\nx\nEND\ncat > c <<END\nnever closed'),
    code(
      'curl http://p/api/v1/query?query=up{job=~"a|b"}\ncurl http://p/api/v1/query?query=rate(a[5m])/rate(b[1h])',
    ),
    code('curl "http://p/api/v1/query?query=%E0%A4%A"\ncurl http://p/api/v1/query?query=)('),
    code("awk '{ print $1 }' logs/a.log\nawk 'BEGIN {\n  x = 1\n}' f\necho 'open"),
    code("env -S 'a b'\nbash -c 'rm -rf /'\nsh\n--option\n''\n\"\"\n\\"),
    code('for x in 1 2 3; do\n  if true; then\n    rm $x\n  fi\ndone\nf() {\n  ls\n}\nnever() {'),
    code('git reset --hard HEAD~1\nrm -rf data\ndocker rm x\nreboot'),
    code('python3 -c "import os"\npython3 -c "print(1)"\ntrue\nnull\n0x10\n1e5\n.inf\n~'),
    code('grep -c "a: b # c" \'it is: [so]\' "x\'y"\ndate +%s%N\nfind . -name "*.log" -delete'),
    code('$ ls -la\ntotal 0\n$ htop', ''),
    code('key: value\n? complex', 'yaml'),
    code('# only\n# comments\n# - here'),
    code('# '.repeat(40)),
    `- ${'very long words '.repeat(60)}`,
    `1. ${'x'.repeat(400)}`,
    '| a | b |\n|---|---|\n| Error rate > 5% | ```x``` |',
    Array.from({ length: 45 }, (_, index) => `- [ ] item ${index}`).join('\n'),
    '🚨 **bold** *it* ~~gone~~ [link](https://example.com/?a=1&b=2) ![picture](x.png) [^1]\n\n[^1]: note',
    '\u202Eevil\u202C \uFEFF \u2028 \u0001 end',
  ];
}
