import type { Command } from '../core/command.ts';
import type { Effect } from '../core/effect.ts';
import type { Incident } from '../core/incident/incident.ts';
import {
  type Labels,
  lastActivity,
  liveSilence,
  type Silence,
  silenceKey,
} from '../core/incident/silence.ts';
import { incidentLog, incidentState } from './messages.ts';
import { type Clock, type Store, WorkFailed } from './ports.ts';
import type { Silencer, SilenceSeen } from './silencePort.ts';

type SilenceEffect = Extract<Effect, { kind: 'silence' }>;

/**
 * Makes, renews and removes silences. Whatever is done begins with a look at what Alertmanager has: a silence is known by
 * the key that its comment begins with, so one whose making was never confirmed is found and not made twice.
 */
export async function performSilence(
  effect: SilenceEffect,
  attempts: number,
  ports: {
    readonly store: Pick<Store, 'state' | 'definition' | 'events'>;
    readonly silencer: Silencer | null;
    readonly clock: Clock;
  },
): Promise<readonly Command[]> {
  const { incident, number } = effect;
  const actor = { kind: 'bot' } as const;
  if (effect.does === 'look') {
    const { events } = await incidentLog(ports.store, incident);
    const inOrder = events.toSorted((a, b) => a.position - b.position).map(({ event }) => event);
    return [{ actor, type: 'incident.silence-seen', incident, number, activeAt: lastActivity(inOrder) }];
  }
  try {
    if (!ports.silencer) throw new WorkFailed('alertmanager', 'ALERTMANAGER_URL is not set.');
    if (effect.does === 'remove') {
      await remove(silenceKey(incident, number), ports.silencer);
      return [{ actor, type: 'incident.silence-removed', incident, number }];
    }
    const state = await incidentState(ports.store, incident);
    const silence = liveSilence(state, number);
    // What is not wanted any more is not made; its removal comes next.
    if (!silence || silence.ending !== null) return [];
    const now = ports.clock.now();
    const { forMs: lease } = effect;
    const forMs = Math.min(lease, (silence.until ?? Number.POSITIVE_INFINITY) - now);
    if (forMs <= 0) throw new WorkFailed('alertmanager', 'Its time was over before it could be made.');
    const held = await hold(state, silence, { forMs, silencer: ports.silencer, clock: ports.clock });
    return held === null
      ? [{ actor, type: 'incident.silence-removed', incident, number }]
      : [{ actor, type: 'incident.silence-held', incident, number, ...held }];
  } catch (error) {
    const { does } = effect;
    if (!(error instanceof WorkFailed) || error.code === 'no-incident') throw error;
    if (error.retry && attempts < mostAttempts[does]) throw error;
    return [{ actor, type: 'incident.silence-failed', incident, number, does, message: error.message }];
  }
}

/**
 * People wait to hear whether they are called or not, so that making one is given up within seconds. What cannot be
 * removed ends by itself, so that minutes are enough.
 */
const mostAttempts = { hold: 3, remove: 8 } as const;

/** Null where it was made before and Alertmanager has none of it any more: somebody ended it there, and it stays ended. */
async function hold(
  incident: Incident,
  silence: Silence,
  { forMs, silencer, clock }: { readonly forMs: number; readonly silencer: Silencer; readonly clock: Clock },
): Promise<{ readonly ids: readonly string[]; readonly endsAt: number } | null> {
  const { now, silences } = await silencer.list();
  // A silence ends by Alertmanager's clock, whatever the one of the bot says.
  const startsAt = now ?? clock.now();
  const parts = silence.matchers.map((matchers, part) => {
    const key = silenceKey(incident.id, silence.number, part);
    return { matchers, key, known: silences.find((each) => isOurs(each, key, matchers)) };
  });
  const wanted = silence.held ? parts.filter(({ known }) => known) : parts;
  if (wanted.length === 0) return null;
  const ids: string[] = [];
  for (const { matchers, key, known } of wanted) {
    const { id } = await silencer.put({
      id: known?.id ?? null,
      matchers,
      startsAt: known?.startsAt ?? startsAt,
      endsAt: startsAt + forMs,
      comment: known?.comment ?? `${key}${commentOf(incident, silence)}`,
    });
    ids.push(id);
  }
  return { ids, endsAt: clock.now() + forMs };
}

/** The key says whose it is, the labels that it is not of an incident that another database called the same. */
const isOurs = (seen: SilenceSeen, key: string, matchers: Labels): boolean =>
  seen.state !== 'expired' && seen.comment.startsWith(key) && sameLabels(seen.matchers, matchers);

function sameLabels(a: Labels | null, b: Labels): boolean {
  if (a === null) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function commentOf(incident: Incident, { cause, by }: Silence): string {
  const why = cause.kind === 'action' ? `during ${cause.title}, started by ${by}` : `while ${by} works`;
  return `${incident.id} ${incident.title}: silenced ${why}`.slice(0, 500);
}

async function remove(key: string, silencer: Silencer): Promise<void> {
  const { silences } = await silencer.list();
  for (const { id, comment, state } of silences)
    if (state !== 'expired' && comment.startsWith(key)) await silencer.expire(id);
}
