import { useEffect, useMemo, useState } from 'react';
import type { PersonChannel } from '../../../emulator/personApi.ts';
import { useSession } from '../session.ts';
import { ChannelHeader } from './channelHeader.tsx';
import { Composer } from './composer.tsx';
import { channelMessages } from './conversation.ts';
import { MessageList } from './messageList.tsx';

/** Instead of the composer, where nothing can be said. */
function Outside({ channel }: { channel: PersonChannel }) {
  const { act, notify } = useSession();
  if (channel.isArchived) return <div className="outside">This channel is archived.</div>;
  const join = async () => {
    const reply = await act('join', { channelId: channel.id });
    if (!reply.ok) notify(reply.message);
  };
  return (
    <div className="outside">
      You are looking at #{channel.name} from outside.
      <button type="button" className="button button-primary" onClick={() => void join()}>
        Join Channel
      </button>
    </div>
  );
}

/** One channel's conversation. Draw it with person and channel as `key`. */
export function ChannelPane({ channel, children }: { channel: PersonChannel; children?: React.ReactNode }) {
  const { act } = useSession();
  // The line stays where reading had stopped until the channel is opened anew.
  const [readTo] = useState(() => (channel.unread > 0 ? channel.lastRead : null));
  const [reported, setReported] = useState('');
  const messages = useMemo(() => channelMessages(channel), [channel]);
  const conversation = useMemo(
    () => ({
      messages,
      ephemerals: channel.ephemerals.filter(({ threadTs }) => threadTs === undefined),
      readTo,
    }),
    [messages, channel.ephemerals, readTo],
  );
  const lastTs = channel.messages.at(-1)?.ts ?? '';
  const markRead = () => {
    if (channel.unread === 0 || reported === lastTs) return;
    setReported(lastTs);
    void act('read', { channelId: channel.id });
  };

  useEffect(() => {
    document.title = `${channel.kind === 'im' ? '' : '#'}${channel.name} — Genesis Sandbox`;
  }, [channel.name, channel.kind]);

  return (
    <main className="channel-pane" aria-label={channel.name}>
      <ChannelHeader channel={channel} />
      <MessageList conversation={conversation} label={`Messages in ${channel.name}`} onRead={markRead}>
        {children}
        {messages.length === 0 && children === undefined && (
          <div className="empty">
            <strong>#{channel.name}</strong>
            <p>{channel.purpose === '' ? 'Nothing has been said here yet.' : channel.purpose}</p>
          </div>
        )}
      </MessageList>
      {channel.isMember && !channel.isArchived ? (
        <Composer channel={channel} />
      ) : (
        <Outside channel={channel} />
      )}
    </main>
  );
}
