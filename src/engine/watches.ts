import type { IncidentEvent } from '../core/incident/events.ts';
import type { WatchId } from '../core/stream.ts';
import { type WatchReport, watchReport } from '../core/watch/report.ts';
import type { Posted, Store } from './ports.ts';

/** What came of a watch so far, read from the log; null where there is none of that number. */
export async function readWatchReport(
  store: Pick<Store, 'state' | 'events'>,
  id: WatchId,
  pace: number,
): Promise<WatchReport | null> {
  const state = await store.state(id);
  if (state?.kind !== 'watch') return null;
  const incidents: IncidentEvent[][] = [];
  for (const stream of state.watch.incidents)
    incidents.push((await store.events({ stream })).map(({ event }) => event as IncidentEvent));
  return watchReport(state.watch, incidents, pace);
}

/** Where the cards of its incidents are, by the incident: what lives in a thread has no channel to link to. */
export async function cardsOf(
  store: Pick<Store, 'posted'>,
  { takings }: WatchReport,
): Promise<Readonly<Record<string, Posted>>> {
  const places: Record<string, Posted> = {};
  for (const { incident } of takings) {
    const at = await store.posted({ kind: 'card', incident });
    if (at) places[incident] = at;
  }
  return places;
}
