/** Thrown before anything runs; each problem is a line for the operator. */
export class CannotStart extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'CannotStart';
    this.problems = problems;
  }
}

/** A fault of the surroundings as one line for the operator instead of a stack. */
export async function orCannotStart<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new CannotStart([`${what}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
