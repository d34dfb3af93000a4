import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import { readTests } from '../../../src/adapters/playbooks/loadTests.ts';
import { createYamlReader } from '../../../src/adapters/playbooks/yamlReader.ts';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { evolve } from '../../../src/core/brain.ts';
import type { Stream } from '../../../src/core/context.ts';
import type { Effect, Subject } from '../../../src/core/effect.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { type Played, play } from '../../../src/core/rehearsal/play.ts';
import type { RunId, StreamId } from '../../../src/core/stream.ts';
import { viewOf } from '../../../src/engine/messages.ts';
import type { Store } from '../../../src/engine/ports.ts';

/** What stands on messages after something was done, in walks through the shipped playbooks. */

let room: Room;
beforeAll(async () => {
  const loaded = await loadRoom({ directory: join(import.meta.dirname, '../../../playbooks'), pace: 1 });
  if (!loaded.room) throw new Error('the shipped room is not usable');
  room = loaded.room;
});

async function walked(walk: string, end = ''): Promise<Played> {
  const reader = createYamlReader();
  const text = `tests:
  - test: Trial
    alert: { alertname: HighErrorRate, service: genesis-orchestration }
    indicators: { error_ratio: 2%, error_ratio_rollback: 0.5%, up: 1 }
    walk:
      - until: 'choose: Which kind of error dominates?'
      - choose: Which kind of error dominates?
        answer: LLM rate limits or timeouts
      - until: 'do: llm_fallback'
${walk}    expect: { run: walking${end} }
`;
  const { scenarios, problems } = await readTests(reader, { file: 'trial', text }).finally(() =>
    reader.stop(),
  );
  const [scenario] = scenarios;
  if (!scenario) throw new Error(JSON.stringify(problems));
  const played = play(scenario, room);
  expect(played.failure).toBeNull();
  return played;
}

const frame: Frame = { now: 0, linkTo: () => null, channelUrl: () => '', canRollBack: () => true };

/** The message of a subject as it stands in the end. */
async function messageOf(played: Played, subject: Subject): Promise<string> {
  const states = new Map<StreamId, Stream>();
  for (const { stream, event } of played.log)
    states.set(stream, evolve(stream, states.get(stream) ?? null, event));
  const store: Partial<Store> = {
    state: async (id) => states.get(id) ?? null,
    definition: async (hash) => played.views.find(({ run }) => run.definition === hash)?.definition ?? null,
  };
  const effect = { kind: 'show', subject, where: { in: { kind: 'channel', channel: 'C1' }, thread: null } };
  const view = await viewOf(store as Store, room, effect as Extract<Effect, { kind: 'show' }>);
  const { text, blocks } = render(view, frame);
  return `${text}\n${JSON.stringify(blocks)}`;
}

const stepOf = ({ views }: Played, run: RunId, action: string): string => {
  const steps = views.find((view) => view.run.id === run)?.run.steps ?? {};
  const found = Object.entries(steps).find(
    ([, { state }]) => 'plan' in state && state.plan?.commands[0]?.action === action,
  );
  return found?.[0] ?? Object.keys(steps).at(-1) ?? '';
};

describe('the message of a step', () => {
  it('says for good how its own attempt ended, once a later one has taken its place', async () => {
    const played = await walked(`      - do: llm_fallback
        exit: { restart: 1 }
        prints: Job failed
        ends: failed
        then: try-again
      - do: llm_fallback
        exit: 7
        ends: failed
`);
    const step = stepOf(played, 'INC-1.1', 'llm_fallback');
    const first = await messageOf(played, { kind: 'step', run: 'INC-1.1', step, attempt: 1 });
    expect(first).toMatch(/✗ Failed: \*Decompose without the language model\*. At "[^"]+": Exit 1 after/);
    expect(first).toContain('A later attempt has taken the place of this one.');
    expect(first).toContain('Job failed');
    expect(first).not.toContain('Try Again');
    expect(first).not.toContain('attempt 2');
    const second = await messageOf(played, { kind: 'step', run: 'INC-1.1', step, attempt: 2 });
    expect(second).toContain('Exit 7');
    expect(second).toContain('Try Again');
  });

  it('counts from the click, and not from the offer', async () => {
    const played = await walked(`      - pass: 10m
      - do: llm_fallback
        takes: 3s
        set: { error_ratio: 0.05% }
`);
    const settled = played.log.flatMap(({ event }) =>
      event.type === 'StepSettled' && event.data.how.kind === 'done' && event.data.how.verified
        ? [event.data.how]
        : [],
    );
    const [{ tookMs, verified } = { tookMs: 0, verified: null }] = settled;
    expect(tookMs).toBe(3_000 + (verified?.heldMs ?? 0));
  });

  it('tells that a change was taken back also where the check of that fails', async () => {
    const played = await walked(`      - do: llm_fallback
        set: { error_ratio: 0.05% }
      - undo: llm_fallback
      - do: undo-1
        set: { error_ratio: 2% }
        ends: failed
`);
    const text = await messageOf(played, { kind: 'step', run: 'INC-1.2', step: '1', attempt: 1 });
    expect(text).toMatch(
      /✗ Taken back, but its check failed: \*Undo: Decompose without the language model\*/,
    );

    const card = await messageOf(played, { kind: 'card', incident: 'INC-1' });
    expect(card).toContain('undo made from the ledger of INC-1');
    expect(card).not.toContain('ledger of INC-1:');
  });
});

describe('the offer because it took too long', () => {
  const late = `      - do: llm_fallback
        ends: offered
      - pass: 31m
`;
  const subject: Subject = { kind: 'unresolved', incident: 'INC-1', opened: 0 };

  it('goes when all alerts have resolved, and is back when one fires anew', async () => {
    const offered = await walked(late);
    expect(await messageOf(offered, subject)).toContain('The playbook now offers');

    const quiet = `${late}      - alert_resolved: { alertname: HighErrorRate, service: genesis-orchestration }\n`;
    const gone = await messageOf(await walked(quiet), subject);
    expect(gone).toContain('All its alerts have resolved since, so nothing is offered.');
    expect(gone).not.toContain('incident.run');

    const again = `${quiet}      - pass: 1m
      - alert: { alertname: HighErrorRate, service: genesis-orchestration }
`;
    expect(await messageOf(await walked(again), subject)).toContain('The playbook now offers');
  });
});
