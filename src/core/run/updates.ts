import { isSlackId } from '../actor.ts';
import { isRollback } from '../calendar/gate.ts';
import { type Decision, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { ownerOf } from '../incident/audit.ts';
import { isOpen } from '../incident/incident.ts';
import { formatValue } from '../indicator/format.ts';
import { indicatorOf, stepTitle } from '../report/titles.ts';
import type { RunView } from '../view.ts';
import { show, tell, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { isSettled, type Run, type RunResult, type RunUpdate } from './run.ts';
import { clockText, nextText, nowOf, tookText } from './standing.ts';
import { allSteps } from './walk.ts';
import { workedSince } from './workedSince.ts';

/**
 * A playbook with `updates` says by itself how its walk stands, each time in a message of its own.
 *
 *   begun ─▶ progress, once an interval ─▶ ended
 *
 * Intervals are counted from when it began to be carried out, so that they come at round times; of those that nobody
 * could say while the bot was down, one is said. The timer is an effect and stays over restarts. A walk that has waited
 * for a person for an hour says so once more and is silent until it goes on; the timer only looks meanwhile.
 */

/** Whoever has not come in this time does not come for one message more. */
const patienceMs = 60 * 60_000;

const viewOf = ({ draft, definition }: Walking): RunView => ({ run: draft.state, definition });

/** Called when nothing stands between the walk and its first step any more. */
export function beginUpdates(walking: Walking): void {
  const { draft, definition, context } = walking;
  const { updatesMs, budgetMs } = definition.playbook;
  if (updatesMs === undefined) return;
  arm(walking);
  // In a channel of its own the messages of the run say it at the same moment.
  if (draft.state.incident === null) return;
  const { reason, playbook, service, title } = draft.state;
  const what = isRollback(playbook) ? `Rolling back ${service}` : `*${title}* begins`;
  const why = reason === null ? '.' : `: ${closed(brief(reason))}`;
  const follows = `update follows every ${spokenDuration(updatesMs)}.`;
  const clock = budgetMs === undefined ? `An ${follows}` : `Up to ${spokenDuration(budgetMs)}; an ${follows}`;
  const { text, people } = runner(walking);
  say(walking, {
    moment: 'begun',
    number: 0,
    text: `${what}${why} ${clock}${text}`,
    people,
    nextAt: nextAt(walking) ?? context.now,
  });
}

export function updateDue(walking: Walking, number: number): Decision<RunEvent> {
  const { draft, context } = walking;
  const { state } = draft;
  const next = nextAt(walking);
  if (next === null || number !== nextNumber(state)) return refuse('stale', 'No update is due.');
  const now = nowOf(viewOf(walking), {
    now: context.now,
    room: context.room,
    owner: ownerIn(walking),
  });
  const silentFrom = now.waitingSince === null ? null : now.waitingSince + patienceMs / context.room.pace;
  const isLast = silentFrom !== null && context.now >= silentFrom;
  if (isLast && (state.updates?.at(-1)?.at ?? 0) >= silentFrom) {
    arm(walking);
    return draft.decided();
  }
  const view = viewOf(walking);
  const by = runner(walking);
  say(walking, {
    moment: 'progress',
    number,
    text: [
      `Update ${number} of ${nameOf(state)}: ${clockText(view, context.now)}.`,
      `Now: ${closed(now.text)} ${nextText(view)}${by.text}${isLast ? ' Nothing more is said until it goes on.' : ''}`,
    ].join('\n'),
    people: [...new Set([...now.people, ...by.people])],
    nextAt: isLast ? null : next,
  });
  arm(walking);
  return draft.decided();
}

/** Called when it ends. A walk that never began has nothing to report, and one that ends with its incident is not asked after. */
export function updateAtEnd(walking: Walking, result: RunResult): void {
  const { draft, definition, context } = walking;
  const { incident, authority } = draft.state;
  const since = workedSince(draft.state);
  if (definition.playbook.updatesMs === undefined || since === null) return;
  if (result.kind === 'refused') return;
  if (incident !== null && authority === 'each' && context.incident && !isOpen(context.incident)) return;
  const person = result.kind === 'stopped' && isSlackId(result.by) ? [result.by] : [];
  say(walking, {
    moment: 'ended',
    number: 0,
    text: endedText(viewOf(walking), result, context.now - since),
    people: person,
    nextAt: null,
  });
}

function endedText(view: RunView, result: RunResult, tookMs: number): string {
  const { run, definition } = view;
  const took = tookText(tookMs, definition.playbook.budgetMs);
  const rollback = isRollback(run.playbook);
  const name = upper(nameOf(run));
  const { why } = result;
  if (result.kind === 'stopped') {
    const by = isSlackId(result.by) && why === null ? ` <@${result.by}> ended it.` : '';
    return `${name} ended without being complete, after ${took}.${why === null ? '' : ` ${closed(brief(why))}`}${by}`;
  }
  const steps = allSteps(definition.playbook.steps);
  const failed = steps.filter(({ id }) => {
    const state = run.steps[id]?.state;
    return state && isSettled(state) && state.how.kind === 'failed';
  });
  if (failed.length > 0)
    return `${name} went through to its end in ${took}; on the way this failed: ${failed.map((step) => stepTitle(step, view)).join(', ')}. ${provedText(view)}`;
  return rollback
    ? `Rollback complete: ${run.service}, in ${took}. ${provedText(view)}`
    : `${name} is complete, in ${took}. ${provedText(view)}`;
}

/** What was measured afterwards, and what should have been and was not. */
function provedText(view: RunView): string {
  const { run, definition } = view;
  const proved = new Map<string, string>();
  const missing: string[] = [];
  for (const step of allSteps(definition.playbook.steps)) {
    const state = run.steps[step.id]?.state;
    if (!state || !isSettled(state)) continue;
    const { how } = state;
    if ((how.kind === 'done' || how.kind === 'held') && how.verified) {
      const { indicator, after } = how.verified;
      const { title, unit } = indicatorOf(indicator, view) ?? { title: indicator, unit: 'count' as const };
      proved.set(indicator, `${title} ${formatValue(unit, after)}`);
    } else if (step.kind === 'verify' && (how.kind === 'skipped' || how.kind === 'accepted'))
      missing.push(indicatorOf(step.target.indicator, view)?.title ?? step.target.indicator);
  }
  return [
    proved.size === 0 ? 'Nothing of it was measured.' : `Verified: ${[...proved.values()].join(', ')}.`,
    ...(missing.length === 0 ? [] : [`Not verified: ${missing.join(', ')}.`]),
  ].join(' ');
}

function nameOf({ playbook, service, title }: Run): string {
  return isRollback(playbook) ? `the rollback of ${service}` : `*${title}*`;
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** As much of what somebody wrote as leaves room for what the message is there to say. */
function brief(text: string): string {
  const points = [...text.trim().replaceAll(/\s+/g, ' ')];
  return points.length <= mostQuoted ? points.join('') : `${points.slice(0, mostQuoted).join('')}…`;
}

const mostQuoted = 300;

const closed = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Whoever has the incident, else whoever started the run; null where that is nobody in particular. */
function ownerIn({ draft, context }: Walking): string | null {
  const owner = context.incident ? ownerOf(context.incident) : null;
  const found = owner ?? draft.state.startedBy;
  return isSlackId(found) ? found : null;
}

function runner(walking: Walking): { readonly text: string; readonly people: readonly string[] } {
  const { whole, startedBy } = walking.draft.state;
  const decided = whole?.state;
  const approver = decided?.kind === 'approved' || decided?.kind === 'glass-broken' ? decided.by : null;
  const people = [...new Set([startedBy, approver ?? startedBy])].filter(isSlackId);
  const [first, second] = people;
  if (first === undefined) {
    const owner = ownerIn(walking);
    return owner === null ? { text: '', people: [] } : { text: ` Run by <@${owner}>.`, people: [owner] };
  }
  const agreed = second === undefined ? '' : `, approved by <@${second}>`;
  return { text: ` Run by <@${first}>${agreed}.`, people };
}

const nextNumber = ({ updates = [] }: Run): number =>
  updates.filter(({ moment }) => moment === 'progress').length + 1;

/** The next round time, milliseconds since the epoch; never so soon after a late update that both say the same. */
function nextAt({ draft, definition, context }: Walking): number | null {
  const every = definition.playbook.updatesMs;
  const since = workedSince(draft.state);
  if (every === undefined || since === null) return null;
  // Until the clock has come by again there are no round times, and nobody waits that long for the next one.
  if (context.now < since) return context.now + every;
  const next = since + (Math.floor((context.now - since) / every) + 1) * every;
  return next - context.now < every / 2 ? next + every : next;
}

function arm(walking: Walking): void {
  const at = nextAt(walking);
  if (at === null) return;
  const { draft } = walking;
  const { id } = draft.state;
  const number = nextNumber(draft.state);
  draft.effect(
    { kind: 'tell', command: { actor: { kind: 'bot' }, type: 'run.update-due', run: id, number } },
    { coalesce: `run-update-due/${id}`, notBefore: at },
  );
}

type Said = Omit<RunUpdate, 'at'> & { readonly nextAt: number | null };

function say(walking: Walking, { nextAt: at, ...update }: Said): void {
  const { draft, context } = walking;
  draft.emit({ type: 'UpdateSaid', data: update, at: context.now, by: 'bot' });
  const { id: run, incident, updates = [] } = draft.state;
  const { moment, text, people } = update;
  if (incident === null) show(walking, { kind: 'run-update', run, index: updates.length - 1 });
  else tell(walking, { type: 'incident.run-update', incident, run, moment, text, people, nextAt: at });
}
