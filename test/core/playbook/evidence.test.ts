import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import { planWhole } from '../../../src/core/run/resolve.ts';

const directory = join(import.meta.dirname, '../../../playbooks');
const rollback = 'rollback-genesis-orchestration';

it('the rollback keeps evidence before it interrupts or resets anything, and none of that can stop it', async () => {
  const { room } = await loadRoom({ directory, pace: 1 });
  const definition = room?.definitions[rollback];
  if (!definition) throw new Error(`no playbook ${rollback}`);
  const { commands } = planWhole(definition);
  const riskOf = (name: string) => definition.service.actions[name]?.risk;
  const first = commands.findIndex(({ action }) =>
    ['disruptive', 'destructive'].includes(riskOf(action) ?? ''),
  );
  const before = commands.slice(0, first).map(({ action }) => action);
  expect(before).toEqual(expect.arrayContaining(['crash_journal', 'collect_evidence', 'back_up_state']));
  const evidence = commands.find(({ action }) => action === 'collect_evidence');
  // Half a minute at most, whatever could not be read.
  expect(evidence).toMatchObject({ timeoutMs: 30_000, succeeds: expect.arrayContaining([1, 2, 124, 137]) });
});
