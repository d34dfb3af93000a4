import type { Event } from '../../../src/core/decision.ts';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import { evolveIncident, type Incident } from '../../../src/core/incident/incident.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { LoggedEvent, Subject } from '../../../src/core/report/postMortem.ts';
import type { RunEvent } from '../../../src/core/run/events.ts';
import { evolveRun } from '../../../src/core/run/evolve.ts';
import type { Plan } from '../../../src/core/run/plan.ts';
import type { Approval, Gate, Reading, Run } from '../../../src/core/run/run.ts';
import { definition as answer } from './highErrorRate.ts';

/** An incident that came back, and a procedure approved as a whole that ended it. */
export const at = (clock: string): number => Date.parse(`2026-11-22T${clock}Z`);
const host = answer.service.hosts.genesis!;
const run = 'INC-7.1';

export const definition: Definition = {
  ...answer,
  playbook: {
    ...answer.playbook,
    name: 'rollback',
    title: 'Roll back',
    kind: 'procedure',
    authority: 'whole',
    steps: [
      { id: 's1', kind: 'do', action: 'recent_errors' },
      { id: 's2', kind: 'do', action: 'llm_fallback' },
      { id: 's3', kind: 'do', action: 'restart' },
      { id: 's4', kind: 'verify', target: { indicator: 'error_ratio', holdMs: 0, withinMs: 600_000 } },
    ],
  },
};

const plan = (title: string, names: readonly string[], observes = false): Plan => ({
  title,
  risk: observes ? 'observe' : 'disruptive',
  says: null,
  commands: names.map((name) => ({
    action: name,
    title: name,
    host,
    does: { kind: 'run', argv: ['/bin/true'] },
    timeoutMs: 60_000,
    succeeds: [0],
    secrets: [],
    undo: 'none',
    probe: null,
    observes,
  })),
  verify: null,
  budgetMs: null,
  undo: 'none',
});

const fired = (clock: string): IncidentEvent => ({
  type: 'AlertFired',
  at: at(clock),
  by: 'alertmanager',
  data: {
    episode: `a1@${at(clock)}`,
    alert: { name: 'HighErrorRate', fingerprint: 'a1', labels: {}, summary: 'Errors', startsAt: at(clock) },
    why: 'it opened the incident',
  },
});
const quiet = (clock: string, since: string): IncidentEvent => ({
  type: 'AlertResolved',
  at: at(clock),
  by: 'alertmanager',
  data: { episode: `a1@${at(since)}`, endsAt: at(clock) },
});
const note = (clock: string, number: number, text: string): IncidentEvent => ({
  type: 'NoteAdded',
  at: at(clock),
  by: 'bot',
  data: { number, kind: 'bot', text },
});

const incidentEvents: readonly IncidentEvent[] = [
  {
    type: 'IncidentOpened',
    at: at('10:00:00'),
    by: 'alertmanager',
    data: {
      id: 'INC-7',
      number: 7,
      title: 'High error rate',
      service: 'genesis-orchestration',
      playbook: 'high-error-rate',
      severity: 'P1',
      place: { kind: 'log' },
      summary: 'Errors above the objective',
    },
  },
  fired('10:00:00'),
  { type: 'IncidentAcknowledged', at: at('10:01:00'), by: 'U0ONCALL', data: {} },
  {
    type: 'MitigationStarted',
    at: at('10:02:00'),
    by: 'bot',
    data: { run, title: 'Roll back', by: 'bot' },
  },
  quiet('10:10:00', '10:00:00'),
  { type: 'IncidentResolved', at: at('10:12:00'), by: 'U0ONCALL', data: { note: null } },
  {
    type: 'IncidentReopened',
    at: at('11:00:00'),
    by: 'alertmanager',
    data: { why: 'HighErrorRate fired again' },
  },
  note('11:00:00', 1, 'Reopened: HighErrorRate fired again.'),
  fired('11:00:00'),
  { type: 'UnresolvedForLong', at: at('11:15:00'), by: 'bot', data: { afterMs: 900_000, offer: null } },
  note('11:15:00', 2, 'Unresolved for 15 min.'),
  quiet('11:16:00', '11:00:00'),
  { type: 'IncidentResolved', at: at('11:17:00'), by: 'U0SECOND', data: { note: null } },
];

