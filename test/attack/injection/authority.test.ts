import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Asked, Reply } from '../../../src/adapters/slack/asked.ts';
import { click } from '../../../src/adapters/slack/clicks.ts';
import { createDirectory } from '../../../src/adapters/slack/directory.ts';
import type { Origin } from '../../../src/adapters/slack/modals/form.ts';
import type { SlackCall } from '../../../src/adapters/slack/slackCall.ts';
import { submit } from '../../../src/adapters/slack/submissions.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { RunId } from '../../../src/core/stream.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import type { Desk, Store } from '../../../src/engine/ports.ts';
import { channelIds, people, teamId } from '../../../src/sandbox/emulator/seed.ts';
import { postSigned } from '../../../src/sandbox/emulator/signedRequest.ts';
import { setting } from '../../adapters/slack/workspace.ts';
import { createClock } from '../../fakes/clock.ts';
import { createFakeLog, createFakeObserver } from '../../fakes/ports.ts';
import { room } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { notice } from '../../fakes/world.ts';

const team = 'T1HOME';
/** What Slack says of people when it is asked; every one of them stands in the group that may do everything. */
const hostilePeople: Readonly<Record<string, object>> = {
  U5VISITOR: {},
  U6EXMEMBER: { deleted: true },
  U7GUEST: { is_restricted: true },
  U8SINGLE: { is_restricted: true, is_ultra_restricted: true },
  U9STRANGER: { is_stranger: true, team_id: 'T9OTHER' },
  U9CONNECT: { team_id: 'T9OTHER' },
  U10BOT: { is_bot: true },
  U11APP: { is_app_user: true },
  USLACKBOT: {},
};
const notOnCall = ['U5VISITOR'];
const oncall = [
  'U1ENGINEER',
  'U2SECOND',
  ...Object.keys(hostilePeople).filter((user) => !notOnCall.includes(user)),
];

const slackAnswers = {
  users: {
    info: async ({ user }: { user: string }) => ({
      ok: true,
      user: { id: user, team_id: team, ...hostilePeople[user] },
    }),
  },
  usergroups: {
    list: async () => ({
      ok: true,
      usergroups: [
        { id: 'S1', handle: 'oncall', users: oncall },
        // A group that was deleted gives nobody anything any more.
        { id: 'S2', handle: 'leads', date_delete: 1, users: notOnCall },
      ],
    }),
  },
};
const call: SlackCall = (_, perform) => perform(slackAnswers as unknown as Parameters<typeof perform>[0]);

let store: Store;
let desk: Desk;
let log: ReturnType<typeof createFakeLog>;
let runs: { readonly wipe: RunId; readonly quick: RunId; readonly hash: string };

beforeEach(async () => {
  const clock = createClock();
  store = openSqliteStore({ file: ':memory:', clock });
  log = createFakeLog();
  const identity = async () => ({
    botUserId: 'U0BOT',
    botId: 'B0',
    teamId: team,
    url: 'https://home.slack.com/',
  });
  desk = createDesk({
    store,
    directory: createDirectory({ call, idOf: async (channel) => channel, identity, clock }),
    room: () => room,
    clock,
    observer: createFakeObserver().port,
    log: log.log,
  });
  await desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: notice() });
  const start = async (playbook: string): Promise<RunId> => {
    const answer = await desk.act('U1ENGINEER', startRun(playbook));
    if (answer.kind !== 'accepted' || answer.stream === null) throw new Error('it did not start');
    return answer.stream as RunId;
  };
  const wipe = await start('wipe-cache');
  const quick = await start('quick-fix');
  await desk.act('U1ENGINEER', { type: 'run.perform', run: wipe, step: 'wipe', attempt: 1 });
  const found = await desk.run(wipe);
  const state = found?.run.steps.wipe?.state;
  runs = { wipe, quick, hash: state?.kind === 'approving' ? state.approval.hash : '' };
  expect(runs.hash).toMatch(/^[0-9a-f]{64}$/);
});
afterEach(() => store.close());

const asking = (user: string, once: string): Asked => ({ user, channel: 'C1', responseUrl: null, once });

