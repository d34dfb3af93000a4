import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import type { Draft } from '../draft.ts';
import { type Subject, subjectKey, type Where } from '../effect.ts';
import type { Definition } from '../playbook/definition.ts';
import type { RunEvent } from './events.ts';
import type { Run } from './run.ts';

export type RunDraft = Draft<Run, RunEvent>;

/** A run being decided: the draft with what every part of the decision needs at hand. */
export type Walking = {
  readonly draft: RunDraft;
  readonly definition: Definition;
  readonly context: Context;
  readonly by: string;
};

const bot = { kind: 'bot' } as const;

/** Where a run speaks: with its incident, or in the channel where it was asked for. */
export function whereOf(run: Pick<Run, 'incident' | 'channel'>, thread: Subject | null = null): Where {
  return run.incident
    ? { in: { kind: 'incident', incident: run.incident }, thread }
    : { in: { kind: 'channel', channel: run.channel ?? '' }, thread };
}

export const laneOf = (run: Pick<Run, 'incident' | 'id'>): string => `chat/${run.incident ?? run.id}`;

export function show(
  { draft }: Pick<Walking, 'draft'>,
  subject: Subject,
  thread: Subject | null = null,
): void {
  const where = whereOf(draft.state, thread);
  draft.effect(
    { kind: 'show', subject, where },
    { lane: laneOf(draft.state), coalesce: subjectKey(subject) },
  );
}

/** The message of a step as it stands now, and with it the card and the clock of the run. */
export function showStep(walking: Pick<Walking, 'draft'>, step: string): void {
  const { state } = walking.draft;
  const record = state.steps[step];
  if (!record) return;
  show(walking, { kind: 'step', run: state.id, step, attempt: record.attempt });
  showRun(walking);
}

export function showRun(walking: Pick<Walking, 'draft'>): void {
  const { state } = walking.draft;
  if (state.authority === 'whole') show(walking, { kind: 'run', run: state.id });
  if (state.incident) show(walking, { kind: 'card', incident: state.incident });
}

/** What a step printed stands in the thread of the step's message. */
export function showOutput(walking: Walking, step: string): void {
  const { state } = walking.draft;
  const attempt = state.steps[step]?.attempt ?? 1;
  show(
    walking,
    { kind: 'output', run: state.id, step, attempt },
    { kind: 'step', run: state.id, step, attempt },
  );
}

export function showChart(
  { draft }: Walking,
  step: string,
  indicator: string,
  moment: 'before' | 'after',
): void {
  const { state } = draft;
  const attempt = state.steps[step]?.attempt ?? 1;
  draft.effect(
    {
      kind: 'chart',
      run: state.id,
      step,
      indicator,
      fromMs: state.startedAt,
      subject: { kind: 'chart', run: state.id, step, attempt, moment },
      where: whereOf(state, moment === 'after' ? { kind: 'step', run: state.id, step, attempt } : null),
    },
    { lane: laneOf(state) },
  );
}

/** A command to a stream, at once or at a later moment. */
export function tell(
  { draft }: Pick<Walking, 'draft'>,
  command: DistributiveOmit<Command, 'actor'>,
  notBefore = 0,
): void {
  draft.effect({ kind: 'tell', command: { actor: bot, ...command } as Command }, { notBefore });
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export function tellIncident(walking: Walking, title: string): void {
  const { incident, id } = walking.draft.state;
  // The bot is no responder: what it starts by itself leaves the incident in nobody's hands.
  const by = walking.by === 'bot' ? null : walking.by;
  if (incident) tell(walking, { type: 'incident.mitigation-started', incident, run: id, title, by });
}
