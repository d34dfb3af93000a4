import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createMailer } from '../../adapters/email/mailer.ts';
import { type Config, switchedOff } from '../../config.ts';
import type { Room } from '../../core/playbook/room.ts';
import { WorkFailed } from '../../engine/ports.ts';
import { type Finding, findingsOf, some, unique } from './finding.ts';

/** What is off for want of a variable, and what a variable names on this machine. */
export function settingFindings(config: Config): readonly Finding[] {
  const { ok, warning, failed } = findingsOf('settings');
  const off = switchedOff(config).map((said) => warning(said));
  const findings: Finding[] = [...off];
  const { auditHeadFile, heartbeatUrl } = config;
  if (auditHeadFile !== null) {
    const folder = dirname(auditHeadFile);
    const target = existsSync(auditHeadFile) ? auditHeadFile : folder;
    if (!existsSync(folder))
      findings.push(failed(`There is no directory ${folder} for AUDIT_HEAD_FILE.`, `mkdir -p ${folder}`));
    else if (!isWritable(target) || !isWritable(folder))
      findings.push(
        failed(`AUDIT_HEAD_FILE cannot be written: ${target}.`, `chown it to the user that Genesis runs as.`),
      );
    else findings.push(ok('The audit head can be written.'));
  }
  if (heartbeatUrl !== null)
    findings.push(ok('HEARTBEAT_URL is set. It is not called from here: that would be a sign of life.'));
  return findings;
}

/** The variables that only the executor reads; `names` is null where the executor could not start. */
export function secretFindings(
  { executorEnv }: Config,
  room: Room | null,
  names: readonly string[] | null,
): readonly Finding[] {
  const { ok, warning, failed } = findingsOf('executor');
  const findings: Finding[] = [];
  const found = executorEnv === null ? undefined : statSync(executorEnv, { throwIfNoEntry: false });
  if (found && (found.mode & 0o077) !== 0)
    findings.push(warning('The file EXECUTOR_ENV can be read by others.', `chmod 600 ${executorEnv}`));
  const wanted = unique(
    Object.values(room?.definitions ?? {}).flatMap(({ service }) =>
      Object.values(service.actions).flatMap(({ secrets }) => secrets),
    ),
  );
  const missing = names === null ? [] : wanted.filter((name) => !names.includes(name));
  if (missing.length > 0)
    findings.push(
      failed(
        `Actions need ${missing.length === 1 ? 'a variable' : 'variables'} that the executor does not have: ${some(missing)}.`,
        'Write NAME=value lines into a file that only its user can read, and name it in EXECUTOR_ENV.',
      ),
    );
  else if (names !== null && wanted.length > 0)
    findings.push(ok(`The executor has all ${wanted.length} variables that actions need.`));
  return findings;
}

export async function mailFindings({ mail }: Config): Promise<readonly Finding[]> {
  const { ok, failed } = findingsOf('mail');
  if (!mail) return [];
  try {
    await createMailer(mail, { timeoutMs: 10_000 }).verify();
    const to = `${mail.to.length} ${mail.to.length === 1 ? 'recipient' : 'recipients'}`;
    return [ok(`The mail server ${mail.host}:${mail.port} lets the bot in; summaries go to ${to}.`)];
  } catch (error) {
    if (!(error instanceof WorkFailed)) throw error;
    return [failed(error.message, 'Correct SMTP_URL, or let this machine reach the mail server.')];
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
