import { createEffectTable } from './effectTable.ts';
import { createEventTable } from './eventTable.ts';
import type { Db } from './open.ts';
import { createPeopleTable } from './peopleTable.ts';
import {
  createClaimTable,
  createDefinitionTable,
  createIncidentTable,
  createMessageTable,
  createRunTable,
  createSeenTable,
} from './smallTables.ts';
import { createStandingTable } from './standingTable.ts';

export type Tables = ReturnType<typeof createTables>;

/** All that the database holds, as tables. */
export function createTables(db: Db) {
  const remembering = {
    effects: createEffectTable(db),
    claims: createClaimTable(db),
    messages: createMessageTable(db),
    incidents: createIncidentTable(db),
    runs: createRunTable(db),
    freezes: createStandingTable(db, { table: 'freezes', flag: 'stands', prefix: 'FRZ' }),
    watches: createStandingTable(db, { table: 'watches', flag: 'is_on', prefix: 'WCH' }),
    people: createPeopleTable(db),
  };
  return {
    ...remembering,
    events: createEventTable(db),
    seen: createSeenTable(db),
    definitions: createDefinitionTable(db),
    /** What the tables keep in memory of what they wrote is no longer true once it was rolled back. */
    forget(): void {
      for (const table of Object.values(remembering)) table.forget();
    },
  };
}
