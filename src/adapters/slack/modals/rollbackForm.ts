import type { KnownBlock, ModalView } from '@slack/types';
import type { Incident } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import type { Definition } from '../../../core/playbook/definition.ts';
import type { Change } from '../../../core/run/undo.ts';
import { isRunId, type LedgerRef } from '../../../core/stream.ts';
import { preformatted } from '../cards/blocks.ts';
import { planLines, riskWord } from '../cards/words.ts';
import { foreign, who } from '../escape.ts';
import { form, type Origin, said, selectInput } from './form.ts';
import { inputBlocks, inputNote } from './inputs.ts';
import { procedureBlocks, reasonInput } from './runForms.ts';

/** One choice: everything from the newest change down to and including this one. */
export type WayBack = {
  readonly through: LedgerRef;
  readonly title: string;
  readonly hash: string;
  /** How many changes that takes back, and how many there are. */
  readonly steps: number;
  readonly all: number;
};

/** A form with more is not read any more; the rest is counted. */
const mostShown = 12;

/** What is in effect, newest first, and exactly what taking each back would run. */
export function ledgerBlocks(changes: readonly Change[]): KnownBlock[] {
  if (changes.length === 0) return [];
  const busy = changes.find(({ takenBackBy }) => takenBackBy !== null)?.takenBackBy;
  const possible = changes.filter(({ undo }) => undo.kind === 'possible');
  const never = changes.flatMap((change) =>
    change.undo.kind === 'never' ? [`• ${changeText(change)}: ${foreign(change.undo.why, 200)}`] : [],
  );
  return [
    ...(busy ? [said(`${busy} is taking changes back now. Go on there.`)] : []),
    ...(possible.length > 0
      ? [said('*Still in effect*, newest first, with what taking it back would run')]
      : []),
    ...possible.slice(0, mostShown).flatMap(possibleBlocks),
    ...(possible.length > mostShown
      ? [said(`${possible.length - mostShown} older changes are not shown here.`)]
      : []),
    ...(never.length > 0
      ? [
          said(
            ['*Cannot be taken back by the bot*', ...never.slice(0, mostShown), ...rest(never.length)].join(
              '\n',
            ),
          ),
        ]
      : []),
  ];
}

const rest = (all: number): string[] => (all > mostShown ? [`• and ${all - mostShown} older`] : []);

const changeText = ({ title, host, by, at }: Change): string =>
  `*${foreign(title, 100)}* on ${foreign(host, 60)} · ${who(by)} · ${time(at)}`;

function possibleBlocks(change: Change): KnownBlock[] {
  if (change.undo.kind !== 'possible') return [];
  const { plan } = change.undo;
  return [
    said(
      [
        changeText(change),
        ...(plan.says === null ? [] : [foreign(plan.says, 400)]),
        `Risk: ${riskWord[plan.risk]}.`,
      ].join('\n'),
    ),
    preformatted(planLines(plan), 1_500),
  ];
}

/** The choice, with the reason, and below it what each would do. Chosen beforehand is a change that is the only one. */
export function rollbackForm(
  origin: Origin,
  options: {
    service: string;
    changes: readonly Change[];
    ways: readonly WayBack[];
    procedure: { definition: Definition; incident: Incident | null } | null;
    reason: string;
  },
): ModalView {
  const { changes, ways, procedure, reason } = options;
  const choices = [
    ...ways.slice(0, 50).map((way) => ({ label: labelOf(way), value: wayValue(way) })),
    ...(procedure
      ? [{ label: procedure.definition.playbook.title, value: procedureValue(procedure.incident !== null) }]
      : []),
  ];
  const only = choices.length === 1 || ways.length === 1 ? choices[0] : undefined;
  return form('undo', { title: 'Roll Back', submit: 'Start' }, origin, [
    selectInput('choice', 'What to start', choices, only ? { initial: only.value } : {}),
    ...ledgerBlocks(changes),
    said(
      'Changes are taken back last in, first out. Each step waits in the channel for its own click or approval, is checked afterwards, and stops where something is not as expected.',
    ),
    ...(procedure ? procedureBlocks(procedure.definition, procedure.incident) : []),
    ...(procedure ? [...inputNote(procedure.definition), ...inputBlocks(procedure.definition, true)] : []),
    reasonInput(reason),
  ]);
}

function labelOf({ title, steps, all }: WayBack): string {
  if (steps === 1) return `Undo: ${title}`;
  return steps === all ? `Undo all ${all}, back to: ${title}` : `Undo ${steps}, back to: ${title}`;
}

const wayValue = ({ through, hash }: WayBack): string => `${through.run}/${through.entry}/${hash}`;

const procedureValue = (inIncident: boolean): string => `procedure/${inIncident ? 'incident' : 'channel'}`;

export type RollbackChoice =
  | { readonly kind: 'procedure'; readonly inIncident: boolean }
  | { readonly kind: 'undo'; readonly through: LedgerRef; readonly hash: string };

/** What was chosen, or null where it is nothing that the form offers. */
export function readRollbackChoice(value: string | undefined): RollbackChoice | null {
  const [first = '', second = '', hash = ''] = value?.split('/') ?? [];
  if (first === 'procedure') return { kind: 'procedure', inIncident: second === 'incident' };
  return isRunId(first) && /^\d{1,6}$/.test(second) && /^[0-9a-f]{64}$/.test(hash)
    ? { kind: 'undo', through: { run: first, entry: Number(second) }, hash }
    : null;
}
