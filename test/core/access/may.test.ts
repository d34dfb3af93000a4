import { describe, expect, it } from 'vitest';
import type { Access } from '../../../src/core/access/access.ts';
import { may } from '../../../src/core/access/may.ts';
import { resolveGroups } from '../../../src/core/access/membership.ts';
import type { Actor } from '../../../src/core/actor.ts';

const person = (...groups: string[]): Actor => ({ kind: 'person', user: 'U1', groups });

const access: Access = {
  groups: {
    oncall: { usergroup: 'oncall', users: ['U9'] },
    leads: { usergroup: null, users: ['U1'] },
  },
  rules: [
    { effect: 'allow', rights: ['observe'], to: ['everyone'], on: 'any' },
    { effect: 'allow', rights: ['change', 'destroy'], to: ['oncall'], on: ['checkout'] },
    { effect: 'deny', rights: ['destroy'], to: ['trainees'], on: 'any' },
  ],
};

describe('who may do what', () => {
  it('denies what no rule allows, and says who can', () => {
    expect(may(access, person(), 'change', 'checkout')).toEqual({
      allowed: false,
      reason: 'You may not act on checkout. @oncall can.',
    });
    expect(may(access, person('oncall'), 'approve', 'checkout')).toEqual({
      allowed: false,
      reason: 'You may not approve changes to checkout. No group has this right.',
    });
  });

  it('allows what a rule allows, on its services only', () => {
    expect(may(access, person('oncall'), 'change', 'checkout').allowed).toBe(true);
    expect(may(access, person('oncall'), 'change', 'search').allowed).toBe(false);
    expect(may(access, person('oncall'), 'change', null).allowed).toBe(false);
    expect(may(access, person(), 'observe', null).allowed).toBe(true);
  });

  it('lets any deny win, wherever it stands and whatever else allows it', () => {
    const both = person('oncall', 'trainees');
    expect(may(access, both, 'destroy', 'checkout')).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('denies destroy'),
    });
    expect(may(access, both, 'change', 'checkout').allowed).toBe(true);
  });

  it('finds the groups of a person by user group and by name', () => {
    const groupsOf = (user: string, handles: readonly string[]) =>
      resolveGroups(access, user, { handles }).groups;
    expect(groupsOf('U1', ['oncall', 'somebody-else'])).toEqual(['oncall', 'leads']);
    expect(groupsOf('U9', [])).toEqual(['oncall']);
    expect(groupsOf('U2', ['leads'])).toEqual([]);
  });
});
