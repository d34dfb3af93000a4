import type { Notice } from '../alert/alert.ts';
import type { Incident } from './incident.ts';

/** The claim that keeps two incidents from being open for one service; an incident of no service claims its own id. */
export const openClaim = (serviceOrIncident: string): string => `open-incident:${serviceOrIncident}`;

/** What an incident holds while it is open. A drill holds nothing of its service: a real alert must find that free. */
export const openClaimOf = ({ id, service, drill }: Pick<Incident, 'id' | 'service' | 'drill'>): string =>
  openClaim(drill || service === null ? id : service);

/** Held by the drill whose channel it is, for ever: no real run may be started in there. */
export const drillChannelClaim = (channel: string): string => `drill-channel:${channel}`;

/**
 * The claim of an episode, its time first: episodes come in the order of their time, and keys that come in order fill a
 * page of the database after the other, where keys in the order of fingerprints would write a page each.
 */
export const episodeClaim = ({ fingerprint, startsAt }: Pick<Notice, 'fingerprint' | 'startsAt'>): string =>
  `episode:${startsAt}@${fingerprint}`;
