import type { Command } from '../core/command.ts';
import type { Effect } from '../core/effect.ts';
import { type Call, isAnswered } from '../core/incident/calls.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { IncidentId } from '../core/stream.ts';
import { incidentState } from './messages.ts';
import { type Page, type Pager, pageKey } from './pagerPort.ts';
import { type Claimed, type Store, WorkFailed } from './ports.ts';

/** The paging service, once for each routing key. Null in its place where nothing of it is configured. */
export type Paging = {
  /** By the name of the variable that holds the routing key; null where that variable is not set. */
  sender(routingKey: string): Pick<Pager, 'trigger' | 'acknowledge' | 'resolve'> | null;
};

type PageEffect = Extract<Effect, { kind: 'page' | 'page-end' }>;

/** Milliseconds between two attempts, at most: somebody waits for this one. */
export const longestPageWaitMs = 60_000;

/** Sends or ends one page. Throws WorkFailed; what is thrown as worth another try is tried until it gets through. */
export async function performPage(
  effect: PageEffect,
  { store, paging }: { readonly store: Pick<Store, 'state'>; readonly paging: Paging | null },
): Promise<readonly Command[]> {
  if (!paging) return [];
  const { incident: id, call: number } = effect;
  if (effect.kind === 'page-end') {
    const sender = paging.sender(effect.routingKey);
    const key = pageKey(id, number, effect.installation);
    await (effect.as === 'acknowledged' ? sender?.acknowledge(key) : sender?.resolve(key));
    return [];
  }
  const incident = await incidentState(store, id);
  const call = incident.calling?.calls.find((each) => each.number === number);
  const answered = (outcome: 'paged' | 'needless'): readonly Command[] => [
    { actor: { kind: 'bot' }, type: 'incident.page-answered', incident: id, call: number, outcome },
  ];
  // While PagerDuty was away somebody may have taken or ended it.
  if (!call?.routingKey || isAnswered(incident, call)) return answered('needless');
  const sender = paging.sender(call.routingKey);
  if (!sender)
    throw new WorkFailed('no-routing-key', `${call.routingKey} is not set, so ${call.title} is not paged.`);
  await sender.trigger(pageOf(incident, call));
  return answered('paged');
}

function pageOf(incident: Incident, call: Call): Page {
  const { id, severity, title, service, summary, playbook } = incident;
  const where = service === null ? '' : ` on ${service}`;
  return {
    dedupKey: pageKey(id, call.number, call.installation),
    summary: `${severity} ${title}${where} (${id})`,
    severity,
    source: service ?? 'genesis',
    ...(service === null ? {} : { component: service }),
    group: id,
    details: {
      called: call.title,
      why: whyCalled[call.why],
      ...(call.said === null ? {} : { said: call.said }),
      summary,
      playbook,
      alerts: incident.alerts.byFingerprint.size,
      ...(incident.channel ? { channel: `#${incident.channel.name}` } : {}),
    },
  };
}

const whyCalled: Readonly<Record<Call['why'], string>> = {
  opened: 'An incident was opened.',
  reopened: 'An alert of it fires again.',
  'more-urgent': 'It is more urgent now.',
  unanswered: 'Nobody acknowledged in time.',
  unresolved: 'It is not over in the time there was for it.',
  unattended: 'Nobody has it, and nothing was scheduled that would have called anybody.',
  'by-hand': 'A responder calls.',
};

/** What is decided when a page did not get through; null for everything that is no page. */
export function pageFailure(
  { effect }: Pick<Claimed, 'effect'>,
  failure: WorkFailed,
): (Command & { readonly incident: IncidentId }) | null {
  if (effect.kind !== 'page') return null;
  return {
    actor: { kind: 'bot' },
    type: 'incident.page-failed',
    incident: effect.incident,
    call: effect.call,
    message: failure.message,
    final: failure.retry === null,
  };
}
