import { memo } from 'react';
import type { BlockJson, PersonEphemeral, PersonMessage } from '../../../emulator/personApi.ts';
import { Blocks } from '../blocks/blocks.tsx';
import { MenuButton } from '../blocks/buttons.tsx';
import { BlockHostProvider } from '../blocks/host.tsx';
import { objects, string } from '../json.ts';
import { useSession } from '../session.ts';
import { emojiOf, quickReactions } from '../text/emoji.ts';
import { Emoji, Mrkdwn } from '../text/inlineText.tsx';
import { clockTime, fullMoment, momentOf } from '../text/slackDate.ts';
import { Avatar } from './avatar.tsx';
import { FileCards } from './fileCards.tsx';

function Time({ ts }: { ts: string }) {
  const { state } = useSession();
  const zone = state.me.timeZone;
  const at = momentOf(ts);
  return (
    <time className="message-time" dateTime={new Date(at).toISOString()} title={fullMoment(at, zone)}>
      {clockTime(at, zone)}
    </time>
  );
}

/** Any `#rrggbb` goes; Slack's three names are kept apart. */
function barColor(color: string): string {
  const named: Readonly<Record<string, string>> = {
    good: 'var(--good)',
    warning: 'var(--warning)',
    danger: 'var(--danger)',
  };
  if (named[color] !== undefined) return named[color];
  return /^#?[0-9a-f]{3,8}$/i.test(color) ? `#${color.replace('#', '')}` : 'var(--line)';
}

function Attachment({ attachment }: { attachment: Record<string, unknown> }) {
  const title = string(attachment.title);
  return (
    <div className="attachment" style={{ borderColor: barColor(string(attachment.color)) }}>
      <div className="prose">
        <Mrkdwn text={string(attachment.pretext)} />
        {title !== '' && (
          <div>
            <strong>{title}</strong>
          </div>
        )}
        <Mrkdwn text={string(attachment.text)} />
        {objects(attachment.fields).map((field) => (
          <div key={string(field.title)}>
            <strong>{string(field.title)}</strong> <Mrkdwn text={string(field.value)} />
          </div>
        ))}
      </div>
      <Blocks blocks={objects(attachment.blocks) as BlockJson[]} />
      {string(attachment.footer) !== '' && <div className="context">{string(attachment.footer)}</div>}
    </div>
  );
}

function Body({ content }: { content: PersonMessage | PersonEphemeral }) {
  return (
    <>
      {content.blocks.length === 0 ? (
        <div className="prose">
          <Mrkdwn text={content.text} />
        </div>
      ) : (
        <Blocks blocks={content.blocks} />
      )}
      {content.attachments.map((attachment, index) => (
        <Attachment key={index} attachment={attachment} />
      ))}
    </>
  );
}

function Reactions({ message }: { message: PersonMessage }) {
  const { state, act, notify } = useSession();
  if (message.reactions.length === 0) return null;
  return (
    <div className="reactions">
      {message.reactions.map(({ name, userIds }) => {
        const isMine = userIds.includes(state.me.id);
        const who = userIds
          .map((id) => state.users.find((user) => user.id === id)?.realName ?? id)
          .join(', ');
        return (
          <button
            key={name}
            type="button"
            className="reaction"
            aria-pressed={isMine}
            title={`${who} reacted with :${name}:`}
            onClick={async () => {
              const { channelId, ts } = message;
              const reply = await act('react', { channelId, ts, name, remove: isMine });
              if (!reply.ok) notify(reply.message);
            }}
          >
            <Emoji name={name} /> {userIds.length}
          </button>
        );
      })}
    </div>
  );
}

function ReplyCount({ message }: { message: PersonMessage }) {
  const { state, openThread } = useSession();
  if (message.replyCount === 0) return null;
  const users = message.replyUserIds.map((id) => state.users.find((user) => user.id === id));
  return (
    <button
      type="button"
      className="reply-count"
      data-testid="reply-count"
      onClick={() => openThread(message.channelId, message.ts)}
    >
      {users.slice(0, 4).map((user) => (
        <Avatar key={user?.id} user={user} isSmall />
      ))}
      <span className="reply-count-words">
        {message.replyCount} {message.replyCount === 1 ? 'reply' : 'replies'}
      </span>
      {message.latestReply !== undefined && (
        <span className="reply-latest">
          last at {clockTime(momentOf(message.latestReply), state.me.timeZone)}
        </span>
      )}
    </button>
  );
}

