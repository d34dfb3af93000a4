import { z } from 'zod';
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
  alert: playbook,
  procedure: playbook.omit({ answers: true, commander: true, on_unresolved: true }),
  hosts: hostsSource.extend({ hosts: z.record(nameText, hostSource) }),
  routing: routingSource,
  access: accessSource,
} as const;

export type SchemaKind = keyof typeof sources;
export const schemaKinds = Object.keys(sources) as SchemaKind[];

const titles: Readonly<Record<SchemaKind, string>> = {
  service: 'A service: its indicators and actions',
  alert: 'A playbook that answers alerts',
  procedure: 'A playbook that people start',
  hosts: 'Where actions run',
  routing: 'Where incidents live',
  access: 'Who may do what',
};

/** Said by editors beside a key, wherever it stands. */
const meanings: Readonly<Record<string, string>> = {
  always: 'Carried out even after an earlier step has failed; only with `authority: whole`.',
  answers: 'Labels that an alert must carry, all of them; the playbook with the most labels wins.',
  authority:
    '`each`: one decision an action. `whole`: the entire plan is approved once, then walks by itself.',
  budget: 'The time it may take, shown as a clock: `30s`, `10m`.',
  commander: '`at-once` asks for a commander as soon as the incident opens.',
  enough: 'Fewer operations than this, and the verdict is inconclusive.',
  for: 'The objective must hold this long without a break.',
  hint: 'How to tell that this is the case.',
  look: 'What to look for in the output.',
  objective: 'Exactly one of `below`, `above` and `equals`.',
  on_unresolved: 'Offers a procedure after that time; `rollback` is short for `rollback-<service>`.',
  probe: 'An indicator to read when the bot died while the command ran.',
  query: 'PromQL that answers with one number; `$window` is the length of rates.',
  risk: '`observe` runs by itself, `change` needs a click, `disruptive` a confirmation, `destructive` a second person.',
  run: 'One argument an entry, as it stands: no shell, no variables, no pipes, no `*`.',
  says: 'One line for the person who decides: what it does to users.',
  secrets: 'Names of variables from the executor’s own file.',
  succeeds: 'Exit codes that are fine; `[0]` unless it says otherwise.',
  symptoms: 'What people see.',
  // biome-ignore lint/suspicious/noThenProperty: the word of the language; the table is never awaited.
  then: 'Actions of the same service that follow at once, part of the same approval.',
  timeout: 'The whole process group is ended then; 60 s unless it says otherwise.',
  undo: '`previous` for a written file, the name of an action, `none`, or `{ none: why }`.',
  verify: 'The indicator that proves it; for an action also `exit`.',
  when: 'In words, when this is the right thing to do.',
  window: 'What `$window` stands for; five minutes unless it says otherwise.',
  within: 'By when the hold must have begun; five minutes unless it says otherwise.',
  write: 'A file below the directory of the host, and its whole content.',
};

export type JsonSchema = Record<string, unknown>;

/** The schema of one kind of file, draft 7, which is what editors understand. */
export function jsonSchemaOf(kind: SchemaKind): JsonSchema {
  const { $schema, ...rest } = draft7(sources[kind]);
  return { $schema, title: titles[kind], ...(described(rest) as JsonSchema) };
}

/** A copy in which every key that has a meaning says it; one value may stand in several places, so none is changed. */
function described(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(described);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([word, value]) => [word, described(value)] as const);
  const copy: JsonSchema = Object.fromEntries(entries);
  const properties = copy.properties;
  if (typeof properties === 'object' && properties !== null)
    copy.properties = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => {
        const description = Object.hasOwn(meanings, key) ? meanings[key] : undefined;
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
