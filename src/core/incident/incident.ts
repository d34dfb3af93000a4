import { nameInPager } from '../actor.ts';
import { episodeKey, fingerprintOf } from '../alert/alert.ts';
import type { AcknowledgeWithin } from '../people/targets.ts';
import { moreUrgent, type Severity } from '../severity.ts';
import type { IncidentId, RunId } from '../stream.ts';
import { type AlertBook, alertIn, alertsIn, bookOf, emptyBook, withAlert } from './alertBook.ts';
import { type Calling, withAnswer, withCall, withCallsAnew, withPage, withTimerAnew } from './calls.ts';
import type { IncidentEvent } from './events.ts';
import { evolveSilencing, type Silencing } from './silence.ts';
import { newStorm, type Storm, withCollected, withEnded, withMoved } from './storm.ts';

/**
 * An incident is what people work on: the alerts of one cause, a place to talk, and the runs that mitigate.
 *
 *   open ──acknowledge──▶ acknowledged ──a mitigation starts──▶ mitigating ──resolve──▶ resolved
 *     └───────────────────────────────────resolve───────────────────────────────────────▶┘
 *   resolved ──an alert fires again in time, or a person reopens──▶ acknowledged or open
 *
 * All alerts having resolved changes `allQuietSince` and nothing else: resolution is offered, a person resolves.
 */
export type Incident = {
  readonly id: IncidentId;
  readonly number: number;
  readonly title: string;
  readonly service: string | null;
  readonly playbook: string;
  readonly severity: Severity;
  readonly phase: 'open' | 'acknowledged' | 'mitigating' | 'resolved';
  readonly place: Place;
  readonly openedAt: number;
  readonly openedBy: string;
  readonly summary: string;
  /** Address of the message that it was declared from. */
  readonly source?: string;
  readonly alerts: AlertBook;
  /** Only where it collects the alerts of a storm. */
  readonly storm?: Storm;
  /** When the last firing alert resolved; null while one fires, and when there never was one. */
  readonly allQuietSince: number | null;
  readonly acknowledged: { readonly by: string; readonly at: number } | null;
  readonly mitigatingSince: number | null;
  readonly resolved: { readonly by: string; readonly at: number; readonly note: string | null } | null;
  readonly roles: Readonly<Partial<Record<Role, string>>>;
  readonly responders: readonly string[];
  readonly runs: readonly RunId[];
  /** Playbooks walked since the incident was opened or reopened. */
  readonly walked: readonly string[];
  readonly endedRuns: readonly RunId[];
  /** The run whose steps people are walking now. */
  readonly currentRun: RunId | null;
  readonly channel: { readonly id: string; readonly name: string } | null;
  /** The shared channel that it lived in as a thread, before it had a channel of its own. */
  readonly movedFrom?: string;
  /** Notes up to this number were said before it moved, and stand in the thread. */
  readonly saidInThread?: number;
  readonly notes: readonly Note[];
  readonly reopened: number;
  /** When it was last opened or reopened, and whether it was said since that nobody has it. */
  readonly unattended: { readonly since: number; readonly said: boolean };
  /** Firing alerts that their source does not have any more although no resolve came, and since when, by fingerprint. */
  readonly gone: Readonly<Record<string, number>>;
  /** Since when the source has told nothing, so that it is not known whether the alerts still fire. */
  readonly staleSince: number | null;
  readonly unresolvedSaid: boolean;
  /** Only where something was ever silenced. */
  readonly silencing?: Silencing;
  /** Who was called since it was opened or reopened; left out where nobody ever was. */
  readonly calling?: Calling;
  /** What it was opened or reopened under; absent where the usual limits applied. */
  readonly acknowledgeWithin?: AcknowledgeWithin;
  /** By when it must be acknowledged, where its severity has changed since. */
  readonly acknowledgeBy?: number;
  /** It is or was P0 or P1, so people who are not in the chat may have been told of it. */
  readonly urgent?: true;
  /** It was more urgent once, so it may stand where what is as urgent as now is not announced. */
  readonly lowered?: true;
  /** Who made it more urgent last, `alertmanager` where an alert did; absent while nobody has. */
  readonly raisedBy?: string;
  /** Practice: nothing of it reaches a host, a real alert or anybody who was not there; see core/drill. */
  readonly drill?: true;
  /** In a drill, the first mitigation is to fail, so that the next one is practised. */
  readonly firstFails?: true;
};

export const roles = ['commander', 'communications', 'scribe'] as const;
export type Role = (typeof roles)[number];

/** Where an incident lives in chat: a channel of its own, a thread in a shared channel, or only in the log. */
export type Place =
  | { readonly kind: 'channel'; readonly name: string }
  | { readonly kind: 'thread'; readonly channel: string }
  | { readonly kind: 'log' };

export type AttachedAlert = {
  readonly name: string;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** In a storm, the key of the trouble that it is part of. */
  readonly trouble?: string;
};

