import { countSteps, type DraftList, type DraftStep } from './stepDraft.ts';
import { type Entry, entry, type ListItem, type Node } from './yamlText.ts';

export type PlaybookDraft = {
  readonly kind: 'alert' | 'procedure';
  readonly name: string;
  readonly title: string;
  readonly alert: string | null;
  readonly service: string;
  readonly severity: string | null;
  readonly summary: string | null;
  readonly symptoms: readonly string[];
  /** Above the first key: where it came from, and what is to be decided. */
  readonly comments: readonly string[];
  readonly steps: DraftList;
};

export function playbookEntries(draft: PlaybookDraft): readonly Entry[] {
  return [
    entry('playbook', draft.name, draft.comments),
    entry('title', draft.title),
    ...(draft.alert === null
      ? []
      : [entry('answers', { kind: 'flow', entries: [['alertname', draft.alert]] })]),
    entry('service', draft.service),
    ...(draft.severity !== null
      ? [entry('severity', draft.severity)]
      : draft.kind === 'alert'
        ? [entry('severity', 'P2', ['Assumed: the runbook says nothing of its severity.'])]
        : []),
    ...(draft.summary === null ? [] : [entry('summary', draft.summary)]),
    ...(draft.symptoms.length === 0
      ? []
      : [
          entry('symptoms', {
            kind: 'list',
            items: draft.symptoms.map(
              (value): ListItem => ({ value: { kind: 'scalar', value }, comments: [] }),
            ),
            after: [],
          }),
        ]),
    entry('steps', listNode(atLeastOne(draft.steps))),
  ];
}

/** A playbook has a step; where the runbook only tells, people are asked. */
const atLeastOne = (list: DraftList): DraftList =>
  countSteps(list) > 0
    ? list
    : {
        items: [
          {
            comments: list.after,
            step: { kind: 'ask', question: 'The runbook names no step here. What was done?' },
          },
        ],
        after: [],
      };

const listNode = ({ items, after }: DraftList): Node => ({
  kind: 'list',
  items: items.map(
    ({ comments, step }): ListItem => ({ comments, value: { kind: 'map', entries: stepEntries(step) } }),
  ),
  after,
});

function stepEntries(step: DraftStep): readonly Entry[] {
  switch (step.kind) {
    case 'observe':
      return [entry('observe', step.action), ...(step.look === undefined ? [] : [entry('look', step.look)])];
    case 'do':
      return [
        entry('do', step.action),
        ...(step.when === undefined ? [] : [entry('when', step.when)]),
        ...(step.budget === undefined ? [] : [entry('budget', step.budget)]),
      ];
    case 'chart':
      return [entry('chart', step.indicator)];
    case 'verify':
      return [entry('verify', step.indicator), entry('for', step.for)];
    case 'wait':
      return [entry('wait', step.duration), entry('why', step.why)];
    case 'ask':
      return [entry('ask', step.question)];
    case 'checklist':
      return [
        entry('checklist', step.title),
        entry('items', {
          kind: 'list',
          items: step.items.map((value): ListItem => ({ value: { kind: 'scalar', value }, comments: [] })),
          after: [],
        }),
      ];
    case 'choose':
      return [
        entry('choose', step.question),
        entry('among', {
          kind: 'map',
          entries: step.options.map(({ label, hint, steps }) =>
            entry(label, {
              kind: 'map',
              entries: [...(hint === null ? [] : [entry('hint', hint)]), entry('steps', listNode(steps))],
            }),
          ),
        }),
      ];
    case 'stage':
      return [entry('stage', step.title), entry('budget', step.budget), entry('steps', listNode(step.steps))];
    default: {
      const never: never = step;
      return never;
    }
  }
}
