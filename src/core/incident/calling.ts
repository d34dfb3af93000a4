import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { type Chain, chainFor, type Level, nextLevel } from '../people/escalation.ts';
import { type Duty, isReachable, isVacant, type Roster } from '../people/roster.ts';
import { unknownName } from '../playbook/nearest.ts';
import { type Call, type CallReason, isFailing, lastInChain } from './calls.ts';
import type { IncidentCommand } from './commands.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import { pageLane } from './endCalls.ts';
import type { IncidentEvent } from './events.ts';
import { isOpen } from './incident.ts';

/**
 * Whom an incident calls, and when the next ones are called.
 *
 *   opened, reopened by an alert, more urgent ──▶ the first level is called
 *   nobody acknowledges within its time       ──▶ the next level; after the last one the last one again
 *   acknowledged, and not over in its time    ──▶ the next level, once; nobody after the last
 *   acknowledged                              ──▶ nobody is called any more for want of an answer
 *   called after that, and on it              ──▶ that page alone ends
 *   all alerts resolved                       ──▶ nobody is called; what fires again has the time that is left
 *   resolved                                  ──▶ pages end
 *
 * The timers are effects and stay over restarts. `armed` numbers them: whatever the clock did and however often one is
 * handed out, only the newest decides anything, and deciding makes it an old one.
 */

const roleOf = (context: Context, level: Level): Duty | undefined =>
  Object.hasOwn(context.room.roster, level.call) ? context.room.roster[level.call] : undefined;

/** Nobody is called for what is only logged, nor for practice. */
const callsNobody = ({ state: { place, drill } }: IncidentDraft): boolean =>
  place.kind === 'log' || drill === true;

const chainOf = ({ state }: IncidentDraft, { room }: Context): Chain | null => chainFor(room.chains, state);

/** Where in the chain that applies now the last call was; -1 where it was in another chain, or none was made. */
function positionIn(draft: IncidentDraft, chain: Chain): number {
  const last = lastInChain(draft.state)?.level;
  return last?.chain === chain.name ? last.index : -1;
}

/** Calls the next level of the chain. False where there is nobody to call. */
export function callNext(
  draft: IncidentDraft,
  context: Context,
  { why, inCard }: { readonly why: Exclude<CallReason, 'by-hand'>; readonly inCard?: boolean },
): boolean {
  const chain = chainOf(draft, context);
  if (!chain || callsNobody(draft)) return false;
  const from = positionIn(draft, chain);
  const canCall = (level: Level): boolean => {
    const duty = roleOf(context, level);
    return duty !== undefined && isReachable(duty, context.room);
  };
  const index = nextLevel(chain, from, { calendar: context.room.calendar, now: context.now, canCall });
  const level = index === null ? undefined : chain.levels[index];
  const duty = level && roleOf(context, level);
  if (index === null || !level || !duty) {
    if (why === 'opened' || why === 'more-urgent')
      effectsOf(draft, context).note(
        'bot',
        `Nobody is called: no level of the chain ${chain.name} has anybody who could be called now. ${callYourselves(chain, context)}`,
        'bot',
      );
    return false;
  }
  // Whoever has it does not need the last ones a second time.
  if (why === 'unresolved' && index <= from) return false;
  const passedOver = chain.levels.slice(from + 1, Math.max(index, from + 1)).map(({ title }) => title);
  call(draft, context, {
    duty,
    title: level.title,
    level: { chain: chain.name, index },
    why,
    said: null,
    by: 'bot',
    passedOver,
    inCard: inCard ?? false,
  });
  armTimers(draft, context);
  return true;
}

/** What people can do while the roster has nobody for a chain. */
function callYourselves(chain: Chain, context: Context): string {
  const phones = chain.levels.flatMap((level) => {
    const duty = roleOf(context, level);
    return duty && duty.phone !== null ? [`${level.title} ${duty.phone}`] : [];
  });
  const others = Object.values(context.room.roster).some((duty) => isReachable(duty, context.room));
  return [
    ...(phones.length === 0 ? [] : [`Telephone them yourselves: ${phones.join(', ')}.`]),
    ...(others ? ['*Call In…* calls somebody else.'] : []),
    'Whom it calls stands in `roster.yml`.',
  ].join(' ');
}

