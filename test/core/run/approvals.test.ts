import { describe, expect, it } from 'vitest';
import { type Actor, actorId } from '../../../src/core/actor.ts';
import type { Demand } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { toMarkdown } from '../../../src/core/report/markdown.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import type { Earlier } from '../../../src/core/run/commands.ts';
import { engineer, lead, minute, room, second, trainee } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const third: Actor = { kind: 'person', user: 'U6THIRD', groups: ['oncall'] };

/** The room with more said of its actions `wipe` and `quick`. */
function roomWith(wipe: { approvals?: Demand; confirm?: string }, quick: { confirm?: string } = {}): Room {
  const definitions = Object.fromEntries(
    Object.entries(room.definitions).map(([name, definition]) => {
      const { actions } = definition.service;
      const changed = {
        ...actions,
        ...(actions.wipe && { wipe: { ...actions.wipe, ...wipe } }),
        ...(actions.quick && { quick: { ...actions.quick, ...quick } }),
      };
      return [name, { ...definition, service: { ...definition.service, actions: changed } }];
    }),
  );
  return { ...room, definitions };
}

const start = (world: World, playbook: string) => world.by(engineer, startRun(playbook));

function requested(wipe: { approvals?: Demand; confirm?: string }): World {
  const world = createWorld({ room: roomWith(wipe) });
  start(world, 'wipe-cache');
  world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'wipe', attempt: 1 });
  return world;
}

function approval(world: World) {
  const state = world.step('RUN-1', 'wipe');
  if (state.kind !== 'approving') throw new Error(`it is ${state.kind}`);
  return state.approval;
}

const known = (actor: Actor): Earlier =>
  actor.kind === 'person'
    ? { kind: 'known', user: actor.user, groups: actor.groups }
    : { kind: 'unreachable', user: '' };

const yes = (world: World, by: Actor, more: { earlier?: readonly Earlier[]; typed?: string } = {}) =>
  world.by(by, {
    type: 'run.approval-decide',
    verdict: 'approve',
    run: 'RUN-1',
    step: 'wipe',
    attempt: world.attempt('RUN-1', 'wipe'),
    hash: approval(world).hash,
    ...more,
  });

describe('an action that needs two people', { tags: ['trust-31'] }, () => {
  const two = { approvals: { count: 2 } };

  it('runs with the second yes of two different people, neither of them who asked', () => {
    const world = requested(two);
    expect(yes(world, engineer)).toMatchObject({
      code: 'own-request',
      message: expect.stringMatching(/somebody else has to approve it\. @\w+.* can approve\./),
    });
    expect(yes(world, second).kind).toBe('accepted');
    expect(approval(world).granted).toMatchObject([{ by: 'U2SECOND' }]);
    expect(world.underWay()).toEqual([]);
    expect(yes(world, second, { earlier: [known(second)] })).toMatchObject({ code: 'already' });
    expect(yes(world, engineer, { earlier: [known(second)] })).toMatchObject({ code: 'own-request' });
    expect(yes(world, trainee, { earlier: [known(second)] })).toMatchObject({ code: 'not-allowed' });
    expect(world.underWay()).toEqual([]);
    expect(yes(world, third, { earlier: [known(second)] }).kind).toBe('accepted');
    expect(world.underWay()).toHaveLength(1);
  });

  it('is refused by one refusal, whoever approved before', () => {
    const world = requested(two);
    yes(world, second);
    const { hash } = approval(world);
    const at = { run: 'RUN-1', step: 'wipe', attempt: 1, hash } as const;
    world.by(lead, { type: 'run.approval-decide', verdict: 'refuse', ...at });
    expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
    expect(world.underWay()).toEqual([]);
  });

  it('expires counted from the request, however late the first yes came', () => {
    const world = requested(two);
    world.pass(9 * minute);
    yes(world, second);
    world.pass(minute);
    expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
    expect(world.underWay()).toEqual([]);
  });

  it('does not count who lost the right meanwhile, and says so', () => {
    const world = requested(two);
    yes(world, second);
    world.pass(2 * minute);
    const lost: Earlier = { kind: 'known', user: 'U2SECOND', groups: [] };
    expect(yes(world, third, { earlier: [lost] }).kind).toBe('accepted');
    expect(world.underWay()).toEqual([]);
    expect(approval(world).granted).toMatchObject([{ by: 'U6THIRD' }]);
    expect(world.events('RUN-1').filter(({ type }) => type === 'ApprovalLapsed')).toHaveLength(1);
    yes(world, lead, { earlier: [known(third)] });
    expect(world.underWay()).toHaveLength(1);
  });

  it('waits where nobody can say whether the first one still may, and loses nothing', () => {
    const world = requested(two);
    yes(world, second);
    world.pass(2 * minute);
    expect(yes(world, third, { earlier: [{ kind: 'unreachable', user: 'U2SECOND' }] })).toMatchObject({
      code: 'busy',
    });
    expect(yes(world, third)).toMatchObject({ code: 'busy' });
    expect(world.underWay()).toEqual([]);
    yes(world, third, { earlier: [known(second)] });
    expect(world.underWay()).toHaveLength(1);
  });

  it('counts only whom it asks for, where it names groups', () => {
    const world = requested({ approvals: { count: 1, from: ['leads'] } });
    expect(yes(world, second)).toMatchObject({
      code: 'not-allowed',
      message: 'Here the approval of @leads is needed, so yours does not count.',
    });
    yes(world, lead);
    expect(world.underWay()).toHaveLength(1);
  });

  it('needs nobody where a commander breaks the glass', () => {
    const world = createWorld({ room: roomWith(two) });
    world.notice(notice({ name: 'ServiceDown' }));
    world.by(engineer, {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'wipe-cache',
      reason: null,
    });
    world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step: 'wipe', attempt: 1 });
    const state = world.step('INC-1.2', 'wipe');
    if (state.kind !== 'approving') throw new Error(state.kind);
    world.by(second, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: actorId(second) });
    const at = { run: 'INC-1.2', step: 'wipe', attempt: 1, hash: state.approval.hash } as const;
    world.by(second, { type: 'run.break-glass', ...at, reason: 'Nobody answers.' });
    expect(world.underWay()).toHaveLength(1);
  });
});

