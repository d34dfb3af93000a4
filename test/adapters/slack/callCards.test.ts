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

  it('what a person says when they call stays text', () => {
    const world = opened();
    const why = 'see <!channel> & <http://evil|this>';
    world.by(engineer, { type: 'incident.call', incident: 'INC-1', duty: 'testing', why });
    expect(callOf(world, 1)).toContain('see &lt;!channel&gt; &amp; &lt;http://evil|this&gt;');
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
