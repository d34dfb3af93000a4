import { describe, expect, it } from 'vitest';
import { toHtml } from '../../../src/core/report/html.ts';
import { incidentMail } from '../../../src/core/report/incidentMail.ts';
import { toMarkdown } from '../../../src/core/report/markdown.ts';
import { calledName, namedPerson, peopleNamedIn } from '../../../src/core/report/names.ts';
import { postMortem } from '../../../src/core/report/postMortem.ts';
import { whoInWords } from '../../../src/core/report/written.ts';
import { incident, logged, subject } from './highErrorRate.ts';

const rightToLeft = '\u202e';
const hidden = '\u200b\u2066\ufe0f\u00ad\u{e0041}';

/** What somebody may enter as their name. */
const hostile = {
  markdown: '**x** [here](http://evil.example) `c` | cell # h',
  html: '<img src=x onerror=alert(1)><script>1</script>&amp;"\'',
  header: 'Engineer\r\nBcc: everybody@evil.example\r\n\r\nA body of my own',
  control: '\u0000\u001b[31mred\u0007\u009b2J',
  turned: `${rightToLeft}reenigne${hidden}`,
  mention: '<@U0ONCALL> <!channel> @everyone ＠here',
  otherPerson: 'On-call engineer (@U0ONCALL)',
  date: '<!date^1^{time}|10:00 UTC>',
  long: 'n'.repeat(500),
  stacked: `e${'\u0301'.repeat(500)}`,
  torn: 'half \ud83d',
} as const;

describe('how somebody is called', () => {
  it.each(Object.entries(hostile))('is one short line without marks of its own: %s', (_, text) => {
    const name = calledName(text) ?? '';
    expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}<>@＠]/u);
    expect([...name].length).toBeLessThanOrEqual(80);
    expect(name).toBe(name.trim());
  });

  it.each(['', '   ', hidden, '@@<>', '\u0301\u0301', '\ud800'])(
    'is nothing where nothing is left (%j)',
    (text) => {
      expect(calledName(text)).toBeNull();
    },
  );

  it.each(['On-call engineer', 'Ärztin Łucja-Marie (she)', '工程师', 'مهندسة', "O'Duty", 'Pager 🚒'])(
    'stays as it is entered: %s',
    (text) => expect(calledName(text)).toBe(text),
  );

  it('takes no time for a name without end', () => {
    for (const part of [' ', '\u0301', '<@U1>', '\u200b'])
      expect(calledName(part.repeat(1_000_000))?.length ?? 0).toBeLessThan(200);
  });

  it('stands before the id, which nobody can choose', () => {
    const names = new Map([['U0VISITOR', calledName(hostile.otherPerson) ?? '']]);
    expect(namedPerson('U0VISITOR', names)).toBe('On-call engineer (U0ONCALL) (@U0VISITOR)');
    expect(whoInWords('pagerduty:On-call engineer')).toBe('On-call engineer in PagerDuty');
    expect(whoInWords('operator:root', names)).toBe('operator root');
    expect(whoInWords('bot', names)).toBe('the bot');
  });
});

describe('a post-mortem with names', () => {
  const people = ['U0ONCALL', 'U0RESPONDER'];
  const named = new Map([
    ['U0ONCALL', 'On-call engineer'],
    ['U0RESPONDER', 'Responder'],
  ]);

  it('asks for everybody who did something or is spoken of, and for nobody whom a command printed', () => {
    const spoken = {
      stream: 'INC-42' as const,
      position: 1_000,
      event: {
        ...{ type: 'NoteAdded' as const, at: 0, by: 'bot' },
        data: { number: 9, kind: 'bot' as const, text: 'Asked by <@U1SECOND>, <@Ux>, <@U1SECOND>' },
      },
    };
    const asked = peopleNamedIn([...logged, spoken]);
    expect(asked).toEqual([...new Set(asked)]);
    expect(asked).toEqual(expect.arrayContaining([...people, 'U1SECOND']));
    expect(asked.at(-1)).toBe('U1SECOND');
    for (const id of asked) expect(id).toMatch(/^U[A-Z0-9]+$/);
  });

  it('says name and id wherever it spoke of an id', () => {
    const draft = postMortem(logged, { ...subject, names: named });
    const text = toMarkdown(draft, named);
    expect(text).toContain('- On-call engineer (@U0ONCALL), commander');
    expect(text).toContain('commander is On-call engineer (@U0ONCALL)');
    expect(text).toContain('_Names are the last that Slack told, with the ids that the log has._');
    expect(toHtml(draft, named)).toContain('<li>On-call engineer (@U0ONCALL), commander</li>');
    expect(text.match(/(?<!\()@U0(?:ONCALL|RESPONDER)/g)).toBeNull();
  });

  it('says of whom it has no name', () => {
    const one = new Map([['U0ONCALL', 'On-call engineer']]);
    const text = toMarkdown(postMortem(logged, { ...subject, names: one }), one);
    expect(text).toContain('On-call engineer (@U0ONCALL), commander');
    expect(text).toContain('@U0RESPONDER');
    expect(text).toContain('Of whoever has only an id it told none.');
  });

  it.each(Object.entries(hostile))('stays the file that it is with a hostile name: %s', async (_, text) => {
    const name = calledName(text) ?? 'nobody';
    const evil = new Map(people.map((id) => [id, name]));
    const draft = postMortem(logged, { ...subject, names: evil });
    const plain = toMarkdown(postMortem(logged, subject));
    const markdown = toMarkdown(draft, evil);
    expect(markdown).not.toMatch(/<[a-z!/]/i);
    expect(markdown).not.toMatch(/[^\\]\]\(/);
    expect(markdown).not.toContain('http://');
    // An id of Slack names nobody elsewhere; any other @ might.
    expect(markdown.replaceAll(/@[UW][A-Z0-9]{6,}/g, '')).not.toMatch(/@/);
    expect(markdown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    // As many lines, cells and headings as without names.
    const shape = (file: string) => file.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
    expect(shape(markdown)).toEqual(shape(plain));
    const tags = (page: string) => [...page.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag);
    expect(tags(toHtml(draft, evil))).toEqual(tags(toHtml(postMortem(logged, subject))));
  });
});

describe('a mail with names', () => {
  it.each(Object.entries(hostile))('has no line, header or element of a hostile name: %s', (_, text) => {
    const names = new Map([['U0RESPONDER', calledName(text) ?? 'nobody']]);
    const who = whoInWords('U0RESPONDER', names);
    const facts = { owner: who, resolvedBy: who, link: null };
    const quiet = incidentMail(incident, 'resolved', { owner: 'x', resolvedBy: 'x', link: null });
    const mail = incidentMail(incident, 'resolved', facts);
    expect(mail.subject).toBe(quiet.subject);
    expect(mail.text.split('\n')).toHaveLength(quiet.text.split('\n').length);
    expect(mail.text).toContain('(@U0RESPONDER)');
    expect([...mail.html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag)).toEqual(
      [...quiet.html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag),
    );
  });
});
