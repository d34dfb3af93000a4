import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useSession } from '../session.ts';
import { spoken } from '../text/inlineText.tsx';
import type { Conversation, Entry } from './conversation.ts';
import { entriesOf } from './conversation.ts';
import { Ephemeral, Message } from './message.tsx';

/** What comes to one person alone this soon after a click or a command is the answer to it, in milliseconds. */
const answerWithin = 10_000;

/** How near to its end a conversation counts as read to the end, in pixels. */
const nearEnd = 48;

function Joined({ userIds }: { userIds: string[] }) {
  const { state } = useSession();
  const names = [...new Set(userIds)].map((id) => state.users.find((user) => user.id === id)?.realName ?? id);
  const [first, ...others] = names;
  const last = others.pop();
  const who = last === undefined ? first : `${[first, ...others].join(', ')} and ${last}`;
  return <div className="note-line">{who} joined the channel.</div>;
}

function EntryView({ entry, isInThread }: { entry: Entry; isInThread: boolean }) {
  switch (entry.kind) {
    case 'day':
      return (
        <div className="day-line">
          <span>{entry.label}</span>
        </div>
      );
    case 'new':
      return (
        <div className="new-line">
          <span>New</span>
        </div>
      );
    case 'joined':
      return <Joined userIds={entry.userIds} />;
    case 'message':
      return <Message message={entry.message} follows={entry.follows} isInThread={isInThread} />;
    case 'ephemeral':
      return <Ephemeral ephemeral={entry.ephemeral} />;
    default: {
      const never: never = entry;
      return never;
    }
  }
}

/** Says new messages to those who listen instead of looking; what was there at first is not said. */
function Announcer({ conversation }: { conversation: Conversation }) {
  const { state } = useSession();
  const latest = [...conversation.messages, ...conversation.ephemerals].reduce<
    (typeof conversation.messages)[number] | (typeof conversation.ephemerals)[number] | undefined
  >((last, each) => (last === undefined || each.ts > last.ts ? each : last), undefined);
  const [first] = useState(latest?.ts ?? '');
  const isOwn = latest !== undefined && 'userId' in latest && latest.userId === state.me.id;
  const isNews = latest !== undefined && latest.ts > first && !isOwn;
  return (
    <div className="unseen" aria-live="polite" role="log" aria-label="New messages">
      {isNews ? spoken(latest.text, state).slice(0, 300) : ''}
    </div>
  );
}

/** A conversation that stays at its end while messages arrive, unless its reader has scrolled away. */
export function MessageList({
  conversation,
  label,
  isInThread = false,
  onRead,
  children,
}: {
  conversation: Conversation;
  label: string;
  isInThread?: boolean;
  /** The last message has come into view. */
  onRead?: () => void;
  /** Stands above the first message. */
  children?: React.ReactNode;
}) {
  const { state } = useSession();
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const actedAt = useRef(0);
  const size = useRef('');
  const [hasMore, setHasMore] = useState(false);
  const entries = useMemo(() => entriesOf(conversation, state, Date.now()), [conversation, state]);
  const count = conversation.messages.length + conversation.ephemerals.length;
  const last = entries.at(-1)?.key;

  const toEnd = () => {
    const box = scroller.current;
    if (box !== null) box.scrollTop = box.scrollHeight;
  };

  // Pictures and previews grow after they were drawn.
  useEffect(() => {
    if (content.current === null) return undefined;
    const watcher = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd();
    });
    watcher.observe(content.current);
    if (scroller.current !== null) watcher.observe(scroller.current);
    return () => watcher.disconnect();
  }, []);

  // The composer's keys and clicks count as much as those among the messages.
  useEffect(() => {
    const pane = scroller.current?.closest('main, aside');
    const act = () => {
      actedAt.current = Date.now();
    };
    pane?.addEventListener('click', act);
    pane?.addEventListener('keydown', act);
    return () => {
      pane?.removeEventListener('click', act);
      pane?.removeEventListener('keydown', act);
    };
  }, []);

  // Before what follows, which goes to the end where the reader stands there.
  const answers = conversation.ephemerals.length;
  const answersBefore = useRef(answers);
  useLayoutEffect(() => {
    const isAnswer = answers > answersBefore.current && Date.now() - actedAt.current < answerWithin;
    answersBefore.current = answers;
    if (isAnswer) isAtEnd.current = true;
  }, [answers]);

  // What matters is that something new stands at the end.
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
    else setHasMore(true);
  }, [count, last]);

  const reportRead = () => {
    if (isAtEnd.current && document.visibilityState === 'visible') onRead?.();
  };
  const latestReport = useRef(reportRead);
  latestReport.current = reportRead;

  // Read again whenever something new stands at the end.
  useEffect(() => {
    latestReport.current();
    const report = () => latestReport.current();
    document.addEventListener('visibilitychange', report);
    return () => document.removeEventListener('visibilitychange', report);
  }, [count, last]);

  return (
    <div className="list-frame">
      <section
        ref={scroller}
        className="message-list"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: box }) => {
          // A change of size scrolls too, but nobody went anywhere.
          const now = `${box.scrollHeight}/${box.clientHeight}`;
          const isResized = now !== size.current;
          size.current = now;
          if (isResized && isAtEnd.current) toEnd();
          isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd;
          if (isAtEnd.current) {
            setHasMore(false);
            reportRead();
          }
        }}
      >
        <div ref={content} className="message-list-content">
          {children}
          {entries.map((entry) => (
            <EntryView key={entry.key} entry={entry} isInThread={isInThread} />
          ))}
        </div>
      </section>
      {hasMore && (
        <button type="button" className="button more-below" onClick={toEnd}>
          New messages ↓
        </button>
      )}
      <Announcer conversation={conversation} />
    </div>
  );
}
