import type { Duty } from '../core/people/roster.ts';
import type { Severity } from '../core/severity.ts';
import { type IncidentId, isIncidentId } from '../core/stream.ts';

/**
 * What the engine needs of a paging service, and what it hears from it.
 *
 * Every call of a `Pager` ends within its deadline or throws WorkFailed: `retry` says whether trying again can help and
 * when, `uncertain` that it may have happened although nobody said so. All calls may be repeated: a trigger with the
 * key of an open page adds to that page instead of paging anew, an acknowledgement or resolution of what is acknowledged
 * or resolved changes nothing. One exception: a trigger that is repeated after somebody resolved the page pages again.
 */

/** One page: a call for one level of people because of one incident. */
export type Page = {
  /** At most 255 characters; see `pageKey`. */
  readonly dedupKey: string;
  /** One line of text; what is longer than the service takes is cut. */
  readonly summary: string;
  readonly severity: Severity;
  /** What has the trouble: a host or a service. */
  readonly source: string;
  readonly component?: string;
  readonly group?: string;
  /** Shown with the page. Left out from its longest text on where all of it is more than the service takes. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  /** Web addresses; anything else is left out. */
  readonly links?: readonly { readonly href: string; readonly text: string }[];
};

export type PagerPerson = { readonly id: string; readonly name: string; readonly email: string | null };

export type OnCall = {
  readonly person: PagerPerson;
  readonly escalationPolicy: { readonly id: string; readonly name: string };
  readonly schedule: { readonly id: string; readonly name: string } | null;
  /** From 1: who is paged first. */
  readonly level: number;
  /** Milliseconds since the epoch; null for always. */
  readonly from: number | null;
  readonly until: number | null;
};

export type EscalationPolicy = {
  readonly id: string;
  readonly name: string;
  readonly url: string | null;
  /** In the order in which they are paged. */
  readonly levels: readonly {
    readonly escalateAfterMs: number;
    readonly targets: readonly {
      readonly kind: 'user' | 'schedule' | 'other';
      readonly id: string;
      readonly name: string;
    }[];
  }[];
};

export type PagerIncident = {
  readonly id: string;
  /** The key of its page; null where the service grouped several pages into one incident. */
  readonly key: string | null;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly title: string;
  readonly url: string | null;
  readonly assignees: readonly PagerPerson[];
  readonly acknowledgedBy: readonly PagerPerson[];
  readonly createdAt: number | null;
};

export type Pager = {
  /** Settles once the service has taken it, which is before anybody's telephone rings. */
  trigger(page: Page): Promise<void>;
  /** A key that nobody triggered is taken and means nothing, as the service has it. */
  acknowledge(dedupKey: string): Promise<void>;
  resolve(dedupKey: string): Promise<void>;

  /** Who is on call now, by level; nobody where no id is given. */
  onCalls(of: {
    readonly escalationPolicies?: readonly string[];
    readonly schedules?: readonly string[];
  }): Promise<readonly OnCall[]>;
  escalationPolicies(): Promise<readonly EscalationPolicy[]>;
  /** The open incident of the key, else the newest one; null where there is none. */
  incidentByKey(dedupKey: string): Promise<PagerIncident | null>;
  incident(id: string): Promise<PagerIncident | null>;
  /** `by` is the e-mail address of the person who does it; without it, or where the service has no such person, the bot's own. */
  acknowledgeIncident(id: string, by?: string): Promise<void>;
  resolveIncident(id: string, by?: string): Promise<void>;
  users(): Promise<readonly PagerPerson[]>;
  userByEmail(email: string): Promise<PagerPerson | null>;
};

/** Who has a duty now, as the best source says that answers. */
export type OnDuty = {
  readonly duty: Duty;
  /** Of PagerDuty, by level; names as it has them. Null where it was not asked or did not answer. */
  readonly paged:
    | readonly { readonly name: string; readonly level: number; readonly until: number | null }[]
    | null;
  /** Ids of people in Slack. */
  readonly members: readonly string[];
  /** Why something could not be asked. */
  readonly unknown: string | null;
};

export type Rota = { onDuty(duties: readonly Duty[]): Promise<readonly OnDuty[]> };

/** Who or what did something in the paging service; not always a person. */
export type PagerAgent = {
  readonly id: string;
  /** The service's own word, such as `user_reference` or `inbound_integration_reference`. */
  readonly type: string;
  readonly isPerson: boolean;
  readonly name: string;
  readonly email: string | null;
};

/** Something that happened to an incident in the paging service. Texts are what people and programs wrote there. */
export type PagerNotice = {
  /** Identity of what happened: the same at each delivery of it; what is decided from it has its `once` from it. */
  readonly delivery: string;
  readonly incidentId: string;
  /** The key of the page; null for notices that name only the incident, and for incidents of several pages. */
  readonly incidentKey: string | null;
  readonly url: string | null;
  readonly agent: PagerAgent | null;
  /** When it happened, by the service's clock. */
  readonly at: number;
} & (
  | {
      readonly kind:
        | 'triggered'
        | 'acknowledged'
        | 'unacknowledged'
        | 'reopened'
        | 'reassigned'
        | 'escalated'
        | 'delegated'
        | 'priority-updated';
      readonly assignees: readonly PagerPerson[];
      readonly priority: string | null;
    }
  /** `mergedInto` is the incident that goes on instead: such a resolution ends nothing. */
  | { readonly kind: 'resolved'; readonly mergedInto: string | null }
  | { readonly kind: 'annotated' | 'status-update'; readonly text: string }
  | {
      readonly kind: 'responder-added' | 'responder-replied';
      readonly responder: PagerPerson | null;
      /** `pending`, `accepted`, `declined`; null where it was not said. */
      readonly state: string | null;
    }
);

/**
 * The same for an incident and one of its calls, however often its page is sent: calls are counted over the whole life of
 * the incident, so a call that is made anew rings anew. `installation` tells apart those that page through the same
 * integration; calls that an older version made have none.
 */
export const pageKey = (incident: IncidentId, call: number, installation?: string): string =>
  ['genesis', ...(installation === undefined ? [] : [installation]), incident, call].join('/');

export type PageKey = {
  readonly installation: string | null;
  readonly incident: IncidentId;
  readonly call: number;
};

/** Null for keys of other programs: an integration may be shared with them. */
export function readPageKey(key: string): PageKey | null {
  const [program, ...parts] = key.split('/');
  if (program !== 'genesis' || parts.length > 3) return null;
  const installation = parts.length === 3 ? (parts.shift() ?? null) : null;
  const [incident = '', call = ''] = parts;
  if (installation !== null && !/^[0-9a-f]{12}$/.test(installation)) return null;
  if (!isIncidentId(incident) || !/^(0|[1-9]\d{0,3})$/.test(call)) return null;
  return { installation, incident, call: Number(call) };
}
