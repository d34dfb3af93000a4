import { incidentOfRun } from '../core/brain.ts';
import type { Command } from '../core/command.ts';
import {
  failsNow,
  isMet,
  isPerformed,
  limitsBeside,
  marked,
  mitigatedAt,
  standInEnd,
  standInReading,
  standInSeries,
} from '../core/drill/standIn.ts';
import type { Incident } from '../core/incident/incident.ts';
import { isIncidentId, type StreamId } from '../core/stream.ts';
import type { RunView } from '../core/view.ts';
import { incidentLog, incidentState, runView } from './messages.ts';
import type { Ports } from './performEffect.ts';
import { type Chat, type Claimed, type Gauge, type Store, WorkFailed } from './ports.ts';
import type { Refused, RunnerPort } from './runnerPort.ts';

/**
 * Where a drill is kept from the world. Every effect passes here before anything else is asked what to do with it. What
 * belongs to a drill gets ports that reach nothing but the drill's own channel; commands and readings are answered by
 * stand-ins, and kinds of work that a drill has no use for are dropped.
 */

/** The drill that a stream belongs to; null for everything real. Throws where that cannot be known. */
export async function drillOf(store: Pick<Store, 'state'>, stream: StreamId): Promise<Incident | null> {
  const state = await store.state(stream);
  if (state?.kind === 'incident') return state.incident.drill ? state.incident : null;
  const id = incidentOfRun(stream);
  const isPlayed = state?.kind === 'run' && state.run.drill === true;
  if (id === null || !isIncidentId(id)) {
    if (isPlayed) throw new WorkFailed('drill-lost', `${stream} is part of a drill that cannot be found.`);
    return null;
  }
  const incident = await incidentState(store, id);
  return isPlayed || incident.drill ? incident : null;
}

/** What a stand-in makes of an effect; null where it may be done as it is, with the ports of a drill. */
export async function standIn(
  { effect }: Pick<Claimed, 'effect'>,
  drill: Incident,
  {
    store,
    clock,
    say,
  }: Pick<Ports, 'store' | 'clock'> & { readonly say: (command: Command) => Promise<unknown> },
): Promise<readonly Command[] | null> {
  if (!isPerformed(effect)) return [];
  const actor = { kind: 'bot' } as const;
  switch (effect.kind) {
    case 'run-command': {
      const { run, step, attempt, command, planned } = effect;
      const wish = { firstFails: drill.firstFails === true, started: await startedIn(store, drill) };
      const { output, outcome, previous } = standInEnd(planned, { fails: failsNow(planned, wish) });
      await say({ actor, type: 'run.output', run, step, attempt, command, text: output, cut: false });
      return [{ actor, type: 'run.command-ended', run, step, attempt, command, outcome, previous }];
    }
    case 'read-indicator': {
      const { run, step, attempt, purpose } = effect;
      const view = await runView(store, run);
      const indicator = view.definition.service.indicators[effect.indicator];
      if (!indicator) throw new WorkFailed('no-indicator', `There is no indicator ${effect.indicator}.`);
      const views = await viewsOf(store, drill);
      const met = isMet(purpose, view, views);
      const reading = standInReading(indicator, met, clock.now(), limitsBeside(indicator, views));
      return [{ actor, type: 'run.reading', run, step, attempt, purpose, reading }];
    }
    default:
      return null;
  }
}

/**
 * Ports with nothing behind them but the chat, and of that nothing but the drill's own channel. They are named one by one,
 * so that a port that is added one day reaches no drill by itself.
 */
export const standInPorts = (
  { store, desk, painter, clock, room, observer, log, chat }: Ports,
  drill: Incident,
): Ports => ({
  ...{ store, desk, painter, clock, room, observer, log },
  runner: noRunner,
  paging: null,
  silencer: null,
  mail: null,
  gauge: standInGauge(store, drill),
  chat: ownChannelOnly(chat, drill),
});

const refused: Refused = {
  kind: 'refused',
  code: 'drill',
  message: 'This belongs to a drill, and nothing of a drill is carried out.',
};

const noRunner: RunnerPort = {
  run: async () => refused,
  read: async () => refused,
  write: async () => refused,
  stop: () => undefined,
};

const standInGauge = (store: Store, drill: Incident): Gauge => ({
  async read(indicator, now) {
    const views = await viewsOf(store, drill);
    return standInReading(indicator, mitigatedAt(views) !== null, now, limitsBeside(indicator, views));
  },
  async range(indicator, range) {
    const views = await viewsOf(store, drill);
    const limits = limitsBeside(indicator, views);
    return { kind: 'series', points: standInSeries(indicator, range, mitigatedAt(views), limits) };
  },
});

function ownChannelOnly(chat: Chat, drill: Incident): Chat {
  const stayIn = (channel: string): void => {
    if (channel === drill.channel?.id) return;
    throw new WorkFailed('drill-elsewhere', `${drill.id} is a drill and stays in its own channel.`);
  };
  return {
    async show(request) {
      stayIn(request.channel);
      return chat.show(request);
    },
    async postFile(request) {
      stayIn(request.channel);
      return chat.postFile({ ...request, title: marked(request.title), text: marked(request.text) });
    },
    async openChannel(name, purpose, options) {
      if (!name.startsWith('drill-'))
        throw new WorkFailed('drill-elsewhere', `${name} is no name for the channel of a drill.`);
      return chat.openChannel(name, marked(purpose), options);
    },
    async setTopic(channel, incident) {
      stayIn(channel);
      return chat.setTopic(channel, incident);
    },
    async invite(channel, { users }) {
      stayIn(channel);
      const starter = users.filter((user) => user === drill.openedBy);
      if (starter.length > 0) await chat.invite(channel, { groups: [], users: starter });
    },
    async pin(message) {
      stayIn(message.channel);
      return chat.pin(message);
    },
    async bookmark(channel, title, url) {
      stayIn(channel);
      return chat.bookmark(channel, marked(title), url);
    },
  };
}

async function viewsOf(
  store: Pick<Store, 'state' | 'definition'>,
  { runs }: Incident,
): Promise<readonly RunView[]> {
  const views: RunView[] = [];
  for (const run of runs) if (await store.state(run)) views.push(await runView(store, run));
  return views;
}

/** How many mitigations the drill has started so far, the one that is asked about included. */
async function startedIn(store: Store, { id }: Incident): Promise<number> {
  const { events } = await incidentLog(store, id);
  return events.filter(({ event }) => event.type === 'MitigationStarted').length;
}
