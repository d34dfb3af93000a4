import { useEffect, useState } from 'react';
import { MenuButton } from '../blocks/buttons.tsx';
import { useSession } from '../session.ts';
import { clockTime } from '../text/slackDate.ts';
import { Avatar } from './avatar.tsx';
import { roleOf } from './roles.ts';

const every = 10_000;

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Says who one is, and lets one be somebody else. */
export function PersonSwitcher({ onSwitch }: { onSwitch: (userId: string) => void }) {
  const { state } = useSession();
  const { me, people } = state;
  const now = useNow();
  const clockOf = (zone: string) => `${zone.replaceAll('_', ' ')}, ${clockTime(now, zone)}`;
  return (
    <div className="person-switcher" data-testid="person-switcher">
      <MenuButton
        label={`You are ${roleOf(me)}. Switch person`}
        className="person-button"
        items={people.map((user) => ({
          key: user.id,
          content: (
            <span className="person-choice" aria-current={user.id === me.id ? 'true' : undefined}>
              <Avatar user={user} isSmall />
              <span className="person-words">
                <strong>{roleOf(user)}</strong>
                <small>{user.title}</small>
                <small>{clockOf(user.timeZone)}</small>
              </span>
              {user.id === me.id && <span aria-hidden="true">✓</span>}
            </span>
          ),
          onChoose: () => onSwitch(user.id),
        }))}
      >
        <Avatar user={me} />
        <span className="person-words">
          <small>You are</small>
          <strong>{roleOf(me)}</strong>
          <small>{clockOf(me.timeZone)}</small>
        </span>
        <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
          <path d="M6 8l4-4 4 4M6 12l4 4 4-4" />
        </svg>
      </MenuButton>
    </div>
  );
}
