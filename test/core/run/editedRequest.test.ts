import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Action, Definition, Playbook, Step } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { shownPrint } from '../../../src/core/run/edited.ts';
import type { Approval } from '../../../src/core/run/run.ts';
import { doing, engineer, lead, minute, room, second } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

/** What is edited of a playbook and of its service, beside what it says already. */
type Edit = {
  readonly playbook?: Partial<Playbook>;
  readonly wipe?: Partial<Action>;
  readonly stop?: Partial<Action>;
  readonly host?: string;
  readonly objective?: number;
};

function edited(name: string, edit: Edit): Definition {
  const definition = room.definitions[name];
  if (!definition) throw new Error(`the room has no ${name}`);
  const { service } = definition;
  const { wipe, stop } = service.actions;
  const { web } = service.hosts;
  const { up } = service.indicators;
  if (!wipe || !stop || !web || !up) throw new Error('the room is another one');
  return {
    playbook: { ...definition.playbook, ...edit.playbook },
    service: {
      ...service,
      actions: { ...service.actions, wipe: { ...wipe, ...edit.wipe }, stop: { ...stop, ...edit.stop } },
      ...(edit.host !== undefined && {
        hosts: { web: { kind: 'local', name: 'web', directory: edit.host, path: [] } },
      }),
      ...(edit.objective !== undefined && {
        indicators: {
          ...service.indicators,
          up: { ...up, objective: { kind: 'equals', value: edit.objective } },
        },
      }),
    },
  };
}

/** A world whose playbooks can be edited: from then on every decision goes by the newer ones. */
function editable(more: Readonly<Record<string, Definition>> = {}) {
  const live: { -readonly [K in keyof Room]: Room[K] } = {
    ...room,
    definitions: { ...room.definitions, ...more },
  };
  const world = createWorld({ room: live });
  return {
    world,
    save(name: string, definition: Definition | null) {
      const { [name]: _, ...others } = live.definitions;
      live.definitions = definition ? { ...others, [name]: definition } : others;
    },
    /** What a run with a pending request is told of it. */
    tell: (at: number | null = Date.UTC(2026, 10, 21, 10, 3)) =>
      world.by({ kind: 'bot' }, { type: 'run.room-changed', run: 'RUN-1', at }),
  };
}

const start = (world: World, playbook: string) => world.by(engineer, startRun(playbook));

function requested(more: Readonly<Record<string, Definition>> = {}) {
  const rig = editable(more);
  start(rig.world, 'wipe-cache');
  ask(rig.world);
  return { ...rig, first: approval(rig.world) };
}

const ask = (world: World, step = 'wipe') =>
  world.by(engineer, {
    type: 'run.perform',
    run: 'RUN-1',
    step,
    attempt: world.attempt('RUN-1', step),
  });

function approval(world: World, step = 'wipe'): Approval {
  const state = world.step('RUN-1', step);
  if (state.kind !== 'approving') throw new Error(`it is ${state.kind}`);
  return state.approval;
}

const yes = (world: World, by: Actor, { hash }: Pick<Approval, 'hash'>, attempt = 1) =>
  world.by(by, {
    type: 'run.approval-decide',
    verdict: 'approve',
    run: 'RUN-1',
    step: 'wipe',
    attempt,
    hash,
  });

const withdrawals = (world: World) =>
  world
    .events('RUN-1')
    .flatMap((event) =>
      (event.type === 'ApprovalDecided' || event.type === 'PlanDecided') &&
      event.data.state.kind === 'withdrawn'
        ? [event.data.state]
        : [],
    );

const said = 'checkout/wipe was edited at 10:03 UTC since this was asked for; read what runs and ask again.';

const edits: Readonly<Record<string, Edit | null>> = {
  'its arguments': { wipe: { does: { kind: 'run', argv: ['tool', 'wipe', '--all'] } } },
  'its time limit': { wipe: { timeoutMs: 60_000 } },
  'what is said of it': { wipe: { says: 'Loses every basket.' } },
  'its host': { host: '/srv/other' },
  'who has to approve it': { wipe: { approvals: { count: 2 } } },
  'the word to be typed': { wipe: { confirm: 'wipe' } },
  'what it is verified by': { wipe: { verify: { indicator: 'up', holdMs: 0, withinMs: minute } } },
  'the step, which does something else now': { playbook: { steps: [doing('wipe', 'quick')] } },
  'the step, which is gone': { playbook: { steps: [doing('quick')] } },
  'the playbook, which is gone': null,
};

