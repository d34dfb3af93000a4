import { describe, expect, it, vi } from 'vitest';
import type { Problem } from '../../src/core/playbook/problem.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { printsOf, type RoomNotice } from '../../src/core/playbook/roomChange.ts';
import type { Log } from '../../src/engine/log.ts';
import { WorkFailed } from '../../src/engine/ports.ts';
import { createRoomKeeper, type Ends } from '../../src/engine/roomKeeper.ts';
import { createClock } from '../fakes/clock.ts';
import { room as smallRoom } from '../fakes/room.ts';

const quiet: Log = { info() {}, warn() {}, error() {}, child: () => quiet };

const problem = (line: number, message = 'There is no action `restrat`.'): Problem => ({
  severity: 'error',
  file: 'playbooks/alerts/slow.yml',
  line,
  column: 5,
  message,
});

/** The room with one playbook under another title. */
const retitled = (title: string): Room => {
  const slow = smallRoom.definitions.slow;
  if (!slow) throw new Error('the small room has no playbook slow');
  const playbook = { ...slow.playbook, title };
  return { ...smallRoom, definitions: { ...smallRoom.definitions, slow: { ...slow, playbook } } };
};

/** Files as they are now: a digest for whoever looks, and what comes of reading them. */
function folder() {
  let digest = 'first';
  let content: { room: Room | null; problems: readonly Problem[] } = { room: smallRoom, problems: [] };
  const said: { key: string; notice: RoomNotice; known: boolean }[] = [];
  const clock = createClock();
  let loads = 0;
  let ends: Ends = new Map([['access.yml', true]]);
  let refusing = 0;
  const keeper = createRoomKeeper({
    first: { room: smallRoom, prints: printsOf(smallRoom), digest, ends },
    source: {
      digest: async () => digest,
      ends: async () => ends,
      async load() {
        loads += 1;
        return { ...content, prints: content.room && printsOf(content.room) };
      },
    },
    say: async (notice, { key, known }) => {
      if (refusing > 0) {
        refusing -= 1;
        throw new WorkFailed('unreachable', 'Slack does not answer.', { retry: { afterMs: null } });
      }
      said.push({ key, notice, known: known !== null });
      return { channel: 'C1', ts: key };
    },
    clock,
    log: quiet,
  });
  /** Lets what was begun go on up to its next wait, and ends that wait. */
  const settled = async (work: Promise<void>): Promise<void> => {
    let done = false;
    void work.then(() => {
      done = true;
    });
    await vi.waitFor(() => {
      if (!done) clock.advance(300);
      expect(done).toBe(true);
    });
  };
  return {
    keeper,
    clock,
    said,
    loads: () => loads,
    refuse: (times: number) => {
      refusing = times;
    },
    end(whole: boolean) {
      ends = new Map([['access.yml', whole]]);
    },
    write(name: string, next: Partial<typeof content>) {
      digest = name;
      content = { room: smallRoom, problems: [], ...next };
    },
    looks: () => settled(keeper.look()),
    settled,
  };
}

/** Moves the clock and looks again, as the regular look would. */
async function settledAt(
  keeper: ReturnType<typeof createRoomKeeper>,
  clock: ReturnType<typeof createClock>,
  ms: number,
): Promise<void> {
  clock.advance(ms);
  let done = false;
  void keeper.look().then(() => {
    done = true;
  });
  await vi.waitFor(() => {
    if (!done) clock.advance(300);
    expect(done).toBe(true);
  });
}

