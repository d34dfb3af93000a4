import { spokenDuration } from '../duration.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import { time } from '../moment.ts';
import type { Step } from '../playbook/definition.ts';
import type { Room } from '../playbook/room.ts';
import { indicatorOf, stepTitle } from '../report/titles.ts';
import type { RunView } from '../view.ts';
import { approversOf } from './approvers.ts';
import { type Approval, entered, isSettled, type Run, type StepRecord } from './run.ts';
import { allSteps, chosenOption } from './walk.ts';
import { workedSince } from './workedSince.ts';

/** How a walk stands, in words for whoever follows it: the clock, what happens now, what comes next. */

/** Somebody who has it in hand, by id; null where nobody is known. */
type Hands = { readonly room: Pick<Room, 'access'>; readonly now: number; readonly owner: string | null };

export type Now = {
  /** A phrase without a full stop. */
  readonly text: string;
  /** Since when it waits for a person; null where it goes on by itself. */
  readonly waitingSince: number | null;
  /** Ids of those whom the text addresses. */
  readonly people: readonly string[];
};

/** `stage 2 of 5, *Verify Rollback*; 4 min 10 s of 15 min; 30 s over the stage's 2 min`. */
export function clockText(view: RunView, now: number): string {
  const { run, definition } = view;
  const { steps, budgetMs } = definition.playbook;
  const took = Math.max(0, (run.result?.at ?? now) - (workedSince(run) ?? now));
  const stages = steps.filter((step) => step.kind === 'stage');
  const at = stages.findIndex((stage) => holds(stage, run.at));
  const stage = stages[at];
  return [
    ...(stage ? [`stage ${at + 1} of ${stages.length}, *${stage.title}*`] : []),
    `${tookText(took, budgetMs)}${budgetMs === undefined ? ' so far' : ''}`,
    ...(stage ? overStage(stage, { run, now }) : []),
  ].join('; ');
}

/** `4 min 10 s of 15 min`, `16 min of 15 min, 1 min over`; `4 min 10 s` where no time was set. */
export function tookText(took: number, budget: number | undefined): string {
  if (budget === undefined) return spokenDuration(took);
  const over = took > budget ? `, ${spokenDuration(took - budget)} over` : '';
  return `${spokenDuration(took)} of ${spokenDuration(budget)}${over}`;
}

const holds = (stage: Extract<Step, { kind: 'stage' }>, id: string | null): boolean =>
  allSteps(stage.steps).some((step) => step.id === id);

function overStage(
  stage: Extract<Step, { kind: 'stage' }>,
  { run, now }: { readonly run: Run; readonly now: number },
): readonly string[] {
  const begun = allSteps(stage.steps).flatMap(({ id }) => run.steps[id]?.enteredAt ?? []);
  const over = begun.length === 0 ? 0 : now - Math.min(...begun) - stage.budgetMs;
  return over > 0 ? [`${spokenDuration(over)} over the stage's ${spokenDuration(stage.budgetMs)}`] : [];
}

/** What runs now, or for whom or what it waits. */
export function nowOf(view: RunView, hands: Hands): Now {
  const { run, definition } = view;
  const step =
    run.at === null ? undefined : allSteps(definition.playbook.steps).find(({ id }) => id === run.at);
  const record = step && run.steps[step.id];
  if (!step || !record) return { text: 'between two steps', waitingSince: null, people: [] };
  return { people: [], waitingSince: null, ...atStep(step, record, { view, hands }) };
}

type Around = { readonly view: RunView; readonly hands: Hands };

function atStep(step: Step, record: StepRecord, { view, hands }: Around): Pick<Now, 'text'> & Partial<Now> {
  const { state } = record;
  const title = stepTitle(step, view);
  const lasted = (since: number) => spokenDuration(hands.now - since);
  const waitsFor = (since: number, what: string) => ({
    text: `waiting for ${hands.owner === null ? 'somebody' : `<@${hands.owner}>`} ${what}`,
    waitingSince: since,
    people: hands.owner === null ? [] : [hands.owner],
  });
  switch (state.kind) {
    case 'observing':
      return { text: `looking: ${title}` };
    case 'asking':
      return asked(step, record, waitsFor, title);
    case 'offering': {
      const { automatic } = record;
      return automatic?.mode === 'live' && automatic.state.kind === 'pending'
        ? {
            text: `*${title}* is carried out by itself at ${time(automatic.dueAt)}, unless somebody holds it`,
          }
        : waitsFor(state.since, `to start or skip *${title}*`);
    }
    case 'approving':
      return approving(state.approval, { view, hands });
    case 'running': {
      const running = state.plan.commands[state.command]?.title ?? title;
      if (state.retry) return { text: `*${running}* failed and is tried again at ${time(state.retry.at)}` };
      const trying = state.try === undefined ? '' : `, try ${state.try}`;
      return {
        text: `*${running}* ${state.stopping ? 'is being stopped' : 'is running'}, for ${lasted(state.commandSince)}${trying}`,
      };
    }
    case 'verifying':
      return { text: watched(state.gate, { view, hands }) };
    case 'waiting':
      return {
        text: `waiting ${spokenDuration(Math.max(0, state.until - hands.now))} more: ${step.kind === 'wait' ? step.why : title}`,
      };
    case 'failed':
      return waitsFor(state.at, `to decide: *${title}* failed`);
    case 'inconclusive':
      return waitsFor(state.at, `to decide: *${title}* is inconclusive`);
    case 'unknown':
      return waitsFor(state.at, `to say what came of *${title}*`);
    case 'settled':
    case 'reopened':
      return { text: 'between two steps' };
    default: {
      const never: never = state;
      return never;
    }
  }
}

