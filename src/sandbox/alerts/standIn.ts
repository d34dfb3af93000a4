import {
  type Alertmanager,
  type AlertmanagerOptions,
  type NewAlert,
  startAlertmanager,
} from './alertmanager.ts';
import { type ActiveAlert, evaluateRule, newRuleState, type RuleState } from './evaluateRules.ts';
import { startLocalServer } from './localServer.ts';
import { answerPrometheus } from './prometheusApi.ts';
import { parseRules } from './rulesFile.ts';
import { createSamples } from './samples.ts';
import { createScraper, type Target, type TargetHealth } from './scrape.ts';

/** All times are milliseconds. */
export type StandInOptions = Readonly<{
  targets: readonly Target[];
  /** The text of a rules file, already at the pace wanted. */
  rules: string;
  interval: number;
  alertmanager: AlertmanagerOptions;
}>;

export type StandIn = Readonly<{ prometheusUrl: string; alertmanagerUrl: string; stop: () => Promise<void> }>;

const KEEP_SAMPLES_MS = 60 * 60_000;
const MOST_SERIES = 5_000;

/**
 * Prometheus and Alertmanager for a machine that has neither: scrapes, evaluates the rules right after each scrape, and
 * answers both HTTP APIs on 127.0.0.1.
 */
export async function createStandIn(options: StandInOptions): Promise<StandIn> {
  const { now } = options.alertmanager;
  const samples = createSamples({ keepFor: KEEP_SAMPLES_MS, mostSeries: MOST_SERIES });
  const timeout = Math.min(10_000, options.interval);
  const scrapers = options.targets.map((target) => ({
    target,
    scraper: createScraper(target, { samples, timeout, now }),
    health: undefined as TargetHealth | undefined,
  }));
  let groups = parseRules(options.rules).map(({ name, interval, rules }) => ({
    name,
    interval: interval ?? options.interval,
    rules: rules.map(newRuleState),
  }));

  const alertmanager = await startAlertmanager(options.alertmanager);
  const server = await startLocalServer((request) =>
    answerPrometheus(request, { samples, now, rules: () => groups, targets: () => scrapers }),
  );

  const turn = async (): Promise<void> => {
    await Promise.all(
      scrapers.map(async (entry) => {
        entry.health = await entry.scraper.scrape();
      }),
    );
    const at = now();
    groups = groups.map((group) => ({
      ...group,
      rules: group.rules.map((state) =>
        isDue(state, group.interval, at) ? evaluateRule(state, samples, at) : state,
      ),
    }));
    alertmanager.receive(
      groups.flatMap(({ rules }) => rules.flatMap((state) => tellable(state, server.url))),
    );
  };

  const loop = startLoop(turn, options.interval);
  return {
    prometheusUrl: server.url,
    alertmanagerUrl: alertmanager.url,
    async stop() {
      await loop.stop();
      await stopBoth(alertmanager, server.stop);
    },
  };
}

async function stopBoth(alertmanager: Alertmanager, stopServer: () => Promise<void>): Promise<void> {
  await alertmanager.stop();
  await stopServer();
}

/** A group with a longer interval than the scrapes' waits for it; a tenth of slack keeps timer jitter from skipping one. */
const isDue = (state: RuleState, interval: number, at: number): boolean =>
  at - state.lastEvaluation >= interval * 0.9;

function tellable({ rule, alerts }: RuleState, prometheusUrl: string): NewAlert[] {
  const query = new URLSearchParams({ 'g0.expr': rule.query, 'g0.tab': '1' });
  const generatorURL = `${prometheusUrl}/graph?${query}`;
  return [...alerts.values()].flatMap(({ labels, annotations, state }: ActiveAlert): NewAlert[] => {
    switch (state.kind) {
      case 'pending':
        return [];
      case 'firing':
        return [{ labels, annotations, startsAt: state.since, endsAt: undefined, generatorURL }];
      case 'resolved':
        return [{ labels, annotations, startsAt: state.since, endsAt: state.at, generatorURL }];
      default: {
        const never: never = state;
        return never;
      }
    }
  });
}

/** Runs `turn` again and again, `interval` apart and never two at once. */
function startLoop(turn: () => Promise<void>, interval: number): { stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    const started = performance.now();
    running = turn()
      .catch((cause: unknown) => process.emitWarning(`a scrape failed: ${String(cause)}`))
      .then(() => {
        if (!stopped) timer = setTimeout(next, Math.max(0, interval - (performance.now() - started)));
      });
  };
  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
