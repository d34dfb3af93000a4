import type { VerifyTarget } from '../playbook/definition.ts';
import { showChart, showStep, type Walking } from './effects.ts';
import type { Gate, Reading, Verified } from './run.ts';

/** Between two looks at an indicator; Prometheus scrapes no faster in the setups this is written for. */
const lookEveryMs = 15_000;
/** A minute without data, at the usual rhythm, before the gate says that it knows nothing. */
const blindLimit = 4;

/** Pace shortens the rhythm too, though no faster than an answer can be new. */
export function rhythm(holdMs: number, pace: number): number {
  const paced = Math.max(1_000, lookEveryMs / pace);
  return holdMs > 0 ? Math.max(500, Math.min(paced, holdMs / 4)) : paced;
}

export function openGate(walking: Walking, step: string, target: VerifyTarget, by: string | null): void {
  const { draft, context } = walking;
  const record = draft.state.steps[step];
  const gate: Gate = {
    indicator: target.indicator,
    holdMs: target.holdMs,
    beginBy: context.now + target.withinMs,
    before: record?.baseline?.value ?? null,
    last: null,
    heldSince: null,
    blind: 0,
  };
  draft.emit({ type: 'GateOpened', data: { step, by, gate }, at: context.now, by: walking.by });
  // What is known at this moment was measured before: a gate that one reading passes waits for a newer one.
  const first = gate.holdMs === 0 ? rhythm(0, context.room.pace) : 0;
  look(walking, step, gate, context.now + first);
}

function look({ draft }: Walking, step: string, gate: Gate, notBefore: number): void {
  const attempt = draft.state.steps[step]?.attempt ?? 1;
  const { indicator } = gate;
  draft.effect(
    { kind: 'read-indicator', run: draft.state.id, step, attempt, indicator, purpose: 'gate' },
    { notBefore },
  );
}

export type GateEnd =
  | { readonly kind: 'held'; readonly verified: Verified }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'inconclusive'; readonly message: string };

/**
 * Takes one reading into the gate. The answer is null while the gate goes on watching. The hold counts from reading to
 * reading, so a break between two of them that nobody saw is not excluded; a missing reading always starts it anew, and
 * so does a gap as long as a gate would be called blind for: the bot was down, or the clock was moved.
 */
export function watch(walking: Walking, step: string, gate: Gate, reading: Reading): GateEnd | null {
  const { draft, context } = walking;
  const passed = reading.verdict === 'pass';
  const every = rhythm(gate.holdMs, context.room.pace);
  const gap = gate.last ? reading.at - gate.last.at : 0;
  const watched = gap >= 0 && gap <= every * blindLimit;
  const heldSince = passed ? ((watched ? gate.heldSince : null) ?? reading.at) : null;
  const blind = reading.verdict === 'inconclusive' ? gate.blind + 1 : 0;
  // Where the clock was set back, the time to begin goes back with it; else a failing gate would be watched for ever.
  const beginBy = gate.beginBy + Math.min(0, gap);
  const next: Gate = { ...gate, last: reading, heldSince, blind, beginBy };
  draft.emit({ type: 'ReadingTaken', data: { step, reading, gate: next }, at: context.now, by: walking.by });

  if (passed && heldSince !== null && reading.at - heldSince >= gate.holdMs) {
    const { indicator, before } = gate;
    return {
      kind: 'held',
      verified: { indicator, before, after: reading.value, heldMs: reading.at - heldSince },
    };
  }
  if (blind >= blindLimit && reading.verdict === 'inconclusive')
    return { kind: 'inconclusive', message: reading.why };
  if (heldSince === null && context.now > beginBy) {
    return reading.verdict === 'inconclusive'
      ? { kind: 'inconclusive', message: reading.why }
      : { kind: 'failed', message: 'The objective was not met in the time given for it.' };
  }
  look(walking, step, next, context.now + every);
  showStep(walking, step);
  return null;
}

/** The picture of how the indicator went, once the gate has held. */
export function drawAfter(walking: Walking, step: string, verified: Verified): void {
  const { unit } = walking.definition.service.indicators[verified.indicator] ?? {};
  // A state is up or down: a curve of it tells nothing that the message does not say.
  if (unit !== undefined && unit !== 'state') showChart(walking, step, verified.indicator, 'after');
}
