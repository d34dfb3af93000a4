import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { dutiesToReach } from '../../../src/core/incident/callList.ts';
import type { View } from '../../../src/core/view.ts';
import { calledRoom } from '../../fakes/called.ts';
import { engineer, minute } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const frameAt = (
  world: World,
  groups: Readonly<Record<string, string>> = { oncall: 'S0ONCALL1' },
): Frame => ({
  now: world.now(),
  linkTo: () => null,
  channelUrl: () => null,
  canRollBack: () => false,
  groupId: (handle) => groups[handle] ?? null,
});

const textOf = (view: View, frame: Frame): string => JSON.stringify(render(view, frame).blocks);

const opened = () => {
  const world = createWorld({ room: calledRoom });
  world.notice(notice());
  return world;
};

const cardOf = (world: World, frame = frameAt(world)) =>
  textOf({ kind: 'card', incident: world.incident(), current: null }, frame);

const callOf = (world: World, number: number) => {
  const incident = world.incident();
  const call = incident.calling?.calls.find((each) => each.number === number);
  if (!call) throw new Error(`there is no call ${number}`);
  return textOf({ kind: 'call', incident, call }, frameAt(world));
};

const ack = (world: World) => world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });

describe('messages that call people', () => {
  it('the card mentions the first level until somebody has it, and names it ever after', () => {
    const world = opened();
    expect(cardOf(world)).toContain('Called: L1 on-call engineer <!subteam^S0ONCALL1>');
    ack(world);
    expect(cardOf(world)).toContain('Called: L1 on-call engineer <!date');
    expect(cardOf(world)).not.toContain('subteam');
  });

  it('a group whose id is not known is named all the same', () => {
    const world = opened();
    expect(cardOf(world, frameAt(world, {}))).toContain('Called: L1 on-call engineer @oncall');
  });

  it('the next level has a message of its own, with why and a button, which goes once it is taken', () => {
    const world = opened();
    world.pass(5 * minute);
    expect(callOf(world, 1)).toContain(
      'Nobody has acknowledged for 5 min. Called: *L2 deployment lead* @leads',
    );
    expect(callOf(world, 1)).toContain('incident.acknowledge');
    ack(world);
    expect(callOf(world, 1)).not.toContain('incident.acknowledge');
    expect(callOf(world, 1)).toContain('<@U1ENGINEER> has it');
  });

  it('whoever is called when somebody has it can say that they are on it, and then it says so', () => {
    const world = opened();
    ack(world);
    // In the very millisecond of the acknowledgement, which only the order of events tells from before it.
    world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty: 'platform', why: null });
    expect(callOf(world, 1)).toContain('Called: *Platform lead* <@U6PLATFORM>');
    expect(callOf(world, 1)).toContain('incident.answer-call');
    expect(callOf(world, 1)).toContain('I Am On It');
    expect(callOf(world, 1)).not.toContain('incident.acknowledge');
    const platform = { kind: 'person', user: 'U6PLATFORM', groups: [] } as const;
    world.by(platform, { type: 'incident.answer-call', incident: 'INC-1', call: 1 });
    expect(callOf(world, 1)).not.toContain('incident.answer-call');
    expect(callOf(world, 1)).toContain('<@U6PLATFORM> is on it since <!date');
    expect(cardOf(world)).toMatch(/Platform lead <!date[^>]*> \(<@U6PLATFORM> is on it\)/);
  });

  it('no button is shown where PagerDuty alone knows who was called', () => {
    const world = createWorld({
      room: {
        ...calledRoom,
        roster: { ...calledRoom.roster, testing: { ...calledRoom.roster.executives!, users: [] } },
      },
    });
    world.notice(notice());
    ack(world);
    world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty: 'testing', why: null });
    expect(callOf(world, 1)).not.toContain('actions');
  });

  it('what a person says when they call stays text', () => {
    const world = opened();
    const why = 'see <!channel> & <http://evil|this>';
    world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty: 'testing', why });
    expect(callOf(world, 1)).toContain('see &lt;!channel&gt; &amp; &lt;http://evil|this&gt;');
  });

  it('a call that moved with its incident still says whose call it was', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty: 'testing', why: null });
    const incident = world.incident();
    const of = { kind: 'call', incident: 'INC-1', number: 1 } as const;
    const { title } = incident.calling?.calls[1] ?? { title: 'none' };
    expect(textOf({ kind: 'moved', incident, of }, frameAt(world))).toContain(
      `The call of *${title}* goes on in `,
    );
  });

  it('pages that do not get through are on the card, and the list says whom to telephone', () => {
    const world = opened();
    world.handle({
      ...{ actor: { kind: 'bot' }, type: 'incident.page-failed', incident: 'INC-1', call: 0 },
      ...{ message: 'PagerDuty does not answer.', final: false },
    } as const);
    expect(cardOf(world)).toContain('*Not paged:* PagerDuty does not answer since');
    const list = () =>
      textOf(
        {
          kind: 'unpaged',
          incident: world.incident(),
          since: world.now(),
          duties: dutiesToReach(world.incident(), calledRoom),
        },
        frameAt(world),
      );
    expect(list()).toContain('*On-call engineer* · <!subteam^S0ONCALL1> · +1 555 0100');
    expect(list()).toContain('*Deployment lead* · @leads · +1 555 0101');
    expect(list()).not.toContain('Platform lead');
    ack(world);
    expect(list()).not.toContain('subteam');
  });
});
