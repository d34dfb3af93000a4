import { useEffect, useRef, useState } from 'react';
import type { PersonChannel } from '../../../emulator/personApi.ts';
import { useSession } from '../session.ts';
import { Link, MrkdwnLine, spoken } from '../text/inlineText.tsx';
import { clockTime, momentOf } from '../text/slackDate.ts';
import { PinIcon } from './message.tsx';
import { ChannelMark } from './sidebar.tsx';

function Pins({ channel }: { channel: PersonChannel }) {
  const { state } = useSession();
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const closeOutside = ({ target }: PointerEvent) => {
      if (target instanceof Node && root.current?.contains(target) !== true) setOpen(false);
    };
    const closeOnEscape = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape') return;
      setOpen(false);
      opener.current?.focus();
    };
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('keydown', closeOnEscape);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('keydown', closeOnEscape);
    };
  }, [isOpen]);
  const pinned = channel.pins
    .map((ts) => channel.messages.find((message) => message.ts === ts))
    .filter((message) => message !== undefined);
  if (pinned.length === 0) return null;
  const show = (ts: string) => {
    setOpen(false);
    const message = document.getElementById(`message-${channel.id}-${ts}`);
    message?.scrollIntoView({ block: 'start' });
    message?.classList.add('pointed-at');
  };
  return (
    <div className="pins" ref={root}>
      <button
        ref={opener}
        type="button"
        className="chip"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <PinIcon /> {pinned.length} pinned
      </button>
      {isOpen && (
        <ul className="menu pins-list">
          {pinned.map((message) => (
            <li key={message.ts}>
              <button type="button" onClick={() => show(message.ts)}>
                <span>{spoken(message.text, state).slice(0, 140) || 'Message without text'}</span>
                <small>{clockTime(momentOf(message.ts), state.me.timeZone)}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The channel's name, topic, pinned messages and bookmarks. */
export function ChannelHeader({ channel }: { channel: PersonChannel }) {
  const { state, act, notify } = useSession();
  const isNamed = channel.kind === 'public' || channel.kind === 'private';
  const words = channel.topic === '' ? channel.purpose : channel.topic;
  const members = channel.memberIds.length;
  const leave = async () => {
    const reply = await act('leave', { channelId: channel.id });
    if (!reply.ok) notify(reply.message);
  };
  return (
    <header className="channel-header">
      <div className="channel-title">
        <h1>
          {isNamed && <ChannelMark channel={channel} />}
          <span className="channel-heading">{channel.name}</span>
        </h1>
        {isNamed && (
          <span className="members" title={names(channel, state.users)}>
            {members} {members === 1 ? 'member' : 'members'}
          </span>
        )}
        {isNamed && channel.isMember && !channel.isArchived && (
          <button type="button" className="link-button leave" onClick={() => void leave()}>
            Leave
          </button>
        )}
      </div>
      {words !== '' && (
        <div className="topic" title={spoken(words, state)} data-testid="topic">
          <MrkdwnLine text={words} />
        </div>
      )}
      {(channel.pins.length > 0 || channel.bookmarks.length > 0) && (
        <div className="bookmarks">
          <Pins channel={channel} />
          {channel.bookmarks.map(({ id, title, link }) => (
            <span key={id} className="chip">
              <Link url={link}>{title}</Link>
            </span>
          ))}
        </div>
      )}
    </header>
  );
}

function names({ memberIds }: PersonChannel, users: { id: string; realName: string }[]): string {
  return memberIds.map((id) => users.find((user) => user.id === id)?.realName ?? id).join(', ');
}
