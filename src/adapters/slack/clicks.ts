import type { ModalView } from '@slack/types';
import type { CommandBody } from '../../core/command.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition, Step } from '../../core/playbook/definition.ts';
import { planAction } from '../../core/run/resolve.ts';
import type { Run } from '../../core/run/run.ts';
import { allSteps, findStep } from '../../core/run/walk.ts';
import type { RunId } from '../../core/stream.ts';
import type { Desk } from '../../engine/ports.ts';
import { act, mayNotLook } from './answers.ts';
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
import { openRollback } from './rollback.ts';
import { openRunForm } from './startRun.ts';

/**
 * Buttons. What a button carries says which message was clicked; who clicked comes from the signed payload, and what
 * they may do is the engine's to say.
 */
export type Click = { readonly actionId: string; readonly value: string | undefined };

const outdated = privately('This button is of an older version. Use the newest message instead.');

export async function click(desk: Desk, asked: Asked, { actionId, value: text }: Click): Promise<Reply> {
  const name = actionId.replace(/:\d+$/, '');
  if (name === linkOnly) return nothing;
  const value = readButtonValue(text);
  if (!value) return outdated;
  const command = own(commands, name)?.(value);
  if (command) return act(desk, asked, command);
  const origin: Origin = { channel: asked.channel, responseUrl: asked.responseUrl, value };
  const wanted = name === more ? `incident.${value.option ?? ''}` : name;
  const form = own(incidentForms, wanted);
  if (form) return aboutIncident(desk, asked, form, origin);
  const reply = own(runReplies, wanted);
  return reply ? aboutRun(desk, asked, reply, origin) : outdated;
}

const linkOnly = 'open.channel';
const more = 'incident.more';

/** A name from outside finds only what stands in the table itself. */
const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

type ToCommand = (value: ButtonValue) => CommandBody | null;

const onRun =
  (make: (run: RunId, value: ButtonValue) => CommandBody | null): ToCommand =>
  (value) =>
    value.run === undefined ? null : make(value.run, value);

const onStep = (make: (at: AtStep, value: ButtonValue) => CommandBody | null): ToCommand =>
  onRun((run, value) => {
    const { step, attempt } = value;
    return step === undefined || attempt === undefined ? null : make({ run, step, attempt }, value);
  });

type AtStep = { readonly run: RunId; readonly step: string; readonly attempt: number };

const onPlan = (verdict: 'approve' | 'refuse'): ToCommand =>
  onRun((run, { hash }) => (hash === undefined ? null : { type: 'run.plan-decide', run, hash, verdict }));

const onApproval = (verdict: 'approve' | 'refuse'): ToCommand =>
  onStep((at, { hash }) =>
    hash === undefined ? null : { type: 'run.approval-decide', ...at, hash, verdict },
  );

/** Buttons that stand for a command; null where the button asks something first, or its value does not say enough. */
const commands: Readonly<Record<string, ToCommand>> = {
  'incident.acknowledge': ({ incident }) => (incident ? { type: 'incident.acknowledge', incident } : null),
  'incident.open-own': ({ incident, option: trouble }) =>
    incident && trouble !== undefined ? { type: 'incident.open-own', incident, trouble } : null,
  'run.end': onRun((run) => ({ type: 'run.end', run, why: null })),
  'plan.approve': onPlan('approve'),
  'plan.refuse': onPlan('refuse'),
  'step.choose': onStep((at, { option }) =>
    option === undefined ? null : { type: 'run.choose', ...at, option },
  ),
  'step.answer': onStep((at, { option }) =>
    option === undefined ? null : { type: 'run.answer', ...at, answer: option },
  ),
  'step.perform': onStep((at) => ({ type: 'run.perform', ...at })),
  'step.skip': onStep((at) => ({ type: 'run.skip', ...at })),
  'step.stop': onStep((at) => ({ type: 'run.stop', ...at })),
  'step.try-again': onStep((at) => ({ type: 'run.try-again', ...at })),
  'step.choose-again': onStep((at) => ({ type: 'run.choose-again', ...at })),
  'step.claim': onStep((at, { option }) =>
    option === 'worked' || option === 'did-not' ? { type: 'run.claim', ...at, claim: option } : null,
  ),
  'approval.approve': onApproval('approve'),
  'approval.refuse': onApproval('refuse'),
};

