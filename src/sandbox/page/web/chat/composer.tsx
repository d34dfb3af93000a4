import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import type { PersonChannel } from '../../../emulator/personApi.ts';
import { useSession } from '../session.ts';
import type { Hint } from './hints.ts';
import { hintsFor, slashOf } from './hints.ts';

/** Outlives the drawing: a draft waits in its channel or thread. */
const drafts = new Map<string, string>();

/** Where a person writes; Enter sends, Shift+Enter breaks the line. */
export function Composer({ channel, threadTs }: { channel: PersonChannel; threadTs?: string }) {
  const { state, act } = useSession();
  const draftKey = `${state.me.id}/${channel.id}/${threadTs ?? ''}`;
  const [text, setText] = useState(drafts.get(draftKey) ?? '');
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(-1);
  const [isHinting, setHinting] = useState(false);
  const [failure, setFailure] = useState('');
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const placeholder =
    threadTs !== undefined
      ? 'Reply…'
      : `Message ${channel.kind === 'im' ? channel.name : `#${channel.name}`}, or type / for commands`;

  const found = isHinting ? hintsFor(text, caret, state) : [];
  const hints = threadTs === undefined ? found : found.filter(({ text: whole }) => !whole.startsWith('/'));
  // A bare command is whole already: Enter sends it unless one of its words was pointed at.
  const isBareCommand = state.app.commands.some(({ command }) => command === text.trim());
  const active = Math.min(isBareCommand ? chosen : Math.max(chosen, 0), hints.length - 1);

  // The height follows the text.
  useLayoutEffect(() => {
    const box = field.current;
    if (box === null) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
  }, [text]);

  useEffect(() => {
    document.getElementById(`${listId}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [active, listId]);

  const write = (next: string) => {
    drafts.set(draftKey, next);
    setText(next);
  };

  const take = (hint: Hint) => {
    write(hint.text);
    setChosen(-1);
    setCaret(hint.caret);
    // The caret can be put there once the text is.
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(hint.caret, hint.caret);
    });
  };

  async function send(): Promise<void> {
    const sent = text.trim();
    if (sent === '' || isBusy) return;
    const slash = slashOf(sent);
    setFailure('');
    if (slash !== null && threadTs !== undefined) {
      setFailure(`${slash.command} does not work inside threads. Say it in the channel.`);
      return;
    }
    // The field is free for the next message at once; what could not be sent comes back.
    write('');
    setHinting(false);
    setBusy(true);
    const reply =
      slash !== null
        ? await act('slash', { channelId: channel.id, ...slash })
        : await act('say', {
            channelId: channel.id,
            text: sent,
            ...(threadTs === undefined ? {} : { threadTs }),
          });
    setBusy(false);
    if (reply.ok) return;
    setFailure(slash === null ? reply.message : `${slash.command}: ${reply.message}`);
    if ((drafts.get(draftKey) ?? '') === '') write(sent);
  }

  const steer = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (hints.length > 0) {
      const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (by !== 0) {
        event.preventDefault();
        setChosen(active < 0 && by < 0 ? hints.length - 1 : (active + by + hints.length) % hints.length);
        return;
      }
      const hint = event.key === 'Tab' ? hints[Math.max(active, 0)] : hints[active];
      if (hint !== undefined && !event.shiftKey && (event.key === 'Tab' || event.key === 'Enter')) {
        event.preventDefault();
        take(hint);
        return;
      }
      if (event.key === 'Escape') {
        event.stopPropagation();
        setHinting(false);
        return;
      }
    }
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    }
  };

  return (
    <div className="composer">
      {hints.length > 0 && (
        <div className="hints" role="listbox" id={listId} aria-label="Suggestions" data-testid="hints">
          {hints.map((hint, index) => (
            <div
              key={hint.key}
              id={`${listId}-${index}`}
              className="hint"
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              // Before the field loses the focus to it.
              onPointerDown={(event) => {
                event.preventDefault();
                take(hint);
              }}
            >
              <strong>{hint.shown}</strong> <span>{hint.help}</span>
            </div>
          ))}
          <div className="hints-foot" aria-hidden="true">
            ↑↓ to choose · Tab to take · Esc to close
          </div>
        </div>
      )}
      {failure !== '' && (
        <div className="composer-failure" role="alert">
          {failure}
        </div>
      )}
      <div className="composer-box">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label={threadTs === undefined ? `Message to ${channel.name}` : 'Reply in thread'}
          role="combobox"
          aria-expanded={hints.length > 0}
          aria-autocomplete="list"
          aria-controls={listId}
          aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
          onChange={({ target }) => {
            write(target.value);
            setCaret(target.selectionStart);
            setChosen(-1);
            setHinting(true);
            setFailure('');
          }}
          onKeyDown={steer}
          onBlur={() => setHinting(false)}
        />
        <button
          type="button"
          className="send"
          aria-label="Send"
          aria-busy={isBusy}
          disabled={text.trim() === ''}
          onClick={() => void send()}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M3 4l14 6-14 6 2.5-6z" />
          </svg>
        </button>
      </div>
    </div>
  );
}
