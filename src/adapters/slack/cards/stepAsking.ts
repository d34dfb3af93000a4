import type { Button } from '@slack/types';
import { spokenDuration } from '../../../core/duration.ts';
import { time } from '../../../core/moment.ts';
import type { Step } from '../../../core/playbook/definition.ts';
import { type ValueType, wantedText } from '../../../core/playbook/valueType.ts';
import { needsApproval } from '../../../core/run/demands.ts';
import { glassFor } from '../../../core/run/glass.ts';
import type { Plan } from '../../../core/run/plan.ts';
import type { StepState } from '../../../core/run/run.ts';
import { fit, foreign, who } from '../escape.ts';
import { approvalBlocks, approvalWord, olderText } from './approval.ts';
import { actions, button, context, preformatted, section, titleCase } from './blocks.ts';
import { automaticText, holdButton, isAnnounced } from './stepAutomatic.ts';
import { type StepBody, type StepShown, stepValue } from './stepShown.ts';
import { dutyText, places, planLines, riskWord, stepTitle, targets } from './words.ts';

/** Steps that wait for a person. */

export function asking(shown: StepShown, now: number): StepBody {
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
          ...(isAnyText(step.input) ? [] : [context(`Wanted is ${foreign(wantedText(step.input), 300)}.`)]),
          ...actions(
            step.input.kind !== 'options'
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
    case 'offer':
      return {
        text: `*${title}* is offered: ${foreign(step.why, 300)}`,
        blocks: [
          section(`*${title}*\n${foreign(step.why, 300)}`),
          ...actions([
            button({
              id: 'step.start-offered',
              label: `Start ${step.title}`,
              value: stepValue(shown, { option: step.procedure }),
              style: 'primary',
            }),
            button({ id: 'step.skip', label: 'Not Now', value: stepValue(shown) }),
          ]),
        ],
      };
    case 'checklist':
      return {
        text: `*${title}*`,
        blocks: [
          section([`*${title}*`, ...itemLines(shown, step, now)].join('\n')),
          ...actions([
            ...step.items.map((_, index) => tickButton(shown, index)),
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

type Checklist = Extract<Step, { kind: 'checklist' }>;

/** Every item with who did it, or whose it is and by when. */
export const itemLines = ({ record }: StepShown, step: Checklist, now: number): readonly string[] =>
  step.items.map((item, index) => {
    const done = record.ticks?.[index];
    const said = foreign(item, 300);
    return done
      ? `${index + 1}. ✓ ~${said}~ — ${who(done.by)}, ${time(done.at)}`
      : `${index + 1}. ${said}${dutyText(step.duties?.[index], record.enteredAt, now)}`;
  });

const tickButton = (shown: StepShown, index: number): Button => {
  const ticked = shown.record.ticks?.[index] !== undefined;
  return button({
    id: `${ticked ? 'step.untick' : 'step.tick'}:${index + 1}`,
    label: ticked ? `Untick ${index + 1}` : `Tick ${index + 1}`,
    value: stepValue(shown, { option: `${index}` }),
  });
};

/** Options are on the buttons, and any text needs no words. */
const isAnyText = (type: ValueType): boolean =>
  type.kind === 'options' || (type.kind === 'text' && type.pattern === undefined);

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
    ...(plan.silences ? [silencesText(plan.silences)] : []),
  ].join(' ');
  const automatic = automaticText(shown);
  const announced = isAnnounced(shown);
  const { edited, run } = shown.view;
  return {
    text: `*${title}* on ${where}${automatic === null ? '' : `. ${automatic}`}`,
    blocks: [
      section([`*${title}* on ${where}`, ...says, terms].join('\n')),
      ...(edited ? [section(olderText(edited, run.playbook))] : []),
      ...(automatic === null ? [] : [section(automatic)]),
      // What it runs was made from the ledger or has a value that somebody gave, so it stands where it is decided.
      ...(isUndoStep(shown) || hasValues(plan) ? [preformatted(planLines(plan), 1_500)] : []),
      ...actions([
        performButton(shown, plan, announced ? 'Run Now' : titleCase(plan.title)),
        ...(announced ? [holdButton(shown)] : []),
        skip(shown),
        why(shown),
      ]),
    ],
  };
}

const silencesText = ({ forMs, alerts }: NonNullable<Plan['silences']>): string =>
  `Silences ${alerts ? foreign(alerts.join(', '), 200) : 'the alerts of the service'} for at most ${spokenDuration(forMs)}.`;

const hasValues = (plan: Plan): boolean => plan.commands.some(({ values }) => values !== undefined);

const isUndoStep = ({ step }: StepShown): boolean => step.kind === 'do' && step.undoes !== undefined;

function performButton(
  shown: StepShown,
  plan: Extract<StepState, { kind: 'offering' }>['plan'],
  label: string,
): Button {
  const value = stepValue(shown);
  if (needsApproval(plan))
    return button({ id: 'step.perform', label: 'Request Approval', value, style: 'primary' });
  // The form that asks for the word takes the place of the dialog.
  if (plan.confirm !== undefined) return button({ id: 'step.perform', label, value, style: 'primary' });
  switch (plan.risk) {
    case 'observe':
    case 'change':
      return button({ id: 'step.perform', label, value, style: 'primary' });
    case 'disruptive':
      return button({
        id: 'step.perform',
        label,
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

export function approving(
  shown: StepShown,
  state: Extract<StepState, { kind: 'approving' }>,
  now: number,
): StepBody {
  const { approval } = state;
  const title = foreign(approval.plan.title, 200);
  const lines = [
    section(`*${title}* on ${foreign(targets(approval.plan), 300)}`),
    preformatted(planLines(approval.plan)),
    ...approvalBlocks(approval, {
      service: shown.view.run.service,
      incident: shown.incident,
      ids: {
        approve: 'approval.approve',
        standIn: 'approval.stand-in',
        refuse: 'approval.refuse',
        withdraw: 'approval.withdraw',
        glass: 'approval.break-glass',
      },
      glass: glassFor(shown.view.run, {
        incident: shown.incident,
        definition: shown.view.definition,
        now,
      }),
      edited: shown.view.edited ?? false,
      playbook: shown.view.run.playbook,
      approvers: shown.view.approvers ?? [],
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
      ...actions([button({ id: 'step.skip', label: 'Go On', value: stepValue(shown) })]),
    ],
  };
}
