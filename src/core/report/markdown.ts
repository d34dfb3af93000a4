import { spokenDuration } from '../duration.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import type { Attempt } from './attempts.ts';
import { isLate, type Phase } from './phases.ts';
import type { PostMortem } from './postMortem.ts';
import { lastedInWords, oneLine, timesInWords, whoInWords, writtenTime } from './written.ts';

/** The draft as CommonMark with tables. Foreign text stays text: no markup, no link, no mention comes of it. */
export function toMarkdown(pm: PostMortem): string {
  const { impact } = pm;
  return [
    `# ${md(`${pm.incident} · ${pm.title}`)}`,
    `${pm.severity}${pm.service === null ? '' : ` · ${md(pm.service)}`} · ${pm.status} · draft of ${writtenTime(pm.writtenAt)}. All times are UTC.`,
    '## Summary',
    md(pm.summary),
    '## Impact',
    list([
      `From ${writtenTime(impact.from)} to ${impact.to === null ? 'now, not over' : writtenTime(impact.to)}${impact.lastedMs === null ? '' : `: ${lastedInWords(impact.lastedMs, impact.openings.length)}`}`,
      `${impact.alerts} ${impact.alerts === 1 ? 'alert' : 'alerts'}${impact.reopened > 0 ? `, reopened ${timesInWords(impact.reopened)}` : ''}`,
      ...pm.alerts.map(
        (alert) =>
          `Alert ${md(alert.name)}: ${md(alert.summary)} (${writtenTime(alert.from)} to ${alert.to === null ? 'now' : writtenTime(alert.to)})`,
      ),
    ]),
    '## Phases',
    table(['Phase', 'Took', 'Budget', ''], pm.phases.map(phaseRow)),
    '## People',
    list(pm.people.map(({ who, role }) => `${md(whoInWords(who))}, ${md(role)}`)),
    ...(peopleNote(pm) === null ? [] : [`_${peopleNote(pm)}_`]),
    '## What was tried',
    table(
      ['When', 'What', 'By', 'Result', 'Indicator', 'Helped'],
      pm.tried.map((attempt) => [
        writtenTime(attempt.at),
        md(`${attempt.what} (${attempt.host})`),
        md(whoInWords(attempt.by)),
        md(attempt.result),
        md(indicatorText(attempt)),
        helpedText(attempt),
      ]),
    ),
    ...(pm.glass
      ? [
          '## Glass broken',
          table(
            ['When', 'By', 'For', 'Reason', 'What ran'],
            pm.glass.map((each) => [
              writtenTime(each.at),
              md(whoInWords(each.who)),
              md(each.what),
              md(each.reason),
              md(each.ran.join('; ')),
            ]),
          ),
        ]
      : []),
    '## Changes that were made, in the order to take them back',
    table(
      ['When', 'What', 'Taken back by'],
      pm.undo.map((each) => [writtenTime(each.at), md(`${each.what} (${each.host})`), md(each.how)]),
    ),
    '## Timeline',
    table(
      ['When', 'Who', 'What'],
      pm.timeline.map((entry) => [writtenTime(entry.at), md(whoInWords(entry.who)), md(entry.what)]),
    ),
    '## Open questions',
    list(pm.questions.map(md)),
    '## Action items',
    list([
      ...pm.actionItems.items.map((item) => `[ ] ${md(item)}`),
      ...pm.actionItems.prompts.map((prompt) => `[ ] _${md(prompt)}_`),
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}

export function indicatorText({ indicator }: Attempt): string {
  if (!indicator) return 'none';
  const { title, unit, before, after, objective } = indicator;
  return `${title}: ${formatValue(unit, before)} → ${formatValue(unit, after)}, objective ${formatObjective(unit, objective)}`;
}

export const helpedText = ({ helped, undo }: Attempt): string =>
  undo ? 'an undo' : helped === 'unknown' ? 'not known' : helped;

/** Below the people; nothing where there is nobody. */
export const peopleNote = ({ people }: Pick<PostMortem, 'people'>): string | null =>
  people.some(({ who }) => whoInWords(who) !== who) ? 'People are named by their ids in Slack.' : null;

export function phaseRow(phase: Phase): readonly string[] {
  return [
    phase.title,
    phase.tookMs === null ? 'not yet' : spokenDuration(phase.tookMs),
    phase.budgetMs === null ? '' : spokenDuration(phase.budgetMs),
    phase.budgetMs === null || phase.tookMs === null ? '' : isLate(phase) ? 'over budget' : 'within budget',
  ];
}

const codeSpan = /(?<!`)(`[^`]+`)(?!`)/;
/** What a table, a chat or a reader that makes links would take for its own even inside a code span. */
const readAnyway = /[<>&@|\\]|:\/\/|\bwww\.|^`\s*`$/i;

/** A code span stays one, with nothing escaped inside it, unless it holds what is read even there. */
export function md(text: string): string {
  const parts = oneLine(text).split(codeSpan);
  return parts
    .map((part, index) => (index % 2 === 1 && !readAnyway.test(part) ? part : prose(part, index === 0)))
    .join('');
}

/** Only at the start of a text does a mark make a heading, a quote or a list. */
const never = /(?!)/;

/** Entities rather than backslashes for the brackets: chats that read only half of Markdown know them too. */
function prose(text: string, first: boolean): string {
  return (
    text
      .replaceAll(/[\\`*[\]|~]/g, '\\$&')
      // Inside a word it is a letter like any other.
      .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
      .replace(first ? /^[#>+-]/ : never, '\\$&')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Many readers make links of bare addresses; the host then would be whatever the text says.
      .replaceAll('://', ':&#47;&#47;')
      .replaceAll('@', '&#64;')
      .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, -1)}&#46;`)
  );
}

export const list = (items: readonly string[]): string =>
  items.length === 0 ? 'None.' : items.map((item) => `- ${item}`).join('\n');

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
