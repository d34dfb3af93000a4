import { z } from 'zod';
import { calendarSource, dutySource, escalationSource, rosterSource } from '../people/peopleSource.ts';
import { testsWritten } from '../rehearsal/scenarioSource.ts';
import type { SchemaKind } from './schemaKind.ts';
import {
  accessSource,
  actionSource,
  hostSource,
  hostsSource,
  indicatorSource,
  playbookSource,
  routingSource,
  serviceSource,
} from './source.ts';
import { stepWritten } from './stepSource.ts';
import { nameText } from './values.ts';
import { writtenForm } from './writtenAs.ts';

/**
 * JSON Schemas of the files of a room, for editors: they complete keys and underline what is misspelt while one writes.
 * They come from the same schemas that the files are read with; names that must exist elsewhere are left to lint.
 */

const playbook = playbookSource.extend({ steps: z.array(stepWritten).min(1) });

const sources = {
  service: serviceSource.extend({
    indicators: z.record(nameText, indicatorSource).optional(),
    actions: z.record(nameText, actionSource).optional(),
  }),
  alert: playbook.omit({ window: true }),
  procedure: playbook.omit({ answers: true, commander: true, on_unresolved: true }),
  hosts: hostsSource.extend({ hosts: z.record(nameText, hostSource) }),
  routing: routingSource,
  access: accessSource,
  roster: rosterSource.extend({ roster: z.record(nameText, dutySource.nullable()) }),
  escalation: escalationSource,
  calendar: calendarSource,
  test: testsWritten,
} as const satisfies Readonly<Record<SchemaKind, z.ZodType>>;

const titles: Readonly<Record<SchemaKind, string>> = {
  service: 'A service: its indicators and actions',
  alert: 'A playbook that answers alerts',
  procedure: 'A playbook that people start',
  hosts: 'Where actions run',
  routing: 'Where incidents live',
  access: 'Who may do what',
  roster: 'Who is called for what',
  escalation: 'Who is called next when nobody answers',
  calendar: 'When production may be changed',
  test: 'Scenario tests of playbooks',
};

/** Said by editors beside a key, wherever it stands. */
const meanings: Readonly<Record<string, string>> = {
  always: 'Carried out even after an earlier step has failed; only with `authority: whole`.',
  answer_within:
    'How long they have to acknowledge before the next level is called, for all severities or for each.',
  answers:
    'Labels that an alert must carry, all of them, or a list of such sets; the playbook with the most labels wins.',
  approvals:
    'How many different people with the right to approve say yes, none of them who asked: `2`, or `{ count: 2, from: [leads] }` for certain groups.',
  as: 'What conditions call this step.',
  authority:
    '`each`: one decision an action. `whole`: the entire plan is approved once, then walks by itself.',
  budget: 'The time it may take, shown as a clock: `30s`, `10m`.',
  call: 'In a chain a name of the roster; as a step another playbook, whose steps are walked in this place.',
  commander: '`at-once` asks for a commander as soon as the incident opens.',
  confirm: 'A word to be typed before it counts, such as `"yes"`.',
  enough: 'Fewer operations than this, and the verdict is inconclusive.',
  for: 'The objective must hold this long without a break.',
  hint: 'How to tell that this is the case.',
  if: 'A condition in CEL over `steps`, `answers` and `incident`; the step is passed over where it is false.',
  look: 'What to look for in the output.',
  objective: 'Exactly one of `below`, `above`, `at_most`, `at_least` and `equals`.',
  on_fail: 'Steps that are walked when it has failed; then the walk goes on behind it.',
  on_unresolved: 'Offers a procedure after that time; `rollback` is short for `rollback-<service>`.',
  phases:
    'By when each should be over, counted from the opening; what takes longer is said once in the incident.',
  probe: 'An indicator to read when the bot died while the command ran.',
  query: 'PromQL that answers with one number; `$window` is the length of rates.',
  risk: '`observe` runs by itself, `change` needs a click, `disruptive` a confirmation, `destructive` a second person.',
  rollback: 'How bad for how long, on which occasion, is a reason to take back what was put in place.',
  run: 'One argument an entry, as it stands: no shell, no variables, no pipes, no `*`.',
  says: 'One line for the person who decides: what it does to users.',
  routing_key: 'The variable that holds the routing key, such as `PAGERDUTY_ROUTING_KEY`.',
  secrets: 'Names of variables from the executor’s own file.',
  stakeholders: 'A channel for those who are affected: the opening, status updates, the end.',
  succeeds: 'Exit codes that are fine; `[0]` unless it says otherwise.',
  symptoms: 'What people see.',
  experts: 'Duties of the roster that may have to be called in, such as `testing`.',
  resolve_within:
    'How long the incident may last once they were called; then the next level is called, whoever has it.',
  environment: 'Where the service stands, for access rules; `production` unless it says otherwise.',
  evidence: 'Observations that are made first, or `{ none: why }`.',
  example: 'An answer that fits, shown with the question.',
  idempotent: 'Doing it twice is as good as doing it once.',
  inputs: 'Asked of whoever starts it; used as `input.<name>`.',
  parameters: 'Values that are given when it runs, each one whole argument.',
  pattern: 'RE2, for the whole value.',
  retries: 'Tried again by itself, for what is idempotent.',
  with: 'Values for parameters: `answer.<name>`, `input.<name>` or the value itself.',
  // biome-ignore lint/suspicious/noThenProperty: the word of the language; the table is never awaited.
  then: 'Actions of the same service that follow at once, part of the same approval.',
  targets:
    'How soon incidents must be acknowledged: `critical` are P0 and P1, `warning` all others; `watch` by the hours of a watch.',
  timeout: 'The whole process group is ended then; 60 s unless it says otherwise.',
  updates: 'How long nobody has to have posted a status update before somebody is reminded.',
  undo: '`previous` for a written file, the name of an action, `none`, or `{ none: why }`.',
  verify: 'The indicator that proves it; for an action also `exit`.',
  when: 'In words, when this is the right thing to do.',
  window: 'What `$window` stands for; five minutes unless it says otherwise.',
  within: 'By when the hold must have begun; five minutes unless it says otherwise.',
  write: 'A file below the directory of the host, and its whole content.',
};

