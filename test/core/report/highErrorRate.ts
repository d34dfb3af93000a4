import type { Event } from '../../../src/core/decision.ts';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import { evolveIncident, type Incident } from '../../../src/core/incident/incident.ts';
import type { Action, Definition, Host } from '../../../src/core/playbook/definition.ts';
import type { LoggedEvent, Subject } from '../../../src/core/report/postMortem.ts';
import type { RunEvent } from '../../../src/core/run/events.ts';
import { evolveRun } from '../../../src/core/run/evolve.ts';
import type { Plan } from '../../../src/core/run/plan.ts';
import type { Gate, Reading, Run } from '../../../src/core/run/run.ts';

/** An incident as the log keeps it: a restart that does not help, a fallback that does. */
const start = Date.parse('2026-11-21T14:00:00Z');
const at = (clock: string): number => Date.parse(`2026-11-21T${clock}Z`);
const onCall = 'U0ONCALL';
const responder = 'U0RESPONDER';
const host: Host = { kind: 'local', name: 'genesis', directory: '/srv/genesis', path: ['/usr/bin'] };

const action = (name: string, title: string, undo: Action['undo'], risk: Action['risk']): Action => ({
  name,
  title,
  risk,
  host: 'genesis',
  does: { kind: 'run', argv: ['/bin/true'] },
  // biome-ignore lint/suspicious/noThenProperty: the playbook's own word.
  then: [],
  timeoutMs: 60_000,
  succeeds: [0],
  undo,
  secrets: [],
});

export const definition: Definition = {
  playbook: {
    name: 'high-error-rate',
    title: 'High error rate',
    kind: 'alert',
    answers: { alertname: 'HighErrorRate' },
    service: 'genesis-orchestration',
    severity: 'P1',
    symptoms: [],
    authority: 'each',
    commanderAtOnce: false,
    source: { file: 'playbooks/alerts/high-error-rate.yml', line: 1 },
    steps: [
      { id: 's1', kind: 'observe', action: 'recent_errors' },
      {
        id: 's2',
        kind: 'choose',
        question: 'Which kind of error dominates?',
        options: [
          {
            id: 'llm',
            label: 'LLM rate limits',
            steps: [
              { id: 's2.llm.1', kind: 'do', action: 'restart' },
              { id: 's2.llm.2', kind: 'do', action: 'llm_fallback' },
            ],
          },
        ],
      },
    ],
  },
  service: {
    name: 'genesis-orchestration',
    links: {},
    hosts: { genesis: host },
    indicators: {
      error_ratio: {
        name: 'error_ratio',
        title: 'Error rate',
        query: 'errors',
        unit: 'ratio',
        objective: { kind: 'below', value: 0.001 },
      },
    },
    actions: {
      recent_errors: action('recent_errors', 'Recent errors', { kind: 'none' }, 'observe'),
      restart: action('restart', 'Restart the service', { kind: 'none', why: 'none needed' }, 'disruptive'),
      llm_fallback: action('llm_fallback', 'Enable LLM fallback', { kind: 'previous' }, 'disruptive'),
    },
  },
};

const plan = (name: string, observes = false): Plan => {
  const { title, risk } = definition.service.actions[name]!;
  return {
    title,
    risk,
    says: null,
    commands: [
      {
        action: name,
        title,
        host,
        does:
          name === 'llm_fallback'
            ? { kind: 'write', file: 'config/llm_fallback.yaml', content: 'enabled: true\n' }
            : { kind: 'run', argv: ['/bin/true'] },
        timeoutMs: 60_000,
        succeeds: [0],
        secrets: [],
        undo: name === 'llm_fallback' ? 'previous' : 'none',
        probe: null,
        observes,
      },
    ],
    verify: null,
    budgetMs: null,
    undo: 'none',
  };
};

const gate = (before: number, last: Reading | null = null): Gate => ({
  indicator: 'error_ratio',
  holdMs: 600_000,
  beginBy: at('14:30:00'),
  before,
  last,
  heldSince: null,
  blind: 0,
});

