import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { RunEvent } from '../../../src/core/run/events.ts';
import { evolveRun } from '../../../src/core/run/evolve.ts';
import type { Run } from '../../../src/core/run/run.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';
import { tillFails, yamlRoom } from '../../fakes/yamlRoom.ts';

const run = 'INC-1.1' as const;
const oncall: Actor = { kind: 'person', user: 'U1ONCALL', groups: ['oncall'] };
const second = 1_000;
const minute = 60 * second;

/** What is offered for twenty minutes, then carried out by a bot that dies in the middle of it. */
function interrupted(action: string): World {
  const room = yamlRoom({
    'services/till.yml': `
service: till
host: shop
indicators:
  up: { query: up_till, objective: { equals: 1 } }
actions:
  calm: { risk: change, run: [touch, calm], undo: none, ${action} }
  rouse: { risk: change, run: [touch, roused], verify: exit, undo: none }
`,
    'alerts/till-fails.yml': tillFails('  - do: calm\n  - ask: What now?\n'),
  });
  const world = createWorld({ room });
  world.values.set('up', 1);
  world.notice(notice({ name: 'TillFails', service: 'till' }));
  world.pass(20 * minute);
  world.by(oncall, { type: 'run.perform', ...at(world) });
  world.pass(5 * second);
  world.ends({ kind: 'unknown', message: 'The bot stopped while it ran.' });
  return world;
}

const at = (world: World) => ({ run, step: '1', attempt: world.attempt(run, '1') });
const happened = (world: World) =>
  world.by(oncall, { type: 'run.claim', ...at(world), claim: 'worked' }).kind;

describe('what a person says has happened', () => {
  it('took from the click on, not from the offer', () => {
    const world = interrupted('verify: exit');
    world.pass(40 * second);
    expect(happened(world)).toBe('accepted');
    expect(world.step(run, '1')).toMatchObject({ how: { kind: 'done', tookMs: 45 * second } });
    expect(world.refolded()).toEqual(world.states);
  });

  it('took from the click on where a check follows it', () => {
    const world = interrupted('verify: { indicator: up, for: 30s }');
    world.pass(40 * second);
    happened(world);
    expect(world.step(run, '1').kind).toBe('verifying');
    world.pass(30 * second);
    expect(world.step(run, '1')).toMatchObject({ how: { kind: 'done', tookMs: 75 * second } });
    expect(world.refolded()).toEqual(world.states);
  });

  it('took from the first click on where more of it follows', () => {
    const world = interrupted('verify: exit, then: rouse');
    world.pass(40 * second);
    happened(world);
    world.pass(10 * second);
    world.ends(0);
    expect(world.step(run, '1')).toMatchObject({ how: { kind: 'done', tookMs: 55 * second } });
    expect(world.refolded()).toEqual(world.states);
  });

  it('is read as it stood where an older version did not keep the first start', () => {
    const world = interrupted('verify: { indicator: up, for: 30s }');
    happened(world);
    const kept = world.events(run) as readonly RunEvent[];
    const older = kept.map((event): RunEvent => {
      if (event.type !== 'StepMoved' || event.data.state.kind !== 'unknown') return event;
      const { since: _, ...state } = event.data.state;
      return { ...event, data: { ...event.data, state } };
    });
    const folded = older.reduce<Run | null>(evolveRun, null)?.steps['1']?.state;
    expect(folded).toMatchObject({ kind: 'verifying' });
    expect(folded).not.toHaveProperty('startedAt');
  });
});
