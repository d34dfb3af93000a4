import { describe, expect, it } from 'vitest';
import { incidentCard } from '../../../src/adapters/slack/cards/incidentCard.ts';
import { resolveForm, waitingRuns } from '../../../src/adapters/slack/modals/resolveForm.ts';
import { statusOf } from '../../../src/adapters/slack/slash/overview.ts';
import { walkedNow } from '../../../src/core/incident/incident.ts';
import type { RunId } from '../../../src/core/stream.ts';
import type { RunView } from '../../../src/core/view.ts';
import { engineer, hour, minute, second } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const frame = {
  now: 0,
  canRollBack: () => false,
  groupId: () => null,
  canSilence: false,
  channelUrl: () => '',
  linkTo: () => null,
};
const origin = { channel: 'C1', responseUrl: null, value: { incident: 'INC-1' } } as const;

const viewOf = (world: World, id: RunId | null): RunView | null =>
  world.ledgers({ kind: 'incident', incident: 'INC-1' }).find(({ run }) => run.id === id) ?? null;
const current = (world: World) => viewOf(world, walkedNow(world.incident()));

const asked = (world: World, playbook: string): void => {
  world.by(engineer, { type: 'incident.start-run', incident: 'INC-1', playbook, reason: null });
};
const done = (world: World, run: RunId, step: string): void => {
  world.by(engineer, { type: 'run.perform', run, step, attempt: 1 });
  if (world.underWay().length > 0) world.ends(0);
};
/** As people read it. */
const words = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/<!date[^|]*\|([0-9:]{5})[^>]*>/g, '$1');
const formOf = async (world: World): Promise<string> => {
  const desk = { run: async (id: RunId) => viewOf(world, id) };
  return words(resolveForm(origin, world.incident(), await waitingRuns(desk, world.incident())).blocks);
};

describe('the card of an incident', () => {
  it('says what waits now, also after a procedure that was called in between has ended', () => {
    const world = createWorld();
    world.notice(notice());
    asked(world, 'quick-fix');
    for (const step of ['quick', 'restart']) done(world, 'INC-1.2', step);
    expect(world.run('INC-1.2').result?.kind).toBe('completed');
    const card = incidentCard({ kind: 'card', incident: world.incident(), current: current(world) }, frame);
    expect(words(card.blocks)).toContain('Now: *Which kind of error dominates?* waits for an answer');
  });
});

describe('the status of an incident', () => {
  const status = (world: World): string[] =>
    words(statusOf({ incident: world.incident(), current: current(world) }, world.now())).split('\\n');

  it('says first that all alerts have resolved, and of what the alert said that it was the beginning', () => {
    const world = createWorld();
    world.notice(notice({ annotations: { summary: 'checkout is down' } }));
    expect(status(world)[1]).toBe('checkout is down');
    world.pass(minute);
    world.notice(ended(notice()));
    expect(status(world).slice(1, 3)).toEqual([
      '*All alerts resolved at 14:01*',
      'It began with: checkout is down',
    ]);
    world.notice(notice({ startsAt: world.now(), annotations: { summary: 'checkout is down' } }));
    expect(status(world)[1]).toBe('checkout is down');
  });

  it('says of what is over that it is, and by whom, before what it was', () => {
    const world = createWorld();
    world.notice(notice({ annotations: { summary: 'checkout is down' } }));
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(status(world).slice(1, 3)).toEqual([
      'Resolved 14:00 by <@U1ENGINEER>',
      'It began with: checkout is down',
    ]);
  });
});

describe('the form that resolves an incident', () => {
  it('names the alerts that still fire, five of them, and counts the rest', async () => {
    const world = createWorld();
    world.notice(notice({ annotations: { summary: 'Many requests fail.' } }));
    for (const fingerprint of ['a', 'b']) world.notice(notice({ name: 'Slow', fingerprint }));
    expect(await formOf(world)).toContain(
      '3 alerts are still firing and will not reopen this incident:\\n• *HighErrorRate*: Many requests fail.\\n• *Slow*, 2 times',
    );
    for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) world.notice(notice({ name }));
    expect(await formOf(world)).toContain('• *Three*: Three on checkout\\nand 2 more');
    world.notice(ended(notice()));
    expect(await formOf(world)).not.toContain('HighErrorRate*');
  });

  it('names the question that stays without an answer and the walk that ends with it', async () => {
    const world = createWorld();
    world.notice(notice());
    expect(await formOf(world)).toContain(
      'What becomes of what is under way:\\n• *Which kind of error dominates?* stays without an answer, and *high-error-rate* ends',
    );
  });

  it('names a command that runs on and a check that ends unfinished', async () => {
    const world = createWorld();
    world.notice(notice());
    const at = { run: 'INC-1.1', attempt: 1 } as const;
    world.by(engineer, { type: 'run.choose', ...at, step: 'kind', option: 'limits' });
    world.by(engineer, { type: 'run.perform', ...at, step: 'fallback' });
    expect(await formOf(world)).toContain(
      '• the command of *fallback* runs to its end, and *high-error-rate* ends',
    );
    world.values.set('error_ratio', 0.5);
    world.ends(0);
    expect(await formOf(world)).toContain('• the check of *error_ratio* ends unfinished');
  });

  it('says of what was approved in one piece that it goes on, and of a request that it lapses', async () => {
    const world = createWorld();
    world.notice(notice());
    asked(world, 'rollback-checkout');
    expect(await formOf(world)).toContain('• *rollback-checkout* ends; its request for approval lapses');
    const hash = world.run('INC-1.2').whole?.hash ?? '';
    world.by(second, { type: 'run.plan-decide', run: 'INC-1.2', verdict: 'approve', hash });
    expect(await formOf(world)).toContain(
      '• *rollback-checkout* was approved in one piece and goes on to its end',
    );
  });

  it('has nothing to say where nothing fires and nothing waits', async () => {
    const world = createWorld();
    world.notice(notice({ name: 'Chatty' }));
    world.notice(ended(notice({ name: 'Chatty' })));
    world.pass(hour);
    expect(await formOf(world)).not.toMatch(/firing|under way/);
  });
});
