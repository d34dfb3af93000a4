import { spokenDuration } from '../duration.ts';
import type { MailMoment } from '../effect.ts';
import { ownerOf } from '../incident/audit.ts';
import type { Incident } from '../incident/incident.ts';
import { escapedHtml } from './escapedHtml.ts';

/** What the mail says besides the incident itself; names as people know them. */
export type MailFacts = {
  readonly owner: string | null;
  readonly resolvedBy: string | null;
  /** Web address of the incident's channel. */
  readonly link: string | null;
};

export type IncidentMail = { readonly subject: string; readonly text: string; readonly html: string };

/** A summary for those who are not in the chat: what, since when, who has it, and at the end how long and what it was. */
export function incidentMail(incident: Incident, moment: MailMoment, facts: MailFacts): IncidentMail {
  const { id, severity, title } = incident;
  const mark = moment === 'opened' ? '' : ` (${moment})`;
  const head = `${severity} ${id}: ${plain(title)}`;
  const rows = rowsOf(incident, moment, facts);
  return {
    subject: `[${severity}] ${id} ${plain(title)}${mark}`,
    text: `${[head, '', ...rows.map(([name, value]) => `${name}: ${value}`), '', footer].join('\n')}\n`,
    html: pageOf(head, rows),
  };
}

type Row = readonly [name: string, value: string];

const footer = 'Sent by Genesis. The incident is worked on in Slack; nobody reads answers to this mail.';

function rowsOf(incident: Incident, moment: MailMoment, facts: MailFacts): readonly Row[] {
  const { summary, service, openedAt, resolved, channel } = incident;
  const rows: Row[] = [];
  if (summary !== '' && plain(summary) !== plain(incident.title)) rows.push(['What', plain(summary)]);
  if (service !== null) rows.push(['Service', plain(service)]);
  rows.push(['Since', utc(openedAt)]);
  if (moment === 'resolved' && resolved) {
    const by = facts.resolvedBy === null ? '' : ` by ${plain(facts.resolvedBy)}`;
    rows.push(['Resolved', `${utc(resolved.at)}${by}, after ${spokenDuration(resolved.at - openedAt)}`]);
    if (resolved.note !== null && resolved.note.trim() !== '') rows.push(['Note', plain(resolved.note)]);
  } else {
    rows.push(['Who has it', facts.owner === null ? 'nobody yet' : plain(facts.owner)]);
  }
  if (channel) rows.push(['Channel', `#${channel.name}${facts.link === null ? '' : ` ${facts.link}`}`]);
  return rows;
}

/** Whose names the mail needs. */
export const namedIn = (
  incident: Incident,
): { readonly owner: string | null; readonly resolvedBy: string | null } => ({
  owner: ownerOf(incident),
  resolvedBy: incident.resolved?.by ?? null,
});

const longest = 1_000;

/** Texts come from alerts and people: one line each, so that none of them can look like another row. */
function plain(text: string): string {
  const line = [...text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()];
  return line.length <= longest ? line.join('') : `${line.slice(0, longest - 1).join('')}…`;
}

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** No pictures, no links but the one to the channel, nothing that a mail program would have to fetch. */
function pageOf(head: string, rows: readonly Row[]): string {
  const cells = rows.map(
    ([name, value]) =>
      `<tr><th align="left" valign="top">${escapedHtml(name)}</th><td>${linked(escapedHtml(value))}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><body>
<h2>${escapedHtml(head)}</h2>
<table cellpadding="4">${cells.join('')}</table>
<p>${footer}</p>
</body></html>
`;
}

/** The address of the channel, which is the last word of its row and ours. */
const linked = (value: string): string =>
  value.replace(/^(#[^ ]+) (https:\/\/[^ ]+)$/, '<a href="$2">$1</a>');
