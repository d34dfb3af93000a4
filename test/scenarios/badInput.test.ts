import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/adapters/logging/log.ts';
import { channelIds, people, teamId } from '../../src/sandbox/emulator/seed.ts';
import { eventsOf, type Rehearsal, rehearse, type Stops, stopAll } from './rehearsal.ts';
import { createWorkspaceDriver } from './workspaceDriver.ts';

const { oncall, visitor } = people;
const stops: Stops = [];
let sandbox: Rehearsal;
/** Where the bot listens. */
let url = '';
let channel = '';

const firing = (): Record<string, unknown> =>
  JSON.parse(
    readFileSync(new URL('../fixtures/alertmanager/firing.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>;

const alertOf = (payload: Record<string, unknown>): Record<string, unknown> => {
  const [alert] = payload.alerts as Record<string, unknown>[];
  if (!alert) throw new Error('the fixture holds no alert');
  return alert;
};

beforeAll(async () => {
  // Nothing of the patient's fires here, and no clock goes off: what is in the log comes from these tests alone.
  sandbox = await rehearse(stops, { delivery: 'http', pace: 1, log: createLog({ level: 'silent' }) });
  url = sandbox.bot.url;
  await vi.waitFor(async () => {
    const ready = (await (await fetch(`${url}/readyz`)).json()) as { checks: { slack: { status: string } } };
    expect(ready.checks.slack.status).toBe('ok');
  }, 20_000);
  expect((await webhook(JSON.stringify(firing()))).status).toBe(200);
  const slack = createWorkspaceDriver(sandbox.emulator);
  ({ id: channel } = await slack.incidentChannel(1));
  await slack.withButton(channel, 'Answer');
  await vi.waitFor(
    () => expect(sandbox.emulator.workspace.channel(channel)?.memberIds).toContain(oncall),
    20_000,
  );
}, 90_000);

afterAll(() => stopAll(stops));

async function webhook(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/alertmanager`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${sandbox.env.ALERTMANAGER_TOKEN}`,
      ...headers,
    },
  });
  return { status: response.status, text: await response.text() };
}

