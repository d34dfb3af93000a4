import type { KnownBlock } from '@slack/types';
import type { CommandBody, UndoWish } from '../../core/command.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
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
  return modal(
    runForm(
      {
        channel: asked.channel,
        responseUrl: asked.responseUrl,
        value: { option: definition.playbook.name, ...(incident ? { incident: incident.id } : {}) },
      },
      {
        definition,
        incident,
        allowed,
        reason: what.reason ?? '',
        ...(what.ledger && { ledger: what.ledger }),
      },
    ),
  );
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
}): CommandBody =>
  what.incident
    ? {
        type: 'incident.start-run',
        incident: what.incident,
        playbook: what.playbook,
        reason: what.reason,
        ...(what.undo && { undo: what.undo }),
      }
    : {
        type: 'run.start',
        run: null,
        incident: null,
        playbook: what.playbook,
        place: { kind: 'channel', channel: what.channel },
        reason: what.reason,
        ...(what.undo && { undo: what.undo }),
      };
