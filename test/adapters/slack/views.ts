import { bookOf } from '../../../src/core/incident/alertBook.ts';
import type { Incident } from '../../../src/core/incident/incident.ts';
import type { Action, Definition, Step } from '../../../src/core/playbook/definition.ts';
import type { Plan } from '../../../src/core/run/plan.ts';
import { planAction, planWhole } from '../../../src/core/run/resolve.ts';
import type { Approval, Run, StepRecord, StepState } from '../../../src/core/run/run.ts';
import { findStep } from '../../../src/core/run/walk.ts';
import type { View } from '../../../src/core/view.ts';
import { stormViews } from './stormViews.ts';
import { undoViews } from './undoViews.ts';

/** One incident in every state that people see, at fixed times. */

export const start = Date.UTC(2026, 10, 21, 14, 2, 0);
export const now = start + 6 * 60_000;

export const oncall = 'U0ONCALL001';
export const responder = 'U0RESPOND01';
export const lead = 'U0DEPLOYLD1';

const gate = { indicator: 'error_ratio', holdMs: 600_000, withinMs: 300_000 };

const action = (name: string, rest: Partial<Action> & Pick<Action, 'title' | 'risk' | 'does'>): Action => ({
  name,
  host: 'genesis',
  // biome-ignore lint/suspicious/noThenProperty: a field of the playbook language, and nothing here is awaited
  then: [],
  timeoutMs: 60_000,
  succeeds: [0],
  undo: { kind: 'none' },
  secrets: [],
  ...rest,
});

export const steps: readonly Step[] = [
  { id: 'chart', kind: 'chart', indicator: 'error_ratio' },
  { id: 'look', kind: 'observe', action: 'recent_errors', look: '429, timeouts, tracebacks' },
  {
    id: 'which',
    kind: 'choose',
    question: 'Which kind of error dominates?',
    options: [
      {
        id: 'llm',
        label: 'LLM rate limits',
        hint: '429 or timeouts in the log above',
        steps: [{ id: 'fallback', kind: 'do', action: 'llm_fallback' }],
      },
      {
        id: 'crash',
        label: 'The process crashes',
        steps: [
          { id: 'restart', kind: 'do', action: 'restart', budgetMs: 120_000, when: 'the unit is not active' },
          { id: 'wipe', kind: 'do', action: 'reset_state' },
        ],
      },
    ],
  },
  { id: 'gate', kind: 'verify', target: gate },
  { id: 'cause', kind: 'ask', question: 'What was the cause?', input: { kind: 'text', maxLength: 500 } },
  {
    id: 'region',
    kind: 'ask',
    question: 'Which region?',
    input: { kind: 'options', options: ['eu', 'us'] },
  },
  { id: 'settle', kind: 'wait', ms: 30_000, why: 'the queue drains' },
  {
    id: 'after',
    kind: 'checklist',
    title: 'After the incident',
    items: ['Tell the stakeholders', 'Write down the cause'],
  },
];