/** Every button that there is, with the values that it could carry at this moment. */
const buttons = () =>
  [
    ['incident.acknowledge', { i: 'INC-1' }],
    ['step.perform', { r: runs.quick, s: 'quick', a: 1 }],
    ['step.skip', { r: runs.quick, s: 'quick', a: 1 }],
    ['step.hold', { r: runs.quick, s: 'quick', a: 1 }],
    ['step.tick:1', { r: runs.quick, s: 'quick', a: 1, o: '0' }],
    ['step.untick:1', { r: runs.quick, s: 'quick', a: 1, o: '0' }],
    ['step.try-again', { r: runs.quick, s: 'quick', a: 1 }],
    ['step.choose-again', { r: runs.quick, s: 'quick', a: 1 }],
    ['step.choose:0', { r: runs.quick, s: 'quick', a: 1, o: 'limits' }],
    ['step.answer:0', { r: runs.quick, s: 'quick', a: 1, o: 'yes' }],
    ['step.claim:1', { r: runs.wipe, s: 'wipe', a: 1, o: 'worked' }],
    ['step.stop', { r: runs.quick, s: 'quick', a: 1 }],
    ['run.end', { r: runs.quick }],
    ['approval.approve', { r: runs.wipe, s: 'wipe', a: 1, h: runs.hash }],
    ['approval.refuse', { r: runs.wipe, s: 'wipe', a: 1, h: runs.hash }],
    ['plan.approve', { r: runs.wipe, h: runs.hash }],
    ['plan.refuse', { r: runs.wipe, h: runs.hash }],
  ] as const;

/** What somebody might write into a value in the hope of being taken for another. */
const forged: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { user: 'U1ENGINEER' },
  { u: 'U2SECOND', by: 'U2SECOND' },
  { actor: { kind: 'operator', name: 'root' } },
  { actor: { kind: 'bot' } },
  { groups: ['oncall', 'leads'] },
  { requestedBy: 'U9NOBODY' },
  { ['__proto__']: { user: 'U1ENGINEER' } },
  { constructor: { prototype: { user: 'U1ENGINEER' } } },
  { a: 0 },
  { a: 2 },
  { s: 'wipe' },
  { s: '__proto__' },
  { s: 'constructor' },
  { h: '0'.repeat(64) },
  { i: 'INC-1', o: 'resolve' },
  { r: 'RUN-99' },
  { r: 'INC-1.1' },
];

const reasons: Readonly<Record<string, RegExp>> = {
  U5VISITOR: /You may not/,
  U6EXMEMBER: /deactivated/,
  U7GUEST: /Guests may look/,
  U8SINGLE: /Guests may look/,
  U9STRANGER: /other workspaces/,
  U9CONNECT: /other workspaces/,
  U10BOT: /Bots do not act/,
  U11APP: /Bots do not act/,
  USLACKBOT: /Bots do not act/,
};

