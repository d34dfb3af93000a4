import type { FreezeId } from '../stream.ts';

/**
 * Some time, until a moment or until somebody lifts it, in which nothing planned is started on a service or on any:
 *
 *   begun ─▶ lifted by a person
 *         └▶ ended, when its time is over
 *
 * Like the windows of the calendar it holds up planned changes alone, never a mitigation or a rollback.
 */
export type Freeze = {
  readonly id: FreezeId;
  /** Null is all of them. */
  readonly service: string | null;
  readonly why: string;
  /** Milliseconds since the epoch; null where it stands until it is lifted. */
  readonly until: number | null;
  readonly begunAt: number;
  readonly begunBy: string;
  /** Where it is said, as `#name` or as an id; null where no incident is told of anywhere. */
  readonly channel: string | null;
  readonly over:
    | { readonly kind: 'lifted'; readonly at: number; readonly by: string; readonly why: string | null }
    | { readonly kind: 'ended'; readonly at: number }
    | null;
};

export type FreezeCommand =
  /** `service` null is all of them; `until` is milliseconds since the epoch, null until somebody lifts it. */
  | {
      readonly type: 'freeze.begin';
      readonly service: string | null;
      readonly until: number | null;
      readonly why: string;
    }
  | { readonly type: 'freeze.lift'; readonly freeze: FreezeId; readonly why: string | null }
  /** Its moment has come. */
  | { readonly type: 'freeze.due'; readonly freeze: FreezeId };

/** Facts about a freeze. `at` is milliseconds since the epoch, `by` an actor's id. */
export type FreezeEvent = { readonly at: number; readonly by: string } & (
  | {
      readonly type: 'FreezeBegun';
      readonly data: Pick<Freeze, 'id' | 'service' | 'why' | 'until' | 'channel'>;
    }
  | { readonly type: 'FreezeLifted'; readonly data: { readonly why: string | null } }
  | { readonly type: 'FreezeEnded'; readonly data: Readonly<Record<string, never>> }
);

export function evolveFreeze(freeze: Freeze | null, event: FreezeEvent): Freeze {
  const { at, by } = event;
  if (event.type === 'FreezeBegun') return { ...event.data, begunAt: at, begunBy: by, over: null };
  if (!freeze) throw new Error(`${event.type} before FreezeBegun`);
  switch (event.type) {
    case 'FreezeLifted':
      return { ...freeze, over: { kind: 'lifted', at, by, why: event.data.why } };
    case 'FreezeEnded':
      return { ...freeze, over: { kind: 'ended', at } };
    default: {
      const never: never = event;
      return never;
    }
  }
}

/** Whether it still stands by the log; one whose moment has passed stands until that is written down. */
export const stands = ({ over }: Freeze): boolean => over === null;

/** Whether it holds anything up now: where the bot was down when it ended, it does not, however late that is noticed. */
export const isInForce = (freeze: Freeze, now: number): boolean =>
  stands(freeze) && (freeze.until === null || now < freeze.until);

export const concerns = ({ service }: Freeze, services: readonly string[]): boolean =>
  service === null || services.includes(service);

/** `checkout`, `all services`. */
export const spokenScope = ({ service }: Pick<Freeze, 'service'>): string => service ?? 'all services';
