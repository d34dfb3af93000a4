import { isSlackId } from '../actor.ts';
import { spokenDuration } from '../duration.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import { alertLines } from './alertLines.ts';
import type { Attempt } from './attempts.ts';
import { type Names, noNames } from './names.ts';
import { isLate, type Phase } from './phases.ts';
import type { PostMortem } from './postMortem.ts';
import { lastedInWords, oneLine, timesInWords, whoInWords, writtenTime } from './written.ts';

/** The draft as CommonMark with tables. Foreign text stays text: no markup, no link, no mention comes of it. */
export function toMarkdown(pm: PostMortem, names: Names = noNames): string {
  const { impact } = pm;
  const said = (text: string) => md(text, names);
  const who = (id: string) => md(whoInWords(id, names));
  const note = peopleNote(pm, names);
  return [
    `# ${said(`${pm.incident} · ${pm.title}`)}`,
    `${pm.severity}${pm.service === null ? '' : ` · ${said(pm.service)}`} · ${pm.status} · draft of ${writtenTime(pm.writtenAt)}. All times are UTC.`,
    '## Summary',
    said(pm.summary),
    '## Impact',
    list([
      `From ${writtenTime(impact.from)} to ${impact.to === null ? 'now, not over' : writtenTime(impact.to)}${impact.lastedMs === null ? '' : `: ${lastedInWords(impact.lastedMs, impact.openings.length)}`}`,
      `${impact.alerts} ${impact.alerts === 1 ? 'alert' : 'alerts'}${impact.reopened > 0 ? `, reopened ${timesInWords(impact.reopened)}` : ''}`,
      ...alertLines(pm.alerts).map((line) =>
        line.name === null ? said(line.said) : `Alert ${said(line.name)}: ${said(line.said)}`,
      ),
    ]),
    '## Phases',
    table(['Phase', 'Took', 'Budget', ''], pm.phases.map(phaseRow)),
    '## People',
    list(pm.people.map((each) => `${who(each.who)}, ${said(each.role)}`)),
    ...(note === null ? [] : [`_${note}_`]),
    '## What was tried',
    table(
      ['When', 'What', 'By', 'Result', 'Indicator', 'Helped'],
      pm.tried.map((attempt) => [
        writtenTime(attempt.at),
        said(`${attempt.what} (${attempt.host})`),
        who(attempt.by),
        said(attempt.result),
        said(indicatorText(attempt)),
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
              who(each.who),
              said(each.what),
              said(each.reason),
              said(each.ran.join('; ')),
            ]),
          ),
        ]
      : []),
    '## Changes that were made, in the order to take them back',
    table(
      ['When', 'What', 'Taken back by'],
      pm.undo.map((each) => [writtenTime(each.at), said(`${each.what} (${each.host})`), said(each.how)]),
    ),
    '## Timeline',
    table(
      ['When', 'Who', 'What'],
      pm.timeline.map((entry) => [writtenTime(entry.at), who(entry.who), said(entry.what)]),
    ),
    '## Open questions',
    list(pm.questions.map(said)),
    '## Action items',
    list([
      ...pm.actionItems.items.map((item) => `[ ] ${said(item)}`),
      ...pm.actionItems.prompts.map((prompt) => `[ ] _${said(prompt)}_`),
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
export function peopleNote({ people }: Pick<PostMortem, 'people'>, names: Names): string | null {
  const ids = people.map(({ who }) => who).filter(isSlackId);
  if (ids.length === 0) return null;
  const named = ids.filter((id) => names.has(id)).length;
  if (named === 0) return 'People are named by their ids in Slack.';
  const told = 'Names are the last that Slack told, with the ids that the log has.';
  return named === ids.length ? told : `${told} Of whoever has only an id it told none.`;
}

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
export function md(text: string, names: Names = noNames): string {
  const parts = oneLine(text, names).split(codeSpan);
  return parts
    .map((part, index) => (index % 2 === 1 && !readAnyway.test(part) ? part : prose(part, index === 0)))
    .join('');
}

/** Only at the start of a text does a mark make a heading, a quote or a list. */
const never = /(?!)/;

/**
 * Drafts are read unrendered as well, in chats and terminals. `@U024BE7LH` names a person of Slack and nobody elsewhere, and
 * where a number is compared no tag begins and no line is quoted.
 */
const harmless = /(?<![\p{L}\p{N}._%+-])&#64;(?=[UW][A-Z0-9]{6,}(?![\w.@-]))|(?<=\S )&[lg]t;(?= \d)/gu;
const plainly: Readonly<Record<string, string>> = { '&#64;': '@', '&lt;': '<', '&gt;': '>' };

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
      .replaceAll(harmless, (entity) => plainly[entity] ?? entity)
  );
}

export const list = (items: readonly string[]): string =>
  items.length === 0 ? 'None.' : items.map((item) => `- ${item}`).join('\n');

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
