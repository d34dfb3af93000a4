import type { Actor } from '../core/actor.ts';
import type { CommandBody } from '../core/command.ts';
import type { Answer } from '../core/decision.ts';
import type { IncidentId } from '../core/stream.ts';
import type { Log } from './log.ts';
import { type Pager, type PagerAgent, type PagerNotice, type PagerPerson, readPageKey } from './pagerPort.ts';
import { type Clock, type Desk, WorkFailed } from './ports.ts';

/**
 * From what people do with a page in PagerDuty to what is decided here. What the bot did itself comes back as well, as
 * the work of an integration, and means nothing. Acknowledged there is acknowledged here, in the name of whoever did it.
 * Resolved there is said and ends nothing: a page that is over is no incident that is over.
 */
export type PagerSync = {
  /** Settles once what follows is committed; rejects where it has to be heard again. */
  hear(notice: PagerNotice): Promise<void>;
};

/** Finds people of the chat. Throws WorkFailed. */
export type Finder = { userByEmail(email: string): Promise<string | null> };

/** PagerDuty's people change rarely, and its REST API is asked sparingly. */
const usersForMs = 10 * 60_000;

export function createPagerSync(parts: {
  readonly desk: Pick<Desk, 'act' | 'handle' | 'incident'>;
  readonly pager: Pick<Pager, 'incident' | 'users'>;
  readonly finder: Finder;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): PagerSync {
  const { desk, pager, finder, clock, log } = parts;
  let known: { readonly at: number; readonly users: readonly PagerPerson[] } | null = null;

  async function users(): Promise<readonly PagerPerson[]> {
    const now = clock.now();
    if (known && now - known.at < usersForMs && now >= known.at) return known.users;
    known = { at: now, users: await pager.users() };
    return known.users;
  }

  /** The incident of a notice; null for pages that are not ours. */
  async function incidentOf(notice: PagerNotice): Promise<IncidentId | null> {
    const key = notice.incidentKey ?? (await keyOf(notice.incidentId));
    const found = key === null ? null : readPageKey(key);
    return found && (await desk.incident(found.incident)) ? found.incident : null;
  }

  async function keyOf(id: string): Promise<string | null> {
    try {
      return (await pager.incident(id))?.key ?? null;
    } catch (error) {
      if (!(error instanceof WorkFailed) || error.retry) throw error;
      log.warn('a notice of PagerDuty names no page, and PagerDuty cannot be asked for it', {
        code: error.code,
      });
      return null;
    }
  }

  /** Who cannot be found is not a reason to lose an acknowledgement. */
  async function inChat(agent: PagerAgent): Promise<string | null> {
    try {
      const email = agent.email ?? (await users()).find(({ id }) => id === agent.id)?.email ?? null;
      return email === null ? null : await finder.userByEmail(email);
    } catch (error) {
      log.warn('who acted in PagerDuty could not be found in Slack', { error });
      return null;
    }
  }

  async function acknowledged(notice: PagerNotice, incident: IncidentId, agent: PagerAgent): Promise<void> {
    const body: CommandBody = { type: 'incident.acknowledge', incident };
    const once = onceOf(notice);
    const user = await inChat(agent);
    const first: Answer =
      user === null
        ? { kind: 'refused', code: 'not-allowed', message: 'Nobody of Slack.' }
        : await desk.act(user, body, once);
    if (first.kind === 'accepted') return;
    const actor: Actor = { kind: 'pagerduty', name: agent.name };
    const answer = first.code === 'not-allowed' ? await desk.handle({ ...body, actor, once }) : first;
    // Somebody else has it already; that one more is there is worth knowing.
    if (answer.kind === 'refused' && answer.code === 'already')
      await say(notice, incident, agent, `${nameOf(agent)} acknowledged the page in PagerDuty.`);
  }

  async function say(
    notice: PagerNotice,
    incident: IncidentId,
    agent: PagerAgent | null,
    text: string,
    offers?: 'resolve',
  ): Promise<void> {
    const answer = await desk.handle({
      actor: agent?.isPerson ? { kind: 'pagerduty', name: agent.name } : { kind: 'bot' },
      once: onceOf(notice),
      type: 'incident.pager-said',
      incident,
      text,
      ...(offers ? { offers } : {}),
    });
    if (answer.kind === 'refused')
      log.info('a notice of PagerDuty changed nothing', { incident, code: answer.code });
  }

  return {
    async hear(notice) {
      const { agent } = notice;
      // The echo of what was done from here, which is no more than these.
      const isOurs = agent !== null && !agent.isPerson && /integration/.test(agent.type);
      if (isOurs && (notice.kind === 'acknowledged' || notice.kind === 'resolved')) return;
      // Every page begins here, and priorities are the incident's own.
      if (notice.kind === 'triggered' || notice.kind === 'priority-updated') return;
      const incident = await incidentOf(notice);
      if (incident === null) return;
      if (notice.kind === 'acknowledged' && agent?.isPerson) return acknowledged(notice, incident, agent);
      if (notice.kind === 'resolved') {
        if (notice.mergedInto !== null)
          return say(notice, incident, agent, 'Its page was merged into another one in PagerDuty.');
        // Where the incident is resolved already, this is its echo.
        if ((await desk.incident(incident))?.phase === 'resolved') return;
        const text = `${nameOf(agent)} resolved the page in PagerDuty. The incident is open until somebody resolves it here.`;
        return say(notice, incident, agent, text, 'resolve');
      }
      return say(notice, incident, agent, inWords(notice));
    },
  };
}

/** Another name than the delivery's own, which the store remembers already when the notice is handed over. */
const onceOf = ({ delivery }: PagerNotice): string => `${delivery}/decided`;

const nameOf = (agent: PagerAgent | null): string => (agent?.isPerson ? agent.name : 'PagerDuty');

function inWords(notice: Exclude<PagerNotice, { kind: 'resolved' }>): string {
  const by = notice.agent?.isPerson ? ` by ${nameOf(notice.agent)}` : '';
  switch (notice.kind) {
    case 'annotated':
    case 'status-update':
      return `${nameOf(notice.agent)} wrote in PagerDuty: ${notice.text}`;
    case 'responder-added':
      return `${notice.responder?.name ?? 'Somebody'} was asked to help in PagerDuty${by}.`;
    case 'responder-replied':
      return `${notice.responder?.name ?? nameOf(notice.agent)} ${notice.state ?? 'answered'} the request for help in PagerDuty.`;
    default: {
      const now = notice.assignees.map(({ name }) => name).join(', ');
      return `The page was ${done[notice.kind]} in PagerDuty${by}${now === '' ? '' : `; it is with ${now} now`}.`;
    }
  }
}

const done = {
  triggered: 'sent',
  acknowledged: 'acknowledged',
  unacknowledged: 'given back unanswered',
  reopened: 'opened again',
  reassigned: 'reassigned',
  escalated: 'escalated',
  delegated: 'delegated',
  'priority-updated': 'given another priority',
} as const;
