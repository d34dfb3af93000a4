import type { Incident } from '../incident/incident.ts';
import type { LoggedEvent } from './postMortem.ts';

export type Participant = { readonly who: string; readonly role: string };

/** Everybody who had a part, once, with all that they were: roles first, then who decided on plans, then the others. */
export function peopleOf(events: readonly LoggedEvent[], incident: Incident): readonly Participant[] {
  const parts = new Map<string, Set<string>>();
  const add = (who: string, role: string) => {
    if (!isPerson(who)) return;
    parts.set(who, (parts.get(who) ?? new Set()).add(role));
  };
  for (const [role, who] of Object.entries(incident.roles)) add(who, role);
  for (const { event } of events) {
    if (event.type !== 'PlanDecided' && event.type !== 'ApprovalDecided') continue;
    const { state } = event.data;
    if (state.kind === 'approved') add(state.by, 'approved a plan');
    if (state.kind === 'glass-broken') add(state.by, 'broke the glass');
    if (state.kind === 'refused') add(state.by, 'refused a plan');
  }
  for (const who of incident.responders) if (!parts.has(who)) add(who, 'responder');
  return [...parts].map(([who, roles]) => ({ who, role: [...roles].join(', ') }));
}

const isPerson = (who: string): boolean => who !== 'bot' && who !== 'alertmanager';
