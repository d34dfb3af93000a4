import type { CommandBody } from '../../core/command.ts';
import type { Answer } from '../../core/decision.ts';
import type { Severity } from '../../core/severity.ts';
import type { Desk } from '../../engine/ports.ts';
import type { Asked, Reply } from './asked.ts';
import { nothing, privately } from './asked.ts';
import { spoken } from './escape.ts';

/** Hands a command to the engine on behalf of the person and tells them, and only them, if it was refused. */
export async function act(
  desk: Desk,
  asked: Asked,
  body: CommandBody,
  done: (answer: Extract<Answer, { kind: 'accepted' }>) => Reply = () => nothing,
): Promise<Reply> {
  const answer = await desk.act(asked.user, body, asked.once);
  if (answer.kind === 'accepted') return done(answer);
  // The same delivery again: whoever asked was answered the first time.
  if (answer.code === 'duplicate') return nothing;
  return privately(spoken(answer.message, 'everybody'));
}

/** What follows the number of an incident that was just declared. */
export const isOpenNow = (desk: Desk, severity: Severity): string =>
  desk.room().routing[severity].place.kind === 'log'
    ? `is open, in the log alone: ${severity} is posted nowhere and calls nobody.`
    : 'is open.';
