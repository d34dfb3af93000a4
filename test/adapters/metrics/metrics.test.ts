import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';
import { healthRoutes } from '../../../src/adapters/metrics/routes.ts';
import type { Command } from '../../../src/core/command.ts';
import type { Effect } from '../../../src/core/effect.ts';
import type { Incident } from '../../../src/core/incident/incident.ts';
import { StoreFailed } from '../../../src/engine/ports.ts';

const now = 1_000_000;
const store: Parameters<typeof createMetrics>[0]['store'] = {
  backlog: async () => ({ waiting: 0, oldestDueAt: null }),
  undeliveredSince: async () => null,
  openIncidents: async () => [],
};
const empty: Parameters<typeof createMetrics>[0] = {
  store,
  clock: { now: () => now },
  unattended: () => null,
  heartbeats: () => ({ sent: 0, failed: 0, withheld: 0 }),
  asksSource: false,
  sourceAnsweredAt: () => null,
};
const acknowledge: Command = {
  actor: { kind: 'bot' },
  type: 'incident.acknowledge',
  incident: 'INC-1',
};
const topic: Effect = { kind: 'set-topic', incident: 'INC-1', lane: null, coalesce: null, notBefore: 0 };
const incident = (severity: Incident['severity']) => ({ severity }) as Incident;

describe('metrics of the bot', () => {
  it('count decisions by type and answer, and effects by kind and outcome', async () => {
    const { observer, text } = createMetrics(empty);
    observer.decided(acknowledge, { kind: 'accepted', stream: 'INC-1', events: [] }, 3);
    observer.decided(acknowledge, { kind: 'refused', code: 'already', message: 'Somebody has it.' }, 1);
    observer.performed(
      { id: 1, stream: 'INC-1', effect: topic, attempts: 1, createdAt: 0 },
      'done',
      120,
      null,
    );
    const shown = await text();
    expect(shown).toContain(
      'genesis_bot_commands_decided_total{type="incident.acknowledge",answer="accepted"} 1',
    );
    expect(shown).toContain(
      'genesis_bot_commands_decided_total{type="incident.acknowledge",answer="already"} 1',
    );
    expect(shown).toContain('genesis_bot_effects_performed_total{kind="set-topic",outcome="done"} 1');
    expect(shown).toContain('genesis_bot_effect_seconds_bucket{le="0.25",kind="set-topic"} 1');
    expect(shown).toContain('nodejs_eventloop_lag_seconds');
  });

  it('show what waits, for how long, and what is open, as the store says at the scrape', async () => {
    const metrics = createMetrics({
      ...empty,
      store: {
        backlog: async () => ({ waiting: 7, oldestDueAt: now - 2_500 }),
        undeliveredSince: async () => now - 700_000,
        openIncidents: async () => [incident('P1'), incident('P1'), incident('P3')],
      },
    });
    const shown = await metrics.text();
    expect(shown).toContain('genesis_bot_effects_waiting 7');
    expect(shown).toContain('genesis_bot_effects_oldest_due_seconds 2.5');
    expect(shown).toContain('genesis_bot_effects_oldest_undelivered_seconds 700');
    expect(shown).toContain('genesis_bot_incidents_open{severity="P1"} 2');
    expect(shown).toContain('genesis_bot_incidents_open{severity="P0"} 0');
    expect(shown).toContain('genesis_bot_store_readable 1');
  });

  it('show no old figures when the store does not answer', async () => {
    let broken = false;
    const metrics = createMetrics({
      ...empty,
      store: {
        ...store,
        backlog: async () => {
          if (broken) throw new StoreFailed('corrupt', 'The database is damaged.');
          return { waiting: 7, oldestDueAt: null };
        },
        openIncidents: async () => [incident('P1')],
      },
    });
    expect(await metrics.text()).toContain('genesis_bot_effects_oldest_due_seconds 0');
    broken = true;
    const shown = await metrics.text();
    expect(shown).toContain('genesis_bot_store_readable 0');
    expect(shown).not.toMatch(
      /^genesis_bot_(effects_waiting|effects_oldest_undelivered_seconds|incidents_open)/m,
    );
  });

  it('show what the audit found, the heartbeats, and how long the source has been silent', async () => {
    let unattended: number | null = null;
    const metrics = createMetrics({
      ...empty,
      unattended: () => unattended,
      heartbeats: () => ({ sent: 12, failed: 1, withheld: 3 }),
      asksSource: true,
      sourceAnsweredAt: () => now - 90_000,
      droppedMinutes: () => 4,
    });
    // Before the first audit nobody knows, and a zero would say that all is well.
    expect(await metrics.text()).not.toMatch(/^genesis_bot_incidents_unattended /m);
    unattended = 2;
    await metrics.text();
    const shown = await metrics.text();
    expect(shown).toContain('genesis_bot_incidents_unattended 2');
    expect(shown).toContain('genesis_bot_heartbeats_total{outcome="sent"} 12');
    expect(shown).toContain('genesis_bot_heartbeats_total{outcome="withheld"} 3');
    expect(shown).toContain('genesis_bot_alert_source_silent_seconds 90');
    expect(shown).toContain('genesis_bot_slack_events_dropped_minutes_total 4');
    expect(await createMetrics(empty).text()).not.toMatch(/^genesis_bot_alert_source_silent_seconds /m);
  });
});

