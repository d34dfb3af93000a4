import { newSecret } from './ids.ts';

/** What an interaction gives the app to answer with: a short-lived trigger_id and a response_url. */

const triggerLife = 3_000;
const responseUrlLife = 30 * 60_000;
const responseUrlUses = 5;

export interface TriggerSource {
  userId: string;
  /** Whether the interaction came from within a modal; only such a trigger can push a view. */
  isFromModal: boolean;
}

export type TriggerUse =
  | { kind: 'good'; source: TriggerSource }
  | { kind: 'refused'; error: 'expired_trigger_id' | 'exchanged_trigger_id' | 'invalid_trigger_id' };

/** Where an answer through a response_url goes. */
export interface ResponseTarget {
  userId: string;
  channelId: string;
  threadTs?: string;
  /** The message that was clicked, if it was one. */
  original?: { kind: 'message'; ts: string } | { kind: 'ephemeral'; id: string };
}

export type ResponseUrlUse =
  | { kind: 'good'; target: ResponseTarget }
  | { kind: 'refused'; error: 'expired_url' | 'used_url' | 'no_such_url' };

export interface Triggers {
  newTrigger(source: TriggerSource): string;
  /** Says whether the trigger is good without using it up. */
  lookAt(id: string): TriggerUse;
  exchange(id: string): void;
  newResponsePath(target: ResponseTarget): string;
  useResponsePath(path: string): ResponseUrlUse;
}

/** `isExpired` lets a fault declare fresh ones expired. */
export function createTriggers(
  now: () => number,
  isExpired: (what: 'trigger' | 'response_url') => boolean,
): Triggers {
  const triggers = new Map<string, { source: TriggerSource; until: number; isExchanged: boolean }>();
  const urls = new Map<string, { target: ResponseTarget; until: number; uses: number }>();
  return {
    newTrigger(source) {
      const id = `${Math.floor(now())}.${1_000_000 + triggers.size}.${newSecret(16)}`;
      const life = isExpired('trigger') ? -1 : triggerLife;
      triggers.set(id, { source, until: now() + life, isExchanged: false });
      return id;
    },
    lookAt(id) {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { kind: 'refused', error: 'invalid_trigger_id' };
      if (trigger.isExchanged) return { kind: 'refused', error: 'exchanged_trigger_id' };
      if (now() > trigger.until) return { kind: 'refused', error: 'expired_trigger_id' };
      return { kind: 'good', source: trigger.source };
    },
    exchange(id) {
      const trigger = triggers.get(id);
      if (trigger !== undefined) trigger.isExchanged = true;
    },
    newResponsePath(target) {
      const path = `/response/${newSecret(12)}/${newSecret(12)}`;
      const life = isExpired('response_url') ? -1 : responseUrlLife;
      urls.set(path, { target, until: now() + life, uses: 0 });
      return path;
    },
    useResponsePath(path) {
      const entry = urls.get(path);
      if (entry === undefined) return { kind: 'refused', error: 'no_such_url' };
      if (now() > entry.until) return { kind: 'refused', error: 'expired_url' };
      if (entry.uses >= responseUrlUses) return { kind: 'refused', error: 'used_url' };
      entry.uses += 1;
      return { kind: 'good', target: entry.target };
    },
  };
}