describe('a request for an approval while the playbooks are edited', { tags: ['trust-31'] }, () => {
  it('is withdrawn with the reason when what it asks for is edited, and offered again', async ({
    annotate,
  }) => {
    for (const [what, edit] of Object.entries(edits)) {
      const { world, save, tell, first } = requested();
      save('wipe-cache', edit && edited('wipe-cache', edit));
      expect(tell().kind, what).toBe('accepted');
      const [withdrawn, ...more] = withdrawals(world);
      expect(more).toEqual([]);
      expect(withdrawn, what).toMatchObject({ by: 'bot' });
      expect(withdrawn?.why).toMatch(
        /^checkout\/wipe (was edited at 10:03 UTC|is gone from the playbooks, at 10:03 UTC,) since this was asked for/,
      );
      // Both messages are drawn at once: the request without buttons, the offer with new ones.
      expect(world.shown()).toEqual(expect.arrayContaining(['step/RUN-1/wipe/1', 'step/RUN-1/wipe/2']));
      expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
      expect(yes(world, second, first)).toMatchObject({
        code: 'plan-changed',
        message: expect.stringMatching(/^This was withdrawn at .*checkout\/wipe/),
      });
      expect(world.underWay()).toEqual([]);
      expect(tell()).toMatchObject({ code: 'stale' });
    }
    await annotate(`${Object.keys(edits).length} edits, 0 yeses left standing`, 'figure');
  });

  it('is said in words that name what was edited', () => {
    const { world, save, tell } = requested();
    save('wipe-cache', edited('wipe-cache', { wipe: { timeoutMs: 60_000 } }));
    tell();
    expect(withdrawals(world)).toMatchObject([{ why: said }]);
  });

  it('stands while other things are edited', async ({ annotate }) => {
    const others: readonly ((save: (name: string, definition: Definition | null) => void) => void)[] = [
      (save) => save('slow', edited('slow', { playbook: { title: 'Slower' } })),
      (save) => save('slow', null),
      (save) => save('rollback-checkout', edited('rollback-checkout', { stop: { timeoutMs: 1_000 } })),
      (save) => save('wipe-cache', edited('wipe-cache', { stop: { timeoutMs: 1_000 } })),
      (save) => save('wipe-cache', edited('wipe-cache', { playbook: { symptoms: ['Old pages'] } })),
      (save) =>
        save('wipe-cache', edited('wipe-cache', { playbook: { steps: [doing('wipe'), doing('quick')] } })),
      // Back again before anybody looked.
      (save) => {
        save('wipe-cache', edited('wipe-cache', { host: '/srv/other' }));
        save('wipe-cache', edited('wipe-cache', {}));
      },
    ];
    for (const edit of others) {
      const { world, save, tell, first } = requested();
      edit(save);
      expect(tell()).toMatchObject({ code: 'stale' });
      expect(withdrawals(world)).toEqual([]);
      expect(yes(world, second, first).kind).toBe('accepted');
      expect(world.underWay()).toHaveLength(1);
    }
    await annotate(`${others.length} edits of other things, ${others.length} requests kept`, 'figure');
  });

  it('is withdrawn by the very yes that comes before the news of the edit, and nothing runs', async ({
    annotate,
  }) => {
    let clicks = 0;
    for (const [what, edit] of Object.entries(edits)) {
      const { world, save, first } = requested();
      save('wipe-cache', edit && edited('wipe-cache', edit));
      yes(world, second, first);
      clicks += 1;
      expect(withdrawals(world), what).toMatchObject([{ by: 'bot' }]);
      expect(world.underWay()).toEqual([]);
      expect(yes(world, second, first)).toMatchObject({ code: 'plan-changed' });
      // Who may not approve learns that, and withdraws nothing by it.
      const again = requested();
      again.save('wipe-cache', edit && edited('wipe-cache', edit));
      expect(yes(again.world, engineer, again.first)).toMatchObject({ code: 'own-request' });
      expect(withdrawals(again.world)).toEqual([]);
    }
    await annotate(`${clicks} yeses between edit and news, 0 runs`, 'figure');
  });

  it('loses the first of two yeses with the edit', () => {
    const two = edited('wipe-cache', { wipe: { approvals: { count: 2 } } });
    const { world, save, tell, first } = requested({ 'wipe-cache': two });
    yes(world, second, first);
    expect(approval(world).granted).toHaveLength(1);
    save('wipe-cache', edited('wipe-cache', { wipe: { approvals: { count: 2 }, timeoutMs: 60_000 } }));
    tell();
    ask(world);
    expect(approval(world).granted).toBeUndefined();
    yes(world, lead, approval(world), 2);
    expect(approval(world).granted).toMatchObject([{ by: 'U3LEAD' }]);
    expect(world.underWay()).toEqual([]);
  });

  it('is made anew for what this run carries out, and stands until the next edit', () => {
    const { world, save, tell, first } = requested();
    save('wipe-cache', edited('wipe-cache', { host: '/srv/other' }));
    tell();
    ask(world);
    // The run is pinned: it is the same plan, asked for with open eyes, and neither news nor a yes withdraws it again.
    expect(approval(world)).toMatchObject({ hash: first.hash, plan: first.plan, under: expect.any(String) });
    expect(tell()).toMatchObject({ code: 'stale' });
    save('wipe-cache', edited('wipe-cache', { host: '/srv/third' }));
    expect(tell().kind).toBe('accepted');
    expect(withdrawals(world)).toHaveLength(2);
    ask(world);
    expect(yes(world, second, approval(world), 3).kind).toBe('accepted');
    expect(world.underWay()).toMatchObject([{ planned: { host: { directory: '/srv/checkout' } } }]);
  });

  it('is needed anew for what the edited playbook runs', () => {
    const { world, save, first } = requested();
    yes(world, second, first);
    expect(world.underWay()).toHaveLength(1);
    world.ends();
    save('wipe-cache', edited('wipe-cache', { host: '/srv/other' }));
    start(world, 'wipe-cache');
    world.by(engineer, { type: 'run.perform', run: 'RUN-2', step: 'wipe', attempt: 1 });
    const state = world.step('RUN-2', 'wipe');
    if (state.kind !== 'approving') throw new Error(state.kind);
    expect(state.approval.hash).not.toBe(first.hash);
    const at = { run: 'RUN-2', step: 'wipe', attempt: 1 } as const;
    const decide = { type: 'run.approval-decide', verdict: 'approve', ...at } as const;
    expect(world.by(second, { ...decide, hash: first.hash })).toMatchObject({ code: 'plan-changed' });
    expect(world.underWay()).toEqual([]);
    world.by(second, { ...decide, hash: state.approval.hash });
    expect(world.underWay()).toMatchObject([{ planned: { host: { directory: '/srv/other' } } }]);
  });

  it('can still be refused or taken back', () => {
    for (const verdict of ['refuse', 'withdraw'] as const) {
      const { world, save, first } = requested();
      save('wipe-cache', null);
      const at = { run: 'RUN-1', step: 'wipe', attempt: 1, hash: first.hash } as const;
      const by = verdict === 'refuse' ? second : engineer;
      expect(world.by(by, { type: 'run.approval-decide', verdict, ...at }).kind).toBe('accepted');
      expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
    }
  });

  it('is not got past by broken glass', () => {
    const { world, save } = editable();
    world.notice(notice({ name: 'ServiceDown' }));
    world.by(engineer, {
      ...{ type: 'incident.start-run', incident: 'INC-1', playbook: 'wipe-cache', reason: null },
    });
    world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step: 'wipe', attempt: 1 });
    const state = world.step('INC-1.2', 'wipe');
    if (state.kind !== 'approving') throw new Error(state.kind);
    world.by(second, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U2SECOND' });
    save('wipe-cache', edited('wipe-cache', { host: '/srv/other' }));
    const at = { run: 'INC-1.2', step: 'wipe', attempt: 1, hash: state.approval.hash } as const;
    world.by(second, { type: 'run.break-glass', ...at, reason: 'Nobody answers.' });
    expect(world.step('INC-1.2', 'wipe').kind).toBe('offering');
    expect(world.underWay()).toEqual([]);
  });

  it('folds to the same state from its log, and expires as any other', () => {
    const { world, save, tell } = requested();
    save('wipe-cache', edited('wipe-cache', { host: '/srv/other' }));
    tell();
    ask(world);
    expect(world.refolded()).toEqual(world.states);
    world.pass(10 * minute);
    expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
  });
});

