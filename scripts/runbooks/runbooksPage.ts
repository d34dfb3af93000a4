import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Step } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { wordsOf } from '../../src/core/rehearsal/words.ts';
import { lookedAt } from '../../src/core/run/stepValues.ts';
import { allSteps } from '../../src/core/run/walk.ts';

const text = z.string().min(1);
const headingSchema = z
  .strictObject({
    heading: text,
    in: z.array(text).min(1).optional(),
    changed: text.optional(),
    instead: text.optional(),
    elsewhere: text.optional(),
  })
  .refine((entry) => entry.in !== undefined || entry.instead !== undefined || entry.elsewhere !== undefined, {
    error: 'A heading is carried by something, cannot work as written, or is left out for a reason.',
  });
const mapSchema = z.strictObject({
  runbooks: z.array(z.strictObject({ title: text, headings: z.array(headingSchema).min(1) })).min(1),
  /** What the sources write that cannot work, whichever heading it stands under. */
  faults: z.array(z.strictObject({ written: text, why: text, instead: text })),
});
export type RunbookMap = z.infer<typeof mapSchema>;

/** @throws ZodError naming the heading that nothing is said of */
export const readMap = (yaml: string): RunbookMap => mapSchema.parse(parse(yaml));

/** A step as the map names it: in the words of its file, but a wait by its reason, since many last equally long. */
const wordsHere = (step: Step): string => (step.kind === 'wait' ? `wait: ${step.why}` : wordsOf(step));

const fileMark = 'file:';

/** What is wrong with what the map refers to, one sentence each; none where all of it is there. */
export function brokenReferences(map: RunbookMap, room: Room, root: string): string[] {
  return map.runbooks.flatMap(({ title, headings }) =>
    headings.flatMap(({ heading, in: references = [] }) =>
      references.flatMap((reference) => {
        const wrong = wrongWith(reference, room, root);
        return wrong === null ? [] : [`${title}, "${heading}": ${wrong}`];
      }),
    ),
  );
}

function wrongWith(reference: string, room: Room, root: string): string | null {
  if (reference.startsWith(fileMark)) {
    const file = reference.slice(fileMark.length);
    return existsSync(join(root, file)) ? null : `there is no file ${file}`;
  }
  const [name = '', step] = reference.split(' > ');
  const definition = room.definitions[name];
  if (definition === undefined) return `there is no playbook ${name}`;
  if (step === undefined) return null;
  const { playbook } = definition;
  switch (step) {
    case 'symptoms':
      return playbook.symptoms.length > 0 ? null : `${name} has no symptoms`;
    case 'on_unresolved':
      return playbook.onUnresolved ? null : `${name} has no on_unresolved`;
    case 'commander':
      return playbook.commanderAtOnce ? null : `${name} asks for no commander`;
    default:
      return allSteps(playbook.steps).some(
        (each) => wordsHere(each) === step || questionOf(each) === step || looksOf(each).includes(step),
      )
        ? null
        : `${name} has no step \`${step}\``;
  }
}

/** The first sentence of a question is enough to find it by. */
const questionOf = (step: Step): string | null =>
  step.kind === 'ask' ? `ask: ${/^[^.?!]*[.?!]?/.exec(step.question)?.[0] ?? ''}` : null;

/** Playbooks of the room that no heading leads to. */
export function unnamed(map: RunbookMap, room: Room): string[] {
  const named = new Set(
    map.runbooks.flatMap(({ headings }) =>
      headings.flatMap(({ in: references = [] }) => references.map((each) => each.split(' > ')[0] ?? '')),
    ),
  );
  return Object.keys(room.definitions).filter((name) => !named.has(name));
}

const cell = (words: string): string => words.replaceAll('|', '\\|');

function shown(reference: string, room: Room): string {
  if (reference.startsWith(fileMark)) {
    const file = reference.slice(fileMark.length);
    return `[${file}](../../${file})`;
  }
  const [name = '', step] = reference.split(' > ');
  const file = room.definitions[name]?.playbook.source.file ?? '';
  const link = `[${name}](../../playbooks/${file})`;
  return step === undefined ? link : `${link} \`${step}\``;
}

const intro = `# The source runbooks

The shipped playbooks come from five runbooks. This page says which step carries which of their headings, what is otherwise than
there, and what could not work as it was written. It is made from [runbooks.map.yml](runbooks.map.yml) by \`node scripts/runbooks.ts\`.
`;

/** The page, from the map and the room that it speaks of. */
export function pageOf(map: RunbookMap, room: Room): string {
  const sections = map.runbooks.map(({ title, headings }) => {
    const rows = headings.map(({ heading, in: references = [], changed, instead, elsewhere }) => {
      const where = references.map((each) => shown(each, room)).join('<br>');
      const notes = [
        changed,
        instead === undefined ? undefined : `**Could not work as written.** ${instead}`,
        elsewhere,
      ];
      const said = notes.filter((each) => each !== undefined).join(' ');
      return `| ${cell(heading)} | ${cell(where === '' ? '–' : where)} | ${cell(said)} |`;
    });
    return [
      `## ${title}`,
      '',
      '| heading | carried by | what is otherwise |',
      '|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  const faults = map.faults.map(
    ({ written, why, instead }) => `| ${cell(written)} | ${cell(why)} | ${cell(instead)} |`,
  );
  const last = [
    '## What could not work as written',
    '',
    '| in the source | why | instead |',
    '|---|---|---|',
    ...faults,
    '',
  ];
  return `${intro}\n${sections.join('\n')}\n${last.join('\n')}`;
}

/** A step that looks at several things answers for each of them. */
const looksOf = (step: Step): readonly string[] =>
  step.kind === 'observe' ? lookedAt(step).map((action) => `observe: ${action}`) : [];
