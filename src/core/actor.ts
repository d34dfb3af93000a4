/** Who made something happen. Groups are resolved just before the decision and only for it; the log keeps the id. */
export type Actor =
  | {
      readonly kind: 'person';
      readonly user: string;
      readonly groups: readonly string[];
      /** Groups of which nobody could say whether the person is in them; left out where everything is known. */
      readonly unknown?: readonly string[];
      /** The groups that they were looked up in, where they were: of any other nobody has asked. */
      readonly resolved?: readonly string[];
    }
  | { readonly kind: 'alertmanager' }
  | { readonly kind: 'bot' }
  | { readonly kind: 'operator'; readonly name: string }
  /** Somebody who did it in PagerDuty and is nobody that the chat knows, or may not do it there. */
  | { readonly kind: 'pagerduty'; readonly name: string };

/** Whether this is the id of somebody in the chat, and of nobody else that does something. */
export const isSlackId = (id: string): boolean => /^[UW][A-Z0-9]{1,30}$/.test(id);

/** The id of whoever is mentioned by all of this text, with their name or without it; null for any other words. */
export const mentioned = (text: string): string | null =>
  /^<@([UW][A-Z0-9]{2,30})(?:\|[^>]*)?>$/.exec(text)?.[1] ?? null;

const pagerPrefix = 'pagerduty:';

/** The name of somebody who is only known from PagerDuty, by an id of the log; null for everybody else. */
export const nameInPager = (id: string): string | null =>
  id.startsWith(pagerPrefix) ? id.slice(pagerPrefix.length) : null;

/** Somebody of the log in a sentence: a mention, or a name with where it is from. */
export const spokenActor = (id: string): string => {
  const name = nameInPager(id);
  return name === null ? `<@${id}>` : `${name} in PagerDuty`;
};

/** The actor as the log keeps it: `U024BE7LH`, `alertmanager`, `bot`, `operator:root`, `pagerduty:On-call engineer`. */
export function actorId(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.user;
    case 'operator':
      return `operator:${actor.name}`;
    case 'pagerduty':
      return `${pagerPrefix}${actor.name}`;
    case 'alertmanager':
    case 'bot':
      return actor.kind;
    default: {
      const never: never = actor;
      return never;
    }
  }
}