function call(
  draft: IncidentDraft,
  context: Context,
  made: Pick<Call, 'title' | 'level' | 'why' | 'said'> & {
    readonly duty: Duty;
    readonly by: string;
    readonly passedOver: readonly string[];
    readonly inCard: boolean;
  },
): void {
  const { id, calling, acknowledged } = draft.state;
  const { duty, title, level, why, said } = made;
  const number = calling?.count ?? 0;
  const routingKey = context.room.pages ? (duty.pagerduty?.routingKey ?? null) : null;
  draft.emit({
    type: 'Called',
    data: {
      ...{ number, duty: duty.name, title, level, why, said, routingKey },
      ...{ usergroup: duty.usergroup, users: duty.users },
      // Only the order of events tells: a clock that is set back would tell it the other way round.
      afterAcknowledgement: acknowledged !== null,
      ...(made.passedOver.length > 0 ? { passedOver: made.passedOver } : {}),
      ...(made.inCard ? { inCard: true as const } : {}),
      ...(routingKey !== null && context.installation !== undefined
        ? { installation: context.installation }
        : {}),
    },
    at: context.now,
    by: made.by,
  });
  if (routingKey !== null)
    draft.effect({ kind: 'page', incident: id, call: number }, { lane: pageLane(id, number) });
  // Whoever the card calls is invited with all others, once there is a channel to be invited to.
  if (made.inCard) return;
  const effects = effectsOf(draft, context);
  effects.show({ kind: 'call', incident: id, number });
  const { usergroup, users } = duty;
  const groups = usergroup === null ? [] : [usergroup];
  if (groups.length + users.length > 0) effects.invite(groups, users);
}

/** Sets the timers of whoever was called last, for the severity that the incident has now. */
export function armTimers(draft: IncidentDraft, context: Context): void {
  const { id, calling, severity, acknowledged } = draft.state;
  const chain = chainOf(draft, context);
  const last = lastInChain(draft.state);
  const level = chain && last?.level?.chain === chain.name ? chain.levels[last.level.index] : undefined;
  if (!calling || !last || !level || callsNobody(draft)) return;
  const { now } = context;
  // A clock that was set back in between must not make anybody wait longer than the whole time.
  const due = (within: number) => Math.min(now + within, Math.max(now, last.at + within));
  const tell = (command: Command, notBefore: number) =>
    draft.effect({ kind: 'tell', command }, { notBefore });
  const actor = { kind: 'bot' } as const;
  const { since, armed } = calling;
  if (!acknowledged)
    tell(
      { actor, type: 'incident.escalation-due', incident: id, since, armed },
      due(level.answerWithinMs[severity]),
    );
  if (level.resolveWithinMs !== undefined)
    tell({ actor, type: 'incident.response-due', incident: id, since, armed }, due(level.resolveWithinMs));
}

/** After the severity changed: another chain begins at its first level, the same one goes on with other times. */
export function callsAfterSeverity(draft: IncidentDraft, context: Context, inCard: boolean): void {
  const { acknowledged, calling, place } = draft.state;
  const chain = chainOf(draft, context);
  if (!chain || place.kind === 'log') return;
  const isSame = (calling?.calls.length ?? 0) > 0 && positionIn(draft, chain) >= 0;
  if (isSame) armTimers(draft, context);
  else if (!acknowledged) callNext(draft, context, { why: 'more-urgent', inCard });
}

type Due<T extends IncidentCommand['type']> = Extract<IncidentCommand, { type: T }>;

export function escalationDue(
  draft: IncidentDraft,
  { since, armed }: Due<'incident.escalation-due'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  const { calling } = state;
  if (!isOpen(state) || calling?.since !== since || calling.armed !== armed || state.acknowledged)
    return refuse('stale', 'Nobody has to be called any more.');
  if (state.allQuietSince !== null) return refuse('stale', 'All alerts have resolved.');
  if (!callNext(draft, context, { why: 'unanswered' })) return refuse('stale', 'There is nobody to call.');
  effectsOf(draft, context).shown();
  return draft.decided();
}

export function responseDue(
  draft: IncidentDraft,
  { since, armed }: Due<'incident.response-due'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  const last = lastInChain(state);
  if (!isOpen(state) || state.calling?.since !== since || state.calling.armed !== armed || !last)
    return refuse('stale', 'Nobody has to be called any more.');
  if (state.allQuietSince !== null) return refuse('stale', 'All alerts have resolved.');
  const effects = effectsOf(draft, context);
  const took = `${last.title} was called ${spokenDuration(context.now - last.at)} ago, and it is not over.`;
  if (!callNext(draft, context, { why: 'unresolved' })) {
    if (!state.acknowledged) return refuse('stale', 'Whoever does not answer is called again.');
    effects.note('bot', `${took} ${nobodyAfter(draft, context)}`, 'bot');
  }
  effects.shown();
  return draft.decided();
}

