import { time } from '../../../core/moment.ts';
import { type Duty, isReachable, isVacant } from '../../../core/people/roster.ts';
import type { Room } from '../../../core/playbook/room.ts';
import type { OnDuty, Rota } from '../../../engine/pagerPort.ts';
import { foreign, who } from '../escape.ts';

/** `/genesis oncall`: a line for each duty, those that cannot be called last. */
export async function onCallNow(room: Room, rota: Rota | null): Promise<string> {
  const duties = Object.values(room.roster);
  if (duties.length === 0)
    return 'There is no roster, so nobody can be called. `roster.yml` in the folder of the playbooks says who is called for what.';
  const vacant = duties.filter(isVacant);
  const held = duties.filter((duty) => isReachable(duty, room));
  const mute = duties.filter((duty) => !vacant.includes(duty) && !held.includes(duty));
  const now = rota ? await rota.onDuty(held) : [];
  return [
    '*On call now*',
    ...now.map(onDutyLine),
    ...(vacant.length === 0
      ? []
      : [
          `*Nobody is entered for:* ${titles(vacant)}. Enter a user group, user ids or a PagerDuty service in \`roster.yml\`.`,
        ]),
    ...(mute.length === 0
      ? []
      : [
          `*Cannot be called, as PagerDuty is not set up here:* ${titles(mute)}. Enter a user group or user ids in \`roster.yml\` too.`,
        ]),
  ].join('\n');
}

const titles = (duties: readonly Duty[]): string => duties.map(({ title }) => foreign(title, 80)).join(', ');

function onDutyLine({ duty, paged, members, unknown }: OnDuty): string {
  const title = `*${foreign(duty.title, 80)}* (${foreign(duty.name, 60)})`;
  const levels = (paged ?? []).map(({ level }) => level);
  const first = (paged ?? []).filter(({ level }) => level === Math.min(...levels));
  const names = first.map(
    ({ name, until }) => `${foreign(name, 60)}${until === null ? '' : ` until ${time(until)}`}`,
  );
  const shown = members.slice(0, 8).map(who);
  const more = members.length > shown.length ? ` and ${members.length - shown.length} more` : '';
  const people = names.length > 0 ? names.join(', ') : shown.length > 0 ? `${shown.join(', ')}${more}` : null;
  const trouble = unknown === null ? '' : ` (${foreign(unknown, 200)})`;
  return `• ${title}: ${people ?? nobodyKnown(duty, { paged, unknown })}${trouble}`;
}

/** Nobody is said only where whoever knows was asked and has answered so. */
function nobodyKnown(duty: Duty, { paged, unknown }: Pick<OnDuty, 'paged' | 'unknown'>): string {
  const { usergroup, pagerduty } = duty;
  const reached = usergroup === null ? 'whoever PagerDuty pages' : `@${foreign(usergroup, 80)}`;
  if (unknown !== null) return `${reached}; who that is now is not known`;
  if (pagerduty !== null && paged === null)
    return pagerduty.escalationPolicy === null
      ? 'whoever PagerDuty pages; with its `escalation_policy` in `roster.yml`, it stands here who that is'
      : 'whoever PagerDuty pages; with a PAGERDUTY_TOKEN, it stands here who that is';
  const where = [
    ...(usergroup === null ? [] : [`into the group @${foreign(usergroup, 80)}`]),
    ...(pagerduty === null ? [] : ['on its schedule in PagerDuty']),
  ];
  return `nobody at this moment; put somebody ${where.join(' or ')}`;
}
