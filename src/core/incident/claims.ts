/** The claim that keeps two incidents from being open for one service; an incident of no service claims its own id. */
export const openClaim = (serviceOrIncident: string): string => `open-incident:${serviceOrIncident}`;
