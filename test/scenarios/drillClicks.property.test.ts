import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../src/core/command.ts';
import { undoOf } from '../../src/core/run/undo.ts';
import { allSteps } from '../../src/core/run/walk.ts';
import type { IncidentId, RunId } from '../../src/core/stream.ts';
import { createDrillRig, type DrillRig } from '../fakes/drillRig.ts';
import { room } from '../fakes/room.ts';

const soak = process.env.SOAK === '1';
const names = Object.keys(room.definitions);
const users = ['U1STARTER', 'U2SECOND'] as const;

/** One thing that somebody does; numbers choose among what there is at that moment. */
type Click = {
  readonly what: number;
  readonly which: number;
  readonly user: number;
  readonly late: boolean;
  readonly waitMs: number;
};

const clicks = fc.array(
  fc.record<Click>({
    what: fc.nat(23),
    which: fc.nat(1_000),
    user: fc.nat(1),
    late: fc.boolean(),
    waitMs: fc.constantFrom(0, 0, 0, 15_000, 60_000, 11 * 60_000, 3 * 60 * 60_000),
  }),
  { minLength: 5, maxLength: soak ? 80 : 25 },
);

const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % Math.max(1, all.length)];

/** What a click asks for now, as a surface would write it down; null where there is nothing to click. */
async function asked(rig: DrillRig, id: IncidentId, click: Click): Promise<CommandBody | null> {
  const incident = await rig.incident(id);
  const run: RunId = pick(incident.runs, click.which) ?? `${id}.1`;
  const view = await rig.desk.run(run);
  const steps = view ? allSteps(view.definition.playbook.steps) : [];
  const open = steps.filter(({ id: step }) => view?.run.steps[step] !== undefined);
  const step = pick(click.late ? steps : open.toReversed(), click.which);
  const record = step && view?.run.steps[step.id];
  const at = { run, step: step?.id ?? 'none', attempt: record?.attempt ?? 1 };
  const state = record?.state;
  const hash = state?.kind === 'approving' ? state.approval.hash : (view?.run.whole?.hash ?? '0'.repeat(64));
  const verdict = click.late ? 'refuse' : 'approve';
  const option = step?.kind === 'choose' ? pick(step.options, click.which)?.id : undefined;
  const wishes: readonly (CommandBody | null)[] = [
    { type: 'run.perform', ...at },
    { type: 'run.perform', ...at },
    { type: 'run.choose', ...at, option: option ?? 'none' },
    { type: 'run.answer', ...at, answer: 'Practised.' },
    { type: 'run.skip', ...at },
    { type: 'run.try-again', ...at },
    { type: 'run.choose-again', ...at },
    { type: 'run.stop', ...at },
    { type: 'run.claim', ...at, claim: 'worked' },
    { type: 'run.plan-decide', run, hash, verdict, standIn: true },
    { type: 'run.approval-decide', ...at, hash, verdict, standIn: true },
    { type: 'run.break-glass', ...at, hash, reason: 'practice' },
    {
      type: 'incident.start-run',
      incident: id,
      playbook: pick(names, click.which) ?? '',
      reason: null,
    },
    await undo(rig, id),
    {
      type: 'incident.severity',
      incident: id,
      severity: pick(['P0', 'P2', 'P4'], click.which) ?? 'P0',
      why: null,
    },
    { type: 'incident.role', incident: id, role: 'commander', user: pick(users, click.which) ?? users[0] },
  ];
  return wishes[click.what] ?? null;
}

async function undo(rig: DrillRig, id: IncidentId): Promise<CommandBody | null> {
  const views = await rig.desk.ledgers({ kind: 'incident', incident: id });
  const service = 'checkout';
  const all = undoOf(views, { service, through: null });
  if (!all) return null;
  return {
    type: 'incident.start-run',
    incident: id,
    playbook: 'undo',
    reason: null,
    undo: { service, through: null, hash: all.hash },
  };
}

describe('whatever people click in a drill', { timeout: 240_000 }, () => {
  it('never runs a command, writes a file, reads an indicator or calls anybody', async ({ annotate }) => {
    let made = 0;
    let accepted = 0;
    let played = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(names.length - 1), fc.boolean(), clicks, async (playbook, firstFails, all) => {
        const rig = createDrillRig(room);
        try {
          const id = await rig.drill(names[playbook] ?? '', { firstFails });
          for (const click of all) {
            // Now and then somebody does what comes next, so that walks get somewhere.
            if (click.what > 15) await rig.next(id, (count) => click.which % count);
            const body = await asked(rig, id, click);
            if (body) {
              const answer = await rig.act(body, users[click.user]);
              made += 1;
              if (answer.kind === 'accepted') accepted += 1;
            }
            if (click.waitMs > 0) rig.clock.advance(click.waitMs);
            await rig.idle();
          }
          const log = await rig.store.events({});
          played += log.filter(({ event }) => event.type === 'CommandEnded').length;
          expect(rig.touched).toEqual({ commands: 0, files: 0, readings: 0 });
          expect(rig.unmarked(rig.said)).toEqual([]);
          expect(new Set(rig.said.map(({ channel }) => channel)).size).toBeLessThanOrEqual(1);
          const invited = rig.said.filter(({ kind }) => kind === 'invite').flatMap(({ people }) => people);
          expect(new Set(invited)).toEqual(new Set(['U1STARTER']));
          expect(await rig.store.holder('open-incident:checkout')).toBeNull();
          expect(await rig.store.holder('target:web/checkout')).toBeNull();
        } finally {
          await rig.stop();
        }
      }),
      { numRuns: soak ? 1_000 : 40 },
    );
    expect(accepted).toBeGreaterThan(made / 20);
    // Otherwise nothing was shown: commands did end, with nobody having run them.
    expect(played).toBeGreaterThan(20);
    await annotate(
      `${made} clicks, ${accepted} accepted, ${played} commands played: 0 commands run, 0 files, 0 readings, 0 people called`,
      'figure',
    );
  });
});
