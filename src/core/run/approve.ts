import { forbidden } from '../access/forbidden.ts';
import { rightFor } from '../access/may.ts';
import type { Actor } from '../actor.ts';
import type { Command, RunCommand } from '../command.ts';
import { type Decision, type Refusal, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { time } from '../moment.ts';
import { advance, carryOut, end, targetsOf } from './advance.ts';
import { show, showStep, tell, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import type { Plan } from './plan.ts';
import { planHash, planWhole } from './resolve.ts';
import type { Approval, StepRecord } from './run.ts';

/**
 * A destructive plan waits for a second person: pending ─▶ approved, refused, expired, or broken glass. It is bound to
 * the hash of exactly what will run. Whoever decides first decides; the requester's own click counts for nothing.
 */

/** How long a request stands; long enough to find somebody, too short to be approved by accident the next day. */
const standsMs = 10 * 60_000;

type Decides = Command &
  Extract<
    RunCommand,
    { type: 'run.plan-decide' | 'run.plan-break-glass' | 'run.approval-decide' | 'run.break-glass' }
  >;

function newApproval(walking: Walking, plan: Plan): Approval {
  const { context, by, draft } = walking;
  return {
    hash: planHash(plan, draft.state.definition),
    plan,
    requestedBy: by,
    requestedAt: context.now,
    expiresAt: context.now + standsMs,
    state: { kind: 'pending' },
  };
}

export function requestApproval(walking: Walking, step: string, plan: Plan): void {
  const { draft, context } = walking;
  const approval = newApproval(walking, plan);
  draft.emit({ type: 'ApprovalRequested', data: { step, approval }, at: context.now, by: walking.by });
  const { attempt } = draft.state.steps[step] ?? { attempt: 1 };
  const { id } = draft.state;
  tell(
    walking,
    { type: 'run.approval-expired', run: id, step, attempt, hash: approval.hash },
    approval.expiresAt,
  );
  showStep(walking, step);
}

/**
 * Proposes the plan of a whole procedure; below *destructive*, whoever has the right starts it by asking. What the bot
 * starts by itself was asked for by nobody, so anything that changes something waits for a person.
 */
export function proposePlan(walking: Walking, actor: Actor): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const plan = planWhole(definition);
  const approval = newApproval(walking, plan);
  const denied = forbidden(actor, rightFor[plan.risk], draft.state.service, context.room);
  if (denied) return denied;
  draft.emit({ type: 'PlanProposed', data: { approval }, at: context.now, by: walking.by });
  const { id } = draft.state;
  const atOnce = actor.kind === 'person' ? plan.risk !== 'destructive' : plan.risk === 'observe';
  if (atOnce) {
    approved(walking, { kind: 'approved', by: walking.by, at: context.now });
    return draft.decided();
  }
  tell(walking, { type: 'run.plan-expired', run: id, hash: approval.hash }, approval.expiresAt);
  show(walking, { kind: 'plan', run: id });
  return draft.decided();
}

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
  show(walking, { kind: 'run', run: id });
  advance(walking);
}

export function decidePlan(walking: Walking, command: Decides): Decision<RunEvent> {
  const { draft, context } = walking;
  const { whole } = draft.state;
  if (!whole) return refuse('invalid', 'This procedure is not approved as a whole.');
  const verdict = decideApproval(walking, command, whole);
  if ('refusal' in verdict) return verdict.refusal;
  const { state } = verdict;
  if (state.kind === 'refused') {
    draft.emit({ type: 'PlanDecided', data: { state }, at: context.now, by: walking.by });
    end(walking, 'refused', null);
    return draft.decided();
  }
  announceGlass(walking, whole.plan, state);
  approved(walking, state);
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
  if ('refusal' in verdict) return verdict.refusal;
  const { state } = verdict;
  draft.emit({
    type: 'ApprovalDecided',
    data: { step: command.step, state },
    at: context.now,
    by: walking.by,
  });
  if (state.kind === 'refused') backToOffer(walking, command.step, approval.plan);
  else {
    announceGlass(walking, approval.plan, state);
    carryOut(walking, command.step, approval.plan);
  }
  return draft.decided();
}

type Verdict = { readonly state: Approval['state'] } | { readonly refusal: Refusal };

/** The new state of an approval, or why this person's word does not count. */
function decideApproval(walking: Walking, command: Decides, approval: Approval): Verdict {
  const { draft, context, by } = walking;
  const { service } = draft.state;
  const { now, room } = context;
  if (approval.state.kind !== 'pending') return { refusal: decidedBefore(approval) };
  if (command.hash !== approval.hash) {
    return {
      refusal: refuse(
        'plan-changed',
        'What would run has changed since this message; look at the newer one.',
      ),
    };
  }
  if (now > approval.expiresAt) return { refusal: refuse('expired', 'The request has expired. Ask again.') };
  if (command.type === 'run.plan-break-glass' || command.type === 'run.break-glass') {
    const denied = forbidden(command.actor, 'override', service, room);
    if (denied) return { refusal: denied };
    const { incident } = context;
    if (incident?.severity !== 'P0' || incident.roles.commander !== by) {
      const message = 'Only the commander of a P0 incident may break the glass. Ask for an approval.';
      return { refusal: refuse('not-allowed', message) };
    }
    return { state: { kind: 'glass-broken', by, at: now, reason: command.reason } };
  }
  if (command.verdict === 'refuse') {
    // Whoever asked may take the request back; anybody else needs the right to decide.
    const denied = by === approval.requestedBy ? null : forbidden(command.actor, 'approve', service, room);
    return denied ? { refusal: denied } : { state: { kind: 'refused', by, at: now } };
  }
  if (by === approval.requestedBy) {
    return { refusal: refuse('own-request', 'You asked for this, so somebody else has to approve it.') };
  }
  const denied = forbidden(command.actor, 'approve', service, room);
  return denied ? { refusal: denied } : { state: { kind: 'approved', by, at: now } };
}

function decidedBefore({ state, expiresAt, requestedAt }: Approval): Refusal {
  switch (state.kind) {
    case 'approved':
      return refuse('already', `<@${state.by}> already approved this at ${time(state.at)}.`);
    case 'glass-broken':
      return refuse('already', `<@${state.by}> already broke the glass at ${time(state.at)}.`);
    case 'refused':
      return refuse('already', `<@${state.by}> already refused this at ${time(state.at)}.`);
    case 'expired':
      return refuse(
        'expired',
        `The request expired after ${spokenDuration(expiresAt - requestedAt)}. Ask again.`,
      );
    case 'pending':
      return refuse('invalid', 'The request is still open.');
    default: {
      const never: never = state;
      return never;
    }
  }
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
