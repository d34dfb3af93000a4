import { subjectKey } from '../../../core/effect.ts';
import type { Look, StepRecord } from '../../../core/run/run.ts';
import type { View } from '../../../core/view.ts';
import { foreign } from '../escape.ts';
import { type Card, card, context, preformatted, section } from './blocks.ts';
import { lastLines, stepTitle } from './words.ts';

/** The last lines that a step's commands have printed, exactly as they were. */
export function outputCard({ view, step, record }: Extract<View, { kind: 'output' }>): Card {
  const key = subjectKey({ kind: 'output', run: view.run.id, step: step.id, attempt: record.attempt });
  const title = foreign(stepTitle(view.definition, step), 200);
  const looks = record.looks?.filter(({ output }) => output.trim() !== '') ?? [];
  if (looks.length > 0) return severalOutputs(key, title, { record, looks });
  if (record.output.trim() === '') {
    return card(key, 'empty', `${title} printed nothing`, [section(`*${title}* printed nothing.`)]);
  }
  const { text, shown, all } = tail(record.output);
  const lines = shown === all ? `${all} ${all === 1 ? 'line' : 'lines'}` : `last ${shown} of ${all} lines`;
  return card(key, `${all}`, `Output of ${title}, ${lines}`, [
    section(`Output of *${title}*, ${lines}`),
    preformatted(text, limit),
    ...(record.outputCut ? [context('There was more than is kept; the rest was left out.')] : []),
  ]);
}

/** Each observation under its own heading, then what the action itself printed. */
function severalOutputs(
  key: string,
  title: string,
  { record, looks }: { readonly record: StepRecord; readonly looks: readonly Look[] },
): Card {
  const own =
    record.output.trim() === '' ? [] : [{ title: null, output: record.output, cut: record.outputCut }];
  const parts = [...looks, ...own];
  const each = Math.floor(limit / parts.length);
  const count = parts.reduce((sum, { output }) => sum + lastLines(output, 1).all, 0);
  const cut = parts.some((part) => part.cut);
  return card(key, `${count}`, `Output of ${title}, ${parts.length} parts`, [
    ...parts.flatMap((part) => {
      const { text, shown, all } = tail(part.output, each);
      const lines =
        shown === all ? `${all} ${all === 1 ? 'line' : 'lines'}` : `last ${shown} of ${all} lines`;
      const name = part.title === null ? title : foreign(part.title, 150);
      return [section(`Output of *${name}*, ${lines}`), preformatted(text, each)];
    }),
    ...(cut ? [context('There was more than is kept; the rest was left out.')] : []),
  ]);
}

/** Code points of one message's output: well inside what Slack takes, and as much as one reads in a chat. */
const limit = 7_000;

/** As many of the last lines as fit whole; of a single longer line, its end. */
function tail(output: string, most = limit): { text: string; shown: number; all: number } {
  let low = 1;
  let best = lastLines(output, 1);
  for (let lines = 60; lines >= low; lines -= 1) {
    const found = lastLines(output, lines);
    if ([...found.text].length <= most / 2) {
      best = found;
      low = lines;
      break;
    }
  }
  const points = [...best.text];
  return points.length <= most ? best : { ...best, text: `…${points.slice(-Math.floor(most / 2)).join('')}` };
}
