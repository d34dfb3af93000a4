/** What a figure must be held to, and a row of the table in the README for each. Figures without a target have `null`. */
export type Target = { readonly name: string; readonly what: string; readonly target: Bound | null };
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

const row = (name: string, what: string, target: Bound | null = null): Target => ({ name, what, target });

const update = 'alerts of open incidents delivered';
const open = 'alerts that open an incident delivered';

export const targets: readonly Target[] = [
  row('webhooks accepted durably', 'Webhooks accepted durably'),
  row('webhooks accepted durably, over a commit each', 'The same, over a plain server that commits each', {
    atLeast: 4,
  }),
  row(
    'webhooks accepted durably, share of what is possible',
    'The same, share of a server without a database',
  ),
  row('webhooks accepted durably, CPU', 'Processor time for each'),
  row('alerts accepted durably, 20 to a webhook', 'Alerts accepted durably, 20 to a webhook'),
  row(
    'webhooks of 20 alerts accepted durably, over a commit each',
    'The same, over a plain server that commits each',
    {
      atLeast: 4,
    },
  ),
  row(update, 'Alerts of open incidents delivered to Slack'),
  row(`${update}, CPU`, 'Processor time for each'),
  row(`${update}, over an outbox server`, 'The same, over the least that delivers as durably', {
    atLeast: 0.5,
  }),
  row(`${update}, over an outbox server with Slack's SDK`, "The same, over that with Slack's SDK"),
  row(`${update}, over Alertmanager`, "The same, over Alertmanager's own receiver for Slack", { atLeast: 1 }),
  row(`${update}, over Node-RED`, 'The same, over Node-RED', { atLeast: 1 }),
  row(`${update}, over Hubot`, 'The same, over Hubot, which keeps nothing', { atLeast: 1 }),
  row(open, 'Alerts that each open an incident, delivered'),
  row(`${open}, CPU`, 'Processor time for each, its run and its first step included'),
  row(`${open}, over an outbox server`, 'The same, over the least that delivers as durably'),
  row(`${open}, over Node-RED`, 'The same, over Node-RED'),
  row(
    'round trips to Slack before the first message with buttons stands in the channel',
    'Round trips to Slack from a webhook to the first message with buttons in its channel',
    { atMost: 2 },
  ),
  row('own time beyond those round trips', 'Own time beyond them', { atMost: 15 }),
  row('click to acknowledgement under load, p50', 'Click to acknowledgement under full load, median'),
  row('click to acknowledgement under load, p99', 'Click to acknowledgement under full load, p99', {
    atMost: 100,
  }),
  row('an action over a bare spawn of the same program', 'An action over a bare spawn of the same program', {
    atMost: 1.5,
  }),
  row('longest stall of the event loop while actions run', 'Longest stall of the event loop meanwhile', {
    atMost: 10,
  }),
  row('start until it listens, over a bare Bolt app', 'Start until it listens, over a bare Bolt app', {
    atMost: 1.5,
  }),
  row(
    "memory of the bot's process, over a bare Bolt app",
    "Memory of the bot's process, over a bare Bolt app",
    {
      atMost: 1.5,
    },
  ),
  row('memory with the executor, over a bare Bolt app', 'Memory with the executor of commands'),
  row(
    'webhooks accepted with a long log, times slower',
    'Webhooks accepted with 1,000,000 events in the log, times slower',
    {
      atMost: 3,
    },
  ),
  row(
    'first message with a long log, times slower',
    'First message with 1,000,000 events in the log, times slower',
    {
      atMost: 3,
    },
  ),
  row('start with a long log, times slower', 'Start with 1,000,000 events in the log, times slower'),
];
