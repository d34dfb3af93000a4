import type { Context } from '../context.ts';
import { type Refusal, refuse } from '../decision.ts';
import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import type { Room } from '../playbook/room.ts';
import type { Plan } from './plan.ts';
import { planStep, planWhole } from './resolve.ts';
import type { Approval, Run } from './run.ts';
import { allSteps, findStep } from './walk.ts';

/**
 * Requests for a yes, and files that are edited while they wait. A run carries out what its own definition says, whatever
 * is edited; but whoever says yes believes to have before them what the playbooks say. So a request stands only as long as
 * the playbooks say of the same step what they said when it was made:
 *
 *   asked for ─▶ the playbooks say the same of it: the request stands, whatever else was edited
 *             ─▶ they say something else of it:    withdrawn by the bot, at the edit or at the next yes
 *
 * Asked for again, it shows what this run carries out, and that this is an older version.
 */

/** What is asked for: a step by its id, or null for the plan of a whole procedure and for its beginning. */
export type Asked = string | null;

type Asker = Pick<Run, 'playbook' | 'service' | 'authority' | 'inputs' | 'steps'>;

/** What stands in the place of a print where the playbooks have nothing of the kind any more. */
const gone = 'gone';

/** What the playbooks in use say of it: SHA-256, hex, or `gone`. */
function printInRoom(run: Asker, pinned: Definition, asked: Asked, room: Pick<Room, 'definitions'>): string {
  // What takes changes back is generated from the ledger and stands in no file.
  if (pinned.playbook.kind === 'undo') return printOf(run, pinned, asked);
  const now = Object.hasOwn(room.definitions, run.playbook) ? room.definitions[run.playbook] : undefined;
  return now ? printOf(run, now, asked) : gone;
}

/** All that a yes lets happen, by what it is verified included: SHA-256, hex. */
function printOf(run: Asker, definition: Definition, asked: Asked): string {
  const { playbook } = definition;
  const print = (value: unknown): string => sha256Hex(canonicalJson(value));
  if (asked === null) {
    const plan = planWhole(definition, run.inputs);
    const { authority, steps } = playbook;
    const acting = allSteps(steps).filter((step) => step.kind === 'do');
    const plans = acting.map((step) => planStep(definition, step, run));
    const gates = allSteps(steps).flatMap((step) => gateOf(step) ?? []);
    return print({ plan, authority, steps, proofs: proofsOf(definition, plans, gates) });
  }
  const step = findStep(playbook.steps, asked);
  if (step?.kind !== 'do') return gone;
  const plan = planStep(definition, step, run);
  return print({ plan, proofs: proofsOf(definition, [plan], []) });
}

const gateOf = (step: Step): string | undefined =>
  step.kind === 'verify' ? step.target.indicator : undefined;

/** The indicators that tell whether it worked, or whether it happened at all, with their objectives. */
function proofsOf(
  { service: { indicators } }: Definition,
  plans: readonly Plan[],
  gates: readonly string[],
): Readonly<Record<string, unknown>> {
  const named = plans.flatMap(({ verify, commands }) => [
    ...(verify ? [verify.indicator] : []),
    ...commands.flatMap(({ probe }) => probe ?? []),
  ]);
  return Object.fromEntries(
    [...named, ...gates].map((name) => [
      name,
      (Object.hasOwn(indicators, name) ? indicators[name] : null) ?? null,
    ]),
  );
}

/**
 * What somebody has read of a procedure before they start it, as SHA-256, hex: a form stays open for as long as they like,
 * and what starts at its click has to be what it shows.
 */
export const shownPrint = (definition: Definition): string => {
  const { name: playbook, authority } = definition.playbook;
  return printOf({ playbook, service: '', authority, steps: {} }, definition, null);
};

/** The refusal of a start from a form that shows something else than would start; null where none was shown. */
export function editedSinceShown(definition: Definition, shown: string | undefined): Refusal | null {
  if (shown === undefined || shown === shownPrint(definition)) return null;
  const { title } = definition.playbook;
  return refuse(
    'plan-changed',
    `${title} was edited since this form was opened, so nothing was started. Open it again and read what runs.`,
  );
}

/** How the playbooks in use differ from what this run carries out there; null where they say the same. */
export function editedSince(
  run: Asker,
  pinned: Definition,
  asked: Asked,
  room: Pick<Room, 'definitions'>,
): { readonly print: string; readonly how: 'changed' | 'gone' } | null {
  const now = printInRoom(run, pinned, asked, room);
  if (now === printOf(run, pinned, asked)) return null;
  return { print: now, how: now === gone ? 'gone' : 'changed' };
}

/** What is kept with a request that is made while the playbooks say something else already. */
export function askedUnder(
  run: Asker,
  pinned: Definition,
  asked: Asked,
  { room }: Pick<Context, 'room'>,
): Pick<Approval, 'under'> {
  const edited = editedSince(run, pinned, asked, room);
  return edited ? { under: edited.print } : {};
}

export type Outdated = { readonly asked: Asked; readonly approval: Approval; readonly why: string };

/**
 * Those of a run's pending requests that the playbooks say something else of than when they were made. `at` is when the
 * edit was taken up, in milliseconds since the epoch; null where that is not known.
 */
export function outdatedRequests(
  run: Run,
  pinned: Definition,
  room: Pick<Room, 'definitions'>,
  at: number | null,
): readonly Outdated[] {
  return pendingOf(run).flatMap(({ asked, approval }) => {
    const why = outdated({ run, pinned, room, asked, approval, at });
    return why === null ? [] : [{ asked, approval, why }];
  });
}

function pendingOf({ whole, steps }: Run): readonly Omit<Outdated, 'why'>[] {
  const ofSteps = Object.entries(steps).flatMap(([asked, { state }]) =>
    state.kind === 'approving' ? [{ asked, approval: state.approval }] : [],
  );
  return [...(whole ? [{ asked: null, approval: whole }] : []), ...ofSteps].filter(
    ({ approval }) => approval.state.kind === 'pending',
  );
}

/** Why a request does not stand any more, as sentences; null where it does. */
export function outdated(given: {
  readonly run: Run;
  readonly pinned: Definition;
  readonly room: Pick<Room, 'definitions'>;
  readonly asked: Asked;
  readonly approval: Pick<Approval, 'under'>;
  readonly at: number | null;
}): string | null {
  const { run, pinned, room, asked, approval, at } = given;
  const edited = editedSince(run, pinned, asked, room);
  if (edited?.print === approval.under) return null;
  const what = nameOf(run, pinned, asked);
  const when = at === null ? '' : ` at ${new Date(at).toISOString().slice(11, 16)} UTC`;
  const next = asked === null ? 'start it anew' : 'ask again';
  return edited?.how === 'gone'
    ? `${what} is gone from the playbooks${when === '' ? '' : `,${when},`} since this was asked for.`
    : `${what} was edited${when} since this was asked for; read what runs and ${next}.`;
}

/** `genesis-orchestration/restart`, or the name of the procedure. */
function nameOf({ playbook, service: own }: Asker, pinned: Definition, asked: Asked): string {
  const step = asked === null ? null : findStep(pinned.playbook.steps, asked);
  if (step?.kind !== 'do') return playbook;
  const action = pinned.service.actions[step.action];
  const service = action?.service ?? (pinned.service.name || own);
  return step.action.includes('/') ? step.action : `${service}/${step.action}`;
}
