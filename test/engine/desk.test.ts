import { describe, expect, it } from 'vitest';
import { WorkFailed } from '../../src/engine/ports.ts';
import { createRig } from './rig.ts';

const take = { type: 'incident.acknowledge', incident: 'INC-1' } as const;

async function withIncident() {
  const rig = createRig();
  await rig.alert();
  return rig;
}

describe('whoever asks is looked up', () => {
  it('lets a member do what their groups may', async () => {
    const rig = await withIncident();
    expect((await rig.desk.act('U1ENGINEER', take)).kind).toBe('accepted');
    expect((await rig.incident()).acknowledged?.by).toBe('U1ENGINEER');
    expect(rig.observer.decided).toContain('incident.acknowledge accepted');
  });

  it('refuses a member without rights', async () => {
    const rig = await withIncident();
    expect(await rig.desk.act('U5VISITOR', take)).toMatchObject({ code: 'not-allowed' });
    expect(await rig.desk.may('U5VISITOR', 'change', 'checkout')).toMatchObject({ allowed: false });
    expect(await rig.desk.may('U5VISITOR', 'observe', 'checkout')).toMatchObject({ allowed: true });
  });

  it('refuses an outsider, whatever groups are claimed elsewhere', async () => {
    const rig = await withIncident();
    expect(await rig.desk.act('U9STRANGER', take)).toMatchObject({
      code: 'not-allowed',
      message: 'You are not a member of this workspace.',
    });
    expect(await rig.desk.may('U9STRANGER', 'observe', 'checkout')).toMatchObject({ allowed: false });
  });

  it('refuses everybody while the directory does not answer', async () => {
    const rig = await withIncident();
    rig.directory.fault = () => {
      throw new WorkFailed('unreachable', 'Slack did not answer.', { retry: { afterMs: null } });
    };
    expect(await rig.desk.act('U1ENGINEER', take)).toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('nothing was done'),
    });
    expect((await rig.incident()).acknowledged).toBeNull();
  });

  it('counts a delivery once', async () => {
    const rig = await withIncident();
    const say = { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'hello' } as const;
    await rig.desk.act('U1ENGINEER', say, 'delivery-1');
    expect(await rig.desk.act('U1ENGINEER', say, 'delivery-1')).toMatchObject({ code: 'duplicate' });
  });

  it('knows nothing of what is not there', async () => {
    const rig = createRig();
    expect(await rig.desk.incident('INC-9')).toBeNull();
    expect(await rig.desk.run('INC-9.1')).toBeNull();
    expect(await rig.desk.incidentOfChannel('C9')).toBeNull();
  });
});
