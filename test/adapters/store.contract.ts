import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../src/core/command.ts';
import type { Answer } from '../../src/core/decision.ts';
import { subjectKey } from '../../src/core/effect.ts';
import type { Claimed, Clock, Store } from '../../src/engine/ports.ts';
import { createClock, type MovedClock } from '../fakes/clock.ts';
import { engineer, minute, room } from '../fakes/room.ts';
import { ended, notice } from '../fakes/world.ts';
import { alert } from './alertCommand.ts';

export type OpenStore = (options: {
  /** The same place opens the same data again. */
  place: string;
  clock: Clock;
  hooks?: { before?: (commit: number) => void; after?: (commit: number) => void };
}) => Store;

const note = (text: string, once?: string): Command => ({
  actor: engineer,
  type: 'incident.note',
  incident: 'INC-1',
  kind: 'note',
  text,
  ...(once === undefined ? {} : { once }),
});

/** What every store promises, whatever it is built on. `place` makes a new empty place for each test. */
export function storeContract(name: string, { open, place }: { open: OpenStore; place: () => string }): void {
  describe(`${name} keeps the promises of a store`, () => {
    let clock: MovedClock;
    let where: string;
    let store: Store;
    const commits = { before: 0, after: 0 };
    let onCommit: { before: () => void; after: () => void };

    beforeEach(() => {
      clock = createClock();
      where = place();
      Object.assign(commits, { before: 0, after: 0 });
      onCommit = { before: () => undefined, after: () => undefined };
      store = openAgain();
    });
    afterEach(() => store.close());

    const openAgain = () =>
      open({
        place: where,
        clock,
        hooks: {
          before: () => {
            commits.before++;
            onCommit.before();
          },
          after: () => {
            commits.after++;
            onCommit.after();
          },
        },
      });

    async function reopen(): Promise<void> {
      await store.close();
      store = openAgain();
    }

    const heads = async () => (await store.claim(clock.now(), { chat: 100, other: 100 })).map((each) => each);

    describe('one turn, one commit', () => {
      it('shares a commit among all commands of a turn, each decided on what the one before it left', async () => {
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => store.handle(alert('HighErrorRate', 'checkout'), room)),
        );
        expect(commits).toEqual({ before: 1, after: 1 });
        expect(answers.filter((each) => each.kind === 'accepted' && each.events.length > 0)).toHaveLength(1);
        expect(await store.openIncidents()).toHaveLength(1);
      });

      it('answers nobody before the commit', async () => {
        const answered: Answer[] = [];
        const seen: number[] = [];
        onCommit.before = () => seen.push(answered.length);
        onCommit.after = () => seen.push(answered.length);
        await Promise.all(
          ['a', 'b', 'c'].map((each) =>
            store.handle(alert('Slow', each), room).then((answer) => answered.push(answer)),
          ),
        );
        expect(seen).toEqual([0, 0]);
        expect(answered).toHaveLength(3);
      });

      it('refuses all when the commit fails, and remembers nothing of it', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const before = await store.head();
        onCommit.before = () => {
          throw new Error('the disk went away');
        };
        const results = await Promise.allSettled([
          store.handle(alert('Slow', 'b'), room),
          store.handle(note('lost'), room),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        onCommit.before = () => undefined;
        expect(await store.head()).toEqual(before);
        expect((await store.recentIncidents(9)).map(({ notes }) => notes)).toEqual([[]]);
        expect(await store.health()).toEqual({ ok: true });
        expect(await store.handle(alert('Slow', 'b'), room)).toMatchObject({ stream: 'INC-2' });
        const positions = (await store.events({})).map(({ position }) => position);
        expect(positions).toEqual(positions.map((_, index) => index + 1));
      });

      it('rolls back a command that fails alone', async () => {
        const broken = { ...room, definitions: {} };
        const results = await Promise.allSettled([
          store.handle(alert('Slow', 'a'), room),
          store.handle(alert('Slow', 'b'), broken),
          store.handle(alert('Slow', 'c'), room),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect((await store.openIncidents()).map(({ id, service }) => `${id} ${service}`)).toEqual([
          'INC-1 a',
          'INC-2 c',
        ]);
        const versions = (await store.events({})).map(({ position }) => position);
        expect(versions).toEqual(versions.map((_, index) => index + 1));
      });
    });

    describe('commands', () => {
      it('counts a delivery once, also after a restart', async () => {
        await store.handle(alert('Slow', 'a'), room);
        await store.handle(note('hello', 'delivery-1'), room);
        expect(await store.handle(note('hello', 'delivery-1'), room)).toMatchObject({ code: 'duplicate' });
        await reopen();
        expect(await store.handle(note('hello', 'delivery-1'), room)).toMatchObject({ code: 'duplicate' });
        expect((await store.recentIncidents(1))[0]?.notes).toHaveLength(1);
      });

      it('forgets deliveries that are too old to come again', async () => {
        await store.handle(alert('Slow', 'a'), room);
        await store.handle(note('hello', 'delivery-1'), room);
        clock.advance(25 * 60 * minute);
        await store.handle(note('a day later', 'delivery-2'), room);
        expect((await store.handle(note('hello', 'delivery-1'), room)).kind).toBe('accepted');
        expect(await store.handle(note('hello', 'delivery-2'), room)).toMatchObject({ code: 'duplicate' });
      });

      it('says whether a delivery was heard without taking it for heard', async () => {
        expect(await store.seenBefore('delivery-1')).toBe(false);
        expect(await store.firstTime('delivery-1')).toBe(true);
        expect(await store.seenBefore('delivery-1')).toBe(true);
        await reopen();
        expect(await store.seenBefore('delivery-1')).toBe(true);
        await store.forget('delivery-1');
        expect(await store.seenBefore('delivery-1')).toBe(false);
      });

      it('keeps nothing of a refusal', async () => {
        const before = await store.head();
        expect(await store.handle(note('hello'), room)).toMatchObject({ code: 'not-found' });
        expect(await store.head()).toEqual(before);
      });

      it('gives a claim to one stream only, and says who has it', async () => {
        await store.handle(alert('Slow', 'a'), room);
        expect(await store.holder('open-incident:a')).toBe('INC-1');
        await store.handle(
          { actor: engineer, type: 'incident.resolve', incident: 'INC-1', note: null },
          room,
        );
        expect(await store.holder('open-incident:a')).toBeNull();
        clock.advance(48 * 60 * minute);
        await store.handle(alert('Slow', 'a', clock.now()), room);
        expect(await store.holder('open-incident:a')).toBe('INC-2');
        const reopened = await store.handle(
          { actor: engineer, type: 'incident.reopen', incident: 'INC-1', why: 'mine' },
          room,
        );
        expect(reopened).toMatchObject({ code: 'busy', message: expect.stringContaining('INC-2') });
        expect(await store.holder('open-incident:a')).toBe('INC-2');
      });

      it('has one winner among a hundred clicks of one turn', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const answers = await Promise.all(
          Array.from({ length: 100 }, () =>
            store.handle({ actor: engineer, type: 'incident.acknowledge', incident: 'INC-1' }, room),
          ),
        );
        expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
        expect(answers.filter((each) => each.kind === 'refused' && each.code === 'already')).toHaveLength(99);
      });
    });

    describe('work that waits', () => {
      it('hands out the head of each lane only, in order, and what stands alone at once', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        const first = await heads();
        // The announcement, and the run's observation: what the incident told its run was decided with it.
        expect(first.map(({ effect }) => effect.kind).sort()).toEqual([
          'open-channel',
          'run-command',
          'show',
        ]);
        expect(await heads()).toEqual([]);
        const channel = first.find(({ effect }) => effect.kind === 'open-channel');
        await store.finish({ id: channel!.id, follows: [] }, room);
        const next = await heads();
        expect(next.map(({ effect }) => effect.kind)).toEqual(['show']);
        expect(next[0]!.effect).toMatchObject({ subject: { kind: 'card' } });
      });

      it('keeps one waiting update of a subject, in its first place', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        for (let time = 0; time < 20; time++) await store.handle(note(`note ${time}`), room);
        const subjects: string[] = [];
        for (;;) {
          const handed = await heads();
          if (handed.length === 0) break;
          for (const { id, effect } of handed) {
            if (effect.kind === 'show') subjects.push(subjectKey(effect.subject));
            await store.finish({ id, follows: [] }, room);
          }
        }
        expect(subjects.filter((key) => key === 'card/INC-1')).toHaveLength(1);
        expect(subjects.filter((key) => key.startsWith('note/'))).toHaveLength(20);
        expect(subjects.indexOf('card/INC-1')).toBeLessThan(subjects.indexOf('note/INC-1/1'));
      });

      it('shows a subject again when the update under way began before the change', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const card = (await heads()).find(({ effect }) => effect.kind === 'show');
        await store.handle(note('meanwhile'), room);
        await store.finish({ id: card!.id, follows: [] }, room);
        const next: string[] = [];
        for (let [work] = await heads(); work; [work] = await heads()) {
          if (work.effect.kind === 'show') next.push(subjectKey(work.effect.subject));
          await store.finish({ id: work.id, follows: [] }, room);
        }
        expect(next).toEqual(['step/INC-1.1/quick/1', 'note/INC-1/1', 'card/INC-1']);
      });

      it('waits until the time of a timer and says when the next is due', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        for (let handed = await heads(); handed.length > 0; handed = await heads())
          for (const { id } of handed) await store.finish({ id, follows: [] }, room);
        expect(await store.nextDue({ chat: 1, other: 1 })).toBe(clock.now() + 30 * minute);
        clock.advance(30 * minute - 1);
        expect(await heads()).toEqual([]);
        clock.advance(1);
        expect((await heads())[0]!.effect).toMatchObject({
          kind: 'tell',
          command: { type: 'incident.unresolved-check' },
        });
      });

      it('has a timer that is set anew go off at its new moment, also where that is a later one', async () => {
        const { P1 } = room.routing;
        const asking = {
          ...room,
          routing: { ...room.routing, P1: { ...P1, updates: { everyMs: 10 * minute } } },
        };
        const drained = async () => {
          const types: string[] = [];
          for (let handed = await heads(); handed.length > 0; handed = await heads())
            for (const { id, effect } of handed) {
              if (effect.kind === 'tell') types.push(effect.command.type);
              await store.finish({ id, follows: [] }, asking);
            }
          return types;
        };
        await store.handle(alert('HighErrorRate', 'checkout'), asking);
        clock.advance(9 * minute);
        await store.handle({ ...note('It gets better.'), kind: 'update' } as Command, asking);
        expect(await drained()).toEqual([]);
        clock.advance(9 * minute);
        expect(await drained()).toEqual([]);
        clock.advance(minute);
        expect(await drained()).toEqual(['incident.update-due']);
      });

      it('gives back what is postponed, keeps its lane waiting, and counts the attempts', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        const channel = (await heads()).find(({ effect }) => effect.kind === 'open-channel')!;
        expect(channel.attempts).toBe(1);
        await store.postpone(channel.id, clock.now() + minute, 'rate limited');
        expect(await heads()).toEqual([]);
        clock.advance(minute);
        expect(await heads()).toMatchObject([{ id: channel.id, attempts: 2 }]);
      });

      it('does not bring forward what the other side asked to leave alone', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const card = (await heads()).find(({ effect }) => effect.kind === 'show')!;
        await store.postpone(card.id, clock.now() + minute, 'rate limited');
        await store.handle(note('meanwhile'), room);
        expect((await heads()).filter(({ effect }) => effect.kind === 'show')).toEqual([]);
        clock.advance(minute);
        expect(await heads()).toMatchObject([{ id: card.id, attempts: 2 }]);
      });

      it('keeps one message of a subject waiting, also where one came while another was tried', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const isCard = ({ effect }: Claimed) => effect.kind === 'show' && effect.subject.kind === 'card';
        const card = (await heads()).find(isCard)!;
        await store.handle(note('while it is tried'), room);
        const { waiting } = await store.chatBacklog();
        await store.postpone(card.id, clock.now() + minute, 'rate limited');
        expect(await store.chatBacklog()).toEqual({ waiting: waiting - 1, oldestAt: card.createdAt });
        await store.handle(note('while it waits'), room);
        clock.advance(minute);
        const [again] = (await heads()).filter(isCard);
        expect(again).toMatchObject({ id: card.id, attempts: 2 });
        await store.finish({ id: card.id, follows: [] }, room);
        const rest = await heads();
        for (const { id } of rest) await store.finish({ id, follows: [] }, room);
        expect([...rest, ...(await heads())].filter(isCard)).toEqual([]);
      });

      it('tells what waits for the chat, also while a pause lasts that it asked for', async () => {
        expect(await store.chatBacklog()).toEqual({ waiting: 0, oldestAt: null });
        const since = clock.now();
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        const { waiting } = await store.chatBacklog();
        for (const { id } of await heads()) await store.postpone(id, clock.now() + 10 * minute, 'limited');
        clock.advance(minute);
        expect(await store.chatBacklog()).toEqual({ waiting, oldestAt: since });
      });

      it('has the consequences of an end once, however often the end is told', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const [work] = await heads();
        const end = { id: work!.id, follows: [note('it ended')] };
        await store.finish(end, room);
        await store.finish(end, room);
        expect((await store.recentIncidents(1))[0]?.notes).toHaveLength(1);
      });

      it('answers what became of each consequence', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const [work] = await heads();
        const acknowledge = { actor: engineer, type: 'incident.acknowledge', incident: 'INC-1' } as const;
        expect(await store.finish({ id: work!.id, follows: [acknowledge, acknowledge] }, room)).toMatchObject(
          [{ kind: 'accepted' }, { code: 'already' }],
        );
      });

      it('remembers where a message is', async () => {
        await store.handle(alert('Slow', 'a'), room);
        const subject = { kind: 'card', incident: 'INC-1' } as const;
        const [work] = await heads();
        await store.finish(
          { id: work!.id, posted: { subject, at: { channel: 'C1', ts: '1.2' } }, follows: [] },
          room,
        );
        await reopen();
        expect(await store.posted(subject)).toEqual({ channel: 'C1', ts: '1.2' });
        expect(await store.posted({ kind: 'announcement', incident: 'INC-1' })).toBeNull();
      });

      it('says when work was added, after the commit', async () => {
        const calls: number[] = [];
        store.onWork(() => calls.push(commits.after));
        await store.handle(alert('Slow', 'a'), room);
        expect(calls).toEqual([1]);
        await store.handle(alert('Slow', 'a'), room);
        expect(calls).toEqual([1]);
      });

      it('hands out what a commit makes due with that commit, as far as hands are free', async () => {
        const taken: { commit: number; kinds: string[] }[] = [];
        store.handOut(
          () => ({ chat: taken.length === 0 ? 1 : 0, other: 0 }),
          (claimed) => taken.push({ commit: commits.after, kinds: claimed.map(({ effect }) => effect.kind) }),
        );
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        await store.handle(alert('HighErrorRate', 'payments'), room);
        expect(taken).toEqual([{ commit: 1, kinds: ['open-channel'] }]);
        expect(await store.interrupted()).toHaveLength(1);
      });

      it('tells how much waits and since when', async () => {
        expect(await store.backlog()).toEqual({ waiting: 0, oldestDueAt: null });
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        const { waiting, oldestDueAt } = await store.backlog();
        expect(waiting).toBeGreaterThan(3);
        expect(oldestDueAt).toBe(clock.now());
      });
    });

    describe('a storm of alerts', () => {
      const openings = async () => (await store.recentIncidents(100)).length;

      it('opens a bounded number of incidents, also across a restart', async () => {
        for (let number = 0; number < 8; number++) await store.handle(alert('Slow', `s${number}`), room);
        await reopen();
        for (let number = 8; number < 60; number++) await store.handle(alert('Slow', `s${number}`), room);
        expect(await openings()).toBe(13);
        await reopen();
        await store.handle(alert('Slow', 's60'), room);
        expect(await openings()).toBe(13);
      });

      it('does not count what was rolled back', async () => {
        onCommit.before = () => {
          throw new Error('no commit');
        };
        const turn = Array.from({ length: 30 }, (_, n) => store.handle(alert('Slow', `s${n}`), room));
        expect((await Promise.allSettled(turn)).every(({ status }) => status === 'rejected')).toBe(true);
        onCommit.before = () => undefined;
        for (let number = 0; number < 12; number++) await store.handle(alert('Slow', `s${number}`), room);
        expect((await store.recentIncidents(100)).filter(({ storm }) => storm)).toEqual([]);
      });
    });

    describe('a restart', () => {
      it('finds how people were called when they were last heard of, and nothing of whoever was not', async () => {
        await store.keepNames(new Map([['U1', 'On-call engineer']]));
        await store.keepNames(new Map([['U1', 'Deployment lead']]));
        const before = { ...commits };
        await store.keepNames(new Map([['U1', 'Deployment lead']]));
        expect(commits).toEqual(before);
        await reopen();
        expect(await store.names(['U1', 'U2'])).toEqual(new Map([['U1', 'Deployment lead']]));
      });

      it('keeps a name whose first commit did not succeed', async () => {
        onCommit.before = () => {
          onCommit.before = () => undefined;
          throw new Error('The commit fails.');
        };
        const named = new Map([['U1', 'On-call engineer']]);
        await expect(store.keepNames(named)).rejects.toThrow();
        await store.keepNames(named);
        await reopen();
        expect(await store.names(['U1'])).toEqual(named);
      });

      it('finds what was handed out and hands it out again when it is released', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        const handed = await heads();
        await reopen();
        const interrupted = await store.interrupted();
        expect(interrupted.map(({ id }) => id)).toEqual(handed.map(({ id }) => id));
        expect(await heads()).toEqual([]);
        for (const { id } of interrupted) await store.release(id);
        expect((await heads()).map(({ id, attempts }) => [id, attempts])).toEqual(
          handed.map(({ id }) => [id, 2]),
        );
      });

      it('folds the state that was kept in memory', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        await store.handle(alert('ServiceDown', 'checkout'), room);
        await store.handle(note('hello'), room);
        for (let handed = await heads(); handed.length > 0; handed = await heads()) {
          for (const { id, effect } of handed)
            await store.finish({ id, follows: effect.kind === 'tell' ? [effect.command] : [] }, room);
        }
        const ids = ['INC-1', 'INC-1.1', 'INC-1.2'] as const;
        const kept = await Promise.all(ids.map((id) => store.state(id)));
        expect(kept.map((state) => state?.kind)).toEqual(['incident', 'run', 'run']);
        await reopen();
        expect(await Promise.all(ids.map((id) => store.state(id)))).toEqual(kept);
      });

      it('numbers on, and finds incidents by their channel', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        await store.handle(
          {
            actor: { kind: 'bot' },
            type: 'incident.channel-opened',
            incident: 'INC-1',
            id: 'C77',
            name: 'incident',
          },
          room,
        );
        await reopen();
        expect((await store.incidentOfChannel('C77'))?.id).toBe('INC-1');
        expect(await store.incidentOfChannel('C78')).toBeNull();
        expect(await store.handle(alert('Slow', 'b'), room)).toMatchObject({ stream: 'INC-2' });
      });

      it('keeps the definition that a run is pinned to', async () => {
        const start: Command = {
          actor: engineer,
          type: 'run.start',
          run: null,
          incident: null,
          playbook: 'quick-fix',
          place: { kind: 'channel', channel: 'C1' },
          reason: null,
        };
        expect(await store.handle(start, room)).toMatchObject({ stream: 'RUN-1' });
        await reopen();
        const state = await store.state('RUN-1');
        const hash = state?.kind === 'run' ? state.run.definition : '';
        expect((await store.definition(hash))?.playbook.name).toBe('quick-fix');
        expect(await store.definition('0'.repeat(64))).toBeNull();
        expect(await store.handle(start, { ...room, definitions: {} })).toMatchObject({ code: 'invalid' });
        expect(await store.handle(start, room)).toMatchObject({ stream: 'RUN-2' });
      });

      it('finds the runs of an incident and those of a channel, with what they are pinned to', async () => {
        await store.handle(alert('HighErrorRate', 'checkout'), room);
        for (const channel of ['C1', 'C2', 'C1']) {
          const run: Command = {
            actor: engineer,
            type: 'run.start',
            run: null,
            incident: null,
            playbook: 'quick-fix',
            place: { kind: 'channel', channel },
            reason: null,
          };
          await store.handle(run, room);
        }
        await reopen();
        const runsOf = async (place: Parameters<Store['ledgers']>[0]) =>
          (await store.ledgers(place)).map(({ run, definition }) => [run.id, definition.playbook.name]);
        expect(await runsOf({ kind: 'incident', incident: 'INC-1' })).toEqual([
          ['INC-1.1', 'high-error-rate'],
        ]);
        expect(await runsOf({ kind: 'channel', channel: 'C1' })).toEqual([
          ['RUN-1', 'quick-fix'],
          ['RUN-3', 'quick-fix'],
        ]);
        expect((await runsOf({ kind: 'outside' })).map(([id]) => id)).toEqual(['RUN-1', 'RUN-2', 'RUN-3']);
        expect(await runsOf({ kind: 'channel', channel: 'C9' })).toEqual([]);
        expect(await runsOf({ kind: 'incident', incident: 'INC-9' })).toEqual([]);
      });
    });

    it('keeps time from going back by a little, and follows a clock that was really set back', async () => {
      await store.handle(alert('Slow', 'a'), room);
      const before = clock.now();
      clock.jump(-2_000);
      await store.handle(note('a little'), room);
      clock.jump(-24 * 60 * minute);
      await store.handle(note('a day'), room);
      const [incident] = await store.recentIncidents(1);
      expect(incident?.notes.map(({ at }) => at)).toEqual([before, clock.now()]);
    });

    it('lists events from any position, of all streams or of one', async () => {
      await store.handle(alert('Slow', 'a'), room);
      await store.handle(
        {
          ...alert('Slow', 'a'),
          type: 'alert.notice',
          notice: ended(notice({ name: 'Slow', service: 'a' })),
        },
        room,
      );
      await store.handle(alert('Slow', 'b'), room);
      const all = await store.events({});
      expect(await store.events({ after: 2, limit: 1 })).toEqual([all[2]]);
      const own = await store.events({ stream: 'INC-2' });
      expect(own.map(({ version }) => version)).toEqual(own.map((_, index) => index + 1));
      expect(await store.head()).toEqual({ position: all.length, hash: all.at(-1)?.hash });
    });
  });
}
