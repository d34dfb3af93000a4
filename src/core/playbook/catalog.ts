import type { Action, Host, Indicator, Service, Step, VerifyTarget } from './definition.ts';
import { unknownName } from './nearest.ts';
import type { HostBook, ServiceBook } from './serviceBook.ts';

/**
 * The services of a room as one playbook sees them: what belongs to its own has its plain name, what belongs to another
 * one its qualified name, `genesis-redis/restart`, and everything that it names in turn is qualified as well.
 */
export type Catalog = {
  readonly own: ServiceBook;
  /** By name; null where a file could be named but not read. */
  readonly services: ReadonlyMap<string, ServiceBook | null>;
};

export type Thing = 'action' | 'indicator';

/** A name that was found, though what it stands for may be broken; or why it was not, `null` where that is said elsewhere. */
export type Found =
  | { readonly ok: true; readonly key: string }
  | { readonly ok: false; readonly message: string | null };

/** What a name written in a playbook of the service `home` stands for. */
export function findNamed(catalog: Catalog, home: ServiceBook, thing: Thing, written: string): Found {
  const slash = written.indexOf('/');
  if (slash < 0) return findIn(catalog, home, thing, written, written);
  const service = written.slice(0, slash);
  const name = written.slice(slash + 1);
  if (!catalog.services.has(service))
    return { ok: false, message: unknownName('service', service, [...catalog.services.keys()]) };
  const book = catalog.services.get(service);
  return book ? findIn(catalog, book, thing, name, written) : { ok: false, message: null };
}

function findIn(catalog: Catalog, book: ServiceBook, thing: Thing, name: string, written: string): Found {
  const things = thing === 'action' ? book.actions : book.indicators;
  if (things.has(name)) return { ok: true, key: keyOf(catalog, book.name, name) };
  if (!book.whole) return { ok: false, message: null };
  const before = written.slice(0, written.length - name.length);
  const known = [...things.keys()].map((each) => `${before}${each}`);
  return { ok: false, message: unknownName(thing, written, known) };
}

const keyOf = ({ own }: Catalog, service: string, name: string): string =>
  service === own.name ? name : `${service}/${name}`;

function bookOf({ own, services }: Catalog, key: string): { book: ServiceBook | null; name: string } {
  const slash = key.indexOf('/');
  if (slash < 0) return { book: own, name: key };
  return { book: services.get(key.slice(0, slash)) ?? null, name: key.slice(slash + 1) };
}

export function indicatorAt(catalog: Catalog, key: string): Indicator | null {
  const { book, name } = bookOf(catalog, key);
  const indicator = book?.indicators.get(name) ?? null;
  return indicator && book !== catalog.own
    ? { ...indicator, name: key, service: book?.name ?? '' }
    : indicator;
}

/** The action of a key, with all that it names made to be found from the playbook. */
export function actionAt(catalog: Catalog, key: string): Action | null {
  const { book, name } = bookOf(catalog, key);
  const action = book?.actions.get(name) ?? null;
  if (!action || !book || book === catalog.own) return action;
  const qualified = (each: string) => keyOf(catalog, book.name, each);
  const { verify, probe, undo, evidence } = action;
  return {
    ...action,
    name: key,
    service: book.name,
    // biome-ignore lint/suspicious/noThenProperty: it is the operators' word, and nobody awaits an action.
    then: action.then.map(qualified),
    ...(verify && { verify: { ...verify, indicator: qualified(verify.indicator) } }),
    ...(probe !== undefined && { probe: qualified(probe) }),
    ...(evidence && { evidence: evidence.map(qualified) }),
    undo: undo.kind === 'action' ? { kind: 'action', action: qualified(undo.action) } : undo,
  };
}

/** The service with what the steps can reach and nothing more, so that a change elsewhere leaves the hash alone. */
export function reachable(steps: readonly Step[], catalog: Catalog, hostBook: HostBook): Service {
  const actions: Record<string, Action> = {};
  const indicators: Record<string, Indicator> = {};
  const hosts: Record<string, Host> = {};
  const addIndicator = (key: string) => {
    const indicator = indicatorAt(catalog, key);
    if (indicator) indicators[key] = indicator;
  };
  const addTarget = (target: VerifyTarget | undefined) => {
    if (target) addIndicator(target.indicator);
  };
  const addAction = (key: string) => {
    const action = Object.hasOwn(actions, key) ? null : actionAt(catalog, key);
    if (!action) return;
    actions[key] = action;
    const host = hostBook?.get(action.host);
    if (host) hosts[action.host] = host;
    addTarget(action.verify);
    if (action.probe !== undefined) addIndicator(action.probe);
    if (action.undo.kind === 'action') addAction(action.undo.action);
    for (const next of action.then) addAction(next);
    for (const kept of action.evidence ?? []) addAction(kept);
  };
  const visit = (step: Step) => {
    switch (step.kind) {
      case 'chart':
        addIndicator(step.indicator);
        return;
      case 'verify':
        addTarget(step.target);
        step.onFail?.forEach(visit);
        return;
      case 'observe':
        for (const each of step.actions ?? [step.action]) addAction(each);
        return;
      case 'do':
        addAction(step.action);
        addTarget(step.verify);
        step.onFail?.forEach(visit);
        return;
      case 'choose':
        for (const option of step.options) option.steps.forEach(visit);
        return;
      case 'stage':
      case 'call':
        step.steps.forEach(visit);
        return;
      case 'ask':
      case 'offer':
      case 'wait':
      case 'checklist':
        return;
      default: {
        const never: never = step;
        return never;
      }
    }
  };
  steps.forEach(visit);
  return { name: catalog.own.name, indicators, actions, hosts, links: catalog.own.links };
}
