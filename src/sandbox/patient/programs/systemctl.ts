import type { Fault } from '../faults.ts';
import { formatJournalLine } from './journalctl.ts';
import { type Answer, fails, prints, UNIT, type World } from './world.ts';

const DESCRIPTION = 'Genesis orchestration layer';
const LOADED = 'loaded (/etc/systemd/system/genesis-orchestration.service; enabled; preset: enabled)';
/** Units beside the service, each running unless its fault is on; a timer that has none always runs. */
const COMPANIONS: Readonly<Record<string, { readonly description: string; readonly fault?: Fault }>> = {
  'genesis-monitoring.service': { description: 'Health tests every five minutes', fault: 'tests-silent' },
  'genesis-container-state.timer': { description: 'State of the containers for Prometheus' },
};
const JOURNAL_LINES = 10;

const unitName = (text: string): string => text.replace(/\.service$/, '');

/** systemd's `systemctl` for the one unit that this host has. */
export async function systemctl(args: readonly string[], world: World): Promise<Answer> {
  const [verb, ...names] = args.filter((arg) => !arg.startsWith('-'));
  if (verb === 'daemon-reload') return prints();
  if (verb === undefined) return prints(`${UNIT}.service loaded ${activeWord(world)} ${DESCRIPTION}`);
  const name = names[0];
  if (name === undefined) return fails(1, 'Too few arguments.');
  const full = name.includes('.') ? name : `${name}.service`;
  if (Object.hasOwn(COMPANIONS, full)) return companion(verb, full, world);
  const known = unitName(name) === UNIT;
  switch (verb) {
    case 'start':
    case 'restart':
      if (!known)
        return fails(
          5,
          `Failed to ${verb} ${unitName(name)}.service: Unit ${unitName(name)}.service not found.`,
        );
      return (await world[verb]()) ? prints() : startFailed();
    case 'stop':
      if (!known)
        return fails(
          5,
          `Failed to stop ${unitName(name)}.service: Unit ${unitName(name)}.service not loaded.`,
        );
      await world.stop();
      return prints();
    case 'is-active':
      if (!known) return { ...prints('inactive'), code: 4 };
      return quietly(args, { ...prints(activeWord(world)), code: world.unit.kind === 'active' ? 0 : 3 });
    case 'is-failed':
      if (!known) return { ...prints('inactive'), code: 4 };
      return quietly(args, { ...prints(activeWord(world)), code: world.unit.kind === 'failed' ? 0 : 1 });
    case 'is-enabled':
      return known
        ? prints('enabled')
        : fails(1, `Failed to get unit file state for ${name}: No such file or directory`);
    case 'reset-failed':
      return prints();
    case 'show':
      return show(args, world);
    case 'status':
      return known ? status(world) : fails(4, `Unit ${unitName(name)}.service could not be found.`);
    default:
      return fails(1, `Unknown command verb '${verb}'.`);
  }
}

async function companion(verb: string, name: string, world: World): Promise<Answer> {
  const { description, fault } = COMPANIONS[name] ?? { description: name };
  const runs = fault === undefined || !world.faults.includes(fault);
  switch (verb) {
    case 'start':
    case 'restart':
    case 'stop':
      if (fault !== undefined) await world.set(fault, verb === 'stop');
      return prints();
    case 'is-active':
      return { ...prints(runs ? 'active' : 'inactive'), code: runs ? 0 : 3 };
    case 'status':
      return {
        ...prints(
          `${runs ? '●' : '○'} ${name} - ${description}`,
          `     Loaded: loaded (/etc/systemd/system/${name}; enabled; preset: enabled)`,
          `     Active: ${runs ? 'active (running)' : 'inactive (dead)'}`,
        ),
        code: runs ? 0 : 3,
      };
    default:
      return fails(1, `Unknown command verb '${verb}'.`);
  }
}

const quietly = (args: readonly string[], answer: Answer): Answer =>
  args.includes('--quiet') || args.includes('-q') ? { ...answer, stdout: '' } : answer;

const startFailed = (): Answer =>
  fails(
    1,
    `Job for ${UNIT}.service failed because the control process exited with error code.`,
    `See "systemctl status ${UNIT}.service" and "journalctl -xeu ${UNIT}.service" for details.`,
  );

function activeWord({ unit }: World): string {
  return unit.kind === 'starting' ? 'activating' : unit.kind;
}

function pidOf({ unit }: World): number | undefined {
  return unit.kind === 'active' || unit.kind === 'starting' ? unit.pid : undefined;
}

const SUB_STATES = { inactive: 'dead', starting: 'start', active: 'running', failed: 'failed' } as const;

function status(world: World): Answer {
  const { unit, now } = world;
  const since = `since ${stamp(unit.since)}; ${ago(now - unit.since)} ago`;
  const result = unit.kind === 'failed' ? ' (Result: exit-code)' : ` (${SUB_STATES[unit.kind]})`;
  const pid = pidOf(world);
  const lines = world.journal({ since: 0, lines: JOURNAL_LINES });
  return {
    ...prints(
      `${unit.kind === 'failed' ? '×' : unit.kind === 'active' ? '●' : '○'} ${UNIT}.service - ${DESCRIPTION}`,
      `     Loaded: ${LOADED}`,
      `     Active: ${activeWord(world)}${result} ${since}`,
      ...(unit.kind !== 'failed' ? [] : [`    Process: ExecStart=/usr/bin/genesis (${unit.result})`]),
      ...(pid === undefined
        ? []
        : [`   Main PID: ${pid} (genesis)`, `     CGroup: /system.slice/${UNIT}.service`]),
      '',
      ...lines.map(formatJournalLine),
    ),
    code: unit.kind === 'active' || unit.kind === 'starting' ? 0 : 3,
  };
}

function show(args: readonly string[], world: World): Answer {
  const { unit } = world;
  const properties: Readonly<Record<string, string>> = {
    Id: `${UNIT}.service`,
    LoadState: 'loaded',
    ActiveState: activeWord(world),
    SubState: SUB_STATES[unit.kind],
    MainPID: String(pidOf(world) ?? 0),
    Result: unit.kind === 'failed' ? 'exit-code' : 'success',
  };
  const wanted = args.flatMap((arg, index) => {
    if (arg.startsWith('--property=')) return arg.slice('--property='.length).split(',');
    return args[index - 1] === '-p' ? arg.split(',') : [];
  });
  const shown = Object.entries(properties).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  return prints(...shown.map(([name, value]) => (args.includes('--value') ? value : `${name}=${value}`)));
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function stamp(at: number): string {
  const date = new Date(at);
  return `${DAYS[date.getUTCDay()]} ${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}min ${seconds % 60}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}min`;
}
