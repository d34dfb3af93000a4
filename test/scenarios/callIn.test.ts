import { afterEach, describe, expect, it, vi } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
import { startPagerDutyServer } from '../fakes/pagerdutyServer.ts';
import { messagesSeenTwice } from '../faults/account.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { shopFiles, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { oncall, responder, lead, visitor } = people;
const minute = 60_000;
const secret = 'canary-of-a-pager-secret';
const patience = { timeout: 20_000, interval: 50 };

const stops: Stops = [];
afterEach(() => stopAll(stops));

const files = {
  'alerts/shop-errors.yml': (shopFiles['alerts/shop-errors.yml'] ?? '').replace(
    'severity: P2',
    'severity: P1\nexperts: [database, security]',
  ),
  'roster.yml': `roster:
  on-call:
    title: On-call engineer
    usergroup: oncall
    pagerduty: { routing_key: PAGERDUTY_ROUTING_KEY, escalation_policy: PPOLIC1 }
    phone: "+1 555 0100"
  deployments: { title: Deployments, users: [${lead}], phone: "+1 555 0101" }
  both: { title: Both, users: [${responder}, ${visitor}] }
  database:
    title: Database
    usergroup: platform
    pagerduty: { routing_key: PAGERDUTY_ROUTING_KEY }
  security: { title: Security, phone: "+1 555 0102" }
  storage: { title: Storage, pagerduty: { routing_key: PAGERDUTY_ROUTING_KEY_STORAGE } }
`,
  'escalation.yml': `chains:
  shop:
    on: any
    severities: [P0, P1]
    levels:
      - { call: on-call, answer_within: 5m, resolve_within: 8h }
      - { call: deployments, answer_within: 30m, resolve_within: 8h }
`,
};

/** The bot on the emulated Slack, with the stand-in of PagerDuty or without any. */
async function stage(options: { readonly pagerduty: boolean }) {
  const clock = createClock(Date.now());
  const pagerduty = await startPagerDutyServer({ now: clock.now });
  stops.push(() => pagerduty.stop());
  const small = await startSmallBot(stops, {
    files,
    clock,
    ...(options.pagerduty
      ? {
          env: {
            PAGERDUTY_ROUTING_KEY: pagerduty.keys.routing,
            PAGERDUTY_TOKEN: pagerduty.keys.token,
            PAGERDUTY_EVENTS_URL: pagerduty.url,
            PAGERDUTY_API_URL: pagerduty.url,
            PAGERDUTY_WEBHOOK_SECRET: secret,
          },
        }
      : {}),
  });
  pagerduty.webhooks.subscribe(`${small.bot.url}/pagerduty`, secret);
  const slack = createWorkspaceDriver(small.emulator, 20_000);
  await small.fire('ShopErrors');
  const { id: channel } = await slack.incidentChannel(1);
  // Whoever is called is invited.
  await vi.waitFor(
    async () => expect((await slack.incidentChannel(1)).memberIds).toContain(oncall),
    patience,
  );
  const said = async (person: string, text: string, answer: RegExp, where = channel) => {
    expect(await small.emulator.person(person).slash(where, '/genesis', text)).toMatchObject({ ok: true });
    return slack.told(person, answer);
  };
  const called = async () =>
    (await small.events()).flatMap(({ event }) => (event.type === 'Called' ? [event.data.duty] : []));
  const kinds = async () => (await small.events()).map(({ event }) => event.type);
  /** Lets time pass in steps, each with what there is to do in it; the bot needs moments of its own in between. */
  const until = (look: () => Promise<void> | void, stepMs = 500) =>
    vi.waitFor(async () => {
      clock.advance(stepMs);
      await look();
    }, patience);
  return { clock, pagerduty, small, slack, channel, said, called, kinds, until };
}

