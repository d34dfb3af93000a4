import type { Incident } from '../../../src/core/incident/incident.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import { planAction } from '../../../src/core/run/resolve.ts';
import type { LedgerEntry, Run, StepRecord, StepState } from '../../../src/core/run/run.ts';
import { undoOf } from '../../../src/core/run/undo.ts';
import type { RunView, View } from '../../../src/core/view.ts';

type Parts = {
  readonly definition: Definition;
  readonly run: (more: Partial<Run>) => Run;
  readonly record: (state: StepState) => StepRecord;
  readonly incident: Incident;
  readonly by: string;
  readonly at: number;
};

/** The fallback was switched on, which restarted the service: two entries, one of which can be taken back. */
export function changedView({ definition, run, by, at }: Omit<Parts, 'record' | 'incident'>): RunView {
  const entry = { step: 'fallback', host: 'genesis', by, at, file: null } as const;
  const ledger: readonly LedgerEntry[] = [
    {
      ...entry,
      action: 'llm_fallback',
      undo: 'previous',
      file: { path: 'config/llm_fallback.yaml', previous: 'enabled: false\n' },
    },
    { ...entry, at: at + 2_000, action: 'restart', undo: 'none' },
  ];
  return { run: run({ ledger }), definition };
}

export function undoViews(parts: Parts): Readonly<Record<string, View>> {
  const { run, record, incident, by, at } = parts;
  const changed = changedView(parts);
  const undo = undoOf([changed], { service: changed.run.service, through: null });
  const step = undo?.definition.playbook.steps[0];
  if (!undo || step?.kind !== 'do') throw new Error('nothing is to be taken back');
  const { definition } = undo;
  const plan = planAction(definition, step.action, null);
  const view = (state: StepState): View => ({
    kind: 'step',
    incident,
    view: {
      run: run({
        id: 'INC-42.3',
        title: definition.playbook.title,
        playbook: definition.playbook.name,
        steps: { [step.id]: record(state) },
        at: step.id,
      }),
      definition,
    },
    step,
    record: record(state),
    superseded: false,
  });
  return {
    'step, offering an undo': view({ kind: 'offering', since: at, plan }),
    'step, undo of a file that somebody changed': view({
      kind: 'failed',
      at,
      by,
      code: 'changed-meanwhile',
      message: 'config/llm_fallback.yaml stays as it is: somebody changed it meanwhile.',
      plan,
    }),
  };
}
