import type { Access } from '../../src/core/access/access.ts';
import type { Actor } from '../../src/core/actor.ts';
import { openCalendar } from '../../src/core/people/compilePeople.ts';
import type { Action, Definition, Indicator, Playbook, Step } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import type { Routing } from '../../src/core/playbook/routing.ts';

export const minute = 60_000;
export const hour = 60 * minute;

/** A room small enough to hold in the head: one service, one playbook of each kind, three groups of people. */
export const service = 'checkout';

const action = (name: string, more: Partial<Action> = {}): Action => ({
  name,
  title: name,
  risk: 'change',
  host: 'web',
  does: { kind: 'run', argv: ['tool', name] },
  // biome-ignore lint/suspicious/noThenProperty: it is the operators' word, and nobody awaits an action.
  then: [],
  timeoutMs: 30_000,
  succeeds: [0],
  undo: { kind: 'none' },
  secrets: [],
  ...more,
});

const indicator = (name: string, more: Partial<Indicator> = {}): Indicator => ({
  name,
  title: name,
  query: `q_${name}`,
  unit: 'ratio',
  objective: { kind: 'below', value: 0.001 },
  ...more,
});

export const held = { indicator: 'error_ratio', holdMs: 10 * minute, withinMs: 10 * minute };

const checkout: Definition['service'] = {
  name: service,
  indicators: {
    error_ratio: indicator('error_ratio'),
    up: indicator('up', { unit: 'state', objective: { kind: 'equals', value: 1 } }),
  },
  actions: {
    errors: action('errors', { risk: 'observe' }),
    restart: action('restart', { risk: 'disruptive', probe: 'up' }),
    fallback: action('fallback', { risk: 'change', verify: held, probe: 'up' }),
    // biome-ignore lint/suspicious/noThenProperty: as above.
    reload: action('reload', { risk: 'change', then: ['warm'], verify: held }),
    warm: action('warm'),
    quick: action('quick'),
    flag: action('flag', {
      does: { kind: 'write', file: 'config/flag.yaml', content: 'on\n' },
      undo: { kind: 'previous' },
    }),
    wipe: action('wipe', { risk: 'destructive', title: 'Wipe the cache' }),
    stop: action('stop', { risk: 'destructive' }),
    install: action('install', { risk: 'disruptive' }),
    start: action('start', { risk: 'disruptive' }),
  },
  hosts: {
    web: { kind: 'local', name: 'web', directory: '/srv/checkout', path: [] },
  },
  links: { Dashboard: 'https://dashboard.test/checkout' },
};

const playbook = (name: string, steps: readonly Step[], more: Partial<Playbook> = {}): Definition => ({
  service: checkout,
  playbook: {
    name,
    title: name,
    kind: 'alert',
    answers: {},
    service,
    severity: 'P1',
    symptoms: [],
    steps,
    authority: 'each',
    commanderAtOnce: false,
    source: { file: `alerts/${name}.yml`, line: 1 },
    ...more,
  },
});

export const doing = (id: string, name = id): Step => ({ id, kind: 'do', action: name });

const list = [
  playbook(
    'high-error-rate',
    [
      { id: 'look', kind: 'observe', action: 'errors' },
      {
        id: 'kind',
        kind: 'choose',
        question: 'Which kind of error dominates?',
        options: [
          { id: 'limits', label: 'Rate limits', steps: [doing('fallback')] },
          { id: 'memory', label: 'Memory', steps: [doing('restart')] },
        ],
      },
      { id: 'verify', kind: 'verify', target: held },
      { id: 'after', kind: 'checklist', title: 'After', items: ['Write it down'] },
    ],
    {
      answers: { alertname: 'HighErrorRate' },
      onUnresolved: { afterMs: 30 * minute, offer: 'rollback-checkout' },
    },
  ),
  playbook('service-down', [doing('restart')], {
    answers: { alertname: 'ServiceDown' },
    severity: 'P0',
    commanderAtOnce: true,
  }),
  playbook('slow', [doing('quick')], { answers: { alertname: 'Slow' }, severity: 'P2' }),
  playbook('chatty', [doing('quick')], { answers: { alertname: 'Chatty' }, severity: 'P4' }),
  playbook('write-flag', [doing('flag')], { kind: 'procedure' }),
  playbook('chain', [doing('reload')], { kind: 'procedure' }),
  playbook('quick-fix', [doing('quick'), doing('restart')], { kind: 'procedure' }),
  playbook('wipe-cache', [doing('wipe')], { kind: 'procedure' }),
  playbook('waiting', [{ id: 'wait', kind: 'wait', ms: minute, why: 'It settles.' }, doing('quick')], {
    kind: 'procedure',
  }),
  playbook(
    'rollback-checkout',
    [
      { id: 'take-down', kind: 'stage', title: 'Take Down', budgetMs: minute, steps: [doing('stop')] },
      {
        id: 'put-back',
        kind: 'stage',
        title: 'Put Back',
        budgetMs: minute,
        steps: [doing('install'), { id: 'start', kind: 'do', action: 'start', always: true }],
      },
      { id: 'up', kind: 'verify', target: { indicator: 'up', holdMs: 0, withinMs: minute } },
    ],
    { kind: 'procedure', authority: 'whole', budgetMs: 15 * minute },
  ),
  playbook('reinstall', [doing('install'), doing('quick')], { kind: 'procedure', authority: 'whole' }),
  playbook('generic', [
    {
      id: 'what',
      kind: 'ask',
      question: 'What is going on?',
      input: { kind: 'text', maxLength: 500 },
    },
  ]),
];

const routing: Routing = {
  P0: { place: { kind: 'own-channel' }, announce: '#alerts', invite: ['oncall', 'leads'] },
  P1: { place: { kind: 'own-channel' }, announce: '#alerts', invite: ['oncall'] },
  P2: { place: { kind: 'thread', channel: '#monitoring' }, announce: null, invite: [] },
  P3: { place: { kind: 'thread', channel: '#monitoring' }, announce: null, invite: [] },
  P4: { place: { kind: 'log' }, announce: null, invite: [] },
};

const access: Access = {
  groups: {
    oncall: { usergroup: 'oncall', users: [] },
    leads: { usergroup: 'leads', users: [] },
    trainees: { usergroup: 'trainees', users: [] },
  },
  rules: [
    { effect: 'allow', rights: ['observe'], to: ['everyone'], on: 'any' },
    {
      effect: 'allow',
      rights: ['change', 'disrupt', 'destroy', 'approve'],
      to: ['oncall', 'leads'],
      on: 'any',
    },
    { effect: 'allow', rights: ['override'], to: ['oncall'], on: 'any' },
    { effect: 'allow', rights: ['change'], to: ['trainees'], on: 'any' },
  ],
};

export const room: Room = {
  definitions: Object.fromEntries(list.map((each) => [each.playbook.name, each])),
  routing,
  access,
  roster: {},
  chains: [],
  calendar: openCalendar,
  reopenWithinMs: 24 * hour,
  pace: 1,
};

const person = (user: string, ...groups: string[]): Actor => ({ kind: 'person', user, groups });
export const engineer = person('U1ENGINEER', 'oncall');
export const second = person('U2SECOND', 'oncall');
export const lead = person('U3LEAD', 'leads');
export const trainee = person('U4TRAINEE', 'trainees');
export const visitor = person('U5VISITOR');
