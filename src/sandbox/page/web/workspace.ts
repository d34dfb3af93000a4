import { useEffect, useState } from 'react';
import type { PersonEvent, PersonState } from '../../emulator/personApi.ts';
import { fetchState } from './api.ts';
import { keepEqualParts } from './json.ts';

/**
 * What one person sees, kept up to date: the server says that something changed, the page then fetches the whole. Many
 * changes during one fetch cause one more fetch, not many.
 */

export type Connection = 'connecting' | 'live' | 'lost';

export interface Workspace {
  /** Still the earlier person's while a switch to another one is under way. */
  state: PersonState | null;
  connection: Connection;
  isUnknownPerson: boolean;
  /** Rises whenever Slack's faults were switched. */
  faultChanges: number;
}

const retryAfter = 1_500;

function watch(
  userId: string,
  tell: {
    state: (state: PersonState) => void;
    connection: (connection: Connection) => void;
    unknownPerson: () => void;
    faults: () => void;
  },
): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let isFetching = false;
  let isStopped = false;
  let known = -1;
  let wanted = 0;

  async function refresh(): Promise<void> {
    if (isFetching) return;
    isFetching = true;
    try {
      do {
        const fetched = await fetchState(userId);
        if (isStopped) return;
        if (fetched.kind === 'unknown_person') return tell.unknownPerson();
        known = fetched.state.seq;
        tell.state(fetched.state);
      } while (known < wanted);
    } catch {
      // Said by the banner; the stream's reconnection brings the state along.
      tell.connection('lost');
      reconnect();
    } finally {
      isFetching = false;
    }
  }

  function reconnect(): void {
    source?.close();
    clearTimeout(retry);
    if (!isStopped) retry = setTimeout(connect, retryAfter);
  }

  function connect(): void {
    source = new EventSource(`/person/events?as=${encodeURIComponent(userId)}`);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as PersonEvent;
      if (event.type === 'hello') {
        tell.connection('live');
        // A workspace that was started anew counts from the beginning.
        known = -1;
      } else if (event.what === 'faults') {
        tell.faults();
      }
      wanted = event.seq;
      if (event.seq > known) void refresh();
    };
    source.onerror = () => {
      tell.connection('lost');
      reconnect();
      // An unknown person gets an error instead of a stream, and only the state says which it was.
      void refresh();
    };
  }

  connect();
  return () => {
    isStopped = true;
    source?.close();
    clearTimeout(retry);
  };
}

export function useWorkspace(userId: string): Workspace {
  const [state, setState] = useState<PersonState | null>(null);
  const [connection, setConnection] = useState<Connection>('connecting');
  const [isUnknownPerson, setUnknownPerson] = useState(false);
  const [faultChanges, setFaultChanges] = useState(0);
  useEffect(() => {
    setUnknownPerson(false);
    return watch(userId, {
      state: (next) => setState((before) => keepEqualParts(before, next)),
      connection: setConnection,
      unknownPerson: () => setUnknownPerson(true),
      faults: () => setFaultChanges((count) => count + 1),
    });
  }, [userId]);
  return { state, connection, isUnknownPerson, faultChanges };
}
