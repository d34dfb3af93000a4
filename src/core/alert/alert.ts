/**
 * An *alert* is one alert of Alertmanager. An *episode* is one time it fired: its fingerprint with its start.
 * A *notice* is an episode with its status. Alertmanager repeats notices and sends them from several replicas, so
 * everything here is recognised by these keys and never by the delivery it came in; its `groupKey` stays the same for
 * every later episode and says nothing about identity.
 */
export type Notice = {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  /** Milliseconds since the epoch; only a resolved notice has one. */
  readonly endsAt?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly groupKey: string;
  readonly generatorUrl?: string;
};

export const episodeKey = ({ fingerprint, startsAt }: Pick<Notice, 'fingerprint' | 'startsAt'>): string =>
  `${fingerprint}@${startsAt}`;

export const fingerprintOf = (episode: string): string => episode.slice(0, episode.lastIndexOf('@'));

export const alertName = (notice: Notice): string => notice.labels.alertname ?? 'unnamed alert';
