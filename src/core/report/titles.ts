import type { Indicator, Step } from '../playbook/definition.ts';
import type { RunView } from '../view.ts';

/** What the reports call the things of a playbook; `view` is the run that they stand in, where it is known. */

export function stepTitle(step: Step | null, view: RunView | undefined): string {
  const action = (name: string) => actionTitle(name, view);
  const indicator = (name: string) => indicatorOf(name, view)?.title ?? name;
  if (!step) return 'A step';
  switch (step.kind) {
    case 'chart':
      return `Chart of ${indicator(step.indicator)}`;
    case 'observe':
      return (step.actions ?? [step.action]).map(action).join(', ');
    case 'do':
      return action(step.action);
    case 'offer':
      return `Start ${step.title}`;
    case 'choose':
    case 'ask':
      return step.question;
    case 'verify':
      return `Check of ${indicator(step.target.indicator)}`;
    case 'wait':
      return `Wait: ${step.why}`;
    case 'checklist':
    case 'stage':
    case 'call':
      return step.title;
    default: {
      const never: never = step;
      return never;
    }
  }
}

export const actionTitle = (name: string, view: RunView | undefined): string =>
  view?.definition.service.actions[name]?.title ?? name;

export const indicatorOf = (name: string, view: RunView | undefined): Indicator | undefined =>
  view?.definition.service.indicators[name];
