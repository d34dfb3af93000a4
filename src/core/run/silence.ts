import type { Command } from '../command.ts';
import { silenceLane } from '../incident/silence.ts';
import type { IncidentId } from '../stream.ts';
import type { Walking } from './effects.ts';
import type { Plan } from './plan.ts';

/** What is known to make noise is announced to the incident, which has the alerts; a run outside any has none to silence. */
export function silenceFor(walking: Walking, plan: Plan): void {
  const incident = incidentToTell(walking, plan);
  if (incident === null || !plan.silences) return;
  const { id, service } = walking.draft.state;
  const { forMs, alerts, service: other } = plan.silences;
  tellInOrder(walking, {
    actor: { kind: 'bot' },
    type: 'incident.silence-action',
    incident,
    run: id,
    title: plan.title,
    by: walking.by === 'bot' ? null : walking.by,
    service: other ?? service,
    forMs,
    ...(alerts && { alerts }),
  });
}

/** However the action ended, from now on alerts say something again. */
export function hearAgain(walking: Walking, plan: Plan): void {
  const incident = incidentToTell(walking, plan);
  if (incident === null) return;
  const { id: run } = walking.draft.state;
  tellInOrder(walking, { actor: { kind: 'bot' }, type: 'incident.silence-over', incident, run });
}

function incidentToTell({ draft, context }: Walking, { silences }: Plan): IncidentId | null {
  const { incident, drill } = draft.state;
  return silences && !drill && context.room.silences ? incident : null;
}

/** The end of an action must not come before its beginning, however close they are. */
function tellInOrder(
  { draft }: Walking,
  command: Extract<Command, { type: 'incident.silence-action' | 'incident.silence-over' }>,
): void {
  draft.effect({ kind: 'tell', command }, { lane: silenceLane(command.incident) });
}
