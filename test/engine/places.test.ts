import { describe, expect, it } from 'vitest';
import { WorkFailed } from '../../src/engine/ports.ts';
import type { ChatCall } from '../fakes/ports.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const channelOf = (call: ChatCall): string => {
  switch (call.kind) {
    case 'show':
      return call.request.known?.channel ?? call.request.channel;
    case 'file':
      return call.request.channel;
    case 'channel':
      return '';
    default:
      return call.where;
  }
};

/** These channels take nothing. */
const close = (rig: Rig, code: string, ...channels: readonly string[]): void => {
  rig.chat.fault = (call) => {
    if (channels.includes(channelOf(call))) throw new WorkFailed(code, 'The channel takes no messages.');
  };
};
/** Where a message was posted last; updates stay where it is. */
const where = (rig: Rig, key: string) => {
  const posted = rig.chat.shown(key).findLast(({ known }) => known === null);
  return posted && { channel: posted.channel, thread: posted.thread };
};

describe('a channel that takes no messages', () => {
  it.each(['channel_not_found', 'is_archived', 'restricted_action'])(
    'for threads (%s): the incident is told where people look instead, with all that belongs to it',
    async (code) => {
      const rig = createRig();
      close(rig, code, '#monitoring');
      rig.start();
      await rig.alert({ name: 'Slow' });
      await rig.idle();
      expect(where(rig, 'card/INC-1')).toEqual({ channel: '#genesis-incidents', thread: null });
      const card = await rig.store.posted({ kind: 'card', incident: 'INC-1' });
      expect(card?.channel).toBe('#genesis-incidents');
      expect(where(rig, 'step/INC-1.1/quick/1')).toEqual({ channel: '#genesis-incidents', thread: card });
      await rig.desk.act('U1ENGINEER', {
        type: 'incident.note',
        incident: 'INC-1',
        kind: 'update',
        text: 'It is being looked at.',
      });
      await rig.idle();
      expect(where(rig, 'note/INC-1/1')).toEqual({ channel: '#genesis-incidents', thread: card });
      expect(rig.observer.performed.filter(({ outcome }) => outcome === 'given-up')).toEqual([]);
      expect(rig.log.lines.filter(({ message }) => message.includes('went elsewhere'))).toMatchObject([
        { fields: { incident: 'INC-1', channel: '#monitoring', instead: '#genesis-incidents', code } },
      ]);
    },
  );

  it('that was archived in the middle: what comes next goes on beside the announcement', async () => {
    const rig = createRig();
    rig.start();
    await rig.alert();
    await rig.idle();
    const channel = (await rig.incident()).channel?.id ?? '';
    close(rig, 'is_inactive', channel);
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.desk.act('U1ENGINEER', {
      type: 'incident.note',
      incident: 'INC-1',
      kind: 'update',
      text: 'Who archived this?',
    });
    await rig.idle();
    const announcement = await rig.store.posted({ kind: 'announcement', incident: 'INC-1' });
    expect(where(rig, 'card/INC-1')).toEqual({ channel: '#alerts', thread: announcement });
    expect(where(rig, 'note/INC-1/1')).toEqual({ channel: '#alerts', thread: announcement });
  });

  it('for announcements: they are made in the last resort', async () => {
    const rig = createRig();
    close(rig, 'channel_not_found', '#alerts');
    rig.start();
    await rig.alert();
    await rig.idle();
    expect(where(rig, 'announcement/INC-1')).toMatchObject({ channel: '#genesis-incidents' });
  });

  it('and none anywhere: it is given up with a line in the log, and the rest goes on', async () => {
    const rig = createRig();
    close(rig, 'channel_not_found', '#monitoring', '#genesis-incidents');
    rig.start();
    await rig.alert({ name: 'Slow' });
    await rig.idle();
    expect(rig.observer.performed).toContainEqual({
      kind: 'show',
      outcome: 'given-up',
      error: 'channel_not_found',
    });
  });

  it('for a moment only: it is tried again there and not sent elsewhere', async () => {
    const rig = createRig();
    let refusals = 1;
    rig.chat.fault = (call) => {
      if (channelOf(call) === '#monitoring' && refusals-- > 0)
        throw new WorkFailed('unavailable', 'Slack has trouble.', { retry: { afterMs: 1_000 } });
    };
    rig.start();
    await rig.alert({ name: 'Slow' });
    await eventually(() => {
      rig.clock.advance(1_000);
      return where(rig, 'card/INC-1');
    }).toBeDefined();
    await rig.idle();
    expect(where(rig, 'card/INC-1')).toEqual({ channel: '#monitoring', thread: null });
  });
});
