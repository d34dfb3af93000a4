import type { Right } from '../access/access.ts';
import { forbidden } from '../access/forbidden.ts';
import { rightFor } from '../access/may.ts';
import type { Command } from '../command.ts';
import { type Refusal, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { time } from '../moment.ts';
import { approversOf, spokenApprovers } from './approvers.ts';
import type { RunCommand } from './commands.ts';
import {
  type Counted,
  countingGroups,
  countsForNothing,
  demandsOf,
  forbiddenToApprove,
  missing,
  missingInWords,
  stillCounting,
} from './demands.ts';
import type { Walking } from './effects.ts';
import { notYourGlass } from './glass.ts';
import type { Plan } from './plan.ts';
import { forbiddenOn } from './rights.ts';
import type { Approval, Run } from './run.ts';
import { refusedAsHotfix } from './window.ts';

export type Decides = Command &
  Extract<
    RunCommand,
    { type: 'run.plan-decide' | 'run.plan-break-glass' | 'run.approval-decide' | 'run.break-glass' }
  >;

export type Verdict =
  | { readonly kind: 'decided'; readonly state: Approval['state']; readonly counted?: Counted }
  /** One yes of several that are needed. */
  | { readonly kind: 'granted'; readonly counted: Counted; readonly groups: readonly string[] }
  | Refusal;

/** The new state of an approval, or why this person's word does not count. */
export function decideApproval(walking: Walking, command: Decides, approval: Approval): Verdict {
  const { draft, definition, context, by } = walking;
  const { service } = draft.state;
  const { now } = context;
  const may = (right: Right) =>
    forbiddenOn(approval.plan, { actor: command.actor, right, own: service, situation: context });
  if (approval.state.kind !== 'pending') return decidedBefore(approval);
  if (command.hash !== approval.hash)
    return refuse('plan-changed', 'What would run has changed since this message; look at the newer one.');
  if (now > approval.expiresAt) return refuse('expired', 'The request has expired. Ask again.');
  if (command.type === 'run.plan-break-glass' || command.type === 'run.break-glass') {
    const denied = may('override');
    if (denied) return denied;
    const not = notYourGlass(draft.state, { incident: context.incident, definition, now }, by);
    return not === null
      ? { kind: 'decided', state: { kind: 'glass-broken', by, at: now, reason: command.reason } }
      : refuse('not-allowed', not);
  }
  if (command.verdict !== 'approve') return takenBack(command.verdict, approval, { by, now, may });
  const approved = { kind: 'approved', by, at: now } as const;
  if (command.standIn) {
    // Somebody who practises alone has to get past this; it is written down as what it was.
    const denied = draft.state.drill
      ? forbidden(command.actor, 'change', service, context)
      : refuse('not-allowed', 'Only in a drill can somebody stand in for the second person.');
    return denied ?? { kind: 'decided', state: { ...approved, standIn: true } };
  }
  const mistyped = notTyped(approval.plan, command.typed);
  if (mistyped) return mistyped;
  if (approval.alone) {
    const denied = may(rightFor[approval.plan.risk]);
    return denied ?? { kind: 'decided', state: approved };
  }
  if (by === approval.requestedBy)
    return refuse(
      'own-request',
      `You asked for this, so somebody else has to approve it.${spokenApprovers(approversOf(approval.plan, service, context.room))}`,
    );
  const denied =
    forbiddenToApprove(approval.plan, { actor: command.actor, own: service, situation: context }) ??
    refusedAsHotfix(walking, approval, by);
  if (denied) return denied;
  return oneMore(walking, command, approval);
}

/** A yes by somebody who may approve: the last one that was needed, or one more of several. */
function oneMore(
  { draft, context, by }: Walking,
  { actor, earlier = [] }: Extract<Decides, { verdict: string }>,
  approval: Approval,
): Verdict {
  const { plan } = approval;
  const own = draft.state.service;
  const counted = stillCounting(approval, earlier, { own, situation: context, now: context.now });
  if ('code' in counted) return counted;
  const before = counted.granted.find((each) => each.by === by);
  const groups = actor.kind === 'person' ? countingGroups(plan, actor, context) : [];
  if (before) {
    const words = missingInWords(plan, counted.granted);
    return refuse('already', `You approved this at ${time(before.at)}. It still needs ${words}.`);
  }
  const needless = countsForNothing(plan, counted.granted, groups);
  if (needless) return needless;
  const all = [...counted.granted, { by, at: context.now, groups }];
  return demandsOf(plan).every((demand) => missing(demand, all) === 0)
    ? { kind: 'decided', state: { kind: 'approved', by, at: context.now }, counted }
    : { kind: 'granted', counted, groups };
}

/** Whoever asked may take the request back; anybody else needs the right to decide. */
function takenBack(
  verdict: 'refuse' | 'withdraw',
  approval: Approval,
  { by, now, may }: { by: string; now: number; may: (right: Right) => Refusal | null },
): Verdict {
  if (by === approval.requestedBy) return { kind: 'decided', state: { kind: 'withdrawn', by, at: now } };
  if (verdict === 'withdraw')
    return refuse('not-allowed', 'Only who asked for this can withdraw it. You may refuse it instead.');
  return may('approve') ?? { kind: 'decided', state: { kind: 'refused', by, at: now } };
}

/** The refusal of a yes whose word was not typed; null where none is asked for, or it was. */
export function notTyped({ confirm }: Pick<Plan, 'confirm'>, typed: string | undefined): Refusal | null {
  if (confirm === undefined || typed?.trim().toLowerCase() === confirm.trim().toLowerCase()) return null;
  return refuse('invalid', `This counts only with the word typed: ${confirm}.`);
}

/** What somebody is told whose word comes after the bot has withdrawn the request; null for anything else. */
export function withdrawnBefore(run: Run, command: Command): Refusal | null {
  const approval = approvalMeant(run, command);
  return approval?.state.kind === 'withdrawn' && approval.state.by === 'bot' ? decidedBefore(approval) : null;
}

function approvalMeant(run: Run, command: Command): Approval | null {
  switch (command.type) {
    case 'run.plan-decide':
    case 'run.plan-break-glass':
      return run.whole;
    case 'run.approval-decide':
    case 'run.break-glass': {
      const record = run.steps[command.step];
      const meant = record?.attempt === command.attempt ? record : record?.past?.[command.attempt];
      return meant?.state.kind === 'approving' ? meant.state.approval : null;
    }
    default:
      return null;
  }
}

function decidedBefore({ state, expiresAt, requestedAt }: Approval): Refusal {
  switch (state.kind) {
    case 'approved':
      return refuse('already', `<@${state.by}> already approved this at ${time(state.at)}.`);
    case 'glass-broken':
      return refuse('already', `<@${state.by}> already broke the glass at ${time(state.at)}.`);
    case 'refused':
      return refuse('already', `<@${state.by}> already refused this at ${time(state.at)}.`);
    case 'withdrawn':
      return state.by === 'bot'
        ? refuse('plan-changed', `This was withdrawn at ${time(state.at)}. ${state.why ?? ''}`.trim())
        : refuse('already', `<@${state.by}> already withdrew this at ${time(state.at)}.`);
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
