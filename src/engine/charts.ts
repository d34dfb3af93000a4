import { marked } from '../core/drill/standIn.ts';
import { type Effect, subjectKey } from '../core/effect.ts';
import { formatObjective, formatValue } from '../core/indicator/format.ts';
import type { RunView } from '../core/view.ts';
import { incidentState, runView } from './messages.ts';
import type { Ports } from './performEffect.ts';
import { postSomewhere } from './places.ts';
import { type Posted, WorkFailed } from './ports.ts';

/** How far back a chart looks before the run began, and how many points it has: one for every other pixel of a phone. */
const lookBackMs = 30 * 60_000;
const points = 240;

/** Draws the indicator from well before the run until now, with what was done marked, and posts it as a picture. */
export async function postChart(
  effect: Extract<Effect, { kind: 'chart' }>,
  uncertain: boolean,
  { store, gauge, painter, chat, clock, room, log }: Ports,
): Promise<Posted> {
  const view = await runView(store, effect.run);
  const indicator = view.definition.service.indicators[effect.indicator];
  if (!indicator) throw new WorkFailed('no-indicator', `There is no indicator ${effect.indicator}.`);
  const to = clock.now();
  const from = effect.fromMs - lookBackMs / room().pace;
  const range = await gauge.range(indicator, { from, to, points });
  const series = range.kind === 'series' ? range.points : [];
  const title = `${indicator.title}, ${indicator.service ?? view.run.service}`;
  // Loaded with the first chart: scales and curves are 20 ms of a start and 1 MB.
  const { chartSvg } = await import('../core/chart/chartSvg.ts');
  const svg = chartSvg({
    title: view.run.drill ? marked(title) : title,
    unit: indicator.unit,
    objective: indicator.objective,
    points: series,
    marks: await marksOf(view, store),
    from,
    to,
  });
  const last = series.at(-1);
  const text =
    range.kind === 'none'
      ? `${indicator.title}: no data, so nothing is known. ${range.why}`
      : `${indicator.title}: ${formatValue(indicator.unit, last?.value ?? null)}, objective ${formatObjective(indicator.unit, indicator.objective)}`;
  const content = await painter.png(svg);
  return postSomewhere({ store, room: room(), log }, effect, ({ channel, thread }) =>
    chat.postFile({
      key: subjectKey(effect.subject),
      channel,
      thread,
      filename: `${indicator.name}.png`,
      title: indicator.title,
      text,
      content,
      uncertain,
    }),
  );
}

/** Everything that was done in the incident so far, whichever run did it. */
async function marksOf(
  view: RunView,
  store: Ports['store'],
): Promise<readonly { at: number; label: string }[]> {
  const { run } = view;
  const ids = run.incident ? (await incidentState(store, run.incident)).runs : [run.id];
  const marks: { at: number; label: string }[] = [];
  for (const id of ids) {
    if (!(await store.state(id))) continue;
    const each = await runView(store, id);
    for (const entry of each.run.ledger) {
      marks.push({
        at: entry.at,
        label: each.definition.service.actions[entry.action]?.title ?? entry.action,
      });
    }
  }
  return marks;
}
