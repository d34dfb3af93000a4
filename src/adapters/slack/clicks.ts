import type { ModalView } from '@slack/types';
import type { CommandBody } from '../../core/command.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition, Step } from '../../core/playbook/definition.ts';
import type { Verdict } from '../../core/run/commands.ts';
import { planStep } from '../../core/run/resolve.ts';
import type { Run } from '../../core/run/run.ts';
import { allSteps, chosenOption, findStep, lastChoice } from '../../core/run/walk.ts';
import { isFreezeId, isWatchId, type RunId } from '../../core/stream.ts';
import type { RunView } from '../../core/view.ts';
import type { Desk } from '../../engine/ports.ts';
import { act, mayNotLook } from './answers.ts';
import { type Asked, modal, nothing, privately, type Reply } from './asked.ts';
import { type ButtonValue, readButtonValue } from './buttonValue.ts';
import { openCallForm } from './callIn.ts';
import { preformatted, section } from './cards/blocks.ts';
import { firstLines, planLines, stepTitle } from './cards/words.ts';
import { formInDrill } from './drillOnly.ts';
import { foreign, spoken } from './escape.ts';
import { homeForms } from './homeForms.ts';
import type { Origin } from './modals/form.ts';
import {
  handOverForm,
  noteForm,
  reopenForm,
  roleForm,
  severityForm,
  updateForm,
} from './modals/incidentForms.ts';
import { resolveForm, waitingRuns } from './modals/resolveForm.ts';
import { answerForm, glassForm, wordForm } from './modals/runForms.ts';
import { openRollback } from './rollback.ts';
import { stopByButton } from './slash/watch.ts';
import { openRunForm } from './startRun.ts';
import { wordButtons, wordFor } from './typedWord.ts';

/**
 * Buttons. What a button carries says which message was clicked; who clicked comes from the signed payload, and what
 * they may do is the engine's to say.
 */
export type Click = { readonly actionId: string; readonly value: string | undefined };

const outdated = privately('This button is of an older version. Use the newest message instead.');

export const click = async (desk: Desk, asked: Asked, clicked: Click): Promise<Reply> =>
  formInDrill(desk, asked, await replyTo(desk, asked, clicked));

async function replyTo(desk: Desk, asked: Asked, { actionId, value: text }: Click): Promise<Reply> {
  const name = actionId.replace(/:\d+$/, '');
  if (name === linkOnly) return nothing;
  const value = readButtonValue(text);
  if (!value) return outdated;
  const command = own(commands, name)?.(value);
  if (command) {
    const wanted = isWordButton(name) ? await wordFor(desk, command) : null;
    if (!wanted) return act(desk, asked, command);
    const { word, plan, service } = wanted;
    const origin = {
      channel: asked.channel,
      responseUrl: asked.responseUrl,
      value: { ...value, option: name },
    };
    return (await mayNotLook(desk, asked, service || null)) ?? modal(wordForm(origin, { word, plan }));
  }
  const ofHome = own(homeForms, name);
  if (ofHome) return ofHome(desk, asked);
  const origin: Origin = { channel: asked.channel, responseUrl: asked.responseUrl, value };
  const { option = '' } = value;
  if (name === stopWatch) return isWatchId(option) ? stopByButton(desk, asked, origin, option) : outdated;
  const wanted = name === more ? `incident.${value.option ?? ''}` : name;
  const form = own(incidentForms, wanted);
  if (form) return aboutIncident(desk, asked, form, origin);
  if (wanted === offered) return startOffered(desk, asked, origin);
  const reply = own(runReplies, wanted);
  return reply ? aboutRun(desk, asked, reply, origin) : outdated;
}

const linkOnly = 'open.channel';
const offered = 'step.start-offered';
const more = 'incident.more';
const stopWatch = 'watch.stop';

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

/** The item is named by its index, as it stood on the button. */
const tickOf = (at: AtStep, option: string | undefined, done: boolean): CommandBody | null =>
  option !== undefined && /^\d{1,2}$/.test(option)
    ? { type: 'run.tick', ...at, item: Number(option), done }
    : null;

type AtStep = { readonly run: RunId; readonly step: string; readonly attempt: number };

type Said = { readonly verdict: Verdict; readonly standIn?: true };

