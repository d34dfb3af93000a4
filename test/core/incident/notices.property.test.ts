import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { episodeKey, type Notice } from '../../../src/core/alert/alert.ts';
import { withoutOrder } from '../../fakes/withoutOrder.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const names = ['HighErrorRate', 'ServiceDown', 'Slow', 'Odd'] as const;

/** An episode that is still firing, or one that has ended. */
const episode = fc
  .record({
    name: fc.constantFrom(...names),
    service: fc.constantFrom('checkout', 'search'),
    instance: fc.integer({ min: 1, max: 2 }),
    over: fc.boolean(),
  })
  .map(({ name, service, instance, over }) => {
    const firing = notice({ name, service, fingerprint: `${name}/${service}/${instance}` });
    return over ? [firing, ended(firing)] : [firing];
  });

const episodes = fc.uniqueArray(episode, {
  minLength: 1,
  maxLength: 6,
  selector: ([firing]) => (firing ? episodeKey(firing) : ''),
});

const settled = (world: World) => withoutOrder(world.incidents());

const told = (notices: readonly Notice[]): World => {
  const world = createWorld();
  for (const each of notices) world.notice(each);
  return world;
};

/** The set with repetitions, in any order in which no alert ends before it was first heard of. */
const deliveries = (sets: readonly (readonly Notice[])[]) => {
  const all = sets.flat();
  return fc
    .array(fc.nat(all.length - 1), { maxLength: 20 })
    .chain((again) =>
      fc.shuffledSubarray([...all, ...again.map((at) => all[at]!)], { minLength: all.length + again.length }),
    )
    .map((order) => {
      const heard = new Set<string>();
      const early: Notice[] = [];
      const inOrder = order.filter((each) => {
        if (each.status === 'firing') heard.add(episodeKey(each));
        else if (!heard.has(episodeKey(each))) {
          early.push(each);
          return false;
        }
        return true;
      });
      return [...inOrder, ...early];
    });
};

describe('a set of notices', { tags: ['trust-9'] }, () => {
  it('ends in the same state however often and in whatever order it is delivered', () => {
    fc.assert(
      fc.property(
        episodes.chain((sets) => fc.tuple(fc.constant(sets), deliveries(sets))),
        ([sets, order]) => {
          expect(settled(told(order))).toEqual(settled(told(sets.flat())));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('comes to the same state after one more round even where an end was heard of before its beginning', () => {
    fc.assert(
      fc.property(
        episodes.chain((sets) =>
          fc.tuple(fc.constant(sets), fc.shuffledSubarray(sets.flat(), { minLength: sets.flat().length })),
        ),
        ([sets, order]) => {
          expect(settled(told([...order, ...sets.flat()]))).toEqual(settled(told(sets.flat())));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never leaves two incidents open for one service', () => {
    fc.assert(
      fc.property(
        episodes.chain((sets) => deliveries(sets)),
        (order) => {
          const services = told(order)
            .incidents()
            .map(({ service }) => service);
          expect(new Set(services).size).toBe(services.length);
        },
      ),
    );
  });

  it('is the fold of its events and nothing else', () => {
    fc.assert(
      fc.property(
        episodes.chain((sets) => deliveries(sets)),
        (order) => {
          const world = told(order);
          expect(world.refolded()).toEqual(world.states);
        },
      ),
    );
  });
});
