import type { RunEvent } from './events.ts';
import {
  type Announced,
  type Approval,
  isLook,
  type Look,
  type Run,
  type StepRecord,
  type StepState,
} from './run.ts';

/** Events are kept for ever: whatever an older version wrote has to fold to the same state as it did then. */
export function evolveRun(run: Run | null, event: RunEvent): Run {
  const { type, data, at, by } = event;
  if (type === 'RunStarted') {
    return {
      ...data,
      startedAt: at,
      startedBy: by,
      steps: {},
      at: null,
      whole: null,
      ledger: [],
      result: null,
    };
  }
  if (!run) throw new Error(`${type} before RunStarted`);
  const step = (id: string, change: (record: StepRecord) => StepRecord): Run => {
    const record = run.steps[id];
    if (!record) throw new Error(`${type} for step ${id}, which was never entered`);
    return { ...run, steps: { ...run.steps, [id]: change(record) } };
  };
  const decided = (id: string, state: Announced['state']): Run =>
    step(id, (record) =>
      record.automatic ? { ...record, automatic: { ...record.automatic, state } } : record,
    );
  const into = (id: string, state: StepState): Run => step(id, (record) => ({ ...record, state }));
  switch (type) {
    case 'PlanProposed':
      return { ...run, whole: data.approval };
    case 'ApprovalGranted':
    case 'ApprovalLapsed': {
      const change = (approval: Approval): Approval => ({
        ...approval,
        granted:
          type === 'ApprovalGranted'
            ? [...(approval.granted ?? []), { by, at, groups: data.groups }]
            : (approval.granted ?? []).filter((each) => each.by !== data.user),
      });
      if (data.of === null) return run.whole ? { ...run, whole: change(run.whole) } : run;
      return step(data.of, (record) =>
        record.state.kind === 'approving'
          ? { ...record, state: { kind: 'approving', approval: change(record.state.approval) } }
          : record,
      );
    }
    case 'PlanDecided':
      return run.whole ? { ...run, whole: { ...run.whole, state: data.state } } : run;
    case 'StepEntered':
      return {
        ...run,
        at: data.step,
        steps: {
          ...run.steps,
          [data.step]: {
            attempt: data.attempt,
            enteredAt: at,
            state: data.state,
            output: '',
            outputCut: false,
            ...(data.looks && {
              looks: data.looks.map((title, command) => ({
                command,
                title,
                output: '',
                cut: false,
                end: null,
              })),
            }),
            ...pastOf(run.steps[data.step]),
            ...judgedAs(run.steps[data.step]?.judgedBy),
            // What it was like before anything was done stays true of a second try.
            baseline: run.steps[data.step]?.baseline ?? null,
          },
        },
      };
    case 'ApprovalRequested':
      return into(data.step, { kind: 'approving', approval: data.approval });
    case 'ApprovalDecided':
      return step(data.step, (record) =>
        record.state.kind === 'approving'
          ? {
              ...record,
              state: { kind: 'approving', approval: { ...record.state.approval, state: data.state } },
            }
          : record,
      );
    case 'CommandStarted':
      return step(data.step, (record) => ({
        ...withEvidence(record, data),
        state: {
          kind: 'running',
          by,
          since: begunAt(record.state) ?? at,
          plan: data.plan,
          command: data.command,
          commandSince: at,
          stopping: false,
          ...(data.try !== undefined && { try: data.try }),
          ...(data.afterUnknown && { afterUnknown: true as const }),
          ...(data.approved !== undefined && { approved: data.approved }),
        },
      }));
    case 'RetryPlanned':
      return step(data.step, (record) =>
        record.state.kind === 'running'
          ? { ...record, state: { ...record.state, retry: { at: data.at, try: data.try, why: data.why } } }
          : record,
      );
    case 'StopRequested':
      return step(data.step, (record) =>
        record.state.kind === 'running' ? { ...record, state: { ...record.state, stopping: true } } : record,
      );
    case 'OutputAppended':
      return step(data.step, (record) =>
        isLook(record, data.command)
          ? withLook(record, data.command, (look) => ({
              ...look,
              output: look.output + data.text,
              cut: look.cut || data.cut,
            }))
          : {
              ...record,
              output: record.output + data.text,
              outputCut: record.outputCut || data.cut,
            },
      );
    case 'CommandEnded': {
      const { look } = data;
      if (look)
        return step(data.step, (record) =>
          withLook(record, data.command, (each) => ({ ...each, end: { at, unseen: look.unseen } })),
        );
      return data.ledger ? { ...run, ledger: [...run.ledger, data.ledger] } : run;
    }
    case 'TriggerRead':
      return { ...run, triggers: { ...run.triggers, [data.indicator]: data.readings } };
    case 'OfferTaken':
      return step(data.step, (record) =>
        record.state.kind === 'settled' && record.state.how.kind === 'started'
          ? { ...record, state: { ...record.state, how: { ...record.state.how, run: data.run } } }
          : record,
      );
    case 'GateOpened':
      return step(data.step, (record) => ({
        ...record,
        state: {
          kind: 'verifying',
          by: data.by,
          since: at,
          ...startedWith(begunAt(record.state)),
          gate: data.gate,
        },
      }));
    case 'ReadingTaken':
      return step(data.step, (record) =>
        record.state.kind === 'verifying'
          ? { ...record, ...watchedWith(record, data), state: { ...record.state, gate: data.gate } }
          : record,
      );
    case 'BaselineTaken':
      return step(data.step, (record) => ({ ...record, baseline: data.reading }));
    case 'AutomaticAnnounced':
      return step(data.step, (record) => ({
        ...record,
        automatic: { mode: data.mode, dueAt: data.dueAt, state: { kind: 'pending' } },
      }));
    case 'AutomaticWithheld':
      return step(data.step, (record) => ({
        ...record,
        automatic: { mode: 'live', dueAt: at, state: { kind: 'withheld', at, why: data.why } },
      }));
    case 'ItemTicked':
      return step(data.step, (record) => {
        const { [data.item]: _, ...others } = record.ticks ?? {};
        return { ...record, ticks: data.done ? { ...others, [data.item]: { by, at } } : others };
      });
    case 'AutomaticHeld':
      return decided(data.step, { kind: 'held', by, at });
    case 'AutomaticDecided':
      return decided(data.step, { ...data.end, at });
    case 'ProbeAnswered':
      return step(data.step, (record) =>
        record.state.kind === 'unknown'
          ? { ...record, state: { ...record.state, probe: data.reading } }
          : record,
      );
    case 'StepMoved':
      return into(data.step, data.state);
    case 'StepSettled':
      return into(data.step, { kind: 'settled', at, by: data.by, how: data.how });
    case 'StepPassedOver':
      return {
        ...run,
        steps: {
          ...run.steps,
          [data.step]: {
            ...pastOf(run.steps[data.step]),
            attempt: data.attempt,
            enteredAt: at,
            state: { kind: 'settled', at, by: null, how: { kind: 'skipped', because: data.because } },
            output: '',
            outputCut: false,
            baseline: null,
          },
        },
      };
    case 'StepsReopened': {
      const steps = { ...run.steps };
      for (const id of data.steps) {
        const record = steps[id];
        if (!record) continue;
        const { judgedBy: _, ...left } = record;
        const state = { kind: 'reopened', at, why: data.why } as const;
        steps[id] = { ...left, ...pastOf(record), ...judgedAs(data.as), state };
      }
      return { ...run, steps, at: null };
    }
    case 'UpdateSaid':
      return { ...run, updates: [...(run.updates ?? []), { ...data, at }] };
    case 'RunEnded':
      return { ...run, at: null, result: { kind: data.kind, at, by, why: data.why } };
    default: {
      const never: never = type;
      return never;
    }
  }
}

