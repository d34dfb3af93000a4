import { time } from '../../../core/moment.ts';
import { isVacant } from '../../../core/people/roster.ts';
import type { Room } from '../../../core/playbook/room.ts';
import type { OnDuty, Rota } from '../../../engine/pagerPort.ts';
import { foreign, who } from '../escape.ts';

/** `/genesis oncall`: a line for each duty, those that nobody has last. */
export async function onCallNow({ roster }: Room, rota: Rota | null): Promise<string> {
  const duties = Object.values(roster);
  if (duties.length === 0)
    return 'There is no roster. `roster.yml` in the folder of the playbooks says who is called for what.';
  const vacant = duties.filter(isVacant);
  const held = duties.filter((duty) => !isVacant(duty));
  const now = rota ? await rota.onDuty(held) : [];
  const lines = now.map(onDutyLine);
  const open =
    vacant.length === 0
      ? []
      : [`*Nobody is entered for:* ${vacant.map(({ title }) => foreign(title, 80)).join(', ')}`];
  return ['*On call now*', ...lines, ...open].join('\n');
}

function onDutyLine({ duty, paged, members, unknown }: OnDuty): string {
  const title = `*${foreign(duty.title, 80)}* (${foreign(duty.name, 60)})`;
  const first = paged.filter(({ level }) => level === Math.min(...paged.map((each) => each.level)));
  const names = first.map(
    ({ name, until }) => `${foreign(name, 60)}${until === null ? '' : ` until ${time(until)}`}`,
  );
  const shown = members.slice(0, 8).map(who);
  const more = members.length > shown.length ? ` and ${members.length - shown.length} more` : '';
  const people = names.length > 0 ? names.join(', ') : shown.length > 0 ? `${shown.join(', ')}${more}` : null;
  const trouble = unknown === null ? '' : ` (${foreign(unknown, 200)})`;
  if (people === null)
    return duty.pagerduty !== null && duty.usergroup === null
      ? `• ${title}: whoever PagerDuty pages; its roster cannot be read here${trouble}`
      : `• ${title}: nobody at this moment${trouble}`;
  return `• ${title}: ${people}${trouble}`;
}
