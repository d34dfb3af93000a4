import { describe, expect, it } from 'vitest';
import { createRig, eventually, type Rig } from './rig.ts';

const at = { incident: 'INC-1' } as const;

async function resolved(rig: Rig): Promise<void> {
  rig.start();
  await rig.alert();
  await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', ...at });
  await rig.idle();
  await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', ...at, note: null });
}

/** The file that was posted, once it is there. */
async function posted(rig: Rig): Promise<string> {
  const files = () => rig.chat.calls.flatMap((call) => (call.kind === 'file' ? [call.request] : []));
  const drafts = () => files().filter(({ filename }) => filename.startsWith('post-mortem-'));
  await eventually(() => {
    rig.clock.advance(1_000);
    return drafts().length;
  }).toBeGreaterThan(0);
  return new TextDecoder().decode(drafts()[0]?.content);
}

describe('the draft of a post-mortem', () => {
  it('names people as the chat does', async () => {
    const rig = createRig();
    rig.directory.names.set('U1ENGINEER', 'On-call engineer');
    await resolved(rig);
    expect(await posted(rig)).toContain('On-call engineer (@U1ENGINEER)');
  });

  it('names whoever acted before although the chat tells no names any more', async () => {
    const rig = createRig();
    rig.directory.names.set('U1ENGINEER', 'On-call engineer');
    rig.start();
    await rig.alert();
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', ...at });
    rig.directory.names.clear();
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', ...at, note: null });
    expect(await posted(rig)).toContain('On-call engineer (@U1ENGINEER)');
  });

  it('has ids where there was never a name', async () => {
    const rig = createRig();
    await resolved(rig);
    const file = await posted(rig);
    expect(file).toContain('- @U1ENGINEER');
    expect(file).toContain('People are named by their ids in Slack.');
  });
});

describe('the name of somebody', () => {
  it('is kept when they did something, and not when they were refused', async () => {
    const rig = createRig();
    rig.directory.names.set('U1ENGINEER', 'On-call engineer').set('U5VISITOR', 'Visitor');
    await rig.alert();
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', ...at });
    const severity = { type: 'incident.severity', ...at, severity: 'P0', why: 'Because.' } as const;
    expect(await rig.desk.act('U5VISITOR', severity)).toMatchObject({ kind: 'refused' });
    expect([...(await rig.store.names(['U1ENGINEER', 'U5VISITOR']))]).toEqual([
      ['U1ENGINEER', 'On-call engineer'],
    ]);
  });
});
