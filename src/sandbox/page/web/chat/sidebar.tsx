import type { PersonChannel, PersonState } from '../../../emulator/personApi.ts';
import { homePlace } from '../place.ts';
import { useSession } from '../session.ts';
import { Avatar } from './avatar.tsx';
import { PersonSwitcher } from './personSwitcher.tsx';

export function ChannelMark({ channel }: { channel: PersonChannel }) {
  if (channel.kind === 'private') {
    return (
      <svg className="icon" viewBox="0 0 20 20" role="img" aria-label="Private">
        <path d="M5 9h10v8H5zM7 9V6.5a3 3 0 016 0V9" />
      </svg>
    );
  }
  return (
    <span className="channel-mark" aria-hidden="true">
      #
    </span>
  );
}

/** A name that is cut is told in full when pointed at. */
function tellWhatIsCut({ currentTarget: row }: React.PointerEvent<HTMLElement>): void {
  const name = row.querySelector<HTMLElement>('.channel-name');
  if (name !== null) name.title = name.scrollWidth > name.clientWidth ? (name.textContent ?? '') : '';
}

function Row({
  isCurrent,
  unread,
  mentions,
  name,
  className = '',
  onOpen,
  children,
}: {
  isCurrent: boolean;
  unread: number;
  mentions: number;
  /** For those who listen. */
  name: string;
  className?: string;
  onOpen: () => void;
  children: React.ReactNode;
}) {
  const said = mentions > 0 ? `${mentions} mentions` : unread > 0 ? `${unread} unread` : '';
  return (
    <li>
      <button
        type="button"
        className={`channel-row ${unread > 0 ? 'is-unread' : ''} ${className}`}
        aria-current={isCurrent ? 'page' : undefined}
        aria-label={said === '' ? name : `${name}, ${said}`}
        onPointerEnter={tellWhatIsCut}
        onClick={onOpen}
      >
        {children}
        {mentions > 0 && <span className="badge">{mentions}</span>}
        {mentions === 0 && unread > 0 && <span className="unread-dot" aria-hidden="true" />}
      </button>
    </li>
  );
}

/** Incident channels come and go; the latest stands first, as it is the one that is being looked for. */
function byCreation(channels: PersonChannel[]): PersonChannel[] {
  return [...channels].reverse();
}

export function isForIncident({ name }: PersonChannel): boolean {
  return /^(incident|drill|inc)-\d*/.test(name);
}

function Section({
  title,
  channels,
  current,
}: {
  title: string;
  channels: PersonChannel[];
  current: string;
}) {
  const { openChannel } = useSession();
  if (channels.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {channels.map((channel) => (
          <Row
            key={channel.id}
            name={channel.name}
            isCurrent={channel.id === current}
            unread={channel.unread}
            mentions={channel.mentions}
            className={channel.isArchived ? 'is-archived' : channel.isMember ? '' : 'is-outside'}
            onOpen={() => openChannel(channel.id)}
          >
            <ChannelMark channel={channel} />
            <span className="channel-name">{channel.name}</span>
          </Row>
        ))}
      </ul>
    </section>
  );
}

export function Sidebar({
  state,
  current,
  onSwitch,
}: {
  state: PersonState;
  /** A channel's id, or the app's home. */
  current: string;
  onSwitch: (userId: string) => void;
}) {
  const { openChannel } = useSession();
  const named = state.channels.filter(({ kind }) => kind === 'public' || kind === 'private');
  const open = named.filter(({ isArchived }) => !isArchived);
  const direct = state.channels.filter(({ kind }) => kind === 'im' || kind === 'mpim');
  const app = state.users.find(({ id }) => id === state.app.botUserId);
  const appChannel = direct.find(({ withUserId }) => withUserId === state.app.botUserId);
  return (
    <nav className="sidebar" aria-label="Channels">
      <div className="team">
        <span className="app-mark avatar avatar-small" aria-hidden="true" />
        <strong>{state.team.name}</strong>
      </div>
      <PersonSwitcher onSwitch={onSwitch} />
      <div className="sidebar-lists">
        <Section title="Incidents" channels={byCreation(open.filter(isForIncident))} current={current} />
        <Section title="Channels" channels={open.filter((each) => !isForIncident(each))} current={current} />
        <Section
          title="Direct messages"
          channels={direct.filter((each) => each !== appChannel)}
          current={current}
        />
        <section aria-label="Apps">
          <h2>Apps</h2>
          <ul>
            <Row
              name={state.app.name}
              isCurrent={current === homePlace || current === appChannel?.id}
              unread={appChannel?.unread ?? 0}
              mentions={appChannel?.unread ?? 0}
              onOpen={() => openChannel(homePlace)}
            >
              <Avatar user={app} isSmall />
              <span className="channel-name">{state.app.name}</span>
              <span
                className={state.app.isConnected ? 'presence is-here' : 'presence'}
                role="img"
                aria-label={state.app.isConnected ? 'connected' : 'not connected'}
                title={state.app.isConnected ? 'Connected' : 'Not connected'}
              />
            </Row>
          </ul>
        </section>
        <Section
          title="Archived"
          channels={byCreation(named.filter(({ isArchived }) => isArchived))}
          current={current}
        />
      </div>
    </nav>
  );
}
