import { useEffect, useState } from 'react';
import type { Directory } from '../session.ts';
import { useSession } from '../session.ts';
import { emojiOf } from './emoji.ts';
import type { Inline } from './mrkdwn.ts';
import { parseInline, parseMrkdwn } from './mrkdwn.ts';
import { formatSlackDate, fullMoment } from './slackDate.ts';

/** Text with its mentions, dates and links as a person reads them. */

export function Emoji({ name }: { name: string }) {
  const picture = emojiOf(name);
  if (picture === null) return <span className="emoji-name">:{name}:</span>;
  return (
    <span className="emoji" role="img" aria-label={name.replaceAll('_', ' ')} title={`:${name}:`}>
      {picture}
    </span>
  );
}

export function UserMention({ id, label = '' }: { id: string; label?: string }) {
  const { state } = useSession();
  const user = state.users.find((each) => each.id === id);
  const name = user?.realName ?? (label === '' ? id : label.replace(/^@/, ''));
  const isMe = id === state.me.id;
  return (
    <span className={isMe ? 'mention mention-me' : 'mention'} title={user?.title}>
      @{name}
    </span>
  );
}

export function ChannelMention({ id, label = '' }: { id: string; label?: string }) {
  const { state, openChannel } = useSession();
  const channel = state.channels.find((each) => each.id === id);
  const name = channel?.name ?? (label === '' ? 'private channel' : label);
  if (channel === undefined) return <span className="mention">#{name}</span>;
  return (
    <button type="button" className="mention link-button" onClick={() => openChannel(id)}>
      #{name}
    </button>
  );
}

export function GroupMention({ id, label = '' }: { id: string; label?: string }) {
  const { state } = useSession();
  const group = state.usergroups.find((each) => each.id === id);
  const isMine = group?.userIds.includes(state.me.id) === true;
  return (
    <span className={isMine ? 'mention mention-me' : 'mention'} title={group?.name}>
      @{group?.handle ?? (label === '' ? id : label.replace(/^@/, ''))}
    </span>
  );
}

type InnerLink =
  | { kind: 'message'; channelId: string; ts: string; threadTs: string }
  | { kind: 'channel'; id: string };

/** Links to the workspace's own messages and channels stay in the page. */
export function innerLink(url: string, { team }: Directory): InnerLink | null {
  const target = URL.parse(url);
  if (target === null || target.hostname !== `${team.domain}.slack.com`) return null;
  const [, channelId, seconds, fraction] =
    /^\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?\/?$/.exec(target.pathname) ?? [];
  if (channelId === undefined) return null;
  if (seconds === undefined) return { kind: 'channel', id: channelId };
  return {
    kind: 'message',
    channelId,
    ts: `${seconds}.${fraction}`,
    threadTs: target.searchParams.get('thread_ts') ?? '',
  };
}

/**
 * Files of the workspace lie on this server, whatever host their address names. Null for what should not be followed,
 * such as `javascript:`.
 */
export function reachableUrl(url: string): string | null {
  const target = URL.parse(url, location.origin);
  if (target === null) return null;
  const [, id] =
    /^\/files-pri\/[A-Z0-9]+-([A-Z0-9]+)\//.exec(target.pathname) ??
    /^\/files\/(?:U[A-Z0-9]+\/)?(F[A-Z0-9]+)(?:\/|$)/.exec(target.pathname) ??
    [];
  if (id !== undefined) return `/files/${id}`;
  return ['http:', 'https:', 'mailto:', 'tel:'].includes(target.protocol) ? url : null;
}

/** Opens a channel or a message inside the page. */
export function useFollow(): (inner: InnerLink) => void {
  const { openChannel, openThread } = useSession();
  return (inner) => {
    if (inner.kind === 'channel') {
      openChannel(inner.id);
      return;
    }
    if (inner.threadTs !== '') openThread(inner.channelId, inner.threadTs);
    else openChannel(inner.channelId);
    showMessage(inner.channelId, inner.ts);
  };
}

export function Link({ url, children }: { url: string; children: React.ReactNode }) {
  const { state } = useSession();
  const inner = innerLink(url, state);
  const follow = useFollow();
  if (inner === null) {
    const href = reachableUrl(url);
    if (href === null) return <span>{children}</span>;
    return (
      <a href={href} target="_blank" rel="noreferrer">
        {children}
      </a>
    );
  }
  return (
    <button type="button" className="link-button" onClick={() => follow(inner)}>
      {children}
    </button>
  );
}

/** Another channel takes a moment to be drawn, and moves to its end once it is. */
const mostFrames = 60;