describe('authority over a click', { tags: ['trust-30'] }, () => {
  it('comes from who clicked, whatever the button carries', async ({ annotate }) => {
    const before = await store.head();
    const numRuns = process.env.SOAK === '1' ? 10_000 : 700;
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    let clicks = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(hostilePeople)),
        fc.nat(buttons().length - 1),
        fc.constantFrom(...forged),
        async (user, at, more) => {
          const [actionId, value] = buttons()[at] ?? ['', {}];
          clicks += 1;
          const reply: Reply = await click(desk, asking(user, `click-${clicks}`), {
            actionId,
            value: JSON.stringify(Object.fromEntries([...Object.entries(value), ...Object.entries(more)])),
          });
          expect(reply.kind).toBe('private');
          if (reply.kind !== 'private') return;
          const isForbidden = (reasons[user] ?? /never/).test(reply.say.text);
          if (isForbidden) refused += 1;
          // A member without rights may hear first that there is no such step; anybody else hears nothing.
          else if (user !== 'U5VISITOR') expect(reply.say.text).toContain('older version');
          expect(await store.head()).toEqual(before);
        },
      ),
      { numRuns, seed },
    );
    expect(refused).toBeGreaterThan(numRuns / 10);
    // Every refusal of a person can be found in the log, with who it was and what they wanted.
    const logged = log.lines.filter(
      ({ message, fields }) =>
        message === 'a person was refused what they asked for' && fields.code === 'not-allowed',
    );
    expect(logged).toHaveLength(refused);
    for (const { fields } of logged) {
      expect(fields).toMatchObject({
        user: expect.stringMatching(/^U/),
        asked: expect.any(String),
        code: 'not-allowed',
      });
    }
    await annotate(
      `${clicks} forged clicks (seed ${seed}) by ${Object.keys(hostilePeople).length} kinds of people: 0 had an effect, ${refused} refusals logged`,
      'figure',
    );
  });

  it('comes from who submitted, whatever the form carries', async () => {
    const before = await store.head();
    const value = {
      run: runs.wipe,
      step: 'wipe',
      attempt: 1,
      hash: runs.hash,
      incident: 'INC-1',
      option: 'quick-fix',
    } as const;
    const origin: Origin = { channel: 'C1', responseUrl: null, value };
    for (const user of Object.keys(hostilePeople)) {
      for (const form of [
        'glass',
        'run',
        'resolve',
        'role',
        'severity',
        'update',
        'note',
        'reopen',
        'declare',
        'answer',
      ]) {
        const filled = {
          reason: 'now',
          role: 'commander',
          user: 'U1ENGINEER',
          severity: 'P0',
          text: 'x',
          why: 'x',
          title: 'x',
          answer: 'x',
        };
        const asked = asking(user, `form-${user}-${form}`);
        const reply = await submit({ desk, reach: async () => true }, asked, { form, origin, filled });
        expect(reply.kind, form).toBe('private');
      }
    }
    // A member may open an incident where the rules say so; a visitor's rules do not.
    expect(await store.head()).toEqual(before);
  });

  it('is given to those who have it, by the same clicks', async () => {
    const approve = {
      actionId: 'approval.approve',
      value: JSON.stringify({ r: runs.wipe, s: 'wipe', a: 1, h: runs.hash }),
    };
    const own = await click(desk, asking('U1ENGINEER', 'own'), approve);
    expect(own).toMatchObject({ kind: 'private', say: { text: expect.stringContaining('somebody else') } });
    expect((await click(desk, asking('U2SECOND', 'second'), approve)).kind).not.toBe('private');
    expect((await desk.run(runs.wipe))?.run.steps.wipe?.state.kind).toBe('running');
    expect(log.lines.at(-1)).toMatchObject({ fields: { user: 'U1ENGINEER', code: 'own-request' } });
  });
});

describe('a signed click over HTTP', { tags: ['trust-30'] }, () => {
  it('acts for the user of its payload and for nobody that its value names', async () => {
    const at = await setting('http');
    try {
      const send = (user: object, value: string, more: object = {}) => {
        const payload = {
          type: 'block_actions',
          user,
          team: { id: teamId },
          trigger_id: `trigger-${JSON.stringify(user)}-${value}`,
          channel: { id: channelIds.incidents },
          actions: [
            { type: 'button', block_id: 'b', action_ts: '1', action_id: 'incident.acknowledge', value },
          ],
          ...more,
        };
        return postSigned({
          url: at.url ?? '',
          secret: at.slack.signingSecret,
          at: Math.floor(Date.now() / 1_000),
          contentType: 'application/x-www-form-urlencoded',
          headers: {},
          body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
          signal: AbortSignal.timeout(20_000),
        });
      };
      await send({ id: people.visitor }, JSON.stringify({ i: 'INC-42' }));
      await vi.waitFor(() => expect(at.desk.acted).toHaveLength(1));
      expect(at.desk.acted[0]).toMatchObject({ user: people.visitor });
      // A value that says more than a button of ours is none of ours.
      await send({ id: people.visitor }, JSON.stringify({ i: 'INC-42', user: people.oncall }));
      // From another workspace, whoever it is.
      await send({ id: people.oncall }, JSON.stringify({ i: 'INC-42' }), { team: { id: 'T9OTHER' } });
      await send({ id: people.lead }, JSON.stringify({ i: 'INC-42' }));
      await vi.waitFor(() => expect(at.desk.acted).toHaveLength(2));
      expect(at.desk.acted.map(({ user }) => user)).toEqual([people.visitor, people.lead]);
      await vi.waitFor(() =>
        expect(at.slack.workspace.ephemerals(people.visitor).map(({ text }) => text)).toContainEqual(
          expect.stringContaining('older version'),
        ),
      );
    } finally {
      await at.stop();
    }
  });
});
