import type { KnownBlock, ModalView } from '@slack/types';
import { spokenDuration } from '../../../core/duration.ts';
import type { Incident } from '../../../core/incident/incident.ts';
import type { Definition } from '../../../core/playbook/definition.ts';
import { planWhole } from '../../../core/run/resolve.ts';
import { procedureLines } from '../cards/stages.ts';
import { riskWord, targets, titleOn } from '../cards/words.ts';
import { fit, foreign } from '../escape.ts';
import { form, type Origin, said, selectInput, textInput } from './form.ts';

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
  },
): ModalView {
  const { definition, incident } = options;
  const { playbook } = definition;
  const needsSecond = playbook.authority === 'whole' && planWhole(definition).risk === 'destructive';
  const rollback = playbook.name.startsWith('rollback-');
  const act = rollback ? 'Roll Back' : 'Run';
  const ask = rollback ? 'Request Rollback' : 'Request Run';
  return form(
    'run',
    { title: rollback ? 'Roll Back' : 'Run Playbook', submit: needsSecond || !options.allowed ? ask : act },
    origin,
    [...(options.ledger ?? []), ...procedureBlocks(definition, incident), reasonInput(options.reason)],
  );
}

/** What a playbook would do, where, and who decides. */
export function procedureBlocks(definition: Definition, incident: Incident | null): KnownBlock[] {
  const { playbook, service } = definition;
  const whole = playbook.authority === 'whole' ? planWhole(definition) : null;
  const where = incident ? `as part of ${incident.id}` : 'in this channel, outside any incident';
  const decides = !whole
    ? 'Every action waits for its own click.'
    : whole.risk === 'destructive'
      ? 'One other person who may approve on this service has to approve the plan.'
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
      `*${foreign(title)}* runs at once, without a second person. Only the commander of a P0 incident may do this, and it is announced with the reason.`,
    ),
    textInput('reason', 'Reason', { multiline: true, max: 1_000 }),
  ]);

export const answerForm = (origin: Origin, question: string, max: number): ModalView =>
  form('answer', { title: 'Answer', submit: 'Answer' }, origin, [
    said(`*${foreign(question, 1_000)}*`),
    textInput('answer', 'Answer', { multiline: true, max }),
  ]);
