import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import { changesInEffect, undoOf } from '../../../src/core/run/undo.ts';
import { allSteps } from '../../../src/core/run/walk.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';
import { compileYaml, tillFails, yamlRoom } from '../../fakes/yamlRoom.ts';

const run = 'INC-1.1' as const;
const minute = 60_000;
const oncall: Actor = { kind: 'person', user: 'U1ONCALL', groups: ['oncall'] };
const keeper: Actor = { kind: 'person', user: 'U1KEEPER', groups: ['keepers'] };

function walked(steps: string, more: Record<string, string> = {}): World {
  const world = createWorld({ room: yamlRoom({ 'alerts/till.yml': tillFails(steps), ...more }) });
  world.values.set('up', 1).set('errors', 0.001);
  world.notice(notice({ name: 'TillFails', service: 'till' }));
  return world;
}

const at = (world: World, step: string) => ({ run, step, attempt: world.attempt(run, step) });
const perform = (world: World, step: string, by = oncall) =>
  world.by(by, { type: 'run.perform', ...at(world, step) });
const answer = (world: World, step: string, text: string) =>
  world.by(oncall, { type: 'run.answer', ...at(world, step), answer: text });
const choose = (world: World, step: string, option: string) =>
  world.by(oncall, { type: 'run.choose', ...at(world, step), option });
const skip = (world: World, step: string) => world.by(oncall, { type: 'run.skip', ...at(world, step) });
const typesOf = (world: World) => world.events(run).map(({ type }) => type);

describe('what a playbook has for a failure', () => {
  const steps = `
  - do: restart
    as: restart
    on_fail:
      - observe: look
      - do: calm
  - ask: Is it over?`;

  it('is walked when the step fails, and then the walk goes on behind it', () => {
    const world = walked(steps);
    perform(world, '1');
    world.ends(1);
    expect(world.step(run, '1')).toMatchObject({ kind: 'settled', how: { kind: 'failed', code: 'exit' } });
    expect(typesOf(world)).toContain('StepMoved');
    expect(world.step(run, '1.fail.1')).toMatchObject({ how: { kind: 'done' } });
    expect(world.claims.get('target:shop/till')).toBeUndefined();
    expect(world.run(run).at).toBe('1.fail.2');
    skip(world, '1.fail.2');
    expect(world.run(run).at).toBe('2');
    expect(world.by(oncall, { type: 'run.try-again', ...at(world, '1') })).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('failed'),
    });
  });

  it('is left out when the step succeeds', () => {
    const world = walked(steps);
    perform(world, '1');
    world.ends(0);
    world.pass(2 * minute);
    expect(world.run(run).at).toBe('2');
    expect(world.run(run).steps['1.fail.1']).toBeUndefined();
  });

  it('is not for what nobody knows or what a person has stopped: these stand and ask', () => {
    const unknown = walked(steps);
    perform(unknown, '1');
    unknown.ends({ kind: 'unknown', message: 'The bot stopped.' });
    expect(unknown.step(run, '1').kind).toBe('unknown');
    expect(unknown.run(run).at).toBe('1');
    const stopped = walked(steps);
    perform(stopped, '1');
    stopped.ends({ kind: 'stopped', tookMs: 5 });
    expect(stopped.step(run, '1').kind).toBe('failed');
    expect(stopped.run(run).at).toBe('1');
    const blind = walked('  - verify: up\n    on_fail:\n      - do: calm');
    expect(blind.run(run).at).toBe('1');
    blind.values.set('up', null);
    blind.pass(10 * minute);
    expect(blind.run(run).steps['1.fail.1']).toBeUndefined();
  });

  it('follows a gate that did not hold', () => {
    const world = createWorld({
      room: yamlRoom({
        'alerts/till.yml': tillFails('  - verify: up\n    within: 1m\n    on_fail:\n      - do: calm'),
      }),
    });
    world.values.set('up', 0);
    world.notice(notice({ name: 'TillFails', service: 'till' }));
    world.pass(5 * minute);
    expect(world.step(run, '1')).toMatchObject({ how: { kind: 'failed', code: 'not-verified' } });
    expect(world.run(run).at).toBe('1.fail.1');
    expect(world.refolded().get(run)).toEqual(world.states.get(run));
  });
});

describe('a step verified in its own way', () => {
  it('takes the place of what its action is verified by, here alone', () => {
    const world = walked('  - do: restart\n    verify: errors\n    for: 2m\n  - do: restart\n    for: 5m');
    perform(world, '1');
    world.ends(0);
    expect(world.step(run, '1')).toMatchObject({
      kind: 'verifying',
      gate: { indicator: 'errors', holdMs: 2 * minute },
    });
    world.pass(3 * minute);
    expect(world.step(run, '2')).toMatchObject({
      plan: { verify: { indicator: 'up', holdMs: 5 * minute } },
    });
  });
});

