import type { Demand, Risk } from '../playbook/definition.ts';
import { nearest, unknownName } from '../playbook/nearest.ts';
import type { Reporter, RoomFile } from '../playbook/reporting.ts';
import type { ServiceBook } from '../playbook/serviceBook.ts';
import { type Access, environmentOf, type Right, type Rule } from './access.ts';
import { rightFor } from './may.ts';

/**
 * Rules that are well written and say nothing, and rights that nobody has: found out by lint, as the other way to find
 * out is during an incident.
 */

type Services = ReadonlyMap<string, ServiceBook | null>;

export function lintAccess(access: Access, services: Services, report: Reporter): void {
  for (const [index, rule] of access.rules.entries()) {
    if (!reaches(rule, access, services)) {
      report.warning(
        ['rules', index],
        `This rule never applies: none of its services is in ${(rule.in ?? []).map((each) => `\`${each}\``).join(' or ')}.`,
      );
      continue;
    }
    const denying = rule.effect === 'allow' ? access.rules.findIndex((other) => takesAway(other, rule)) : -1;
    if (denying >= 0)
      report.warning(
        ['rules', index],
        `Rule ${denying + 1} denies the same to the same groups, and any deny wins, so this rule never lets anybody in.`,
      );
  }
  for (const [name, service] of services) if (service) warnAboutMissingRight(access, name, service, report);
}

/** Whether there is any service that it is about. A service that could not be read may be one. */
function reaches(rule: Rule, access: Access, services: Services): boolean {
  const { in: within, on } = rule;
  if (!within) return true;
  const names = on === 'any' ? [...services.keys()] : on;
  return names.some((name) => !services.get(name)?.whole || within.includes(environmentOf(access, name)));
}

/** Whether a deny leaves nothing of what a rule allows, for any of its groups. */
function takesAway(deny: Rule, allow: Rule): boolean {
  const inGroups = deny.to.includes('everyone') || allow.to.every((group) => deny.to.includes(group));
  const inPlaces = !deny.in || (allow.in?.every((each) => deny.in?.includes(each)) ?? false);
  const { on } = deny;
  const onServices = on === 'any' || (allow.on !== 'any' && allow.on.every((each) => on.includes(each)));
  return (
    deny.effect === 'deny' &&
    inGroups &&
    inPlaces &&
    onServices &&
    allow.rights.every((right) => deny.rights.includes(right))
  );
}

/** An action that no group may carry out stands in a playbook as if it could be. Who may approve is asked elsewhere. */
function warnAboutMissingRight(access: Access, name: string, service: ServiceBook, report: Reporter): void {
  const needs = new Map<Right, string>();
  for (const action of service.actions.values())
    if (action && !needs.has(rightFor[action.risk as Risk])) needs.set(rightFor[action.risk], action.name);
  const environment = environmentOf(access, name);
  for (const [right, action] of needs) {
    const allowed = (wanted: Right) =>
      access.rules.some(
        (rule) =>
          rule.effect === 'allow' &&
          rule.rights.includes(wanted) &&
          (rule.on === 'any' || rule.on.includes(name)) &&
          (!rule.in || rule.in.includes(environment)),
      );
    // Where nobody may approve either, that is said already, and mending it mends both.
    const said = right === 'destroy' && !allowed('approve');
    if (right !== 'observe' && !said && !allowed(right))
      report.warning(
        ['rules'],
        `No rule lets anybody \`${right}\` on \`${name}\`, as its \`${action}\` needs.`,
        'key',
      );
  }
}

/** What playbooks and actions say of whose approval counts, against the groups that there are and what they may. */
export function lintDemands(
  files: readonly RoomFile[],
  access: Access,
  reporterOf: (file: RoomFile) => Reporter,
): void {
  const known = Object.keys(access.groups);
  const approving = new Set(
    access.rules.flatMap(({ effect, rights, to }) =>
      effect === 'allow' && rights.includes('approve') ? to : [],
    ),
  );
  for (const file of files)
    for (const { path, demand } of demandsIn(file.value)) {
      for (const [index, group] of (demand.from ?? []).entries()) {
        const at = [...path, 'from', ...(demand.one ? [] : [index])];
        if (!known.includes(group)) {
          // The word that is nearest is rarely far; everyone is no group that could be asked for.
          const report = reporterOf(file);
          report.error(
            at,
            nearest(group, known)
              ? unknownName('group', group, known)
              : `\`${group}\` is no group of access.yml.`,
          );
        } else if (!approving.has('everyone') && !approving.has(group))
          reporterOf(file).warning(
            at,
            `No rule lets \`${group}\` itself \`approve\`, so whoever is in it needs that right by another group.`,
          );
      }
      const people = (demand.from ?? []).map((group) => access.groups[group]);
      const listed = new Set(people.flatMap((group) => group?.users ?? []));
      const counted =
        people.length > 0 &&
        people.every(
          (group) =>
            group && group.usergroup === null && group.role === undefined && group.channel === undefined,
        );
      if (counted && listed.size < demand.count)
        reporterOf(file).warning(
          path,
          `It takes ${demand.count} people of these groups, and they have ${listed.size} in all.`,
          'key',
        );
    }
}

type Found = {
  readonly path: readonly (string | number)[];
  readonly demand: Demand & { readonly one: boolean };
};

/** As they are written, whether or not the rest of the file can be understood. */
function demandsIn(value: unknown): readonly Found[] {
  const top = record(value);
  const actions = Object.entries(record(top.actions));
  return [
    ...demandAt(top.approvals, ['approvals']),
    ...actions.flatMap(([name, action]) =>
      demandAt(record(action).approvals, ['actions', name, 'approvals']),
    ),
  ];
}

function demandAt(value: unknown, path: Found['path']): readonly Found[] {
  const { count = 1, from } = record(value);
  const one = typeof from === 'string';
  const groups = one ? [from] : Array.isArray(from) ? from.filter((each) => typeof each === 'string') : null;
  if (groups === null || typeof count !== 'number') return [];
  return [{ path, demand: { count, from: groups, one } }];
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
