import { toHtml } from '../core/report/html.ts';
import { toMarkdown } from '../core/report/markdown.ts';
import { type PostMortem, postMortem } from '../core/report/postMortem.ts';
import type { IncidentId } from '../core/stream.ts';
import type { RunView } from '../core/view.ts';
import { incidentState, runView } from './messages.ts';
import type { Store, StoredEvent } from './ports.ts';

type Source = Pick<Store, 'state' | 'definition' | 'events'>;

export type WrittenPostMortem = {
  readonly report: PostMortem;
  readonly markdown: string;
  readonly html: string;
  /** When the incident was resolved, milliseconds since the epoch; 0 while it is open. */
  readonly resolvedAt: number;
};

/** Reads the log of an incident and of all its runs, and writes the draft from it. */
export async function readPostMortem(
  source: Source,
  id: IncidentId,
  now: number,
): Promise<WrittenPostMortem> {
  const incident = await incidentState(source, id);
  const runs: RunView[] = [];
  const events: StoredEvent[] = [...(await source.events({ stream: id }))];
  for (const run of incident.runs) {
    // Attached in the same transaction in which it was asked for, started in the next.
    if ((await source.state(run)) === null) continue;
    runs.push(await runView(source, run));
    events.push(...(await source.events({ stream: run })));
  }
  const report = postMortem(events, { incident, runs, now });
  return {
    report,
    markdown: toMarkdown(report),
    html: toHtml(report),
    resolvedAt: incident.resolved?.at ?? 0,
  };
}
