import { describe, expect, it, onTestFinished } from 'vitest';
import type { Asked, Reply } from '../../../src/adapters/slack/asked.ts';
import { type ButtonValue, writeButtonValue } from '../../../src/adapters/slack/buttonValue.ts';
import { click } from '../../../src/adapters/slack/clicks.ts';
import { mention } from '../../../src/adapters/slack/mention.ts';
import { shortcut } from '../../../src/adapters/slack/shortcuts.ts';
import { slash } from '../../../src/adapters/slack/slash/slash.ts';
import { submit } from '../../../src/adapters/slack/submissions.ts';
import { calledRoom } from '../../fakes/called.ts';
import { createDrillRig } from '../../fakes/drillRig.ts';
import { notice } from '../../fakes/world.ts';

/** The drill INC-1 in its channel, and the real incident INC-2 beside it. */
async function setting() {
  const rig = createDrillRig(calledRoom);
  onTestFinished(() => rig.stop());
  await rig.drill('high-error-rate');
  await rig.desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: notice() });
  await rig.desk.act('U2SECOND', { type: 'freeze.begin', service: null, until: null, why: 'Year end' });
  await rig.idle();
  const drill = await rig.incident('INC-1');
  const real = await rig.incident('INC-2');
  let number = 0;
  const asked = (): Asked => ({
    user: 'U2SECOND',
    channel: drill.channel?.id ?? '',
    responseUrl: null,
    once: `${++number}`,
  });
  const parts = { desk: rig.desk, clock: rig.clock, reach: async () => true };
  return {
    rig,
    drill,
    real,
    say: (text: string) => slash(parts, asked(), text),
    name: (text: string) => mention(parts, asked(), { text: `<@U0BOT> ${text}`, botUserId: 'U0BOT' }),
    press: (actionId: string, value: ButtonValue) =>
      click(rig.desk, asked(), { actionId, value: writeButtonValue(value) }),
    fill: (form: string, value: ButtonValue, filled: Record<string, string>) => {
      const from = asked();
      return submit(parts, from, {
        form,
        filled,
        origin: { channel: from.channel, responseUrl: null, value },
      });
    },
    choose: (id: string) => {
      const from = asked();
      return shortcut(rig.desk, from, {
        chosen: {
          ...{ type: 'message_action', callback_id: id, user: { id: from.user }, trigger_id: 't' },
          ...{ channel: { id: from.channel ?? '' }, message: { ts: '1.0', user: 'U2SECOND', text: 'Help' } },
        },
        workspaceUrl: 'https://example.slack.com/',
      });
    },
    /** Everything that was decided of what is real. */
    async decided() {
      const events = await rig.store.events({});
      return events.filter(({ stream }) => stream !== 'INC-1' && !stream.startsWith('INC-1.')).length;
    },
  };
}

const words = (reply: Reply): string => (reply.kind === 'private' ? reply.say.text : reply.kind);

const refused = /^This channel belongs to the drill INC-1, so nothing was done\. .*ask for it/;