export const definition: Definition = {
  playbook: {
    name: 'high-error-rate',
    title: 'High error rate',
    kind: 'alert',
    answers: { alertname: 'HighErrorRate' },
    service: 'genesis-orchestration',
    severity: 'P1',
    summary: 'Operations fail more often than the objective allows.',
    symptoms: [],
    steps,
    authority: 'each',
    onUnresolved: { afterMs: 1_800_000, offer: 'rollback-genesis-orchestration' },
    commanderAtOnce: false,
    source: { file: 'alerts/high-error-rate.yml', line: 1 },
  },
  service: {
    name: 'genesis-orchestration',
    indicators: {
      error_ratio: {
        name: 'error_ratio',
        title: 'Error rate',
        query: 'errors / operations',
        unit: 'ratio',
        objective: { kind: 'below', value: 0.001 },
      },
      up: {
        name: 'up',
        title: 'Service up',
        query: 'up',
        unit: 'state',
        objective: { kind: 'equals', value: 1 },
      },
    },
    actions: {
      recent_errors: action('recent_errors', {
        title: 'recent errors',
        risk: 'observe',
        does: { kind: 'run', argv: ['tail', '-n', '100', 'logs/genesis.log'] },
      }),
      restart: action('restart', {
        title: 'Restart the service',
        says: 'About 10 s without answers.',
        risk: 'disruptive',
        does: { kind: 'run', argv: ['systemctl', 'restart', 'genesis-orchestration'] },
        verify: gate,
        probe: 'up',
        undo: { kind: 'none', why: 'none needed' },
      }),
      llm_fallback: action('llm_fallback', {
        title: 'Enable LLM fallback',
        risk: 'disruptive',
        does: { kind: 'write', file: 'config/llm_fallback.yaml', content: 'enabled: true\nmodel: small\n' },
        // biome-ignore lint/suspicious/noThenProperty: as above
        then: ['restart'],
        undo: { kind: 'previous' },
      }),
      reset_state: action('reset_state', {
        title: 'Reset the state',
        says: 'Work in progress is lost.',
        risk: 'destructive',
        does: { kind: 'run', argv: ['git', 'reset', '--hard', "it's here"] },
      }),
    },
    hosts: { genesis: { kind: 'local', name: 'genesis', directory: '/srv/genesis', path: [] } },
    links: { Dashboard: 'https://grafana.example/d/genesis' },
  },
};

export const rollback: Definition = {
  ...definition,
  playbook: {
    ...definition.playbook,
    name: 'rollback-genesis-orchestration',
    title: 'Roll back genesis-orchestration',
    kind: 'procedure',
    authority: 'whole',
    budgetMs: 900_000,
    steps: [
      {
        id: 's1',
        kind: 'stage',
        title: 'Stop traffic',
        budgetMs: 60_000,
        steps: [{ id: 's1.1', kind: 'do', action: 'restart' }],
      },
      {
        id: 's2',
        kind: 'stage',
        title: 'Restore',
        budgetMs: 300_000,
        steps: [{ id: 's2.1', kind: 'do', action: 'reset_state' }],
      },
      {
        id: 's3',
        kind: 'stage',
        title: 'Validate',
        budgetMs: 300_000,
        steps: [{ id: 's3.1', kind: 'verify', target: gate }],
      },
    ],
  },
};

export const incident = (more: Partial<Incident> = {}): Incident => ({
  id: 'INC-42',
  number: 42,
  title: 'High error rate',
  service: 'genesis-orchestration',
  playbook: 'high-error-rate',
  severity: 'P1',
  phase: 'open',
  place: { kind: 'channel', name: 'incident-2026-11-21-high-error-rate' },
  openedAt: start,
  openedBy: 'alertmanager',
  summary: '0.9 % of operations fail (objective 0.1 %).',
  alerts: bookOf([
    {
      name: 'HighErrorRate',
      fingerprint: 'aa',
      labels: { alertname: 'HighErrorRate' },
      summary: '',
      startsAt: start,
      endsAt: null,
    },
  ]),
  allQuietSince: null,
  acknowledged: null,
  mitigatingSince: null,
  resolved: null,
  roles: {},
  responders: [],
  runs: ['INC-42.1'],
  currentRun: 'INC-42.1',
  channel: { id: 'C0INCIDENT9', name: 'incident-2026-11-21-high-error-rate' },
  notes: [],
  walked: [],
  endedRuns: [],
  reopened: 0,
  unattended: { since: start, said: false },
  gone: {},
  staleSince: null,
  unresolvedSaid: false,
  ...more,
});

export const record = (state: StepState, more: Partial<StepRecord> = {}): StepRecord => ({
  attempt: 1,
  enteredAt: start + 10_000,
  state,
  output: '',
  outputCut: false,
  baseline: null,
  ...more,
});