/** Something said in the incident that stays: a status update, a note, or the bot's own remark. */
export type Note = {
  readonly number: number;
  readonly kind: 'update' | 'note' | 'bot';
  readonly by: string;
  readonly at: number;
  readonly text: string;
  readonly from?: NoteSource;
  readonly about?: string;
  /** Ids of those whom a remark of the bot addresses besides the people of the incident. */
  readonly people?: readonly string[];
  readonly offers?: NoteOffer;
};

export type NoteOffer = 'resolve' | 'acknowledge' | 'update' | 'role';

/** The message that a note was taken from: who wrote it, null where an app did, and its address. */
export type NoteSource = { readonly user: string | null; readonly url: string };

export const isUrgent = (severity: Severity): boolean => severity === 'P0' || severity === 'P1';

export const isOpen = (incident: Incident): boolean => incident.phase !== 'resolved';

/** Runs since the incident was opened or reopened, each with its playbook; every attached run adds one to both lists. */
export const walks = ({
  runs,
  walked,
}: Incident): readonly { readonly run: RunId; readonly playbook: string }[] =>
  runs.slice(runs.length - walked.length).map((run, index) => ({ run, playbook: walked[index] ?? '' }));

/**
 * The run that people are at: the one that was begun or gone back to last, else any that still waits for somebody. Null
 * only where every run has ended.
 */
export const walkedNow = ({ currentRun, runs, endedRuns }: Incident): RunId | null =>
  currentRun ?? runs.findLast((run) => !endedRuns.includes(run)) ?? null;

/** In the order in which they came while there are few, in none that means anything when there are many. */
export const attachedAlerts = (incident: Incident): readonly AttachedAlert[] => alertsIn(incident.alerts);

export const firingAlerts = (incident: Incident): readonly AttachedAlert[] =>
  attachedAlerts(incident).filter((alert) => alert.endsAt === null);