describe('conditions', () => {
  const steps = `
  - verify: up
    as: service_up
    within: 1m
    on_fail:
      - ask: How many tills?
        as: tills
        options: [One, All]
  - do: restart
    if: steps.service_up == "failed"
  - do: calm
    if: answers.tills == "All" && incident.severity == "P1"
  - checklist: Afterwards
    items: [Write it down.]`;

  it('pass over what is not so, and say which answer is missing', () => {
    const world = walked(steps);
    world.pass(minute);
    expect(world.run(run).at).toBe('4');
    expect(world.step(run, '2')).toMatchObject({
      how: { kind: 'skipped', because: '`steps.service_up == "failed"` is not so.' },
    });
    expect(world.step(run, '3')).toMatchObject({
      how: { kind: 'skipped', because: expect.stringContaining('`answers.tills` has come to nothing') },
    });
    // The plain no is in the timeline; what somebody may have waited for is told.
    expect(world.shown()).not.toContain(`step/${run}/2/1`);
    expect(world.shown()).toContain(`step/${run}/3/1`);
    expect(world.refolded().get(run)).toEqual(world.states.get(run));
  });

  it('let through what is so, and are not judged again', () => {
    const world = createWorld({ room: yamlRoom({ 'alerts/till.yml': tillFails(steps) }) });
    world.values.set('up', 0);
    world.notice(notice({ name: 'TillFails', service: 'till' }));
    world.pass(5 * minute);
    answer(world, '1.fail.1', 'One');
    expect(world.run(run).at).toBe('2');
    skip(world, '2');
    expect(world.run(run).at).toBe('4');
    world.by(oncall, { type: 'incident.severity', incident: 'INC-1', severity: 'P0', why: null });
    expect(world.run(run).at).toBe('4');
  });

  it('stop and ask where they compute nothing', () => {
    const world = walked(`
  - ask: How many?
    as: many
  - do: calm
    if: int(answers.many) > 3
  - do: rouse`);
    answer(world, '1', 'a lot');
    expect(world.step(run, '2')).toMatchObject({ kind: 'inconclusive', of: 'condition' });
    expect(world.underWay()).toEqual([]);
    world.by(oncall, { type: 'run.try-again', ...at(world, '2') });
    expect(world.step(run, '2').kind).toBe('offering');
    skip(world, '2');
    expect(world.run(run).at).toBe('3');
  });

  it('see the label of a chosen option', () => {
    const world = walked(`
  - choose: What fails?
    as: trouble
    among:
      The cache: []
      Something else: []
  - do: calm
    if: answers.trouble == "The cache" && steps.trouble in ["The cache"]
  - do: rouse`);
    choose(world, '1', 'the-cache');
    expect(world.run(run).at).toBe('2');
  });

  it('go back with the question that they look at', () => {
    const world = walked(`
  - choose: What fails?
    as: trouble
    among:
      The cache: []
      Something else: []
  - do: calm
    if: answers.trouble == "The cache"
  - do: rouse`);
    choose(world, '1', 'something-else');
    expect(world.run(run).at).toBe('3');
    world.by(oncall, { type: 'run.choose-again', ...at(world, '3') });
    choose(world, '1', 'the-cache');
    expect(world.run(run).at).toBe('2');
    expect(world.step(run, '2').kind).toBe('offering');
  });
});

const ledgerSteps = `
playbook: restart-ledger
title: Restart the ledger
service: ledger
steps:
  - verify: up
    as: ledger_up
    within: 1m
  - do: pause
    if: steps.ledger_up == "held"
  - do: restart
`;

