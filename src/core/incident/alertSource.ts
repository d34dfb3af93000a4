import { episodeKey } from '../alert/alert.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type AttachedAlert, firingAlerts, type Incident, isOpen } from './incident.ts';
import { isSilenced } from './silence.ts';
import { namesText } from './silenceText.ts';

/**
 * What is known of the alerts of an incident beyond what was delivered. A resolve that was never delivered is not made
 * up: an alert that its source does not have any more is *gone*, and one of which the source tells nothing is *stale*.
 * Neither says that the trouble is over.
 */
export type AlertPicture = Pick<Incident, 'gone' | 'staleSince'> & {
  /**
   * Not there any more after they were silenced, and since when, by fingerprint. Alertmanager delivers no resolve of an
   * alert that is silenced, so none was lost: that it is not there is the resolve.
   */
  readonly resolved?: Readonly<Record<string, number>>;
};

/** What the source told, and when; asked again and again. */
export type SourceView = {
  /** When the source last told what it has; null where it never did since the bot started. */
  readonly answeredAt: number | null;
  /** When the bot began to ask. */
  readonly askedSince: number;
  /** When an alert was last delivered or found firing, by fingerprint. */
  readonly heardAt: ReadonlyMap<string, number>;
  /** What it did not have when it last told, by fingerprint: since when, and how often in a row. Null: it never told. */
  readonly missing: ReadonlyMap<string, { readonly since: number; readonly times: number }> | null;
  /** Silenced by whomever when the source last had them, by fingerprint. */
  readonly silenced?: ReadonlySet<string>;
};

/** Missing once may be a source that was just started and has not been sent everything yet. */
const enoughTimes = 2;
/** What is taken for over is not taken back by itself, so it has to be away for as long as a new source needs: two of ten minutes. */
const awayOfStale = 0.2;

/** The picture as it is now, or null where the incident has it already. `staleMs`: silence this long makes alerts stale. */
export function comparedWith(
  incident: Incident,
  view: SourceView,
  { now, staleMs }: { readonly now: number; readonly staleMs: number },
): AlertPicture | null {
  const firing = firingAlerts(incident);
  const gone: Record<string, number> = {};
  const resolved: Record<string, number> = {};
  for (const alert of firing) {
    const since = goneSince(incident, alert.fingerprint, view);
    if (since === null) continue;
    if (!wasSilenced(incident, alert, view)) gone[alert.fingerprint] = since;
    else if (view.missing && now - since >= staleMs * awayOfStale) resolved[alert.fingerprint] = since;
  }
  const staleSince = firing.length === 0 ? null : silentSince(incident, view, { now, staleMs });
  if (Object.keys(resolved).length > 0) return { gone, staleSince, resolved };
  return staleSince === incident.staleSince && sameTimes(gone, incident.gone) ? null : { gone, staleSince };
}

const wasSilenced = (incident: Incident, alert: AttachedAlert, { silenced }: SourceView): boolean =>
  silenced?.has(alert.fingerprint) === true || isSilenced(incident, alert);

/** A source that is silent has not said otherwise, so what was gone stays gone until something is heard of it. */
function goneSince(incident: Incident, fingerprint: string, view: SourceView): number | null {
  const known = incident.gone[fingerprint];
  const heard = view.heardAt.get(fingerprint) ?? 0;
  if (view.missing === null) return known !== undefined && heard <= known ? known : null;
  const missing = view.missing.get(fingerprint);
  if (!missing || heard > missing.since) return null;
  return known ?? (missing.times >= enoughTimes ? missing.since : null);
}

/** When the firing alerts were last known to fire, once that is too long ago; null while the source answers. */
function silentSince(
  incident: Incident,
  view: SourceView,
  { now, staleMs }: { readonly now: number; readonly staleMs: number },
): number | null {
  // While the source answers nothing else has to be looked at, which is almost always.
  if (now - (view.answeredAt ?? view.askedSince) <= staleMs) return null;
  // What the silence began with stays said: a later start of the bot knows less of it, not more.
  const told = firingAlerts(incident).reduce(
    (last, { fingerprint, startsAt }) => Math.max(last, view.heardAt.get(fingerprint) ?? startsAt),
    view.answeredAt ?? 0,
  );
  const last = told > 0 ? told : incident.openedAt;
  if (now - last <= staleMs) return null;
  return incident.staleSince !== null && incident.staleSince >= last ? incident.staleSince : last;
}

function sameTimes(a: Incident['gone'], b: Incident['gone']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

export function recordPicture(
  draft: IncidentDraft,
  { gone, staleSince, resolved = {} }: AlertPicture,
  context: Context,
): Decision<IncidentEvent> {
  const before = draft.state;
  if (!isOpen(before)) return refuse('stale', `${before.id} is not open any more.`);
  const effects = effectsOf(draft, context);
  const over = firingAlerts(before).filter(({ fingerprint }) => resolved[fingerprint] !== undefined);
  for (const alert of over) {
    const data = { episode: episodeKey(alert), endsAt: resolved[alert.fingerprint] ?? context.now };
    draft.emit({ type: 'AlertResolved', data, at: context.now, by: 'alertmanager' });
  }
  if (over.length > 0) {
    const names = namesText([...new Set(over.map(({ name }) => name))]);
    effects.note('bot', `Resolved in Alertmanager while silenced, so no notification came: ${names}.`, 'bot');
    effects.quiet(draft.state.allQuietSince);
  }
  if (staleSince !== before.staleSince || !sameTimes(gone, draft.state.gone))
    draft.emit({ type: 'AlertsCompared', data: { gone, staleSince }, at: context.now, by: 'bot' });
  const firing = firingAlerts(before);
  const newly = firing.filter(
    ({ fingerprint }) => gone[fingerprint] !== undefined && before.gone[fingerprint] === undefined,
  );
  if (newly.length > 0) {
    const all = firing.every(({ fingerprint }) => gone[fingerprint] !== undefined);
    effects.note(
      'bot',
      goneText(
        newly.map(({ name }) => name),
        all,
      ),
      'bot',
    );
  }
  effects.shown();
  return draft.decided();
}

/** Names enough to know what it is about. */
const mostNamed = 5;

function goneText(names: readonly string[], all: boolean): string {
  const distinct = [...new Set(names)];
  const more = distinct.length > mostNamed ? ` and ${distinct.length - mostNamed} more` : '';
  const which = `${distinct.slice(0, mostNamed).join(', ')}${more}`;
  const what =
    names.length === 1
      ? `Alertmanager does not have the alert ${which} any more, and no resolve came for it.`
      : `Alertmanager does not have ${names.length} alerts any more (${which}), and no resolve came for them.`;
  return `${what} Whether ${names.length === 1 ? 'it is' : 'they are'} over is not known.${all ? ' No other alert fires here: look at the indicators, then resolve by hand.' : ''}`;
}
