import { forbidden } from '../access/forbidden.ts';
import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, type Refusal, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import { drillChannelClaim } from '../incident/claims.ts';
import { isOpen } from '../incident/incident.ts';
import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Definition } from '../playbook/definition.ts';
import type { RunId } from '../stream.ts';
import { advance } from './advance.ts';
import { startedAs } from './answeredBy.ts';
import { proposePlan } from './approve.ts';
import type { RunCommand } from './commands.ts';
import { editedSinceShown } from './edited.ts';
import { tell, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { evolveRun } from './evolve.ts';
import { examplesOf, inputRefusal, inputsOf } from './offer.ts';
import type { Run } from './run.ts';
import { isUndo, undoClaim, undoneByAll, undoWanted } from './undo.ts';
import { beginUpdates } from './updates.ts';
import { underOverride } from './window.ts';

export function start(
  command: Command & Extract<RunCommand, { type: 'run.start' }>,
  context: Context,
): Decision<RunEvent> {
  // What was changed, and whether somebody is at it, is for those who may act there.
  const unseen = command.undo && forbidden(command.actor, 'change', command.undo.service, context);
  if (unseen) return unseen;
  const wanted = command.undo
    ? undoWanted(command.undo, context.ledgers)
    : playbookWanted(command.playbook, context);
  if (wanted.kind === 'refused') return wanted;
  const { definition } = wanted;
  const { playbook } = definition;
  const edited = command.undo ? null : editedSinceShown(definition, command.shown);
  if (edited) return edited;
  // The generic playbook knows no service of its own; in an incident it acts for the incident's.
  const service = playbook.service || (context.incident?.service ?? '');
  const denied = forbidden(command.actor, 'change', service, context);
  if (denied) return denied;
  const { incident } = context;
  const elsewhere = command.incident === null ? refusedInDrillChannel(command, context) : null;
  if (elsewhere) return elsewhere;
  if (incident && !isOpen(incident) && !isUndo(definition))
    return refuse('stale', `${incident.id} was resolved meanwhile.`);
  // Nobody fills in a form for practice: the playbook's own examples will do.
  const inputs = incident?.drill ? { ...examplesOf(definition), ...command.inputs } : command.inputs;
  const fault = inputRefusal(definition, inputs);
  if (fault !== null) return refuse('invalid', fault);
  const held = underOverride(definition, { own: service, incident, reason: command.override }, context);
  if (held?.kind === 'refused') return held;
  const id: RunId = command.run ?? `RUN-${context.nextRun}`;
  const canonical = canonicalJson(definition);
  const hash = sha256Hex(canonical);
  const by = actorId(command.actor);
  const draft: Walking['draft'] = new Draft(undefined as unknown as Run, (state, event) =>
    evolveRun(state ?? null, event),
  );
  draft.keepDefinition(hash, canonical);
  for (const ref of undoneByAll(definition)) draft.take(undoClaim(ref));
  draft.emit({
    type: 'RunStarted',
    data: {
      id,
      incident: command.incident,
      playbook: playbook.name,
      title: playbook.title,
      service,
      definition: hash,
      authority: playbook.authority,
      channel: command.place.kind === 'channel' ? command.place.channel : null,
      reason: command.reason,
      ...(incident?.drill ? { drill: true as const } : {}),
      ...(playbook.inputs && {
        inputs: inputsOf(definition, inputs),
        ...startedAs(definition, command.actor),
      }),
    },
    at: context.now,
    by,
  });
  const walking: Walking = { draft, definition, context, by };
  if (command.offeredAt) tell(walking, { type: 'run.offer-taken', ...command.offeredAt, started: id });
  if (playbook.authority === 'whole' || held) return proposePlan(walking, command.actor, held?.override);
  beginUpdates(walking);
  advance(walking);
  return draft.decided();
}

/** What is started in the channel of a drill would be real, and everybody there would take it for practice. */
function refusedInDrillChannel(
  { place }: Extract<RunCommand, { type: 'run.start' }>,
  { holders }: Context,
): Refusal | null {
  const drill = place.kind === 'channel' ? holders.get(drillChannelClaim(place.channel)) : undefined;
  return drill
    ? refuse(
        'invalid',
        `This channel belongs to the drill ${drill.stream}, and what you asked for would be real. Start it in another channel.`,
      )
    : null;
}

function playbookWanted(
  name: string,
  context: Context,
): { kind: 'wanted'; definition: Definition } | Refusal {
  const definition = playbookNamed(name, context);
  return definition
    ? { kind: 'wanted', definition }
    : refuse('invalid', `There is no playbook named ${name}.`);
}
