import type { z } from 'zod';

/**
 * Some values are read more kindly than a schema can say: a duration is any text that can be read as one, one word stands
 * for a list of one. What may be written there is kept beside the schema, for editors.
 */
const written = new WeakMap<object, z.ZodType>();

export function writtenAs<T extends z.ZodType>(as: z.ZodType, schema: T): T {
  written.set(schema, as);
  return schema;
}

/** The schema of what is written where this one reads; `undefined` where they are the same. */
export const writtenForm = (schema: object): z.ZodType | undefined => written.get(schema);