describe('in the channel of a drill', () => {
  it.each(['while it lasts', 'after its end'])('nothing real is done, %s', async (when) => {
    const { rig, real, say, name, press, fill, choose, decided } = await setting();
    if (when === 'after its end') {
      await rig.act({ type: 'incident.resolve', incident: 'INC-1', note: null });
      await rig.idle();
      expect((await rig.incident('INC-1')).resolved).not.toBeNull();
    }
    const [run] = real.runs;
    const view = run && (await rig.desk.run(run));
    const step = view?.run.at;
    if (!run || !step) throw new Error('INC-2 has no walk');
    const at = { run, step, attempt: view.run.steps[step]?.attempt ?? 1 };
    const before = await decided();
    const { commands, files } = rig.touched;
    for (const text of [
      'declare P1 everything is down',
      'declare',
      'freeze all the year ends',
      'freeze',
      'freeze lift FRZ-1',
      'ack INC-2',
      'severity INC-2 P0 worse',
      'severity INC-2',
      'role INC-2 commander <@U2SECOND>',
      'update INC-2 it gets better',
      'update INC-2',
      'page INC-2 executives now',
      'silence INC-2',
      'resolve INC-2 is over',
      'resolve INC-2',
    ]) {
      expect(words(await say(text)), text).toMatch(refused);
      expect(words(await name(text)), `by name: ${text}`).toMatch(refused);
    }
    for (const [actionId, value] of [
      ['incident.acknowledge', { incident: 'INC-2' }],
      ['incident.resolve', { incident: 'INC-2' }],
      ['incident.rollback', { incident: 'INC-2' }],
      ['incident.more', { incident: 'INC-2', option: 'severity' }],
      ['freeze.lift', { option: 'FRZ-1' }],
      ['run.end', { run }],
      ['step.skip', at],
      ['step.perform', at],
      ['home.declare', {}],
    ] as const)
      expect(words(await press(actionId, value)), actionId).toMatch(refused);
    for (const [form, value, filled] of [
      ['declare', {}, { title: 'It is down', severity: 'P1' }],
      ['freeze', {}, { service: 'all', why: 'Year end' }],
      ['resolve', { incident: 'INC-2' }, { note: 'Over' }],
      ['note', { incident: 'INC-2' }, { text: 'Hello' }],
      ['call', { incident: 'INC-2' }, { duty: 'executives' }],
      ['hand-over', { incident: 'INC-2' }, { user: 'U1STARTER' }],
      ['run', { option: 'quick-fix', incident: 'INC-2' }, { reason: 'It is slow' }],
      ['run', { option: 'quick-fix' }, { reason: 'It is slow' }],
      ['answer', at, { answer: 'yes' }],
    ] as const)
      expect(words(await fill(form, value, filled)), form).toMatch(refused);
    expect(words(await choose('declare_incident'))).toMatch(refused);
    await rig.idle();
    expect(await decided()).toBe(before);
    expect(rig.touched).toMatchObject({ commands, files });
    expect((await rig.desk.around()).freezes).toHaveLength(1);
  });

  it('says where what is real can be done', async () => {
    const { real, say } = await setting();
    const told = words(await say('ack INC-2'));
    expect(told).toContain(`INC-2 is no part of it: ask for it in ${real.channel?.id}.`);
    expect(words(await say('declare P1 it is down'))).toContain('ask for it in another channel');
  });

  it('the drill itself goes on, what is real can be looked at, and another drill begins', async () => {
    const { rig, say, press, fill, choose } = await setting();
    for (const text of [
      'status',
      'status INC-2',
      'help',
      'oncall',
      'window',
      'access change',
      'freeze list',
      'playbook list',
    ])
      expect(words(await say(text)), text).not.toMatch(refused);
    expect(words(await say('ack'))).toBe('You have INC-1.');
    expect(words(await fill('note', { incident: 'INC-1' }, { text: 'Hello' }))).toBe('shown');
    expect(words(await choose('add_to_incident'))).toBe('Added to INC-1.');
    expect(words(await press('incident.more', { incident: 'INC-1', option: 'severity' }))).toBe('modal');
    expect(words(await say('drill'))).toBe('modal');
    const [run] = (await rig.incident('INC-1')).runs;
    if (!run) throw new Error('the drill has no walk');
    expect(words(await press('run.end', { run }))).toBe('shown');
  });

  it('and elsewhere nothing of this applies', async () => {
    const { rig, real } = await setting();
    const parts = { desk: rig.desk, clock: rig.clock, reach: async () => true };
    const from = { user: 'U2SECOND', responseUrl: null };
    const channel = real.channel?.id ?? '';
    expect(words(await slash(parts, { ...from, channel, once: 'a' }, 'ack'))).toBe('You have INC-2.');
    expect(words(await slash(parts, { ...from, channel: 'C0OTHER', once: 'b' }, 'ack INC-1'))).toBe(
      'You have INC-1.',
    );
  });
});
