import type { Button, KnownBlock, ModalView } from '@slack/types';
import { type DrillReport, skippedIn, timeInWords } from '../../../core/drill/report.ts';
import { drillWord, marked } from '../../../core/drill/standIn.ts';
import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import type { Incident } from '../../../core/incident/incident.ts';
import type { View } from '../../../core/view.ts';
import { code, fitMarkup, foreign, who } from '../escape.ts';
import { button, type Card, card, context, header, plain, section } from './blocks.ts';

/** What a drill looks like: the word on everything, and its report. */

export function isOfDrill(view: View): boolean {
  if ('incident' in view && view.incident?.drill) return true;
  return 'view' in view && view.view?.run.drill === true;
}

/** The same card with the word at the beginning of its first line, of its text, and of what its buttons ask. */
export function asDrill({ text, blocks }: Card): Card {
  const [first, ...rest] = blocks.map(withMarkedQuestions);
  const head = first ? markedBlock(first) : null;
  return {
    text: fitMarkup(marked(text), 1_000),
    blocks: head
      ? [head, ...rest]
      : [
          { ...context(drillWord), block_id: 'drill' },
          ...(first ? [first] : []),
          // A message holds 50 blocks.
          ...rest.slice(0, 48),
        ],
  };
}

/** Null for a block that has no line of its own to begin with. */
function markedBlock(block: KnownBlock): KnownBlock | null {
  if (block.type === 'header') return { ...block, text: plain(marked(block.text.text), 150) };
  if (block.type === 'section' && block.text?.type === 'mrkdwn')
    return { ...block, text: { ...block.text, text: fitMarkup(marked(block.text.text), 3_000) } };
  return null;
}

function withMarkedQuestions(block: KnownBlock): KnownBlock {
  if (block.type !== 'actions') return block;
  return {
    ...block,
    elements: block.elements.map((element) =>
      element.type === 'button' && element.confirm
        ? {
            ...element,
            confirm: { ...element.confirm, title: plain(marked(element.confirm.title?.text ?? ''), 100) },
          }
        : element,
    ),
  };
}

/** A modal's title holds 24 characters. */
export const asDrillModal = (view: ModalView): ModalView => ({
  ...view,
  title: plain(marked(view.title.text), 24),
});

export const endDrill = ({ id }: Pick<Incident, 'id'>): Button =>
  button({
    id: 'incident.end-drill',
    label: 'End Drill',
    value: { incident: id },
    confirm: { title: 'End the drill?', text: 'Its report is posted here.', yes: 'End Drill' },
  });

const mostShown = 20;

/** How it went, against the phases; the whole of it is in the file. */
export function drillReportCard({ incident, report }: Extract<View, { kind: 'drill-report' }>): Card {
  const { startedAt, endedAt, endedBy, note } = report;
  const key = subjectKey({ kind: 'drill-report', incident: incident.id, time: endedAt ?? 0 });
  const first = `${report.incident} is over: ${foreign(report.title, 200)}`;
  const lasted =
    endedAt === null
      ? 'It still goes on.'
      : `It took ${spokenDuration(endedAt - startedAt)} and was ended by ${who(endedBy ?? 'bot')}.`;
  return card(key, 'over', first, [
    header(`${report.incident} is over: ${report.title}`),
    section(
      [
        `${lasted}${note === null ? '' : ` ${foreign(note, 500)}`}`,
        ...report.times.map((time) => `• ${timeInWords(time)}`),
      ].join('\n'),
    ),
    section(stepsText(report)),
    section(wouldRunText(report)),
    context('Nothing of it was carried out. The steps, who did what and all commands are in the file below.'),
  ]);
}

function stepsText(report: DrillReport): string {
  const skipped = skippedIn(report);
  return [
    `*${report.steps.length} steps*${skipped.length === 0 ? ', none of them skipped' : `, skipped: ${skipped.map((title) => foreign(title, 100)).join(', ')}`}`,
    ...cut(
      report.steps.map(
        ({ title, tookMs, by, result }) =>
          `• ${foreign(title, 100)} · ${tookMs === null ? 'not finished' : spokenDuration(tookMs)} · ${by === null ? 'by itself' : who(by)} · ${foreign(result, 120)}`,
      ),
    ),
  ].join('\n');
}

function wouldRunText({ wouldRun }: DrillReport): string {
  if (wouldRun.length === 0) return '*Nothing would have been done.*';
  return [
    '*In reality Genesis would have done this*',
    ...cut(wouldRun.map(({ line }) => `• ${code(line.replaceAll('`', ''), 160)}`)),
  ].join('\n');
}

const cut = (lines: readonly string[]): readonly string[] =>
  lines.length <= mostShown
    ? lines
    : [...lines.slice(0, mostShown), `• and ${lines.length - mostShown} more, in the file`];
