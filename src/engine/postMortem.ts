import { drillMarkdown, drillReport } from '../core/drill/report.ts';
import { toHtml } from '../core/report/html.ts';
import { toMarkdown } from '../core/report/markdown.ts';
import { type Names, peopleNamedIn } from '../core/report/names.ts';
import { type PostMortem, postMortem } from '../core/report/postMortem.ts';
import type { IncidentId } from '../core/stream.ts';
import { incidentLog } from './messages.ts';
import type { Store } from './ports.ts';

type Source = Pick<Store, 'state' | 'definition' | 'events'>;

/** What the log does not say: the moment, what durations were divided by (1 where left out), and how people are called. */
export type Beside = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly pace?: number;
  /** How people are called, by their ids; those who are not known are left out. */
  readonly namesOf: (users: readonly string[]) => Promise<Names>;
};

export type WrittenPostMortem = {
  readonly report: PostMortem;
  readonly markdown: string;
  readonly html: string;
  /** Of the people in it, as far as they are known. */
  readonly names: Names;
  /** When the incident was resolved, milliseconds since the epoch; 0 while it is open. */
  readonly resolvedAt: number;
};

/** Reads the log of an incident and of all its runs, and writes the draft from it. */
export async function readPostMortem(
  source: Source,
  id: IncidentId,
  { now, pace = 1, namesOf }: Beside,
): Promise<WrittenPostMortem> {
  const { incident, runs, events } = await incidentLog(source, id);
  const names = await namesOf(peopleNamedIn(events));
  const report = postMortem(events, { incident, runs, now, pace, names });
  return {
    report,
    markdown: toMarkdown(report, names),
    html: toHtml(report, names),
    names,
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

export async function readEndFile(source: Source, id: IncidentId, beside: Beside): Promise<EndFile> {
  const log = await incidentLog(source, id);
  if (log.incident.drill) {
    const names = await beside.namesOf(peopleNamedIn(log.events));
    const report = drillReport(log.events, { ...log, pace: beside.pace ?? 1, names });
    return {
      filename: `drill-report-${id}.md`,
      title: `DRILL · Report of ${id}`,
      text: `DRILL · The report of ${id}, written from the log: how long each phase took, who did what, and what would have been run.`,
      markdown: drillMarkdown(report, names),
      resolvedAt: report.endedAt ?? 0,
    };
  }
  const { markdown, resolvedAt } = await readPostMortem(source, id, beside);
  return {
    filename: `post-mortem-${id}.md`,
    title: `Post-mortem draft of ${id}`,
    text: `The post-mortem draft of ${id}, written from the log. Complete the open questions and the action items.`,
    markdown,
    resolvedAt,
  };
}
