import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Action, Host, Indicator, Service, Step, VerifyTarget } from '../playbook/definition.ts';
import type { LedgerRef } from '../stream.ts';
import type { RunView } from '../view.ts';
import { actionOf, riskier } from './resolve.ts';
import type { LedgerEntry } from './run.ts';

type Made = { readonly ref: LedgerRef; readonly entry: LedgerEntry; readonly view: RunView };

/**
 * One step for each change, with the actions that it needs copied from the definition that the change was made with.
 * Two changes may come from definitions that say different things by one name, so every copy has a name of its own.
 */
export function undoSteps(made: readonly Made[]): {
  readonly steps: readonly Step[];
  readonly service: Service;
} {
  const gathered: Gathered = { actions: {}, hosts: {}, indicators: {} };
  const steps = made.map(({ ref, entry, view }, index): Step => {
    const { service } = view.definition;
    const name = `undo-${index + 1}`;
    const copy = new Copier(service, name, gathered);
    const changed = actionOf(service, entry.action);
    const back = changed.undo.kind === 'action' ? byAction(copy, changed) : byContent(copy, changed, entry);
    gathered.actions[name] = {
      ...back,
      name,
      title: `Undo: ${changed.title}`,
      undo: { kind: 'none', why: 'Carry it out again where it is wanted back.' },
    };
    return { id: `${index + 1}`, kind: 'do', action: name, undoes: ref };
  });
  const { name = '', links = {} } = made[0]?.view.definition.service ?? {};
  return { steps, service: { name: made[0]?.entry.service ?? name, links, ...gathered } };
}

type Back = Omit<Action, 'name' | 'title' | 'undo'>;

/** The action that the operator named as the way back, at the risk of the more dangerous of both. */
function byAction(copy: Copier, changed: Action): Back {
  if (changed.undo.kind !== 'action') throw new Error(`${changed.name} is not undone by an action`);
  const undo = actionOf(copy.service, changed.undo.action);
  const chain = copy.chain(undo);
  const verify = firstVerify([undo, ...chain]) ?? changed.verify;
  const { verify: _, ...rest } = copy.action(undo);
  const confirm = undo.confirm ?? changed.confirm;
  return {
    ...rest,
    ...bothDemands(undo, changed),
    ...(confirm !== undefined && { confirm }),
    ...(undo.evidence === undefined && keptEvidence(copy, changed)),
    says: [undo.title, ...(undo.says === undefined ? [] : [undo.says])].map(sentence).join(' '),
    risk: [undo, ...chain].map(({ risk }) => risk).reduce(riskier, changed.risk),
    ...(verify && { verify: copy.verify(verify) }),
  };
}

/** The content from before, and again what followed the write, without which the old content would have no effect. */
function byContent(copy: Copier, changed: Action, { file }: LedgerEntry): Back {
  const { does } = changed;
  if (does.kind !== 'write' || !file) throw new Error(`${changed.name} kept nothing that could be put back`);
  const followers = changed.then.map((next) => actionOf(copy.service, next)).filter(isRepeated);
  const chain = followers.flatMap((next) => [next, ...copy.chain(next)]);
  const verify = changed.verify ?? firstVerify(chain);
  const first =
    file.previous === null
      ? `Removes ${file.path}, which was not there before.`
      : `Puts back ${file.path} as it was before.`;
  const after = chain.flatMap(({ title, says }) => [title, ...(says === undefined ? [] : [says])]);
  return {
    says: [first, ...after].map(sentence).join(' '),
    risk: chain.map(({ risk }) => risk).reduce(riskier, changed.risk),
    host: copy.host(changed.host),
    does: {
      kind: 'put-back',
      file: file.path,
      content: file.previous,
      expects: sha256Hex(does.content),
    },
    // biome-ignore lint/suspicious/noThenProperty: it is the operators' word, and nobody awaits an action.
    then: followers.map((next) => copy.kept(next)),
    timeoutMs: changed.timeoutMs,
    succeeds: [0],
    secrets: [],
    ...(changed.service !== undefined && { service: changed.service }),
    ...(changed.environment !== undefined && { environment: changed.environment }),
    ...(changed.approvals && { approvals: changed.approvals }),
    ...(changed.confirm !== undefined && { confirm: changed.confirm }),
    ...keptEvidence(copy, changed),
    ...(verify && { verify: copy.verify(verify) }),
  };
}