describe('the plan of a whole procedure while the playbooks are edited', { tags: ['trust-31'] }, () => {
  const rollback = 'rollback-checkout';
  const proposed = () => {
    const rig = editable();
    start(rig.world, rollback);
    const hash = rig.world.run('RUN-1').whole?.hash ?? '';
    const approve = () =>
      rig.world.by(second, { type: 'run.plan-decide', verdict: 'approve', run: 'RUN-1', hash });
    return { ...rig, hash, approve };
  };
  const steps = room.definitions[rollback]?.playbook.steps ?? [];
  const waited: Step = { id: 'settle', kind: 'wait', ms: minute, why: 'It settles.' };
  const changes: readonly Edit[] = [
    { stop: { timeoutMs: 1_000 } },
    { host: '/srv/other' },
    { objective: 2 },
    { playbook: { steps: [...steps, waited] } },
    { playbook: { approvals: { count: 2 } } },
  ];

  it('is withdrawn and ended, and the procedure started anew is the edited one', async ({ annotate }) => {
    for (const edit of changes) {
      const { world, save, tell, approve } = proposed();
      save(rollback, edited(rollback, edit));
      tell();
      expect(withdrawals(world)).toMatchObject([
        {
          by: 'bot',
          why: 'rollback-checkout was edited at 10:03 UTC since this was asked for; read what runs and start it anew.',
        },
      ]);
      expect(world.run('RUN-1').result).toMatchObject({ kind: 'refused', by: 'bot' });
      expect(world.shown()).toEqual(expect.arrayContaining(['plan/RUN-1', 'run/RUN-1']));
      expect(approve()).toMatchObject({
        code: 'plan-changed',
        message: expect.stringContaining('withdrawn'),
      });
      const atTheClick = proposed();
      atTheClick.save(rollback, edited(rollback, edit));
      atTheClick.approve();
      expect(atTheClick.world.run('RUN-1').result).toMatchObject({ kind: 'refused', by: 'bot' });
      start(world, rollback);
      expect(world.run('RUN-2').whole).toMatchObject({ state: { kind: 'pending' } });
      expect(world.underWay()).toEqual([]);
    }
    await annotate(`${changes.length} edits of a procedure, 0 yeses left standing`, 'figure');
  });

  it('once approved goes on to its end with what was approved, whatever is edited meanwhile', async ({
    annotate,
  }) => {
    const { world, save, tell, approve } = proposed();
    const plan = world.run('RUN-1').whole?.plan.commands ?? [];
    approve();
    world.values.set('up', 1);
    const ran: unknown[] = [];
    for (const edit of [...changes, null]) {
      save(rollback, edit && edited(rollback, edit));
      expect(tell()).toMatchObject({ code: 'stale' });
      const [first] = world.underWay();
      if (!first) continue;
      ran.push(first.planned);
      world.ends();
    }
    world.pass(minute);
    expect(ran).toEqual(plan);
    expect(world.run('RUN-1').result).toMatchObject({ kind: 'completed' });
    await annotate(
      `${ran.length} of ${plan.length} approved commands between ${changes.length} edits`,
      'figure',
    );
  });
});