export const run = (more: Partial<Run> = {}): Run => ({
  id: 'INC-42.1',
  incident: 'INC-42',
  playbook: 'high-error-rate',
  title: 'High error rate',
  service: 'genesis-orchestration',
  definition: 'd'.repeat(64),
  authority: 'each',
  channel: null,
  startedAt: start,
  startedBy: 'alertmanager',
  reason: null,
  steps: {},
  at: null,
  whole: null,
  ledger: [],
  result: null,
  ...more,
});

export const hash = 'a'.repeat(64);

export const approval = (plan: Plan, state: Approval['state'] = { kind: 'pending' }): Approval => ({
  hash,
  plan,
  requestedBy: responder,
  requestedAt: start + 60_000,
  expiresAt: start + 660_000,
  state,
});

/** The message of a step in a state, as the engine would show it. */
export function stepView(
  id: string,
  state: StepState,
  more: Partial<StepRecord> & { superseded?: boolean; severity?: Incident['severity']; ended?: boolean } = {},
): Extract<View, { kind: 'step' }> {
  const step = findStep(definition.playbook.steps, id);
  if (!step) throw new Error(`no step ${id}`);
  const { superseded = false, severity = 'P1', ended = false, ...rest } = more;
  const shown = record(state, rest);
  const earlier: Record<string, StepRecord> = {
    look: record({ kind: 'settled', at: start + 5_000, by: null, how: done }, { enteredAt: start + 4_000 }),
    which: record(
      { kind: 'settled', at: start + 8_000, by: oncall, how: { kind: 'chosen', option: 'crash' } },
      { enteredAt: start + 6_000 },
    ),
  };
  return {
    kind: 'step',
    incident: incident({ severity }),
    view: {
      run: run({
        steps: { ...earlier, [id]: shown },
        at: id,
        ...(ended ? { result: { kind: 'stopped', at: now, by: oncall, why: null }, at: null } : {}),
      }),
      definition,
    },
    step,
    record: shown,
    superseded,
  };
}

const done = { kind: 'done', tookMs: 400, code: 0, verified: null } as const;
const plan = (name: string): Plan => planAction(definition, name, 120_000);
const running = {
  kind: 'running',
  by: responder,
  since: start + 20_000,
  plan: plan('llm_fallback'),
  command: 1,
  commandSince: start + 21_000,
  stopping: false,
} as const;
const verifying = {
  indicator: 'error_ratio',
  holdMs: 600_000,
  beginBy: start + 400_000,
  before: 0.009,
  last: { at: now - 5_000, verdict: 'pass', value: 0.0008 },
  heldSince: now - 200_000,
  blind: 0,
} as const;

const automaticUpdate = {
  number: 7,
  kind: 'update',
  by: 'bot',
  at: now,
  text: [
    'Update 2 of the rollback of genesis-orchestration: stage 2 of 5, *Verify Rollback*; 4 min of 15 min.',
    `Now: *Reset <to> stable* is running, for 40 s. Next: Compare. Run by <@${oncall}>, not by <@U0STRANGER1>.`,
  ].join('\n'),
  about: 'run-update/INC-7.2',
  people: [oncall],
} as const;

