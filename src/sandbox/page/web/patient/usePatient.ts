import { useEffect, useState } from 'react';
import type { FaultName, PatientState, SeriesPoint } from './patientApi.ts';
import { fetchPatient, fetchSeries, resetPatient, setFault } from './patientApi.ts';

/** The patient as it stands, asked once a second while somebody looks. */

export type Patient =
  | { kind: 'asking' }
  | { kind: 'silent' }
  | { kind: 'known'; state: PatientState; series: SeriesPoint[] };

const every = 1_000;

/** How far back the charts reach, in milliseconds. */
export const shownSpan = 5 * 60_000;

function joined(before: SeriesPoint[], more: SeriesPoint[]): SeriesPoint[] {
  const last = before.at(-1)?.at ?? 0;
  const all = [...before, ...more.filter(({ at }) => at > last)];
  const from = (all.at(-1)?.at ?? 0) - shownSpan;
  return all.filter(({ at }) => at >= from);
}

export function usePatient(onFailure: (sentence: string) => void): {
  patient: Patient;
  turn: (fault: FaultName, on: boolean) => Promise<void>;
  reset: () => Promise<void>;
} {
  const [patient, setPatient] = useState<Patient>({ kind: 'asking' });
  useEffect(() => {
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let series: SeriesPoint[] = [];
    async function ask(): Promise<void> {
      try {
        if (document.visibilityState === 'visible') {
          const last = series.at(-1);
          const [state, more] = await Promise.all([
            fetchPatient(),
            fetchSeries(last === undefined ? Date.now() - shownSpan : last.at + 1),
          ]);
          series = joined(series, more);
          if (!isStopped) setPatient({ kind: 'known', state, series });
        }
      } catch {
        // Shown as it is: the patient does not answer.
        if (!isStopped) setPatient({ kind: 'silent' });
      }
      if (!isStopped) timer = setTimeout(() => void ask(), every);
    }
    void ask();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, []);

  async function change(ordered: () => Promise<PatientState>): Promise<void> {
    try {
      const state = await ordered();
      setPatient((before) => ({
        kind: 'known',
        state,
        series: before.kind === 'known' ? before.series : [],
      }));
    } catch (error) {
      onFailure(
        `The patient could not be changed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  return {
    patient,
    turn: (fault, on) => change(() => setFault(fault, on)),
    reset: () => change(resetPatient),
  };
}
