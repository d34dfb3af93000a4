/** What the patient says of itself, and its switches. */

export const faultNames = [
  'llm-errors',
  'slow',
  'crash',
  'crash-loop',
  'no-metrics',
  'disk-full',
  'aop-errors',
  'network-errors',
  'security-errors',
  'tests-failing',
  'flaky-tests',
  'tests-silent',
  'high-cpu',
  'high-memory',
  'mongodb-offline',
  'redis-offline',
  'sandbox-offline',
  'a2a-down',
  'grafana-down',
  'tool-failures',
] as const;

export type FaultName = (typeof faultNames)[number];

export type Cure = 'heuristic' | 'relaxed' | 'cached' | 'other-version' | 'fewer-tasks' | 'shutdown';

export interface PatientState {
  running: boolean;
  unit: string;
  version: string;
  faults: string[];
  /** Why a fault that is on has no effect at present. */
  cures: Partial<Record<FaultName, Cure>>;
  pid: number | null;
  uptimeSeconds: number | null;
  configuration: { llm: string; aop: string; htdagCache: boolean } | null;
}

/** One second; `at` in milliseconds, `errorRatio` between 0 and 1, `p95` in seconds; null where nothing was measured. */
export interface SeriesPoint {
  at: number;
  up: boolean;
  errorRatio: number | null;
  p95: number | null;
}

async function getJson(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`The patient answered with HTTP status ${response.status}`);
  return response.json();
}

/** @throws when the patient does not answer */
export async function fetchPatient(): Promise<PatientState> {
  return (await getJson('/patient/state')) as PatientState;
}

/** @throws when the patient does not answer */
export async function fetchSeries(since: number): Promise<SeriesPoint[]> {
  return (await getJson(`/patient/series?since=${since}`)) as SeriesPoint[];
}

async function order(path: string, body: unknown): Promise<PatientState> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The patient answered with HTTP status ${response.status}`);
  return (await response.json()) as PatientState;
}

/** @throws when the patient does not answer or refuses */
export const setFault = (fault: FaultName, on: boolean) => order('/patient/fault', { fault, on });

/** @throws when the patient does not answer or did not come up again */
export const resetPatient = () => order('/patient/reset', {});
