import type { FaultRule } from './faultRules.ts';

/** The switched-on faults. A rule with a count is used up by what it applies to. */
export interface Faults {
  /** Switches these on in place of all others. */
  set(...rules: FaultRule[]): void;
  /** Switches these on besides the others. */
  add(...rules: FaultRule[]): void;
  clear(): void;
  rules(): FaultRule[];
  /** The first rule of one of these kinds that applies to the subject; counts as one use. */
  take<Kind extends FaultRule['kind']>(
    kinds: readonly Kind[],
    subject: string,
  ): Extract<FaultRule, { kind: Kind }> | null;
}

function subjectPattern(rule: FaultRule): string {
  if ('method' in rule) return rule.method;
  if ('event' in rule) return rule.event;
  return '*';
}

function matches(pattern: string, subject: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(subject);
}

function isOneOf<Kind extends FaultRule['kind']>(
  rule: FaultRule,
  kinds: readonly Kind[],
): rule is Extract<FaultRule, { kind: Kind }> {
  return kinds.some((kind) => kind === rule.kind);
}

export function createFaults(onChange: () => void): Faults {
  let rules: FaultRule[] = [];
  function change(next: FaultRule[]): void {
    rules = next;
    onChange();
  }
  return {
    set: (...next) => change(next.map((rule) => ({ ...rule }))),
    add: (...more) => change([...rules, ...more.map((rule) => ({ ...rule }))]),
    clear: () => change([]),
    rules: () => structuredClone(rules),
    take(kinds, subject) {
      for (const rule of rules) {
        if (!isOneOf(rule, kinds) || !matches(subjectPattern(rule), subject)) continue;
        if (rule.count !== undefined) {
          rule.count -= 1;
          if (rule.count <= 0) change(rules.filter((other) => other !== rule));
        }
        return rule;
      }
      return null;
    },
  };
}
