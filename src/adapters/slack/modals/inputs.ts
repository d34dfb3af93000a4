import type { KnownBlock } from '@slack/types';
import type { Definition } from '../../../core/playbook/definition.ts';
import { type ValueType, wantedText } from '../../../core/playbook/valueType.ts';
import { said, selectInput, textInput } from './form.ts';

/** Fields for values of a type: what is wanted stands below them, and is checked when the form is submitted. */

const prefix = 'input.';

/** What a procedure asks of whoever starts it. `optional`: the form may be about something else as well. */
export function inputBlocks({ playbook }: Definition, optional = false): KnownBlock[] {
  const inputs = Object.entries(playbook.inputs ?? {});
  return inputs.map(([name, { ask, type, example }]) =>
    typedInput(`${prefix}${name}`, ask, { type, optional, ...(example !== undefined && { example }) }),
  );
}

export function typedInput(
  name: string,
  label: string,
  { type, example, optional = false }: { type: ValueType; example?: string; optional?: boolean },
): KnownBlock {
  if (type.kind === 'options')
    return selectInput(
      name,
      label,
      type.options.map((option) => ({ label: option, value: option })),
      { optional },
    );
  const isText = type.kind === 'text';
  const such = example === undefined ? '' : `, such as ${example}`;
  const plainText = isText && type.pattern === undefined;
  return textInput(name, label, {
    multiline: plainText,
    optional,
    ...(isText && { max: type.maxLength }),
    ...(plainText && example === undefined ? {} : { hint: `${wantedText(type).replaceAll('`', '')}${such}` }),
  });
}

/** What was filled in for the inputs of a procedure, by their names. */
export const inputsIn = (filled: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(filled).flatMap(([name, text]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), text]] : [],
    ),
  );

/** Complaints as Slack shows them, each below its field. */
export const belowInputs = (faults: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(faults).map(([name, fault]) => [`${prefix}${name}`, fault]));

export const inputNote = ({ playbook }: Definition): KnownBlock[] =>
  Object.keys(playbook.inputs ?? {}).length === 0
    ? []
    : [said(`For *${playbook.title}* these are needed as well:`)];
