import type { Button } from '@slack/types';
import { spokenDuration } from '../../../core/duration.ts';
import { time } from '../../../core/moment.ts';
import type { Step } from '../../../core/playbook/definition.ts';
import type { StepState } from '../../../core/run/run.ts';
import { fit, foreign } from '../escape.ts';
import { approvalBlocks, approvalWord } from './approval.ts';
import { actions, button, context, preformatted, section, titleCase } from './blocks.ts';
import { type StepBody, type StepShown, stepValue } from './stepShown.ts';
import { places, planLines, riskWord, stepTitle, targets } from './words.ts';

/** Steps that wait for a person. */

export function asking(shown: StepShown): StepBody {
  const { step } = shown;
  const title = foreign(stepTitle(shown.view.definition, step), 500);
  switch (step.kind) {
    case 'choose':
      return choosing(shown, step, title);
    case 'ask':
      return {
        text: `*${title}*`,
        blocks: [
          section(`*${title}*`),
          ...actions(
            step.input.kind === 'text'
              ? [
                  button({
                    id: 'step.answer',
                    label: 'Answer',
                    value: stepValue(shown),
                    style: 'primary',
                  }),
                ]
              : step.input.options.map((option, index) =>
                  button({
                    id: `step.answer:${index + 1}`,
                    label: option,
                    value: stepValue(shown, { option: fit(option, 150) }),
                  }),
                ),
          ),
        ],
      };
    case 'checklist':
      return {
        text: `*${title}*`,
        blocks: [
          section(
            [`*${title}*`, ...step.items.map((item, index) => `${index + 1}. ${foreign(item, 300)}`)].join(
              '\n',
            ),
          ),
          ...actions([
            button({
              id: 'step.answer',
              label: 'All Done',
              value: stepValue(shown, { option: 'done' }),
              style: 'primary',
            }),
            button({ id: 'step.skip', label: 'Skip', value: stepValue(shown) }),
          ]),
        ],
      };
    default:
      return {
        text: `*${title}*`,
        blocks: [
          section(`*${title}*`),
          ...actions([button({ id: 'step.skip', label: 'Skip', value: stepValue(shown) })]),
        ],
      };
  }
}

function choosing(shown: StepShown, step: Extract<Step, { kind: 'choose' }>, title: string): StepBody {
  const hints = step.options.map((option) => {
    const hint = option.hint === undefined ? '' : ` — ${foreign(option.hint, 300)}`;
    return `• *${foreign(option.label, 100)}*${hint}`;
  });
  const choices: Button[] = step.options.slice(0, 23).map((option, index) =>
    button({
      id: `step.choose:${index + 1}`,
      label: option.label,
      value: stepValue(shown, { option: option.id }),
    }),
  );
  return {
    text: `*${title}*`,
    blocks: [
      section([`*${title}*`, ...hints].join('\n')),
      ...actions([
        ...choices,
        button({ id: 'step.not-sure', label: 'Not Sure', value: stepValue(shown) }),
        skip(shown),
      ]),
    ],
  };
}

export function offering(shown: StepShown, state: Extract<StepState, { kind: 'offering' }>): StepBody {
  const { plan } = state;
  const title = foreign(plan.title, 200);
  const where = foreign(places(plan), 300);
  const says = plan.says === null ? [] : [foreign(plan.says, 500)];
  const terms = [
    `Risk: ${riskWord[plan.risk]}.`,
    ...(plan.budgetMs === null ? [] : [`Up to ${spokenDuration(plan.budgetMs)}.`]),
    `Undo: ${foreign(plan.undo.replace(/\.$/, ''), 200)}.`,
  ].join(' ');
  return {
    text: `*${title}* on ${where}`,
    blocks: [
      section([`*${title}* on ${where}`, ...says, terms].join('\n')),
      // Nobody wrote this step: what it runs was made from the ledger, and stands where it is decided.
      ...(isUndoStep(shown) ? [preformatted(planLines(plan), 1_500)] : []),
      ...actions([performButton(shown, plan), skip(shown), why(shown)]),
    ],
  };
}

const isUndoStep = ({ step }: StepShown): boolean => step.kind === 'do' && step.undoes !== undefined;

function performButton(shown: StepShown, plan: Extract<StepState, { kind: 'offering' }>['plan']): Button {
  const value = stepValue(shown);
  switch (plan.risk) {
    case 'observe':
    case 'change':
      return button({ id: 'step.perform', label: titleCase(plan.title), value, style: 'primary' });
    case 'disruptive':
      return button({
        id: 'step.perform',
        label: titleCase(plan.title),
        value,
        style: 'primary',
        confirm: {
          title: `${plan.title}?`,
          text: `${plan.says ?? 'Users may notice.'} On ${places(plan)}.`,
          yes: titleCase(plan.title),
        },
      });
    case 'destructive':
      return button({ id: 'step.perform', label: 'Request Approval', value, style: 'primary' });
    default: {
      const never: never = plan.risk;
      return never;
    }
  }
}

const skip = (shown: StepShown): Button =>
  button({ id: 'step.skip', label: 'Skip', value: stepValue(shown) });

const why = (shown: StepShown): Button => button({ id: 'step.why', label: 'Why?', value: stepValue(shown) });

export function approving(shown: StepShown, state: Extract<StepState, { kind: 'approving' }>): StepBody {
  const { approval } = state;
  const title = foreign(approval.plan.title, 200);
  const lines = [
    section(`*${title}* on ${foreign(targets(approval.plan), 300)}`),
    preformatted(planLines(approval.plan)),
    ...approvalBlocks(approval, {
      service: shown.view.run.service,
      incident: shown.incident,
      ids: { approve: 'approval.approve', refuse: 'approval.refuse', glass: 'approval.break-glass' },
      value: stepValue(shown, { hash: approval.hash }),
    }),
  ];
  return { text: `*${title}* ${approvalWord[approval.state.kind]}`, blocks: lines };
}

export function waiting(shown: StepShown, state: Extract<StepState, { kind: 'waiting' }>): StepBody {
  const why = shown.step.kind === 'wait' ? `: ${foreign(shown.step.why, 500)}` : '';
  const said = `Waiting until ${time(state.until)}${why}`;
  return {
    text: said,
    blocks: [
      section(said),
      context(`Since ${time(state.since)}`),
      ...actions([button({ id: 'step.skip', label: 'Skip the Wait', value: stepValue(shown) })]),
    ],
  };
}
