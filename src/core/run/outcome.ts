import type { CommandOutcome } from './events.ts';

export function whyFailed(outcome: Exclude<CommandOutcome, { kind: 'unknown' }>): readonly [string, string] {
  switch (outcome.kind) {
    case 'exited':
      return ['exit', `Exit ${outcome.code} after ${Math.max(1, Math.round(outcome.tookMs / 1_000))} s.`];
    case 'timed-out':
      return ['timed-out', `It did not end in ${Math.round(outcome.tookMs / 1_000)} s and was ended.`];
    case 'stopped':
      return ['stopped', 'It was stopped before it ended.'];
    case 'refused':
      return [outcome.code, outcome.message];
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

/** Why something could not be seen, as a sentence. */
export function unseen(outcome: CommandOutcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `It ended with exit code ${outcome.code}.`;
    case 'timed-out':
      return `It did not end in ${Math.round(outcome.tookMs / 1_000)} s.`;
    case 'stopped':
      return 'It was stopped.';
    case 'refused':
      return outcome.message;
    case 'unknown':
      return 'The bot stopped while this was read.';
    default: {
      const never: never = outcome;
      return never;
    }
  }
}
