import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, startProgram } from '../../src/sandbox/alerts/program.ts';
import { requireComponent } from '../fakes/components.ts';
import { startPagerDutyServer } from '../fakes/pagerdutyServer.ts';
import { startFakePrometheus } from '../fakes/prometheus.ts';
import { startSmtpServer } from '../fakes/smtpServer.ts';
import { startSshd } from '../fakes/sshd.ts';
import { type Stops, stopAll } from '../scenarios/rehearsal.ts';
import { shopFiles } from '../scenarios/smallBot.ts';
import { answering, failures, program, surgery, warnings } from './doctorRig.ts';

const stops: Stops = [];
afterEach(() => stopAll(stops));

const failed = (of: string, says: RegExp, fix: RegExp) => [
  { level: 'failed', of, says: expect.stringMatching(says), fix: expect.stringMatching(fix) },
];

describe('Alertmanager', () => {
  const status = (config: string) => ({ versionInfo: { version: '0.28.1' }, config: { original: config } });
  const receiver = (more: string, route = 'genesis') => `route: { receiver: ${route} }
receivers:
  - name: other
  - name: genesis
    webhook_configs:
      - { ${more} }
`;
  const good = 'url: "http://genesis.test:3000/alertmanager", max_alerts: 500, send_resolved: true';

  it.each([
    [good, 'genesis', []],
    [good, 'other', [/No route of Alertmanager leads to the receiver genesis/]],
    [
      'url: "http://genesis.test/alertmanager", max_alerts: 5, send_resolved: false',
      'genesis',
      [/when alerts resolve/],
    ],
    ['url: "http://genesis.test/alertmanager", send_resolved: true', 'genesis', [/no max_alerts/]],
    ['url: "http://genesis.test/elsewhere", max_alerts: 5', 'genesis', [/ends in \/alertmanager/]],
    ['url: <secret>, max_alerts: 500', 'genesis', []],
  ])('with the receiver { %s } routed to %s', async (more, route, expected) => {
    const { examine } = await surgery(stops);
    const url = await answering(stops, () => status(receiver(more, route)));
    const { code, said } = await examine({ ALERTMANAGER_URL: url });
    expect(code).toBe(0);
    expect(warnings(said, 'alertmanager').map(({ says }) => says)).toEqual(
      expected.map((pattern) => expect.stringMatching(pattern)),
    );
  });

  it('has no receiver of the name in the environment', async () => {
    const { examine } = await surgery(stops);
    const url = await answering(stops, () => status(receiver(good)));
    const { said } = await examine({ ALERTMANAGER_URL: url, ALERTMANAGER_RECEIVER: 'gensis' });
    expect(warnings(said, 'alertmanager')[0]?.fix).toMatch(/one of: other, genesis/);
  });

  it('is not there, or is something else', async () => {
    const { examine } = await surgery(stops);
    const nothing = `http://127.0.0.1:${await freePort()}`;
    expect(failures((await examine({ ALERTMANAGER_URL: nothing })).said)).toEqual(
      failed('alertmanager', /ECONNREFUSED/, /ALERTMANAGER_URL/),
    );
    const other = await answering(stops, () => 404);
    expect(failures((await examine({ ALERTMANAGER_URL: other })).said)).toEqual(
      failed('alertmanager', /404\) is no Alertmanager/, /ALERTMANAGER_URL/),
    );
  });

  it.skipIf(requireComponent('alertmanager') === null)('is the real one', async () => {
    const { examine, directory } = await surgery(stops);
    const file = join(directory, 'alertmanager.yml');
    await writeFile(file, receiver(good));
    const url = `http://127.0.0.1:${await freePort()}`;
    const running = await startProgram(
      requireComponent('alertmanager') ?? '',
      [
        `--config.file=${file}`,
        `--storage.path=${join(directory, 'alertmanager')}`,
        `--web.listen-address=${new URL(url).host}`,
        '--cluster.listen-address=',
      ],
      `${url}/-/ready`,
    );
    stops.push(() => running.stop());
    const { said } = await examine({ ALERTMANAGER_URL: url, ALERTMANAGER_RECEIVER: 'genesis' });
    expect(said.filter(({ of }) => of === 'alertmanager').map(({ level }) => level)).toEqual(['ok', 'ok']);
  });
});

