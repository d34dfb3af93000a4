import { type Refusal, refuse } from '../decision.ts';
import { time } from '../moment.ts';
import type { Step } from '../playbook/definition.ts';
import type { StepRecord } from './run.ts';

/** What a late click is told: who decided what, and when. */
export function moved(step: Step, { state }: StepRecord): Refusal {
  switch (state.kind) {
    case 'settled': {
      const who = state.by && /^[UW]/.test(state.by) ? `<@${state.by}>` : 'The bot';
      const at = time(state.at);
      if (state.how.kind === 'chosen' && step.kind === 'choose') {
        const { option } = state.how;
        const label = step.options.find((each) => each.id === option)?.label ?? option;
        return refuse('already', `${who} already chose *${label}* at ${at}.`);
      }
      return refuse(
        'already',
        `${who} already ${state.how.kind === 'skipped' ? 'skipped' : 'finished'} this at ${at}.`,
      );
    }
    case 'running':
      return refuse('already', `<@${state.by}> already started this at ${time(state.since)}.`);
    case 'approving':
      return refuse(
        'already',
        `<@${state.approval.requestedBy}> already asked for this at ${time(state.approval.requestedAt)}.`,
      );
    default:
      return refuse('stale', `This step is ${state.kind} now; use the buttons of its message as it stands.`);
  }
}
