import type { ModalView } from '@slack/types';
import { readField } from '../../core/calendar/freezeWords.ts';
import type { Around } from '../../core/calendar/gate.ts';
import type { CommandBody } from '../../core/command.ts';
import { roles } from '../../core/incident/incident.ts';
import { spokenPreferences } from '../../core/people/preferences.ts';
import { valueFault } from '../../core/playbook/valueType.ts';
import { needsApproval } from '../../core/run/demands.ts';
import { inputFaults } from '../../core/run/offer.ts';
import { planWhole } from '../../core/run/resolve.ts';
import { findStep } from '../../core/run/walk.ts';
import { severities } from '../../core/severity.ts';
import { isWatchId } from '../../core/stream.ts';
import { fewestPeople, mostHours } from '../../core/watch/decideWatch.ts';
import type { Desk } from '../../engine/ports.ts';
import { act, isOpenNow } from './answers.ts';
import { type Asked, privately, type Reply, shown } from './asked.ts';
import type { ButtonValue } from './buttonValue.ts';
import { commandWithWord } from './clicks.ts';
import { formInDrill, notInDrill } from './drillOnly.ts';
import { firstFailsWish } from './modals/drillForm.ts';
import type { Origin } from './modals/form.ts';
import { allServices } from './modals/freezeForm.ts';
import { belowInputs, inputsIn } from './modals/inputs.ts';
import { readRollbackChoice } from './modals/rollbackForm.ts';
import { readHours } from './modals/watchForms.ts';
import { preferencesFault, readPreferencesForm } from './preferences.ts';
import { openRollback, rollbackName } from './rollback.ts';
import { startDrill } from './startDrill.ts';
import { cannotPost, type Reach, startRun } from './startRun.ts';
import { typedFault } from './typedWord.ts';

export type Submission = {
  readonly form: string;
  readonly origin: Origin;
  readonly filled: Readonly<Record<string, string>>;
};

/** The view that takes the place of a submitted one; null where the form is complete. */
export async function nextView(desk: Desk, asked: Asked, submission: Submission): Promise<ModalView | null> {
  if (submission.form !== leadsOn) return null;
  const service = submission.filled.service ?? '';
  const reply = await formInDrill(
    desk,
    asked,
    await openRollback(desk, asked, { service, incident: null, reason: '' }),
  );
  return reply.kind === 'modal' ? reply.view : null;
}

export async function submit(
  { desk, reach }: { desk: Desk; reach: Reach },
  asked: Asked,
  submission: Submission,
): Promise<Reply> {
  const around = submission.form === 'freeze' ? await desk.around() : null;
  const command = commandOf(asked, submission, around);
  if (!command) return privately('That form is of an older version. Open it again.');
  if (command.type === 'incident.drill') return startDrill(desk, asked, command);
  const elsewhere = await notInDrill(desk, asked, command);
  if (elsewhere) return elsewhere;
  if (command.type === 'run.start' && !(await reach(asked.channel ?? '', asked.user))) return cannotPost;
  return act(desk, asked, command, ({ stream }) => {
    switch (submission.form) {
      case 'declare':
        return privately(
          `${stream ?? 'The incident'} ${command.type === 'incident.declare' ? isOpenNow(desk, command.severity) : 'is open.'}`,
        );
      case 'freeze':
        return privately(`${stream ?? 'The freeze'} stands. What it holds up is told when and why.`);
      case 'watch':
        return privately(`${stream ?? 'The watch'} is on. How it stands: \`/genesis watch\`.`);
      case 'watch-stop':
        return privately(`${stream ?? 'The watch'} is stopped. Its report follows in the channel.`);
      case 'preferences':
        return command.type === 'preferences.set'
          ? privately(`Kept. Reminders reach you ${spokenPreferences(command)}.`)
          : shown;
      case 'run':
      case 'undo':
        return privately(
          submission.filled.override !== undefined || waitsForApproval(desk, command, submission.origin.value)
            ? 'Asked for. It starts when a second person approves the plan that stands in the channel now.'
            : submission.origin.value.incident || submission.origin.value.run
              ? 'The run starts.'
              : `${stream ?? 'The run'} starts.`,
        );
      default:
        return shown;
    }
  });
}

function commandOf(
  asked: Asked,
  { form, origin, filled }: Submission,
  around: Around | null,
): CommandBody | null {
  const make = Object.hasOwn(commands, form) ? commands[form] : undefined;
  return make ? make({ asked, value: origin.value, filled, around }) : null;
}

