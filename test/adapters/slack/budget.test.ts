import { describe, expect, it } from 'vitest';
import { type Budget, createBudget, type Priority } from '../../../src/adapters/slack/budget.ts';
import { WorkFailed } from '../../../src/engine/ports.ts';
import { manualClock } from './clocks.ts';

function setUp() {
  const clock = manualClock(1_000_000);
  const budget = createBudget(clock);
  const done: string[] = [];
  const post = (name: string, channel: string, priority: Priority = 'routine') =>
    ask(budget, name, { method: 'chat.postMessage', channel, priority });
  async function ask(
    to: Budget,
    name: string,
    call: { method: string; channel: string | null; priority: Priority },
  ): Promise<string | WorkFailed> {
    try {
      await to.run({
        ...call,
        perform: async () => {
          done.push(name);
        },
      });
      return name;
    } catch (error) {
      if (error instanceof WorkFailed) return error;
      throw error;
    }
  }
  return { clock, budget, done, post, ask };
}

describe('the budget of calls to Slack', () => {
  it('lets a short burst into one channel, then one message a second', () => {
    const { clock, done, post } = setUp();
    for (let n = 1; n <= 6; n += 1) void post(`m${n}`, 'C1');
    expect(done).toEqual(['m1', 'm2', 'm3', 'm4']);
    clock.move(3_999);
    expect(done).toHaveLength(4);
    clock.move(1);
    expect(done).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  });

  it('a full channel does not hold up another', () => {
    const { done, post } = setUp();
    for (let n = 1; n <= 5; n += 1) void post(`a${n}`, 'C1');
    void post('b1', 'C2');
    expect(done).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  });

  it('what people wait for goes first', () => {
    const { clock, done, post } = setUp();
    for (let n = 1; n <= 4; n += 1) void post(`m${n}`, 'C1');
    void post('announcement', 'C1');
    void post('step', 'C1', 'people');
    clock.move(4_000);
    expect(done.slice(4)).toEqual(['step', 'announcement']);
  });

  it('never makes more calls of a method within a minute than Slack allows', () => {
    const { clock, budget, ask } = setUp();
    const at: number[] = [];
    for (let minute = 0; minute < 3 * 60; minute += 1) {
      void ask(
        {
          ...budget,
          run: (call) =>
            budget.run({
              ...call,
              perform: () => {
                at.push(clock.now());
                return call.perform();
              },
            }),
        },
        'create',
        { method: 'conversations.create', channel: null, priority: 'routine' },
      );
      clock.move(1_000);
    }
    const most = Math.max(
      ...at.map((from) => at.filter((each) => each >= from && each < from + 60_000).length),
    );
    expect(most).toBe(20);
  });

  it('Retry-After rests that method in that channel and nothing else', () => {
    const { clock, budget, done, post, ask } = setUp();
    budget.rest('chat.postMessage', 'C1', 5_000);
    void post('resting', 'C1');
    void post('other channel', 'C2');
    void ask(budget, 'other method', { method: 'chat.update', channel: null, priority: 'routine' });
    expect(done).toEqual(['other channel', 'other method']);
    clock.move(4_999);
    expect(done).not.toContain('resting');
    clock.move(1);
    expect(done).toContain('resting');
  });

  it('gives back what would wait for long, with the time to come again', async () => {
    const { budget, post, done } = setUp();
    budget.rest('chat.postMessage', 'C1', 300_000);
    const answer = await post('storm', 'C1');
    expect(answer).toMatchObject({ code: 'rate-limited', retry: { afterMs: 300_000 }, uncertain: false });
    expect(done).toEqual([]);
  });

  it('gives back everything that waits when the bot stops', async () => {
    const { budget, post } = setUp();
    for (let n = 1; n <= 4; n += 1) void post(`m${n}`, 'C1');
    const waiting = post('late', 'C1');
    budget.stop();
    expect(await waiting).toMatchObject({ code: 'rate-limited' });
  });
});
