import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { loadTests } from '../adapters/playbooks/loadTests.ts';
import { formatProblem } from '../core/playbook/problem.ts';
import { type Coverage, coverageOf } from '../core/rehearsal/coverage.ts';
import { play } from '../core/rehearsal/play.ts';

export type TestOptions = {
  /** Percent of the steps of every playbook that its tests must enter; 0 where left out. */
  readonly minCoverage?: number;
  /** Takes one line, without its end; standard output where left out. */
  readonly print?: (line: string) => void;
};

/**
 * `genesis test [dir]`: plays the scenario tests that stand beside the playbooks, and prints what went otherwise with
 * its line, then how many steps were entered. Gives the exit code: 0 as expected, 1 not.
 */
export async function test(directory: string, options: TestOptions = {}): Promise<number> {
  const print = options.print ?? ((line: string) => process.stdout.write(`${line}\n`));
  const { room, problems: mistakes } = await loadRoom({ directory, pace: 1 });
  const tests = await loadTests(directory);
  const errors = [...mistakes.filter(({ severity }) => severity === 'error'), ...tests.problems];
  for (const problem of errors) print(formatProblem(problem));
  if (!room) {
    print(`${directory}: no test is played before the playbooks can be read.`);
    return 1;
  }
  const played = tests.scenarios.map((scenario) => play(scenario, room));
  const failures = played.flatMap(({ failure }) => failure ?? []);
  for (const failure of failures) print(formatProblem(failure));
  const least = options.minCoverage ?? 0;
  const coverage = coverageOf(played, room);
  for (const line of coverageLines(coverage, least)) print(line);
  const low = coverage.filter(({ percent }) => percent < least);
  const failed = failures.length > 0 ? `, ${failures.length} failed` : ', all passed';
  const short = low.length > 0 ? `; ${low.length} below ${least} % of the steps` : '';
  print(`${directory}: ${played.length} test${played.length === 1 ? '' : 's'} played${failed}${short}.`);
  return errors.length + failures.length + low.length > 0 ? 1 : 0;
}

const shownMissing = 5;

/** One line for each playbook with a test, and one for all that have none. */
function coverageLines(coverage: readonly Coverage[], least: number): string[] {
  const walked = coverage.filter(({ entered }) => entered > 0);
  const never = coverage.filter(({ entered }) => entered === 0).map(({ playbook }) => playbook);
  const width = Math.max(...walked.map(({ playbook }) => playbook.length), 0);
  const lines = walked.map(({ playbook, entered, steps, percent, missing }) => {
    const numbers = `${String(percent).padStart(3)} %  ${entered} of ${steps} steps`;
    const shown = percent < least ? missing : missing.slice(0, shownMissing);
    const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : '';
    const rest = missing.length === 0 ? '' : `  not entered: ${shown.join(', ')}${more}`;
    return `  ${playbook.padEnd(width)}  ${numbers}${rest}`;
  });
  return never.length === 0 ? lines : [...lines, `  without a test: ${never.join(', ')}`];
}
