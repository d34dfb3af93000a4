import type { RunCommand } from '../../src/core/run/commands.ts';

/** Starts a run of its own, asked for in a channel. */
export const startRun = (playbook: string): Extract<RunCommand, { type: 'run.start' }> => ({
  type: 'run.start',
  run: null,
  incident: null,
  playbook,
  place: { kind: 'channel', channel: 'C1' },
  reason: null,
});
