import { createContext, use } from 'react';
import type { PersonChannel, PersonState } from '../../emulator/personApi.ts';
import type { Act } from './api.ts';

/** Who and what there is, without what is said: it changes seldom, so that hundreds of messages may depend on it. */
export interface Directory
  extends Pick<PersonState, 'team' | 'app' | 'me' | 'people' | 'users' | 'usergroups'> {
  channels: Pick<PersonChannel, 'id' | 'name' | 'kind' | 'purpose'>[];
}

export function directoryOf({ team, app, me, people, users, usergroups, channels }: PersonState): Directory {
  return {
    team,
    app,
    me,
    people,
    users,
    usergroups,
    channels: channels.map(({ id, name, kind, purpose }) => ({ id, name, kind, purpose })),
  };
}

/** What every part of the page may use: whom the person knows, what the person may do, where to go. */
export interface Session {
  state: Directory;
  act: Act;
  /** Shows a sentence for a while, such as why an act was refused. */
  notify: (sentence: string) => void;
  openChannel: (channelId: string) => void;
  openThread: (channelId: string, threadTs: string) => void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('There is no session around this part of the page');
  return session;
}
