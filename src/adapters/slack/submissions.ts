import type { ModalView } from '@slack/types';
import type { CommandBody } from '../../core/command.ts';
import { roles } from '../../core/incident/incident.ts';
import { planWhole } from '../../core/run/resolve.ts';
import { severities } from '../../core/severity.ts';
import type { Desk } from '../../engine/ports.ts';
import { act, isOpenNow } from './answers.ts';
import { type Asked, privately, type Reply, shown } from './asked.ts';
import type { ButtonValue } from './buttonValue.ts';
import type { Origin } from './modals/form.ts';
import { readRollbackChoice } from './modals/rollbackForm.ts';
import { openRollback, rollbackName } from './rollback.ts';
import { cannotPost, type Reach, startRun } from './startRun.ts';

export type Submission = {
  readonly form: string;
  readonly origin: Origin;
  readonly filled: Readonly<Record<string, string>>;
};

/** The view that takes the place of a submitted one; null where the form is complete. */
export async function nextView(desk: Desk, asked: Asked, submission: Submission): Promise<ModalView | null> {
  if (submission.form !== leadsOn) return null;
  const service = submission.filled.service ?? '';
  const reply = await openRollback(desk, asked, { service, incident: null, reason: '' });
  return reply.kind === 'modal' ? reply.view : null;
}

export async function submit(
  { desk, reach }: { desk: Desk; reach: Reach },
  asked: Asked,
  submission: Submission,
): Promise<Reply> {
  const command = commandOf(asked, submission);
  if (!command) return privately('That form is of an older version. Open it again.');
  if (command.type === 'run.start' && !(await reach(asked.channel ?? '', asked.user))) return cannotPost;
  return act(desk, asked, command, ({ stream }) => {
    switch (submission.form) {
      case 'declare':
        return privately(
          `${stream ?? 'The incident'} ${command.type === 'incident.declare' ? isOpenNow(desk, command.severity) : 'is open.'}`,
        );
      case 'run':
      case 'undo':
        return privately(
          waitsForApproval(desk, command)
            ? 'Asked for. It starts when a second person approves the plan that stands in the channel now.'
            : submission.origin.value.incident
              ? 'The run starts.'
              : `${stream ?? 'The run'} starts.`,
        );
      default:
        return shown;
    }
  });
}

function commandOf(asked: Asked, { form, origin, filled }: Submission): CommandBody | null {
  const make = Object.hasOwn(commands, form) ? commands[form] : undefined;
  return make ? make({ asked, value: origin.value, filled }) : null;
}

type Filled = {
  readonly asked: Asked;
  readonly value: ButtonValue;
  readonly filled: Submission['filled'];
};

const severityIn = (filled: Submission['filled']) => severities.find((each) => each === filled.severity);

const noteOf =
  (kind: 'update' | 'note') =>
  ({ value: { incident }, filled: { text } }: Filled): CommandBody | null =>
    incident === undefined || text === undefined ? null : { type: 'incident.note', incident, kind, text };

/** What each form asks for once it is filled in; null where it does not say enough. */
const commands: Readonly<Record<string, (given: Filled) => CommandBody | null>> = {
  declare: ({ filled }) => {
    const severity = severityIn(filled);
    if (filled.title === undefined || !severity) return null;
    return {
      type: 'incident.declare',
      title: filled.title,
      service: filled.service ?? null,
      severity,
      playbook: null,
      summary: filled.summary ?? '',
    };
  },
  run: ({ asked, value: { option, incident }, filled }) =>
    option === undefined
      ? null
      : startRun({
          playbook: option,
          incident: incident ?? null,
          channel: asked.channel ?? '',
          reason: filled.reason ?? null,
        }),
  undo: ({ asked, value: { incident = null, option: service }, filled }) => {
    const choice = readRollbackChoice(filled.choice);
    if (service === undefined || !choice) return null;
    const run = { channel: asked.channel ?? '', reason: filled.reason ?? null };
    return choice.kind === 'procedure'
      ? startRun({ ...run, playbook: rollbackName(service), incident: choice.inIncident ? incident : null })
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
  update: noteOf('update'),
  note: noteOf('note'),
  resolve: ({ value: { incident }, filled }) =>
    incident ? { type: 'incident.resolve', incident, note: filled.note ?? null } : null,
  reopen: ({ value: { incident }, filled: { why } }) =>
    incident && why !== undefined ? { type: 'incident.reopen', incident, why } : null,
};

/** Leads to another form and is never submitted itself. */
const leadsOn = 'rollback';

/** Every form that does anything when it is submitted. */
export const formNames: readonly string[] = [leadsOn, ...Object.keys(commands)];

/** Whether what was asked for has a plan that somebody else must approve first. */
function waitsForApproval(desk: Desk, command: CommandBody): boolean {
  if (command.type !== 'run.start' && command.type !== 'incident.start-run') return false;
  const definition = desk.room().definitions[command.playbook];
  return definition?.playbook.authority === 'whole' && planWhole(definition).risk === 'destructive';
}