/** Every message people may come to see, by the name it has in the golden file. */
export const everyView: Readonly<Record<string, View>> = {
  'announcement, new': { kind: 'announcement', incident: incident(), current: null },
  'announcement, taken': {
    kind: 'announcement',
    incident: incident({
      phase: 'mitigating',
      acknowledged: { by: oncall, at: start + 30_000 },
      roles: { commander: oncall },
    }),
    current: null,
  },
  'moved out of a thread, card': {
    kind: 'moved',
    incident: incident({ movedFrom: '#genesis-monitoring' }),
    of: { kind: 'card', incident: 'INC-42' },
  },
  'moved out of a thread, step': {
    kind: 'moved',
    incident: incident({ movedFrom: '#genesis-monitoring' }),
    of: { kind: 'step', run: 'INC-42.1', step: 'which', attempt: 1 },
    view: { run: run(), definition },
  },
  'events dropped': {
    kind: 'events-dropped',
    dropped: { from: start, to: start + 120_000, minutes: 2 },
  },
  'announcement, resolved': {
    kind: 'announcement',
    incident: incident({ phase: 'resolved', resolved: { by: oncall, at: start + 1_080_000, note: null } }),
    current: null,
  },
  'card, new': { kind: 'card', incident: incident(), current: { run: run(), definition } },
  'card, mitigating': {
    kind: 'card',
    incident: incident({
      phase: 'mitigating',
      acknowledged: { by: oncall, at: start + 30_000 },
      roles: { commander: oncall, scribe: lead },
    }),
    current: {
      run: run({
        at: 'restart',
        steps: {
          restart: record(running),
          gate: record({ kind: 'verifying', by: null, since: start, gate: verifying }),
        },
      }),
      definition,
    },
  },
  'card, resolved': {
    kind: 'card',
    incident: incident({ phase: 'resolved', resolved: { by: oncall, at: start + 1_080_000, note: null } }),
    current: null,
  },
  ...stormViews(incident, start),
  ...undoViews({ definition, run, record, incident: incident(), by: responder, at: start + 60_000 }),
  'card, in a phase with a limit': {
    kind: 'card',
    incident: incident(),
    current: { run: run(), definition },
    phases: { detection: 2 * 60_000, assessment: 5 * 60_000 },
  },
  'card, declared from a message': {
    kind: 'card',
    incident: incident({ source: 'https://team.slack.com/archives/C1/p1' }),
    current: null,
  },
  'note, a message that was added': {
    kind: 'note',
    incident: incident(),
    note: {
      number: 4,
      kind: 'note',
      by: oncall,
      at: now,
      text: 'I restarted the <proxy>.',
      from: { user: responder, url: 'https://team.slack.com/archives/C1/p2?thread_ts=1.2&cid=C1' },
    },
  },
  'note, nobody has acknowledged': {
    kind: 'note',
    incident: incident(),
    note: {
      number: 5,
      kind: 'bot',
      by: 'bot',
      at: now,
      text: 'Nobody has acknowledged for 2 min. Whoever can see to it: press *Acknowledge*.',
      about: 'phase/detection',
      offers: 'acknowledge',
    },
  },
  'note, a status update is due': {
    kind: 'note',
    incident: incident({ responders: [oncall], acknowledged: { by: oncall, at: start } }),
    note: {
      number: 6,
      kind: 'bot',
      by: 'bot',
      at: now,
      text: `No status update for 30 min. <@${oncall}>: say how it stands.`,
      about: 'update-due',
      offers: 'update',
    },
  },
  'stakeholders, opened': {
    kind: 'stakeholders',
    incident: incident(),
    moment: 'opened',
    at: 0,
    note: null,
  },
  'stakeholders, update': {
    kind: 'stakeholders',
    incident: incident(),
    moment: 'update',
    at: now,
    note: { number: 1, kind: 'update', by: oncall, at: now, text: 'Half of the orders <fail>.' },
  },
  'stakeholders, resolved': {
    kind: 'stakeholders',
    incident: incident({ phase: 'resolved', resolved: { by: oncall, at: now, note: 'The proxy was full.' } }),
    moment: 'resolved',
    at: now,
    note: null,
  },
  'note, update': {
    kind: 'note',
    incident: incident(),
    note: { number: 1, kind: 'update', by: oncall, at: now, text: 'The fallback is on, errors fall.' },
  },
  'note, automatic update': {
    kind: 'note',
    incident: incident(),
    note: automaticUpdate,
  },
  'stakeholders, automatic update': {
    kind: 'stakeholders',
    incident: incident(),
    moment: 'update',
    at: now,
    note: automaticUpdate,
  },
  'note, note': {
    kind: 'note',
    incident: incident(),
    note: { number: 2, kind: 'note', by: oncall, at: now, text: 'Started after the deployment.' },
  },
  'note, bot': {
    kind: 'note',
    incident: incident({ roles: { commander: oncall } }),
    note: { number: 3, kind: 'bot', by: oncall, at: now, text: `Commander: <@${oncall}>` },
  },
  quiet: { kind: 'quiet', incident: incident({ allQuietSince: now }) },
  resolved: {
    kind: 'resolved',
    incident: incident({
      phase: 'resolved',
      resolved: { by: oncall, at: start + 1_080_000, note: 'The provider recovered.' },
    }),
  },
  'unattended, nobody': {
    kind: 'unattended',
    incident: incident({ unattended: { since: start, said: true } }),
  },
  'unattended, quiet': {
    kind: 'unattended',
    incident: incident({ allQuietSince: now, unattended: { since: start, said: true } }),
  },
  'unattended, taken since': {
    kind: 'unattended',
    incident: incident({
      phase: 'acknowledged',
      acknowledged: { by: oncall, at: now },
      unattended: { since: start, said: true },
    }),
  },
  'card, an alert gone without a resolve': {
    kind: 'card',
    incident: incident({ gone: { aa: start + 120_000 } }),
    current: null,
  },
  'card, alerts stale': {
    kind: 'card',
    incident: incident({ staleSince: start + 60_000 }),
    current: null,
  },
  unresolved: { kind: 'unresolved', incident: incident({ unresolvedSaid: true }), offer: rollback },
  'unresolved, nothing to offer': { kind: 'unresolved', incident: incident(), offer: null },
  'plan, pending': {
    kind: 'plan',
    incident: incident({ severity: 'P0' }),
    view: {
      run: run({
        id: 'INC-42.2',
        title: rollback.playbook.title,
        authority: 'whole',
        startedBy: responder,
        reason: 'errors since the deployment',
        whole: approval(planWhole(rollback)),
      }),
      definition: rollback,
    },
  },
  'plan, approved': {
    kind: 'plan',
    incident: null,
    view: {
      run: run({
        id: 'RUN-3',
        title: rollback.playbook.title,
        authority: 'whole',
        startedBy: responder,
        whole: approval(planWhole(rollback), { kind: 'approved', by: lead, at: now }),
      }),
      definition: rollback,
    },
  },
  'run, second stage': {
    kind: 'run',
    incident: incident(),
    view: {
      run: run({
        id: 'INC-42.2',
        title: rollback.playbook.title,
        authority: 'whole',
        startedBy: responder,
        startedAt: now - 110_000,
        at: 's2.1',
        steps: {
          's1.1': record(
            { kind: 'settled', at: now - 69_000, by: lead, how: done },
            { enteredAt: now - 110_000 },
          ),
          's2.1': record(running, { enteredAt: now - 20_000 }),
        },
      }),
      definition: rollback,
    },
  },
  'run update, outside any incident': {
    kind: 'run-update',
    index: 0,
    said: { at: now, moment: 'progress', number: 2, text: automaticUpdate.text, people: [oncall] },
    view: {
      run: run({ id: 'RUN-3', title: rollback.playbook.title, authority: 'whole', startedBy: responder }),
      definition: rollback,
    },
  },
  'run, completed': {
    kind: 'run',
    incident: incident(),
    view: {
      run: run({
        id: 'INC-42.2',
        title: rollback.playbook.title,
        authority: 'whole',
        startedBy: responder,
        result: { kind: 'completed', at: now, by: 'bot', why: null },
      }),
      definition: rollback,
    },
  },
  'step, observing': stepView('look', { kind: 'observing', since: start + 3_000 }),
  'step, observed': stepView(
    'look',
    { kind: 'settled', at: start + 5_000, by: null, how: done },
    { output: '14:01:59 ERROR 429 Too Many Requests\n14:02:00 ERROR timeout\n' },
  ),
  'step, not seen': stepView('look', {
    kind: 'settled',
    at: start + 5_000,
    by: null,
    how: { kind: 'unseen', message: 'It did not end in 10 s.' },
  }),
  'step, asking which': stepView('which', { kind: 'asking', since: start + 6_000 }),
  'step, asking for text': stepView('cause', { kind: 'asking', since: start + 6_000 }),
  'step, asking with options': stepView('region', { kind: 'asking', since: start + 6_000 }),
  'step, checklist': stepView('after', { kind: 'asking', since: start + 6_000 }),
  'step, offering disruptive': stepView('restart', { kind: 'offering', since: start, plan: plan('restart') }),
  'step, offering destructive': stepView('wipe', {
    kind: 'offering',
    since: start,
    plan: plan('reset_state'),
  }),
  'step, approving': stepView('wipe', { kind: 'approving', approval: approval(plan('reset_state')) }),
  'step, approving in a P0': stepView(
    'wipe',
    { kind: 'approving', approval: approval(plan('reset_state')) },
    { severity: 'P0' },
  ),
  'step, approving a written file': stepView('fallback', {
    kind: 'approving',
    approval: approval(plan('llm_fallback')),
  }),
  'step, approval refused': stepView('wipe', {
    kind: 'approving',
    approval: approval(plan('reset_state'), { kind: 'refused', by: lead, at: now }),
  }),
  'step, running': stepView('fallback', running, { output: 'reading\nwriting config\n' }),
  'step, stopping': stepView('fallback', { ...running, stopping: true }),
  'step, verifying': stepView('gate', { kind: 'verifying', by: null, since: start, gate: verifying }),
  'step, verifying, not met': stepView('gate', {
    kind: 'verifying',
    by: null,
    since: start,
    gate: {
      ...verifying,
      heldSince: null,
      blind: 2,
      last: { at: now, verdict: 'inconclusive', why: 'no data', value: null },
    },
  }),
  'step, waiting': stepView('settle', { kind: 'waiting', since: start, until: start + 30_000 }),
  'step, done': stepView('restart', {
    kind: 'settled',
    at: start + 571_000,
    by: responder,
    how: {
      kind: 'done',
      tookMs: 8_000,
      code: 0,
      verified: { indicator: 'error_ratio', before: 0.009, after: 0.0008, heldMs: 600_000 },
    },
  }),
  'step, chosen': stepView('which', {
    kind: 'settled',
    at: start + 8_000,
    by: oncall,
    how: { kind: 'chosen', option: 'llm' },
  }),
  'step, skipped': stepView('restart', {
    kind: 'settled',
    at: start + 8_000,
    by: oncall,
    how: { kind: 'skipped' },
  }),
  'step, failed': stepView(
    'restart',
    {
      kind: 'failed',
      at: start + 24_000,
      by: responder,
      code: 'exit',
      message: 'Exit 1 after 4 s.',
      plan: plan('restart'),
    },
    { output: 'Failed to restart: Unit not found.\n' },
  ),
  'step, unknown': stepView('restart', {
    kind: 'unknown',
    at: start + 24_000,
    by: responder,
    message: 'The bot stopped while this ran. It may or may not have happened.',
    plan: plan('restart'),
    command: 0,
    probe: { at: now, verdict: 'pass', value: 1 },
  }),
  'step, inconclusive': stepView('gate', {
    kind: 'inconclusive',
    at: start + 24_000,
    by: null,
    message: 'Prometheus has no data for this indicator.',
  }),
  'step, reopened': stepView('restart', { kind: 'reopened', at: now, why: 'another answer' }),
  'step, superseded': stepView(
    'restart',
    { kind: 'offering', since: start, plan: plan('restart') },
    { superseded: true },
  ),
  'step, run ended': stepView(
    'restart',
    { kind: 'offering', since: start, plan: plan('restart') },
    { ended: true },
  ),
  output: {
    kind: 'output',
    view: { run: run(), definition },
    step: findStep(definition.playbook.steps, 'look') as Step,
    record: record({ kind: 'observing', since: start }, { output: 'one\ntwo\n', outputCut: true }),
  },
  'output, nothing': {
    kind: 'output',
    view: { run: run(), definition },
    step: findStep(definition.playbook.steps, 'look') as Step,
    record: record({ kind: 'observing', since: start }),
  },
};