function asked(
  step: Step,
  record: StepRecord,
  waitsFor: (since: number, what: string) => Pick<Now, 'text'> & Partial<Now>,
  title: string,
): Pick<Now, 'text'> & Partial<Now> {
  const since = record.state.kind === 'asking' ? record.state.since : record.enteredAt;
  if (step.kind === 'offer') return waitsFor(since, `to start *${step.title}* or go on without it`);
  if (step.kind !== 'checklist') return waitsFor(since, `to answer: ${title}`);
  const open = step.items.flatMap((_, item) => (record.ticks?.[item] ? [] : [step.duties?.[item]?.owner]));
  const owners = [...new Set(open.filter((owner) => owner !== undefined))];
  const whose = owners.length === 0 ? '' : `, open for ${owners.join(', ')}`;
  const done = step.items.length - open.length;
  return waitsFor(since, `with the list *${title}*: ${done} of ${step.items.length} done${whose}`);
}

function approving(approval: Approval, { view, hands }: Around): Pick<Now, 'text'> & Partial<Now> {
  const { plan, requestedBy, requestedAt, granted = [], alone } = approval;
  const asker = { waitingSince: requestedAt, people: [requestedBy] };
  if (alone) return { ...asker, text: `waiting for <@${requestedBy}> to type the word for *${plan.title}*` };
  const who = approversOf(plan, view.run.service, hands.room);
  const by = who.length === 0 ? '' : ` by one of ${who.join(', ')}`;
  const yes = granted.length === 0 ? '' : `, ${granted.length} given so far`;
  return {
    ...asker,
    text: `waiting for the approval of *${plan.title}*${by}, asked for by <@${requestedBy}>${yes}`,
  };
}

function watched(
  {
    indicator: name,
    holdMs,
    heldSince,
    last,
    beginBy,
  }: Extract<StepRecord['state'], { kind: 'verifying' }>['gate'],
  { view, hands }: Around,
): string {
  const indicator = indicatorOf(name, view);
  const title = indicator?.title ?? name;
  if (heldSince !== null)
    return `watching *${title}*: fine for ${spokenDuration(hands.now - heldSince)} of ${spokenDuration(holdMs)}`;
  const unknown = last === null || last.verdict === 'inconclusive' || !indicator;
  const value = unknown
    ? 'no data yet'
    : `${formatValue(indicator.unit, last.value)}, should be ${formatObjective(indicator.unit, indicator.objective)}`;
  return `watching *${title}*: ${value}; it has until ${time(beginBy)}`;
}

/** What comes when this step is over, as a sentence. */
export function nextText({ run, definition }: RunView): string {
  const view = { run, definition };
  const order = inOrder(definition.playbook.steps, run);
  const here = order.findIndex(({ id }) => id === run.at);
  const at = order[here];
  if (at?.kind === 'choose' && !isOver(at, run)) return 'What is next depends on the answer.';
  const failed = run.authority === 'whole' && hasFailed(run);
  const next = order
    .slice(here + 1)
    .find((step) => !isOver(step, run) && (!failed || (step.kind === 'do' && step.always === true)));
  if (!next) return failed ? 'Then it ends.' : 'It is the last step.';
  return `Next: ${stepTitle(next, view)}${next.if === undefined ? '' : ', if its condition holds'}.`;
}

const isOver = ({ id }: Step, run: Run): boolean => {
  const record = entered(run, id);
  return record !== null && isSettled(record.state);
};

const hasFailed = ({ steps }: Run): boolean =>
  Object.values(steps).some(({ state }) => ['failed', 'unknown', 'inconclusive'].includes(state.kind));

/** Steps on the way as it is known by now: what stands under an answer that nobody gave is on no way yet. */
function inOrder(steps: readonly Step[], run: Run): readonly Step[] {
  return steps.flatMap((step): readonly Step[] => {
    if (step.kind === 'stage' || step.kind === 'call')
      return isOver(step, run) ? [] : inOrder(step.steps, run);
    const state = run.steps[step.id]?.state;
    const went = state && isSettled(state) && state.how.kind === 'failed';
    const inner =
      step.kind === 'choose'
        ? (chosenOption(step, run)?.steps ?? [])
        : (step.kind === 'do' || step.kind === 'verify') && went
          ? (step.onFail ?? [])
          : [];
    return [step, ...inOrder(inner, run)];
  });
}
