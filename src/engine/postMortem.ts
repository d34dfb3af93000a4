import { drillMarkdown, drillReport } from '../core/drill/report.ts';
import { toHtml } from '../core/report/html.ts';
import { toMarkdown } from '../core/report/markdown.ts';
import { type PostMortem, postMortem } from '../core/report/postMortem.ts';
import type { IncidentId } from '../core/stream.ts';
import { incidentLog } from './messages.ts';
import type { Store } from './ports.ts';

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
  pace = 1,
): Promise<WrittenPostMortem> {
  const { incident, runs, events } = await incidentLog(source, id);
  const report = postMortem(events, { incident, runs, now, pace });
  return {
    report,
    markdown: toMarkdown(report),
    html: toHtml(report),
    resolvedAt: incident.resolved?.at ?? 0,
  };
}

/** What is posted as a file when an incident is over: the draft of its post-mortem, or the report of a drill. */
export type EndFile = {
  readonly filename: string;
  readonly title: string;
  readonly text: string;
  readonly markdown: string;
  readonly resolvedAt: number;
};

export async function readEndFile(source: Source, id: IncidentId, now: number, pace = 1): Promise<EndFile> {
  const log = await incidentLog(source, id);
  if (log.incident.drill) {
    const report = drillReport(log.events, { ...log, pace });
    return {
      filename: `drill-report-${id}.md`,
      title: `DRILL · Report of ${id}`,
      text: `DRILL · The report of ${id}, written from the log: how long each phase took, who did what, and what would have been run.`,
      markdown: drillMarkdown(report),
      resolvedAt: report.endedAt ?? 0,
    };
  }
  const { markdown, resolvedAt } = await readPostMortem(source, id, now, pace);
  return {
    filename: `post-mortem-${id}.md`,
    title: `Post-mortem draft of ${id}`,
    text: `The post-mortem draft of ${id}, written from the log. Complete the open questions and the action items.`,
    markdown,
    resolvedAt,
  };
}
