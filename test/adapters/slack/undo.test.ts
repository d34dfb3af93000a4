import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { undoOf } from '../../../src/core/run/undo.ts';
import { channelIds, people } from '../../../src/sandbox/emulator/seed.ts';
import { changedView } from './undoViews.ts';
import { definition, incident, run, start } from './views.ts';
import { type Setting, setting } from './workspace.ts';

const { responder } = people;
const service = 'genesis-orchestration';

let at: Setting;
const changed = changedView({ definition, run, by: responder, at: start + 60_000 });
const hash = undoOf([changed], { service, through: null })?.hash;

async function opened(callbackId: string) {
  await vi.waitFor(() => expect(at.slack.workspace.openView(responder)?.callbackId).toBe(callbackId));
  const view = at.slack.workspace.openView(responder);
  if (!view) throw new Error('no form is open');
  return view;
}

const say = (text: string, channel: string) => at.slack.person(responder).slash(channel, '/genesis', text);
const acted = async () => {
  await vi.waitFor(() => expect(at.desk.acted).toHaveLength(1));
  return at.desk.acted[0]?.body;
};

describe('/genesis rollback where something was changed', () => {
  beforeEach(async () => {
    at = await setting('socket');
    at.desk.incidents = [incident({ channel: { id: channelIds.incidents, name: 'genesis-incidents' } })];
    at.desk.runs = [changed];
  });
  afterEach(() => at.stop());

  it('shows the ledger with what taking back would run, beside the procedure', async () => {
    await say('rollback it got worse', channelIds.incidents);
    const form = await opened('genesis.undo');
    expect(form.submit).toMatchObject({ text: 'Start' });
    // Slack gives the blocks without an id of their own one at random.
    const written = JSON.stringify(form.blocks, (key, value) => (key === 'block_id' ? undefined : value), 1);
    await expect(written).toMatchFileSnapshot('./rollbackForm.golden.txt');
    const words = JSON.stringify(form.blocks);
    expect(words).toContain('# puts back config/llm_fallback.yaml: 15 bytes, SHA-256 ');
    expect(words).toContain('systemctl restart genesis-orchestration');
    expect(words).toContain('Cannot be taken back by the bot');
    expect(words).toContain('Stop traffic');
    expect(words).toContain('it got worse');
  });

  it('starts the undo that was shown, by its hash, in the incident', async () => {
    await say('rollback', channelIds.incidents);
    const form = await opened('genesis.undo');
    const choice = `INC-42.1/0/${hash}`;
    await at.slack.person(responder).submit(form.id, { choice: { choice } });
    expect(await acted()).toEqual({
      type: 'incident.start-run',
      incident: 'INC-42',
      playbook: 'undo',
      reason: null,
      undo: { service, through: { run: 'INC-42.1', entry: 0 }, hash },
    });
  });

  it('starts the procedure as before where that is chosen', async () => {
    await say('rollback', channelIds.incidents);
    const form = await opened('genesis.undo');
    await at.slack
      .person(responder)
      .submit(form.id, { choice: { choice: 'procedure/incident' }, reason: { reason: 'worse' } });
    expect(await acted()).toEqual({
      type: 'incident.start-run',
      incident: 'INC-42',
      playbook: 'rollback-genesis-orchestration',
      reason: 'worse',
      shown: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('offers nothing while a run takes it back already', async () => {
    const undo = undoOf([changed], { service, through: null });
    if (!undo) throw new Error('nothing to undo');
    at.desk.runs = [changed, { run: run({ id: 'INC-42.2' }), definition: undo.definition }];
    await say('rollback', channelIds.incidents);
    const form = await opened('genesis.run');
    expect(JSON.stringify(form.blocks)).toContain('INC-42.2 is taking changes back now');
    expect(form.submit).toMatchObject({ text: 'Request Rollback' });
  });

  it('says so where there is neither a change nor a procedure', async () => {
    at.desk.runs = [];
    await say('rollback nothing-of-that-name', channelIds.general);
    await vi.waitFor(() =>
      expect(at.slack.workspace.ephemerals(responder).at(-1)?.text).toMatch(/There is no rollback procedure/),
    );
  });

  it('takes back what runs of their own did in the channel', async () => {
    const own = {
      run: run({ ...changed.run, id: 'RUN-1', incident: null, channel: channelIds.general }),
      definition,
    };
    at.desk.runs = [own];
    await say(`rollback ${service}`, channelIds.general);
    const form = await opened('genesis.undo');
    const choice = `RUN-1/0/${undoOf([own], { service, through: null })?.hash}`;
    await at.slack.person(responder).submit(form.id, { choice: { choice } });
    expect(await acted()).toMatchObject({
      type: 'run.start',
      incident: null,
      place: { kind: 'channel', channel: channelIds.general },
      undo: { service, through: { run: 'RUN-1', entry: 0 } },
    });
  });
});
