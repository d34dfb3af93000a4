import { time } from '../moment.ts';
import type { Incident } from './incident.ts';
import type { Silence, SilenceEnd } from './silence.ts';

/** Names enough to know what it is about. */
const mostNamed = 5;

export function namesText(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).join(', ')}${more}`;
}

/** Said when a silence has begun. */
export function beginText(incident: Incident, silence: Silence, endsAt: number): string {
  const { cause, names, left, until, by } = silence;
  const which = namesText(names);
  if (cause.kind === 'action')
    return `Silenced in Alertmanager until ${time(endsAt)} while *${cause.title}* is carried out: ${which}.`;
  const loud =
    incident.severity === 'P0' ? '*This is a P0, and its alerts call nobody until the silence ends.* ' : '';
  const most = until === null ? '' : `, until ${time(until)} at the latest`;
  const rest =
    left === 0 ? '' : ` ${left === 1 ? '1 firing alert is' : `${left} firing alerts are`} not part of it.`;
  return `${loud}Silenced in Alertmanager while <@${by}> works: ${which}. It ends at ${time(endsAt)} and is made longer while people are active here${most}.${rest}`;
}

/** Said when a silence is over. */
export function endText({ cause, held }: Silence, why: SilenceEnd, now: number): string {
  const what = cause.kind === 'action' ? `The silence for *${cause.title}*` : 'The silence';
  const at = time(Math.min(held?.endsAt ?? now, now));
  const again = 'alerts will be heard again';
  switch (why) {
    case 'stopped':
      return `${what} was removed; ${again}.`;
    case 'resolved':
    case 'verified':
      return `${what} was removed.`;
    case 'nobody':
      return `${what} was removed, because nobody has this incident; ${again}.`;
    case 'idle':
      return `${what} ended at ${at}, because nobody was active here; ${again}.`;
    case 'over':
      return `${what} ended at ${at}, as was asked for; ${again}.`;
    case 'lapsed':
      return `${what} ended at ${at}, because it was not renewed in time; ${again}.`;
    case 'elsewhere':
    case 'failed':
      return `${what} is not in effect at Alertmanager any more; ${again}.`;
    default: {
      const never: never = why;
      return never;
    }
  }
}
