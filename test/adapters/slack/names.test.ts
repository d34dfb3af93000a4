import { describe, expect, it } from 'vitest';
import { people } from '../../../src/sandbox/emulator/seed.ts';
import { connectedClient } from './connectedClient.ts';

async function workspace() {
  const { slack, client } = await connectedClient();
  const lookUps = () => slack.calls.filter(({ method }) => method === 'users.info').length;
  return { slack, directory: client.directory, lookUps };
}

describe("the names of Slack's directory", () => {
  it('are looked up once for several files, and not at all for whoever has just acted', async () => {
    const { directory, lookUps } = await workspace();
    expect(await directory.membership(people.oncall)).toMatchObject({ kind: 'member' });
    expect(lookUps()).toBe(1);
    expect(await directory.names([people.oncall])).toEqual(new Map([[people.oncall, 'On-Call Engineer']]));
    expect(lookUps()).toBe(1);
    const both = await directory.names([people.oncall, people.lead]);
    expect([...both.keys()].toSorted()).toEqual([people.lead, people.oncall].toSorted());
    await directory.names([people.oncall, people.lead]);
    expect(lookUps()).toBe(2);
  });

  it('leave out whom Slack does not know, and keep the others', async () => {
    const { directory } = await workspace();
    const names = await directory.names(['U0NOBODY99', people.oncall]);
    expect([...names.keys()]).toEqual([people.oncall]);
  });

  it('are left out while Slack fails or does not answer, and nobody waits long', async () => {
    const { slack, directory } = await workspace();
    slack.faults.add({ kind: 'server_error', method: 'users.info', status: 503 });
    expect(await directory.names([people.oncall])).toEqual(new Map());
    slack.faults.clear();
    slack.faults.add({ kind: 'delay', method: 'users.info', delay: 600_000 });
    expect(await directory.names([people.lead])).toEqual(new Map());
  });

  it('are asked for a few people at most, so that those who click are not held up', async () => {
    const { directory, lookUps } = await workspace();
    await directory.names(Array.from({ length: 500 }, (_, index) => `U0MANY${index}`));
    expect(lookUps()).toBeLessThanOrEqual(30);
  });
});