type Filled = {
  readonly asked: Asked;
  readonly value: ButtonValue;
  readonly filled: Submission['filled'];
  /** The clock and the calendar, for forms that speak of times. */
  readonly around: Around | null;
};

const severityIn = (filled: Submission['filled']) => severities.find((each) => each === filled.severity);

const noteOf =
  (kind: 'update' | 'note') =>
  ({ value: { incident }, filled: { text } }: Filled): CommandBody | null =>
    incident === undefined || text === undefined ? null : { type: 'incident.note', incident, kind, text };

/** What each form asks for once it is filled in; null where it does not say enough. */
const commands: Readonly<Record<string, (given: Filled) => CommandBody | null>> = {
  declare: ({ filled, value: { option: source } }) => {
    const severity = severityIn(filled);
    if (filled.title === undefined || !severity) return null;
    return {
      type: 'incident.declare',
      title: filled.title,
      service: filled.service ?? null,
      severity,
      playbook: null,
      summary: filled.summary ?? '',
      ...(source === undefined ? {} : { source }),
    };
  },
  drill: ({ filled: { playbook, wish } }) =>
    playbook === undefined ? null : { type: 'incident.drill', playbook, firstFails: wish === firstFailsWish },
  run: ({ asked, value: { option, incident, run, step, attempt, hash: shown }, filled }) => {
    if (option === undefined) return null;
    const given = {
      reason: filled.reason ?? null,
      ...inputsOf(filled),
      ...(filled.override !== undefined && { override: filled.override }),
      ...(shown !== undefined && { shown }),
    };
    if (run !== undefined && step !== undefined && attempt !== undefined)
      return { type: 'run.start-offered', run, step, attempt, ...given };
    return startRun({
      playbook: option,
      incident: incident ?? null,
      channel: asked.channel ?? '',
      ...given,
    });
  },
  undo: ({ asked, value: { incident = null, option: service, hash: shown }, filled }) => {
    const choice = readRollbackChoice(filled.choice);
    if (service === undefined || !choice) return null;
    const run = { channel: asked.channel ?? '', reason: filled.reason ?? null };
    return choice.kind === 'procedure'
      ? startRun({
          ...run,
          ...inputsOf(filled),
          playbook: rollbackName(service),
          incident: choice.inIncident ? incident : null,
          ...(shown !== undefined && { shown }),
        })
      : startRun({
          ...run,
          playbook: 'undo',
          incident,
          undo: { service, through: choice.through, hash: choice.hash },
        });
  },
  glass: ({ value: { run, step, attempt, hash }, filled: { reason } }) => {
    if (run === undefined || hash === undefined || reason === undefined) return null;
    return step === undefined || attempt === undefined
      ? { type: 'run.plan-break-glass', run, hash, reason }
      : { type: 'run.break-glass', run, step, attempt, hash, reason };
  },
  word: ({ value, filled: { typed } }) => (typed === undefined ? null : commandWithWord(value, typed)),
  answer: ({ value: { run, step, attempt }, filled: { answer } }) =>
    run === undefined || step === undefined || attempt === undefined || answer === undefined
      ? null
      : { type: 'run.answer', run, step, attempt, answer },
  severity: ({ value: { incident }, filled }) => {
    const severity = severityIn(filled);
    return incident && severity
      ? { type: 'incident.severity', incident, severity, why: filled.why ?? null }
      : null;
  },
  role: ({ value: { incident }, filled }) => {
    const role = roles.find((each) => each === filled.role);
    return incident && role && filled.user !== undefined
      ? { type: 'incident.role', incident, role, user: filled.user }
      : null;
  },
  call: ({ value: { incident }, filled: { duty, why } }) =>
    incident && duty !== undefined ? { type: 'incident.call', incident, duty, why: why ?? null } : null,
  freeze: ({ filled: { service, until = '', why }, around }) => {
    const at = around ? readField(until, around.calendar.zone, around.now) : undefined;
    if (service === undefined || why === undefined || at === undefined) return null;
    return { type: 'freeze.begin', service: service === allServices ? null : service, until: at, why };
  },
  preferences: ({ filled, value: { option: zone } }) => readPreferencesForm(filled, zone),
  watch: ({ filled: { service, hours = '', people = '', why } }) => {
    const typed = readHours(hours);
    if (service === undefined || why === undefined || typed === undefined) return null;
    return { type: 'watch.start', service, forMs: typed * 3_600_000, why, people: peopleIn(people) };
  },
  'watch-stop': ({ value: { option = '' }, filled: { why } }) =>
    isWatchId(option) && why !== undefined ? { type: 'watch.end', watch: option, why } : null,
  'hand-over': ({ value: { incident }, filled }) =>
    incident && filled.user !== undefined
      ? { type: 'incident.role', incident, role: 'commander', user: filled.user }
      : null,
  update: noteOf('update'),
  note: noteOf('note'),
  resolve: ({ value: { incident }, filled }) =>
    incident ? { type: 'incident.resolve', incident, note: filled.note ?? null } : null,
  reopen: ({ value: { incident }, filled: { why } }) =>
    incident && why !== undefined ? { type: 'incident.reopen', incident, why } : null,
};

