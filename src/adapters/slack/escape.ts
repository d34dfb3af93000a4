import { nameInPager } from '../../core/actor.ts';

/**
 * Text from outside (alert labels, command output, what people typed) on its way into a message. Whatever it says, it
 * stays text: no mention, no link, no channel reference, and nothing that reorders or hides what the reader sees.
 */

/**
 * Marks that turn writing around or take no room, which make one text look like another: bidirectional controls, zero
 * width marks, fillers, variation selectors, tags.
 */
const invisible =
  /\p{Default_Ignorable_Code_Point}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/gu;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Without what cannot be seen; lines stay lines. For prose, where nothing is lost by leaving it out. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|\u2028|\u2029/g, '\n')
    .replaceAll(control, '')
    .replaceAll(invisible, '');
}

/** Like `clean`, yet every mark that cannot be seen is spelled out: for commands and output, which must not lie. */
export function spelledOut(text: string): string {
  const spell = (mark: string) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`;
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(control, spell)
    .replaceAll(/[\r\u2028\u2029]/g, spell)
    .replaceAll(invisible, spell);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The three characters that Slack's markup is made of. */
export const escaped = (text: string): string => text.replaceAll(/[&<>]/g, (mark) => entities[mark] ?? mark);

/**
 * Foreign text for a text object with markup: cleaned, on one line, cut to `max` code points before escaping so that
 * no entity is torn.
 */
export const foreign = (text: string, max = 300): string => escaped(fit(oneLine(text), max));

/** Foreign text of several lines. */
export const foreignLines = (text: string, max = 1_500): string => escaped(fit(clean(text).trim(), max));

export const oneLine = (text: string): string => clean(text).replaceAll(/\s+/g, ' ').trim();

/** In backticks, as one word of code. */
export const code = (text: string, max = 200): string =>
  `\`${escaped(fit(spelledOut(text).replaceAll(/\s+/g, ' '), max)).replaceAll('`', 'ˋ') || ' '}\``;

/** A link of our own making; plain text where the address is not http or https. */
export function link(url: string, label: string, max = 100): string {
  const parsed = URL.parse(url);
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return foreign(label);
  const address = parsed.href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E');
  return `<${escaped(address)}|${foreign(label, max).replaceAll('|', '¦')}>`;
}

/** A link to elsewhere, which says the host that it leads to whatever it calls itself. */
export const outsideLink = (url: string, name: string): string =>
  link(url, `${fit(oneLine(name), 80)} (${URL.parse(url)?.host ?? 'no address'})`, 400);

const userId = /^[UW][A-Z0-9]{2,30}$/;

/** A person as a mention, anything else by its name: `bot`, `alertmanager`, `operator:root`. */
export function who(id: string): string {
  if (userId.test(id)) return `<@${id}>`;
  if (id === 'bot') return 'Genesis';
  if (id === 'alertmanager') return 'Alertmanager';
  const inPager = nameInPager(id);
  if (inPager !== null) return `${foreign(inPager, 80)} in PagerDuty`;
  return foreign(id.replace(/^operator:/, 'operator '), 80);
}

const channelId = /^[CDG][A-Z0-9]{2,30}$/;

/** A channel as a way to it, anything that is no channel's id as text. */
export const channelLink = (id: string): string => (channelId.test(id) ? `<#${id}>` : foreign(id, 80));

/**
 * A sentence of our own that may quote foreign text: everything is escaped, then mentions of the people given (of
 * anybody with `everybody`) and dates are made whole again. Channel pings and links never are.
 */
export function spoken(message: string, people: readonly string[] | 'everybody', max = 2_000): string {
  return escaped(fit(clean(message), max))
    .replaceAll(/&lt;@([UW][A-Z0-9]{2,30})&gt;/g, (whole, user: string) =>
      people === 'everybody' || people.includes(user) ? `<@${user}>` : whole,
    )
    .replaceAll(
      /&lt;!date\^(\d{1,12})\^((?:\{[a-z_]{1,20}\} ?){1,2})\|([-0-9: UTC]{1,20})&gt;/g,
      '<!date^$1^$2|$3>',
    );
}

/** At most `max` code points; what was left out is said by the ellipsis. */
export function fit(text: string, max: number): string {
  const points = [...text];
  if (points.length <= max) return text;
  const mark = max >= 40 ? '… (cut)' : '…';
  return points.slice(0, Math.max(0, max - [...mark].length)).join('') + mark;
}

/** The same for finished markup, never cutting through an entity, a mention or a link. */
export function fitMarkup(text: string, max: number): string {
  const points = [...text];
  if (points.length <= max) return text;
  const head = points.slice(0, Math.max(0, max - 8)).join('');
  const open = head.lastIndexOf('<');
  const whole = open > head.lastIndexOf('>') ? head.slice(0, open) : head;
  return `${whole.replace(/&[a-z]{0,4}$/, '')}… (cut)`;
}

const marks: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/**
 * Free text of a slash command as the person typed it. Slack sends it escaped, with mentions, channels and links as
 * tokens; kept like that it would be escaped a second time when it is shown.
 */
export function asTyped(text: string): string {
  return text
    .replaceAll(/<@[UW][A-Z0-9]+\|([^<>]+)>/g, '@$1')
    .replaceAll(/<#C[A-Z0-9]+\|([^<>]*)>/g, '#$1')
    .replaceAll(/<(https?:[^<>|]+)(?:\|[^<>]*)?>/g, '$1')
    .replaceAll(/&(?:amp|lt|gt);/g, (entity) => marks[entity] ?? entity);
}
