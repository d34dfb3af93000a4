import { lintAccess, lintDemands } from '../access/lintAccess.ts';
import type { Calendar } from '../calendar/calendar.ts';
import { checkOutlook } from '../people/calendarOutlook.ts';
import {
  compileCalendar,
  compileEscalation,
  compileRoster,
  type Escalation,
  openCalendar,
} from '../people/compilePeople.ts';
import type { Roster } from '../people/roster.ts';
import { compilePlaybook } from './compilePlaybook.ts';
import { compileAccess, compileHosts, compileRouting } from './compileRoomFiles.ts';
import { checkRules } from './compileRules.ts';
import { compileService } from './compileService.ts';
import type { Definition } from './definition.ts';
import { checkLeftOpen } from './leftOpen.ts';
import { answersOf, genericName } from './match.ts';
import { type Pace, paced } from './pace.ts';
import { inReadingOrder, type Problem } from './problem.ts';
import { namedIn, type Reporter, type RoomFile, type RoomFileKind, reporterFor } from './reporting.ts';
import type { Room } from './room.ts';
import type { HostBook, ServiceBook } from './serviceBook.ts';
import { shelve } from './shelf.ts';

const defaultReopenMs = 24 * 3_600_000;

export type Compiled = { readonly room: Room | null; readonly problems: readonly Problem[] };

/**
 * Compiles the files of a room. Every mistake that can be found is reported, not only the first; `room` is null as soon
 * as one of them is an error. Files of one kind are taken in the order given.
 */
export function compileRoom(
  files: readonly RoomFile[],
  /** `today`, in milliseconds since the epoch, is when the calendar is judged by; without it that is left out. */
  { pace, today }: { readonly pace: Pace; readonly today?: number },
): Compiled {
  const problems: Problem[] = [];
  const missing = (file: string, message: string) =>
    problems.push({ severity: 'error', file, line: 1, column: 1, message });
  const of = (kind: RoomFileKind) => files.filter((file) => file.kind === kind);
  const reporters = new Map(files.map((file) => [file, reporterFor(file, problems)]));
  const reporterOf = (file: RoomFile): Reporter => reporters.get(file) ?? reporterFor(file, problems);
  const single = <T>(
    kind: RoomFileKind,
    compile: (file: RoomFile, report: Reporter) => T | undefined,
  ): T | undefined => {
    const [file] = of(kind);
    if (file) return compile(file, reporterOf(file));
    missing(`${kind}.yml`, `There is no \`${kind}.yml\`.`);
    return undefined;
  };

  /** A file that a room may do without. */
  const optional = <T>(
    kind: RoomFileKind,
    compile: (file: RoomFile, report: Reporter) => T | undefined,
    otherwise: T,
  ): T => {
    const [file] = of(kind);
    return (file && compile(file, reporterOf(file))) ?? otherwise;
  };

  const hosts = single('hosts', compileHosts);
  const services = compileServices(of('service'), reporterOf, { pace, hosts });
  const playbooks = [...of('alert'), ...of('procedure')];
  const titles = new Map(
    of('procedure').flatMap((file): [string, string][] => {
      const name = namedIn(file.value, 'playbook');
      return name === undefined ? [] : [[name, namedIn(file.value, 'title') ?? name]];
    }),
  );
  const procedures = [...titles.keys()];
  const roster = optional<Roster>('roster', compileRoster, {});
  checkNames(playbooks, reporterOf);
  const shelf = shelve(playbooks, services);
  const definitions: Record<string, Definition> = {};
  for (const file of playbooks) {
    const definition = compilePlaybook(file, {
      report: reporterOf(file),
      pace,
      hosts,
      services,
      shelf,
      procedures,
      titles,
      duties: Object.keys(roster),
    });
    if (definition) definitions[definition.playbook.name] = definition;
  }
  checkAnswers(of('alert'), definitions, reporterOf);
  checkRules(of('rules'), { alerts: of('alert'), services: of('service') }, reporterOf);
  for (const file of [...of('service'), ...playbooks, ...of('hosts')]) checkLeftOpen(file, reporterOf(file));
  if (!playbooks.some((file) => file.kind === 'alert' && namedIn(file.value, 'playbook') === genericName))
    missing(
      `alerts/${genericName}.yml`,
      `There is no playbook named \`${genericName}\`, for alerts that no other one answers.`,
    );

  const routing = single('routing', (file, report) => compileRouting(file, report, pace));
  const access = single('access', (file, report) => compileAccess(file, report, services));
  if (access) lintDemands([...of('service'), ...playbooks], access, reporterOf);
  const { chains, targets } = optional<Escalation>(
    'escalation',
    (file, report) => compileEscalation(file, report, { services, roster, pace }),
    { chains: [] },
  );
  const calendar = optional<Calendar>(
    'calendar',
    (file, report) => {
      const compiled = compileCalendar(file, report, services);
      if (compiled && today !== undefined)
        checkOutlook({ calendar: compiled, services: [...services.keys()], today }, report);
      return compiled;
    },
    openCalendar,
  );
  const usable = !problems.some(({ severity }) => severity === 'error');
  // What is wrong with a service would be read as a gap in the rules about it.
  for (const file of of('access')) if (usable && access) lintAccess(access, services, reporterOf(file));
  const room: Room | null =
    usable && routing && access
      ? {
          definitions,
          routing: routing.routing,
          access,
          roster,
          chains,
          ...(targets && { targets }),
          calendar,
          reopenWithinMs: paced(routing.reopenWithinMs ?? defaultReopenMs, pace),
          pace,
        }
      : null;
  return { room, problems: inReadingOrder(problems) };
}

