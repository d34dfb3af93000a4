import { describe, expect, it } from 'vitest';
import { pagedRig, sharedAccount } from './pagedTogether.ts';
import { eventually } from './rig.ts';

const began = Date.UTC(2026, 10, 21, 14, 0, 0);

/** Somebody has the incident, and testing was called and paged after that. */
async function expertCalled() {
  const server = await sharedAccount(() => began);
  const { rig, hear } = await pagedRig(server);
  await rig.alert();
  await eventually(() => server.account.incidents.length).toBe(1);
  await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
  await rig.desk.act('U1ENGINEER', {
    ...{ type: 'incident.call', incident: 'INC-1', duty: 'testing', why: 'No data' },
  } as const);
  await eventually(() => server.account.incidents.map(({ status }) => status)).toEqual([
    'acknowledged',
    'triggered',
  ]);
  await rig.idle();
  const answered = async () => (await rig.incident()).calling?.calls[1]?.answered?.by ?? null;
  const answer = (user: string, more: object = {}) =>
    rig.desk.act(user, { type: 'incident.answer-call', incident: 'INC-1', call: 1, ...more });
  return { server, rig, hear, answered, answer, page: server.account.incidents[1]! };
}

describe('an expert who is called when somebody has the incident', { tags: ['trust-16'] }, () => {
  it('ends their page from Slack, and what Slack says of their groups is what counts', async () => {
    const { server, rig, page, answer, answered } = await expertCalled();
    // What a surface says of somebody's groups itself counts for nothing.
    expect(await answer('U2SECOND', { handles: ['testing'] })).toMatchObject({ code: 'not-allowed' });
    expect(await answer('U5VISITOR', { handles: ['testing'] })).toMatchObject({ code: 'not-allowed' });
    expect(page.status).toBe('triggered');
    expect((await answer('U8EXPERT')).kind).toBe('accepted');
    await eventually(() => page.status).toBe('acknowledged');
    expect(await answered()).toBe('U8EXPERT');
    expect((await rig.incident()).acknowledged?.by).toBe('U1ENGINEER');
    expect(server.account.incidents).toHaveLength(2);
  });

  it.each([
    ['PUSER03', 'U8EXPERT', 'who is in the group that was called'],
    ['PUSER02', 'pagerduty:Deployment lead', 'whom Slack does not know'],
    ['PUSER04', 'pagerduty:Visitor', 'whom Slack knows and who was not called there'],
  ])('ends it in PagerDuty: %s as %s, %s', async (user, by) => {
    const { server, rig, page, hear, answered } = await expertCalled();
    server.account.person(page.id, 'acknowledged', user);
    await server.webhooks.settled();
    const told = server.webhooks.delivered.at(-1)!;
    // Delivered twice, as PagerDuty does.
    expect([await hear(told), await hear(told)]).toEqual([200, 200]);
    expect(await answered()).toBe(by);
    const { acknowledged, notes } = await rig.incident();
    expect({ by: acknowledged?.by, notes }).toEqual({ by: 'U1ENGINEER', notes: [] });
  });

  it('is not paged any more where PagerDuty was away and they answered meanwhile', async () => {
    const { server, rig, answer } = await expertCalled();
    server.fail({ kind: 'answer', status: 503 }, 100);
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.call', incident: 'INC-1', duty: 'executives', why: null },
    } as const);
    await eventually(async () => (await rig.incident()).calling?.calls[2]?.page).toBe('failing');
    rig.directory.members.set('U7EXECUTIVE', { kind: 'member', groups: [] });
    expect((await answer('U7EXECUTIVE', { call: 2 })).kind).toBe('accepted');
    server.heal();
    await eventually(async () => {
      rig.clock.advance(1_000);
      return (await rig.incident()).calling?.calls[2]?.page;
    }).toBe('needless');
    expect(server.account.incidents).toHaveLength(2);
    expect((await rig.incident()).calling?.unpagedSince).toBeNull();
  });
});
