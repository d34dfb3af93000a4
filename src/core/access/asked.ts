import { spokenDuration } from '../duration.ts';
import { unknownName } from '../playbook/nearest.ts';
import type { Room } from '../playbook/room.ts';
import { missingInWords, needsApproval } from '../run/demands.ts';
import type { Plan } from '../run/plan.ts';
import { planAction, planWhole } from '../run/resolve.ts';
import { servicesOf } from '../run/rights.ts';
import { type Access, environmentOf, type Right, rights } from './access.ts';
import { type Explanation, explain, type Looked, spokenPlace } from './explain.ts';
import { reasonOf, rightFor, spokenGroup } from './may.ts';
import type { Known, Roles } from './membership.ts';

/** `genesis access explain`: what somebody may do, by the names that stand in the files, and which rules say so. */

export type Asked = {
  readonly title: string;
  /** All of them have to be allowed; an action may act on several services. */
  readonly questions: readonly { readonly right: Right; readonly service: string | null }[];
  /** What it needs besides the right, in words; null where nothing. */
  readonly besides: string | null;
};

/**
 * Reads `service/action`, a right, `service/right` or the name of a playbook; a sentence where it is none of these. A
 * right alone is asked about on `around`, the service of the incident where it is asked, null elsewhere.
 */
export function askedOf(
  room: Room,
  text: string,
  around: string | null = null,
): Asked | { readonly unknown: string } {
  const { definitions } = room;
  const right = rights.find((each) => each === text);
  if (right) return { title: right, questions: [{ right, service: around || null }], besides: null };
  if (Object.hasOwn(definitions, text)) {
    const definition = definitions[text];
    if (definition) return playbookAsked(definition);
  }
  const [service = '', name = ''] = text.split('/');
  const of = Object.values(definitions).filter((each) => each.service.name === service);
  const ofService = rights.find((each) => each === name);
  if (of.length > 0 && ofService)
    return { title: text, questions: [{ right: ofService, service }], besides: null };
  const holder = of.find((each) => Object.hasOwn(each.service.actions, name));
  if (holder) return planAsked(text, planAction(holder, name, null), service);
  const actions = [...new Set(of.flatMap((each) => Object.keys(each.service.actions)))].filter(
    (each) => !each.includes('/'),
  );
  const services = [...new Set(Object.values(definitions).map((each) => each.service.name))].filter(Boolean);
  if (text.includes('/'))
    return {
      unknown:
        of.length > 0 ? unknownName('action', name, actions) : unknownName('service', service, services),
    };
  return {
    unknown: unknownName('playbook, right or `service/action`', text, [
      ...Object.keys(definitions),
      ...rights,
    ]),
  };
}

function playbookAsked(definition: Room['definitions'][string]): Asked {
  const { playbook, service } = definition;
  if (playbook.authority === 'whole') return planAsked(playbook.title, planWhole(definition), service.name);
  return {
    title: playbook.title,
    questions: [{ right: 'change', service: service.name || null }],
    besides: 'Every action of it is asked about on its own.',
  };
}

function planAsked(title: string, plan: Plan, own: string): Asked {
  const services = servicesOf(plan, own);
  return {
    title,
    questions: (services.length > 0 ? services : [own]).map((service) => ({
      right: rightFor[plan.risk],
      service: service || null,
    })),
    besides:
      [
        ...(needsApproval(plan)
          ? [
              `It waits for the approval of ${missingInWords(plan, [])}, for at most ${spokenDuration(10 * 60_000)}.`,
            ]
          : []),
        ...(plan.confirm === undefined ? [] : [`The word ${plan.confirm} has to be typed.`]),
      ].join(' ') || null,
  };
}

export type Explained = {
  readonly title: string;
  readonly allowed: boolean;
  readonly besides: string | null;
  readonly answers: readonly { readonly explanation: Explanation; readonly reason: string }[];
};

export function explainAsked(access: Access, who: Known, roles: Roles | null, asked: Asked): Explained {
  const answers = asked.questions.map((question) => {
    const explanation = explain(access, who, { ...question, roles });
    return { explanation, reason: reasonOf(explanation, access) };
  });
  return {
    title: asked.title,
    allowed: answers.every(({ explanation }) => explanation.allowed),
    besides: asked.besides,
    answers,
  };
}

/** One line each: the verdict, the rule that decided, every rule that was looked at, and who else could. */
export function explainedLines(access: Access, who: string, explained: Explained): readonly string[] {
  return [
    `${explained.allowed ? 'allowed' : 'denied'}   ${who}: ${explained.title}`,
    ...explained.answers.flatMap(({ explanation, reason }) => [
      '',
      `${explanation.right} on ${spokenPlace(explanation)}: ${reason}`,
      ...(explanation.decidedBy
        ? [`  by ${ruleLine(explanation.decidedBy)}`]
        : ['  no rule allows it, and that is a no']),
      ...explanation.looked
        .filter((each) => each !== explanation.decidedBy)
        .map((each) => `  ${lookedLine(each)}`),
      `  who could: ${explanation.others.length === 0 ? 'nobody' : explanation.others.map((group) => spokenGroup(group, access)).join(', ')}`,
    ]),
    ...(explained.besides === null ? [] : ['', explained.besides]),
  ];
}

const ruleLine = ({ rule, number }: Looked): string => {
  const place = rule.source
    ? `${rule.source.file}:${rule.source.line}:${rule.source.column}`
    : `rule ${number}`;
  const within = rule.in ? ` in ${rule.in.join(', ')}` : '';
  const on = rule.on === 'any' ? 'any' : rule.on.join(', ');
  return `${place} ${rule.effect} ${rule.rights.join(', ')} to ${rule.to.join(', ')} on ${on}${within}`;
};

function lookedLine(each: Looked): string {
  if (!each.applies) return `passed over: ${ruleLine(each)} (${each.why})`;
  return `applies too: ${ruleLine(each)} (${each.unknown ? `nobody can say who is in ${each.by}` : `in ${each.by}`})`;
}

/** Everything as data, for programs. */
export const explainedJson = (
  access: Access,
  who: Known,
  { title, allowed, besides, answers }: Explained,
) => ({
  user: who.user,
  groups: who.groups,
  unknown: who.unknown ?? [],
  asked: title,
  allowed,
  besides,
  answers: answers.map(({ explanation: { right, service, looked, decidedBy, others }, reason }) => ({
    right,
    service,
    environment: environmentOf(access, service),
    reason,
    decidedBy: decidedBy?.rule.source ?? null,
    rules: looked.map((each) => ({
      number: each.number,
      ...(each.rule.source ?? {}),
      effect: each.rule.effect,
      applies: each.applies,
      why: each.applies ? each.by : each.why,
    })),
    others,
  })),
});
