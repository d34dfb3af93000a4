import { clockDuration, spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { time } from '../../../core/moment.ts';
import { glassFor } from '../../../core/run/glass.ts';
import type { Plan } from '../../../core/run/plan.ts';
import { workedSince } from '../../../core/run/workedSince.ts';
import type { View } from '../../../core/view.ts';
import { foreign, foreignLines, spoken, who } from '../escape.ts';
import { approvalBlocks, approvalWord } from './approval.ts';
import { button, type Card, card, context, type Frame, preformatted, section } from './blocks.ts';
import { againstLines } from './freeze.ts';
import { procedureLines, stageProgress } from './stages.ts';
import { planLines, riskWord, targets, titleOf, titleOn } from './words.ts';

/** The plan of a procedure that is approved as a whole: what will run in order, where, for how long, and who decides. */
export function planCard({ incident, view }: Extract<View, { kind: 'plan' }>, now: number): Card {
  const { run, definition } = view;
  const key = subjectKey({ kind: 'plan', run: run.id });
  const approval = run.whole;
  const budget = definition.playbook.budgetMs;
  const said = titleOn(run.title, run.service);
  const steps = procedureLines(definition).join('\n');
  const intro = [
    `${said}${budget === undefined ? '' : ` · up to ${spokenDuration(budget)}`}`,
    `Asked for by ${who(run.startedBy)}${run.reason === null ? '' : `: ${foreign(run.reason, 500)}`}`,
  ].join('\n');
  if (!approval) return card(key, 'bare', said, [section(intro), section(steps)]);
  return card(key, approval.state.kind, `${said} ${approvalWord[approval.state.kind]}`, [
    section(intro),
    section(steps),
    ...overrideBlocks(approval.plan),
    ...(approval.plan.commands.length === 0
      ? [section('This is about its beginning. Every action still waits for its own click.')]
      : [
          section(`On ${foreign(targets(approval.plan), 400)}. Risk: ${riskWord[approval.plan.risk]}.`),
          preformatted(planLines(approval.plan), 2_500),
        ]),
    ...approvalBlocks(approval, {
      service: run.service,
      incident,
      ids: {
        approve: 'plan.approve',
        standIn: 'plan.stand-in',
        refuse: 'plan.refuse',
        withdraw: 'plan.withdraw',
        glass: 'plan.break-glass',
      },
      glass: glassFor(run, { incident, definition, now }),
      edited: view.edited ?? false,
      playbook: run.playbook,
      approvers: view.approvers ?? [],
      value: { run: run.id, hash: approval.hash },
    }),
    context(run.id),
  ]);
}

/** What is approved besides what runs: that it runs now, although its window says otherwise. */
const overrideBlocks = ({ override }: Plan) =>
  override === undefined
    ? []
    : [
        section(
          [
            '*Past its window.* Who approves needs the right `override`. Against it stands:',
            ...againstLines(override.against),
            `Why it cannot wait: ${foreign(override.reason, 1_000)}`,
          ].join('\n'),
        ),
      ];

/** A run as a whole: its stages with their clocks while it goes on, and how it ended. */
export function runCard({ view }: Extract<View, { kind: 'run' }>, frame: Frame): Card {
  const { run, definition } = view;
  const key = subjectKey({ kind: 'run', run: run.id });
  const title = foreign(run.title, 200);
  const end = run.result?.at ?? frame.now;
  const took = Math.max(0, end - (workedSince(run) ?? end));
  const budget = definition.playbook.budgetMs;
  const clock =
    budget === undefined
      ? spokenDuration(took)
      : took <= budget
        ? `${clockDuration(budget - took)} left of ${clockDuration(budget)}`
        : `${clockDuration(took - budget)} over ${clockDuration(budget)}`;
  const progress = stageProgress(view, frame.now);
  const first = (() => {
    if (run.result === null)
      return `*${title}* is running · started by ${who(run.startedBy)} at ${time(workedSince(run) ?? run.startedAt)}`;
    const by = `${who(run.result.by)} · ${time(run.result.at)}`;
    switch (run.result.kind) {
      case 'completed':
        return `✓ *${title}* completed in ${spokenDuration(took)} · ${time(run.result.at)}`;
      case 'stopped':
        return `■ *${title}* stopped after ${spokenDuration(took)} · ${by}`;
      case 'refused':
        return `✗ *${title}* was refused; nothing was run · ${by}`;
      default: {
        const never: never = run.result.kind;
        return never;
      }
    }
  })();
  const why = run.result?.why ?? null;
  const now =
    run.result === null && run.at !== null ? [`Now: *${foreign(titleOf(definition, run.at), 200)}*`] : [];
  return card(key, run.result?.kind ?? `at-${run.at ?? 'nothing'}`, first, [
    section(
      [
        first,
        ...(progress === null ? [] : [`${progress}${run.result === null ? ` — ${clock}` : ''}`]),
        ...now,
        ...(why === null ? [] : [foreignLines(why, 800)]),
      ].join('\n'),
    ),
    ...(run.result === null
      ? [
          {
            type: 'actions' as const,
            elements: [
              button({
                id: 'run.end',
                label: 'End the Run',
                value: { run: run.id },
                style: 'danger',
                confirm: {
                  title: 'End the run?',
                  text: 'Only what has to be brought back is still started. What was done stays done.',
                  yes: 'End the Run',
                },
              }),
            ],
          },
        ]
      : []),
    context(run.id),
  ]);
}

/** What a run outside an incident says of itself: a message of its own, which stays as it was said. */
export function runUpdateCard({ view, index, said }: Extract<View, { kind: 'run-update' }>): Card {
  const { id } = view.run;
  const key = subjectKey({ kind: 'run-update', run: id, index });
  return card(key, 'update', spoken(said.text, said.people, 500), [
    section(spoken(said.text, said.people, 2_500)),
    context(`Automatic update · ${who('bot')} · ${time(said.at)} · ${id}`),
  ]);
}
