import type { Incident } from '../core/incident/incident.ts';
import type { Posted, Store } from './ports.ts';

/** Incidents that were resolved may still be talked about; this many of the newest are looked through. */
const looked = 50;

/**
 * The incident that something said at a place is about: the one whose channel it is, or, in a channel that many share,
 * the one whose card or announcement begins the thread. Null where it is about none.
 */
export async function incidentAt(
  store: Pick<Store, 'incidentOfChannel' | 'openIncidents' | 'openDrills' | 'recentIncidents' | 'posted'>,
  channel: string,
  threadTs: string | null,
): Promise<Incident | null> {
  const own = await store.incidentOfChannel(channel);
  if (own !== null || threadTs === null) return own;
  const begins = (at: Posted | null) => at?.channel === channel && at.ts === threadTs;
  const seen = new Set<string>();
  // Open ones first: a thread is nearly always about one of them.
  for (const some of [
    () => store.openIncidents(),
    () => store.openDrills(),
    () => store.recentIncidents(looked),
  ]) {
    for (const incident of await some()) {
      if (seen.has(incident.id)) continue;
      seen.add(incident.id);
      const { id } = incident;
      if (begins(await store.posted({ kind: 'card', incident: id }))) return incident;
      if (begins(await store.posted({ kind: 'announcement', incident: id }))) return incident;
      // Whoever goes on talking in the thread that it was moved from still means this one.
      const before = { kind: 'moved', incident: id, of: { kind: 'card', incident: id } } as const;
      if (incident.movedFrom !== undefined && begins(await store.posted(before))) return incident;
    }
  }
  return null;
}
