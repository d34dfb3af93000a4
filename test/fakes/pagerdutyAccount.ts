/** What a PagerDuty account holds, as far as its published APIs show it, and what happens in it. No network in here. */

export type User = { readonly id: string; readonly name: string; readonly email: string };
export type Policy = {
  readonly id: string;
  readonly name: string;
  /** Ids of users by level, the first level first. */
  readonly levels: readonly (readonly string[])[];
};

export type AccountIncident = {
  readonly id: string;
  readonly number: number;
  readonly key: string;
  readonly routingKey: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  title: string;
  severity: string;
  /** How many triggers it has had, the first included. */
  triggers: number;
  assignees: string[];
  acknowledgedBy: string[];
  mergedInto: string | null;
};

export type EventAction = 'trigger' | 'acknowledge' | 'resolve';

/** What a subscription to webhooks is told. `by` is a user's id; null for the integration. */
export type Happening = {
  readonly type: string;
  readonly incident: AccountIncident;
  readonly by: string | null;
  /** For notes, status updates and responders. */
  readonly extra?: object;
};

export type Seed = {
  readonly users: readonly User[];
  readonly policies: readonly Policy[];
};

/** Roles for names; the last one is in no policy. */
export const usualSeed: Seed = {
  users: [
    { id: 'PUSER01', name: 'On-call engineer', email: 'oncall@example.com' },
    { id: 'PUSER02', name: 'Deployment lead', email: 'lead@example.com' },
    { id: 'PUSER03', name: 'Manager', email: 'Manager@Example.com' },
    { id: 'PUSER04', name: 'Visitor', email: 'visitor@example.com' },
  ],
  policies: [
    { id: 'PPOLIC1', name: 'Reliability', levels: [['PUSER01'], ['PUSER02', 'PUSER03']] },
    { id: 'PPOLIC2', name: 'Management', levels: [['PUSER03']] },
  ],
};

export type Account = ReturnType<typeof createAccount>;

export function createAccount(seed: Seed, tell: (happening: Happening) => void) {
  const incidents: AccountIncident[] = [];
  const policy = seed.policies[0];
  const isOpen = (incident: AccountIncident): boolean => incident.status !== 'resolved';

  function move(incident: AccountIncident, to: 'acknowledged' | 'resolved', by: string | null): void {
    if (incident.status === to) return;
    incident.status = to;
    if (to === 'acknowledged' && by !== null) incident.acknowledgedBy.push(by);
    if (to === 'resolved') incident.assignees = [];
    tell({ type: `incident.${to}`, incident, by });
  }

  const byId = (id: string): AccountIncident => {
    const found = incidents.find((incident) => incident.id === id);
    if (!found) throw new Error(`There is no incident ${id}.`);
    return found;
  };

  return {
    seed,
    incidents: incidents as readonly AccountIncident[],
    byId,
    open: (key: string): AccountIncident | undefined =>
      incidents.find((incident) => incident.key === key && isOpen(incident)),

    /** An event of the Events API. For a key without an open incident only a trigger means something. */
    event(
      routingKey: string,
      action: EventAction,
      given: { key: string; title: string; severity: string },
    ): void {
      const open = incidents.find(
        (incident) => incident.key === given.key && incident.routingKey === routingKey && isOpen(incident),
      );
      if (action !== 'trigger') {
        if (open) move(open, action === 'acknowledge' ? 'acknowledged' : 'resolved', null);
        return;
      }
      if (open) {
        open.triggers += 1;
        return;
      }
      const number = incidents.length + 1;
      const incident: AccountIncident = {
        id: `PINC${String(number).padStart(3, '0')}`,
        number,
        key: given.key,
        routingKey,
        status: 'triggered',
        title: given.title,
        severity: given.severity,
        triggers: 1,
        assignees: [...(policy?.levels[0] ?? [])],
        acknowledgedBy: [],
        mergedInto: null,
      };
      incidents.push(incident);
      tell({ type: 'incident.triggered', incident, by: null });
    },

    /** What a person does by the REST API or in PagerDuty's own app. Answers why it is refused, or null. */
    person(id: string, to: 'acknowledged' | 'resolved', by: string): string | null {
      const incident = byId(id);
      if (!isOpen(incident)) return 'Incident Already Resolved';
      move(incident, to, by);
      return null;
    },
    /** The time for an acknowledgement is over, or nobody came: PagerDuty goes on to the next level. */
    escalate(id: string, level: number): void {
      const incident = byId(id);
      incident.status = 'triggered';
      incident.assignees = [...(policy?.levels[level - 1] ?? [])];
      tell({ type: 'incident.escalated', incident, by: null });
    },
    unacknowledge(id: string): void {
      const incident = byId(id);
      incident.status = 'triggered';
      tell({ type: 'incident.unacknowledged', incident, by: null });
    },
    reassign(id: string, to: string, by: string): void {
      const incident = byId(id);
      incident.assignees = [to];
      tell({ type: 'incident.reassigned', incident, by });
    },
    merge(id: string, into: string, by: string): void {
      const incident = byId(id);
      incident.mergedInto = into;
      move(incident, 'resolved', by);
    },
    note(id: string, content: string, by: string): void {
      const extra = { id: 'PNOTE01', content, trimmed: false, type: 'incident_note' };
      tell({ type: 'incident.annotated', incident: byId(id), by, extra });
    },
    respond(id: string, state: 'accepted' | 'declined', by: string): void {
      const extra = { user: by, message: 'Please help.', state, type: 'incident_responder' };
      tell({ type: 'incident.responder.replied', incident: byId(id), by, extra });
    },
  };
}
