import { forbidden } from '../access/forbidden.ts';
import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import { subjectKey } from '../effect.ts';
import { time } from '../moment.ts';
import { unknownName } from '../playbook/nearest.ts';
import { servicesIn } from '../playbook/room.ts';
import { channelForEdits } from '../playbook/roomChange.ts';
import type { FreezeId } from '../stream.ts';
import { evolveFreeze, type Freeze, type FreezeCommand, type FreezeEvent } from './freeze.ts';

/** Commands that a freeze's stream decides. */
export type ForFreeze = Command & FreezeCommand;

type FreezeDraft = Draft<Freeze, FreezeEvent>;

const bot = { kind: 'bot' } as const;

export function decideFreeze(
  command: ForFreeze,
  freeze: Freeze | null,
  context: Context,
): Decision<FreezeEvent> {
  if (command.type === 'freeze.begin') return begin(command, context);
  if (!freeze) return refuse('not-found', `There is no ${command.freeze}.`);
  const draft: FreezeDraft = new Draft(freeze, evolveFreeze);
  const { now } = context;
  switch (command.type) {
    case 'freeze.lift': {
      const denied = forbidden(command.actor, 'override', freeze.service, {
        room: context.room,
        incident: null,
      });
      if (denied) return denied;
      if (freeze.over) return refuse('already', overBefore(freeze.id, freeze.over));
      const data = { why: command.why };
      draft.emit({ type: 'FreezeLifted', data, at: now, by: actorId(command.actor) });
      sayOver(draft);
      return draft.decided();
    }
    case 'freeze.due': {
      if (freeze.over || freeze.until === null) return refuse('stale', `${freeze.id} is over already.`);
      if (now < freeze.until) {
        // Timers keep their length where the clock is set back, and a freeze ends by the clock on the wall.
        awaitEnd(draft, freeze.until);
        return draft.decided();
      }
      draft.emit({ type: 'FreezeEnded', data: {}, at: now, by: actorId(command.actor) });
      sayOver(draft);
      return draft.decided();
    }
    default: {
      const never: never = command;
      return never;
    }
  }
}

function begin(
  { actor, service, until, why }: Extract<ForFreeze, { type: 'freeze.begin' }>,
  context: Context,
): Decision<FreezeEvent> {
  const { now, room } = context;
  const known = servicesIn(room);
  if (service !== null && !known.includes(service))
    return refuse('invalid', unknownName('service', service, known));
  const denied = forbidden(actor, 'override', service, { room, incident: null });
  if (denied) return denied;
  const reason = why.trim();
  if (reason === '') return refuse('invalid', 'Say why: everybody who is held up by it reads that.');
  if (until !== null && until <= now) return refuse('invalid', 'That moment has passed already.');
  const id: FreezeId = `FRZ-${context.nextFreeze}`;
  const channel = channelForEdits(room.routing);
  const draft: FreezeDraft = new Draft(undefined as unknown as Freeze, (state, event) =>
    evolveFreeze(state ?? null, event),
  );
  draft.emit({
    type: 'FreezeBegun',
    data: { id, service, why: reason, until, channel },
    at: now,
    by: actorId(actor),
  });
  if (until !== null) awaitEnd(draft, until);
  show(draft, 'freeze');
  return draft.decided();
}

function awaitEnd(draft: FreezeDraft, until: number): void {
  const command = { actor: bot, type: 'freeze.due', freeze: draft.state.id } as const;
  draft.effect({ kind: 'tell', command }, { notBefore: until });
}

/** The message of its beginning loses its button, and a new one tells those who wait. */
function sayOver(draft: FreezeDraft): void {
  show(draft, 'freeze');
  show(draft, 'freeze-over');
}

function show(draft: FreezeDraft, kind: 'freeze' | 'freeze-over'): void {
  const { id, channel } = draft.state;
  if (channel === null) return;
  const subject = { kind, freeze: id } as const;
  const where = { in: { kind: 'channel', channel }, thread: null } as const;
  draft.effect({ kind: 'show', subject, where }, { lane: `chat/${id}`, coalesce: subjectKey(subject) });
}

const overBefore = (id: FreezeId, over: NonNullable<Freeze['over']>): string =>
  over.kind === 'lifted'
    ? `<@${over.by}> already lifted ${id} at ${time(over.at)}.`
    : `${id} already ended at ${time(over.at)}.`;
