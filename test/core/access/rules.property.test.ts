import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Access, type Rule, rights } from '../../../src/core/access/access.ts';
import { explain } from '../../../src/core/access/explain.ts';
import { may } from '../../../src/core/access/may.ts';

const runs = process.env.SOAK ? 20_000 : 2_000;
const names = ['oncall', 'leads', 'commanders', 'channel'] as const;
const services = ['checkout', 'search'] as const;
const environments = ['production', 'staging'] as const;

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });

const rule: fc.Arbitrary<Rule> = fc.record({
  effect: fc.constantFrom('allow', 'deny'),
  rights: some(rights),
  to: some([...names, 'everyone']),
  on: fc.oneof(fc.constant('any' as const), some(services)),
  ...{},
});
const placed = fc
  .tuple(rule, fc.option(some(environments), { nil: undefined }))
  .map(([each, within]): Rule => (within ? { ...each, in: within } : each));

const access = fc.array(placed, { maxLength: 6 }).map(
  (rules): Access => ({
    groups: {
      oncall: { usergroup: 'oncall', users: [] },
      leads: { usergroup: 'leads', users: [] },
      commanders: { usergroup: null, users: [], role: 'commander' },
      channel: { usergroup: null, users: [], channel: 'incident' },
    },
    rules,
    environments: { search: 'staging' },
  }),
);

const asked = fc.record({
  access,
  groups: fc.subarray(['oncall', 'leads', 'channel']),
  unknown: fc.subarray(['oncall', 'leads', 'channel']),
  commands: fc.boolean(),
  right: fc.constantFrom(...rights),
  service: fc.constantFrom('checkout', 'search', null),
});

/** The rules as a person would apply them, written apart from the product. */
function verdict({
  access: { rules, environments: where = {} },
  ...who
}: typeof asked extends fc.Arbitrary<infer T> ? T : never) {
  const { groups, unknown, commands, right, service } = who;
  const environment = (service !== null ? where[service] : undefined) ?? 'production';
  const inGroup = (name: string) =>
    name === 'everyone' || groups.includes(name as never) || (name === 'commanders' && commands);
  let allowed = false;
  for (const { effect, rights: said, to, on, in: within } of rules) {
    if (!said.includes(right)) continue;
    if (on !== 'any' && !(service !== null && on.includes(service))) continue;
    if (within && !within.includes(environment)) continue;
    const doubtful = to.some((name) => unknown.includes(name as never));
    if (effect === 'deny' && (to.some(inGroup) || doubtful)) return false;
    if (effect === 'allow' && to.some(inGroup)) allowed = true;
  }
  return allowed;
}

describe('rules of any kind', () => {
  it('are applied as they read: any deny wins, what cannot be known is a no, and no match is a no', {
    tags: ['trust-29'],
  }, async ({ annotate }) => {
    fc.assert(
      fc.property(asked, (given) => {
        const { right, service, groups, unknown, commands } = given;
        const actor = { kind: 'person', user: 'U1', groups, unknown } as const;
        const roles = { roles: commands ? { commander: 'U1' } : {}, responders: [] };
        const said = may(given.access, actor, right, service, { roles });
        expect(said.allowed).toBe(verdict(given));
      }),
      { numRuns: runs },
    );
    await annotate(`${runs} rooms of rules, each verdict as an independent reading of them`, 'figure');
  });

  it('are explained as they are applied, and the rule that decided is named', () => {
    fc.assert(
      fc.property(asked, (given) => {
        const { right, service, groups, unknown, commands } = given;
        const roles = { roles: commands ? { commander: 'U1' } : {}, responders: [] };
        const found = explain(given.access, { user: 'U1', groups, unknown }, { right, service, roles });
        const actor = { kind: 'person', user: 'U1', groups, unknown } as const;
        expect(found.allowed).toBe(may(given.access, actor, right, service, { roles }).allowed);
        expect(found.looked).toHaveLength(given.access.rules.length);
        if (found.decidedBy) expect(found.decidedBy.applies).toBe(true);
        expect(found.decidedBy?.rule.effect === 'allow').toBe(found.allowed);
      }),
      { numRuns: runs },
    );
  });

  it('let a deny win, wherever it is put', () => {
    fc.assert(
      fc.property(asked, fc.nat(), (given, at) => {
        const { right, service, groups } = given;
        const deny: Rule = { effect: 'deny', rights: [right], to: ['everyone'], on: 'any' };
        const rules = [...given.access.rules];
        rules.splice(at % (rules.length + 1), 0, deny);
        const actor = { kind: 'person', user: 'U1', groups } as const;
        expect(may({ ...given.access, rules }, actor, right, service).allowed).toBe(false);
      }),
      { numRuns: runs },
    );
  });
});