describe('Prometheus', () => {
  const vector = (at = Date.now()) => ({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [at / 1_000, '1'] }] },
  });
  const rules = (...names: string[]) => ({
    status: 'success',
    data: { groups: [{ rules: names.map((name) => ({ type: 'alerting', name })) }] },
  });

  it('has the rules and the data that the playbooks count on', async () => {
    const { examine } = await surgery(stops);
    const url = await answering(stops, (path) =>
      path.startsWith('/api/v1/rules') ? rules('ShopErrors') : vector(),
    );
    const { code, said } = await examine({ PROMETHEUS_URL: url });
    expect(code).toBe(0);
    expect(warnings(said, 'prometheus')).toEqual([]);
    expect(said).toContainEqual(expect.objectContaining({ says: '1 of 1 indicators have data.' }));
  });

  it('lacks a rule, or data for an indicator: warnings', async () => {
    const { examine } = await surgery(stops);
    const url = await answering(stops, (path, body) => {
      if (path.startsWith('/api/v1/rules')) return rules('Another');
      return body === '' ? vector() : { status: 'success', data: { resultType: 'vector', result: [] } };
    });
    const { code, said } = await examine({ PROMETHEUS_URL: url });
    expect(code).toBe(0);
    expect(warnings(said, 'prometheus').map(({ says }) => says)).toEqual([
      'It has no rule for 1 of the 1 alerts that playbooks answer: ShopErrors.',
      '1 of 1 indicators have no data, so their gates are inconclusive: shop/error_ratio.',
    ]);
  });

  it('refuses the query of an indicator', async () => {
    const { examine } = await surgery(stops);
    const url = await answering(stops, (path, body) =>
      path.startsWith('/api/v1/rules') ? rules('ShopErrors') : body === '' ? vector() : 400,
    );
    expect(failures((await examine({ PROMETHEUS_URL: url })).said)).toEqual(
      failed('prometheus', /shop\/error_ratio cannot be read: Prometheus answered 400/, /Mend its query/),
    );
  });

  it('has another time', async () => {
    const { examine } = await surgery(stops);
    const prometheus = await startFakePrometheus({ now: () => Date.now() + 30_000 });
    stops.push(() => prometheus.stop());
    const { said } = await examine({ PROMETHEUS_URL: prometheus.url });
    expect(warnings(said, 'prometheus')).toContainEqual(
      expect.objectContaining({
        says: expect.stringMatching(/^The clock of Prometheus is (29|30).* ahead of/),
      }),
    );
  });

  it('is not there', async () => {
    const { examine } = await surgery(stops);
    const { said } = await examine({ PROMETHEUS_URL: `http://127.0.0.1:${await freePort()}` });
    expect(failures(said)).toEqual(failed('prometheus', /ECONNREFUSED/, /PROMETHEUS_URL/));
  });
});