/** When the first command of the step was started, where one was and nobody has said yet how the step ended. */
const begunAt = (state: StepState): number | undefined =>
  state.kind === 'running' || state.kind === 'unknown' ? state.since : undefined;

const startedWith = (startedAt: number | undefined) => (startedAt === undefined ? {} : { startedAt });

const withLook = (
  record: StepRecord,
  command: number | undefined,
  change: (look: Look) => Look,
): StepRecord => ({
  ...record,
  looks: (record.looks ?? []).map((look) => (look.command === command ? change(look) : look)),
});

/** An hour at the usual rhythm, longer than any trigger asks about. */
const mostWatched = 240;

/** A good reading is where counting begins, so it is kept as well, and nothing from before it. */
function watchedWith(
  { watched }: StepRecord,
  { reading, gate: { indicator } }: Extract<RunEvent, { type: 'ReadingTaken' }>['data'],
): Pick<StepRecord, 'watched'> {
  const before = watched?.indicator === indicator && reading.verdict === 'fail' ? watched.readings : [];
  return { watched: { indicator, readings: [...before, reading].slice(-mostWatched) } };
}

/** Evidence gets an output of its own as soon as it begins. */
function withEvidence(
  record: StepRecord,
  { plan, command }: Extract<RunEvent, { type: 'CommandStarted' }>['data'],
): StepRecord {
  const planned = plan.commands[command];
  if (!planned?.evidence || isLook(record, command)) return record;
  const look: Look = { command, title: planned.title, output: '', cut: false, end: null };
  return { ...record, looks: [...(record.looks ?? []), look] };
}

const judgedAs = (judgedBy: StepRecord['judgedBy']): Pick<StepRecord, 'judgedBy'> =>
  judgedBy === undefined ? {} : { judgedBy };

/** What a new attempt knows of those before it; one that was opened again stands there as it was before that. */
function pastOf(record: StepRecord | undefined): Pick<StepRecord, 'past'> {
  if (!record) return {};
  const { past = {}, ...left } = record;
  return { past: left.state.kind === 'reopened' ? past : { ...past, [left.attempt]: left } };
}
