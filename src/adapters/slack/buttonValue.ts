import { z } from 'zod';
import { type IncidentId, isIncidentId, isRunId, type RunId } from '../../core/stream.ts';

/**
 * What a button carries: which run, step and attempt it was drawn for. It says what was shown and never who may do it:
 * people and their rights come from the signed payload and the directory.
 */
export type ButtonValue = {
  readonly incident?: IncidentId;
  readonly run?: RunId;
  readonly step?: string;
  readonly attempt?: number;
  /** The option, answer or claim that this button stands for. */
  readonly option?: string;
  /** Hash of the plan that was shown. */
  readonly hash?: string;
};

const schema = z.strictObject({
  i: z.custom<IncidentId>((value) => typeof value === 'string' && isIncidentId(value)).optional(),
  r: z.custom<RunId>((value) => typeof value === 'string' && isRunId(value)).optional(),
  s: z.string().min(1).max(200).optional(),
  a: z.int().min(0).max(1_000_000).optional(),
  o: z.string().max(1_500).optional(),
  h: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/**
 * Compact JSON: a button holds 2000 characters, an option of an overflow menu 150. An option that does not fit is left
 * out, and its click is answered as outdated: better no answer than another one.
 */
export function writeButtonValue(value: ButtonValue): string {
  const text = compact(value);
  return [...text].length <= 2_000 ? text : compact({ ...value, option: undefined });
}

const compact = (value: { readonly [Name in keyof ButtonValue]: ButtonValue[Name] | undefined }): string =>
  JSON.stringify({
    i: value.incident,
    r: value.run,
    s: value.step,
    a: value.attempt,
    o: value.option,
    h: value.hash,
  });

/** The value of a click, or null where it is none of ours. */
export function readButtonValue(text: string | undefined): ButtonValue | null {
  if (text === undefined || text.length > 2_000) return null;
  const json = parseJson(text);
  const parsed = schema.safeParse(json);
  if (!parsed.success) return null;
  const { i, r, s, a, o, h } = parsed.data;
  return {
    ...(i === undefined ? {} : { incident: i }),
    ...(r === undefined ? {} : { run: r }),
    ...(s === undefined ? {} : { step: s }),
    ...(a === undefined ? {} : { attempt: a }),
    ...(o === undefined ? {} : { option: o }),
    ...(h === undefined ? {} : { hash: h }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON at all: the schema refuses what stands for it.
    return undefined;
  }
}
