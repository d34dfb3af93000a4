import { accept, type Decision } from './decision.ts';
import type { Effect, EffectBody } from './effect.ts';

/**
 * A decision in the making: each event is applied at once, so that what follows is decided on the state it leaves.
 * Everything in here is local to one decision.
 */
export class Draft<S, E> {
  state: S;
  readonly #evolve: (state: S, event: E) => S;
  readonly #events: E[] = [];
  readonly #effects: Effect[] = [];
  readonly #taken: string[] = [];
  readonly #freed: string[] = [];
  readonly #definitions: Record<string, string> = {};

  constructor(state: S, evolve: (state: S, event: E) => S) {
    this.state = state;
    this.#evolve = evolve;
  }

  emit(event: E): void {
    this.state = this.#evolve(this.state, event);
    this.#events.push(event);
  }

  /** `coalesce` replaces a waiting effect of the same subject; `notBefore` makes a timer. */
  effect(body: EffectBody, options: { lane?: string; coalesce?: string; notBefore?: number } = {}): void {
    const coalesce = options.coalesce ?? null;
    const effect: Effect = {
      ...body,
      lane: options.lane ?? null,
      coalesce,
      notBefore: options.notBefore ?? 0,
    };
    const earlier = coalesce === null ? -1 : this.#effects.findIndex((each) => each.coalesce === coalesce);
    // Within one decision the first place is kept: order in the lane is the order in which things became known.
    if (earlier >= 0) this.#effects[earlier] = effect;
    else this.#effects.push(effect);
  }

  take(claim: string): void {
    this.#taken.push(claim);
  }

  free(claim: string): void {
    this.#freed.push(claim);
  }

  keepDefinition(hash: string, canonical: string): void {
    this.#definitions[hash] = canonical;
  }

  decided(): Decision<E> {
    return accept(this.#events, this.#effects, {
      taken: this.#taken,
      freed: this.#freed,
      definitions: this.#definitions,
    });
  }
}
