import { type Refusal, refuse } from '../decision.ts';
import { time } from '../moment.ts';
import type { Step } from '../playbook/definition.ts';
import type { StepRecord, StepState } from './run.ts';

/** How a step stands, for somebody whose click came too late for it. */
const standing: Readonly<Record<Exclude<StepState['kind'], 'settled' | 'running' | 'approving'>, string>> = {
  observing: 'is being looked at',
  asking: 'waits for an answer',
  offering: 'has not been started',
  verifying: 'is being verified',
  waiting: 'waits for its time',
  failed: 'has failed',
  inconclusive: 'is inconclusive',
  unknown: 'has an unknown outcome',
  reopened: 'was left behind',
};

const person = (by: string | null): string => (by !== null && /^[UW]/.test(by) ? `<@${by}>` : 'The bot');

/** What a late click is told: who decided what, and when. */
export function moved(step: Step, { state }: StepRecord): Refusal {
  switch (state.kind) {
    case 'settled': {
      const who = person(state.by);
      const at = time(state.at);
      if (state.how.kind === 'chosen' && step.kind === 'choose') {
        const { option } = state.how;
        const label = step.options.find((each) => each.id === option)?.label ?? option;
        return refuse('already', `${who} already chose *${label}* at ${at}.`);
      }
      if (state.how.kind === 'failed')
        return refuse(
          'stale',
          `This failed at ${at}, and the walk went on with what the playbook has for that.`,
        );
      return refuse(
        'already',
        `${who} already ${state.how.kind === 'skipped' ? 'skipped' : 'finished'} this at ${at}.`,
      );
    }
    case 'running':
      return refuse('already', `${person(state.by)} already started this at ${time(state.since)}.`);
    case 'approving':
      return refuse(
        'already',
        `${person(state.approval.requestedBy)} already asked for this at ${time(state.approval.requestedAt)}.`,
      );
    default:
      return refuse('stale', `This step ${standing[state.kind]}; use the newest message of the run.`);
  }
}