/** Words of the language that mean something else in a test. */
const inTests: Readonly<Record<string, string>> = {
  ...meanings,
  approval:
    'How a request is decided: `approve` unless it says otherwise, or a list of what people say one after the other.',
  by: 'Groups of access.yml that whoever clicks is in.',
  confirms: 'The word that is typed with a yes, in quotes; the one that is asked for where it is left out.',
  ends: 'How the step, or what somebody says of a request, must end.',
  exit: 'An exit code, how else it ended, a list for one try after the other, or a map of these by action.',
  says: 'What they say of the request: `approve` unless it says otherwise.',
  set: 'Values of indicators from then on.',
  // biome-ignore lint/suspicious/noThenProperty: the word of the language; the table is never awaited.
  then: 'What a person does about it.',
  verify: 'A check that must be offered now.',
  who: 'What the test calls them: one name is one person, and `responder` is who asked.',
};

export type JsonSchema = Record<string, unknown>;

/** The schema of one kind of file, draft 7, which is what editors understand. */
export function jsonSchemaOf(kind: SchemaKind): JsonSchema {
  const { $schema, ...rest } = draft7(sources[kind]);
  return {
    $schema,
    title: titles[kind],
    ...(described(rest, kind === 'test' ? inTests : meanings) as JsonSchema),
  };
}

/** A copy in which every key that has a meaning says it; one value may stand in several places, so none is changed. */
function described(schema: unknown, said: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(schema)) return schema.map((each) => described(each, said));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([word, value]) => [word, described(value, said)] as const);
  const copy: JsonSchema = Object.fromEntries(entries);
  const properties = copy.properties;
  if (typeof properties === 'object' && properties !== null)
    copy.properties = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => {
        const description = Object.hasOwn(said, key) ? said[key] : undefined;
        return [key, description === undefined ? value : { description, ...value }];
      }),
    );
  return copy;
}

function draft7(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      const instead = writtenForm(zodSchema);
      if (!instead) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
      const { $schema: _, ...plain } = draft7(instead);
      Object.assign(jsonSchema, plain);
    },
  }) as JsonSchema;
}
