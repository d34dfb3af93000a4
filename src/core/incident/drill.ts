import { forbidden } from '../access/forbidden.ts';
import type { Command } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, type Refusal, refuse } from '../decision.ts';
import type { IncidentCommand } from './commands.ts';
import type { IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen } from './incident.ts';
import { newIncident } from './open.ts';

/**
 * A drill is an incident that is only practised. It is decided, walked and written down like any other; what it must
 * not do is kept apart here and in its effects: it holds no claim of its service, calls nobody, is announced nowhere,
 * and ends with its walk, by a click, or by itself.
 */

type StartDrill = Command & Extract<IncidentCommand, { type: 'incident.drill' }>;

/** Long enough for any walk with its checks at their real length, too short to be found open the next morning. */
const endsAfterMs = 2 * 60 * 60_000;

export const drillEndsAfter = ({ pace }: Context['room']): number => endsAfterMs / pace;

export function openDrill(command: StartDrill, context: Context): Decision<IncidentEvent> {
  const definition = playbookNamed(command.playbook, context);
  if (!definition) return refuse('invalid', `There is no playbook named ${command.playbook}.`);
  const { playbook } = definition;
  const service = playbook.service || null;
  const denied = forbidden(command.actor, 'change', service, context);
  if (denied) return denied;
  const draft = newIncident(
    {
      title: playbook.title,
      service,
      severity: playbook.severity,
      definition,
      summary: summaryFor(command.firstFails),
      actor: command.actor,
      drill: { firstFails: command.firstFails },
    },
    context,
  );
  draft.effect(
    {
      kind: 'tell',
      command: {
        actor: { kind: 'bot' },
        type: 'incident.resolve',
        incident: draft.state.id,
        note: 'Nobody had ended it, so it ended by itself.',
      },
    },
    { notBefore: context.now + drillEndsAfter(context.room) },
  );
  return draft.decided();
}

const summaryFor = (firstFails: boolean): string =>
  `Practice. Commands, files and readings are played: nothing reaches a host, and nobody is called.${
    firstFails ? ' The first mitigation will fail.' : ''
  }`;

/** With its last walk a drill has ended; what was learned is in its report. */
export function walkOver(draft: IncidentDraft): void {
  const { state } = draft;
  if (!state.drill || !isOpen(state)) return;
  if (state.runs.some((run) => !state.endedRuns.includes(run))) return;
  const { id } = state;
  draft.effect({
    kind: 'tell',
    command: { actor: { kind: 'bot' }, type: 'incident.resolve', incident: id, note: null },
  });
}

export const drillIsOver = ({ id, playbook }: Incident): Refusal =>
  refuse('stale', `${id} was a drill and is over. Start another one: \`/genesis drill ${playbook}\`.`);
