import type { Actor } from './actor.ts';
import type { FreezeCommand } from './calendar/freeze.ts';
import type { AlertCommand, IncidentCommand } from './incident/commands.ts';
import type { PreferencesCommand } from './people/preferences.ts';
import type { RunCommand } from './run/commands.ts';
import type { WatchCommand } from './watch/watch.ts';

/**
 * Everything that happens arrives as a command: an alert, a click, a timer, the end of a process. `once` is the identity
 * of its delivery where the sender may deliver it again; the second one changes nothing.
 */
export type Command = { readonly actor: Actor; readonly once?: string } & CommandBody;

export type CommandBody =
  | AlertCommand
  | IncidentCommand
  | RunCommand
  | FreezeCommand
  | WatchCommand
  | PreferencesCommand;

/** What is said at a step, without which step it is. */
export type SaidAtStep = CommandBody extends infer B
  ? B extends { run: string; step: string; attempt: number }
    ? Omit<B, 'run' | 'step' | 'attempt'>
    : never
  : never;

/** What only machines report: an end, a reading, a moment. No surface may let a person say it. */
const reports: readonly Command['type'][] = [
  'alert.notice',
  'incident.channel-opened',
  'incident.moved',
  'incident.channel-failed',
  'incident.mitigation-started',
  'incident.run-update',
  'incident.run-ended',
  'incident.unresolved-check',
  'incident.effect-given-up',
  'incident.alerts-moved',
  'incident.backlog',
  'incident.left-unattended',
  'incident.escalation-due',
  'incident.response-due',
  'incident.phase-due',
  'incident.update-due',
  'incident.page-answered',
  'incident.page-failed',
  'incident.pager-said',
  'incident.alerts-compared',
  'incident.silence-action',
  'incident.silence-over',
  'incident.silence-held',
  'incident.silence-removed',
  'incident.silence-failed',
  'incident.silence-seen',
  'incident.silences-of-others',
  'run.moved',
  'run.severity-changed',
  'run.trigger-read',
  'run.update-due',
  'run.room-changed',
  'run.output',
  'run.command-ended',
  'run.reading',
  'run.wait-over',
  'run.item-due',
  'run.retry',
  'run.offer-taken',
  'run.automatic-due',
  'run.automatic-decide',
  'run.approval-expired',
  'run.plan-expired',
  'freeze.due',
  'preferences.remind',
  'preferences.quiet-over',
  'preferences.urgent',
  'watch.due',
  'watch.incident',
  'watch.look',
  'watch.unheard',
  'watch.heard',
];

export const isReport = (command: Command): boolean => reports.includes(command.type);
