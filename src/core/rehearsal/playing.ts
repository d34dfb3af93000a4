import { rights } from '../access/access.ts';
import { may } from '../access/may.ts';
import type { Actor } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Answer } from '../decision.ts';
import type { Room } from '../playbook/room.ts';
import type { Earlier } from '../run/commands.ts';
import { groupsAsked } from '../run/demands.ts';
import { notTyped } from '../run/judgeApproval.ts';
import type { Plan } from '../run/plan.ts';
import type { Approval, Granted } from '../run/run.ts';
import type { RunId } from '../stream.ts';
import type { Approving, Saying, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** A scenario being played. What goes wrong is answered as a sentence, and the first one ends the scenario. */
export type Playing = {
  readonly scenario: Scenario;
  readonly room: Room;
  readonly stage: Stage;
  /** The groups of those who said yes, by their ids, for when they are looked up again. */
  readonly people: Map<string, readonly string[]>;
};

export const noWord = 'no word has to be typed for it.';

/** Decides about the plan of a run that was just started, where that waits for somebody. */
export function decideStarted(
  playing: Playing,
  run: RunId,
  { approving, by }: { readonly approving: Approving; readonly by: readonly string[] | null },
): string | null {
  const { whole } = playing.stage.run(run);
  if (approving.confirms !== undefined && whole?.plan.confirm === undefined) return noWord;
  if (whole?.state.kind === 'pending') return decide(playing, { run, approving, by });
  return typeof approving.approval === 'string' ? null : 'its plan waits for nobody.';
}

/** Decides what waits for a second person: the plan of a whole procedure, or one destructive step. */
export function decide(
  playing: Playing,
  given: {
    readonly run: RunId;
    readonly approving: Approving;
    readonly by: readonly string[] | null;
    readonly step?: { readonly id: string; readonly attempt: number };
  },
): string | null {
  const { stage } = playing;
  const { run: id, approving, by, step } = given;
  const { approval: wish, confirms } = approving;
  const run = stage.run(id);
  const state = step ? run.steps[step.id]?.state : undefined;
  const approval = step ? (state?.kind === 'approving' ? state.approval : null) : run.whole;
  if (!approval) return 'nothing waits for an approval.';
  const { hash } = approval;
  const of = step ? { run: id, step: step.id, attempt: step.attempt, hash } : { run: id, hash };
  if (typeof wish !== 'string') return sayAll(playing, wish, { of, service: run.service });
  switch (wish) {
    case 'none':
      return null;
    case 'expire':
      stage.moveTo(approval.expiresAt + 1);
      return null;
    case 'break-glass': {
      const actor = person(playing, 'responder', by, run.service);
      if (run.incident !== null && actor.kind === 'person')
        stage.give({
          actor,
          type: 'incident.role',
          incident: run.incident,
          role: 'commander',
          user: actor.user,
        });
      const type = step ? 'run.break-glass' : 'run.plan-break-glass';
      return refusal(stage.give({ actor, type, reason: 'Nobody else is there.', ...of } as Command));
    }
    case 'approve':
    case 'refuse': {
      const actor = person(playing, 'second', null, run.service);
      const type = step ? 'run.approval-decide' : 'run.plan-decide';
      const word = confirms ?? approval.plan.confirm;
      const typed = word === undefined ? {} : { typed: word };
      const say = (by: Actor) => {
        const { granted } = requestAt(stage, of) ?? {};
        const earlier = granted && { earlier: earlierOf(playing, granted) };
        remember(playing, by);
        return stage.give({ actor: by, type, verdict: wish, ...of, ...typed, ...earlier } as Command);
      };
      const second =
        actor.kind === 'person' && wish === 'approve'
          ? { ...actor, groups: [...actor.groups, ...groupsAsked(approval.plan)] }
          : actor;
      const first = say(second);
      // One refusal refuses; for a yes as many different people say it as are needed.
      if (wish === 'refuse' || actor.kind !== 'person') return refusal(first);
      let answer = first;
      for (let more = 2; more <= mostPeople && answer.kind === 'accepted' && stillPending(stage, of); more++)
        answer = say({
          ...actor,
          user: `${actor.user}${more}`,
          groups: [...actor.groups, ...groupsAsked(approval.plan)],
        });
      return refusal(answer);
    }
    default: {
      const never: never = wish;
      return never;
    }
  }
}

/** Five people at most for each demand, and never many demands. */
const mostPeople = 20;

type RequestAt = { readonly run: RunId; readonly step?: string; readonly hash: string };

function requestAt(stage: Stage, { run: id, step }: RequestAt): Approval | null {
  const run = stage.run(id);
  const state = step === undefined ? null : run.steps[step]?.state;
  return step === undefined ? run.whole : state?.kind === 'approving' ? state.approval : null;
}

const stillPending = (stage: Stage, of: RequestAt): boolean => requestAt(stage, of)?.state.kind === 'pending';

const remember = ({ people }: Playing, actor: Actor): void => {
  if (actor.kind === 'person') people.set(actor.user, actor.groups);
};

/** Those who said yes before, as Slack would tell of them now. */
const earlierOf = ({ people }: Playing, granted: readonly Granted[]): readonly Earlier[] =>
  granted.map(({ by }) => ({ kind: 'known', user: by, groups: people.get(by) ?? [] }));

/** What people say one after the other, each of which ends as the test says. */
function sayAll(
  playing: Playing,
  sayings: readonly Saying[],
  { of, service }: { readonly of: RequestAt; readonly service: string },
): string | null {
  const { stage } = playing;
  for (const [index, saying] of sayings.entries()) {
    const { who, says, ends } = saying;
    const name = who ?? `number ${index + 1} of its approvals`;
    const request = requestAt(stage, of);
    if (request?.state.kind !== 'pending') return `the request is decided before ${name} says anything.`;
    const { plan, granted = [] } = request;
    if (saying.confirms !== null && plan.confirm === undefined) return noWord;
    const actor = speakerOf(playing, saying, { plan, service });
    const word = says === 'approve' ? (saying.confirms ?? plan.confirm) : undefined;
    const type = of.step === undefined ? 'run.plan-decide' : 'run.approval-decide';
    const typed = word === undefined ? {} : { typed: word };
    const earlier = granted.length === 0 ? {} : { earlier: earlierOf(playing, granted) };
    const answer = stage.give({ actor, type, verdict: says, ...of, ...typed, ...earlier } as Command);
    remember(playing, actor);
    const mistyped = answer.kind === 'refused' && answer.message === notTyped(plan, word)?.message;
    const end = answer.kind === 'accepted' ? 'counted' : mistyped ? 'not-confirmed' : answer.code;
    if (end === ends) continue;
    return answer.kind === 'refused'
      ? `what ${name} says is refused: ${answer.message}`
      : `what ${name} says counts, and is not refused as ${ends}.`;
  }
  return null;
}

/** Without groups of their own, somebody who may approve it and whose word counts. */
function speakerOf(
  playing: Playing,
  { who, by, says }: Saying,
  { plan, service }: { readonly plan: Plan; readonly service: string },
): Actor {
  const { stage } = playing;
  const someone = person(playing, 'second', by, service);
  if (someone.kind !== 'person') return someone;
  const user =
    who === null
      ? `U0OTHER${stage.log.length}`
      : who === 'responder'
        ? users.responder
        : `U0SAYS_${who.toUpperCase().replaceAll(/\W+/g, '_')}`;
  const asked = by === null && says === 'approve' ? groupsAsked(plan) : [];
  return { ...someone, user, groups: [...someone.groups, ...asked] };
}

const users = { responder: 'U0RESPONDER', second: 'U0SECOND' } as const;

/** Somebody of the named groups; without names, of the group that may do the most with this service. */
export function person(
  { room }: Pick<Playing, 'room'>,
  who: keyof typeof users,
  groups: readonly string[] | null,
  service: string,
): Actor {
  const of = (names: readonly string[]): Actor => ({ kind: 'person', user: users[who], groups: names });
  if (groups !== null) return of(groups);
  const count = (name: string) =>
    rights.filter((right) => may(room.access, of([name]), right, service || null).allowed).length;
  const [best] = Object.keys(room.access.groups).sort((a, b) => count(b) - count(a));
  return of(best === undefined ? [] : [best]);
}

/** The sentence of a refusal, for a failure; null where it was accepted. */
export const refusal = (answer: Answer): string | null =>
  answer.kind === 'refused' ? `it is refused: ${answer.message}` : null;