describe('calling somebody in', { tags: ['trust-16', 'trust-17'] }, () => {
  it('by the form, by a duty and by a person; who is called answers with a button, and it ends their page', {
    timeout: 60_000,
  }, async () => {
    const { pagerduty, small, slack, channel, said, called } = await stage({ pagerduty: true });
    await vi.waitFor(() => expect(pagerduty.account.incidents).toHaveLength(1), patience);
    await slack.click(oncall, channel, 'Acknowledge');
    await vi.waitFor(() => expect(pagerduty.account.incidents[0]?.status).toBe('acknowledged'), patience);

    // The form: the next level of the chain, then the playbook's experts, then all others; nobody who cannot be called.
    await slack.click(oncall, channel, 'Call In…');
    const form = await slack.modal(oncall);
    const shown = JSON.stringify(form);
    const order = ['Deployments · next in the chain', 'Database · for this playbook', 'On-call engineer'];
    const places = order.map((label) => shown.indexOf(label));
    expect(places.every((at) => at > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(shown).toContain('Nobody is entered in `roster.yml` for Security');
    const filled = { duty: { duty: 'database' }, why: { why: 'Slow <!channel> queries' } };
    expect(await small.emulator.person(oncall).submit(form.id, filled)).toMatchObject({ ok: true });
    const message = await slack.message(channel, /Called: \*Database\*/);
    expect(wordsOf(message)).toContain('&lt;!channel&gt;');
    await vi.waitFor(() => expect(pagerduty.account.incidents).toHaveLength(2), patience);
    const page = pagerduty.account.incidents[1]!;

    // The button is for those who were called: nobody else ends their page, whatever they may do here.
    await slack.click(visitor, channel, 'I Am On It');
    await slack.told(visitor, /Only those who were called can say so: Database/);
    expect(page.status).toBe('triggered');
    await slack.click(responder, channel, 'I Am On It');
    await vi.waitFor(() => expect(page.status).toBe('acknowledged'), patience);
    await slack.message(channel, new RegExp(`<@${responder}> is on it since`));
    expect(slack.offers(channel, 'I Am On It')).toBe(false);

    // By a word: a duty, a person whom the roster has alone, and what cannot be called, each with what to do instead.
    await said(oncall, `page <@${lead}> come and look`, /Deployments is called for INC-1, in Slack\./);
    await said(
      oncall,
      `page on-call again`,
      /On-call engineer is called for INC-1, by PagerDuty and in Slack\./,
    );
    expect(await called()).toEqual(['on-call', 'database', 'deployments', 'on-call']);
    await said(
      oncall,
      'page databse',
      /There is no duty `databse`; did you mean `database`\? `\/genesis oncall` lists/,
    );
    await said(
      oncall,
      'page security',
      /Nobody is entered for Security .*so nobody was called\. Telephone them.*555 0102/,
    );
    await said(oncall, `page <@${visitor}>`, /is called together with others: `\/genesis page both`/);
    await said(
      oncall,
      `page <@${oncall}>`,
      /Duties of `roster\.yml` are called, and this person has none\. Mention them/,
    );
    await said(visitor, 'page INC-1 both', /You may not act on shop/, 'general');
    expect(await called()).toHaveLength(4);
  });

  it('where PagerDuty is not set up at all: each answer says what is so and what to do', {
    timeout: 60_000,
  }, async () => {
    const { pagerduty, slack, channel, said, called, until } = await stage({ pagerduty: false });
    await slack.message(channel, /Called: On-call engineer <!subteam/);
    const roster = await said(visitor, 'oncall', /On call now/, 'general');
    expect(wordsOf(roster)).toMatch(/\*Deployments\* \(deployments\): <@/);
    expect(wordsOf(roster)).toContain('*Nobody is entered for:* Security. Enter a user group');
    expect(wordsOf(roster)).toContain('*Cannot be called, as PagerDuty is not set up here:* Storage.');
    await said(
      oncall,
      'page storage',
      /is called by PagerDuty alone, which is not set up here, so nobody was called/,
    );
    await said(oncall, 'page database', /Database is called for INC-1, in Slack\./);
    // Nobody acknowledges: Slack alone calls the next one, and nothing speaks of a page.
    await until(async () => expect(await called()).toContain('deployments'), minute);
    await slack.message(channel, /Nobody has acknowledged for .*Called: \*Deployments\* <@/);
    expect(slack.says(channel, /Not paged/)).toBe(false);
    expect(pagerduty.requests).toEqual([]);
  });
});

describe('acknowledged in PagerDuty while Slack is down', {
  tags: ['trust-15', 'trust-16', 'trust-17'],
}, () => {
  it('nobody else is called, and the channel says who has it and since when, once, as soon as Slack is back', {
    timeout: 90_000,
  }, async ({ annotate }) => {
    const { clock, pagerduty, small, slack, channel, called, kinds, until } = await stage({
      pagerduty: true,
    });
    await vi.waitFor(() => expect(pagerduty.account.incidents).toHaveLength(1), patience);
    await slack.message(channel, /nobody has it yet/);
    small.emulator.faults.set(
      // Where it is asked who that was, not even that it is down is said in time.
      { kind: 'delay', method: 'users.lookupByEmail', delay: 600_000 },
      { kind: 'server_error', method: '*', status: 503 },
    );
    clock.advance(4 * minute);

    pagerduty.account.person(pagerduty.account.incidents[0]!.id, 'acknowledged', 'PUSER01');
    await until(async () => expect(await kinds()).toContain('IncidentAcknowledged'));
    const acknowledged = (await small.events()).find(({ event }) => event.type === 'IncidentAcknowledged');
    // For as long as Slack is away nobody says who that is there, so PagerDuty's own name stands.
    expect(acknowledged?.event.by).toBe('pagerduty:On-call engineer');
    for (let minutes = 0; minutes < 60; minutes += 5) {
      clock.advance(5 * minute);
      await vi.waitFor(async () => expect((await small.ready()).code).toBeGreaterThan(0), patience);
    }
    expect(await called()).toEqual(['on-call']);
    expect(slack.says(channel, /has it since/)).toBe(false);

    small.emulator.faults.clear();
    await until(() => expect(slack.says(channel, /has it since/)).toBe(true), minute);
    await slack.message(channel, /On-call engineer in PagerDuty has it since <!date\^/);
    const saying = small.emulator.workspace
      .allMessages(channel)
      .filter((message) => /On-call engineer in PagerDuty has it since/.test(wordsOf(message)));
    expect(saying).toHaveLength(1);
    expect(messagesSeenTwice(small.emulator)).toEqual([]);
    expect(await called()).toEqual(['on-call']);
    expect((await kinds()).filter((kind) => kind === 'IncidentAcknowledged')).toHaveLength(1);
    await annotate(
      'acknowledged in PagerDuty while Slack answered 503 for an hour: 0 further calls, said once afterwards',
      'figure',
    );
  });
});
