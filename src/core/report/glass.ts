import type { RunView } from '../view.ts';
import type { LoggedEvent } from './postMortem.ts';

/** Something that ran without the second person, on the word of a commander. Times are milliseconds since the epoch. */
export type BrokenGlass = {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly reason: string;
  /** What was carried out, as command lines and file names, in order. */
  readonly ran: readonly string[];
};

export function brokenGlass(
  events: readonly LoggedEvent[],
  runs: readonly RunView[],
): readonly BrokenGlass[] {
  return events.flatMap(({ event, stream }) => {
    if (event.type !== 'PlanDecided' && event.type !== 'ApprovalDecided') return [];
    const { state } = event.data;
    if (state.kind !== 'glass-broken') return [];
    const asked = events.findLast(
      (each) =>
        each.stream === stream &&
        each.event.at <= event.at &&
        (event.type === 'PlanDecided'
          ? each.event.type === 'PlanProposed'
          : each.event.type === 'ApprovalRequested' && each.event.data.step === event.data.step),
    )?.event;
    const plan =
      asked?.type === 'PlanProposed' || asked?.type === 'ApprovalRequested' ? asked.data.approval.plan : null;
    const title = plan?.title ?? runs.find(({ run }) => run.id === stream)?.run.title ?? 'a plan';
    const ran = (plan?.commands ?? []).map(({ does, host }) =>
      does.kind === 'run' ? `${does.argv.join(' ')} on ${host.name}` : `${does.file} on ${host.name}`,
    );
    return [{ at: state.at, who: state.by, what: title, reason: state.reason, ran }];
  });
}

export const reviewPrompt =
  'Review each time the glass was broken: was it right, and what would make it unnecessary?';
