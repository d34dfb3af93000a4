import type { LedgerPlace } from '../../core/brain.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import { type Room, servicesIn } from '../../core/playbook/room.ts';
import { shownPrint } from '../../core/run/edited.ts';
import { changesInEffect, undoOf } from '../../core/run/undo.ts';
import type { RunView } from '../../core/view.ts';
import type { Desk } from '../../engine/ports.ts';
import { mayNotLook } from './answers.ts';
import { type Asked, modal, privately, type Reply } from './asked.ts';
import { spoken } from './escape.ts';
import { ledgerBlocks, rollbackForm, type WayBack } from './modals/rollbackForm.ts';
import { openRunForm } from './startRun.ts';

/** A service is rolled back by the procedure named for it. */
export const rollbackName = (service: string): string => `rollback-${service}`;

export function rollbackOf(room: Room, service: string): Definition | null {
  const name = rollbackName(service);
  return Object.hasOwn(room.definitions, name) ? (room.definitions[name] ?? null) : null;
}

export const servicesToRollBack = (room: Room): readonly string[] =>
  servicesIn(room).filter((service) => rollbackOf(room, service) !== null);

/** Where the changes are looked for: in the incident, else among the runs of the channel's own. */
export const ledgerPlace = (incident: Incident | null, channel: string | null): LedgerPlace =>
  incident ? { kind: 'incident', incident: incident.id } : { kind: 'channel', channel: channel ?? '' };

/** Services to which something was done there that the ledger still lists. */
export async function servicesChanged(desk: Desk, place: LedgerPlace): Promise<readonly string[]> {
  const views = await desk.ledgers(place);
  const all = [
    ...new Set(
      views.flatMap(({ run }) => [run.service, ...run.ledger.flatMap(({ service = [] }) => service)]),
    ),
  ].filter((service) => service !== '');
  return all.filter((service) => changesInEffect(views, service).length > 0).sort();
}

/** What was done and is still in effect, with what taking it back would run, beside the procedure of the service. */
export async function openRollback(
  desk: Desk,
  asked: Asked,
  what: { service: string; incident: Incident | null; reason: string },
): Promise<Reply> {
  const { service, incident, reason } = what;
  const refused = await mayNotLook(desk, asked, service);
  if (refused) return refused;
  const definition = rollbackOf(desk.room(), service);
  const own = incident?.service === service ? incident : null;
  const views = await desk.ledgers(ledgerPlace(incident, asked.channel));
  const changes = changesInEffect(views, service);
  const ways = waysBack(views, service);
  if (ways.length > 0) {
    return modal(
      rollbackForm(
        {
          channel: asked.channel,
          responseUrl: asked.responseUrl,
          value: {
            option: service,
            ...(definition && { hash: shownPrint(definition) }),
            ...(incident ? { incident: incident.id } : {}),
          },
        },
        { service, changes, ways, procedure: definition && { definition, incident: own }, reason },
      ),
    );
  }
  const ledger = ledgerBlocks(changes);
  if (definition) return openRunForm(desk, asked, { definition, incident: own, reason, ledger });
  return changes.length === 0
    ? privately(
        spoken(
          `Nothing that was done to ${service} here is still in effect, and it has no rollback procedure.`,
          [],
        ),
      )
    : privately(spoken(`Nothing that was done to ${service} here can be taken back now.`, []), ledger);
}

/** From taking back the newest alone to taking back everything; none while somebody is at it. */
function waysBack(views: readonly RunView[], service: string): readonly WayBack[] {
  const all = undoOf(views, { service, through: null });
  if (!all || all.changes.some(({ takenBackBy }) => takenBackBy !== null)) return [];
  return all.changes.flatMap(({ ref, title }, index) => {
    const undo = undoOf(views, { service, through: ref });
    return undo ? [{ through: ref, title, hash: undo.hash, steps: index + 1, all: all.changes.length }] : [];
  });
}
