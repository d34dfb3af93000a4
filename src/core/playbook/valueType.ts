import { RE2JS } from 're2js';
import { parseDuration, spokenDuration } from '../duration.ts';
import { eitherOf } from './nearest.ts';

/**
 * What people may answer to a question, and what may become an argument of a command. Everything stays text: a type only
 * says which texts there are. Patterns are RE2, which takes time in proportion to the text, and stand for all of it.
 */
export type ValueType =
  | { readonly kind: 'text'; readonly maxLength: number; readonly pattern?: string }
  | { readonly kind: 'options'; readonly options: readonly string[] }
  | { readonly kind: 'integer' | 'number'; readonly min?: number; readonly max?: number }
  /** Limits in milliseconds; the pace leaves them alone, as it does what people write. */
  | { readonly kind: 'duration'; readonly min?: number; readonly max?: number };

/** A value that an action takes as one whole argument. */
export type Parameter = { readonly title?: string; readonly type: ValueType };

/** A value that is asked for when a procedure is started. */
export type Input = { readonly ask: string; readonly type: ValueType; readonly example?: string };

/** Longer than any image, version or region; a plan is read by people before it runs. */
export const longestArgument = 1_000;
const longestPattern = 500;

const compiled = new Map<string, RE2JS>();

/** Compiling is what takes time, and patterns are few: those of the room and of the runs in progress. */
function compile(pattern: string): RE2JS {
  const before = compiled.get(pattern);
  if (before) return before;
  if (compiled.size > 1_000) compiled.clear();
  const made = RE2JS.compile(pattern);
  compiled.set(pattern, made);
  return made;
}

/** Why this is no pattern, or null. */
export function patternFault(pattern: string): string | null {
  if (pattern.length > longestPattern) return `A pattern has at most ${longestPattern} characters.`;
  try {
    compile(pattern);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    return `This is no RE2 pattern${why === '' ? '' : `: ${why}`}.`;
  }
}

/** What is wanted, as the end of a sentence: `a whole number from 1 to 20`. */
export function wantedText(type: ValueType): string {
  switch (type.kind) {
    case 'text':
      return type.pattern === undefined
        ? `text of at most ${type.maxLength} characters`
        : `text that matches \`${type.pattern}\` as a whole`;
    case 'options':
      return eitherOf(type.options);
    case 'integer':
      return `a whole number${range(type, String)}`;
    case 'number':
      return `a number${range(type, String)}`;
    case 'duration':
      return `a duration such as \`90s\` or \`10m\`${range(type, spokenDuration)}`;
    default: {
      const never: never = type;
      return never;
    }
  }
}

type Limits = { readonly min?: number; readonly max?: number };

function range({ min, max }: Limits, written: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${written(min)} to ${written(max)}`;
  if (min !== undefined) return `, at least ${written(min)}`;
  return max === undefined ? '' : `, at most ${written(max)}`;
}

const isOfType = (type: ValueType, text: string): boolean => {
  switch (type.kind) {
    case 'text':
      return (
        [...text].length <= type.maxLength &&
        (type.pattern === undefined || compile(type.pattern).matches(text))
      );
    case 'options':
      return type.options.includes(text);
    case 'integer':
      return /^-?(?:0|[1-9]\d{0,14})$/.test(text) && within(type, Number(text));
    case 'number':
      return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/.test(text) && within(type, Number(text));
    case 'duration': {
      const ms = parseDuration(text);
      return ms !== undefined && within(type, ms);
    }
    default: {
      const never: never = type;
      return never;
    }
  }
};

const within = ({ min, max }: Limits, value: number): boolean =>
  (min === undefined || value >= min) && (max === undefined || value <= max);

/** Why a text is no value of the type, as a sentence that says what is wanted; null where it is one. */
export function valueFault(type: ValueType, text: string, example?: string): string | null {
  if (isOfType(type, text)) return null;
  const such = example === undefined ? '' : `, such as \`${example}\``;
  return `Wanted is ${wantedText(type)}${such}.`;
}

/**
 * What nobody sees in a plan or sees as something else: control and format characters, separators of lines and paragraphs,
 * what fonts leave out or draw as nothing (fillers, joiners, variation selectors, the empty braille pattern), and every
 * space but the plain one.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

/**
 * Why a text may not become an argument. Beyond its type: nobody could check what cannot be seen, and a program takes
 * what begins with a hyphen for an option.
 */
export function argumentFault(type: ValueType, text: string): string | null {
  if (text === '') return 'It is empty.';
  if (text.length > longestArgument) return `It has more than ${longestArgument} characters.`;
  if (unseen.test(text)) return 'It has characters that cannot be seen.';
  if (text.startsWith('-') && !mayBeginWithHyphen(type))
    return 'It begins with a hyphen, so a program would take it for an option.';
  return valueFault(type, text);
}

/** Only where the operator wrote the hyphen down: at the beginning of the pattern, as an option, or as a negative limit. */
export function mayBeginWithHyphen(type: ValueType): boolean {
  switch (type.kind) {
    case 'text':
      return type.pattern !== undefined && /^\^?(?:\((?:\?:)?)?\\?-/.test(type.pattern);
    case 'options':
      return true;
    case 'integer':
    case 'number':
      return type.min !== undefined && type.min < 0;
    case 'duration':
      return false;
    default: {
      const never: never = type;
      return never;
    }
  }
}