export function evolveIncident(incident: Incident | null, event: IncidentEvent): Incident {
  const { type, data, at, by } = event;
  if (type === 'IncidentOpened') {
    const { storm, ...opened } = data;
    return {
      ...opened,
      ...(storm ? { storm: newStorm(at, storm.openedBefore) } : {}),
      ...(isUrgent(opened.severity) ? { urgent: true as const } : {}),
      phase: 'open',
      openedAt: at,
      openedBy: by,
      alerts: emptyBook,
      allQuietSince: null,
      acknowledged: null,
      mitigatingSince: null,
      resolved: null,
      roles: {},
      responders: [],
      runs: [],
      endedRuns: [],
      walked: [],
      currentRun: null,
      channel: null,
      notes: [],
      reopened: 0,
      unattended: { since: at, said: false },
      gone: {},
      staleSince: null,
      unresolvedSaid: false,
    };
  }
  if (!incident) throw new Error(`${type} before IncidentOpened`);
  switch (type) {
    case 'AlertFired': {
      const { alert, collected } = data;
      const known = alertIn(incident.alerts, alert.fingerprint);
      // Heard late: a newer episode of the same alert is known already.
      if (known && known.startsAt > alert.startsAt) return incident;
      // An alert stays with the trouble that it was counted in, even where a playbook now says otherwise.
      const part = collected && { ...collected, key: known?.trouble ?? collected.key };
      const trouble = incident.storm && part ? { trouble: part.key } : {};
      const alerts = withAlert(incident.alerts, { ...alert, ...trouble, endsAt: null });
      const change = { alerts: known ? 0 : 1, firing: alerts.firing - incident.alerts.firing };
      return {
        ...incident,
        alerts,
        allQuietSince: null,
        // While all was quiet nobody was called; what fires again has the time that is left.
        ...(incident.allQuietSince === null ? {} : withTimerAnew(incident)),
        gone: without(incident.gone, alert.fingerprint),
        ...(incident.storm && part
          ? { storm: withCollected(incident.storm, part, { name: alert.name, at, change }) }
          : {}),
      };
    }
    case 'AlertResolved': {
      const alert = alertIn(incident.alerts, fingerprintOf(data.episode));
      if (!alert || episodeKey(alert) !== data.episode) return incident;
      const alerts = withAlert(incident.alerts, { ...alert, endsAt: data.endsAt });
      const gone = without(incident.gone, alert.fingerprint);
      return {
        ...incident,
        alerts,
        allQuietSince: alerts.firing === 0 ? at : null,
        gone,
        ...(incident.storm && alert.trouble !== undefined && alert.endsAt === null
          ? { storm: withEnded(incident.storm, alert.trouble) }
          : {}),
      };
    }
    case 'AlertsMoved': {
      const { trouble, to } = data;
      if (!incident.storm) return incident;
      const alerts = bookOf(attachedAlerts(incident).filter((alert) => alert.trouble !== trouble));
      return {
        ...incident,
        alerts,
        allQuietSince: alerts.firing === 0 ? (incident.allQuietSince ?? at) : null,
        storm: withMoved(incident.storm, trouble, to),
      };
    }
    case 'BacklogSeen': {
      const { waiting, oldestAt } = data;
      return incident.storm
        ? { ...incident, storm: { ...incident.storm, backlog: { waiting, oldestAt } } }
        : incident;
    }
    case 'BacklogDrained':
      return incident.storm ? { ...incident, storm: { ...incident.storm, backlog: null } } : incident;
    case 'IncidentAcknowledged':
      return {
        ...incident,
        phase: incident.phase === 'open' ? 'acknowledged' : incident.phase,
        acknowledged: { by, at },
        responders: nameInPager(by) === null ? withMember(incident.responders, by) : incident.responders,
      };
    case 'Called':
      return { ...incident, calling: withCall(incident, data, { at, by }) };
    case 'CallAnswered':
      return { ...incident, ...withAnswer(incident, data.call, { by, at }) };
    case 'PageAnswered':
      return { ...incident, ...withPage(incident, data.call, { page: data.outcome, at }) };
    case 'PageFailed':
      return {
        ...incident,
        ...withPage(incident, data.call, { page: data.final ? 'failed' : 'failing', at }),
      };
    case 'SeverityChanged':
      return {
        ...incident,
        severity: data.severity,
        place: data.place ?? incident.place,
        ...(data.acknowledgeBy === undefined ? {} : { acknowledgeBy: data.acknowledgeBy }),
        ...withTimerAnew(incident),
        ...(isUrgent(data.severity) ? { urgent: true as const } : {}),
        ...(moreUrgent(data.severity, data.from) !== data.from
          ? { raisedBy: by }
          : { lowered: true as const }),
      };
    case 'RoleAssigned':
      return {
        ...incident,
        roles: { ...incident.roles, [data.role]: data.user },
        responders: withMember(incident.responders, data.user),
      };
    case 'ResponderJoined':
      return { ...incident, responders: withMember(incident.responders, data.user) };
    case 'MitigationStarted':
      return {
        ...incident,
        // What was started just before somebody resolved does not open the incident again.
        phase: isOpen(incident) ? 'mitigating' : incident.phase,
        mitigatingSince: incident.mitigatingSince ?? at,
        responders: data.by ? withMember(incident.responders, data.by) : incident.responders,
      };
    case 'RunAttached':
      return {
        ...incident,
        runs: [...incident.runs, data.run],
        walked: [...incident.walked, data.playbook],
        currentRun: data.run,
      };
    case 'RunFinished':
      return {
        ...incident,
        endedRuns: [...incident.endedRuns, data.run],
        currentRun: incident.currentRun === data.run ? (data.back ?? null) : incident.currentRun,
      };
    case 'NoteAdded':
      return { ...incident, notes: [...incident.notes, { ...data, by, at }] };
    case 'UnresolvedForLong':
      return { ...incident, unresolvedSaid: true };
    case 'LeftUnattended':
      return { ...incident, unattended: { ...incident.unattended, said: true } };
    case 'AlertsCompared':
      return { ...incident, gone: data.gone, staleSince: data.staleSince };
    case 'ChannelOpened':
      return { ...incident, channel: { id: data.id, name: data.name } };
    case 'MovedToChannel':
      return {
        ...incident,
        place: { kind: 'channel', name: data.name },
        movedFrom: data.from,
        saidInThread: incident.notes.length,
      };
    case 'IncidentResolved':
      return { ...incident, phase: 'resolved', resolved: { by, at, note: data.note } };
    case 'IncidentReopened':
      return {
        ...withoutLimits(incident),
        ...(data.acknowledgeWithin && { acknowledgeWithin: data.acknowledgeWithin }),
        // Whoever reopens it has it; where an alert did, nobody has, and it must be taken anew.
        phase: by === 'alertmanager' ? 'open' : 'acknowledged',
        acknowledged: by === 'alertmanager' ? null : { by, at },
        resolved: null,
        walked: [],
        unresolvedSaid: false,
        reopened: incident.reopened + 1,
        unattended: { since: at, said: false },
        ...withCallsAnew(incident, at),
      };
    case 'SilenceRequested':
    case 'SilenceCreated':
    case 'SilenceRenewed':
    case 'SilenceEnding':
    case 'SilenceEnded':
    case 'OthersSilencesSeen':
      return { ...incident, silencing: evolveSilencing(incident, event) };
    default: {
      const never: never = type;
      return never;
    }
  }
}

/** Each opening has limits of its own. */
function withoutLimits({ acknowledgeWithin: _, acknowledgeBy: __, ...incident }: Incident): Incident {
  return incident;
}

function without(gone: Incident['gone'], fingerprint: string): Incident['gone'] {
  // Most alerts never are gone, and a copy for each of thousands takes its time.
  if (!Object.hasOwn(gone, fingerprint)) return gone;
  const { [fingerprint]: _, ...rest } = gone;
  return rest;
}

const withMember = (members: readonly string[], user: string): readonly string[] =>
  members.includes(user) ? members : [...members, user];