/** Nothing that happens in here leaves a trace in the log, and the bot goes on. */
async function changesNothing(work: () => Promise<void>): Promise<void> {
  await sandbox.emulator.settled();
  const before = (await eventsOf(sandbox.env)).length;
  await work();
  await sandbox.emulator.settled();
  expect((await eventsOf(sandbox.env)).slice(before)).toEqual([]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}

describe('a webhook that is not right', { tags: ['trust-23'] }, () => {
  const changed = (change: (payload: Record<string, unknown>) => void): string => {
    const payload = firing();
    change(payload);
    return JSON.stringify(payload);
  };
  const bad: Readonly<Record<string, () => string | Uint8Array<ArrayBuffer>>> = {
    'nothing at all': () => '',
    'half of one': () => JSON.stringify(firing()).slice(0, 300),
    'no JSON': () => 'status=firing&alerts=1',
    'a list': () => '[]',
    'a message that Alertmanager writes for Slack': () =>
      readFileSync(new URL('../fixtures/alertmanager/slack-configs-post.json', import.meta.url), 'utf8'),
    'bytes that are no text': () => new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    'an older version': () => changed((payload) => Object.assign(payload, { version: '3' })),
    'a version that does not exist yet': () => changed((payload) => Object.assign(payload, { version: '5' })),
    'no version': () => changed((payload) => Object.assign(payload, { version: undefined })),
    'no alerts': () => changed((payload) => Object.assign(payload, { alerts: [] })),
    'labels that are numbers': () =>
      changed((payload) => Object.assign(alertOf(payload), { labels: { alertname: 7 } })),
    'an unknown status': () => changed((payload) => Object.assign(alertOf(payload), { status: 'broken' })),
    'a date that is none': () =>
      changed((payload) => Object.assign(alertOf(payload), { startsAt: 'yesterday' })),
    'a fingerprint with a path in it': () =>
      changed((payload) => Object.assign(alertOf(payload), { fingerprint: '../../etc/passwd' })),
    'the same key twice': () => JSON.stringify(firing()).replace('"version"', '"version":"4","version"'),
    'a key that reaches into every object': () =>
      JSON.stringify(firing()).replace('"version"', '"__proto__":{"version":"4"},"version"'),
    'nesting without end': () => `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  };

  it.each(Object.entries(bad))('is refused with a reason: %s', async (_, body) => {
    await changesNothing(async () => {
      const { status, text } = await webhook(body());
      expect(status).toBe(400);
      expect((JSON.parse(text) as { message: string }).message).toMatch(/\w+ .*\.$/);
    });
  });

  it('is refused when it is too large, compressed, of another type, method or path', async () => {
    await changesNothing(async () => {
      expect((await webhook(`"${'x'.repeat(1_100_000)}"`)).status).toBe(413);
      expect((await webhook('{}', { 'content-encoding': 'gzip' })).status).toBe(415);
      expect((await webhook('{}', { 'content-type': 'text/plain' })).status).toBe(415);
      expect((await fetch(`${url}/alertmanager`)).status).toBe(405);
      expect((await fetch(`${url}/alertmanager/..%2f..%2fetc/passwd`)).status).toBe(404);
    });
  });

  it('is refused without the token, before anything of it is read', async () => {
    await changesNothing(async () => {
      const body = JSON.stringify(firing());
      for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic YTpi', `bearer${' '.repeat(50)}x`])
        expect((await webhook(body, { authorization })).status).toBe(401);
      // The length is announced and nothing is sent: the answer comes all the same.
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const asking = httpRequest(
        `${url}/alertmanager`,
        { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': 900_000 } },
        (response) => resolve(response.statusCode ?? 0),
      );
      asking.on('error', reject);
      asking.flushHeaders();
      expect(await promise).toBe(401);
      asking.destroy();
    });
  });

  it('with hostile texts in its labels is shown as text and named as nothing else', async () => {
    const hostile = '<!channel> <@U0VISITOR01> *bold* <https://evil.example|Dashboard> $(reboot) `x` \u202e';
    const payload = firing();
    Object.assign(payload, { groupKey: 'hostile' });
    Object.assign(alertOf(payload), {
      fingerprint: 'feedfacefeedface',
      generatorURL: 'javascript:alert(1)',
      labels: { alertname: hostile, service: 'hostile/../service', severity: 'page' },
      annotations: { summary: hostile, description: 'x'.repeat(20_000) },
    });
    expect((await webhook(JSON.stringify(payload))).status).toBe(200);
    const slack = createWorkspaceDriver(sandbox.emulator);
    const second = await slack.incidentChannel(2);
    expect(second.name).toMatch(/^incident-\d{4}-\d\d-\d\d-[a-z0-9-]+-2$/);
    await slack.withButton(second.id, 'Answer');
    const said = [
      ...sandbox.emulator.workspace.allMessages('#genesis-alerts'),
      ...sandbox.emulator.workspace.allMessages(second.id),
    ]
      .filter(({ isByApp }) => isByApp)
      .flatMap(({ text, blocks }) => [text, ...markupOf(blocks)])
      .join('\n');
    expect(said).not.toContain('<!channel>');
    expect(said).not.toContain('<@U0VISITOR01>');
    expect(said).not.toContain('<https://evil.example');
    expect(said).not.toContain('javascript:');
    expect(said).toContain('&lt;!channel&gt;');
  });
});

/** Texts in which Slack makes mentions and links of what looks like them; the others it shows as they are. */
function markupOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(markupOf);
  if (typeof value !== 'object' || value === null) return [];
  const json = value as Record<string, unknown>;
  return json.type === 'mrkdwn' ? [String(json.text)] : Object.values(json).flatMap(markupOf);
}

type Signing = {
  readonly secret?: string;
  readonly skewSeconds?: number;
  readonly headers?: Record<string, string>;
};

async function toSlackDoor(body: string, signing: Signing = {}, type = 'application/x-www-form-urlencoded') {
  const at = String(Math.floor(Date.now() / 1_000) + (signing.skewSeconds ?? 0));
  const secret = signing.secret ?? sandbox.emulator.signingSecret;
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;
  const response = await fetch(`${url}/slack/events`, {
    method: 'POST',
    body,
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': at,
      'x-slack-signature': signature,
      ...signing.headers,
    },
  });
  return { status: response.status, text: await response.text() };
}

const declare = (title: string): string =>
  new URLSearchParams({
    command: '/genesis',
    text: `declare ${title}`,
    user_id: oncall,
    team_id: teamId,
    channel_id: channelIds.general,
    trigger_id: `1.2.${title}`,
    response_url: `${sandbox.emulator.url}/response/none`,
  }).toString();

describe('a request that claims to be from Slack', () => {
  it('is refused unsigned, wrongly signed, stale or from the future, and changes nothing', async () => {
    await changesNothing(async () => {
      const refused: Signing[] = [
        { secret: 'another secret, as long as ours' },
        { skewSeconds: -400 },
        { skewSeconds: 400 },
        { headers: { 'x-slack-signature': '' } },
        { headers: { 'x-slack-signature': `v0=${'0'.repeat(64)}` } },
        { headers: { 'x-slack-request-timestamp': 'soon' } },
      ];
      for (const signing of refused) expect((await toSlackDoor(declare('no'), signing)).status).toBe(401);
      expect((await toSlackDoor(`text=${'x'.repeat(300_000)}`)).status).toBe(413);
      expect((await fetch(`${url}/slack/events`)).status).toBe(405);
    });
  });

  it('is heard once, however often it is sent', async () => {
    const body = declare('Heard once');
    const at = { skewSeconds: -1 };
    const opened = async () =>
      (await eventsOf(sandbox.env)).filter(
        ({ event }) => event.type === 'IncidentOpened' && event.data.title === 'Heard once',
      ).length;
    const timestamp = String(Math.floor(Date.now() / 1_000) - 1);
    const signature = `v0=${createHmac('sha256', sandbox.emulator.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    const headers = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
    for (let times = 0; times < 3; times += 1)
      expect((await toSlackDoor(body, { ...at, headers })).status).toBe(200);
    await vi.waitFor(async () => expect(await opened()).toBe(1), 10_000);
    // Signed anew, as Slack does when it tries again, it still is the same request.
    expect((await toSlackDoor(body)).status).toBe(200);
    await sandbox.emulator.settled();
    expect(await opened()).toBe(1);
  });

  it('may carry anything at all when it is signed: what cannot be read is answered and nothing else', async () => {
    await changesNothing(async () => {
      const payload = (json: unknown) => new URLSearchParams({ payload: JSON.stringify(json) }).toString();
      const bodies = [
        'payload=',
        'payload=%7B',
        payload(null),
        payload([]),
        payload({ type: 'block_actions' }),
        payload({ type: 'block_actions', user: { id: oncall }, team: { id: teamId }, actions: [] }),
        payload({
          type: 'block_actions',
          user: { id: 7 },
          trigger_id: 'x',
          actions: [{ action_id: 'run.end' }],
        }),
        payload({ type: 'view_submission', user: { id: oncall }, view: { callback_id: 'genesis.resolve' } }),
        payload({ type: 'something_new', user: { id: oncall } }),
        'command=/genesis',
        'command=/another&text=declare+x&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1',
      ];
      const events = [
        '{}',
        'null',
        '[]',
        '{"type":"event_callback"}',
        '{"type":"event_callback","event":{"type":"app_mention"}}',
      ];
      // All at once: what no listener takes is given up after three seconds.
      const answers = await Promise.all([
        ...bodies.map((body) => toSlackDoor(body)),
        ...events.map((body) => toSlackDoor(body, {}, 'application/json')),
      ]);
      for (const { status } of answers) expect([200, 400, 404]).toContain(status);
    });
  });

  it('from another workspace is not acted on', async () => {
    await changesNothing(async () => {
      const body = declare('From elsewhere').replace(teamId, 'T0ELSEWHERE');
      expect((await toSlackDoor(body)).status).toBe(200);
    });
  });
});

describe('a click or form that nobody was shown', () => {
  const message = () => {
    const found = sandbox.emulator.workspace
      .allMessages(channel)
      .find((each) => JSON.stringify(each.blocks).includes('step.answer'));
    if (!found) throw new Error('there is no question in the channel');
    return found;
  };
  const interactive = (more: Record<string, unknown>) =>
    toSlackDoor(
      new URLSearchParams({
        payload: JSON.stringify({
          team: { id: teamId },
          user: { id: oncall, team_id: teamId },
          trigger_id: `9.9.${JSON.stringify(more)}`,
          channel: { id: channel },
          ...more,
        }),
      }).toString(),
    );
  const clickOn = (actionId: string, value: string | undefined, user: string = oncall) =>
    interactive({
      type: 'block_actions',
      user: { id: user, team_id: teamId },
      message: { ts: message().ts },
      actions: [{ type: 'button', block_id: 'x', action_id: actionId, value }],
    });
  const told = (words: RegExp, person: string = oncall) =>
    createWorkspaceDriver(sandbox.emulator, 10_000).told(person, words);

  it('is answered privately where the button or its value is unknown', async () => {
    await changesNothing(async () => {
      const forged: [string, string | undefined][] = [
        ['no.such.button', '{"i":"INC-1"}'],
        ['step.answer', undefined],
        ['step.answer', ''],
        ['step.answer', 'INC-1'],
        ['step.perform', '{"r":"INC-1.1","s":"../../x","a":1}'],
        ['step.perform', '{"r":"INC-1.1","s":"1","a":1,"admin":true}'],
        ['step.perform', `{"r":"INC-1.1","s":"${'9'.repeat(1_900)}"}`],
        ['incident.acknowledge', '{"i":"INC-999"}'],
        ['incident.acknowledge', '{"i":"INC-1; drop table events"}'],
        ['plan.approve', `{"r":"INC-1.1","h":"${'0'.repeat(64)}"}`],
        ['run.end', '{"r":"INC-999.1"}'],
        ['step.choose', '{"r":"INC-1.1","s":"1","a":999,"o":"x"}'],
      ];
      for (const [actionId, value] of forged) {
        const before = sandbox.emulator.workspace.ephemerals(oncall).length;
        expect((await clickOn(actionId, value)).status, actionId).toBe(200);
        await vi.waitFor(
          () =>
            expect(
              sandbox.emulator.workspace.ephemerals(oncall).length,
              `${actionId} ${value?.slice(0, 60)}`,
            ).toBeGreaterThan(before),
          10_000,
        );
      }
      await told(
        /There is no INC-999|button is of an older version|not open|has no step|no longer|approved as a whole/,
      );
    });
  });

  it('does not act for people who may not, whatever the button says', async () => {
    await changesNothing(async () => {
      await sandbox.emulator.person(visitor).join(channel);
      expect((await clickOn('incident.acknowledge', '{"i":"INC-1"}', visitor)).status).toBe(200);
      await told(/You may not/, visitor);
      expect((await clickOn('incident.acknowledge', '{"i":"INC-1"}', 'U0NOBODY0001')).status).toBe(200);
    });
  });

  it('is not taken for a form of ours', async () => {
    await changesNothing(async () => {
      const view = (more: Record<string, unknown>) =>
        interactive({
          type: 'view_submission',
          view: {
            id: `V${JSON.stringify(more).length}`,
            hash: 'h',
            type: 'modal',
            callback_id: 'genesis.resolve',
            private_metadata: '',
            state: { values: {} },
            ...more,
          },
        });
      const metadata = (value: string) => JSON.stringify({ c: channel, u: null, v: value });
      for (const more of [
        { callback_id: 'genesis.nothing', private_metadata: metadata('{"i":"INC-1"}') },
        { private_metadata: 'not ours' },
        { private_metadata: metadata('{"i":"INC-999"}') },
        { private_metadata: metadata('not a value') },
        { callback_id: 'genesis.severity', private_metadata: metadata('{"i":"INC-1"}') },
      ])
        await view(more);
    });
  });
});
