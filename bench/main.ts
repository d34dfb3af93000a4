import { loadavg } from 'node:os';
import { actionFigures } from './action/actionFigures.ts';
import { clickFigures } from './clicks/clickFigures.ts';
import { deliveryFigures } from './delivery/deliveryFigures.ts';
import type { Figure } from './figure.ts';
import { firstMessageFigures } from './firstMessage/firstMessageFigures.ts';
import { historyFigures } from './history/historyFigures.ts';
import { ingestFigures } from './ingest/ingestFigures.ts';
import { keepFigures } from './lastFigures.ts';
import { moveToLoadCore } from './measure/cores.ts';
import { startFigures } from './start/startFigures.ts';

/**
 * `npm run bench`, or `npm run bench -- a c` for parts. Every figure is a line of its own on standard output: name,
 * value, unit, and what it was measured against in the same run. The latest of each are kept in `last.jsonl`.
 *
 * Absolute figures are those of one machine on one day: what can be compared are the ratios.
 */
const parts: Readonly<Record<string, () => AsyncGenerator<Figure>>> = {
  a: ingestFigures,
  b: deliveryFigures,
  c: firstMessageFigures,
  d: clickFigures,
  e: actionFigures,
  f: startFigures,
  g: historyFigures,
};

const asked = process.argv.slice(2);
moveToLoadCore();
const [busy = 0] = loadavg();
if (busy > 0.7)
  process.stderr.write(`The machine does other things (load ${busy.toFixed(1)}): only ratios say much.\n`);
for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
  const part = parts[name];
  if (!part) throw new Error(`${name} is none of ${Object.keys(parts).join(', ')}`);
  const figures: Figure[] = [];
  for await (const figure of part()) {
    figures.push(figure);
    process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
  keepFigures(figures);
}