/** Of the same people the greater number; of different people both. */
function bothDemands(undo: Action, { approvals }: Action): Pick<Action, 'approvals' | 'furtherApprovals'> {
  const own = undo.approvals;
  if (!approvals) return own ? { approvals: own } : {};
  if (!own) return { approvals };
  if (canonicalJson(own.from ?? []) !== canonicalJson(approvals.from ?? []))
    return { approvals: own, furtherApprovals: [approvals] };
  return { approvals: own.count >= approvals.count ? own : approvals };
}

/** What had to be seen before the change is seen before it is taken back, which wipes the traces of the change. */
const keptEvidence = (copy: Copier, { evidence }: Action): Pick<Action, 'evidence'> =>
  evidence ? { evidence: evidence.map((name) => copy.kept(actionOf(copy.service, name))) } : {};

/** What followed and has a way back of its own is a change of its own, and was taken back before this one. */
const isRepeated = ({ undo }: Action): boolean => undo.kind === 'none';

const firstVerify = (actions: readonly Action[]): VerifyTarget | undefined =>
  actions.map(({ verify }) => verify).find((each) => each !== undefined);

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

type Gathered = {
  readonly actions: Record<string, Action>;
  readonly hosts: Record<string, Host>;
  readonly indicators: Record<string, Indicator>;
};

/** Copies from one definition; local to one call, like what it gathers. */
class Copier {
  readonly service: Service;
  readonly #prefix: string;
  readonly #into: Gathered;

  constructor(service: Service, prefix: string, into: Gathered) {
    this.service = service;
    this.#prefix = prefix;
    this.#into = into;
  }

  /** All that follows an action, in order. */
  chain(action: Action): readonly Action[] {
    return action.then.flatMap((name) => {
      const next = actionOf(this.service, name);
      return [next, ...this.chain(next)];
    });
  }

  action({ probe, verify, evidence, ...action }: Action): Action {
    return {
      ...action,
      host: this.host(action.host),
      // biome-ignore lint/suspicious/noThenProperty: as above.
      then: action.then.map((name) => this.kept(actionOf(this.service, name))),
      ...(probe !== undefined && { probe: this.#indicator(probe) }),
      ...(verify && { verify: this.verify(verify) }),
      ...(evidence && { evidence: evidence.map((name) => this.kept(actionOf(this.service, name))) }),
    };
  }

  /** Copies an action as one that follows, and answers its name there. */
  kept(action: Action): string {
    const name = `${this.#prefix}.${action.name}`;
    const { undo } = action;
    this.#into.actions[name] = {
      ...this.action(action),
      name,
      undo: undo.kind === 'none' ? undo : { kind: 'none', why: 'It is part of taking something else back.' },
    };
    return name;
  }

  verify(target: VerifyTarget): VerifyTarget {
    return { ...target, indicator: this.#indicator(target.indicator) };
  }

  host(key: string): string {
    const host = this.service.hosts[key];
    if (!host) throw new Error(`${this.service.name} has no host ${key}`);
    return put(this.#into.hosts, { key, value: host, prefix: this.#prefix });
  }

  #indicator(name: string): string {
    const indicator = this.service.indicators[name];
    if (!indicator) throw new Error(`${this.service.name} has no indicator ${name}`);
    return put(this.#into.indicators, { key: name, value: indicator, prefix: this.#prefix });
  }
}

/** Keeps the name where nothing else has it, since people know it. */
function put<T>(into: Record<string, T>, { key, value, prefix }: { key: string; value: T; prefix: string }) {
  const there = Object.hasOwn(into, key) ? into[key] : undefined;
  const free = there === undefined || canonicalJson(there) === canonicalJson(value);
  const name = free ? key : `${prefix}.${key}`;
  into[name] = value;
  return name;
}