const approval: Approval = {
  hash: 'aa',
  plan: plan('Roll back', ['llm_fallback', 'restart']),
  requestedBy: 'U0ONCALL',
  requestedAt: at('10:01:30'),
  expiresAt: at('10:31:30'),
  state: { kind: 'pending' },
};

const event = <T extends RunEvent['type']>(
  type: T,
  clock: string,
  data: Extract<RunEvent, { type: T }>['data'],
  by = 'bot',
) => ({ type, at: at(clock), by, data }) as Extract<RunEvent, { type: T }>;

const carriedOut = (
  step: string,
  clock: string,
  names: readonly string[],
  observes = false,
): readonly RunEvent[] => {
  const of = plan(`Step ${step}`, names, observes);
  return [
    event('StepEntered', clock, {
      step,
      attempt: 1,
      state: { kind: 'offering', since: at(clock), plan: of },
    }),
    ...names.flatMap((_, command) => [
      event('CommandStarted', clock, { step, plan: of, command }, 'U0SECOND'),
      event('CommandEnded', clock, {
        step,
        command,
        outcome: { kind: 'exited', code: 0, tookMs: 1_000, truncatedBytes: 0 },
        ledger: null,
      }),
    ]),
    event('StepSettled', clock, {
      step,
      by: 'U0SECOND',
      how: { kind: 'done', tookMs: 1_000, code: 0, verified: null },
    }),
  ];
};

const failing: Reading = { at: at('10:04:00'), verdict: 'fail', value: 0.009 };
const passing: Reading = { at: at('10:05:00'), verdict: 'pass', value: 0.0004 };
const gate: Gate = {
  indicator: 'error_ratio',
  holdMs: 0,
  beginBy: at('10:20:00'),
  before: null,
  last: null,
  heldSince: null,
  blind: 0,
};

const runEvents: readonly RunEvent[] = [
  event('RunStarted', '10:01:30', {
    id: run,
    incident: 'INC-7',
    playbook: 'rollback',
    title: 'Roll back',
    service: 'genesis-orchestration',
    definition: 'aa',
    authority: 'whole',
    channel: null,
    reason: null,
  }),
  event('PlanProposed', '10:01:30', { approval }),
  event(
    'PlanDecided',
    '10:02:00',
    {
      state: { kind: 'glass-broken', by: 'U0SECOND', at: at('10:02:00'), reason: 'nobody else is awake' },
    },
    'U0SECOND',
  ),
  ...carriedOut('s1', '10:02:00', ['Look around'], true),
  ...carriedOut('s2', '10:02:30', ['Stop the queue', 'Pull the version', 'Start the queue']),
  ...carriedOut('s3', '10:03:30', ['Restart']),
  event('StepEntered', '10:03:40', {
    step: 's4',
    attempt: 1,
    state: { kind: 'observing', since: at('10:03:40') },
  }),
  event('GateOpened', '10:03:40', { step: 's4', by: null, gate }),
  event('ReadingTaken', '10:04:00', { step: 's4', reading: failing, gate }),
  event('ReadingTaken', '10:05:00', { step: 's4', reading: passing, gate }),
  event('StepSettled', '10:05:00', {
    step: 's4',
    by: null,
    how: { kind: 'held', verified: { indicator: 'error_ratio', before: null, after: 0.0004, heldMs: 0 } },
  }),
  event('RunEnded', '10:05:00', { kind: 'completed', why: null }),
];

const both: readonly (readonly [LoggedEvent['stream'], Event])[] = [
  ...incidentEvents.map((each) => ['INC-7', each] as const),
  ...runEvents.map((each) => [run, each] as const),
];
export const logged: readonly LoggedEvent[] = both
  .toSorted(([, a], [, b]) => a.at - b.at)
  .map(([stream, each], index) => ({ stream, event: each, position: index + 1 }));

export const incident = incidentEvents.reduce<Incident | null>(evolveIncident, null)!;
const walked = runEvents.reduce<Run | null>(evolveRun, null)!;
export const subject: Subject = { incident, runs: [{ run: walked, definition }], now: at('12:00:00') };
