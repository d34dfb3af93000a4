import type { CommandBody } from '../../core/command.ts';
import type { Answer } from '../../core/decision.ts';
import type { Severity } from '../../core/severity.ts';
import type { Desk } from '../../engine/ports.ts';
import type { Asked, Reply } from './asked.ts';
import { nothing, privately, shown } from './asked.ts';
import { notInDrill } from './drillOnly.ts';
import { spoken } from './escape.ts';

/** Hands a command to the engine on behalf of the person and tells them, and only them, if it was refused. */
export async function act(
  desk: Desk,
  asked: Asked,
  body: CommandBody,
  done: (answer: Extract<Answer, { kind: 'accepted' }>) => Reply = () => shown,
): Promise<Reply> {
  const elsewhere = await notInDrill(desk, asked, body);
  if (elsewhere) return elsewhere;
  const answer = await desk.act(asked.user, body, asked.once);
  if (answer.kind === 'accepted') return done(answer);
  // The same delivery again: whoever asked was answered the first time.
  if (answer.code === 'duplicate') return nothing;
  return privately(spoken(answer.message, 'everybody'));
}

/**
 * The refusal for somebody who may not even look at a service (null: at all of them), or null where they may. Forms and
 * private answers tell of incidents, plans and output, so they are for people who may look and for nobody else.
 */
export async function mayNotLook(desk: Desk, asked: Asked, service: string | null): Promise<Reply | null> {
  const permission = await Promise.race([desk.may(asked.user, 'observe', service), tooLate()]);
  return permission.allowed ? null : privately(spoken(permission.reason, 'everybody'));
}

/** What a form needs to know before it opens; `late` where Slack takes too long to say. */
export const inTime = <T>(work: Promise<T>, late: (why: string) => T): Promise<T> =>
  Promise.race([work, tooLate().then(({ reason }) => late(reason))]);

/** A form has to open within three seconds of the click; whoever is not known by then is refused. */
const patienceMs = 2_000;

const tooLate = (): Promise<{ allowed: false; reason: string }> =>
  new Promise((resolve) => {
    const reason = 'Slack did not say in time who you are, so nothing was done. Try again in a moment.';
    setTimeout(() => resolve({ allowed: false, reason }), patienceMs).unref();
  });

/** What follows the number of an incident that was just declared. */
export const isOpenNow = (desk: Desk, severity: Severity): string =>
  desk.room().routing[severity].place.kind === 'log'
    ? `is open, in the log alone: ${severity} is posted nowhere and calls nobody.`
    : 'is open.';
