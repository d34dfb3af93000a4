import { join } from 'node:path';
import { inReadingOrder, type Problem } from '../../core/playbook/problem.ts';
import type { Scenario } from '../../core/rehearsal/scenario.ts';
import { readScenarios } from '../../core/rehearsal/scenarioSource.ts';
import { locateIn } from './loadRoom.ts';
import { findTests, readText } from './roomFiles.ts';
import { createYamlReader } from './yamlReader.ts';

export type LoadedTests = {
  readonly scenarios: readonly Scenario[];
  readonly problems: readonly Problem[];
  readonly files: number;
};

/** Reads the scenario tests of a room; mistakes in files are problems. Their files begin with the directory as given. */
export async function loadTests(directory: string): Promise<LoadedTests> {
  const found = await findTests(directory);
  const scenarios: Scenario[] = [];
  const problems: Problem[] = [];
  const reader = createYamlReader();
  try {
    for (const name of found) {
      const file = join(directory, name);
      const at = (line: number, column: number, message: string): Problem => ({
        ...{ severity: 'error', file, line, column, message },
      });
      const text = await readText(file);
      if (!('text' in text)) {
        problems.push(at(1, 1, text.message));
        continue;
      }
      const parsed = await reader.parse(text.text);
      if (!parsed.ok) {
        problems.push(...parsed.mistakes.map(({ line, column, message }) => at(line, column, message)));
        continue;
      }
      const read = readScenarios({ file, value: parsed.value, locate: locateIn(parsed.spans) });
      scenarios.push(...read.scenarios);
      problems.push(...read.problems);
    }
  } finally {
    await reader.stop();
  }
  return { scenarios, problems: inReadingOrder(problems), files: found.length };
}