describe('a procedure that is started from a form', { tags: ['trust-31'] }, () => {
  /** Nobody else is asked for it, so the form is all that anybody reads of it before it runs. */
  const quick = 'quick-checkout';
  const atOnce = (timeoutMs = 60_000): Definition => {
    const { playbook, service } = edited('rollback-checkout', {});
    const plain = Object.fromEntries(
      Object.entries(service.actions).map(([name, action]) => [
        name,
        {
          ...action,
          risk: action.risk === 'observe' ? ('observe' as const) : ('change' as const),
          timeoutMs,
        },
      ]),
    );
    return { playbook: { ...playbook, name: quick }, service: { ...service, actions: plain } };
  };
  const from = { playbook: quick, reason: null } as const;

  it('starts as the form showed it, or not at all', () => {
    for (const place of ['channel', 'incident'] as const) {
      const { world, save } = editable({ [quick]: atOnce() });
      world.notice(notice({ service: 'checkout' }));
      const shown = shownPrint(atOnce());
      const submit = () =>
        place === 'incident'
          ? world.by(engineer, { type: 'incident.start-run', incident: 'INC-1', ...from, shown })
          : world.by(engineer, {
              ...{ type: 'run.start', run: null, incident: null, ...from, shown },
              ...{ place: { kind: 'channel', channel: 'C1' } },
            });
      const begun = () => world.underWay().length;
      const before = begun();
      for (const edit of [
        atOnce(90_000),
        { ...atOnce(), playbook: { ...atOnce().playbook, authority: 'each' as const } },
        null,
      ]) {
        save(quick, edit);
        expect(submit()).toMatchObject({ kind: 'refused', code: edit ? 'plan-changed' : 'invalid' });
        expect(begun()).toBe(before);
      }
      // Put back as it was, it is what the form shows.
      save(quick, atOnce());
      expect(submit().kind).toBe('accepted');
      expect(begun()).toBe(before + 1);
    }
  });

  it('says what to do', () => {
    const { world, save } = editable({ [quick]: atOnce() });
    const shown = shownPrint(atOnce());
    save(quick, atOnce(90_000));
    expect(
      world.by(engineer, {
        ...{ type: 'run.start', run: null, incident: null, ...from, shown },
        ...{ place: { kind: 'channel', channel: 'C1' } },
      }),
    ).toMatchObject({
      message: expect.stringMatching(
        / was edited since this form was opened, so nothing was started\. Open it again and read what runs\.$/,
      ),
    });
  });
});