function showMessage(channelId: string, ts: string, frame = 0): void {
  const message = frame < 2 ? null : document.getElementById(`message-${channelId}-${ts}`);
  if (message === null) {
    if (frame < mostFrames) requestAnimationFrame(() => showMessage(channelId, ts, frame + 1));
    return;
  }
  message.scrollIntoView({ block: 'center' });
  message.classList.add('pointed-at');
  message.addEventListener('animationend', () => message.classList.remove('pointed-at'), { once: true });
}

/** In milliseconds; the first minute is told in seconds. */
const agoMovesEvery = 5_000;

/** The time, anew every few seconds where the text depends on it. */
function useNow(isNeeded: boolean): number {
  const [, setCount] = useState(0);
  useEffect(() => {
    if (!isNeeded) return undefined;
    const timer = setInterval(() => setCount((count) => count + 1), agoMovesEvery);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return Date.now();
}

export function SlackDate({ at, format, url, fallback }: Omit<Extract<Inline, { kind: 'date' }>, 'kind'>) {
  const { state } = useSession();
  const zone = state.me.timeZone;
  const now = useNow(format.includes('{ago}'));
  if (!Number.isFinite(at)) return <>{fallback}</>;
  const shown = (
    <time dateTime={new Date(at).toISOString()} title={fullMoment(at, zone)}>
      {formatSlackDate(at, format, { zone, now })}
    </time>
  );
  return url === '' ? shown : <Link url={url}>{shown}</Link>;
}

function Part({ part }: { part: Inline }): React.ReactNode {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'bold':
      return <strong>{<Parts parts={part.parts} />}</strong>;
    case 'italic':
      return <em>{<Parts parts={part.parts} />}</em>;
    case 'strike':
      return <s>{<Parts parts={part.parts} />}</s>;
    case 'code':
      return <code>{part.text}</code>;
    case 'user':
      return <UserMention id={part.id} label={part.label} />;
    case 'channel':
      return <ChannelMention id={part.id} label={part.label} />;
    case 'group':
      return <GroupMention id={part.id} label={part.label} />;
    case 'broadcast':
      return <span className="mention mention-me">@{part.name}</span>;
    case 'date':
      return <SlackDate {...part} />;
    case 'link':
      return (
        <Link url={part.url}>
          <Parts parts={part.parts} />
        </Link>
      );
    case 'emoji':
      return <Emoji name={part.name} />;
    default: {
      const never: never = part;
      return never;
    }
  }
}

export function Parts({ parts }: { parts: Inline[] }) {
  // Text has no identity of its own: a part is what stands at its place.
  return parts.map((part, index) => <Part key={index} part={part} />);
}

export function Mrkdwn({ text, verbatim = false }: { text: string; verbatim?: boolean }) {
  const blocks = parseMrkdwn(text, { linksBare: !verbatim });
  return blocks.map((block, index) => {
    const key = `${index}-${block.kind}`;
    switch (block.kind) {
      case 'paragraph':
        return (
          <div className="paragraph" key={key}>
            <Parts parts={block.parts} />
          </div>
        );
      case 'quote':
        return (
          <blockquote key={key}>
            <Parts parts={block.parts} />
          </blockquote>
        );
      case 'code':
        return <pre key={key}>{block.text}</pre>;
      default: {
        const never: never = block;
        return never;
      }
    }
  });
}

/** One line of mrkdwn among other things, such as a topic. */
export function MrkdwnLine({ text }: { text: string }) {
  return <Parts parts={parseInline(text.replaceAll('\n', ' '), { linksBare: true })} />;
}

/** The same in words alone, for labels and announcements. */
export function spoken(text: string, { users, usergroups, channels, me }: Directory): string {
  const say = (part: Inline): string => {
    switch (part.kind) {
      case 'text':
      case 'code':
        return part.text;
      case 'bold':
      case 'italic':
      case 'strike':
      case 'link':
        return part.parts.map(say).join('');
      case 'user':
        return users.find(({ id }) => id === part.id)?.realName ?? part.label;
      case 'channel':
        return `#${channels.find(({ id }) => id === part.id)?.name ?? part.label}`;
      case 'group':
        return usergroups.find(({ id }) => id === part.id)?.name ?? part.label;
      case 'broadcast':
        return part.name;
      case 'date':
        return formatSlackDate(part.at, part.format, { zone: me.timeZone, now: Date.now() });
      case 'emoji':
        return part.name.replaceAll('_', ' ');
      default: {
        const never: never = part;
        return never;
      }
    }
  };
  return parseInline(text, { linksBare: false }).map(say).join('');
}
