import { describe, expect, it, onTestFinished } from 'vitest';
import { isPublicAddress } from '../../../src/adapters/outbound/publicAddress.ts';
import { createPager } from '../../../src/adapters/pagerduty/pager.ts';
import { onCallNow } from '../../../src/adapters/slack/slash/onCall.ts';
import type { Roster } from '../../../src/core/people/roster.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { WorkFailed } from '../../../src/engine/ports.ts';
import { createRota } from '../../../src/engine/rota.ts';
import { calledRoom, roster } from '../../fakes/called.ts';
import { type Fault, type PagerDutyServer, startPagerDutyServer } from '../../fakes/pagerdutyServer.ts';
import { createFakeLog } from '../../fakes/ports.ts';

const integration = { routingKey: 'PAGERDUTY_ROUTING_KEY', escalationPolicy: null };

/** Beside the usual ones: a duty that PagerDuty alone calls, with its policy, and one without. */
const duties: Roster = {
  ...roster,
  database: { ...roster['on-call']!, name: 'database', title: 'Database', usergroup: null },
  network: {
    ...roster['on-call']!,
    name: 'network',
    title: 'Network',
    usergroup: null,
    pagerduty: integration,
  },
};
const members: Readonly<Record<string, readonly string[]>> = {
  oncall: ['U1ENGINEER', 'U2SECOND'],
  leads: ['U3LEAD'],
  testing: [],
};

/** What `/genesis oncall` says, by line of the duty. */
async function asked(
  options: {
    readonly pagerduty?: { readonly token?: boolean; readonly fault?: Fault } | null;
    readonly slack?: 'down';
    readonly room?: Partial<Room>;
  } = {},
): Promise<{ text: string; line: (duty: string) => string; server: PagerDutyServer | null }> {
  const { pagerduty = null } = options;
  const clock = { now: () => Date.UTC(2026, 10, 21, 14, 0, 0) };
  const server = pagerduty && (await startPagerDutyServer({}));
  const pager =
    server &&
    createPager({
      routingKey: server.keys.routing,
      token: pagerduty?.token === false ? null : server.keys.token,
      from: null,
      apiUrl: server.url,
      eventsUrl: server.url,
      timeoutMs: 300,
      clock,
      isPublic: isPublicAddress,
    });
  onTestFinished(async () => {
    pager?.stop();
    await server?.stop();
  });
  if (pagerduty?.fault) server?.fail(pagerduty.fault, 100);
  const rota = createRota({
    pager: pagerduty?.token === false ? null : pager,
    people: {
      async membersOf(handles) {
        if (options.slack === 'down') throw new WorkFailed('unavailable', 'Slack answered with HTTP 503.');
        return handles.flatMap((handle) => members[handle] ?? []);
      },
    },
    clock,
    log: createFakeLog().log,
  });
  const { pages: _, ...withoutPages } = calledRoom;
  const base: Room = pagerduty ? calledRoom : withoutPages;
  const text = await onCallNow({ ...base, roster: duties, ...options.room }, rota);
  const line = (duty: string) => text.split('\n').find((each) => each.includes(`(${duty})`)) ?? '';
  return { text, line, server };
}

describe('/genesis oncall', { tags: ['trust-16'] }, () => {
  it('says by the roster alone who has a duty, and what cannot be called and why', async () => {
    const { text, line } = await asked();
    expect(line('on-call')).toBe('• *On-call engineer* (on-call): <@U1ENGINEER>, <@U2SECOND>');
    expect(line('platform')).toBe('• *Platform lead* (platform): <@U6PLATFORM>');
    expect(line('testing')).toContain('nobody at this moment; put somebody into the group @testing');
    expect(text).toContain('*Nobody is entered for:* Security. Enter a user group, user ids or');
    expect(text).toContain(
      '*Cannot be called, as PagerDuty is not set up here:* Database, Network. Enter a user group or user ids',
    );
  });

  it('says what to do where there is no roster at all', async () => {
    const { text } = await asked({ room: { roster: {} } });
    expect(text).toMatch(/^There is no roster, so nobody can be called\. `roster\.yml` /);
  });

  it('names those of the first level that PagerDuty has on call now', async () => {
    const { line, server } = await asked({ pagerduty: {} });
    expect(line('on-call')).toBe('• *On-call engineer* (on-call): On-call engineer');
    expect(line('database')).toBe('• *Database* (database): On-call engineer');
    expect(line('network')).toContain(
      'whoever PagerDuty pages; with its `escalation_policy` in `roster.yml`',
    );
    // A group that nobody asked PagerDuty about is told from Slack.
    expect(line('lead')).toBe('• *Deployment lead* (lead): <@U3LEAD>');
    expect(server?.requests.every(({ path }) => path === '/oncalls')).toBe(true);
  });

  it.for<[string, Fault]>([
    ['answers 503', { kind: 'answer', status: 503 }],
    ['answers 401', { kind: 'answer', status: 401 }],
    ['does not answer', { kind: 'hang' }],
    ['breaks off', { kind: 'reset' }],
  ])(
    'while PagerDuty %s, says so, shows what it knows, and never that there is nobody',
    async ([_, fault]) => {
      const { line } = await asked({ pagerduty: { fault } });
      expect(line('on-call')).toMatch(/: <@U1ENGINEER>, <@U2SECOND> \(.*PagerDuty.*\)$/);
      expect(line('database')).toMatch(
        /: whoever PagerDuty pages; who that is now is not known \(.*PagerDuty.*\)$/,
      );
      expect(line('lead')).toBe('• *Deployment lead* (lead): <@U3LEAD>');
      for (const duty of ['on-call', 'database', 'network']) expect(line(duty)).not.toContain('nobody');
    },
  );

  it('without a token says what would have to be set', async () => {
    const { line } = await asked({ pagerduty: { token: false } });
    expect(line('database')).toContain(
      'whoever PagerDuty pages; with a PAGERDUTY_TOKEN, it stands here who that is',
    );
    expect(line('on-call')).toContain('<@U1ENGINEER>');
  });

  it('while Slack does not tell its groups, names PagerDuty’s people, and no empty groups', async () => {
    const { line } = await asked({ pagerduty: {}, slack: 'down' });
    expect(line('on-call')).toBe('• *On-call engineer* (on-call): On-call engineer');
    expect(line('lead')).toContain('@leads; who that is now is not known (Slack answered with HTTP 503.)');
    expect(line('testing')).not.toContain('nobody');
  });
});
