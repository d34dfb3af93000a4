import { alertLines } from './alertLines.ts';
import { escapedHtml } from './escapedHtml.ts';
import { helpedText, indicatorText, peopleNote, phaseRow } from './markdown.ts';
import { type Names, noNames } from './names.ts';
import type { PostMortem } from './postMortem.ts';
import { lastedInWords, oneLine, timesInWords, whoInWords, writtenTime } from './written.ts';

/** The draft as one page that needs nothing else and runs nothing. */
export function toHtml(pm: PostMortem, names: Names = noNames): string {
  const { impact } = pm;
  const { html, list, table } = elementsFor(names);
  const who = (id: string) => whoInWords(id, names);
  const note = peopleNote(pm, names);
  const lasted =
    impact.lastedMs === null ? 'not over' : lastedInWords(impact.lastedMs, impact.openings.length);
  const title = `${pm.incident} · ${pm.title}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${html(title)}</h1>
<p class="facts">${html(pm.severity)}${pm.service === null ? '' : ` · ${html(pm.service)}`} · ${html(pm.status)} · draft of ${writtenTime(pm.writtenAt)}. All times are UTC.</p>
<h2>Summary</h2>
<p>${html(pm.summary)}</p>
<h2>Impact</h2>
<p>From ${writtenTime(impact.from)} to ${impact.to === null ? 'now' : writtenTime(impact.to)} (${lasted}), ${impact.alerts} ${impact.alerts === 1 ? 'alert' : 'alerts'}${impact.reopened > 0 ? `, reopened ${timesInWords(impact.reopened)}` : ''}.</p>
${list(alertLines(pm.alerts).map(({ name, said }) => (name === null ? said : `${name}: ${said}`)))}
<h2>Phases</h2>
${table(['Phase', 'Took', 'Budget', ''], pm.phases.map(phaseRow))}
<h2>People</h2>
${list(pm.people.map((each) => `${who(each.who)}, ${each.role}`))}${note === null ? '' : `\n<p><small>${note}</small></p>`}
<h2>What was tried</h2>
${table(
  ['When', 'What', 'By', 'Result', 'Indicator', 'Helped'],
  pm.tried.map((attempt) => [
    writtenTime(attempt.at),
    `${attempt.what} (${attempt.host})`,
    who(attempt.by),
    attempt.result,
    indicatorText(attempt),
    helpedText(attempt),
  ]),
)}
${
  pm.glass
    ? `<h2>Glass broken</h2>
${table(
  ['When', 'By', 'For', 'Reason', 'What ran'],
  pm.glass.map((each) => [writtenTime(each.at), who(each.who), each.what, each.reason, each.ran.join('; ')]),
)}
`
    : ''
}<h2>Changes that were made, in the order to take them back</h2>
${table(
  ['When', 'What', 'Taken back by'],
  pm.undo.map((each) => [writtenTime(each.at), `${each.what} (${each.host})`, each.how]),
)}
<h2>Timeline</h2>
${table(
  ['When', 'Who', 'What'],
  pm.timeline.map((entry) => [writtenTime(entry.at), who(entry.who), entry.what]),
)}
<h2>Open questions</h2>
${list(pm.questions)}
<h2>Action items</h2>
${list([...pm.actionItems.items, ...pm.actionItems.prompts])}
</main>
</body>
</html>
`;
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;color:#1d1c1d;margin:0}main{max-width:60rem;margin:auto;padding:1rem}' +
  'h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}.facts{color:#5c5b60}.wide{overflow-x:auto}' +
  'table{border-collapse:collapse;font-size:.95rem}th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd}' +
  'td:first-child{white-space:nowrap}';

/** Foreign text may speak of people, so every cell and every line knows their names. */
function elementsFor(names: Names) {
  const html = (text: string): string => escapedHtml(oneLine(text, names));
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    row.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join('');
  return {
    html,
    list: (items: readonly string[]): string =>
      items.length === 0
        ? '<p>None.</p>'
        : `<ul>${items.map((item) => `<li>${html(item)}</li>`).join('')}</ul>`,
    table(head: readonly string[], rows: readonly (readonly string[])[]): string {
      if (rows.length === 0) return '<p>None.</p>';
      const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('');
      return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body}</tbody></table></div>`;
    },
  };
}