describe('an edit of the playbooks while the bot runs', () => {
  it('takes effect at once when it lints, and says what changed', async () => {
    const { keeper, write, looks, said } = folder();
    const before = keeper.room();
    const edited = retitled('Slower than it was');
    write('second', { room: edited });
    await looks();
    expect(keeper.room()).toBe(edited);
    expect(before).toBe(smallRoom);
    expect(said.map(({ notice }) => notice)).toMatchObject([
      { kind: 'reloaded', mended: false, change: { changed: ['slow'], added: [], gone: [], others: [] } },
    ]);
  });

  it('is not read again before anything differs', async () => {
    const { looks, loads, write } = folder();
    await looks();
    expect(loads()).toBe(0);
    write('second', { room: retitled('Another') });
    await looks();
    await looks();
    expect(loads()).toBe(1);
  });

  it('is not read in the middle of a save', async () => {
    const { keeper, write, clock, loads, settled } = folder();
    write('half', { room: null, problems: [problem(1)] });
    const look = keeper.look();
    await vi.waitFor(() => expect(clock.waiting()).toBe(1));
    write('whole', { room: retitled('Whole') });
    await settled(look);
    expect(loads()).toBe(1);
    expect(keeper.standing().failed).toBe(false);
    expect(keeper.room().definitions.slow?.playbook.title).toBe('Whole');
  });

  it('is not taken up while a file ends in the middle of a line, though it lints', async () => {
    const { keeper, write, end, looks, loads, clock } = folder();
    write('half', { room: retitled('Half') });
    end(false);
    await looks();
    await settledAt(keeper, clock, 9_000);
    expect(loads()).toBe(0);
    expect(keeper.room()).toBe(smallRoom);
    write('more', { room: retitled('More') });
    await looks();
    await settledAt(keeper, clock, 9_000);
    expect(keeper.room()).toBe(smallRoom);
    write('whole', { room: retitled('Whole') });
    end(true);
    await looks();
    expect(loads()).toBe(1);
    expect(keeper.room().definitions.slow?.playbook.title).toBe('Whole');
  });

  it('is taken for what it is when nothing follows for 10 s, without anybody looking', async () => {
    const { keeper, write, end, looks, clock } = folder();
    const meant = retitled('Without a last newline');
    write('meant', { room: meant });
    end(false);
    await looks();
    expect(keeper.room()).toBe(smallRoom);
    clock.advance(10_000);
    await vi.waitFor(() => {
      clock.advance(300);
      expect(keeper.room()).toBe(meant);
    });
  });

  it('is kept out while it does not lint: said once for each set of problems, with the first five', async () => {
    const { keeper, write, looks, said, clock } = folder();
    const problems = [1, 2, 3, 4, 5, 6, 7].map((line) => problem(line));
    write('broken', { room: null, problems });
    await looks();
    expect(keeper.room()).toBe(smallRoom);
    expect(keeper.standing().failed).toBe(true);
    expect(said).toHaveLength(1);
    expect(said[0]?.notice).toMatchObject({ kind: 'broken', more: 2 });
    expect(said[0]?.notice).toMatchObject({
      problems: problems
        .slice(0, 5)
        .map(({ line }) => `playbooks/alerts/slow.yml:${line}:5: There is no action \`restrat\`.`),
    });
    expect(await keeper.health()).toEqual({
      ok: false,
      message: expect.stringMatching(
        /^The edit of 14:00 UTC does not lint: playbooks\/alerts\/slow\.yml:1:5: .* and 2 more; the playbooks of 14:00 UTC are in use\.$/,
      ),
    });

    clock.advance(10 * 60_000);
    write('broken, and a comment', { room: null, problems });
    await looks();
    expect(said).toHaveLength(1);
    write('broken elsewhere', { room: null, problems: [problem(9)] });
    await looks();
    expect(said).toHaveLength(2);

    clock.advance(26 * 3_600_000);
    expect(await keeper.health()).toMatchObject({
      message: expect.stringMatching(
        /^The edit of 2026-11-21 14:10 UTC .* the playbooks of 2026-11-21 14:00 UTC/,
      ),
    });
    // Back to what it was: nothing differs, and that it lints again is news all the same.
    write('first again', {});
    await looks();
    expect(said[2]?.notice).toMatchObject({ kind: 'reloaded', mended: true, change: { changed: [] } });
    expect(await keeper.health()).toEqual({ ok: true });
    expect(keeper.standing()).toEqual({ loadedAt: clock.now(), failed: false });
  });

  it('is one message where several follow each other within a minute', async () => {
    const { write, looks, said, clock } = folder();
    write('second', { room: retitled('Two') });
    await looks();
    const { chatty: _, ...without } = retitled('Three').definitions;
    write('third', { room: { ...retitled('Three'), definitions: without } });
    await looks();
    expect(new Set(said.map(({ key }) => key)).size).toBe(1);
    expect(said.at(-1)).toMatchObject({
      known: true,
      notice: { change: { changed: ['slow'], gone: ['chatty'] } },
    });
    clock.advance(2 * 60_000);
    write('fourth', { room: retitled('Four') });
    await looks();
    expect(new Set(said.map(({ key }) => key)).size).toBe(2);
  });

  it('is told later where the chat took nothing', async () => {
    const { write, looks, said, refuse } = folder();
    refuse(1);
    write('second', { room: retitled('Two') });
    await looks();
    expect(said).toHaveLength(0);
    await looks();
    expect(said).toHaveLength(1);
  });

  it('is read at once by request, also where nothing differs', async () => {
    const { keeper, loads, said } = folder();
    await keeper.reload();
    expect(loads()).toBe(1);
    expect(said).toHaveLength(0);
  });

  it('says nothing and takes up nothing after the end', async () => {
    const { keeper, write, said, clock } = folder();
    write('second', { room: retitled('Two') });
    keeper.nudge();
    const look = keeper.look();
    await vi.waitFor(() => expect(clock.waiting()).toBe(2));
    await keeper.stop();
    await look;
    expect(keeper.room()).toBe(smallRoom);
    expect(said).toHaveLength(0);
    expect(clock.waiting()).toBe(0);
  });
});
