import { askedOf, explainAsked, explainedLines } from '../../../core/access/asked.ts';
import { mentioned } from '../../../core/actor.ts';
import type { Desk } from '../../../engine/ports.ts';
import type { Asked } from '../asked.ts';
import { spoken } from '../escape.ts';
import { help } from './overview.ts';

/** `/genesis access <action> [@person]`: in an incident's channel with the roles of that incident. */
export async function accessExplained(
  desk: Desk,
  asked: Asked,
  [action = '', person]: readonly string[],
): Promise<string> {
  if (action === '') return help('access');
  const other = mentioned(person ?? '');
  if (person !== undefined && other === null)
    return 'Name the person by a mention, as in `/genesis access approve @person`.';
  const room = desk.room();
  const incident = asked.channel === null ? null : await desk.incidentOfChannel(asked.channel);
  // Who may do what is told to those who may look.
  const looks = await desk.may(asked.user, 'observe', incident?.service ?? null, incident);
  if (!looks.allowed) return spoken(looks.reason, []);
  const question = askedOf(room, action, incident?.service ?? null);
  if ('unknown' in question) return spoken(question.unknown, []);
  const user = other ?? asked.user;
  const who = await desk.who(user, incident);
  if ('refused' in who) return `<@${user}>: ${spoken(who.refused, [])}`;
  const explained = explainAsked(room.access, who.known, incident, question);
  const name = `<@${user}>${incident ? ` in ${incident.id}` : ''}`;
  const [first = '', ...rest] = explainedLines(room.access, name, explained);
  return [first, ...rest.map((line) => spoken(line, []))].join('\n').slice(0, 2_900);
}