type IncidentForm = (
  desk: Desk,
  asked: Asked,
  about: { readonly origin: Origin; readonly incident: Incident },
) => Promise<Reply> | Reply;

const opens =
  (form: (origin: Origin, incident: Incident) => ModalView): IncidentForm =>
  (_desk, _asked, { origin, incident }) =>
    modal(form(origin, incident));

/** Buttons and entries of the card's menu that open a form about an incident. */
const incidentForms: Readonly<Record<string, IncidentForm>> = {
  'incident.update': opens(updateForm),
  'incident.note': opens(noteForm),
  'incident.severity': opens(severityForm),
  'incident.role': opens(roleForm),
  'incident.resolve': opens(resolveForm),
  'incident.reopen': opens(reopenForm),
  'incident.rollback': (desk, asked, { incident }) => {
    const { service } = incident;
    return service === null
      ? privately('This incident names no service that could be rolled back.')
      : openRollback(desk, asked, { service, incident, reason: '' });
  },
  'incident.run': (desk, asked, { incident, origin }) => {
    const { definitions } = desk.room();
    const definition = own(definitions, origin.value.option ?? '');
    return definition
      ? openRunForm(desk, asked, { definition, incident })
      : privately('That playbook is not there any more.');
  },
};

type AboutRun = { readonly origin: Origin; readonly run: Run; readonly definition: Definition };

const onStepShown =
  (reply: (about: AboutRun, step: Step) => Reply): ((about: AboutRun) => Reply) =>
  (about) => {
    const id = about.origin.value.step;
    const step = id === undefined ? null : findStep(about.definition.playbook.steps, id);
    return step ? reply(about, step) : outdated;
  };

/** Buttons that ask or tell something about a run. */
const runReplies: Readonly<Record<string, (about: AboutRun) => Reply>> = {
  'plan.break-glass': ({ origin, run }) => modal(glassForm(origin, run.title)),
  'approval.break-glass': onStepShown(({ origin, definition }, step) =>
    modal(glassForm(origin, stepTitle(definition, step))),
  ),
  'step.answer': onStepShown(({ origin }, step) =>
    step.kind === 'ask' && step.input.kind === 'text'
      ? modal(answerForm(origin, step.question, step.input.maxLength))
      : outdated,
  ),
  'step.why': onStepShown(({ definition }, step) => whyReply(definition, step)),
  'step.not-sure': onStepShown(({ run, definition }, step) => diagnosis(run, definition, step)),
};

/** Every button that does anything; a click on any other is answered as outdated. */
export const actionIds: readonly string[] = [
  ...new Set([
    linkOnly,
    more,
    ...[commands, incidentForms, runReplies].flatMap((table) => Object.keys(table)),
  ]),
];

async function aboutIncident(desk: Desk, asked: Asked, form: IncidentForm, origin: Origin): Promise<Reply> {
  const { value } = origin;
  const incident = value.incident ? await desk.incident(value.incident) : null;
  if (!incident) return outdated;
  return (await mayNotLook(desk, asked, incident.service)) ?? form(desk, asked, { origin, incident });
}

async function aboutRun(
  desk: Desk,
  asked: Asked,
  reply: (about: AboutRun) => Reply,
  origin: Origin,
): Promise<Reply> {
  const { run: id } = origin.value;
  const found = id ? await desk.run(id) : null;
  if (!found) return outdated;
  return (await mayNotLook(desk, asked, found.run.service || null)) ?? reply({ origin, ...found });
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