const onPlan = (said: Said): ToCommand =>
  onRun((run, { hash }) => (hash === undefined ? null : { type: 'run.plan-decide', run, hash, ...said }));

const onApproval = (said: Said): ToCommand =>
  onStep((at, { hash }) =>
    hash === undefined ? null : { type: 'run.approval-decide', ...at, hash, ...said },
  );

/** Buttons that stand for a command; null where the button asks something first, or its value does not say enough. */
const commands: Readonly<Record<string, ToCommand>> = {
  'incident.acknowledge': ({ incident }) => (incident ? { type: 'incident.acknowledge', incident } : null),
  'incident.answer-call': ({ incident, option = '' }) =>
    incident && /^\d{1,4}$/.test(option)
      ? { type: 'incident.answer-call', incident, call: Number(option) }
      : null,
  'incident.silence': ({ incident }) =>
    incident ? { type: 'incident.silence', incident, forMs: null } : null,
  'incident.silence-stop': ({ incident }) => (incident ? { type: 'incident.silence-stop', incident } : null),
  'incident.end-drill': ({ incident }) =>
    incident ? { type: 'incident.resolve', incident, note: null } : null,
  'incident.open-own': ({ incident, option: trouble }) =>
    incident && trouble !== undefined ? { type: 'incident.open-own', incident, trouble } : null,
  'freeze.lift': ({ option = '' }) =>
    isFreezeId(option) ? { type: 'freeze.lift', freeze: option, why: null } : null,
  'run.end': onRun((run) => ({ type: 'run.end', run, why: null })),
  'plan.approve': onPlan({ verdict: 'approve' }),
  'plan.stand-in': onPlan({ verdict: 'approve', standIn: true }),
  'plan.refuse': onPlan({ verdict: 'refuse' }),
  'plan.withdraw': onPlan({ verdict: 'withdraw' }),
  'step.choose': onStep((at, { option }) =>
    option === undefined ? null : { type: 'run.choose', ...at, option },
  ),
  'step.answer': onStep((at, { option }) =>
    option === undefined ? null : { type: 'run.answer', ...at, answer: option },
  ),
  'step.tick': onStep((at, { option }) => tickOf(at, option, true)),
  'step.untick': onStep((at, { option }) => tickOf(at, option, false)),
  'step.perform': onStep((at) => ({ type: 'run.perform', ...at })),
  'step.hold': onStep((at) => ({ type: 'run.hold', ...at })),
  'step.skip': onStep((at) => ({ type: 'run.skip', ...at })),
  'step.stop': onStep((at) => ({ type: 'run.stop', ...at })),
  'step.try-again': onStep((at) => ({ type: 'run.try-again', ...at })),
  'step.choose-again': onStep((at) => ({ type: 'run.choose-again', ...at })),
  'step.claim': onStep((at, { option }) =>
    option === 'worked' || option === 'did-not' ? { type: 'run.claim', ...at, claim: option } : null,
  ),
  'approval.approve': onApproval({ verdict: 'approve' }),
  'approval.stand-in': onApproval({ verdict: 'approve', standIn: true }),
  'approval.refuse': onApproval({ verdict: 'refuse' }),
  'approval.withdraw': onApproval({ verdict: 'withdraw' }),
};

/** The command of a button whose word was typed; null for any other button. */
export function commandWithWord(value: ButtonValue, typed: string): CommandBody | null {
  const { option: name = '', ...rest } = value;
  const command = isWordButton(name) ? own(commands, name)?.(rest) : null;
  return command ? ({ ...command, typed } as CommandBody) : null;
}

const isWordButton = (name: string): boolean => (wordButtons as readonly string[]).includes(name);

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
  'incident.hand-over': opens(handOverForm),
  'incident.call': (desk, _asked, { incident, origin }) => openCallForm(desk, incident, origin),
  'incident.resolve': async (desk, _asked, { origin, incident }) =>
    modal(resolveForm(origin, incident, await waitingRuns(desk, incident))),
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
    step.kind === 'ask' && step.input.kind !== 'options' ? modal(answerForm(origin, step)) : outdated,
  ),
  'step.why': onStepShown(({ run, definition }, step) => whyReply({ run, definition }, step)),
  'step.not-sure': onStepShown(({ run, definition }, step) => diagnosis(run, definition, step)),
};

