import type { CommandBody } from '../../core/command.ts';
import type { Definition, Step } from '../../core/playbook/definition.ts';
import { planAction } from '../../core/run/resolve.ts';
import type { Run } from '../../core/run/run.ts';
import { allSteps, findStep } from '../../core/run/walk.ts';
import type { Desk } from '../../engine/ports.ts';
import { act } from './answers.ts';
import { type Asked, modal, nothing, privately, type Reply } from './asked.ts';
import { type ButtonValue, readButtonValue } from './buttonValue.ts';
import { preformatted, section } from './cards/blocks.ts';
import { firstLines, planLines, riskWord, stepTitle } from './cards/words.ts';
import { foreign, spoken } from './escape.ts';
import type { Origin } from './modals/form.ts';
import {
  noteForm,
  reopenForm,
  resolveForm,
  roleForm,
  severityForm,
  updateForm,
} from './modals/incidentForms.ts';
import { answerForm, glassForm } from './modals/runForms.ts';
import { rollbackOf } from './rollback.ts';
import { openRunForm } from './startRun.ts';

/**
 * Buttons. What a button carries says which message was clicked; who clicked comes from the signed payload, and what
 * they may do is the engine's to say.
 */
export type Click = { readonly actionId: string; readonly value: string | undefined };

const outdated = privately('This button is of an older version. Use the newest message instead.');

export async function click(desk: Desk, asked: Asked, { actionId, value: text }: Click): Promise<Reply> {
  const name = actionId.replace(/:\d+$/, '');
  if (name === 'open.channel') return nothing;
  const value = readButtonValue(text);
  if (!value) return outdated;
  const command = commandOf(name, value);
  if (command) return act(desk, asked, command);
  const origin: Origin = { channel: asked.channel, responseUrl: asked.responseUrl, value };
  const [kind] = name.split('.');
  if (kind === 'incident') return incidentForm(desk, asked, name, origin);
  return aboutRun(desk, name, origin);
}

/** The command that a button stands for; null for those that ask something first. */
export function commandOf(name: string, value: ButtonValue): CommandBody | null {
  const { incident, run, step, attempt, option, hash } = value;
  if (name === 'incident.acknowledge') return incident ? { type: 'incident.acknowledge', incident } : null;
  if (run === undefined) return null;
  switch (name) {
    case 'run.end':
      return { type: 'run.end', run, why: null };
    case 'plan.approve':
    case 'plan.refuse':
      return hash === undefined
        ? null
        : { type: 'run.plan-decide', run, hash, verdict: name === 'plan.approve' ? 'approve' : 'refuse' };
    default:
      break;
  }
  if (step === undefined || attempt === undefined) return null;
  const at = { run, step, attempt };
  switch (name) {
    case 'step.choose':
      return option === undefined ? null : { type: 'run.choose', ...at, option };
    case 'step.answer':
      return option === undefined ? null : { type: 'run.answer', ...at, answer: option };
    case 'step.perform':
      return { type: 'run.perform', ...at };
    case 'step.skip':
      return { type: 'run.skip', ...at };
    case 'step.stop':
      return { type: 'run.stop', ...at };
    case 'step.try-again':
      return { type: 'run.try-again', ...at };
    case 'step.choose-again':
      return { type: 'run.choose-again', ...at };
    case 'step.claim':
      return option === 'worked' || option === 'did-not' ? { type: 'run.claim', ...at, claim: option } : null;
    case 'approval.approve':
    case 'approval.refuse':
      return hash === undefined
        ? null
        : {
            type: 'run.approval-decide',
            ...at,
            hash,
            verdict: name === 'approval.approve' ? 'approve' : 'refuse',
          };
    default:
      return null;
  }
}