type ReporterOf = (file: RoomFile) => Reporter;

function compileServices(
  files: readonly RoomFile[],
  reporterOf: ReporterOf,
  compiling: { readonly pace: Pace; readonly hosts: HostBook },
): Map<string, ServiceBook | null> {
  const services = new Map<string, ServiceBook | null>();
  const first = new Map<string, string>();
  for (const file of files) {
    const report = reporterOf(file);
    const service = compileService(file, report, compiling);
    if (!service) continue;
    const other = first.get(service.name);
    if (other !== undefined)
      report.error(['service'], `There is already a service \`${service.name}\`, in ${other}.`);
    else first.set(service.name, file.file);
    if (other === undefined) services.set(service.name, service);
  }
  return services;
}

function checkNames(files: readonly RoomFile[], reporterOf: ReporterOf): void {
  const first = new Map<string, string>();
  for (const file of files) {
    const name = namedIn(file.value, 'playbook');
    if (name === undefined) continue;
    const other = first.get(name);
    if (other !== undefined)
      reporterOf(file).error(['playbook'], `There is already a playbook \`${name}\`, in ${other}.`);
    else first.set(name, file.file);
  }
}

/** Two playbooks for the same labels would leave it to their names which one is walked. */
function checkAnswers(
  files: readonly RoomFile[],
  definitions: Readonly<Record<string, Definition>>,
  reporterOf: ReporterOf,
): void {
  const first = new Map<string, string>();
  for (const file of files) {
    const definition = Object.values(definitions).find(({ playbook }) => playbook.source.file === file.file);
    const all = definition ? answersOf(definition.playbook) : [];
    for (const [index, labels] of all.entries()) {
      const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      const other = first.get(key);
      if (other === file.file)
        reporterOf(file).error(['answers', index], 'This set of labels stands in the list already.');
      else if (other !== undefined)
        reporterOf(file).error(
          all.length > 1 ? ['answers', index] : ['answers'],
          `The playbook in ${other} already answers the same alerts.`,
          all.length > 1 ? 'value' : 'key',
        );
      else first.set(key, file.file);
    }
  }
}