/** Every button that does anything; a click on any other is answered as outdated. */
export const actionIds: readonly string[] = [
  ...new Set([
    linkOnly,
    more,
    offered,
    stopWatch,
    ...[commands, incidentForms, runReplies, homeForms].flatMap((table) => Object.keys(table)),
  ]),
];

async function aboutIncident(desk: Desk, asked: Asked, form: IncidentForm, origin: Origin): Promise<Reply> {
  const { value } = origin;
  const incident = value.incident ? await desk.incident(value.incident) : null;
  if (!incident) return outdated;
  return (await mayNotLook(desk, asked, incident.service)) ?? form(desk, asked, { origin, incident });
}

/** The form of the procedure that a step offers; started from there, the step is told. */
async function startOffered(desk: Desk, asked: Asked, origin: Origin): Promise<Reply> {
  const { run: id, option, step, attempt } = origin.value;
  const found = id ? await desk.run(id) : null;
  const definition = own(desk.room().definitions, option ?? '');
  if (!found || step === undefined || attempt === undefined) return outdated;
  // Which playbooks there are is for people who may look, too.
  const refused = await mayNotLook(desk, asked, found.run.service || null);
  if (refused) return refused;
  if (!definition) return privately('That playbook is not there any more.');
  const incident = found.run.incident ? await desk.incident(found.run.incident) : null;
  return openRunForm(desk, asked, { definition, incident, offered: { run: found.run.id, step, attempt } });
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

/** What the offer does not say: which answer led here, when it helps, what is checked afterwards, and what exactly runs. */
function whyReply({ run, definition }: RunView, step: Step): Reply {
  if (step.kind !== 'do') return outdated;
  const state = run.steps[step.id]?.state;
  const plan = state?.kind === 'offering' ? state.plan : planStep(definition, step, run);
  const verify = plan.verify
    ? `Afterwards ${foreign(definition.service.indicators[plan.verify.indicator]?.title ?? plan.verify.indicator)} is checked.`
    : 'Nothing is checked afterwards.';
  const text = [
    `Why *${foreign(plan.title)}* is offered`,
    ...whyHere(definition, step, run),
    ...(step.when === undefined ? [] : [`When to do it: ${foreign(step.when, 500)}`]),
    `${verify} What exactly would run:`,
  ].join('\n');
  return privately(text, [section(text), preformatted(planLines(plan))]);
}

/** The answer that led to a step, with its hint; else the playbook that has it. */
function whyHere(definition: Definition, step: Step, run: Run): readonly string[] {
  if (step.kind === 'do' && step.undoes !== undefined)
    return ['It takes back a change that is still in effect.'];
  const { steps, title } = definition.playbook;
  const choice = lastChoice(steps, step.id, run);
  const option = choice && chosenOption(choice, run);
  const within = option && allSteps(option.steps).some(({ id }) => id === step.id);
  if (!option || !within) return [`The playbook ${foreign(title, 150)} has it at this point.`];
  const hint = option.hint === undefined ? '' : ` (${foreign(option.hint, 300)})`;
  return [`Because the answer was *${foreign(option.label, 150)}*${hint}`];
}

/** What was seen so far in this run, and how to tell the answers apart. */
function diagnosis(run: Run, definition: Definition, step: Step): Reply {
  if (step.kind !== 'choose') return outdated;
  const seen = allSteps(definition.playbook.steps).flatMap((each) => {
    const record = run.steps[each.id];
    if (each.kind !== 'observe' || !record) return [];
    const hint = each.look === undefined ? '' : ` · look for: ${foreign(each.look)}`;
    const outputs = record.looks ?? [{ title: stepTitle(definition, each), output: record.output }];
    return outputs
      .filter(({ output }) => output.trim() !== '')
      .flatMap(({ title, output }) => [
        section(`*${foreign(title)}*${hint}`),
        preformatted(firstLines(output, 10), 1_500),
      ]);
  });
  const hints = step.options.map(
    (option) =>
      `• *${foreign(option.label, 100)}*${option.hint === undefined ? '' : ` — ${foreign(option.hint)}`}`,
  );
  const text = `*${foreign(step.question)}*\n${hints.join('\n')}`;
  return privately(spoken(step.question, []), [...seen.slice(-8), section(text)]);
}
