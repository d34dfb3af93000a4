import { join } from 'node:path';
import { inReadingOrder, type Problem } from '../../core/playbook/problem.ts';
import type { Scenario } from '../../core/rehearsal/scenario.ts';
import { type ReadScenarios, readScenarios } from '../../core/rehearsal/scenarioSource.ts';
import { locateIn } from './loadRoom.ts';
import { findTests, readText } from './roomFiles.ts';
import { createYamlReader, type YamlReader } from './yamlReader.ts';

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
      const read = await readTests(reader, { file, text: text.text });
      scenarios.push(...read.scenarios);
      problems.push(...read.problems);
    }
  } finally {
    await reader.stop();
  }
  return { scenarios, problems: inReadingOrder(problems), files: found.length };
}

/** The tests in the text of one file, for a text that stands in no room. */
export async function readTests(
  reader: Pick<YamlReader, 'parse'>,
  { file, text }: { readonly file: string; readonly text: string },
): Promise<ReadScenarios> {
  const parsed = await reader.parse(text);
  if (parsed.ok) return readScenarios({ file, value: parsed.value, locate: locateIn(parsed.spans) });
  const problems = parsed.mistakes.map(
    ({ line, column, message }): Problem => ({
      ...{ severity: 'error', file, line, column, message },
    }),
  );
  return { scenarios: [], problems };
}
