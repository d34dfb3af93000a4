import { type Around, type Gate, gateOf, isHeldToWindows, openingText } from '../calendar/gate.ts';
import type { Context } from '../context.ts';
import { type Refusal, refuse } from '../decision.ts';
import { type Incident, isOpen } from '../incident/incident.ts';
import type { Definition } from '../playbook/definition.ts';
import { channelForEdits } from '../playbook/roomChange.ts';
import { tell, type Walking } from './effects.ts';
import type { Override, Plan } from './plan.ts';
import { planWhole } from './resolve.ts';
import { changesOf, servicesOf } from './rights.ts';
import type { Approval } from './run.ts';

/**
 * Planned changes and the calendar. What says `window: required` starts while everything is open, or as an override: with
 * a reason, against everything that stood against it at that moment, and with a second person's word. The word counts
 * for what was shown: where something more stands against it by then, it is asked for anew.
 */

type Situated = Pick<Context, 'now' | 'room' | 'freezes' | 'openIncidents'>;

/** All that the procedure changes has to be open, the services of its steps as well as its own. */
const changedBy = (definition: Definition, own: string): readonly string[] => [
  ...new Set([own, ...servicesOf(planWhole(definition), own)]),
];

export const gateFor = (definition: Definition, own: string, around: Around): Gate =>
  gateOf(changedBy(definition, own), around);

const aroundOf = ({ now, room, freezes, openIncidents }: Situated): Around => ({
  ...{ now, calendar: room.calendar, freezes, openIncidents },
});

/** How a start stands to the windows: nothing is against it, a reason was given for going past them, or it is refused. */
export function underOverride(
  definition: Definition,
  asked: { readonly own: string; readonly incident: Incident | null; readonly reason: string | undefined },
  situated: Situated,
): { readonly kind: 'override'; readonly override: Override } | Refusal | null {
  const { own, incident, reason = '' } = asked;
  if (incident?.drill || !isHeldToWindows(definition.playbook)) return null;
  const gate = gateFor(definition, own, aroundOf(situated));
  if (gate.kind === 'open') return null;
  const { blockers: against } = gate;
  if (reason.trim() === '')
    return refuse(
      'closed',
      `${definition.playbook.title} does not start now. ${closedText(gate, situated)} ${howPast}`,
    );
  const changes = changesOf(planWhole(definition), own);
  const services = changes.some(({ service }) => service === own) ? changes : [{ service: own }, ...changes];
  return { kind: 'override', override: { reason: reason.trim(), against, services } };
}

export const closedText = (
  gate: Extract<Gate, { kind: 'closed' }>,
  { room }: Pick<Situated, 'room'>,
): string => `${gate.blockers.map(({ text }) => text).join(' ')} ${openingText(gate, room.calendar.zone)}`;

const howPast =
  'To go past this, start it with a reason for that in its form; a second person with the right override then decides.';

/**
 * Why an approval comes too late: what stands against the plan by now and was not shown with it. Null where nothing is.
 * Broken glass goes past windows as it is.
 */
export function closedMeanwhile({ draft, definition, context }: Walking, plan: Plan): string | null {
  const { service, drill } = draft.state;
  if (drill || !isHeldToWindows(definition.playbook)) return null;
  const gate = gateFor(definition, service, aroundOf(context));
  if (gate.kind === 'open') return null;
  const shown = new Set(plan.override?.against.map(({ key }) => key));
  const more = gate.blockers.filter(({ key }) => !shown.has(key));
  if (more.length === 0) return null;
  return `Since it was asked for: ${closedText({ ...gate, blockers: more }, context)}`;
}

/** Within an incident the change is a hotfix, and one of the two who stand for it has to command that incident. */
export function refusedAsHotfix(
  { context }: Walking,
  { requestedBy, plan }: Approval,
  approver: string,
): Refusal | null {
  const { incident } = context;
  if (!plan.override || !incident || !isOpen(incident)) return null;
  const { commander } = incident.roles;
  if (commander === requestedBy || commander === approver) return null;
  return refuse(
    'not-allowed',
    commander === undefined
      ? `${incident.id} has no commander, and one of the two who stand for a hotfix has to be the commander.`
      : `One of the two who stand for this hotfix has to be the commander of ${incident.id}, <@${commander}>.`,
  );
}

/** Going past the windows is said where incidents are told of, and in the incident that it belongs to. */
export function announceOverride(walking: Walking, { plan, requestedBy }: Approval, approver: string): void {
  const { override } = plan;
  if (!override) return;
  const { draft, context } = walking;
  const { id, incident } = draft.state;
  if (incident) {
    const against = override.against.map(({ text }) => text).join(' ');
    const text = `<@${requestedBy}> and <@${approver}> override what stands against *${plan.title}*: ${override.reason} (${against})`;
    tell(walking, { type: 'incident.note', incident, kind: 'bot', text });
  }
  const channel = channelForEdits(context.room.routing);
  if (channel === null) return;
  const subject = { kind: 'override', run: id } as const;
  const where = { in: { kind: 'channel', channel }, thread: null } as const;
  draft.effect({ kind: 'show', subject, where }, { lane: `chat/${incident ?? id}` });
}
