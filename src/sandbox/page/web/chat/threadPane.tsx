import { useEffect, useMemo, useRef } from 'react';
import type { PersonChannel } from '../../../emulator/personApi.ts';
import { Composer } from './composer.tsx';
import { threadMessages } from './conversation.ts';
import { MessageList } from './messageList.tsx';

/** A message's thread, beside its channel. Draw it with person, channel and timestamp as `key`. */
export function ThreadPane({
  channel,
  threadTs,
  onClose,
}: {
  channel: PersonChannel;
  threadTs: string;
  onClose: () => void;
}) {
  const pane = useRef<HTMLElement>(null);
  const conversation = useMemo(
    () => ({
      messages: threadMessages(channel, threadTs),
      ephemerals: channel.ephemerals.filter((each) => each.threadTs === threadTs),
      readTo: null,
    }),
    [channel, threadTs],
  );

  useEffect(() => {
    const before = document.activeElement;
    pane.current?.querySelector<HTMLElement>('textarea')?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);

  return (
    // Escape closes it from wherever the focus is inside.
    <aside
      ref={pane}
      className="thread-pane"
      aria-label="Thread"
      data-testid="thread"
      onKeyDown={(event) => {
        const isInDialog = event.target instanceof Element && event.target.closest('dialog') !== null;
        if (event.key === 'Escape' && !event.defaultPrevented && !isInDialog) onClose();
      }}
    >
      <header className="pane-header">
        <h2>Thread</h2>
        <span className="pane-place">#{channel.name}</span>
        <button type="button" className="icon-button" aria-label="Close thread" onClick={onClose}>
          ×
        </button>
      </header>
      <MessageList conversation={conversation} label="Messages in this thread" isInThread />
      {channel.isMember && !channel.isArchived && <Composer channel={channel} threadTs={threadTs} />}
    </aside>
  );
}
