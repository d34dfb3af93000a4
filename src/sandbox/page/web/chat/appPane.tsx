import { useEffect, useState } from 'react';
import type { PersonState } from '../../../emulator/personApi.ts';
import { Blocks } from '../blocks/blocks.tsx';
import { BlockHostProvider } from '../blocks/host.tsx';
import { useSession } from '../session.ts';
import { Avatar } from './avatar.tsx';
import { Composer } from './composer.tsx';
import { channelMessages } from './conversation.ts';
import { MessageList } from './messageList.tsx';

function Home({ state }: { state: PersonState }) {
  const { act, notify } = useSession();
  const { home, me } = state;
  // Opening it is what tells the app to fill it.
  // Once for each person.
  useEffect(() => {
    void act('home', {}).then((reply) => {
      if (!reply.ok) notify(reply.message);
    });
  }, [me.id]);
  if (home === null) return <div className="empty">{state.app.name} has put nothing here yet.</div>;
  return (
    <div className="home" data-testid="home">
      <BlockHostProvider key={home.id} place={{ kind: 'view', viewId: home.id }}>
        <Blocks blocks={home.blocks} />
      </BlockHostProvider>
    </div>
  );
}

function Messages({ state }: { state: PersonState }) {
  const { act } = useSession();
  const channel = state.channels.find(({ withUserId }) => withUserId === state.app.botUserId);
  // The conversation begins when it is first looked at.
  useEffect(() => {
    if (channel === undefined) void act('direct', { userId: state.app.botUserId });
  }, [channel === undefined]);
  if (channel === undefined) return null;
  const conversation = {
    messages: channelMessages(channel),
    ephemerals: channel.ephemerals.filter(({ threadTs }) => threadTs === undefined),
    readTo: null,
  };
  return (
    <>
      <MessageList
        conversation={conversation}
        label={`Messages with ${state.app.name}`}
        onRead={() => {
          if (channel.unread > 0) void act('read', { channelId: channel.id });
        }}
      />
      <Composer channel={channel} />
    </>
  );
}

const tabs = [
  ['home', 'Home'],
  ['messages', 'Messages'],
] as const;

/** The app's own place: its home tab and the direct messages with it. */
export function AppPane({ state }: { state: PersonState }) {
  const [tab, setTab] = useState<'home' | 'messages'>('home');
  const app = state.users.find(({ id }) => id === state.app.botUserId);
  useEffect(() => {
    document.title = `${state.app.name} — Genesis Sandbox`;
  }, [state.app.name]);
  return (
    <main className="channel-pane" aria-label={state.app.name}>
      <header className="channel-header">
        <div className="channel-title">
          <Avatar user={app} isSmall />
          <h1>{state.app.name}</h1>
          <span className="members">{state.app.isConnected ? 'connected' : 'not connected'}</span>
        </div>
        <div className="tabs" role="tablist">
          {tabs.map(([name, label]) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={tab === name}
              onClick={() => setTab(name)}
              onKeyDown={(event) => {
                if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
                setTab(tab === 'home' ? 'messages' : 'home');
                const other =
                  event.currentTarget.nextElementSibling ?? event.currentTarget.previousElementSibling;
                if (other instanceof HTMLElement) other.focus();
              }}
            >
              {label}
            </button>
          ))}
        </div>
      </header>
      {tab === 'home' ? <Home state={state} /> : <Messages state={state} />}
    </main>
  );
}
