import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const flagSchema = z.object({
  enabled: z.boolean(),
  rollout_percentage: z.number().min(0).max(100).default(100),
});
const flagsSchema = z.object({ flags: z.record(z.string(), flagSchema) });
export type Flags = z.infer<typeof flagsSchema>['flags'];

const llmSchema = z.object({ llm: z.object({ enabled: z.boolean(), fallback_mode: z.string().optional() }) });
const aopSchema = z.object({
  aop: z.object({ solvability_threshold: z.number(), completeness_threshold: z.number() }),
});
const cacheSchema = z.object({ htdag: z.object({ cache_enabled: z.boolean() }) });
const concurrencySchema = z.object({ orchestration: z.object({ max_concurrent_tasks: z.number() }) });
const haloSchema = z.object({
  halo: z.object({
    rule_indexing: z.boolean(),
    agent_pool_enabled: z.boolean(),
    batch_routing: z.boolean(),
  }),
});

/** What the service read when it started; a change on disk counts from the next start on. */
export type Settings = Readonly<{
  version: string;
  llm: 'enabled' | 'heuristic';
  aop: 'strict' | 'relaxed';
  htdagCache: boolean;
  /** Whether fewer tasks run at once than the ten of every day. */
  fewerTasks: boolean;
  halo: Readonly<z.infer<typeof haloSchema>['halo']>;
}>;

const STRICT_THRESHOLD = 0.7;
const EVERYDAY_TASKS = 10;

/**
 * Reads a checkout's VERSION and `config/*.yaml`; a file that is not there leaves its default.
 * @throws Error naming the file that cannot be read
 */
export function readSettings(checkout: string): Settings {
  const { aop } = readYaml(checkout, 'aop_relaxed.yaml', aopSchema) ?? {};
  const thresholds = [
    aop?.solvability_threshold ?? STRICT_THRESHOLD,
    aop?.completeness_threshold ?? STRICT_THRESHOLD,
  ];
  return {
    version: readVersion(checkout),
    llm: readYaml(checkout, 'llm_fallback.yaml', llmSchema)?.llm.enabled === false ? 'heuristic' : 'enabled',
    aop: thresholds.every((threshold) => threshold < STRICT_THRESHOLD) ? 'relaxed' : 'strict',
    htdagCache: readYaml(checkout, 'htdag_cache.yaml', cacheSchema)?.htdag.cache_enabled ?? false,
    fewerTasks:
      (readYaml(checkout, 'concurrency.yaml', concurrencySchema)?.orchestration.max_concurrent_tasks ??
        EVERYDAY_TASKS) < EVERYDAY_TASKS,
    halo: readYaml(checkout, 'halo_perf.yaml', haloSchema)?.halo ?? {
      rule_indexing: true,
      agent_pool_enabled: true,
      batch_routing: true,
    },
  };
}

/** The version on disk, which the next start will run. */
export function readVersion(checkout: string): string {
  const path = join(checkout, 'VERSION');
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : 'unknown';
}

/**
 * The feature flags, which the service follows without a restart; none when the file is not there.
 * @throws Error when the file cannot be read
 */
export function readFlags(checkout: string): Flags {
  const path = join(checkout, 'config', 'feature_flags.json');
  if (!existsSync(path)) return {};
  try {
    return flagsSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).flags;
  } catch (cause) {
    throw new Error('config/feature_flags.json cannot be read', { cause });
  }
}

/** Whether the flags keep the service from doing any operation. */
export const isShutDown = (flags: Flags): boolean =>
  flags.emergency_shutdown?.enabled === true || flags.orchestration_enabled?.enabled === false;

function readYaml<T>(checkout: string, name: string, schema: z.ZodType<T>): T | undefined {
  const path = join(checkout, 'config', name);
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Error(`config/${name} cannot be read`, { cause });
  }
}
