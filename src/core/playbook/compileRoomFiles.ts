import { type Access, type Group, production, type Rule } from '../access/access.ts';
import { severities } from '../severity.ts';
import type { Host } from './definition.ts';
import { unknownName } from './nearest.ts';
import { type Pace, paced } from './pace.ts';
import { readSource } from './readSource.ts';
import type { Reporter, RoomFile } from './reporting.ts';
import { phases, type Route, type Routing } from './routing.ts';
import type { ServiceBook } from './serviceBook.ts';
import { accessSource, hostSource, hostsSource, type RoutingSource, routingSource } from './source.ts';

/** The files of a room that are neither services nor playbooks: hosts, routing, access. */

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function compileHosts(file: RoomFile, report: Reporter): Map<string, Host | null> | undefined {
  const read = readSource(hostsSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const hosts = new Map<string, Host | null>();
  for (const [name, written] of Object.entries(read.value.hosts)) {
    const host = readSource(hostSource, written, ['hosts', name]);
    if (!host.ok) {
      report.add(host.complaints);
      hosts.set(name, null);
      continue;
    }
    const { directory, path = systemPath } = host.value;
    hosts.set(
      name,
      host.value.kind === 'local'
        ? { kind: 'local', name, directory, path }
        : {
            kind: 'ssh',
            name,
            directory,
            path,
            address: host.value.address,
            port: host.value.port ?? 22,
            user: host.value.user,
            hostKey: host.value.host_key,
            identityFile: host.value.identity_file,
          },
    );
  }
  return hosts;
}

export type CompiledRouting = { readonly routing: Routing; readonly reopenWithinMs: number | undefined };

export function compileRouting(file: RoomFile, report: Reporter, pace: Pace): CompiledRouting | undefined {
  const read = readSource(routingSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const source = read.value;
  for (const severity of severities) {
    const { place, ...told } = source.severities[severity];
    const [pointless] = place === 'log' ? Object.keys(told) : [];
    if (pointless !== undefined)
      report.error(
        ['severities', severity, pointless],
        `${severity} is only logged, so nothing is announced and nobody is invited, told or reminded.`,
        'key',
      );
    const { phases: limits = {} } = told;
    for (const [index, phase] of phases.entries()) {
      const before = phases.slice(0, index).findLast((each) => limits[each] !== undefined);
      const [limit, earlier] = [limits[phase], before === undefined ? undefined : limits[before]];
      if (limit !== undefined && earlier !== undefined && limit <= earlier)
        report.error(
          ['severities', severity, 'phases', phase],
          `The limits are counted from the opening, so \`${phase}\` ends after \`${before}\`.`,
        );
    }
  }
  return {
    routing: {
      P0: routeOf(source.severities.P0, pace),
      P1: routeOf(source.severities.P1, pace),
      P2: routeOf(source.severities.P2, pace),
      P3: routeOf(source.severities.P3, pace),
      P4: routeOf(source.severities.P4, pace),
    },
    reopenWithinMs: source.reopen_within,
  };
}

function routeOf(source: RoutingSource['severities']['P0'], pace: Pace): Route {
  const { place, announce, invite, stakeholders, updates } = source;
  const limits = Object.entries(source.phases ?? {}).flatMap(([phase, limit]) =>
    limit === undefined ? [] : [[phase, paced(limit, pace)] as const],
  );
  return {
    place: typeof place === 'object' ? { kind: 'thread', channel: place.thread } : { kind: place },
    announce: announce ?? null,
    invite: invite ?? [],
    ...(stakeholders === undefined ? {} : { stakeholders }),
    ...(updates === undefined ? {} : { updates: { everyMs: paced(updates.every, pace) } }),
    ...(limits.length === 0 ? {} : { phases: Object.fromEntries(limits) }),
  };
}

export function compileAccess(
  file: RoomFile,
  report: Reporter,
  services: ReadonlyMap<string, ServiceBook | null>,
): Access | undefined {
  const read = readSource(accessSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const source = read.value;
  const groups: Record<string, Access['groups'][string]> = {};
  for (const [name, { usergroup, users, role, channel }] of Object.entries(source.groups)) {
    const nobody = usergroup === undefined && (users ?? []).length === 0;
    if (nobody && role === undefined && channel === undefined)
      report.error(
        ['groups', name],
        `Nobody can be in \`${name}\`: give it a \`usergroup\`, \`users\`, a \`role\` or a \`channel\`.`,
        'key',
      );
    groups[name] = {
      usergroup: usergroup ?? null,
      users: users ?? [],
      ...(role !== undefined && { role }),
      ...(channel !== undefined && { channel }),
    };
  }
  const environments = environmentsOf(services);
  const places = [...new Set([production, ...Object.values(environments)])];
  const rules = source.rules.flatMap(({ allow, deny, to, on, in: within }, index): Rule[] => {
    const path = ['rules', index];
    const rights = allow ?? deny;
    if (rights === undefined || (allow && deny)) {
      report.error(path, 'A rule has exactly one of `allow` and `deny`.');
      return [];
    }
    for (const [at, group] of to.entries())
      if (group !== 'everyone' && !Object.hasOwn(groups, group))
        report.error([...path, 'to', at], unknownName('group', group, ['everyone', ...Object.keys(groups)]));
    if (on !== 'any')
      for (const [at, service] of on.entries())
        if (!services.has(service))
          report.error([...path, 'on', at], unknownName('service', service, [...services.keys()]));
    for (const [at, environment] of (within ?? []).entries())
      if (!places.includes(environment))
        report.error([...path, 'in', at], unknownName('environment', environment, places));
    const source = { file: file.file, ...file.locate(path, 'value') };
    return [{ effect: allow ? 'allow' : 'deny', rights, to, on, ...(within && { in: within }), source }];
  });
  const access: Access = {
    groups,
    rules,
    ...(Object.keys(environments).length > 0 && { environments }),
  };
  warnAboutApprovers(access, services, report);
  return access;
}

/** Of those that are not production. */
const environmentsOf = (
  services: ReadonlyMap<string, ServiceBook | null>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...services].flatMap(([name, service]) =>
      service && service.environment !== production ? [[name, service.environment]] : [],
    ),
  );

/** A destructive action that nobody may approve can never be carried out, which is found out at the worst moment. */
function warnAboutApprovers(
  { rules, groups }: Access,
  services: ReadonlyMap<string, ServiceBook | null>,
  report: Reporter,
): void {
  for (const [name, service] of services) {
    const destructive = [...(service?.actions.values() ?? [])].find(
      (action) => action?.risk === 'destructive',
    );
    if (!destructive) continue;
    const approving = rules
      .filter(
        ({ effect, rights, on }) =>
          effect === 'allow' && rights.includes('approve') && (on === 'any' || on.includes(name)),
      )
      .filter((rule) => !rule.in || rule.in.includes(service?.environment ?? production));
    if (approving.length === 0)
      report.warning(
        ['rules'],
        `No rule lets anybody \`approve\` on \`${name}\`, whose \`${destructive.name}\` needs a second person.`,
        'key',
      );
    else if (isOnePerson(approving, groups))
      report.warning(
        ['rules'],
        `Only one person may \`approve\` on \`${name}\`, and never what they asked for themselves, so \`${destructive.name}\` lacks its second person.`,
        'key',
      );
  }
}

/** Groups of Slack have as many members as they have; what is listed here can be counted. */
function isOnePerson(rules: readonly Rule[], groups: Access['groups']): boolean {
  const names = [...new Set(rules.flatMap(({ to }) => to))];
  if (names.some((name) => !isCountable(groups[name]))) return false;
  return new Set(names.flatMap((name) => groups[name]?.users ?? [])).size === 1;
}

const isCountable = (group: Group | undefined): boolean =>
  group !== undefined && group.usergroup === null && group.role === undefined && group.channel === undefined;
