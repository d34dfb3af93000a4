import { rights } from '../access/access.ts';
import { may } from '../access/may.ts';
import type { Actor } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Answer } from '../decision.ts';
import type { Room } from '../playbook/room.ts';
import { groupsAsked } from '../run/demands.ts';
import type { RunId } from '../stream.ts';
import type { ApprovalWish, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** A scenario being played. What goes wrong is answered as a sentence, and the first one ends the scenario. */
export type Playing = {
  readonly scenario: Scenario;
  readonly room: Room;
  readonly stage: Stage;
};

/** Decides what waits for a second person: the plan of a whole procedure, or one destructive step. */
export function decide(
  playing: Playing,
  given: {
    readonly run: RunId;
    readonly wish: ApprovalWish;
    readonly by: readonly string[] | null;
    readonly step?: { readonly id: string; readonly attempt: number };
  },
): string | null {
  const { stage } = playing;
  const { run: id, wish, by, step } = given;
  const run = stage.run(id);
  const state = step ? run.steps[step.id]?.state : undefined;
  const approval = step ? (state?.kind === 'approving' ? state.approval : null) : run.whole;
  if (!approval) return 'nothing waits for an approval.';
  const { hash } = approval;
  const of = step ? { run: id, step: step.id, attempt: step.attempt, hash } : { run: id, hash };
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
      const { confirm } = approval.plan;
      const typed = confirm === undefined ? {} : { typed: confirm };
      const say = (by: Actor) => stage.give({ actor: by, type, verdict: wish, ...of, ...typed } as Command);
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

function stillPending(
  stage: Stage,
  { run: id, step }: { readonly run: RunId; readonly step?: string },
): boolean {
  const run = stage.run(id);
  const state = step === undefined ? null : run.steps[step]?.state;
  const approval = step === undefined ? run.whole : state?.kind === 'approving' ? state.approval : null;
  return approval?.state.kind === 'pending';
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