/** Slack offers bots and guests as well, and none of them can take a shift. Where it does not say, nobody is kept out. */
async function shiftFault(desk: Desk, chosen: readonly string[]): Promise<{ people?: string }> {
  if (chosen.length < fewestPeople)
    return { people: `A watch is in shifts: at least ${fewestPeople} people.` };
  const all = await Promise.all(chosen.map((user) => desk.who(user, null)));
  const outsider = all.find((each) => 'refused' in each && each.isOutsider);
  return outsider && 'refused' in outsider
    ? { people: `Somebody among them cannot take a shift: ${outsider.refused}` }
    : {};
}

const peopleIn = (filled: string): readonly string[] => filled.split(',').filter((each) => each !== '');

const inputsOf = (filled: Submission['filled']): { inputs?: Readonly<Record<string, string>> } => {
  const inputs = inputsIn(filled);
  return Object.keys(inputs).length === 0 ? {} : { inputs };
};

/**
 * What is wrong with what was filled in, by field; null where nothing is. What is decided is checked again: this only
 * keeps the form open, so that nobody has to type it anew.
 */
export async function faultsIn(
  desk: Desk,
  { form, origin: { value }, filled }: Submission,
): Promise<Readonly<Record<string, string>> | null> {
  const some = (faults: Readonly<Record<string, string>>) =>
    Object.keys(faults).length === 0 ? null : faults;
  if (form === 'run' || form === 'undo') {
    const choice = form === 'undo' ? readRollbackChoice(filled.choice) : null;
    if (form === 'undo' && choice?.kind !== 'procedure') return null;
    const name = form === 'undo' ? rollbackName(value.option ?? '') : (value.option ?? '');
    const definition = Object.hasOwn(desk.room().definitions, name)
      ? desk.room().definitions[name]
      : undefined;
    return definition ? some(belowInputs(inputFaults(definition, inputsIn(filled)))) : null;
  }
  if (form === 'word') {
    const command = commandWithWord(value, filled.typed ?? '');
    const fault = command && (await typedFault(desk, command));
    return fault ? { typed: fault } : null;
  }
  if (form === 'freeze') {
    const { now, calendar } = await desk.around();
    const until = readField(filled.until ?? '', calendar.zone, now);
    if (until === undefined) return { until: 'Write 4h, 18:00, 2026-12-24 or 2026-12-24 18:00.' };
    return until !== null && until <= now ? { until: 'That moment has passed already.' } : null;
  }
  if (form === 'preferences') return preferencesFault(filled, value.option);
  if (form === 'watch')
    return some({
      ...(readHours(filled.hours ?? '') === undefined && { hours: `From 1 to ${mostHours} hours.` }),
      ...(await shiftFault(desk, peopleIn(filled.people ?? ''))),
    });
  if (form !== 'answer' || value.run === undefined) return null;
  const found = await desk.run(value.run);
  const step = found ? findStep(found.definition.playbook.steps, value.step ?? '') : null;
  if (step?.kind !== 'ask') return null;
  const fault = valueFault(step.input, filled.answer ?? '', step.example);
  return fault === null ? null : { answer: fault };
}

/** Leads to another form and is never submitted itself. */
const leadsOn = 'rollback';

/** Every form that does anything when it is submitted. */
export const formNames: readonly string[] = [leadsOn, ...Object.keys(commands)];

/** Whether what was asked for has a plan that somebody else must approve first. */
function waitsForApproval(desk: Desk, command: CommandBody, { option = '' }: ButtonValue): boolean {
  const starts = command.type === 'run.start' || command.type === 'incident.start-run';
  if (!starts && command.type !== 'run.start-offered') return false;
  const definition = desk.room().definitions[starts ? command.playbook : option];
  return definition?.playbook.authority === 'whole' && needsApproval(planWhole(definition));
}
