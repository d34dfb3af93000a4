import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import { plan } from '../../src/commands/plan.ts';
import { test } from '../../src/commands/test.ts';
import { formatProblem } from '../../src/core/playbook/problem.ts';
import { shopFiles } from '../scenarios/smallBot.ts';

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'room-automatic-'));
});
afterEach(() => rm(room, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries({ ...shopFiles, ...files })) {
    await mkdir(dirname(join(room, name)), { recursive: true });
    await writeFile(join(room, name), text.replaceAll('DIRECTORY', room));
  }
}

const playbook = shopFiles['alerts/shop-errors.yml'] ?? '';
const service = shopFiles['services/shop.yml'] ?? '';

async function problemsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await write(files);
  const { problems } = await loadRoom({ directory: room, pace: 1 });
  return problems.map((problem) => formatProblem(problem).slice(room.length + 1));
}

describe('lint lets the bot carry out by itself', () => {
  const step = (more: string) => ({ 'alerts/shop-errors.yml': `${playbook}${more}` });

  it('what can be taken back and is proved by an indicator', async () => {
    expect(await problemsOf(step('    automatic: live\n'))).toEqual([]);
    const { room: read } = await loadRoom({ directory: room, pace: 2 });
    expect(read?.definitions['shop-errors']?.playbook.steps).toMatchObject([
      { automatic: { mode: 'live', afterMs: 30_000 } },
    ]);
  });

  it('nothing that could not be held in time', async () => {
    expect(await problemsOf(step('    automatic: shadow\n    after: 9s\n'))).toEqual([
      'alerts/shop-errors.yml:9:12: Nobody can hold it in less than 10 s.',
    ]);
  });

  it('nothing that is proved by its exit code, unless the step itself names an indicator', async () => {
    const files = {
      'services/shop.yml': service.replace(/ {4}verify: .*\n/, '    verify: exit\n'),
    };
    expect(await problemsOf({ ...files, ...step('    automatic: live\n') })).toEqual([
      'alerts/shop-errors.yml:8:5: `cache_off` is proved by its exit code alone; what the bot does by itself is decided and proved by an indicator, so it needs a `verify`.',
    ]);
    expect(await problemsOf({ ...files, ...step('    automatic: live\n    verify: error_ratio\n') })).toEqual(
      [],
    );
  });

  it('never what is destructive', async () => {
    const files = { 'services/shop.yml': service.replace('risk: change', 'risk: destructive') };
    const problems = await problemsOf({ ...files, ...step('    automatic: shadow\n') });
    expect(problems).toContain(
      'alerts/shop-errors.yml:8:5: `cache_off` is `destructive`: it cannot simply be undone and takes two people, so the bot never starts it alone.',
    );
  });
});

describe('genesis plan', () => {
  it.each([
    ['live', 'AUTOMATIC carried out by the bot after 2 min, unless somebody holds it'],
    ['shadow', 'AUTOMATIC shadow: after 2 min the bot only says that it would carry it out'],
  ])('says at the top and at the step that it is %s', async (mode, said) => {
    await write({ 'alerts/shop-errors.yml': `${playbook}    automatic: ${mode}\n    after: 2m\n` });
    const lines: string[] = [];
    await plan({ directory: room, playbook: 'shop-errors', format: 'text' }, (line) => lines.push(line));
    const first = lines.indexOf('');
    expect(lines.slice(0, first)).toContain(`${said}: step 1, cache_off`);
    expect(lines.slice(first)).toContain(`    ${said}`);
  });
});

describe('a scenario test', () => {
  const run = async (mode: string, walk: string, end = '{ run: completed }'): Promise<string> => {
    await write({
      'alerts/shop-errors.yml': `${playbook}    automatic: ${mode}\n  - ask: Is it calm again?\n`,
      'tests/shop.test.yml': `tests:
  - test: The cache is switched off
    alert: { alertname: ShopErrors, service: shop }
    indicators: { error_ratio: 5% }
    walk:
${walk}
    expect: ${end}
`,
    });
    const lines: string[] = [];
    await test(room, { print: (line) => lines.push(line) });
    return lines.join('\n');
  };
  const ask = '      - ask: Is it calm again?';

  it('lets the moment come, and says what it expects of the bot', async () => {
    const live = `      - { do: cache_off, automatic: live, set: { error_ratio: 0.1% } }\n${ask}`;
    expect(await run('live', live, '{ run: completed, changed: [cache_off] }')).toContain(
      '1 test played, all passed',
    );
    const shadow = `      - { do: cache_off, automatic: shadow, skip: true }\n${ask}`;
    expect(await run('shadow', shadow, '{ run: completed, changed: [] }')).toContain(
      '1 test played, all passed',
    );
    const held = `      - { do: cache_off, automatic: held, set: { error_ratio: 0.1% } }\n${ask}`;
    expect(await run('live', held)).toContain('1 test played, all passed');
  });

  it('fails where the bot does something else', async () => {
    expect(await run('shadow', `      - { do: cache_off, automatic: live }\n${ask}`)).toContain(
      'the bot announces it as shadow, not as live.',
    );
    expect(await run('live', `      - { do: cache_off, automatic: left }\n${ask}`)).toContain(
      'when its moment has come, the bot carries it out by itself.',
    );
    const calm = `      - { pass: 1s, set: { error_ratio: no data } }\n      - { do: cache_off, automatic: live }\n${ask}`;
    expect(await run('live', calm)).toContain('the bot leaves it to people, without data.');
  });
});