describe('whether the bot is ready', () => {
  const off = ['Nobody is paged: PAGERDUTY_ROUTING_KEY is not set.'];
  const works = async () => ({ ok: true as const, message: 'It answers.' });
  const routes = (checks: Parameters<typeof healthRoutes>[0]['checks']) => {
    const all = healthRoutes({ metrics: createMetrics(empty), alive: works, checks, off });
    return (path: string) => all.find((route) => route.path === path)!.handle();
  };
  const fails = async () => ({ ok: false as const, message: 'Slack does not answer.' });

  it('names every check with its sentence, and what is off', async () => {
    expect(await routes({ store: works })('/readyz')).toEqual({
      status: 200,
      json: {
        status: 'ready',
        message: 'Everything that Genesis needs works.',
        checks: { store: { status: 'ok', message: 'It answers.' } },
        off,
      },
    });
  });

  it('is not, while one of them does not work or its check fails', async () => {
    expect(await routes({ store: works, slack: fails })('/readyz')).toMatchObject({
      status: 503,
      json: {
        message: 'slack: Slack does not answer.',
        checks: { slack: { status: 'failing', message: 'Slack does not answer.' } },
      },
    });
    const throwing = async () => {
      throw new Error('The database is locked.');
    };
    expect(await routes({ store: throwing })('/readyz')).toMatchObject({
      status: 503,
      json: {
        status: 'not-ready',
        checks: { store: { status: 'failing', message: 'The database is locked.' } },
      },
    });
  });

  it('is alive as long as it answers, whatever else is broken', async () => {
    expect(await routes({ slack: fails })('/healthz')).toMatchObject({ status: 200 });
    expect(await routes({})('/metrics')).toMatchObject({
      status: 200,
      type: expect.stringContaining('text/plain'),
    });
  });

  it('is not alive when what a restart mends is broken, and says what', async () => {
    const alive = async () => ({ ok: false as const, message: 'Due work was last looked for 300 s ago.' });
    const all = healthRoutes({ metrics: createMetrics(empty), alive, checks: {}, off });
    expect(await all.find(({ path }) => path === '/healthz')?.handle()).toEqual({
      status: 503,
      json: { status: 'failing', message: 'Due work was last looked for 300 s ago.' },
    });
  });

  it('says in one sentence what is wrong, also of what does not make it unready', async () => {
    const watched = { slack: fails };
    const all = healthRoutes({ metrics: createMetrics(empty), alive: works, checks: {}, watched, off });
    expect(await all.find(({ path }) => path === '/readyz')?.handle()).toMatchObject({
      status: 200,
      json: { status: 'ready', message: 'slack: Slack does not answer.' },
    });
  });
});
