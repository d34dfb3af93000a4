import { type Access, environmentOf, production, type Right, type Rule } from './access.ts';
import { type Known, type Membership, membershipOf, type Roles } from './membership.ts';

/** What is asked of the rules. `service` is null for what concerns no service in particular. */
export type Question = {
  readonly right: Right;
  readonly service: string | null;
  /** Where it stands in no file any more, or a run was pinned to another one: the environment to judge by. */
  readonly environment?: string;
  /** The incident in question, where there is one. */
  readonly roles?: Roles | null;
};

/** How the reason begins where an allow rule was passed over because nobody could say whether somebody is in its group. */
export const unknowable = 'it cannot be known who is in';

/** Why a rule says something here, or why it does not. */
export type Looked = {
  readonly rule: Rule;
  /** Counts from 1, in the order of the file. */
  readonly number: number;
} & (
  | {
      readonly applies: true;
      /** The group that it applies by. */
      readonly by: string;
      /** A deny rule that applies because nobody could say whether the person is in that group. */
      readonly unknown: boolean;
    }
  | { readonly applies: false; readonly why: string }
);

export type Explanation = {
  readonly allowed: boolean;
  readonly right: Right;
  readonly service: string | null;
  readonly environment: string;
  readonly looked: readonly Looked[];
  /** The rule that decided; null where none did, which is a no. */
  readonly decidedBy: Looked | null;
  /** Groups that the rules allow it, whether or not another rule denies it to some of their members. */
  readonly others: readonly string[];
};

/**
 * The one judgement of the rules: any deny that applies wins, and what no rule allows is not allowed. A deny rule whose
 * group cannot be known applies; an allow rule whose group cannot be known does not.
 */
export function explain(access: Access, who: Known, question: Question): Explanation {
  const { right, service, roles = null } = question;
  const environment = question.environment ?? environmentOf(access, service);
  const member = (group: string): Membership => membershipOf(access, group, who, roles);
  const looked = access.rules.map((rule, index): Looked => {
    const number = index + 1;
    const beside = outOfReach(rule, { right, service, environment });
    if (beside !== null) return { rule, number, applies: false, why: beside };
    const by = rule.to.find((group) => member(group) === 'in');
    if (by !== undefined) return { rule, number, applies: true, by, unknown: false };
    const doubtful = rule.to.find((group) => member(group) === 'unknown');
    if (doubtful === undefined) return { rule, number, applies: false, why: `not in ${rule.to.join(', ')}` };
    return rule.effect === 'deny'
      ? { rule, number, applies: true, by: doubtful, unknown: true }
      : { rule, number, applies: false, why: `${unknowable} ${doubtful}` };
  });
  const applying = looked.filter(({ applies }) => applies);
  const decidedBy =
    applying.find(({ rule }) => rule.effect === 'deny') ??
    applying.find(({ rule }) => rule.effect === 'allow') ??
    null;
  const allowing = access.rules.filter(
    (rule) => rule.effect === 'allow' && outOfReach(rule, { right, service, environment }) === null,
  );
  return {
    allowed: decidedBy?.rule.effect === 'allow',
    right,
    service,
    environment,
    looked,
    decidedBy,
    others: [...new Set(allowing.flatMap(({ to }) => to))],
  };
}

/** Why a rule is about something else; null where it is about this. */
function outOfReach(
  rule: Rule,
  { right, service, environment }: { right: Right; service: string | null; environment: string },
): string | null {
  if (!rule.rights.includes(right)) return `about ${rule.rights.join(', ')}`;
  if (rule.on !== 'any' && (service === null || !rule.on.includes(service)))
    return `on ${rule.on.join(', ')}`;
  // What concerns no service is judged as production, like everything of which nothing else is known.
  if (rule.in && !rule.in.includes(environment)) return `in ${rule.in.join(', ')}`;
  return null;
}

/** `staging` after a service's name; nothing for production, which needs no saying. */
export const spokenPlace = ({ service, environment }: Pick<Explanation, 'service' | 'environment'>): string =>
  `${service ?? 'any service'}${environment === production ? '' : ` in ${environment}`}`;
