import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { may } from '../../../src/core/access/may.ts';
import { type Actor, actorId } from '../../../src/core/actor.ts';
import type { CommandBody } from '../../../src/core/command.ts';
import { canonicalJson, sha256Hex } from '../../../src/core/playbook/canonical.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { RunEvent } from '../../../src/core/run/events.ts';
import { planAction, planHash, planWhole } from '../../../src/core/run/resolve.ts';
import type { Approval } from '../../../src/core/run/run.ts';
import type { RunId } from '../../../src/core/stream.ts';
import { temporaryDirectory } from '../../adapters/sqlite/places.ts';
import { createClock } from '../../fakes/clock.ts';
import { engineer, lead, minute, room, second, trainee, visitor } from '../../fakes/room.ts';
import { createWorld, type World } from '../../fakes/world.ts';

const everybody = [engineer, second, lead, trainee, visitor];
const channel = { incident: null, place: { kind: 'channel', channel: 'C1' }, reason: null } as const;
const soak = process.env.SOAK === '1';

/** What somebody does next, or the time that passes. */
type Act = { readonly who: Actor; readonly what: string; readonly old: boolean } | { readonly wait: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      who: fc.constantFrom(...everybody, engineer, engineer, second, second, lead),
      what: fc.constantFrom(
        'request',
        'request',
        'request',
        'request',
        'approve',
        'approve',
        'approve',
        'approve',
        'approve',
        'refuse',
        'glass',
        'again',
        'skip',
        'choose-again',
        'claim',
        'stop',
        'wrong-hash',
        'worked',
        'failed',
        'lost',
      ),
      // Buttons of earlier messages, now and then.
      old: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 12 * minute }) }) },
);

/** Plays on a run of one destructive step, or of a procedure that is approved as a whole. */
function play(world: World, run: RunId, step: string, acts: readonly Act[]): void {
  // Buttons of earlier messages are still on somebody's screen.
  const seen: { attempt: number; hash: string }[] = [];
  for (const each of acts) {
    if ('wait' in each) {
      world.pass(each.wait);
      continue;
    }
    const { whole, steps } = world.run(run);
    const state = steps[step]?.state;
    const hash =
      whole?.hash ?? (state?.kind === 'approving' ? state.approval.hash : (seen.at(-1)?.hash ?? ''));
    const newest = { attempt: steps[step]?.attempt ?? 1, hash };
    seen.push(newest);
    const { attempt, hash: shown } = each.old ? (seen[0] ?? newest) : newest;
    const at = { run, step, attempt };
    const bodies: Readonly<Record<string, CommandBody>> = {
      request: { type: 'run.perform', ...at },
      approve: whole
        ? { type: 'run.plan-decide', run, hash: shown, verdict: 'approve' }
        : { type: 'run.approval-decide', ...at, hash: shown, verdict: 'approve' },
      refuse: whole
        ? { type: 'run.plan-decide', run, hash: shown, verdict: 'refuse' }
        : { type: 'run.approval-decide', ...at, hash: shown, verdict: 'refuse' },
      'wrong-hash': { type: 'run.approval-decide', ...at, hash: '0'.repeat(64), verdict: 'approve' },
      glass: whole
        ? { type: 'run.plan-break-glass', run, hash: shown, reason: 'now' }
        : { type: 'run.break-glass', ...at, hash: shown, reason: 'now' },
      again: { type: 'run.try-again', ...at },
      skip: { type: 'run.skip', ...at },
      'choose-again': { type: 'run.choose-again', ...at },
      claim: { type: 'run.claim', ...at, claim: 'worked' },
      stop: { type: 'run.stop', ...at },
    };
    const body = bodies[each.what];
    if (body) world.by(each.who, body);
    else if (world.underWay().length > 0) {
      world.ends(
        each.what === 'worked'
          ? 0
          : each.what === 'failed'
            ? 1
            : { kind: 'unknown', message: 'The bot stopped.' },
      );
    }
  }
}

const person = (id: string): Actor | undefined => everybody.find((each) => actorId(each) === id);

