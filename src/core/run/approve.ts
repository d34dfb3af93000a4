import type { Actor } from '../actor.ts';
import { type Decision, refuse } from '../decision.ts';
import { advance, carryOut } from './advance.ts';
import { needsApproval } from './demands.ts';
import { type Asked, askedUnder, outdated, outdatedRequests } from './edited.ts';
import { show, showRun, showStep, tell, type Walking } from './effects.ts';
import { end } from './ending.ts';
import type { RunEvent } from './events.ts';
import { type Decides, decideApproval, type Verdict } from './judgeApproval.ts';
import type { Override, Plan } from './plan.ts';
import { planHash, planWhole } from './resolve.ts';
import { forbiddenToDo } from './rights.ts';
import type { Approval, StepRecord } from './run.ts';
import { targetsOf } from './targets.ts';
import { lookAtTriggers } from './triggerLook.ts';
import { beginUpdates } from './updates.ts';
import { announceOverride, closedMeanwhile } from './window.ts';

/**
 * A destructive plan waits for a second person, or for as many as it demands: pending ─▶ approved, refused, withdrawn,
 * expired, or broken glass. It is bound to the hash of exactly what will run. One refusal refuses; the yes that completes
 * what is demanded lets it run; the requester's own yes counts for nothing. The time it stands counts from the request.
 * An edit of what it asks for withdraws it, with every yes that it had; what was approved before goes on as it was.
 */

/** How long a request stands; long enough to find somebody, too short to be approved by accident the next day. */
const standsMs = 10 * 60_000;

function newApproval(walking: Walking, plan: Plan, asked: Asked): Approval {
  const { context, by, draft, definition } = walking;
  return {
    hash: planHash(plan, draft.state.definition),
    plan,
    requestedBy: by,
    requestedAt: context.now,
    expiresAt: context.now + standsMs,
    ...askedUnder(draft.state, definition, asked, context),
    state: { kind: 'pending' },
  };
}

export function requestApproval(walking: Walking, step: string, plan: Plan): void {
  const { draft, context } = walking;
  const approval = newApproval(walking, plan, step);
  draft.emit({ type: 'ApprovalRequested', data: { step, approval }, at: context.now, by: walking.by });
  const { attempt } = draft.state.steps[step] ?? { attempt: 1 };
  const { id } = draft.state;
  tell(
    walking,
    { type: 'run.approval-expired', run: id, step, attempt, hash: approval.hash },
    approval.expiresAt,
  );
  lookAtTriggers(walking);
  showStep(walking, step);
}

/**
 * Proposes the plan of a whole procedure; below *destructive*, whoever has the right starts it by asking. What the bot
 * starts by itself was asked for by nobody, so anything that changes something waits for a person.
 */
export function proposePlan(walking: Walking, actor: Actor, override?: Override): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const all = planWhole(definition, draft.state.inputs);
  // Where each action waits for its own click, what is approved beforehand is that the walk begins at all.
  const begun = draft.state.authority === 'whole' ? all : beginning(all);
  const plan = override ? { ...begun, override } : begun;
  const approval = newApproval(walking, plan, null);
  const denied = forbiddenToDo(plan, { actor, own: draft.state.service, situation: context });
  if (denied) return denied;
  // Below what needs a second person, a word to be typed is what it waits for.
  const alone = plan.confirm !== undefined && !needsApproval(plan);
  const proposed = alone ? { ...approval, alone: true as const } : approval;
  draft.emit({ type: 'PlanProposed', data: { approval: proposed }, at: context.now, by: walking.by });
  const { id } = draft.state;
  const atOnce = actor.kind === 'person' ? !needsApproval(plan) && !alone : plan.risk === 'observe';
  if (atOnce) {
    approved(walking, { kind: 'approved', by: walking.by, at: context.now });
    return draft.decided();
  }
  tell(walking, { type: 'run.plan-expired', run: id, hash: approval.hash }, approval.expiresAt);
  lookAtTriggers(walking);
  show(walking, { kind: 'plan', run: id });
  return draft.decided();
}

