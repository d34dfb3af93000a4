import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseRules } from '../../src/sandbox/alerts/rulesFile.ts';
import { requireComponent } from '../fakes/components.ts';

const file = fileURLToPath(new URL('../../playbooks/prometheus/alertmanager.example.yml', import.meta.url));
const rules = fileURLToPath(new URL('../../playbooks/prometheus/rules.yml', import.meta.url));
const amtool = requireComponent('amtool');
const run = async (...args: string[]) => (await promisify(execFile)(amtool ?? '', args)).stdout.trim();

const schema = z.object({
  receivers: z.array(
    z.object({
      webhook_configs: z.array(
        z.object({
          url: z.string(),
          send_resolved: z.boolean(),
          http_config: z.object({ authorization: z.object({ type: z.string() }) }),
        }),
      ),
    }),
  ),
  inhibit_rules: z.array(
    z.object({ source_matchers: z.array(z.string()), target_matchers: z.array(z.string()) }),
  ),
});

describe('the example of a routing in Alertmanager', () => {
  it.skipIf(amtool === null)('is a valid configuration', async () => {
    expect(await run('check-config', file)).toMatch(/SUCCESS/);
  });

  it.skipIf(amtool === null)('hands every shipped alert to the bot', async () => {
    const alerts = parseRules(await readFile(rules, 'utf8')).flatMap((group) => group.rules);
    expect(alerts.length).toBeGreaterThan(10);
    for (const severity of new Set(alerts.map(({ labels }) => labels.severity)))
      expect(
        await run('config', 'routes', 'test', `--config.file=${file}`, 'service=any', `severity=${severity}`),
      ).toBe('genesis');
  });

  it('tells the bot of the end of an alert too, with a token', async () => {
    const [receiver] = schema.parse(parse(await readFile(file, 'utf8'))).receivers;
    expect(receiver?.webhook_configs).toMatchObject([
      { send_resolved: true, http_config: { authorization: { type: 'Bearer' } } },
    ]);
    expect(new URL(receiver?.webhook_configs[0]?.url ?? '').pathname).toBe('/alertmanager');
  });

  it('silences only alerts that there are', async () => {
    const names = parseRules(await readFile(rules, 'utf8')).flatMap((group) =>
      group.rules.map(({ name }) => name),
    );
    const said = schema
      .parse(parse(await readFile(file, 'utf8')))
      .inhibit_rules.flatMap(({ source_matchers, target_matchers }) => [
        ...source_matchers,
        ...target_matchers,
      ])
      .flatMap((matcher) => /^alertname =~? "(.+)"$/.exec(matcher)?.[1]?.split('|') ?? []);
    expect(said.length).toBeGreaterThan(4);
    expect(said.filter((name) => !names.includes(name))).toEqual([]);
  });
});
