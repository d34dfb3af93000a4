import { describe, expect, it } from 'vitest';
import { type Access, type IncidentRole, type Right, rights } from '../../../src/core/access/access.ts';
import { may } from '../../../src/core/access/may.ts';
import type { Known, Roles } from '../../../src/core/access/membership.ts';

/**
 * Who may do what, as a table to be read. A row is a kind of person in a role, on a service; a column is a right:
 * observe, change, disrupt, destroy, approve, override. `x` may, `.` may not.
 */
const access: Access = {
  groups: {
    oncall: { usergroup: 'oncall', users: [] },
    platform: { usergroup: 'platform', users: [] },
    leads: { usergroup: 'leads', users: [] },
    contractors: { usergroup: 'contractors', users: [] },
    command: { usergroup: null, users: [], role: 'commander' },
    responders: { usergroup: null, users: [], role: 'responder' },
    room: { usergroup: null, users: [], channel: 'incident' },
  },
  rules: [
    { effect: 'allow', rights: ['observe'], to: ['everyone'], on: 'any' },
    { effect: 'allow', rights: ['change', 'disrupt'], to: ['oncall'], on: 'any' },
    { effect: 'allow', rights: ['destroy', 'approve'], to: ['oncall'], on: ['checkout'] },
    {
      effect: 'allow',
      rights: ['change', 'disrupt', 'destroy'],
      to: ['platform'],
      on: 'any',
      in: ['staging'],
    },
    { effect: 'allow', rights: ['approve', 'override'], to: ['leads'], on: 'any' },
    { effect: 'allow', rights: ['change', 'override'], to: ['command'], on: ['checkout'] },
    { effect: 'allow', rights: ['change'], to: ['responders'], on: ['search'] },
    { effect: 'allow', rights: ['approve'], to: ['room'], on: ['checkout'], in: ['production'] },
    {
      effect: 'deny',
      rights: ['destroy', 'approve', 'override'],
      to: ['contractors'],
      on: 'any',
      in: ['production'],
    },
  ],
  // `checkout` is in production, `search` in staging; no service in particular counts as production.
  environments: { search: 'staging' },
};

const people: Readonly<Record<string, readonly string[]>> = {
  visitor: [],
  oncall: ['oncall'],
  platform: ['platform'],
  lead: ['leads'],
  'oncall+contractor': ['oncall', 'contractors'],
  'lead+contractor': ['leads', 'contractors'],
  'in the channel': ['room'],
};

const table = `
  visitor           | -         | checkout | x.....
  visitor           | -         | search   | x.....
  visitor           | -         | -        | x.....
  visitor           | commander | checkout | xx...x
  visitor           | commander | search   | x.....
  visitor           | commander | -        | x.....
  visitor           | responder | checkout | x.....
  visitor           | responder | search   | xx....
  visitor           | scribe    | checkout | x.....
  oncall            | -         | checkout | xxxxx.
  oncall            | -         | search   | xxx...
  oncall            | -         | -        | xxx...
  oncall            | commander | checkout | xxxxxx
  oncall            | commander | search   | xxx...
  oncall            | responder | search   | xxx...
  platform          | -         | checkout | x.....
  platform          | -         | search   | xxxx..
  platform          | -         | -        | x.....
  platform          | commander | checkout | xx...x
  platform          | responder | checkout | x.....
  platform          | responder | search   | xxxx..
  lead              | -         | checkout | x...xx
  lead              | -         | search   | x...xx
  lead              | -         | -        | x...xx
  lead              | commander | checkout | xx..xx
  lead              | responder | search   | xx..xx
  lead              | scribe    | search   | x...xx
  oncall+contractor | -         | checkout | xxx...
  oncall+contractor | -         | search   | xxx...
  oncall+contractor | -         | -        | xxx...
  oncall+contractor | commander | checkout | xxx...
  oncall+contractor | responder | search   | xxx...
  lead+contractor   | -         | checkout | x.....
  lead+contractor   | -         | search   | x...xx
  lead+contractor   | -         | -        | x.....
  lead+contractor   | commander | checkout | xx....
  lead+contractor   | commander | search   | x...xx
  in the channel    | -         | checkout | x...x.
  in the channel    | -         | search   | x.....
  in the channel    | -         | -        | x.....
  in the channel    | commander | checkout | xx..xx
  in the channel    | responder | search   | xx....
`;

type Row = {
  readonly person: string;
  readonly role: string;
  readonly service: string;
  readonly right: Right;
  readonly allowed: boolean;
};

const rows: readonly Row[] = table
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [person = '', role = '', service = '', marks = ''] = line.split('|').map((cell) => cell.trim());
    return rights.map((right, column) => ({ person, role, service, right, allowed: marks[column] === 'x' }));
  });

const rolesFor = (role: string): Roles =>
  role === 'responder'
    ? { roles: {}, responders: ['U1'] }
    : { roles: role === '-' ? {} : { [role as Exclude<IncidentRole, 'responder'>]: 'U1' }, responders: [] };

const said = (who: Known, { role, service, right }: Row) =>
  may(access, { kind: 'person', ...who }, right, service === '-' ? null : service, { roles: rolesFor(role) });

describe('who may do what', { tags: ['trust-29'] }, () => {
  it('has a row for each of at least two hundred questions', async ({ annotate }) => {
    expect(rows.length).toBeGreaterThanOrEqual(200);
    await annotate(`${rows.length} rows of person, role, service and right`, 'figure');
  });

  it.each(rows)('$person as $role on $service: $right', (row) => {
    expect(said({ user: 'U1', groups: people[row.person] ?? [] }, row).allowed).toBe(row.allowed);
  });

  it('takes a role from the incident alone: the same person elsewhere has none of its rights', () => {
    for (const row of rows.filter(({ role, person }) => role !== '-' && person === 'visitor')) {
      const elsewhere = may(access, { kind: 'person', user: 'U1', groups: [] }, row.right, 'checkout', {
        roles: null,
      });
      expect(elsewhere.allowed).toBe(row.right === 'observe');
    }
  });

  it('denies both ways where nobody can say who is in a group', () => {
    const oncall = { user: 'U1', groups: ['oncall'] };
    const row = { role: '-', service: 'checkout' } as Row;
    expect(said(oncall, { ...row, right: 'approve' }).allowed).toBe(true);
    const doubtful = said({ ...oncall, unknown: ['contractors'] }, { ...row, right: 'approve' });
    expect(doubtful).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('did not say who that is'),
    });
    const channel = said({ user: 'U1', groups: [], unknown: ['room'] }, { ...row, right: 'approve' });
    expect(channel).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('did not say who is in'),
    });
    // A rule for a group that came up after they were looked up: nobody has asked whether they are in it.
    const lookedUp = {
      ...oncall,
      resolved: Object.keys(access.groups).filter((name) => name !== 'contractors'),
    };
    expect(said(lookedUp, { ...row, right: 'approve' }).allowed).toBe(false);
    expect(
      said({ ...oncall, resolved: Object.keys(access.groups) }, { ...row, right: 'approve' }).allowed,
    ).toBe(true);
    // What neither rule is about is not touched by the doubt.
    expect(said({ ...oncall, unknown: ['contractors'] }, { ...row, right: 'change' }).allowed).toBe(true);
  });
});
