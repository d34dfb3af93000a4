import type { Command } from '../core/command.ts';
import type { Effect } from '../core/effect.ts';
import { type IncidentId, isIncidentId, isRunId } from '../core/stream.ts';
import { pageFailure } from './paging.ts';
import type { Claimed, WorkFailed } from './ports.ts';

/** What is recorded for a command whose process died with the bot, or before the bot learned of its end. */
export function interruptedCommand(
  effect: Extract<Effect, { kind: 'run-command' }>,
  why = 'The bot stopped while this ran.',
): Command {
  const { run, step, attempt, command } = effect;
  const message = `${why} It may or may not have happened.`;
  const outcome = { kind: 'unknown', message } as const;
  return {
    actor: { kind: 'bot' },
    type: 'run.command-ended',
    run,
    step,
    attempt,
    command,
    outcome,
    previous: undefined,
  };
}

/** Something that will not be tried again is said where people look, unless the saying itself is what failed. */
export function sayGivenUp(
  { effect, stream }: Claimed,
  now: number,
  failure: WorkFailed,
): readonly Command[] {
  // A run waits for these two; without an answer it would wait for ever.
  if (effect.kind === 'run-command') return [interruptedCommand(effect, failure.message)];
  if (effect.kind === 'read-indicator') {
    const { run, step, attempt, purpose } = effect;
    const reading = { at: now, verdict: 'inconclusive', why: failure.message, value: null } as const;
    return [{ actor: { kind: 'bot' }, type: 'run.reading', run, step, attempt, purpose, reading }];
  }
  // A run outside any incident that cannot be seen has nobody who could end it.
  const ownMessage = effect.kind === 'show' && effect.subject.kind !== 'override';
  if (ownMessage && isRunId(stream) && stream.startsWith('RUN-')) {
    const why = `Its messages cannot be posted. ${failure.message}`;
    return [{ actor: { kind: 'bot' }, type: 'run.end', run: stream, why }];
  }
  const incident = (stream.split('.')[0] ?? '') as IncidentId;
  if (effect.kind === 'show' || !isIncidentId(incident)) return [];
  const unpaged = pageFailure({ effect }, failure);
  if (unpaged) return [unpaged];
  const actor = { kind: 'bot' } as const;
  if (effect.kind === 'silence') {
    const { number, does } = effect;
    return does === 'look'
      ? [{ actor, type: 'incident.silence-seen', incident, number, activeAt: null }]
      : [{ actor, type: 'incident.silence-failed', incident, number, does, message: failure.message }];
  }
  if (effect.kind === 'open-channel') {
    return [{ actor, type: 'incident.channel-failed', incident, message: failure.message }];
  }
  return [
    {
      actor,
      type: 'incident.effect-given-up',
      incident,
      what: inWords[effect.kind],
      message: failure.message,
    },
  ];
}

type SaidElsewhere = 'show' | 'silence' | 'open-channel' | 'run-command' | 'read-indicator';

const inWords: Readonly<Record<Exclude<Effect['kind'], SaidElsewhere>, string>> = {
  'set-topic': 'Setting the topic',
  invite: 'Inviting people',
  pin: 'Pinning the card',
  bookmark: 'Adding a bookmark',
  move: 'Moving to its own channel',
  leave: 'Saying where the incident goes on',
  'read-trigger': 'Reading an indicator with a rollback trigger',
  chart: 'Posting the chart',
  'post-mortem': 'Posting the post-mortem draft',
  'stop-command': 'Stopping a command',
  page: 'Paging',
  'page-end': 'Ending a page in PagerDuty',
  email: 'Mailing a summary',
  'read-backlog': 'Looking what waits for Slack',
  remind: 'Reminding a person',
  tell: 'An internal step',
};