describe('a request that is taken back', () => {
  it('is withdrawn by whoever asked, and by nobody else', () => {
    const world = requested({});
    const { hash } = approval(world);
    const withdraw = {
      type: 'run.approval-decide',
      verdict: 'withdraw',
      run: 'RUN-1',
      step: 'wipe',
      attempt: 1,
      hash,
    } as const;
    expect(world.by(second, withdraw)).toMatchObject({ code: 'not-allowed' });
    expect(world.by(engineer, withdraw).kind).toBe('accepted');
    const decided = world.events('RUN-1').find(({ type }) => type === 'ApprovalDecided');
    expect(decided).toMatchObject({ data: { state: { kind: 'withdrawn', by: 'U1ENGINEER' } } });
    expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
  });

  it('ends a procedure whose plan was withdrawn', () => {
    const world = createWorld();
    start(world, 'rollback-checkout');
    const hash = world.run('RUN-1').whole?.hash ?? '';
    world.by(engineer, { type: 'run.plan-decide', verdict: 'withdraw', run: 'RUN-1', hash });
    expect(world.run('RUN-1').whole?.state.kind).toBe('withdrawn');
    expect(world.run('RUN-1').result).toMatchObject({ kind: 'refused' });
  });
});

describe('a word that has to be typed', () => {
  it('is typed by whoever approves, in any case', () => {
    const world = requested({ confirm: 'yes' });
    expect(yes(world, second)).toMatchObject({ code: 'invalid', message: expect.stringContaining('yes') });
    expect(yes(world, second, { typed: 'no' })).toMatchObject({ code: 'invalid' });
    expect(world.underWay()).toEqual([]);
    expect(yes(world, second, { typed: ' YES ' }).kind).toBe('accepted');
    expect(world.underWay()).toHaveLength(1);
  });

  it('is typed by whoever acts where no second person is needed', () => {
    const world = createWorld({ room: roomWith({}, { confirm: 'production' }) });
    start(world, 'quick-fix');
    const perform = { type: 'run.perform', run: 'RUN-1', step: 'quick', attempt: 1 } as const;
    expect(world.by(engineer, perform)).toMatchObject({ code: 'invalid' });
    expect(world.underWay()).toEqual([]);
    world.by(engineer, { ...perform, typed: 'Production' });
    expect(world.underWay()).toHaveLength(1);
  });

  it('keeps a whole procedure waiting for the word alone, also of the one who asked', () => {
    const world = createWorld({ room: roomWith({}, { confirm: 'yes' }) });
    start(world, 'reinstall');
    const { whole } = world.run('RUN-1');
    expect(whole).toMatchObject({ alone: true, state: { kind: 'pending' } });
    const decide = {
      type: 'run.plan-decide',
      verdict: 'approve',
      run: 'RUN-1',
      hash: whole?.hash ?? '',
    } as const;
    expect(world.by(engineer, decide)).toMatchObject({ code: 'invalid' });
    expect(world.by(trainee, { ...decide, typed: 'yes' })).toMatchObject({ code: 'not-allowed' });
    expect(world.by(engineer, { ...decide, typed: 'yes' }).kind).toBe('accepted');
    expect(world.underWay()).toHaveLength(1);
  });
});

describe('breaking the glass in a P1', () => {
  function inP1(): World {
    const world = createWorld();
    world.notice(notice({ name: 'HighErrorRate' }));
    world.by(second, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: actorId(second) });
    return world;
  }
  const breaks = (world: World, by: Actor) => {
    world.by(engineer, {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'wipe-cache',
      reason: null,
    });
    world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step: 'wipe', attempt: 1 });
    const state = world.step('INC-1.2', 'wipe');
    if (state.kind !== 'approving') throw new Error(state.kind);
    const at = { run: 'INC-1.2', step: 'wipe', attempt: 1, hash: state.approval.hash } as const;
    return world.by(by, { type: 'run.break-glass', ...at, reason: 'It gets worse.' });
  };

  it('is refused before a rollback trigger, and allowed to the commander past it', () => {
    expect(breaks(inP1(), second)).toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('past a rollback trigger'),
    });
    const world = inP1();
    world.pass(31 * minute);
    expect(world.incident('INC-1').unresolvedSaid).toBe(true);
    expect(breaks(world, engineer)).toMatchObject({ code: 'not-allowed' });
    const late = inP1();
    late.pass(31 * minute);
    expect(breaks(late, second).kind).toBe('accepted');
    expect(late.underWay()).toHaveLength(1);
  });

  it('stands in the post-mortem under its own heading, with what ran and something to review', () => {
    const world = inP1();
    world.pass(31 * minute);
    breaks(world, second);
    const incident = world.incident('INC-1');
    const events = incident.runs
      .flatMap((run) => world.events(run).map((event) => ({ stream: run, event })))
      .map((each, index) => ({ ...each, position: index + 1 }));
    const text = toMarkdown(postMortem(events as never, { incident, runs: [], now: world.now() }));
    expect(text).toContain('## Glass broken');
    expect(text).toContain('It gets worse.');
    expect(text).toMatch(/tool wipe on web/);
    expect(text).toContain('Review each time the glass was broken');
  });
});
