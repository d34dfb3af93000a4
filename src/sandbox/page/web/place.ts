import { useSyncExternalStore } from 'react';

/**
 * Who looks at what, as the address after `#`: `#/U…/C…/1700000000.000100`. In the address, so that two windows can be
 * two people, and going back works.
 */

export interface Place {
  as: string;
  /** A channel's id, or `home` for the app's home; empty: the first channel. */
  channelId: string;
  /** Timestamp of the thread's first message; empty: no thread is open. */
  threadTs: string;
}

/** Who the page is at first: the default workspace's on-call engineer. */
const firstPerson = 'U0ONCALL001';

export const homePlace = 'home';

export function readPlace(hash: string): Place {
  const [as = '', channelId = '', threadTs = ''] = hash
    .replace(/^#\/?/, '')
    .split('/')
    .map(decodeURIComponent);
  return { as: as === '' ? firstPerson : as, channelId, threadTs };
}

export function hashOf({ as, channelId, threadTs }: Place): string {
  return `#/${[as, channelId, threadTs]
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/')}`;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

export function usePlace(): [Place, (change: Partial<Place>) => void] {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const place = readPlace(hash);
  const go = (change: Partial<Place>) => {
    location.hash = hashOf({ ...readPlace(location.hash), ...change });
  };
  return [place, go];
}
