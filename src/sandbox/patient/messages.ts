import { z } from 'zod';
import { FAULTS } from './faults.ts';

/** What the supervisor tells the service. */
export const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('faults'), faults: z.array(z.enum(FAULTS)) }),
  z.object({ kind: z.literal('crash') }),
]);
export type Order = z.infer<typeof orderSchema>;

/** What the service tells the supervisor; `p95` is seconds over the last second, null without operations. */
export const newsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ready'),
    version: z.string(),
    llm: z.string(),
    aop: z.string(),
    htdagCache: z.boolean(),
    fewerTasks: z.boolean(),
  }),
  z.object({
    kind: z.literal('sample'),
    operations: z.number(),
    errors: z.number(),
    p95: z.number().nullable(),
  }),
  z.object({ kind: z.literal('recovered'), fault: z.enum(FAULTS) }),
]);
export type News = z.infer<typeof newsSchema>;

/** The service's environment. */
export const serviceEnvironmentSchema = z.object({
  GENESIS_CHECKOUT: z.string(),
  GENESIS_PORT: z.coerce.number().int(),
  GENESIS_PACE: z.coerce.number().positive(),
  GENESIS_FAULTS: z
    .string()
    .transform((text) => text.split(',').filter((fault) => fault !== ''))
    .pipe(z.array(z.enum(FAULTS))),
});
