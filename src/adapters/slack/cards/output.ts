import { subjectKey } from '../../../core/effect.ts';
import type { View } from '../../../core/view.ts';
import { foreign } from '../escape.ts';
import { type Card, card, context, preformatted, section } from './blocks.ts';
import { lastLines, stepTitle } from './words.ts';

/** The last lines that a step's commands have printed, exactly as they were. */
export function outputCard({ view, step, record }: Extract<View, { kind: 'output' }>): Card {
  const key = subjectKey({ kind: 'output', run: view.run.id, step: step.id, attempt: record.attempt });
  const title = foreign(stepTitle(view.definition, step), 200);
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

/** Code points of one message's output: well inside what Slack takes, and as much as one reads in a chat. */
const limit = 7_000;

/** As many of the last lines as fit whole; of a single longer line, its end. */
function tail(output: string): { text: string; shown: number; all: number } {
  let low = 1;
  let best = lastLines(output, 1);
  for (let lines = 60; lines >= low; lines -= 1) {
    const found = lastLines(output, lines);
    if ([...found.text].length <= limit / 2) {
      best = found;
      low = lines;
      break;
    }
  }
  const points = [...best.text];
  return points.length <= limit ? best : { ...best, text: `…${points.slice(-(limit / 2)).join('')}` };
}
