import { expect } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { people, usergroupIds } from '../../src/sandbox/emulator/seed.ts';
import type { Encoding } from './emulatorFacts.ts';
import { facts, send } from './emulatorFacts.ts';
import type { Json } from './emulatorPayloads.ts';
import { actions, button, home, modal } from './emulatorPayloads.ts';

/** A day in a workspace: every method once, with arguments that it takes, each building on the ones before. */
export async function everyMethod(workspace: Emulator, second: boolean): Promise<Map<string, Json>> {
  const answers = new Map<string, Json>();
  async function ok(method: string, args: Json = {}): Promise<Json> {
    const encoding: Encoding = !second ? 'form' : facts[method]?.json === true ? 'json' : 'query';
    const answer = await send(workspace, method, { args, encoding });
    expect([method, answer.ok, answer.error]).toEqual([method, true, undefined]);
    answers.set(method, answer);
    return answer;
  }
  const trigger = async (act: () => Promise<unknown>) => {
    await act();
    return String(workspace.deliveries.at(-1)?.payload.trigger_id);
  };
  const oncall = workspace.person(people.oncall);

  await ok('auth.test');
  await ok('apps.connections.open');
  await ok('blocks.validate', { blocks: '[{"type":"divider"}]' });
  await ok('users.info', { user: people.oncall });
  await ok('users.list', { limit: 2 });
  await ok('users.lookupByEmail', { email: 'oncall@example.com' });
  await ok('users.conversations', { user: people.oncall, limit: 1 });
  await ok('usergroups.list', { include_users: true });
  await ok('usergroups.users.list', { usergroup: usergroupIds.oncall });
  await ok('conversations.list', { types: 'public_channel,private_channel', exclude_archived: true });

  const { channel: made } = await ok('conversations.create', { name: 'incident-1', is_private: false });
  const { id: channel } = made as { id: string };
  await ok('conversations.join', { channel });
  await ok('conversations.invite', { channel, users: people.oncall });
  await ok('conversations.members', { channel });
  await ok('conversations.info', { channel, include_num_members: true });
  await ok('conversations.setTopic', { channel, topic: 'P1 · mitigating' });
  await ok('conversations.setPurpose', { channel, purpose: 'High error rate' });
  await ok('conversations.rename', { channel, name: 'incident-2' });
  await ok('conversations.open', { users: people.oncall, return_im: true });

  const metadata = { event_type: 'card', event_payload: { key: 'k' } };
  const posted = await ok('chat.postMessage', {
    channel,
    text: 'High error rate',
    blocks: [actions(button())],
    metadata,
    unfurl_links: false,
  });
  const ts = String(posted.ts);
  await ok('chat.postEphemeral', { channel, user: people.oncall, text: 'For you' });
  await ok('chat.getPermalink', { channel, message_ts: ts });
  await ok('chat.update', { channel, ts, text: 'Fixed', blocks: [actions(button())] });
  await ok('conversations.history', { channel, limit: 1, include_all_metadata: true });
  await ok('conversations.replies', { channel, ts });
  await ok('pins.add', { channel, timestamp: ts });
  await ok('pins.list', { channel });
  await ok('pins.remove', { channel, timestamp: ts });
  await ok('reactions.add', { channel, timestamp: ts, name: 'eyes' });
  await ok('reactions.remove', { channel, timestamp: ts, name: 'eyes' });

  const link = { channel_id: channel, title: 'Playbook', type: 'link', link: 'https://example.com' };
  const { bookmark } = await ok('bookmarks.add', link);
  const mark = { channel_id: channel, bookmark_id: (bookmark as { id: string }).id };
  await ok('bookmarks.edit', { ...mark, title: 'Source' });
  await ok('bookmarks.list', { channel_id: channel });
  await ok('bookmarks.remove', mark);

  const file = await ok('files.getUploadURLExternal', { filename: 'a.txt', length: 2 });
  await fetch(String(file.upload_url), { method: 'POST', body: 'ok' });
  await ok('files.completeUploadExternal', { files: [{ id: file.file_id }], channel_id: channel });
  await ok('files.info', { file: file.file_id });

  const document = { type: 'markdown', markdown: '# Post-mortem' };
  await ok('canvases.create', { title: 'Notes', document_content: document });
  const canvas = await ok('conversations.canvases.create', {
    channel_id: channel,
    document_content: document,
  });
  await ok('canvases.edit', {
    canvas_id: canvas.canvas_id,
    changes: [{ operation: 'insert_at_end', document_content: document }],
  });

  await ok('views.publish', { user_id: people.oncall, view: home() });
  const view = modal({ blocks: [actions(button({ action_id: 'more' }))] });
  const opened = await ok('views.open', {
    trigger_id: await trigger(() => oncall.globalShortcut('ask')),
    view,
  });
  const { id: viewId, hash } = opened.view as { id: string; hash: string };
  await ok('views.update', { view_id: viewId, hash, view });
  const again = await trigger(() => oncall.click({ view: viewId }, 'more'));
  await ok('views.push', { trigger_id: again, view });

  await ok('chat.delete', { channel, ts });
  await ok('conversations.archive', { channel });
  await ok('conversations.unarchive', { channel });
  return answers;
}