describe('another playbook walked in the place of a step', () => {
  const more = { 'procedures/restart-ledger.yml': ledgerSteps };

  it('brings its steps, its service and its own names', () => {
    const world = walked(
      '  - do: calm\n    as: ledger_up\n  - call: restart-ledger\n  - verify: ledger/lag\n',
      more,
    );
    const steps = allSteps(world.room.definitions['till-fails']!.playbook.steps);
    expect(steps.map(({ id }) => id)).toEqual(['1', '2', '2.1', '2.2', '2.3', '3']);
    expect(Object.keys(world.room.definitions['till-fails']!.service.actions).sort()).toEqual([
      'calm',
      'ledger/pause',
      'ledger/restart',
      'ledger/resume',
      'rouse',
    ]);
    world.values.set('ledger/up', 1).set('ledger/lag', 10);
    skip(world, '1');
    world.pass(minute);
    // Its own `ledger_up` counts, not that of the playbook around it, which was skipped.
    expect(world.run(run).at).toBe('2.2');
    expect(perform(world, '2.2')).toMatchObject({ kind: 'refused', code: 'not-allowed' });
    perform(world, '2.2', keeper);
    expect(world.claims.get('target:store/ledger')).toBe(run);
    expect(world.claims.get('target:shop/till')).toBeUndefined();
    world.ends(0);
    expect(world.run(run).ledger).toMatchObject([
      { action: 'ledger/pause', service: 'ledger', host: 'store' },
    ]);
    perform(world, '2.3', keeper);
    world.ends(0);
    world.ends(0);
    world.pass(minute);
    expect(world.run(run).at).toBe(null);
    expect(world.run(run).result?.kind).toBe('completed');
  });

  it('is passed over as a whole', () => {
    const world = walked('  - call: restart-ledger\n    if: incident.severity == "P4"\n  - do: calm\n', more);
    expect(world.run(run).at).toBe('2');
    expect(Object.keys(world.run(run).steps).sort()).toEqual(['1', '2']);
  });

  it('must not lead back to itself', () => {
    const { problems } = compileYaml({
      'procedures/a.yml': 'playbook: a\ntitle: A\nservice: till\nsteps:\n  - call: b\n',
      'procedures/b.yml': 'playbook: b\ntitle: B\nservice: till\nsteps:\n  - call: a\n',
      'procedures/c.yml': 'playbook: c\ntitle: C\nservice: till\nsteps:\n  - call: a\n',
    });
    expect(problems).toEqual([
      'procedures/a.yml:1:1: These playbooks call each other for ever: `a` calls `b` calls `a`.',
      'procedures/b.yml:1:1: These playbooks call each other for ever: `b` calls `a` calls `b`.',
    ]);
  });

  it('cannot grow without end by being called twice at each turn', { tags: ['trust-38'] }, async ({
    annotate,
  }) => {
    const files = Object.fromEntries(
      Array.from({ length: 24 }, (_, level) => [
        `procedures/p${level}.yml`,
        `playbook: p${level}\ntitle: P\nservice: till\nsteps:\n${
          level === 0 ? '  - do: calm\n' : `  - call: p${level - 1}\n  - call: p${level - 1}\n`
        }`,
      ]),
    );
    const { problems } = compileYaml(files);
    expect(problems[0]).toContain('more than 2000 steps, which nobody walks to the end');
    await annotate('16 million steps called for in 24 files, refused', 'figure');
  });
});

describe('actions and indicators of another service', () => {
  it('are locked, allowed, written down and taken back for that service', () => {
    const world = walked(
      '  - observe: ledger/look\n  - chart: ledger/lag\n  - do: ledger/pause\n  - do: calm\n',
    );
    expect(world.step(run, '3')).toMatchObject({
      kind: 'offering',
      plan: { commands: [{ service: 'ledger', host: { name: 'store' } }] },
    });
    expect(perform(world, '3')).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('ledger'),
    });
    expect(skip(world, '3')).toMatchObject({ kind: 'refused' });
    perform(world, '3', keeper);
    const command = world.effects().findLast((effect) => effect.kind === 'run-command');
    expect(command?.lane).toBe('target:store/ledger');
    expect(world.by(oncall, { type: 'run.stop', ...at(world, '3') })).toMatchObject({ kind: 'refused' });
    world.ends(0);
    perform(world, '4');
    world.ends(0);
    const views = world.ledgers({ kind: 'incident', incident: 'INC-1' });
    expect(changesInEffect(views, 'till').map(({ entry }) => entry.action)).toEqual(['calm']);
    expect(changesInEffect(views, 'ledger').map(({ entry }) => entry.action)).toEqual(['ledger/pause']);
    const back = undoOf(views, { service: 'ledger', through: null });
    expect(back?.definition.playbook.service).toBe('ledger');
    const undo = { service: 'ledger', through: null, hash: back?.hash ?? '' };
    const start = {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: '',
      reason: null,
      undo,
    } as const;
    expect(world.by(oncall, start)).toMatchObject({ kind: 'refused', code: 'not-allowed' });
    world.by(keeper, start);
    const undoing = world.runs().at(-1)!;
    world.by(keeper, { type: 'run.perform', run: undoing, step: '1', attempt: 1 });
    expect(world.claims.get('target:store/ledger')).toBe(undoing);
    world.ends(0);
    const after = world.ledgers({ kind: 'incident', incident: 'INC-1' });
    expect(changesInEffect(after, 'ledger')).toEqual([]);
    expect(changesInEffect(after, 'till')).toHaveLength(1);
    expect(views[0]?.run.ledger.map(({ service, action }) => [service, action])).toEqual([
      ['ledger', 'ledger/pause'],
      [undefined, 'calm'],
    ]);
  });
});

