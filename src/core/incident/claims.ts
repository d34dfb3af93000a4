import type { Notice } from '../alert/alert.ts';

/** The claim that keeps two incidents from being open for one service; an incident of no service claims its own id. */
export const openClaim = (serviceOrIncident: string): string => `open-incident:${serviceOrIncident}`;

/**
 * The claim of an episode, its time first: episodes come in the order of their time, and keys that come in order fill a
 * page of the database after the other, where keys in the order of fingerprints would write a page each.
 */
export const episodeClaim = ({ fingerprint, startsAt }: Pick<Notice, 'fingerprint' | 'startsAt'>): string =>
  `episode:${startsAt}@${fingerprint}`;