describe('PagerDuty', () => {
  const files = {
    'roster.yml': `roster:
  day: { usergroup: oncall, pagerduty: { routing_key: PAGERDUTY_ROUTING_KEY } }
  night: { pagerduty: { routing_key: PAGERDUTY_ROUTING_KEY_NIGHT } }
`,
  };

  it('has no key for a duty that can be called in no other way', async () => {
    const { examine } = await surgery(stops, { files });
    const { said } = await examine({ PAGERDUTY_ROUTING_KEY_LEADS: 'a-key-of-another-service' });
    expect(failures(said)).toEqual(
      failed(
        'pagerduty',
        /PAGERDUTY_ROUTING_KEY_NIGHT is not set, and night can/,
        /Set PAGERDUTY_ROUTING_KEY_NIGHT/,
      ),
    );
    expect(warnings(said, 'pagerduty')[0]?.says).toMatch(
      /^PAGERDUTY_ROUTING_KEY is not set, so PagerDuty does not call day/,
    );
  });

  it('accepts the token or not, and knows the person or not', async () => {
    const { examine } = await surgery(stops, { files });
    const pagerduty = await startPagerDutyServer();
    stops.push(() => pagerduty.stop());
    const env = {
      PAGERDUTY_ROUTING_KEY: pagerduty.keys.routing,
      PAGERDUTY_ROUTING_KEY_NIGHT: pagerduty.keys.routing,
      PAGERDUTY_TOKEN: pagerduty.keys.token,
      PAGERDUTY_FROM: pagerduty.keys.from,
      PAGERDUTY_API_URL: pagerduty.url,
      PAGERDUTY_EVENTS_URL: pagerduty.url,
    };
    const { code, said } = await examine(env);
    expect(failures(said)).toEqual([]);
    expect(code).toBe(0);
    expect(pagerduty.events).toEqual([]);
    expect(said.map(({ says }) => says)).toContainEqual(
      expect.stringMatching(/^(Keys of its pages begin with genesis\/[0-9a-f]{12}\/|Its pages get keys)/),
    );
    expect(failures((await examine({ ...env, PAGERDUTY_FROM: 'nobody@example.org' })).said)).toEqual(
      failed('pagerduty', /Nobody in PagerDuty/, /e-mail address/),
    );
    const wrong = await examine({ ...env, PAGERDUTY_TOKEN: 'a-token-of-nobody' });
    expect(failures(wrong.said)).toEqual(failed('pagerduty', /./, /PAGERDUTY_TOKEN/));
    expect(JSON.stringify(wrong.said)).not.toContain('a-token-of-nobody');
  });
});

describe('the mail server', () => {
  it('lets the bot in, or not; nothing is sent', async () => {
    const { examine } = await surgery(stops);
    const smtp = await startSmtpServer({ allowInsecureAuth: true });
    stops.push(() => smtp.stop());
    const url = (password: string) =>
      `smtp://genesis:${encodeURIComponent(password)}@127.0.0.1:${smtp.port}?from=a@b.test&to=c@d.test`;
    expect((await examine({ SMTP_URL: url('right password') })).code).toBe(0);
    expect(failures((await examine({ SMTP_URL: url('wrong password') })).said)).toEqual(
      failed('mail', /did not accept the user and password/, /SMTP_URL/),
    );
    expect(smtp.arrived).toEqual([]);
  });
});

const both = shopFiles['alerts/shop-errors.yml']?.replace(
  '- do: cache_off',
  '- do: cache_off\n  - do: restart',
);
const withBoth = { 'alerts/shop-errors.yml': both ?? '' };
const service = (host: string, run: string) => `service: shop
host: ${host}
indicators:
  error_ratio: { title: Error rate, query: errors, objective: { below: 1% } }
actions:
  cache_off:
    title: Switch the cache off
    risk: change
    write: { file: conf/cache.yml, content: "enabled: false\\n" }
    verify: { indicator: error_ratio, within: 8m }
    undo: previous
  restart: { title: Restart, risk: disruptive, run: ${run}, verify: error_ratio, undo: none }
`;