const beginning = ({ approvals: _, confirm: __, ...plan }: Plan): Plan => ({
  ...plan,
  risk: 'change',
  commands: [],
});

/** Acting without a second person is said in the incident, with the reason that was given. */
function announceGlass({ draft }: Walking, plan: Plan, state: Approval['state']): void {
  const { incident } = draft.state;
  if (state.kind !== 'glass-broken' || !incident) return;
  const text = `<@${state.by}> broke the glass for *${plan.title}*, without a second person: ${state.reason}`;
  tell({ draft }, { type: 'incident.note', incident, kind: 'bot', text });
}

function approved(walking: Walking, state: Approval['state']): void {
  const { draft, context } = walking;
  draft.emit({ type: 'PlanDecided', data: { state }, at: context.now, by: walking.by });
  const { whole, id } = draft.state;
  if (whole) for (const claim of targetsOf(walking, whole.plan)) draft.take(claim);
  show(walking, { kind: 'plan', run: id });
  showRun(walking);
  beginUpdates(walking);
  advance(walking);
}

export function decidePlan(walking: Walking, command: Decides): Decision<RunEvent> {
  const { draft, context } = walking;
  const { whole } = draft.state;
  if (!whole) return refuse('invalid', 'This procedure is not approved as a whole.');
  const verdict = decideApproval(walking, command, whole);
  if (verdict.kind === 'refused') return verdict;
  const edited = editedMeanwhile(walking, { asked: null, approval: whole, verdict });
  if (edited !== null) return tooLate(walking, edited);
  recordYes(walking, null, verdict);
  if (verdict.kind === 'granted') {
    show(walking, { kind: 'plan', run: draft.state.id });
    return draft.decided();
  }
  const { state } = verdict;
  if (state.kind === 'refused' || state.kind === 'withdrawn') {
    draft.emit({ type: 'PlanDecided', data: { state }, at: context.now, by: walking.by });
    end(walking, 'refused', state.kind === 'withdrawn' ? 'It was withdrawn.' : null);
    return draft.decided();
  }
  if (state.kind === 'approved') {
    const why = closedMeanwhile(walking, whole.plan);
    if (why !== null) return tooLate(walking, why);
    announceOverride(walking, whole, state.by);
  }
  announceGlass(walking, whole.plan, state);
  approved(walking, state);
  return draft.decided();
}

/** Withdraws what an edit has voided, whether or not anybody has clicked since; a second time there is nothing left. */
export function withdrawOutdated(walking: Walking, at: number | null): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const [first] = outdatedRequests(draft.state, definition, context.room, at);
  if (!first) return refuse('stale', 'Everything that is asked for would run as it was shown.');
  if (first.asked === null) return tooLate(walking, first.why);
  withdrawEdited(walking, first.asked, first);
  return draft.decided();
}

/** Why a yes comes after an edit of what it is about, although nothing has withdrawn the request yet. */
function editedMeanwhile(
  { draft, definition, context }: Walking,
  given: {
    readonly asked: Asked;
    readonly approval: Approval;
    readonly verdict: Extract<Verdict, { kind: 'decided' | 'granted' }>;
  },
): string | null {
  const { verdict } = given;
  const isYes =
    verdict.kind === 'granted' || verdict.state.kind === 'approved' || verdict.state.kind === 'glass-broken';
  const { room } = context;
  return isYes ? outdated({ ...given, run: draft.state, pinned: definition, room, at: null }) : null;
}

function withdrawEdited(
  walking: Walking,
  step: string,
  { approval, why }: { readonly approval: Approval; readonly why: string },
): void {
  const bot = { ...walking, by: 'bot' };
  withdrawRequest(bot, step, why);
  backToOffer(bot, step, approval.plan);
}

/** Everybody who waits for it is told, and not only whoever said yes to what may not start any more. */
function tooLate(walking: Walking, why: string): Decision<RunEvent> {
  const { draft, context } = walking;
  const state = { kind: 'withdrawn', by: 'bot', at: context.now, why } as const;
  draft.emit({ type: 'PlanDecided', data: { state }, at: context.now, by: 'bot' });
  end({ ...walking, by: 'bot' }, 'refused', why);
  return draft.decided();
}

