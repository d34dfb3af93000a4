import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import { createYamlReader } from '../../src/adapters/playbooks/yamlReader.ts';
import { lint } from '../../src/commands/lint.ts';
import { formatProblem } from '../../src/core/playbook/problem.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const base = join(fixtures, 'base-room');
const broken = join(fixtures, 'broken-playbooks');
const shipped = join(import.meta.dirname, '../../playbooks');

/** The first word of a fixture's name says which file of the room it takes the place of, or joins. */
const places: Readonly<Record<string, string>> = {
  service: 'services/trial.yml',
  alert: 'alerts/trial.yml',
  procedure: 'procedures/trial.yml',
  hosts: 'hosts.yml',
  routing: 'routing.yml',
  access: 'access.yml',
  roster: 'roster.yml',
  escalation: 'escalation.yml',
  calendar: 'calendar.yml',
  rules: 'prometheus/trial.yml',
};

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'room-'));
  await cp(base, room, { recursive: true });
});
afterEach(() => rm(room, { recursive: true }));

const problemsOf = async (): Promise<string[]> => {
  const { problems } = await loadRoom({ directory: room, pace: 1 });
  return problems.map((problem) => formatProblem(problem).slice(room.length + 1));
};

describe('a mistake is named with its place and what was meant', async () => {
  const names = (await readdir(broken)).filter((name) => name.endsWith('.yml'));

  it('has a fixture for each of at least a hundred mistakes', () => {
    expect(names.length).toBeGreaterThanOrEqual(100);
  });

  it.each(names)('%s', async (name) => {
    const text = await readFile(join(broken, name), 'utf8');
    const place = places[name.split('.')[0] ?? ''] ?? '';
    const expected = text
      .split('\n')
      .filter((line) => line.startsWith('#! '))
      .map((line) => line.slice(3))
      .map((line) => (/^\d+:/.test(line) ? `${place}:${line}` : line));
    expect(expected).not.toEqual([]);
    await writeFile(join(room, place), text.replaceAll(/^#! .*\n/gm, ''));
    expect(await problemsOf()).toEqual(expected);
  });
});

describe('a room on disk', () => {
  it('is compiled when nothing is wrong with it', async () => {
    const loaded = await loadRoom({ directory: room, pace: 1 });
    expect(loaded.problems).toEqual([]);
    expect(Object.keys(loaded.room?.definitions ?? {}).sort()).toEqual([
      'billing-errors',
      'generic',
      'rollback-billing',
    ]);
  });

  it('is not usable with an error, and usable with a warning', async () => {
    await writeFile(join(room, 'hosts.yml'), 'hosts: {}\n');
    expect((await loadRoom({ directory: room, pace: 1 })).room).toBeNull();
    await cp(join(base, 'hosts.yml'), join(room, 'hosts.yml'));
    await writeFile(join(room, 'host.yml'), 'hosts: {}\n');
    const loaded = await loadRoom({ directory: room, pace: 1 });
    expect(loaded.room).not.toBeNull();
    expect(loaded.problems.map(formatProblem)).toEqual([
      `${room}/host.yml:1:1: warning: Nothing reads this file; did you mean \`hosts.yml\`?`,
    ]);
  });

  it('says which of its files are missing', async () => {
    await Promise.all(
      ['access.yml', 'routing.yml', 'alerts/generic.yml'].map((file) => rm(join(room, file))),
    );
    expect(await problemsOf()).toEqual([
      'access.yml:1:1: There is no `access.yml`.',
      'alerts/generic.yml:1:1: There is no playbook named `generic`, for alerts that no other one answers.',
      'routing.yml:1:1: There is no `routing.yml`.',
    ]);
  });

  it('says that a directory is not there', async () => {
    const { room: none, problems } = await loadRoom({ directory: join(room, 'nowhere'), pace: 1 });
    expect(none).toBeNull();
    expect(problems[0]?.message).toMatch(/^There is no directory /);
  });

  it('takes hosts of an overlay in place of its own', async () => {
    const content =
      'hosts: { till: { kind: local, directory: /tmp/patient, path: [/tmp/patient/bin, /usr/bin] } }';
    const overlaid = await loadRoom({ directory: room, pace: 1, hostsOverlay: { content } });
    expect(overlaid.problems).toEqual([]);
    expect(overlaid.room?.definitions['billing-errors']?.service.hosts.till).toEqual({
      kind: 'local',
      name: 'till',
      directory: '/tmp/patient',
      path: ['/tmp/patient/bin', '/usr/bin'],
    });
    await writeFile(join(room, 'overlay.txt'), content);
    const fromFile = await loadRoom({
      directory: room,
      pace: 1,
      hostsOverlay: { path: join(room, 'overlay.txt') },
    });
    expect(fromFile.room?.definitions).toEqual(overlaid.room?.definitions);
  });
});

describe('a hostile file is refused, not obeyed', { tags: ['trust-38'] }, () => {
  const alert = 'alerts/billing-errors.yml';

  it('refuses symbolic links, to files and to folders', async () => {
    await symlink('/etc/passwd', join(room, 'alerts/passwd.yml'));
    expect(await problemsOf()).toEqual([
      'alerts/passwd.yml:1:1: This is a symbolic link, which is not followed; put the file itself here.',
    ]);
    await rm(join(room, 'alerts/passwd.yml'));
    await rm(join(room, 'services'), { recursive: true });
    await symlink(join(base, 'services'), join(room, 'services'));
    expect((await problemsOf()).filter((line) => line.startsWith('services'))).toEqual([
      'services:1:1: This is a symbolic link, which is not followed; put the file itself here.',
    ]);
  });

  it('reads at most 64 KB', async () => {
    await writeFile(join(room, alert), `${await readFile(join(room, alert), 'utf8')}#${'x'.repeat(65_536)}`);
    expect((await problemsOf())[0]).toMatch(
      /^alerts\/billing-errors\.yml:1:1: This file has \d+ bytes; at most 65536/,
    );
  });

  it('reads nothing but UTF-8', async () => {
    await writeFile(join(room, alert), Buffer.from([0x70, 0x3a, 0x20, 0xff, 0xfe]));
    expect(await problemsOf()).toEqual(['alerts/billing-errors.yml:1:1: This file is not UTF-8 text.']);
  });

  it('does not read folders inside folders', async () => {
    await mkdir(join(room, 'alerts/old'));
    expect(await problemsOf()).toEqual(['alerts/old:1:1: warning: Folders inside this one are not read.']);
  });

  const laughs = Array.from({ length: 9 }, (_, level) => {
    const before = level === 0 ? '"lol"' : Array.from({ length: 9 }, () => `*l${level - 1}`).join(', ');
    return `l${level}: &l${level} [${before}]`;
  }).join('\n');

  it.each([
    ['a billion laughs', `${laughs}\n`, /^Anchors such as `&l0` are not allowed/],
    [
      'thousands of aliases',
      `a: &a [1]\nb: [${'*a, '.repeat(15_000)}1]\n`,
      /^Anchors such as `&a` are not allowed/,
    ],
    // On a busy machine the second is over before the depth is found out; refused it is either way.
    [
      'lists in lists without end',
      `a: ${'['.repeat(60_000)}`,
      /nested more than 32 levels deep|longer than 1 s/,
    ],
    ['dashes without end', `${'- '.repeat(30_000)}x`, /nested more than 128 levels deep|longer than 1 s/],
    [
      'maps in maps',
      Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /^This is nested more than 128 levels deep/,
    ],
    ['a directive', '%YAML 1.1\n---\nplaybook: x\n', /^Directives such as `%YAML 1\.1` are not allowed/],
    ['a merge of an alias', 'a: &a { b: 1 }\nc:\n  <<: *a\n', /^Anchors such as/],
  ])('%s', async (_, text, message) => {
    await writeFile(join(room, alert), text);
    const { room: none, problems } = await loadRoom({ directory: room, pace: 1 });
    expect(none).toBeNull();
    expect(problems[0]?.message).toMatch(message);
  });

  it('takes words that only look like anchors and tags for what they are', async () => {
    const text = (await readFile(join(room, alert), 'utf8')).replace(
      'title: Billing fails',
      'title: "*starred* & !important"\nsummary: |\n  &not an anchor\n  *not an alias',
    );
    await writeFile(join(room, alert), text);
    expect(await problemsOf()).toEqual([]);
  });

  it('ends the thread of a text that takes too long, and reads the next in a new one', async () => {
    const reader = createYamlReader({ limitMs: 1 });
    const slow = Array.from({ length: 8_000 }, (_, index) => `k${index}:`).join('\n');
    expect(await reader.parse(slow)).toMatchObject({ ok: false, mistakes: [{ line: 1, column: 1 }] });
    await reader.stop();
    const next = createYamlReader();
    expect(await next.parse('a: 1')).toMatchObject({ ok: true, value: { a: 1 } });
    await next.stop();
  });
});

describe('genesis lint', () => {
  const run = async (directory: string, format: 'text' | 'github' = 'text') => {
    const lines: string[] = [];
    const code = await lint(directory, { format, print: (line) => lines.push(line) });
    return { code, lines };
  };

  it('finds nothing to say about the shipped playbooks', async () => {
    const { code, lines } = await run(shipped);
    expect(lines).toEqual([expect.stringMatching(/: \d+ playbooks for \d+ services?, no problems\.$/)]);
    expect(code).toBe(0);
  });

  it('prints file, line, column and sentence, and a summary', async () => {
    await cp(join(broken, 'alert.do-unknown-action.yml'), join(room, 'alerts/trial.yml'));
    expect(await run(room)).toEqual({
      code: 1,
      lines: [
        `${room}/alerts/trial.yml:7:9: There is no action \`restrat\`; did you mean \`restart\`?`,
        `${room}: 1 error.`,
      ],
    });
  });

  it('warns of a second person who can never be found', async () => {
    const service = await readFile(join(base, 'services/billing.yml'), 'utf8');
    await writeFile(
      join(room, 'services/billing.yml'),
      `${service}  wipe: { risk: destructive, run: [rm, -r, cache], verify: up, undo: none, evidence: [recent_log] }\n`,
    );
    expect(await problemsOf()).toEqual([]);
    const access = await readFile(join(base, 'access.yml'), 'utf8');
    await writeFile(join(room, 'access.yml'), access.replace('usergroup: oncall', 'users: [U0123456789]'));
    expect(await problemsOf()).toEqual([
      'access.yml:3:1: warning: Only one person may `approve` on `billing`, and never what they asked for themselves, so `wipe` lacks its second person.',
    ]);
  });

  it('warns of steps behind one that takes the bot down with its host', async () => {
    const service = await readFile(join(base, 'services/billing.yml'), 'utf8');
    await writeFile(
      join(room, 'services/billing.yml'),
      `${service}  reboot: { risk: destructive, run: [systemctl, reboot], verify: up, undo: none, evidence: [recent_log] }\n`,
    );
    const alert = join(room, 'alerts/billing-errors.yml');
    await writeFile(alert, (await readFile(alert, 'utf8')).replace('do: restart', 'do: reboot'));
    expect(await problemsOf()).toEqual([
      'alerts/billing-errors.yml:8:9: warning: `reboot` takes down the host that the bot itself runs on, so the steps after it are not reached by themselves.',
    ]);
  });

  it('fails on warnings only where that is asked for', async () => {
    await cp(join(broken, 'alert.answers-what-no-rule-raises.yml'), join(room, 'alerts/trial.yml'));
    expect((await run(room)).code).toBe(0);
    expect(await lint(room, { strict: true, print: () => undefined })).toBe(1);
  });

  it('prints annotations for GitHub', async () => {
    await cp(join(broken, 'alert.answers-what-no-rule-raises.yml'), join(room, 'alerts/trial.yml'));
    const { code, lines } = await run(room, 'github');
    expect(code).toBe(0);
    expect(lines[0]).toBe(
      `::warning file=${room}/alerts/trial.yml,line=3,col=23::No rule in prometheus/rules.yml raises \`BillingError\`; did you mean \`BillingErrors\`?`,
    );
  });
});
