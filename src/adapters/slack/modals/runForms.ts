import type { KnownBlock, ModalView } from '@slack/types';
import type { Gate } from '../../../core/calendar/gate.ts';
import { spokenDuration } from '../../../core/duration.ts';
import type { Incident } from '../../../core/incident/incident.ts';
import type { Definition, Step } from '../../../core/playbook/definition.ts';
import { missingInWords, neededFor, needsApproval } from '../../../core/run/demands.ts';
import type { Plan } from '../../../core/run/plan.ts';
import { planWhole } from '../../../core/run/resolve.ts';
import { procedureLines } from '../cards/stages.ts';
import { riskWord, targets, titleOn } from '../cards/words.ts';
import { fit, foreign } from '../escape.ts';
import { form, type Origin, said, selectInput, textInput } from './form.ts';
import { inputBlocks, typedInput } from './inputs.ts';
import { windowBlocks } from './windowBlocks.ts';

/** Forms that start a run or belong to one. */

/** What a run would do, before it is asked for. `allowed`: whether the person may carry it out without a second one. */
export function runForm(
  origin: Origin,
  options: {
    definition: Definition;
    incident: Incident | null;
    allowed: boolean;
    reason: string;
    /** What was changed so far and cannot be taken back one by one. */
    ledger?: readonly KnownBlock[];
    /** Whether it may start now; left out for what is held to no window. */
    window?: { readonly gate: Gate; readonly zone: string };
  },
): ModalView {
  const { definition, incident } = options;
  const { playbook } = definition;
  const { window } = options;
  const closed = window?.gate.kind === 'closed';
  const needsSecond = closed || (playbook.authority === 'whole' && needsApproval(planWhole(definition)));
  const rollback = playbook.name.startsWith('rollback-');
  const act = rollback ? 'Roll Back' : 'Run';
  const ask = rollback ? 'Request Rollback' : 'Request Run';
  return form(
    'run',
    { title: rollback ? 'Roll Back' : 'Run Playbook', submit: needsSecond || !options.allowed ? ask : act },
    origin,
    [
      ...(options.ledger ?? []),
      ...procedureBlocks(definition, incident),
      ...(window ? windowBlocks(window.gate, window.zone) : []),
      ...inputBlocks(definition),
      reasonInput(options.reason),
    ],
  );
}

/** What a playbook would do, where, and who decides. */
export function procedureBlocks(definition: Definition, incident: Incident | null): KnownBlock[] {
  const { playbook, service } = definition;
  const whole = playbook.authority === 'whole' ? planWhole(definition) : null;
  const where = incident ? `as part of ${incident.id}` : 'in this channel, outside any incident';
  const decides = !whole
    ? 'Every action waits for its own click.'
    : needsApproval(whole)
      ? `${capitalised(foreign(missingInWords(whole, []), 300))} who may approve on this service ${neededFor(whole) === 1 ? 'has' : 'have'} to approve the plan.`
      : whole.confirm !== undefined
        ? `Risk: ${riskWord[whole.risk]}. It starts when somebody who may carry it out has typed *${foreign(whole.confirm, 100)}* at its plan.`
        : `Risk: ${riskWord[whole.risk]}. It starts at once.`;
  return [
    said(
      [
        `${titleOn(playbook.title, service.name)}, ${where}`,
        ...(playbook.summary === undefined ? [] : [foreign(playbook.summary, 600)]),
      ].join('\n'),
    ),
    said(procedureLines(definition).join('\n')),
    said(
      [
        ...(playbook.budgetMs === undefined ? [] : [`Up to ${spokenDuration(playbook.budgetMs)} in all.`]),
        ...(whole && whole.commands.length > 0 ? [`Acts on ${foreign(targets(whole), 400)}.`] : []),
        decides,
      ].join(' '),
    ),
  ];
}

export const reasonInput = (reason: string): KnownBlock =>
  textInput('reason', 'Reason', {
    multiline: true,
    optional: true,
    max: 1_000,
    initial: fit(reason, 1_000),
  });

export const chooseRollbackForm = (origin: Origin, services: readonly string[]): ModalView =>
  form('rollback', { title: 'Roll Back', submit: 'Next' }, origin, [
    selectInput(
      'service',
      'Service',
      services.map((name) => ({ label: name, value: name })),
    ),
  ]);

export const glassForm = (origin: Origin, title: string): ModalView =>
  form('glass', { title: 'Break the Glass', submit: 'Break the Glass' }, origin, [
    said(
      `*${foreign(title)}* runs at once, without a second person. Only the commander of a P0 incident, or of a P1 past a rollback trigger, may do this. It is announced with the reason, and the post-mortem asks for a review.`,
    ),
    textInput('reason', 'Reason', { multiline: true, max: 1_000 }),
  ]);

/** Asks for the word without which the click counts for nothing. */
export const wordForm = (
  origin: Origin,
  { word, plan }: { readonly word: string; readonly plan: Plan },
): ModalView =>
  form('word', { title: 'Confirm', submit: 'Confirm' }, origin, [
    said(
      `*${foreign(plan.title, 200)}* on ${foreign(targets(plan), 400)}${plan.says === null ? '' : `\n${foreign(plan.says, 300)}`}`,
    ),
    textInput('typed', fit(`Type ${word} to confirm`, 150), { max: 100 }),
  ]);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const answerForm = (
  origin: Origin,
  { question, input, example }: Extract<Step, { kind: 'ask' }>,
): ModalView =>
  form('answer', { title: 'Answer', submit: 'Answer' }, origin, [
    said(`*${foreign(question, 1_000)}*`),
    typedInput('answer', 'Answer', { type: input, ...(example !== undefined && { example }) }),
  ]);