export function decideStepApproval(
  walking: Walking,
  command: Decides & { step: string },
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context } = walking;
  if (record.state.kind !== 'approving') return refuse('stale', 'This request is not open any more.');
  const { approval } = record.state;
  const verdict = decideApproval(walking, command, approval);
  if (verdict.kind === 'refused') return verdict;
  const edited = editedMeanwhile(walking, { asked: command.step, approval, verdict });
  if (edited !== null) {
    withdrawEdited(walking, command.step, { approval, why: edited });
    return draft.decided();
  }
  recordYes(walking, command.step, verdict);
  if (verdict.kind === 'granted') {
    showStep(walking, command.step);
    return draft.decided();
  }
  const { state } = verdict;
  draft.emit({
    type: 'ApprovalDecided',
    data: { step: command.step, state },
    at: context.now,
    by: walking.by,
  });
  if (state.kind === 'refused' || state.kind === 'withdrawn')
    backToOffer(walking, command.step, approval.plan);
  else {
    announceGlass(walking, approval.plan, state);
    carryOut(walking, command.step, approval.plan);
  }
  return draft.decided();
}

/** Writes down a yes that is not the last one, and those before it that do not count any more. */
function recordYes(
  { draft, context, by }: Walking,
  of: string | null,
  verdict: Extract<Verdict, { kind: 'decided' | 'granted' }>,
): void {
  for (const { user, why } of verdict.counted?.lapsed ?? [])
    draft.emit({ type: 'ApprovalLapsed', data: { of, user, why }, at: context.now, by: 'bot' });
  if (verdict.kind === 'granted')
    draft.emit({ type: 'ApprovalGranted', data: { of, groups: verdict.groups }, at: context.now, by });
}

export function expireStepApproval(
  walking: Walking,
  command: { step: string; hash: string },
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context } = walking;
  const { state } = record;
  if (
    state.kind !== 'approving' ||
    state.approval.hash !== command.hash ||
    state.approval.state.kind !== 'pending'
  ) {
    return refuse('stale', 'The request was decided in time.');
  }
  const expired = { kind: 'expired', at: context.now } as const;
  draft.emit({
    type: 'ApprovalDecided',
    data: { step: command.step, state: expired },
    at: context.now,
    by: walking.by,
  });
  backToOffer(walking, command.step, state.approval.plan);
  return draft.decided();
}

export function expirePlan(walking: Walking, hash: string): Decision<RunEvent> {
  const { draft, context } = walking;
  const { whole } = draft.state;
  if (!whole || whole.hash !== hash || whole.state.kind !== 'pending')
    return refuse('stale', 'The request was decided in time.');
  draft.emit({
    type: 'PlanDecided',
    data: { state: { kind: 'expired', at: context.now } },
    at: context.now,
    by: walking.by,
  });
  end(walking, 'refused', 'Nobody approved it in time.');
  return draft.decided();
}

/** The offer stands again, as a new attempt: the buttons of the request are stale from now on. */
function backToOffer(walking: Walking, step: string, plan: Plan): void {
  const { draft, context } = walking;
  showStep(walking, step);
  const attempt = (draft.state.steps[step]?.attempt ?? 0) + 1;
  const state = { kind: 'offering', since: context.now, plan } as const;
  draft.emit({ type: 'StepEntered', data: { step, attempt, state }, at: context.now, by: walking.by });
  showStep(walking, step);
}

/** What was asked for would not run as it was shown any more; a later click on it finds it withdrawn. */
export function withdrawRequest({ draft, context, by }: Walking, step: string, why: string): void {
  const state = draft.state.steps[step]?.state;
  if (state?.kind !== 'approving' || state.approval.state.kind !== 'pending') return;
  const withdrawn = { kind: 'withdrawn', by, at: context.now, why } as const;
  draft.emit({ type: 'ApprovalDecided', data: { step, state: withdrawn }, at: context.now, by });
}
