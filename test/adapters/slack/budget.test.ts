import { describe, expect, it } from 'vitest';
import {
  answerPatienceMs,
  type Budget,
  createBudget,
  type Priority,
} from '../../../src/adapters/slack/budget.ts';
import { WorkFailed } from '../../../src/engine/ports.ts';
import { manualClock } from './clocks.ts';

/** What was begun has ended by then: nothing in these tests takes longer than the turn it is begun in. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const clock = manualClock(1_000_000);
  const move = async (ms: number) => {
    await turn();
    clock.move(ms);
    await turn();
  };
  const budget = createBudget(clock);
  const done: string[] = [];
  const post = (name: string, channel: string, priority: Priority = 'routine') =>
    ask(budget, name, { method: 'chat.postMessage', channel, priority });
  async function ask(
    to: Budget,
    name: string,
    call: { method: string; channel: string | null; priority: Priority; rank?: number },
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
  return { clock, move, budget, done, post, ask };
}

describe('the budget of calls to Slack', () => {
  it('lets a short burst into one channel, then one message a second', async () => {
    const { move, done, post } = setUp();
    for (let n = 1; n <= 6; n += 1) void post(`m${n}`, 'C1');
    expect(done).toEqual(['m1', 'm2', 'm3', 'm4']);
    await move(3_999);
    expect(done).toHaveLength(4);
    await move(1);
    expect(done).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  });

  it('a full channel does not hold up another', async () => {
    const { done, post } = setUp();
    for (let n = 1; n <= 5; n += 1) void post(`a${n}`, 'C1');
    void post('b1', 'C2');
    await turn();
    expect(done).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  });

  it('what people wait for goes first', async () => {
    const { move, done, post } = setUp();
    for (let n = 1; n <= 4; n += 1) void post(`m${n}`, 'C1');
    void post('announcement', 'C1');
    void post('step', 'C1', 'people');
    await move(4_000);
    expect(done.slice(4)).toEqual(['step', 'announcement']);
  });

  it('never makes more calls of a method within a minute than Slack allows', async () => {
    const { clock, move, budget, ask } = setUp();
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
      await move(1_000);
    }
    const most = Math.max(
      ...at.map((from) => at.filter((each) => each >= from && each < from + 60_000).length),
    );
    expect(most).toBe(20);
  });

  it('Retry-After rests that method in that channel and nothing else', async () => {
    const { move, budget, done, post, ask } = setUp();
    budget.rest('chat.postMessage', 'C1', 5_000);
    void post('resting', 'C1');
    void post('other channel', 'C2');
    void ask(budget, 'other method', { method: 'chat.update', channel: null, priority: 'routine' });
    expect(done).toEqual(['other channel', 'other method']);
    await move(4_999);
    expect(done).not.toContain('resting');
    await move(1);
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

  it('a second channel that is told to rest means that the whole workspace is', async () => {
    const { move, budget, done, post } = setUp();
    budget.rest('chat.postMessage', 'C1', 30_000);
    void post('other channel', 'C2');
    expect(done).toEqual(['other channel']);
    await move(1_000);
    budget.rest('chat.postMessage', 'C2', 30_000);
    expect(await post('third channel', 'C3')).toMatchObject({
      code: 'rate-limited',
      retry: { afterMs: 30_000 },
    });
    expect(done).toEqual(['other channel']);
  });

  it('of channels that wait to be opened, the most urgent is the next', async () => {
    const { move, budget, done, ask } = setUp();
    const create = (name: string, rank: number) =>
      void ask(budget, name, { method: 'conversations.create', channel: null, priority: 'people', rank });
    for (let n = 1; n <= 20; n += 1) {
      create(`early-${n}`, 2);
      await turn();
    }
    await move(55_000);
    create('P2', 2);
    create('P1', 1);
    create('P0', 0);
    await move(5_000);
    expect(done.slice(20)).toEqual(['P0', 'P1', 'P2']);
  });

  it('keeps few calls of a method under way, so that few are refused; but nobody who clicked waits for that', async () => {
    const { budget } = setUp();
    const begun: string[] = [];
    const hanging = (name: string, patienceMs?: number) =>
      void budget.run({
        method: 'chat.update',
        channel: null,
        priority: 'routine',
        ...(patienceMs === undefined ? {} : { patienceMs }),
        perform: () => {
          begun.push(name);
          return new Promise(() => undefined);
        },
      });
    for (let n = 1; n <= 10; n += 1) hanging(`update ${n}`);
    expect(begun).toHaveLength(4);
    hanging('answer', answerPatienceMs);
    expect(begun.slice(4)).toEqual(['answer']);
  });

  it('gives an answer back soon that cannot go soon', async () => {
    const { budget } = setUp();
    budget.rest('views.open', null, 4_000);
    const form = budget.run({
      ...{ method: 'views.open', channel: null, priority: 'people', patienceMs: answerPatienceMs },
      perform: async () => 'opened',
    });
    await expect(form).rejects.toMatchObject({ code: 'rate-limited', retry: { afterMs: 4_000 } });
    expect(budget.waitFor('views.open')).toBe(4_000);
    expect(budget.waitFor('chat.update')).toBe(0);
  });
});