describe('questions within questions', () => {
  const depth = 30;

  it('go as deep as people can think, with ids that fit into a button', async ({ annotate }) => {
    const world = walked(deep(depth));
    const ids: string[] = [];
    for (let level = 0; level < depth; level += 1) {
      const { at: standing } = world.run(run);
      ids.push(standing ?? '');
      choose(world, standing ?? '', 'something-else');
    }
    const last = world.run(run).at ?? '';
    expect(world.step(run, last).kind).toBe('offering');
    expect(new Set([...ids, last]).size).toBe(depth + 1);
    expect(Math.max(...[...ids, last].map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(ids.slice(0, 3)).toEqual(['1', '1.something-else.1', '1.something-else.1.something-else.1']);
    await annotate(`${depth} questions deep`, 'figure');
  });

  function deep(levels: number): string {
    const lines: string[] = [];
    for (let level = 0; level < levels; level += 1) {
      const indent = ' '.repeat(2 + level * 6);
      lines.push(`${indent}- choose: Question ${level}?`, `${indent}  among:`);
      lines.push(`${indent}    Nothing of it: []`, `${indent}    Something else entirely:`);
    }
    lines.push(`${' '.repeat(2 + levels * 6)}- do: calm`);
    return lines.join('\n');
  }
});

describe('a list with owners and times', () => {
  const steps = `
  - checklist: Afterwards
    items:
      - Look once more.
      - item: Tell the customers.
        owner: communications lead
        within: 30m`;

  it('says once what is overdue, and nothing where the list is done', () => {
    const world = walked(steps);
    world.pass(29 * minute);
    const notes = () => world.incident().notes.filter(({ text }) => text.includes('Overdue'));
    expect(notes()).toEqual([]);
    world.pass(10 * minute);
    expect(notes().map(({ text }) => text)).toEqual([
      'Overdue in the list *Afterwards*: Tell the customers. (communications lead)',
    ]);
    const done = walked(steps);
    answer(done, '1', 'done');
    done.pass(60 * minute);
    expect(done.incident().notes.filter(({ text }) => text.includes('Overdue'))).toEqual([]);
  });

  it('is ticked item by item, by whoever did it, and what is ticked is not overdue', () => {
    const world = walked(steps);
    const tick = (item: number, done: boolean, by = oncall) =>
      world.by(by, { type: 'run.tick', ...at(world, '1'), item, done });
    expect(tick(1, true).kind).not.toBe('refused');
    expect(world.run(run).steps['1']?.ticks).toEqual({ 1: { by: 'U1ONCALL', at: expect.any(Number) } });
    expect(world.step(run, '1').kind).toBe('asking');
    world.pass(60 * minute);
    expect(world.incident().notes.filter(({ text }) => text.includes('Overdue'))).toEqual([]);
    expect(tick(1, true)).toMatchObject({ kind: 'refused', code: 'already' });
    expect(tick(1, false).kind).not.toBe('refused');
    expect(world.run(run).steps['1']?.ticks).toEqual({});
    expect(tick(2, true)).toMatchObject({ kind: 'refused', code: 'invalid' });
    const visitor: Actor = { kind: 'person', user: 'U5VISITOR', groups: [] };
    expect(tick(0, true, visitor)).toMatchObject({ kind: 'refused', code: 'not-allowed' });
    tick(0, true);
    const { definitions } = yamlRoom({ 'alerts/till.yml': tillFails(steps) });
    const definition = Object.values(definitions).find(
      ({ playbook }) => playbook.name === world.run(run).playbook,
    );
    if (!definition) throw new Error('the playbook is not usable');
    const events = [...world.states.keys()].flatMap((stream) =>
      world.events(stream).map((event, position) => ({ stream, event, position })),
    );
    const runs = [{ run: world.run(run), definition }];
    const draft = postMortem(events, { incident: world.incident(), runs, now: world.now() });
    expect(draft.timeline.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'Done, in "Afterwards": Tell the customers.',
        'Not done after all, in "Afterwards": Tell the customers.',
        'Done, in "Afterwards": Look once more.',
      ]),
    );
    expect(draft.questions).toContain(
      'Of the list "Afterwards" this was left open, "Tell the customers.": who does it, and by when?',
    );
    answer(world, '1', 'done');
    expect(tick(1, true).kind).toBe('refused');
    expect(world.refolded().get(run)).toEqual(world.states.get(run));
  });
});

describe('several sets of labels', () => {
  it('are each answered by the playbook', () => {
    const room = yamlRoom({
      'alerts/till.yml': tillFails('  - do: calm').replace(
        '{ alertname: TillFails }',
        '[{ alertname: TillFails }, { alertname: TillSlow, service: till }]',
      ),
    });
    for (const name of ['TillFails', 'TillSlow']) {
      const world = createWorld({ room });
      world.notice(notice({ name, service: 'till' }));
      expect(world.run(run).playbook).toBe('till-fails');
    }
    const other = createWorld({ room });
    other.notice(notice({ name: 'TillSlow', service: 'other' }));
    expect(other.run(run).playbook).toBe('generic');
  });
});
