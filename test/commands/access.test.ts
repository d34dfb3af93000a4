import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AccessOptions, explainAccess, type SlackPeople } from '../../src/commands/access.ts';

const directory = join(import.meta.dirname, '../../playbooks');

async function asked(given: Partial<AccessOptions>) {
  const printed: string[] = [];
  const said: string[] = [];
  const options: AccessOptions = {
    directory,
    user: 'U1',
    action: 'approve',
    groups: [],
    role: null,
    channelMember: false,
    json: false,
    slack: null,
    ...given,
  };
  const code = await explainAccess(
    options,
    (line) => printed.push(line),
    (line) => said.push(line),
  );
  return { code, text: printed.join('\n'), said: said.join('\n') };
}

const slack: SlackPeople = {
  membership: async (user) =>
    user === 'U1'
      ? { kind: 'member', groups: ['oncall'], existing: ['oncall', 'platform', 'leads'] }
      : { kind: 'outsider', why: 'Guests may look but not act.' },
  members: async () => [],
  userByEmail: async (email) => (email === 'oncall@example.test' ? 'U1' : null),
  everybody: async () => [],
};

describe('genesis access explain', () => {
  it('says that somebody may, by which rule, with its file, line and column', async () => {
    const { code, text } = await asked({ groups: ['oncall'], action: 'genesis-orchestration/restart' });
    expect(code).toBe(0);
    expect(text).toMatch(/^allowed /);
    expect(text).toMatch(
      /by access\.yml:\d+:\d+ allow change, disrupt, destroy, approve to oncall, platform on any/,
    );
    expect(text).toContain('who could: @oncall, @platform, @leads');
  });

  it('says that somebody may not, why no rule applies, and who could', async () => {
    const { code, text } = await asked({ groups: ['platform'], action: 'override' });
    expect(code).toBe(1);
    expect(text).toContain('no rule allows it, and that is a no');
    expect(text).toContain('(not in leads)');
  });

  it('asks about a procedure as a whole, and says whom else it waits for', async () => {
    const { code, text } = await asked({ groups: ['leads'], action: 'rollback-genesis-orchestration' });
    expect(code).toBe(0);
    expect(text).toContain('It waits for the approval of one other person');
  });

  it('asks Slack for the groups, by id or by e-mail address', async () => {
    expect((await asked({ groups: null, slack })).code).toBe(0);
    expect((await asked({ groups: null, slack, user: 'oncall@example.test' })).code).toBe(0);
    expect((await asked({ groups: null, slack, user: 'U2' })).code).toBe(1);
    expect((await asked({ groups: null, slack, user: 'nobody@example.test' })).code).toBe(2);
  });

  it('is data for programs', async () => {
    const { code, text } = await asked({ groups: ['leads'], json: true });
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      allowed: true,
      answers: [
        {
          right: 'approve',
          environment: 'production',
          decidedBy: { file: expect.stringContaining('access.yml') },
        },
      ],
    });
  });

  it('does not answer what makes no sense', async () => {
    expect(await asked({ action: 'genesis-orchestration/restrat' })).toMatchObject({
      code: 2,
      said: expect.stringContaining('did you mean'),
    });
    expect((await asked({ groups: ['on-call'] })).said).toContain('did you mean `oncall`');
    expect((await asked({ groups: null })).code).toBe(2);
  });
});
