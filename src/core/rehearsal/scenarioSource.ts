import { z } from 'zod';
import type { Complaint, Path, Problem } from '../playbook/problem.ts';
import { readSource, strict } from '../playbook/readSource.ts';
import { type Reporter, type RoomFile, reporterFor } from '../playbook/reporting.ts';
import { line, reference } from '../playbook/values.ts';
import { severities } from '../severity.ts';
import { approving, checkApproving, words } from './approvalEntry.ts';
import { type Changes, type Entry, runEnds, type Scenario } from './scenario.ts';
import { changes, inputs, labels, ofStart, readEntry, writtenEntry } from './scenarioEntry.ts';

/** Scenario tests as operators write them, beside their playbooks. */

export type TestFile = Pick<RoomFile, 'file' | 'value' | 'locate'>;

const testSource = strict({
  test: line,
  alert: labels.optional(),
  procedure: reference.optional(),
  ...approving,
  inputs,
  by: words.optional(),
  indicators: changes.optional(),
  walk: z.array(z.unknown()),
  expect: strict({
    run: z.enum(runEnds).optional(),
    why: z.string().optional(),
    playbook: reference.optional(),
    severity: z.enum(severities).optional(),
    incident: z.enum(['open', 'acknowledged', 'mitigating', 'resolved']).optional(),
    offers: reference.optional(),
    changed: z.array(reference).optional(),
    in_effect: z.array(reference).optional(),
  }).optional(),
});

const fileSource = strict({ indicators: changes.optional(), tests: z.array(z.unknown()).min(1) });

/** What may be written in such a file, for editors; it is read piece by piece, so that one mistake hides no other. */
export const testsWritten = fileSource.extend({
  tests: z.array(testSource.extend({ walk: z.array(writtenEntry) })).min(1),
});

export type ReadScenarios = {
  readonly scenarios: readonly Scenario[];
  readonly problems: readonly Problem[];
};

/** Reads the tests of one file; one that cannot be understood is left out and complained about. */
export function readScenarios(file: TestFile): ReadScenarios {
  const problems: Problem[] = [];
  const report = reporterFor({ kind: 'alert', ...file }, problems);
  const read = readSource(fileSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return { scenarios: [], problems };
  }
  const shared = read.value.indicators ?? {};
  const names = new Set<string>();
  const scenarios = read.value.tests.flatMap((written, index): Scenario[] => {
    const scenario = readTest(written, ['tests', index], { file, report, shared });
    if (!scenario) return [];
    if (names.has(scenario.name))
      report.error(['tests', index, 'test'], `There is already a test \`${scenario.name}\` in this file.`);
    names.add(scenario.name);
    return [scenario];
  });
  return { scenarios, problems };
}

type InFile = { readonly file: TestFile; readonly report: Reporter; readonly shared: Changes };

function readTest(written: unknown, path: Path, { file, report, shared }: InFile): Scenario | undefined {
  const read = readSource(testSource, written, path);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const { alert, procedure, expect = {}, by, test: name, ...source } = read.value;
  if ((alert === undefined) === (procedure === undefined)) {
    report.error(
      path,
      'A test begins with the labels of an `alert`, or with the name of a `procedure`.',
      'key',
    );
    return undefined;
  }
  for (const key of ['approval', 'confirms'] as const)
    if (source[key] !== undefined && procedure === undefined)
      report.error([...path, key], `\`${key}\` is about the plan of a procedure.`, 'key');
  if (source.inputs !== undefined && procedure === undefined)
    report.error([...path, 'inputs'], '`inputs` are what a procedure is started with.', 'key');
  const before = report.errors();
  const complaints: Complaint[] = [];
  if (procedure !== undefined) checkApproving(source, path, complaints);
  const walk = source.walk.flatMap((entry, index) => {
    const at = [...path, 'walk', index];
    const compiled = readEntry(entry, at, complaints);
    return compiled ? [{ ...compiled, at: file.locate(at, 'value') } as Entry] : [];
  });
  report.add(complaints);
  if (report.errors() > before) return undefined;
  return {
    name,
    file: file.file,
    at: file.locate([...path, 'test'], 'value'),
    begins:
      alert !== undefined
        ? { kind: 'alert', labels: alert }
        : { kind: 'procedure', playbook: procedure ?? '', ...ofStart(source) },
    by: by ?? null,
    indicators: { ...shared, ...source.indicators },
    walk,
    expects: {
      at: file.locate([...path, 'expect'], 'key'),
      run: expect.run ?? 'completed',
      why: expect.why ?? null,
      playbook: expect.playbook ?? null,
      severity: expect.severity ?? null,
      incident: expect.incident ?? null,
      offers: expect.offers ?? null,
      changed: expect.changed ?? null,
      inEffect: expect.in_effect ?? null,
    },
  };
}