const incidentEvents: readonly IncidentEvent[] = [
  {
    type: 'IncidentOpened',
    at: at('14:02:40'),
    by: 'alertmanager',
    data: {
      id: 'INC-42',
      number: 42,
      title: 'High error rate',
      service: 'genesis-orchestration',
      playbook: 'high-error-rate',
      severity: 'P1',
      place: { kind: 'channel', name: 'incident-2026-11-21-high-error-rate' },
      summary: 'Errors above the objective',
    },
  },
  {
    type: 'AlertFired',
    at: at('14:02:40'),
    by: 'alertmanager',
    data: {
      episode: `dfbe6daa971f5592@${start}`,
      alert: {
        name: 'HighErrorRate',
        fingerprint: 'dfbe6daa971f5592',
        labels: {},
        summary: '0.9 % of operations | fail <!channel>',
        startsAt: start,
      },
      why: 'it opened the incident',
    },
  },
  {
    type: 'ChannelOpened',
    at: at('14:02:41'),
    by: 'bot',
    data: { id: 'C1', name: 'incident-2026-11-21-high-error-rate' },
  },
  {
    type: 'RunAttached',
    at: at('14:02:41'),
    by: 'bot',
    data: { run: 'INC-42.1', playbook: 'high-error-rate' },
  },
  { type: 'IncidentAcknowledged', at: at('14:03:30'), by: onCall, data: {} },
  { type: 'RoleAssigned', at: at('14:03:31'), by: onCall, data: { role: 'commander', user: onCall } },
  {
    type: 'MitigationStarted',
    at: at('14:06:00'),
    by: 'bot',
    data: { run: 'INC-42.1', title: 'Restart the service', by: responder },
  },
  {
    type: 'NoteAdded',
    at: at('14:07:00'),
    by: onCall,
    data: { number: 1, kind: 'update', text: 'Restart tried.\nSee [the log](http://evil.example) @here' },
  },
  {
    type: 'AlertResolved',
    at: at('14:20:05'),
    by: 'alertmanager',
    data: { episode: `dfbe6daa971f5592@${start}`, endsAt: at('14:20:00') },
  },
  { type: 'IncidentResolved', at: at('14:24:00'), by: onCall, data: { note: 'Provider limits' } },
];

const failing: Reading = { at: at('14:06:30'), verdict: 'fail', value: 0.0088 };
const blind: Reading = {
  at: at('14:09:45'),
  verdict: 'inconclusive',
  value: null,
  why: 'Prometheus has no data for this indicator.',
};
const passing: Reading = { at: at('14:10:00'), verdict: 'pass', value: 0.0008 };