describe('hosts', () => {
  it('of this machine have their directory, their programs and the right to write', async () => {
    const hosts = 'hosts: { shop: { kind: local, directory: DIRECTORY/work, path: [DIRECTORY/bin] } }\n';
    const { examine, directory } = await surgery(stops, {
      files: { ...withBoth, 'hosts.yml': hosts, 'services/shop.yml': service('shop', '[shopctl, restart]') },
    });
    expect(failures((await examine()).said)).toEqual(failed('host shop', /no directory /, /mkdir -p/));
    await mkdir(join(directory, 'work', 'conf'), { recursive: true });
    expect(failures((await examine()).said)).toEqual(
      failed('host shop', /not there: shopctl/, /Install it on shop/),
    );
    await program(join(directory, 'bin'), 'shopctl');
    expect((await examine()).code).toBe(0);
  });

  it.skipIf(process.getuid?.() === 0)('must let actions write', async () => {
    const { examine, directory } = await surgery(stops);
    await chmod(directory, 0o555);
    stops.push(() => chmod(directory, 0o755));
    expect(failures((await examine()).said)).toContainEqual(
      expect.objectContaining({ of: 'host shop', says: expect.stringContaining('cannot be written to') }),
    );
  });

  it.skipIf(requireComponent('sshd') === null)(
    'over SSH are asked with the pinned key, in their directory, for their programs',
    async () => {
      const sshd = await startSshd();
      stops.push(() => sshd.stop());
      const hosts = (more: Readonly<Record<string, string>> = {}) => {
        const host = {
          kind: 'ssh',
          address: '127.0.0.1',
          port: String(sshd.port),
          user: sshd.user,
          host_key: sshd.hostKey,
          identity_file: sshd.identityFile,
          directory: 'DIRECTORY',
          path: '[DIRECTORY/bin]',
          ...more,
        };
        const lines = Object.entries(host).map(([name, value]) => `    ${name}: ${value}`);
        return `hosts:\n  shop:\n${lines.join('\n')}\n`;
      };
      const files = {
        ...withBoth,
        'services/shop.yml': service('shop', '[shopctl, restart]'),
        'hosts.yml': hosts(),
      };
      const { examine, directory, room } = await surgery(stops, { files });
      const now = async (more: Readonly<Record<string, string>> = {}) => {
        await writeFile(join(room, 'hosts.yml'), hosts(more).replaceAll('DIRECTORY', directory));
        return (await examine()).said;
      };
      await program(join(directory, 'bin'), 'shopctl');
      expect(failures(await now())).toEqual([]);
      expect(await now()).toContainEqual(
        expect.objectContaining({
          level: 'ok',
          of: 'host shop',
          says: expect.stringContaining('the pinned key'),
        }),
      );
      const other = `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5AAAAI'.padEnd(68, 'A')}`;
      expect(failures(await now({ host_key: other }))).toEqual(
        failed('host shop', /another host key than the one pinned/, /ssh-keyscan -p/),
      );
      expect(failures(await now({ identity_file: sshd.strangerIdentityFile }))).toEqual(
        failed('host shop', /does not let .* in/, /authorized_keys/),
      );
      expect(failures(await now({ directory: '/nowhere/at/all' }))).toEqual(
        failed('host shop', /no directory \/nowhere/, /hosts\.yml/),
      );
      expect(failures(await now({ path: '[/nowhere]' }))).toEqual(
        failed('host shop', /not there: shopctl/, /Install it on shop/),
      );
      expect(failures(await now({ identity_file: '/nowhere/key' }))).toEqual(
        failed('host shop', /no key file/, /ssh-keygen/),
      );
      await chmod(sshd.identityFile, 0o644);
      expect(failures(await now())).toEqual(failed('host shop', /can be read by others/, /^chmod 600 /));
      await chmod(sshd.identityFile, 0o600);
      const closed = String(await freePort());
      expect(failures(await now({ port: closed }))).toEqual(
        failed('host shop', /cannot be reached/, /port \d+ open/),
      );
    },
    60_000,
  );

  it('find the variables that actions need with the executor', async () => {
    const files = {
      ...withBoth,
      'services/shop.yml': service('shop', '["true"]').replace(
        'undo: none }',
        'undo: none, secrets: [SHOP_TOKEN] }',
      ),
    };
    const { examine, directory } = await surgery(stops, { files });
    expect(failures((await examine()).said)).toEqual(failed('executor', /SHOP_TOKEN/, /EXECUTOR_ENV/));
    const file = join(directory, 'executor.env');
    await writeFile(file, 'SHOP_TOKEN=a-secret-of-the-shop\n', { mode: 0o644 });
    const { code, said } = await examine({ EXECUTOR_ENV: file });
    expect(code).toBe(0);
    expect(warnings(said, 'executor')[0]?.fix).toMatch(/^chmod 600/);
    expect(JSON.stringify(said)).not.toContain('a-secret-of-the-shop');
    expect(failures((await examine({ EXECUTOR_ENV: '/nowhere/executor.env' })).said)).toEqual(
      failed('executor', /cannot be started/, /EXECUTOR_ENV/),
    );
  });
});
