import type { CallMade, CallReason } from '../incident/calls.ts';

/** A call on the timeline: who, and for want of what. */
export function calledSentence({
  title,
  why,
  said,
  passedOver = [],
  usergroup,
  users,
  routingKey,
}: CallMade): string {
  const ways = [
    ...(routingKey === null ? [] : ['PagerDuty']),
    ...(usergroup === null && users.length === 0 ? [] : ['Slack']),
  ];
  const over = passedOver.length === 0 ? '' : `; ${passedOver.join(', ')} could not be called then`;
  const words = said === null ? '' : `: ${said}`;
  return `Called ${title} by ${ways.join(' and ')}${reasons[why]}${over}${words}`;
}

const reasons: Readonly<Record<CallReason, string>> = {
  opened: '',
  reopened: ', as it was opened again',
  'more-urgent': ', as it is more urgent',
  unanswered: ', as nobody had acknowledged',
  unresolved: ', as it was not over in time',
  unattended: ', as nobody had it and nothing was scheduled',
  'by-hand': ' by hand',
};
