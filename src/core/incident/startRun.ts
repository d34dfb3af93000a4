import { forbidden } from '../access/forbidden.ts';
import { spokenActor } from '../actor.ts';
import type { Command } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, type Refusal, refuse } from '../decision.ts';
import { time } from '../moment.ts';
import { editedSinceShown } from '../run/edited.ts';
import { inputRefusal } from '../run/offer.ts';
import { undoWanted } from '../run/undo.ts';
import { underOverride } from '../run/window.ts';
import type { IncidentCommand } from './commands.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen } from './incident.ts';

/**
 * A run of the incident: of a playbook while it is open, or one that takes back what was changed, also after its end.
 */
export function startRun(
  draft: IncidentDraft,
  command: Command & Extract<IncidentCommand, { type: 'incident.start-run' }>,
  context: Context,
): Decision<IncidentEvent> {
  const incident = draft.state;
  const effects = effectsOf(draft, context);
  if (command.undo) {
    const unseen = forbidden(command.actor, 'change', command.undo.service, {
      room: context.room,
      incident,
    });
    if (unseen) return unseen;
    const wanted = undoWanted(command.undo, context.ledgers);
    if (wanted.kind === 'refused') return wanted;
    effects.run(wanted.definition, command.actor, command.reason, { undo: command.undo });
    effects.shown();
    return draft.decided();
  }
  if (!isOpen(incident)) return alreadyResolved(incident);
  const definition = playbookNamed(command.playbook, context);
  if (!definition) return refuse('invalid', `There is no playbook named ${command.playbook}.`);
  const { inputs, offeredAt, override, shown } = command;
  const edited = editedSinceShown(definition, shown);
  if (edited) return edited;
  const fault = inputRefusal(definition, inputs);
  if (fault !== null) return refuse('invalid', fault);
  const own = definition.playbook.service || (incident.service ?? '');
  const held = underOverride(definition, { own, incident, reason: override }, context);
  if (held?.kind === 'refused') return held;
  effects.run(definition, command.actor, command.reason, {
    ...(inputs && { inputs }),
    ...(offeredAt && { offeredAt }),
    ...(override !== undefined && { override }),
    ...(shown !== undefined && { shown }),
  });
  effects.unresolved();
  effects.shown();
  return draft.decided();
}

export const alreadyResolved = (incident: Incident): Refusal =>
  refuse(
    'already',
    incident.resolved
      ? `${spokenActor(incident.resolved.by)} already resolved ${incident.id} at ${time(incident.resolved.at)}.`
      : `${incident.id} is not open.`,
  );