/** Everything that speaks against a start: a command of a destructive plan, and what came before it in its run. */
function faultsOf(events: readonly RunEvent[], definition: Definition, hashOfDefinition: string): string[] {
  const faults: string[] = [];
  let pending: Approval | null = null;
  let approved: Approval | null = null;
  for (const event of events) {
    switch (event.type) {
      case 'ApprovalRequested':
      case 'PlanProposed':
        pending = event.data.approval;
        approved = null;
        break;
      case 'ApprovalDecided':
      case 'PlanDecided': {
        const { state } = event.data;
        if (!pending) {
          faults.push('something was decided that nobody had asked for');
          break;
        }
        if (state.kind === 'approved') {
          const { requestedBy, requestedAt, hash, plan } = pending;
          if (state.by === requestedBy) faults.push(`${state.by} approved what they had asked for`);
          if (state.at - requestedAt > 10 * minute) faults.push('it was approved after it had expired');
          if (hash !== planHash(plan, hashOfDefinition)) faults.push('the hash is not the one of the plan');
          for (const [id, right] of [
            [requestedBy, 'destroy'],
            [state.by, 'approve'],
          ] as const) {
            const who = person(id);
            if (!who || !may(room.access, who, right, definition.service.name).allowed)
              faults.push(`${id} may not ${right}`);
          }
          approved = pending;
        } else approved = null;
        pending = null;
        break;
      }
      case 'CommandStarted':
        if (event.data.plan.risk !== 'destructive' && approved === null) break;
        if (!approved) faults.push('it was started without an approval');
        else if (
          approved.plan.commands.length === 1 &&
          canonicalJson(event.data.plan) !== canonicalJson(approved.plan)
        )
          faults.push('what was started is not what was approved');
        break;
      case 'StepMoved':
      case 'StepSettled':
      case 'StepsReopened':
        // A step's approval is for one try; a whole procedure's is for all of it.
        if (definition.playbook.authority === 'each') approved = null;
        break;
      default:
        break;
    }
  }
  return faults;
}

