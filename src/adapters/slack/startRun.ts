import type { KnownBlock } from '@slack/types';
import { type Gate, isHeldToWindows } from '../../core/calendar/gate.ts';
import type { CommandBody } from '../../core/command.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import type { OfferedAt, UndoWish } from '../../core/run/commands.ts';
import { shownPrint } from '../../core/run/edited.ts';
import { gateFor } from '../../core/run/window.ts';
import type { IncidentId } from '../../core/stream.ts';
import type { Desk } from '../../engine/ports.ts';
import { mayNotLook } from './answers.ts';
import { type Asked, modal, privately, type Reply } from './asked.ts';
import { runForm } from './modals/runForms.ts';

/** A modal has to open within three seconds of the click, so whose button says what is not waited for any longer. */
const patienceMs = 1_000;

export async function openRunForm(
  desk: Desk,
  asked: Asked,
  what: {
    definition: Definition;
    incident: Incident | null;
    reason?: string;
    ledger?: readonly KnownBlock[];
    /** The step that offers it; it settles when the run starts. */
    offered?: OfferedAt;
  },
): Promise<Reply> {
  const { definition, incident } = what;
  const [refused, allowed] = await Promise.all([
    mayNotLook(desk, asked, definition.service.name || incident?.service || null),
    Promise.race([
      desk.may(asked.user, 'disrupt', definition.service.name).then(
        (permission) => permission.allowed,
        // Whether they may is decided when they submit; here it only chooses a word.
        () => false,
      ),
      elapsed(patienceMs),
    ]),
  ]);
  if (refused) return refused;
  const window = await windowOf(desk, definition, incident);
  return modal(
    runForm(
      {
        channel: asked.channel,
        responseUrl: asked.responseUrl,
        value: {
          option: definition.playbook.name,
          hash: shownPrint(definition),
          ...(incident ? { incident: incident.id } : {}),
          ...what.offered,
        },
      },
      {
        definition,
        incident,
        allowed,
        reason: what.reason ?? '',
        ...(what.ledger && { ledger: what.ledger }),
        ...(window && { window }),
      },
    ),
  );
}

/** How it stands to its windows; null for what is held to none. */
async function windowOf(
  desk: Desk,
  definition: Definition,
  incident: Incident | null,
): Promise<{ gate: Gate; zone: string } | null> {
  if (incident?.drill || !isHeldToWindows(definition.playbook)) return null;
  const around = await desk.around();
  const own = definition.playbook.service || (incident?.service ?? '');
  return { gate: gateFor(definition, own, around), zone: around.calendar.zone };
}

const elapsed = (ms: number): Promise<false> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });

/** Whether the bot can be heard in a channel by this person. */
export type Reach = (channel: string, user: string) => Promise<boolean>;

export const cannotPost: Reply = privately(
  'Genesis cannot post in this channel, so nobody would see the run. Nothing was started. Invite Genesis first, or start the run in another channel.',
);

export const startRun = (what: {
  playbook: string;
  incident: IncidentId | null;
  channel: string;
  reason: string | null;
  undo?: UndoWish;
  inputs?: Readonly<Record<string, string>>;
  override?: string;
  /** What the form showed that it comes from. */
  shown?: string;
}): CommandBody =>
  what.incident
    ? {
        type: 'incident.start-run',
        incident: what.incident,
        playbook: what.playbook,
        reason: what.reason,
        ...(what.undo && { undo: what.undo }),
        ...(what.inputs && { inputs: what.inputs }),
        ...(what.override !== undefined && { override: what.override }),
        ...(what.shown !== undefined && { shown: what.shown }),
      }
    : {
        type: 'run.start',
        run: null,
        incident: null,
        playbook: what.playbook,
        place: { kind: 'channel', channel: what.channel },
        reason: what.reason,
        ...(what.undo && { undo: what.undo }),
        ...(what.inputs && { inputs: what.inputs }),
        ...(what.override !== undefined && { override: what.override }),
        ...(what.shown !== undefined && { shown: what.shown }),
      };