/** Why nobody comes after the last one who was called: the levels that are left, and what to do instead. */
function nobodyAfter(draft: IncidentDraft, context: Context): string {
  const chain = chainOf(draft, context);
  const left = chain ? chain.levels.slice(positionIn(draft, chain) + 1) : [];
  const reachable = (level: Level): boolean => {
    const duty = roleOf(context, level);
    return duty !== undefined && isReachable(duty, context.room);
  };
  const titles = (levels: readonly Level[]) => levels.map(({ title }) => title).join(', ');
  const resting = left.filter((level) => reachable(level) && level.businessHoursOnly);
  const vacant = left.filter((level) => !reachable(level));
  const why = [
    ...(resting.length === 0
      ? []
      : [`${titles(resting)} ${resting.length > 1 ? 'are' : 'is'} called in business hours only`]),
    ...(vacant.length === 0 ? [] : [`nobody is entered for ${titles(vacant)}`]),
  ].join('; ');
  return `There is nobody after them in the chain${why === '' ? '' : ` who can be called now: ${why}`}. *Call In…* calls somebody by hand.`;
}

/** Two people who press the button in the same minute call once. */
const sameCallMs = 60_000;

export function callByHand(
  draft: IncidentDraft,
  command: Command & Due<'incident.call'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  const { roster, pace } = context.room;
  const duty = Object.hasOwn(roster, command.duty) ? roster[command.duty] : undefined;
  if (!duty) return refuse('invalid', noSuchDuty(command.duty, roster));
  const by = actorId(command.actor);
  const effects = effectsOf(draft, context);
  if (state.drill) {
    effects.note('bot', `Would call ${duty.title}${because(command.why)}`, by);
    return draft.decided();
  }
  if (!isReachable(duty, context.room)) return refuse('invalid', cannotBeCalled(duty));
  const since = context.now - sameCallMs / pace;
  const before = state.calling?.calls.findLast((each) => each.duty === duty.name);
  if (before && before.why === 'by-hand' && before.at > since && before.at <= context.now)
    return refuse('already', `${duty.title} was called a moment ago.`);
  call(draft, context, {
    duty,
    title: duty.title,
    level: null,
    why: 'by-hand',
    said: command.why,
    by,
    passedOver: [],
    inCard: false,
  });
  effects.shown();
  return draft.decided();
}

function noSuchDuty(name: string, roster: Roster): string {
  if (Object.keys(roster).length === 0)
    return 'Nobody can be called: there is no roster. `roster.yml` in the folder of the playbooks says who is called for what.';
  return `${unknownName('duty', name, Object.keys(roster))} \`/genesis oncall\` lists who is called for what.`;
}

function cannotBeCalled(duty: Duty): string {
  const { name, title, phone } = duty;
  const why = isVacant(duty)
    ? `Nobody is entered for ${title} (\`${name}\` in \`roster.yml\`)`
    : `${title} (\`${name}\` in \`roster.yml\`) is called by PagerDuty alone, which is not set up here`;
  const instead =
    phone === null
      ? 'Call another duty; `/genesis oncall` lists them.'
      : `Telephone them yourselves: ${phone}.`;
  return `${why}, so nobody was called. ${instead}`;
}

const because = (why: string | null): string => (why === null ? '.' : `: ${why}`);

export function pageAnswered(
  draft: IncidentDraft,
  { call: number, outcome }: Due<'incident.page-answered'>,
  context: Context,
): Decision<IncidentEvent> {
  const before = draft.state.calling;
  const found = before?.calls.find((each) => each.number === number);
  if (!before || !found || found.page === outcome)
    return refuse('already', 'It is known what became of that page.');
  const { now } = context;
  draft.emit({ type: 'PageAnswered', data: { call: number, outcome }, at: now, by: 'bot' });
  const effects = effectsOf(draft, context);
  if (isFailing(found)) {
    effects.unpaged(before.unpagedSince);
    if (outcome === 'paged') effects.note('bot', `PagerDuty answers again: ${found.title} is paged.`, 'bot');
    effects.shown();
  }
  return draft.decided();
}

export function pageFailed(
  draft: IncidentDraft,
  { call: number, message, final }: Due<'incident.page-failed'>,
  context: Context,
): Decision<IncidentEvent> {
  const found = draft.state.calling?.calls.find((each) => each.number === number);
  if (!found || found.page === 'failed' || (found.page === 'failing' && !final))
    return refuse('already', 'It was said that the page does not get through.');
  draft.emit({ type: 'PageFailed', data: { call: number, message, final }, at: context.now, by: 'bot' });
  const effects = effectsOf(draft, context);
  effects.unpaged();
  effects.shown();
  return draft.decided();
}

/** What people did with the page in PagerDuty, which changes nothing here by itself. */
export function pagerSaid(
  draft: IncidentDraft,
  command: Command & Due<'incident.pager-said'>,
  context: Context,
): Decision<IncidentEvent> {
  const { text, offers } = command;
  const open = isOpen(draft.state);
  effectsOf(draft, context).note('bot', text, actorId(command.actor), open && offers ? { offers } : {});
  return draft.decided();
}
