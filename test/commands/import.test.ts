import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/commands/commandLine.ts';
import { type ImportCommand, importRunbook } from '../../src/commands/import.ts';

const incident = join(import.meta.dirname, '../fixtures/runbooks/incident.md');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'import-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function run(command: Partial<ImportCommand>): Promise<{ code: number; out: string; said: string }> {
  const out: string[] = [];
  const said: string[] = [];
  const code = await importRunbook(
    { runbook: incident, out: null, service: null, host: null, playbooks: directory, ...command },
    { print: (line) => void out.push(line), say: (line) => void said.push(line) },
  );
  return { code, out: out.join('\n'), said: said.join('\n') };
}

describe('a runbook on the command line', () => {
  it('is drafted to standard output, each file under its name, and counted elsewhere', async () => {
    const { code, out, said } = await run({});
    expect(code).toBe(0);
    expect([...out.matchAll(/^---\n# (\S+)$/gm)].map((match) => match[1])).toEqual([
      'playbooks/alerts/checkout-errors.yml',
      'playbooks/alerts/shop-down.yml',
      'playbooks/procedures/shop-incident-playbook.yml',
      'playbooks/services/shop.yml',
    ]);
    expect(out).toContain('# No host was found');
    expect(said).toMatch(/^3 playbooks with \d+ steps, \d+ actions and \d+ indicators: \d+ commands placed/);
  });

  it('takes its host and the folder of its files from hosts.yml', async () => {
    await writeFile(
      join(directory, 'hosts.yml'),
      'hosts:\n  web:\n    kind: local\n    directory: /srv/shop\n',
    );
    const { out } = await run({ service: 'storefront' });
    expect(out).toContain('service: storefront\nhost: web\n');
    expect(out).toContain('file: config/payments.yaml');
  });

  it('takes the first host of the folder that it is written to before that of the room in use', async () => {
    await writeFile(join(directory, 'hosts.yml'), 'hosts:\n  here:\n    kind: local\n    directory: /srv\n');
    const room = join(directory, 'room');
    await mkdir(room);
    await writeFile(join(room, 'hosts.yml'), 'hosts:\n  web:\n    kind: local\n    directory: /srv/shop\n');
    expect((await run({ out: room })).code).toBe(0);
    expect(await readFile(join(room, 'services/shop.yml'), 'utf8')).toContain('\nhost: web\n');
  });

  it('reads what a command should show from the comment behind it, on its line or below', async () => {
    const runbook = join(directory, 'look.md');
    const lines = ['curl -s http://localhost:8000/health # Should return 200', 'uptime', '# Should be up'];
    await writeFile(runbook, `# Look\n\n\`\`\`bash\n${lines.join('\n')}\n\`\`\`\n`);
    const { out } = await run({ runbook });
    expect(out).toContain('look: Should return 200');
    expect(out).toContain('look: Should be up');
  });

  it('is written below a folder, and never over what is there', async () => {
    const room = join(directory, 'room');
    await mkdir(join(room, 'services'), { recursive: true });
    await writeFile(join(room, 'services/shop.yml'), 'service: shop\n');
    const refused = await run({ out: room });
    expect(refused).toMatchObject({
      code: 1,
      said: expect.stringContaining('services/shop.yml is there already; nothing was written.'),
    });
    expect(await readdir(room)).toEqual(['services']);
    expect(await readFile(join(room, 'services/shop.yml'), 'utf8')).toBe('service: shop\n');

    await rm(join(room, 'services/shop.yml'));
    expect(await run({ out: room })).toMatchObject({ code: 0, out: '' });
    expect((await readdir(room)).sort()).toEqual(['alerts', 'procedures', 'services']);
    expect(await run({ out: room })).toMatchObject({ code: 1 });
  });

  it('is refused in a sentence when it cannot be read, or says nothing to do', async () => {
    const notes = join(directory, 'notes.md');
    await writeFile(notes, '# Notes\n\nNothing to do.\n\n- only\n- talk\n\n```\n\n```\n');
    expect(await run({ runbook: notes })).toMatchObject({
      code: 1,
      out: '',
      said: expect.stringMatching(/nothing here that could be a step/),
    });
    expect(await run({ runbook: join(directory, 'none.md') })).toMatchObject({
      code: 1,
      said: expect.stringMatching(/There is no such file/),
    });
    expect(await run({ runbook: directory })).toMatchObject({
      code: 1,
      said: expect.stringMatching(/This is a directory/),
    });
    const large = join(directory, 'large.md');
    await writeFile(large, 'x'.repeat(2_000_000));
    expect(await run({ runbook: large })).toMatchObject({
      code: 1,
      said: expect.stringMatching(/at most 262144/),
    });
  });

  it('needs a file, and a service and a host that can be names', async () => {
    expect(await runCommandLine(['import'], {})).toBe(2);
    expect(await runCommandLine(['import', incident, '--service', '../up'], {})).toBe(2);
    expect(await runCommandLine(['import', incident, '--host', 'Not A Name'], {})).toBe(2);
  });
});