describe('two people', { tags: ['trust-31'] }, () => {
  it.for(['wipe-cache', 'rollback-checkout'])(
    'stand behind everything destructive, whatever anybody does in whatever order: %s',
    async (playbook, { annotate }) => {
      const numRuns = soak ? 20_000 : 400;
      const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
      const definition = room.definitions[playbook];
      if (!definition) throw new Error(`there is no ${playbook}`);
      const hash = sha256Hex(canonicalJson(definition));
      let started = 0;
      fc.assert(
        fc.property(
          fc.constantFrom(engineer, second, lead, trainee),
          fc.array(act, { minLength: 6, maxLength: 25 }),
          (starter, acts) => {
            const world = createWorld();
            if (world.by(starter, { type: 'run.start', run: null, playbook, ...channel }).kind === 'refused')
              return;
            const step = playbook === 'wipe-cache' ? 'wipe' : 'stop';
            play(world, 'RUN-1', step, acts);
            const events = world.events('RUN-1') as RunEvent[];
            expect(faultsOf(events, definition, hash)).toEqual([]);
            started += events.filter(({ type }) => type === 'CommandStarted').length;
          },
        ),
        { numRuns, seed },
      );
      // The search is worth something only where commands were really started.
      expect(started).toBeGreaterThan(numRuns / 50);
      await annotate(
        `${numRuns} random sequences (seed ${seed}), ${started} destructive starts, each by two people: 0 breaches`,
        'figure',
      );
    },
  );

  it('approved exactly what runs: a change of anything in it is another plan', async ({ annotate }) => {
    const definition = room.definitions['rollback-checkout'];
    const wipe = room.definitions['wipe-cache'];
    if (!definition || !wipe) throw new Error('the room is another one');
    let changed = 0;
    for (const plan of [planWhole(definition), planAction(wipe, 'wipe', null)]) {
      const before = planHash(plan, 'd'.repeat(64));
      expect(planHash(plan, 'e'.repeat(64))).not.toBe(before);
      for (const path of leavesOf(plan)) {
        changed += 1;
        expect(planHash(withChange(plan, path), 'd'.repeat(64)), path.join('.')).not.toBe(before);
      }
    }
    for (const path of leavesOf(wipe)) {
      changed += 1;
      expect(sha256Hex(canonicalJson(withChange(wipe, path))), path.join('.')).not.toBe(
        sha256Hex(canonicalJson(wipe)),
      );
    }
    await annotate(
      `${changed} changes of arguments, targets and playbooks: ${changed} other hashes`,
      'figure',
    );
  });

  it('are needed again after the playbook was changed: the old approval is for the old plan', () => {
    const wipe = room.definitions['wipe-cache'];
    const action = wipe?.service.actions.wipe;
    if (!wipe || !action) throw new Error('the room is another one');
    const actions = {
      ...wipe.service.actions,
      wipe: { ...action, does: { kind: 'run' as const, argv: ['tool', 'wipe', '--everything'] } },
    };
    const other = { ...wipe, service: { ...wipe.service, actions } };
    const asked = (definitions: typeof room.definitions) => {
      const world = createWorld({ room: { ...room, definitions } });
      world.by(engineer, { type: 'run.start', run: null, playbook: 'wipe-cache', ...channel });
      world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'wipe', attempt: 1 });
      const state = world.step('RUN-1', 'wipe');
      return { world, hash: state.kind === 'approving' ? state.approval.hash : '' };
    };
    const before = asked(room.definitions);
    const after = asked({ ...room.definitions, 'wipe-cache': other });
    expect(after.hash).not.toBe(before.hash);
    const approve = {
      type: 'run.approval-decide',
      run: 'RUN-1',
      step: 'wipe',
      attempt: 1,
      verdict: 'approve',
    } as const;
    expect(after.world.by(second, { ...approve, hash: before.hash })).toMatchObject({ code: 'plan-changed' });
    expect(after.world.underWay()).toEqual([]);
    expect(after.world.by(second, { ...approve, hash: after.hash }).kind).toBe('accepted');
  });

  it('are not made one by an alert that asks for what is destructive: the linter refuses such a playbook', async () => {
    const directory = temporaryDirectory();
    await cp(join(import.meta.dirname, '../../fixtures/base-room'), directory, { recursive: true });
    const service = join(directory, 'services/billing.yml');
    const wipe = '  wipe: { risk: destructive, run: [rm, -r, cache], verify: up, undo: none }\n';
    await writeFile(service, `${(await readFile(service, 'utf8')).trimEnd()}\n${wipe}`);
    const playbook = (more: string) =>
      `playbook: trial\ntitle: Trial\nanswers: { alertname: Trial }\nservice: billing\nseverity: P1\n${more}steps:\n  - do: wipe\n`;
    const messages = async (more: string) => {
      await writeFile(join(directory, 'alerts/trial.yml'), playbook(more));
      const { problems } = await loadRoom({ directory, pace: 1 });
      return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    };
    expect(await messages('authority: whole\n')).toEqual([
      expect.stringMatching(/^Nobody asks for what an alert starts/),
    ]);
    expect(await messages('')).toEqual([]);
  });

  it('race for one approval a hundred times: one winner, and never whoever asked', {
    timeout: 120_000,
  }, async ({ annotate }) => {
    const races = 100;
    const clock = createClock();
    const store = openSqliteStore({ file: join(temporaryDirectory(), 'genesis.db'), clock });
    const winners = new Map<string, number>();
    try {
      for (let race = 0; race < races; race++) {
        const run: RunId = `RUN-${race + 1}`;
        const at = { run, step: 'wipe', attempt: 1 } as const;
        await store.handle(
          { actor: engineer, type: 'run.start', run: null, playbook: 'wipe-cache', ...channel },
          room,
        );
        await store.handle({ actor: engineer, type: 'run.perform', ...at }, room);
        const state = await store.state(run);
        const asking = state?.kind === 'run' ? state.run.steps.wipe?.state : undefined;
        if (asking?.kind !== 'approving') throw new Error('it is not asked for');
        const approve = {
          type: 'run.approval-decide',
          ...at,
          hash: asking.approval.hash,
          verdict: 'approve',
        } as const;
        // Everybody at once, whoever asked more often than anybody else, and in another order each time.
        const crowd = [engineer, engineer, engineer, second, lead, trainee, visitor, second, lead, engineer];
        const turned = [...crowd.slice(race % crowd.length), ...crowd.slice(0, race % crowd.length)];
        const answers = await Promise.all(turned.map((actor) => store.handle({ actor, ...approve }, room)));
        expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
        const events = (await store.events({ stream: run })).map(({ event }) => event);
        const decided = events.flatMap((event) =>
          event.type === 'ApprovalDecided' ? [event.data.state] : [],
        );
        expect(decided).toHaveLength(1);
        const [winner] = decided;
        if (winner?.kind !== 'approved') throw new Error('nobody approved');
        expect([actorId(second), actorId(lead)]).toContain(winner.by);
        expect(events.filter(({ type }) => type === 'CommandStarted')).toHaveLength(1);
        winners.set(winner.by, (winners.get(winner.by) ?? 0) + 1);
        await store.handle(
          {
            actor: { kind: 'bot' },
            type: 'run.command-ended',
            ...at,
            command: 0,
            outcome: { kind: 'exited', code: 0, tookMs: 1, truncatedBytes: 0 },
            previous: undefined,
          },
          room,
        );
      }
    } finally {
      await store.close();
    }
    // Both had their chance, so it was a race.
    expect(winners.size).toBe(2);
    await annotate(
      `${races} races of ten clicks through SQLite: ${races} approvals by a second person, 0 by the first`,
      'figure',
    );
  });
});

function leavesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, [...path, key]));
}

/** The same with one leaf changed as little as possible. */
function withChange<T>(value: T, path: readonly string[]): T {
  const [key, ...rest] = path;
  if (key === undefined) {
    if (typeof value === 'number') return (value + 1) as T;
    if (typeof value === 'boolean') return !value as T;
    return (value === null ? 'something' : `${value} `) as T;
  }
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[key] = withChange(copy[key], rest);
  return copy as T;
}