async function incidentForm(desk: Desk, asked: Asked, name: string, origin: Origin): Promise<Reply> {
  const { value } = origin;
  const incident = value.incident ? await desk.incident(value.incident) : null;
  if (!incident) return outdated;
  const wanted = name === 'incident.more' ? `incident.${value.option ?? ''}` : name;
  switch (wanted) {
    case 'incident.update':
      return modal(updateForm(origin, incident));
    case 'incident.note':
      return modal(noteForm(origin, incident));
    case 'incident.severity':
      return modal(severityForm(origin, incident));
    case 'incident.role':
      return modal(roleForm(origin, incident));
    case 'incident.resolve':
      return modal(resolveForm(origin, incident));
    case 'incident.reopen':
      return modal(reopenForm(origin, incident));
    case 'incident.rollback': {
      const definition = incident.service === null ? null : rollbackOf(desk.room(), incident.service);
      return definition
        ? openRunForm(desk, asked, { definition, incident })
        : privately('There is no rollback procedure for this service.');
    }
    case 'incident.run': {
      const { definitions } = desk.room();
      const playbook = value.option ?? '';
      const definition = Object.hasOwn(definitions, playbook) ? definitions[playbook] : undefined;
      return definition
        ? openRunForm(desk, asked, { definition, incident })
        : privately('That playbook is not there any more.');
    }
    default:
      return outdated;
  }
}

async function aboutRun(desk: Desk, name: string, origin: Origin): Promise<Reply> {
  const { run: id, step: stepId } = origin.value;
  const found = id ? await desk.run(id) : null;
  if (!found) return outdated;
  const { run, definition } = found;
  if (name === 'plan.break-glass') return modal(glassForm(origin, run.title));
  const step = stepId === undefined ? null : findStep(definition.playbook.steps, stepId);
  if (!step) return outdated;
  switch (name) {
    case 'approval.break-glass':
      return modal(glassForm(origin, stepTitle(definition, step)));
    case 'step.answer':
      return step.kind === 'ask' && step.input.kind === 'text'
        ? modal(answerForm(origin, step.question, step.input.maxLength))
        : outdated;
    case 'step.why':
      return whyReply(definition, step);
    case 'step.not-sure':
      return diagnosis(run, definition, step);
    default:
      return outdated;
  }
}

/** What an action says of itself, what exactly it runs, how it is verified and how it is taken back. */
function whyReply(definition: Definition, step: Step): Reply {
  if (step.kind !== 'do') return outdated;
  const plan = planAction(definition, step.action, step.budgetMs ?? null);
  const verify = plan.verify
    ? `Afterwards ${foreign(definition.service.indicators[plan.verify.indicator]?.title ?? plan.verify.indicator)} is checked.`
    : 'Nothing is checked afterwards.';
  const text = [
    `*${foreign(plan.title)}*`,
    ...(step.when === undefined ? [] : [`When: ${foreign(step.when, 500)}`]),
    ...(plan.says === null ? [] : [foreign(plan.says, 500)]),
    `Risk: ${riskWord[plan.risk]}. ${verify}`,
    `Undo: ${foreign(plan.undo)}`,
  ].join('\n');
  return privately(text, [section(text), preformatted(planLines(plan))]);
}

/** What was seen so far in this run, and how to tell the answers apart. */
function diagnosis(run: Run, definition: Definition, step: Step): Reply {
  if (step.kind !== 'choose') return outdated;
  const seen = allSteps(definition.playbook.steps).flatMap((each) => {
    const record = run.steps[each.id];
    return each.kind === 'observe' && record && record.output.trim() !== ''
      ? [
          section(
            `*${foreign(stepTitle(definition, each))}*${each.look === undefined ? '' : ` · look for: ${foreign(each.look)}`}`,
          ),
          preformatted(firstLines(record.output, 10), 1_500),
        ]
      : [];
  });
  const hints = step.options.map(
    (option) =>
      `• *${foreign(option.label, 100)}*${option.hint === undefined ? '' : ` — ${foreign(option.hint)}`}`,
  );
  const text = `*${foreign(step.question)}*\n${hints.join('\n')}`;
  return privately(spoken(step.question, []), [...seen.slice(-8), section(text)]);
}
