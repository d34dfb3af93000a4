import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { formatAnnotation, formatProblem } from '../core/playbook/problem.ts';

export type LintOptions = {
  /** `github` prints annotations for GitHub Actions. */
  readonly format?: 'text' | 'github';
  /** Warnings fail too. */
  readonly strict?: boolean;
  /** Milliseconds since the epoch; without it nothing is said of what has passed by now. */
  readonly today?: number;
  /** Takes one line, without its end; standard output where left out. */
  readonly print?: (line: string) => void;
};

/** Checks the playbooks of a directory and prints every problem. Gives the exit code: 0 without errors, else 1. */
export async function lint(directory: string, options: LintOptions = {}): Promise<number> {
  const print = options.print ?? ((line: string) => process.stdout.write(`${line}\n`));
  const { room, problems } = await loadRoom({
    directory,
    pace: 1,
    ...(options.today !== undefined && { today: options.today }),
  });
  const format = options.format === 'github' ? formatAnnotation : formatProblem;
  for (const problem of problems) print(format(problem));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const found = [counted(errors, 'error'), counted(warnings, 'warning')].filter((text) => text !== '');
  const playbooks = room ? Object.values(room.definitions) : [];
  const services = new Set(playbooks.map(({ service }) => service.name).filter((name) => name !== ''));
  print(
    found.length > 0
      ? `${directory}: ${found.join(' and ')}.`
      : `${directory}: ${counted(playbooks.length, 'playbook')} for ${counted(services.size, 'service')}, no problems.`,
  );
  return errors > 0 || (options.strict === true && warnings > 0) ? 1 : 0;
}

const counted = (count: number, what: string): string =>
  count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
