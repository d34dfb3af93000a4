import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everybody } from '../../src/adapters/slack/everybody.ts';
import type { SlackCall } from '../../src/adapters/slack/slackCall.ts';
import { explainAccess } from '../../src/commands/access.ts';
import { slackPeople } from '../../src/commands/slackPeople.ts';
import { type ChatPerson, spokenPerson, whoIsMeant } from '../../src/core/people/whoIsMeant.ts';
import { type Emulator, startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import type { User } from '../../src/sandbox/emulator/model.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';

const directory = join(import.meta.dirname, '../fixtures/base-room');

const user = (id: string, name: string, realName: string): User => ({
  ...{ id, name, realName, email: `${name}@example.com`, isBot: false },
  ...{ title: '', timeZone: 'Europe/Berlin' },
});

let slack: Emulator;
beforeAll(async () => {
  slack = await startEmulator({
    delivery: { kind: 'socket' },
    rateLimits: 'off',
    seed: {
      users: [
        user(people.oncall, 'oncall', 'On-Call Engineer'),
        user(people.lead, 'lead', 'Deployment Lead'),
        user('U0NIGHT0001', 'night', 'Shift Engineer'),
        user('U0DAY000001', 'day', 'Shift Engineer'),
        // More than one page of people stands before the last of them.
        ...Array.from({ length: 250 }, (_, at) => user(`U0MANY${at}`, `many${at}`, `Visitor ${at}`)),
        user('U0LASTONE01', 'last.one', 'Last of All'),
        user('U0CAPITALS1', 'WALTRAUD', 'Bookkeeper'),
        user('U0OTHEREYES', 'k33per', 'B\u043e\u043ekkeeper\u200b'),
      ],
    },
  });
});
afterAll(() => slack.stop());

async function asked(name: string) {
  const printed: string[] = [];
  const said: string[] = [];
  const code = await explainAccess(
    {
      ...{ directory, user: name, action: 'billing/approve', groups: null, role: null },
      ...{ channelMember: false, json: false },
      slack: slackPeople({ SLACK_BOT_TOKEN: slack.botToken, SLACK_API_URL: slack.apiUrl }),
    },
    (line) => printed.push(line),
    (line) => said.push(line),
  );
  return { code, text: printed.join('\n'), said: said.join('\n') };
}

describe('genesis access explain of somebody by name', () => {
  it.each([
    ['a handle', '@oncall', '@oncall (On-Call Engineer)'],
    ['a handle in other letters', '@ONCALL', '@oncall (On-Call Engineer)'],
    ['a real name', 'On-Call Engineer', '@oncall (On-Call Engineer)'],
    ['a name without its capitals', 'on-call engineer', '@oncall (On-Call Engineer)'],
    ['a mention', `<@${people.oncall}>`, `<@${people.oncall}>`],
    ['an address', 'oncall@example.com', 'oncall@example.com'],
  ])('knows them by %s, and says whom it takes for them', async (_, name, spoken) => {
    const { code, text } = await asked(name);
    expect(code).toBe(0);
    expect(text).toContain(`allowed   ${spoken}, ${people.oncall} (`);
  });

  it('does not take a handle of capital letters for an id', async () => {
    expect((await asked('WALTRAUD')).text).toContain('denied   @WALTRAUD (Bookkeeper), U0CAPITALS1 (');
  });

  it('answers for none of two whose names look the same, and shows neither as another', async () => {
    const { code, text, said } = await asked('Bookkeeper');
    expect({ code, text }).toEqual({ code: 2, text: '' });
    expect(said).toContain('@WALTRAUD (Bookkeeper), U0CAPITALS1');
    expect(said).toContain('@k33per (B\u043e\u043ekkeeper), U0OTHEREYES');
  });

  it('knows somebody of a later page, who may not', async () => {
    expect(await asked('@last.one')).toMatchObject({
      code: 1,
      text: expect.stringContaining('denied   @last.one (Last of All), U0LASTONE01 (in no group)'),
    });
  });

  it('lists who is meant by a name that several have, with their ids, and answers for none of them', async () => {
    const { code, text, said } = await asked('Shift Engineer');
    expect(code).toBe(2);
    expect(text).toBe('');
    expect(said).toContain('several people');
    expect(said).toContain('@night (Shift Engineer), U0NIGHT0001');
    expect(said).toContain('@day (Shift Engineer), U0DAY000001');
  });

  it('says whom it may be where nobody is called that', async () => {
    expect(await asked('@leda')).toMatchObject({
      code: 2,
      said: `Slack knows nobody by @leda; did you mean @lead (Deployment Lead), ${people.lead}?`,
    });
    expect((await asked('laed@example.com')).said).toContain(`did you mean @lead (Deployment Lead)`);
    expect(await asked('@quite-somebody-else')).toMatchObject({
      code: 2,
      said: expect.stringContaining('give a handle, a name, a user id or an e-mail address'),
    });
  });
});

describe('a name', () => {
  const person = (id: string, more: Partial<ChatPerson>): ChatPerson => ({
    ...{ id, handle: id.toLowerCase(), displayName: '', realName: '', email: '', gone: false },
    ...more,
  });

  it('that is the handle of one and the display name of another is nobody’s', () => {
    const both = [person('U1', { handle: 'lead' }), person('U2', { displayName: 'Lead' })];
    expect(whoIsMeant('@lead', both)).toMatchObject({
      kind: 'several',
      people: [{ id: 'U1' }, { id: 'U2' }],
    });
  });

  it('of somebody who left counts only where nobody else has it', () => {
    const left = person('U1', { realName: 'Duty', gone: true });
    expect(whoIsMeant('duty', [left])).toMatchObject({ kind: 'one', person: { id: 'U1' } });
    expect(whoIsMeant('duty', [left, person('U2', { displayName: 'Duty' })])).toMatchObject({
      kind: 'one',
      person: { id: 'U2' },
    });
  });

  it.each([
    ['Cyrillic letters', 'lead', 'l\u0435\u0430d'],
    ['a Greek letter', 'on-call', '\u03bfn-call'],
    ['a capital I for an l', 'lead', 'Iead'],
    ['a figure', 'oncall', '0ncall'],
    ['r and n for m', 'mara', 'rnara'],
    ['marks that cannot be seen', 'lead', 'le\u200bad\u202e'],
    ['another hyphen', 'on-call', 'on\u2011call'],
    ['wide letters', 'lead', '\uff4c\uff45\uff41\uff44'],
    ['the id of somebody', 'U0ABCDEFG', 'u0abcdefg'],
  ])('is nobody’s where another has it with %s', (_, handle, displayName) => {
    const id = handle.startsWith('U0') ? handle : 'U1';
    const both = [person(id, { handle }), person('U2', { handle: 'x', displayName })];
    for (const written of [handle, displayName])
      expect(whoIsMeant(written, both)).toMatchObject({ kind: 'several', people: [{}, {}] });
    expect(whoIsMeant(handle, [both[0]!, { ...both[1]!, gone: true }])).toMatchObject({
      ...{ kind: 'one', person: { id } },
    });
  });

  it.each(['', '@', ' ', '\u200b'])('that is none is nobody’s: %j', (written) => {
    expect(whoIsMeant(written, [person('U1', { displayName: '@', realName: '\u200b' })])).toMatchObject({
      kind: 'nobody',
    });
  });

  it('is written on one line, without anything that a terminal would carry out', () => {
    const named = person('U1', {
      handle: 'visitor',
      displayName: 'Lead\n@lead (Deployment Lead), U0LEAD\u001b[2A\u001b[31m',
      realName: `${'n'.repeat(10_000)}\u202e`,
    });
    const spoken = spokenPerson(named);
    expect(spoken).toMatch(/^@visitor \(Lead lead \(Deployment Lead\), U0LEAD.*\), U1$/);
    expect(spoken).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(spoken.length).toBeLessThan(200);
  });
});

describe('a workspace of more people than are looked through', () => {
  it('has no name of which nobody else could be meant', async () => {
    let pages = 0;
    const call = async () => {
      pages += 1;
      return {
        members: [{ id: `U${pages}`, name: pages === 1 ? 'lead' : `many${pages}` }],
        response_metadata: { next_cursor: 'more' },
      };
    };
    await expect(everybody(call as unknown as SlackCall)).rejects.toMatchObject({
      ...{ code: 'too-many', message: expect.stringContaining('the user id or the e-mail address') },
    });
    expect(pages).toBe(20);
  });
});