function Toolbar({ message, isInThread }: { message: PersonMessage; isInThread: boolean }) {
  const { state, act, notify, openThread } = useSession();
  const { channelId, ts } = message;
  const react = async (name: string) => {
    const reply = await act('react', { channelId, ts, name });
    if (!reply.ok) notify(reply.message);
  };
  const shortcuts = state.app.shortcuts.filter(({ kind }) => kind === 'message');
  return (
    <div className="toolbar" role="toolbar" aria-label="Message actions">
      <MenuButton
        label="React"
        className="icon-button"
        items={quickReactions.map((name) => ({
          key: name,
          content: (
            <>
              <Emoji name={name} /> {emojiOf(name) === null ? '' : name.replaceAll('_', ' ')}
            </>
          ),
          onChoose: () => void react(name),
        }))}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <circle cx="10" cy="10" r="7" />
          <path d="M7 11.5c1.6 2 4.4 2 6 0M7.5 8v.5M12.5 8v.5" />
        </svg>
      </MenuButton>
      {!isInThread && (
        <button
          type="button"
          className="icon-button"
          aria-label="Reply in thread"
          title="Reply in thread"
          onClick={() => openThread(channelId, message.threadTs ?? ts)}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M3.5 4.5h13v9h-7l-3.5 3v-3h-2.5z" />
          </svg>
        </button>
      )}
      {shortcuts.length > 0 && (
        <MenuButton
          label="More message actions"
          className="icon-button"
          items={shortcuts.map(({ name, callbackId }) => ({
            key: callbackId,
            content: `${name} — ${state.app.name}`,
            onChoose: () => {
              void act('shortcut', { callbackId, channelId, ts }).then((reply) => {
                if (!reply.ok) notify(reply.message);
              });
            },
          }))}
        >
          <span aria-hidden="true">•••</span>
        </MenuButton>
      )}
    </div>
  );
}

/** Remembered: one changed message among hundreds is drawn alone. */
export const Message = memo(function Message({
  message,
  follows,
  isInThread = false,
}: {
  message: PersonMessage;
  follows: boolean;
  isInThread?: boolean;
}) {
  const { state } = useSession();
  const author = state.users.find(({ id }) => id === message.userId);
  const name = message.username ?? author?.realName ?? message.userId;
  const isDeleted = message.subtype === 'tombstone';
  const isNote =
    message.subtype?.startsWith('channel_') === true || message.subtype?.startsWith('group_') === true;
  if (isDeleted || isNote) {
    return (
      <div className="note-line" id={isInThread ? undefined : `message-${message.channelId}-${message.ts}`}>
        {isDeleted ? (
          'This message was deleted.'
        ) : (
          <>
            <UserName name={name} /> <Mrkdwn text={message.text} />
          </>
        )}
      </div>
    );
  }
  return (
    <article
      className={follows ? 'message message-follows' : 'message'}
      id={isInThread ? undefined : `message-${message.channelId}-${message.ts}`}
      data-testid="message"
      data-ts={message.ts}
      aria-label={`${name}, ${clockTime(momentOf(message.ts), state.me.timeZone)}`}
    >
      <div className="message-side">{follows ? <Time ts={message.ts} /> : <Avatar user={author} />}</div>
      <div className="message-main">
        {message.isPinned && (
          <div className="pinned-mark">
            <PinIcon /> Pinned
          </div>
        )}
        {!follows && (
          <div className="message-head">
            <UserName name={name} />
            {author?.isBot === true && <span className="app-badge">App</span>}
            <Time ts={message.ts} />
          </div>
        )}
        {message.isBroadcast && !isInThread && <div className="context">replied to a thread</div>}
        <BlockHostProvider
          key={`${state.me.id}/${message.ts}`}
          place={{ kind: 'message', channelId: message.channelId, ts: message.ts }}
        >
          <Body content={message} />
        </BlockHostProvider>
        {message.isEdited && author?.isBot !== true && <span className="edited">(edited)</span>}
        <FileCards files={message.files} />
        <Reactions message={message} />
        {!isInThread && <ReplyCount message={message} />}
      </div>
      <Toolbar message={message} isInThread={isInThread} />
    </article>
  );
});

function UserName({ name }: { name: string }) {
  return <strong className="user-name">{name}</strong>;
}

export function PinIcon() {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M7 3h6l-1 5 3 3v1.5H5V11l3-3zM10 12.5V18" />
    </svg>
  );
}

export const Ephemeral = memo(function Ephemeral({ ephemeral }: { ephemeral: PersonEphemeral }) {
  const { state } = useSession();
  const app = state.users.find(({ id }) => id === state.app.botUserId);
  return (
    <article
      className="message message-ephemeral"
      data-testid="ephemeral"
      aria-label={`${state.app.name}, only visible to you`}
    >
      <div className="message-side">
        <Avatar user={app} />
      </div>
      <div className="message-main">
        <div className="only-you">
          <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M2.5 10S5.5 5 10 5s7.5 5 7.5 5-3 5-7.5 5-7.5-5-7.5-5z" />
            <circle cx="10" cy="10" r="2" />
          </svg>
          Only visible to you
        </div>
        <div className="message-head">
          <UserName name={app?.realName ?? state.app.name} />
          <span className="app-badge">App</span>
          <Time ts={ephemeral.ts} />
        </div>
        <BlockHostProvider key={ephemeral.id} place={{ kind: 'ephemeral', id: ephemeral.id }}>
          <Body content={ephemeral} />
        </BlockHostProvider>
      </div>
    </article>
  );
});
