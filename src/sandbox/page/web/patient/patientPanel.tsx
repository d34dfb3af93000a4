import { useMemo, useState } from 'react';
import { useSession } from '../session.ts';
import { Chart } from './chart.tsx';
import { faultGroups } from './faultGroups.ts';
import type { Cure, FaultName, PatientState, SeriesPoint } from './patientApi.ts';
import { SlackFaults } from './slackFaults.tsx';
import { Switch } from './switch.tsx';
import type { Patient } from './usePatient.ts';

function noteOf(fault: FaultName, { cures, version }: PatientState): string {
  const cure = cures[fault];
  if (cure === undefined) return '';
  const words: Readonly<Record<Cure, string>> = {
    heuristic: 'the model is off, decomposition is heuristic',
    relaxed: 'the thresholds are relaxed',
    cached: 'the decomposition cache is on',
    'other-version': `${version} runs, which does not have this fault`,
    'fewer-tasks': 'fewer tasks run at once',
    shutdown: 'a flag has shut the service down',
  };
  return `No effect: ${words[cure]}`;
}

/** The objectives of the service's indicators: errors below 0.1 %, P95 below 200 ms. */
const errorObjective = 0.1;
const p95Objective = 200;

const percent = (value: number) => `${value >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2)} %`;
const milliseconds = (value: number) =>
  value >= 1_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`;

function spokenUptime(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

export type Health = { tone: 'good' | 'bad' | 'unknown'; words: string };

export function healthOf(patient: Patient): Health {
  if (patient.kind === 'asking') return { tone: 'unknown', words: 'Asking…' };
  if (patient.kind === 'silent') return { tone: 'unknown', words: 'Does not answer' };
  const { state, series } = patient;
  if (!state.running)
    return { tone: 'bad', words: state.unit === 'failed' ? 'Failed' : `Not running (${state.unit})` };
  const last = series.at(-1);
  if (last?.errorRatio == null) return { tone: 'unknown', words: 'Running, nothing measured' };
  if (last.errorRatio * 100 > errorObjective)
    return { tone: 'bad', words: `${percent(last.errorRatio * 100)} fail` };
  if ((last.p95 ?? 0) * 1_000 > p95Objective) return { tone: 'bad', words: 'Slow' };
  return { tone: 'good', words: 'Healthy' };
}

function latest(values: (number | null)[], format: (value: number) => string): string {
  const last = values.at(-1);
  return last === undefined || last === null ? 'no data' : format(last);
}

function Charts({ series }: { series: SeriesPoint[] }) {
  const zone = useSession().state.me.timeZone;
  const { times, errors, p95s } = useMemo(
    () => ({
      times: series.map(({ at }) => at / 1_000),
      errors: series.map(({ errorRatio }) => (errorRatio === null ? null : errorRatio * 100)),
      p95s: series.map(({ p95 }) => (p95 === null ? null : p95 * 1_000)),
    }),
    [series],
  );
  const charts = [
    { name: 'Errors', values: errors, objective: errorObjective, format: percent },
    { name: 'P95', values: p95s, objective: p95Objective, format: milliseconds },
  ];
  return charts.map(({ name, values, objective, format }) => {
    const now = latest(values, format);
    const isOver = (values.at(-1) ?? 0) > objective;
    return (
      <div key={name} className="chart-block">
        <div className="chart-head">
          <span>{name}</span>
          <strong className={isOver ? 'is-over' : ''}>{now}</strong>
          <small>objective &lt; {format(objective).replace('0.10', '0.1')}</small>
        </div>
        <Chart
          label={`${name} over the last minutes: now ${now}, objective below ${format(objective)}`}
          times={times}
          values={values}
          zone={zone}
          objective={objective}
          format={format}
        />
      </div>
    );
  });
}

function Facts({ state }: { state: PatientState }) {
  const facts = [
    ['Version', state.version],
    ['Up', state.uptimeSeconds === null ? '—' : spokenUptime(state.uptimeSeconds)],
    ...(state.configuration === null
      ? []
      : [
          ['LLM', state.configuration.llm],
          ['Thresholds', state.configuration.aop],
          ['Cache', state.configuration.htdagCache ? 'on' : 'off'],
        ]),
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** All that can be broken; a closed group tells how much of it is. */
function FaultGroups({
  state,
  onTurn,
}: {
  state: PatientState | null;
  onTurn: (fault: FaultName, on: boolean) => void;
}) {
  return faultGroups.map(({ name, isOpen, faults }) => {
    const on = faults.filter(([fault]) => state?.faults.includes(fault)).length;
    return (
      <details key={name} className="fault-group" open={isOpen}>
        <summary>
          {name}
          {on > 0 && <span className="fault-count"> {on} on</span>}
        </summary>
        <div className="switches">
          {faults.map(([fault, { name: called, help, alert }]) => (
            <Switch
              key={fault}
              name={called}
              help={`${help} → ${alert}`}
              note={state === null ? '' : noteOf(fault, state)}
              isOn={state?.faults.includes(fault) === true}
              onTurn={(turned) => onTurn(fault, turned)}
            />
          ))}
        </div>
      </details>
    );
  });
}

/** As it takes some seconds, it says that it is under way. */
function ResetButton({ onReset }: { onReset: () => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  const reset = async () => {
    setBusy(true);
    await onReset();
    setBusy(false);
  };
  return (
    <div className="patient-reset">
      <button type="button" className="button" disabled={isBusy} onClick={() => void reset()}>
        {isBusy ? 'Resetting…' : 'Reset the Patient'}
      </button>
      <small>Faults off, configuration and version as at first, log emptied, service restarted.</small>
    </div>
  );
}

/** The service that is broken and mended: how it is, and how to break it. */
export function PatientPanel({
  patient,
  onTurn,
  onReset,
  faultChanges,
  onClose,
}: {
  patient: Patient;
  onTurn: (fault: FaultName, on: boolean) => void;
  onReset: () => Promise<void>;
  faultChanges: number;
  onClose: () => void;
}) {
  const health = healthOf(patient);
  const isKnown = patient.kind === 'known';
  return (
    <aside className="patient-panel" aria-label="Patient" data-testid="patient">
      <header className="pane-header">
        <h2>Patient</h2>
        <span className="pane-place">genesis-orchestration</span>
        <button type="button" className="icon-button" aria-label="Hide patient" onClick={onClose}>
          ×
        </button>
      </header>
      <div className="patient-content">
        <div className={`health health-${health.tone}`} role="status" data-testid="health">
          <span className="health-dot" aria-hidden="true" />
          {health.words}
        </div>
        {isKnown && <Facts state={patient.state} />}
        {isKnown && <Charts series={patient.series} />}
        <h3>Break it</h3>
        <FaultGroups state={isKnown ? patient.state : null} onTurn={onTurn} />
        <ResetButton onReset={onReset} />
        <SlackFaults changes={faultChanges} />
      </div>
    </aside>
  );
}