const runEvents: readonly RunEvent[] = [
  {
    type: 'RunStarted',
    at: at('14:02:42'),
    by: 'bot',
    data: {
      id: 'INC-42.1',
      incident: 'INC-42',
      playbook: 'high-error-rate',
      title: 'High error rate',
      service: 'genesis-orchestration',
      definition: 'aa',
      authority: 'each',
      channel: null,
      reason: null,
    },
  },
  {
    type: 'StepEntered',
    at: at('14:02:42'),
    by: 'bot',
    data: { step: 's1', attempt: 1, state: { kind: 'observing', since: at('14:02:42') } },
  },
  {
    type: 'CommandStarted',
    at: at('14:02:42'),
    by: 'bot',
    data: { step: 's1', plan: plan('recent_errors', true), command: 0 },
  },
  {
    type: 'CommandEnded',
    at: at('14:02:43'),
    by: 'bot',
    data: {
      step: 's1',
      command: 0,
      ledger: null,
      outcome: { kind: 'exited', code: 0, tookMs: 320, truncatedBytes: 0 },
    },
  },
  {
    type: 'StepSettled',
    at: at('14:02:43'),
    by: 'bot',
    data: { step: 's1', by: null, how: { kind: 'done', tookMs: 320, code: 0, verified: null } },
  },
  {
    type: 'StepEntered',
    at: at('14:02:43'),
    by: 'bot',
    data: { step: 's2', attempt: 1, state: { kind: 'asking', since: at('14:02:43') } },
  },
  {
    type: 'StepSettled',
    at: at('14:05:00'),
    by: onCall,
    data: { step: 's2', by: onCall, how: { kind: 'chosen', option: 'llm' } },
  },
  {
    type: 'StepEntered',
    at: at('14:05:00'),
    by: 'bot',
    data: {
      step: 's2.llm.1',
      attempt: 1,
      state: { kind: 'offering', since: at('14:05:00'), plan: plan('restart') },
    },
  },
  {
    type: 'CommandStarted',
    at: at('14:06:00'),
    by: responder,
    data: { step: 's2.llm.1', plan: plan('restart'), command: 0 },
  },
  {
    type: 'CommandEnded',
    at: at('14:06:08'),
    by: 'bot',
    data: {
      step: 's2.llm.1',
      command: 0,
      outcome: { kind: 'exited', code: 0, tookMs: 8_000, truncatedBytes: 0 },
      ledger: {
        step: 's2.llm.1',
        action: 'restart',
        host: 'genesis',
        by: responder,
        at: at('14:06:08'),
        undo: 'none',
        file: null,
      },
    },
  },
  {
    type: 'GateOpened',
    at: at('14:06:08'),
    by: 'bot',
    data: { step: 's2.llm.1', by: responder, gate: gate(0.009) },
  },
  {
    type: 'ReadingTaken',
    at: at('14:06:30'),
    by: 'bot',
    data: { step: 's2.llm.1', reading: failing, gate: gate(0.009, failing) },
  },
  {
    type: 'ReadingTaken',
    at: at('14:07:30'),
    by: 'bot',
    data: { step: 's2.llm.1', reading: failing, gate: gate(0.009, failing) },
  },
  {
    type: 'StepMoved',
    at: at('14:08:00'),
    by: 'bot',
    data: {
      step: 's2.llm.1',
      state: {
        kind: 'failed',
        at: at('14:08:00'),
        by: responder,
        code: 'gate',
        message: 'The objective was not met in the time given for it.',
        plan: null,
      },
    },
  },
  {
    type: 'StepSettled',
    at: at('14:08:30'),
    by: responder,
    data: { step: 's2.llm.1', by: responder, how: { kind: 'accepted', claim: 'did-not' } },
  },
  {
    type: 'StepEntered',
    at: at('14:08:30'),
    by: 'bot',
    data: {
      step: 's2.llm.2',
      attempt: 1,
      state: { kind: 'offering', since: at('14:08:30'), plan: plan('llm_fallback') },
    },
  },
  {
    type: 'CommandStarted',
    at: at('14:09:31'),
    by: responder,
    data: { step: 's2.llm.2', plan: plan('llm_fallback'), command: 0 },
  },
  {
    type: 'CommandEnded',
    at: at('14:09:32'),
    by: 'bot',
    data: {
      step: 's2.llm.2',
      command: 0,
      outcome: { kind: 'exited', code: 0, tookMs: 410, truncatedBytes: 0 },
      ledger: {
        step: 's2.llm.2',
        action: 'llm_fallback',
        host: 'genesis',
        by: responder,
        at: at('14:09:32'),
        undo: 'previous',
        file: { path: 'config/llm_fallback.yaml', previous: 'enabled: false\n' },
      },
    },
  },
  {
    type: 'GateOpened',
    at: at('14:09:32'),
    by: 'bot',
    data: { step: 's2.llm.2', by: responder, gate: gate(0.0088) },
  },
  {
    type: 'ReadingTaken',
    at: at('14:09:45'),
    by: 'bot',
    data: { step: 's2.llm.2', reading: blind, gate: gate(0.0088, blind) },
  },
  {
    type: 'ReadingTaken',
    at: at('14:10:00'),
    by: 'bot',
    data: { step: 's2.llm.2', reading: passing, gate: gate(0.0088, passing) },
  },
  {
    type: 'StepSettled',
    at: at('14:20:00'),
    by: 'bot',
    data: {
      step: 's2.llm.2',
      by: responder,
      how: {
        kind: 'done',
        tookMs: 410,
        code: 0,
        verified: { indicator: 'error_ratio', before: 0.0088, after: 0.0008, heldMs: 600_000 },
      },
    },
  },
  { type: 'RunEnded', at: at('14:20:00'), by: 'bot', data: { kind: 'completed', why: null } },
];

const inOrder = (events: readonly (readonly [LoggedEvent['stream'], Event])[]): readonly LoggedEvent[] =>
  events
    .toSorted(([, a], [, b]) => a.at - b.at)
    .map(([stream, event], index) => ({ stream, event, position: index + 1 }));

export const logged: readonly LoggedEvent[] = inOrder([
  ...incidentEvents.map((event) => ['INC-42', event] as const),
  ...runEvents.map((event) => ['INC-42.1', event] as const),
]);

export const incident = incidentEvents.reduce<Incident | null>(evolveIncident, null)!;
const run = runEvents.reduce<Run | null>(evolveRun, null)!;

export const subject: Subject = { incident, runs: [{ run, definition }], now: at('15:00:00') };
