import { join } from 'node:path';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { storeContract } from '../store.contract.ts';
import { temporaryDirectory } from './places.ts';

storeContract('SQLite', {
  place: () => join(temporaryDirectory(), 'genesis.db'),
  open: ({ place, clock, hooks }) => openSqliteStore({ file: place, clock, ...(hooks ? { hooks } : {}) }),
});
