import { spokenDuration } from '../duration.ts';
import type { RunEvent } from '../run/events.ts';
import type { RunView } from '../view.ts';
import type { Attempt } from './attempts.ts';
import type { LoggedEvent } from './postMortem.ts';

/**
 * A procedure that was approved as a whole is one thing that was tried, however many steps it has. Null where none of
 * its steps changed anything.
 */
export function procedureAttempt(
  events: readonly LoggedEvent[],
  view: RunView,
  runs: readonly RunView[],
): Attempt | null {
  const { run } = view;
  const own = events.filter(({ stream }) => stream === run.id);
  const changes = own.flatMap(({ event, position }) => {
    const planned =
      event.type === 'CommandStarted' ? event.data.plan.commands[event.data.command] : undefined;
    return planned && !planned.observes ? [{ event, position, host: planned.host.name }] : [];
  });
  const [first] = changes;
  if (!first) return null;
  const ended = own.find(({ event }) => event.type === 'RunEnded')?.event ?? null;
  const indicator = indicatorRead(events, { own, since: first.position, view, runs });
  return {
    run: run.id,
    step: null,
    at: first.event.at,
    endedAt: ended?.at ?? null,
    by: first.event.by,
    what: run.title,
    host: [...new Set(changes.map(({ host }) => host))].join(', '),
    result: ended?.type === 'RunEnded' ? resultInWords(ended, first.event.at) : 'Still running.',
    indicator,
    helped: helped(own, ended),
  };
}

function resultInWords({ at, data }: Extract<RunEvent, { type: 'RunEnded' }>, since: number): string {
  const took = spokenDuration(at - since);
  const why = data.why ? ` ${data.why}` : '';
  switch (data.kind) {
    case 'completed':
      return `Completed after ${took}.${why}`;
    case 'stopped':
      return `Stopped after ${took}.${why}`;
    case 'refused':
      return `Refused.${why}`;
    default: {
      const never: never = data.kind;
      return never;
    }
  }
}

/** The indicator of its last gate: that is the one which says how things are when it is over. */
function indicatorRead(
  events: readonly LoggedEvent[],
  {
    own,
    since,
    view,
    runs,
  }: { own: readonly LoggedEvent[]; since: number; view: RunView; runs: readonly RunView[] },
): Attempt['indicator'] {
  const gates = own.flatMap(({ event }) => (event.type === 'GateOpened' ? [event.data.gate] : []));
  const name = gates.at(-1)?.indicator;
  const indicator = name === undefined ? undefined : view.definition.service.indicators[name];
  if (!indicator) return null;
  const readings = events.flatMap(({ stream, event, position }) => {
    if (event.type !== 'ReadingTaken' || event.data.gate.indicator !== name) return [];
    const service = runs.find(({ run }) => run.id === stream)?.definition.service.name;
    return service === view.definition.service.name
      ? [{ stream, position, reading: event.data.reading }]
      : [];
  });
  const inside = readings.filter(({ stream }) => stream === view.run.id);
  const before =
    gates.find((gate) => gate.indicator === name && gate.before !== null)?.before ??
    // A gate that stands alone reads nothing beforehand; what another run read last is the next best.
    readings.findLast(({ position, reading }) => position < since && reading.value !== null)?.reading.value ??
    inside.find(({ reading }) => reading.verdict === 'fail')?.reading.value ??
    null;
  const { title, unit, objective } = indicator;
  return { title, unit, objective, before, after: inside.at(-1)?.reading.value ?? null };
}

function helped(own: readonly LoggedEvent[], ended: LoggedEvent['event'] | null): Attempt['helped'] {
  const failed = own.some(
    ({ event }) =>
      event.type === 'StepMoved' &&
      event.data.state.kind === 'failed' &&
      // Ended by a person in the middle: nobody knows what it would have done.
      event.data.state.code !== 'run-ended',
  );
  if (failed) return 'no';
  if (ended?.type !== 'RunEnded' || ended.data.kind !== 'completed') return 'unknown';
  const verified = own.some(
    ({ event }) =>
      event.type === 'StepSettled' &&
      (event.data.how.kind === 'held' || event.data.how.kind === 'done') &&
      event.data.how.verified !== null,
  );
  return verified ? 'yes' : 'unknown';
}
