import type { CommandBody } from '../core/command.ts';
import type { Answer } from '../core/decision.ts';
import type { IncidentId } from '../core/stream.ts';
import type { Log } from './log.ts';
import {
  type PageKey,
  type Pager,
  type PagerAgent,
  type PagerNotice,
  type PagerPerson,
  readPageKey,
} from './pagerPort.ts';
import { type Clock, type Desk, WorkFailed } from './ports.ts';

/**
 * From what people do with a page in PagerDuty to what is decided here. What the bot did itself comes back as well, as
 * the work of an integration, and means nothing. Acknowledged there is acknowledged here, in the name of whoever did it;
 * where somebody has the incident already, the call that the page is of is answered, if it asks for an answer of its own.
 * Resolved there is said and ends nothing: a page that is over is no incident that is over.
 */
export type PagerSync = {
  /** Settles once what follows is committed; rejects where it has to be heard again. */
  hear(notice: PagerNotice): Promise<void>;
};

/** Finds people of the chat. Throws WorkFailed. */
export type Finder = { userByEmail(email: string): Promise<string | null> };

/**
 * Milliseconds. Who it was may take Slack and PagerDuty as long as they like to say, or for ever; the next one must not be
 * called meanwhile.
 */
const knownWithinMs = 2_000;

/** PagerDuty's people change rarely, and its REST API is asked sparingly. */
const usersForMs = 10 * 60_000;

export function createPagerSync(parts: {
  readonly desk: Pick<Desk, 'act' | 'handle' | 'incident'>;
  readonly pager: Pick<Pager, 'incident' | 'users'>;
  readonly finder: Finder;
  /** Which pages are this installation's, see `pageKey`. */
  readonly installation: string | null;
  readonly clock: Clock;
  readonly log: Log;
}): PagerSync {
  const { desk, pager, finder, installation, clock, log } = parts;
  let known: { readonly at: number; readonly users: readonly PagerPerson[] } | null = null;

  async function users(): Promise<readonly PagerPerson[]> {
    const now = clock.now();
    if (known && now - known.at < usersForMs && now >= known.at) return known.users;
    known = { at: now, users: await pager.users() };
    return known.users;
  }

  /** The page of a notice; null for pages that are not ours. */
  async function pageOf(notice: PagerNotice): Promise<PageKey | null> {
    const key = notice.incidentKey ?? (await keyOf(notice.incidentId));
    const found = key === null ? null : readPageKey(key);
    const incident = found && (await desk.incident(found.incident));
    if (!found || !incident) return null;
    if (found.installation !== null) return found.installation === installation ? found : null;
    // Of an older version, like a call that is still open here; or of an older version somewhere else.
    const call = incident.calling?.calls.find(({ number }) => number === found.call);
    return call && call.installation === undefined ? found : null;
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

  const inTime = <T>(work: Promise<T>): Promise<T | 'late'> =>
    new Promise((resolve, reject) => {
      const cancel = clock.at(clock.now() + knownWithinMs, () => resolve('late'));
      void work.then(resolve, reject).finally(cancel);
    });

  /** Who cannot be found is not a reason to lose an acknowledgement. */
  async function inChat(agent: PagerAgent): Promise<string | null> {
    const find = async (): Promise<string | null> => {
      const email = agent.email ?? (await users()).find(({ id }) => id === agent.id)?.email ?? null;
      return email === null ? null : await finder.userByEmail(email);
    };
    try {
      const found = await inTime(find());
      if (found !== 'late') return found;
      log.warn('who acted in PagerDuty could not be found in Slack in time');
    } catch (error) {
      log.warn('who acted in PagerDuty could not be found in Slack', { error });
    }
    return null;
  }

  /** In their own name where Slack says in time who they are and that they may, else in the name that PagerDuty has. */
  async function decide(
    body: CommandBody,
    {
      user,
      agent,
      once,
    }: { readonly user: string | null; readonly agent: PagerAgent; readonly once: string },
  ): Promise<Answer> {
    const own = user === null ? 'late' : await inTime(desk.act(user, body, once));
    if (own !== 'late' && (own.kind === 'accepted' || own.code !== 'not-allowed')) return own;
    return desk.handle({ ...body, actor: { kind: 'pagerduty', name: agent.name }, once });
  }

  async function acknowledged(
    notice: PagerNotice,
    { incident, call }: PageKey,
    agent: PagerAgent,
  ): Promise<void> {
    const who = { user: await inChat(agent), agent, once: onceOf(notice) };
    const answer = await decide({ type: 'incident.acknowledge', incident }, who);
    if (answer.kind === 'accepted' || answer.code !== 'already') return;
    const alone = await decide({ type: 'incident.answer-call', incident, call }, who);
    // Somebody else has it already; that one more is there is worth knowing.
    if (alone.kind === 'refused')
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
      const page = await pageOf(notice);
      if (page === null) return;
      const { incident } = page;
      if (notice.kind === 'acknowledged' && agent?.isPerson) return acknowledged(notice, page, agent);
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
