import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fetch } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createOutbound,
  type Outbound,
  pinnedAgent,
  type Resolver,
} from '../../../src/adapters/outbound/outbound.ts';
import { isPublicAddress } from '../../../src/adapters/outbound/publicAddress.ts';
import { people, teamId } from '../../../src/sandbox/emulator/seed.ts';
import { postSigned } from '../../../src/sandbox/emulator/signedRequest.ts';
import { type Setting, setting } from '../../adapters/slack/workspace.ts';

/** Something inside that must not be reached, and that counts who came. */
let inside: Server;
let port = 0;
let visits: string[] = [];

beforeAll(async () => {
  inside = createServer((request, response) => {
    visits.push(`${request.method} ${request.url}`);
    response.end('secret');
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
  port = (inside.address() as AddressInfo).port;
});
afterAll(() => {
  inside.close();
  inside.closeAllConnections();
});
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  visits = [];
});

const names: Readonly<Record<string, readonly string[]>> = {
  // Names of Slack's own that answer with what they should not: a poisoned resolver, or rebinding.
  'hooks.slack.com': ['127.0.0.1'],
  'files.slack.com': ['52.0.0.1', '10.0.0.7'],
  'a.slack.com': ['169.254.169.254'],
  'b.slack.com': ['::1'],
  'c.slack.com': ['::ffff:127.0.0.1'],
  'd.slack.com': ['fd00:ec2::254'],
  'e.slack.com': ['64:ff9b::7f00:1'],
  'f.slack.com': ['2002:7f00:1::'],
  'g.slack.com': ['fe80::1'],
  'h.slack.com': ['100.100.100.200'],
  'i.slack.com': [],
};
const resolve: Resolver = (hostname, done) => {
  const addresses = names[hostname];
  if (!addresses) return done(new Error(`nobody asks for ${hostname}`), []);
  return done(
    null,
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
};

function guarded(named: readonly string[] = []): Outbound {
  const outbound = createOutbound({ hosts: ['slack.com', 'slack-gov.com'], named, resolve });
  stops.push(() => outbound.stop());
  return outbound;
}

/** Addresses that lead inside, in every way in which an address can be written, and ways around a list of hosts. */
const hostileAddresses = (): readonly string[] => {
  const hosts = [
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.127.127.127',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f000001',
    '0x7f.0x0.0x0.0x1',
    '0177.0.0.1',
    '0177.0000.0000.0001',
    '017700000001',
    '127.0.0.1.',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    'localhost',
    'localhost.',
    'LOCALHOST',
    'localhost.localdomain',
    'localtest.me',
    '127.0.0.1.nip.io',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    'hooks.slack.com.evil.example',
    'evil-slack.com',
    'evilslack.com',
    'slack.com.',
    'hooks.slack.com.',
    'slack.co',
    'hooks.slack.com%2eevil.example',
    'hooks.slаck.com',
    'user@127.0.0.1',
    'hooks.slack.com@127.0.0.1',
    'hooks.slack.com:x@127.0.0.1',
    'hooks.slack.com%00.evil.example',
    'xn--slck-5nd.com',
  ];
  const metadata = [
    'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    'http://169.254.169.254.nip.io/latest/meta-data/',
    'http://2852039166/latest/meta-data/',
    'http://0xa9fea9fe/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://100.100.100.200/latest/meta-data/',
    'http://192.0.0.192/opc/v1/instance/',
    'http://169.254.170.2/v2/credentials/',
  ];
  const schemes = [
    'file:///etc/passwd',
    'ftp://hooks.slack.com/x',
    'gopher://127.0.0.1:6379/_INFO',
    'data:text/plain,x',
    'javascript:alert(1)',
    'blob:https://hooks.slack.com/x',
    'ws://hooks.slack.com/x',
    'unix:/var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock/x',
    '//127.0.0.1/x',
    '/relative',
    '',
    ' ',
    'https://',
    'https:///x',
    'https:\\\\127.0.0.1\\x',
    'https://[',
    'https://hooks.slack.com:22/x',
    `https://hooks.slack.com:${port}/x`,
    'http://hooks.slack.com/actions/T1/1/x',
    'https://user:password@hooks.slack.com/x',
  ];
  return [
    ...hosts.flatMap((host) => [
      `http://${host}:${port}/x`,
      `https://${host}:${port}/x`,
      `https://${host}/x`,
    ]),
    ...Object.keys(names).map((name) => `https://${name}/actions/T1/1/x`),
    ...metadata,
    ...schemes,
  ];
};

const post = (outbound: Outbound, address: string) =>
  outbound.postJson(address, { text: 'private' }, AbortSignal.timeout(20_000));

describe('an address that came with a message', { tags: ['trust-35'] }, () => {
  it('leads nowhere but to Slack, however it is written and whatever its name resolves to', async ({
    annotate,
  }) => {
    const outbound = guarded();
    const corpus = hostileAddresses();
    for (const address of corpus) {
      await expect(post(outbound, address), address).rejects.toThrow();
    }
    expect(visits).toEqual([]);
    await annotate(
      `${corpus.length} addresses, ${corpus.length} blocked (100 %), 0 requests arrived`,
      'figure',
    );
  });

  it('is taken at an origin that the environment names, there alone, and without following it elsewhere', async () => {
    const redirecting = createServer((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    });
    await new Promise<void>((done) => redirecting.listen(0, '127.0.0.1', done));
    stops.push(async () => {
      redirecting.close();
      redirecting.closeAllConnections();
    });
    const to = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
    expect(await post(guarded([`http://127.0.0.1:${port}/api/`]), `http://127.0.0.1:${port}/answer`)).toBe(
      true,
    );
    expect(visits).toEqual(['POST /answer']);
    await expect(post(guarded([to]), `${to}/x`)).rejects.toThrow();
    await expect(post(guarded([to]), `http://127.0.0.1:${port}/x`)).rejects.toThrow();
    expect(visits).toEqual(['POST /answer']);
  });

  it('is resolved once, and the connection goes to the address that was checked', async () => {
    const asked: string[] = [];
    // The first answer is fine; a second one would lead elsewhere.
    const agent = pinnedAgent(
      (hostname, done) => {
        asked.push(hostname);
        done(null, [{ address: asked.length === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
      },
      (address) => address === '127.0.0.1',
    );
    stops.push(() => agent.destroy());
    const url = `http://rebinding.example:${port}/once`;
    expect((await fetch(url, { dispatcher: agent })).status).toBe(200);
    expect(asked).toEqual(['rebinding.example']);
    expect(visits).toEqual(['GET /once']);
    const other = pinnedAgent(
      (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
      () => false,
    );
    stops.push(() => other.destroy());
    await expect(fetch(url, { dispatcher: other })).rejects.toThrow();
    expect(visits).toHaveLength(1);
  });

  it('is public or not by what it is, not by how it looks', () => {
    for (const address of [
      '8.8.8.8',
      '52.84.0.1',
      '172.15.0.1',
      '172.32.0.1',
      '2606:4700::1',
      '2a03:2880::1',
    ]) {
      expect(isPublicAddress(address), address).toBe(true);
    }
    for (const address of Object.values(names)
      .flat()
      .filter((each) => each !== '52.0.0.1')) {
      expect(isPublicAddress(address), address).toBe(false);
    }
    for (const address of [
      '',
      'localhost',
      '1.2.3',
      '::ffff:8.8.8.8',
      '2001:0:1::1',
      '2001:db8::1',
      '3fff::1',
      'ff02::1',
    ]) {
      expect(isPublicAddress(address), address).toBe(false);
    }
  });

  it('in a signed request of Slack gets nothing but what is Slack’s', async ({ annotate }) => {
    const at: Setting = await setting('http');
    stops.push(() => at.stop());
    const refused = () =>
      at.log.lines.filter((line) => JSON.stringify(line).includes('did not take it')).length;
    const corpus = hostileAddresses().filter((_, index) => index % 4 === 0 || index > 150);
    for (const [index, address] of corpus.entries()) {
      const body = new URLSearchParams({
        command: '/genesis',
        text: 'help',
        user_id: people.oncall,
        team_id: teamId,
        channel_id: 'C0GENERAL01',
        trigger_id: `trigger-${index}`,
        response_url: address,
      });
      const answer = await postSigned({
        url: at.url ?? '',
        secret: at.slack.signingSecret,
        at: Math.floor(Date.now() / 1_000),
        contentType: 'application/x-www-form-urlencoded',
        headers: {},
        body: body.toString(),
        signal: AbortSignal.timeout(20_000),
      });
      expect(answer.status).toBe(200);
    }
    // Whoever asked is still answered, by the other way.
    await vi.waitFor(
      () => expect(at.slack.workspace.ephemerals(people.oncall)).toHaveLength(corpus.length),
      20_000,
    );
    expect(refused()).toBe(corpus.length);
    expect(visits).toEqual([]);
    await annotate(
      `${corpus.length} signed requests with a foreign response_url: 0 requests left the bot`,
      'figure',
    );
  });
});

describe('what the bot fetches', { tags: ['trust-35'] }, () => {
  it('is named here, and follows no redirects', () => {
    const src = join(import.meta.dirname, '../../../src');
    const fetching = readdirSync(src, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !file.includes('/sandbox/'))
      .filter((file) =>
        /(?<![.\w])(?:fetch|guardedFetch|httpRequest|httpsRequest)\(/.test(readFileSync(file, 'utf8')),
      )
      .map((file) => file.slice(src.length + 1));
    // Each of these asks a host that the environment names, or goes through the guard.
    const known = [
      'adapters/alertmanager/catchUp.ts',
      'adapters/alertmanager/silencer.ts',
      'adapters/heartbeat/heartbeat.ts',
      'adapters/outbound/outbound.ts',
      'adapters/prometheus/api.ts',
      'adapters/slack/slackClient.ts',
      'adapters/slack/transport.ts',
      'commands/doctor/ask.ts',
    ];
    expect(fetching.filter((file) => !known.includes(file))).toEqual([]);
    for (const file of fetching) {
      // The Web API's client asks for none, and undici's `request` follows none.
      if (file.startsWith('adapters/slack/')) continue;
      expect(readFileSync(join(src, file), 'utf8'), file).toMatch(/redirect: '(?:error|manual)'/);
    }
  });
});
