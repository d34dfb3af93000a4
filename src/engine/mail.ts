import { isSlackId } from '../core/actor.ts';
import type { Effect } from '../core/effect.ts';
import { incidentMail, namedIn } from '../core/report/incidentMail.ts';
import { whoInWords } from '../core/report/written.ts';
import type { MailDesk } from './mailPort.ts';
import { incidentState } from './messages.ts';
import { type Claimed, type Clock, type Desk, type Store, WorkFailed } from './ports.ts';

/** What was not mailed for so long is no news any more. */
const longestTryMs = 24 * 60 * 60_000;

/** Mails the summary of an incident as it stands. Throws WorkFailed. */
export async function mailSummary(
  effect: Extract<Effect, { kind: 'email' }>,
  { createdAt }: Pick<Claimed, 'createdAt'>,
  {
    store,
    clock,
    desk,
    mail,
  }: {
    readonly store: Store;
    readonly clock: Clock;
    readonly desk: Pick<Desk, 'namesOf'>;
    readonly mail: MailDesk | null;
  },
): Promise<void> {
  const incident = await incidentState(store, effect.incident);
  // No mail leaves for practice, whatever asked for it.
  if (incident.drill)
    throw new WorkFailed('drill', `${incident.id} is a drill, and nothing of a drill is mailed.`);
  if (!mail) throw new WorkFailed('mail-off', 'SMTP_URL is not set any more.');
  const { mailer, whereabouts } = mail;
  const { owner, resolvedBy } = namedIn(incident);
  const people = [owner, resolvedBy].filter((id) => id !== null).filter(isSlackId);
  const names = await desk.namesOf([...new Set(people)]);
  const facts = {
    owner: owner && whoInWords(owner, names),
    resolvedBy: resolvedBy && whoInWords(resolvedBy, names),
    link: incident.channel ? await whereabouts.linkTo(incident.channel.id) : null,
  };
  const keyOf = (moment: string, at: number) => `${incident.id}.${moment}.${at}`;
  try {
    await mailer.send({
      key: keyOf(effect.moment, effect.at),
      follows: effect.moment === 'opened' ? null : keyOf('opened', incident.openedAt),
      ...incidentMail(incident, effect.moment, facts),
    });
  } catch (error) {
    if (!(error instanceof WorkFailed) || !error.retry || clock.now() - createdAt < longestTryMs) throw error;
    throw new WorkFailed(error.code, `${error.message} It was tried for a day.`, { cause: error });
  }
}
