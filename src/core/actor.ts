/** Who made something happen. Groups are resolved just before the decision and only for it; the log keeps the id. */
export type Actor =
  | { readonly kind: 'person'; readonly user: string; readonly groups: readonly string[] }
  | { readonly kind: 'alertmanager' }
  | { readonly kind: 'bot' }
  | { readonly kind: 'operator'; readonly name: string };

/** The actor as the log keeps it: `U024BE7LH`, `alertmanager`, `bot`, `operator:root`. */
export function actorId(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.user;
    case 'operator':
      return `operator:${actor.name}`;
    case 'alertmanager':
    case 'bot':
      return actor.kind;
    default: {
      const never: never = actor;
      return never;
    }
  }
}
