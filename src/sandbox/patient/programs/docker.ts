import { CONTAINERS, type Container, containerNamed, isRunning } from '../containers.ts';
import { type Answer, fails, prints, type World } from './world.ts';

const WITH_VALUE = ['--format', '-f', '--filter', '--tail', '-n', '--since', '--until', '-t', '--time'];

/** `docker` for the containers of this host; it does not follow logs, as a step of a playbook could never end. */
export async function docker(args: readonly string[], world: World): Promise<Answer> {
  const words = args.filter(
    (arg, index) => !arg.startsWith('-') && !WITH_VALUE.includes(args[index - 1] ?? ''),
  );
  const [verb, ...names] = words;
  switch (verb) {
    case 'ps':
      return ps(args, world);
    case 'inspect':
      return each(names, (container) =>
        prints(filled(optionOf(args, '--format', '-f') ?? '{{.Name}}', container, world)),
      );
    case 'logs':
      return each(names, (container) =>
        prints(...container.log.slice(-Number(optionOf(args, '--tail', '-n') ?? 100))),
      );
    case 'start':
    case 'restart':
      return each(names, async (container) => {
        if (container.fault !== undefined) await world.set(container.fault, false);
        if (container.mends !== undefined) await world.set(container.mends, false);
        return prints(container.name);
      });
    case 'stop':
      return each(names, async (container) => {
        if (container.fault === undefined)
          return fails(1, `${container.name} cannot be stopped in the sandbox`);
        await world.set(container.fault, true);
        return prints(container.name);
      });
    default:
      return fails(1, `docker: '${verb ?? ''}' is not a docker command.`);
  }
}

async function each(
  names: readonly string[],
  act: (container: Container) => Answer | Promise<Answer>,
): Promise<Answer> {
  let answer = prints();
  for (const name of names) {
    const container = containerNamed(name);
    const next = container
      ? await act(container)
      : fails(1, `Error response from daemon: No such container: ${name}`);
    answer = {
      stdout: answer.stdout + next.stdout,
      stderr: answer.stderr + next.stderr,
      code: Math.max(answer.code, next.code),
    };
  }
  return names.length === 0 ? fails(1, 'docker: requires at least 1 argument.') : answer;
}

const optionOf = (args: readonly string[], ...names: readonly string[]): string | undefined =>
  args.flatMap((arg, index) => {
    const attached = names.find((name) => arg.startsWith(`${name}=`));
    if (attached !== undefined) return [arg.slice(attached.length + 1)];
    return names.includes(args[index - 1] ?? '') ? [arg] : [];
  })[0];

function ps(args: readonly string[], world: World): Answer {
  const all = args.includes('--all') || args.includes('-a');
  const shown = CONTAINERS.filter((container) => all || isRunning(container, world.faults));
  const format = optionOf(args, '--format') ?? 'table {{.Image}}\t{{.Status}}\t{{.Names}}';
  const template = format.replace(/^table /, '').replaceAll('\\t', '\t');
  const head = template.replaceAll(/\{\{\.(\w+)\}\}/g, (_, word: string) => word.toUpperCase());
  const rows = shown.map((container) => filled(template, container, world));
  return prints(...(format.startsWith('table ') ? [head, ...rows] : rows));
}

/** Go's templates as far as a name in braces. */
function filled(template: string, container: Container, world: World): string {
  const runs = isRunning(container, world.faults);
  const moment = new Date(world.now - 13 * 3_600_000).toISOString();
  const values: Readonly<Record<string, string>> = {
    Name: `/${container.name}`,
    Names: container.name,
    Image: container.image,
    State: runs ? 'running' : 'exited',
    Status: runs ? 'Up 13 hours' : `Exited (${container.exitCode}) 13 hours ago`,
    'State.Status': runs ? 'running' : 'exited',
    'State.ExitCode': runs ? '0' : String(container.exitCode),
    'State.StartedAt': moment,
    'State.FinishedAt': runs ? '0001-01-01T00:00:00Z' : moment,
    'State.OOMKilled': String(!runs && container.exitCode === 137),
    'Config.Image': container.image,
  };
  return template.replaceAll(/\{\{\.([\w.]+)\}\}/g, (whole, path: string) => values[path] ?? whole);
}
