import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import type { Definition, Step } from '../../../src/core/playbook/definition.ts';
import { planStep } from '../../../src/core/run/resolve.ts';
import type { Look, Run, StepRecord, StepState } from '../../../src/core/run/run.ts';
import type { View } from '../../../src/core/view.ts';
import { room } from '../../fakes/room.ts';

const at = Date.UTC(2026, 10, 21, 14, 0, 0);
const frame: Frame = {
  now: at,
  linkTo: (subject) => (subject === 'run/RUN-2' ? 'https://chat.test/run-2' : null),
  channelUrl: () => null,
  canRollBack: () => false,
};

const base = room.definitions['quick-fix'];
if (!base) throw new Error('no definition');
const quickFix: Definition = base;

function shown(
  step: Step,
  state: StepState,
  more: Partial<StepRecord> = {},
): Extract<View, { kind: 'step' }> {
  const definition: Definition = { ...quickFix, playbook: { ...quickFix.playbook, steps: [step] } };
  const record: StepRecord = {
    ...{ attempt: 1, enteredAt: at, output: '', outputCut: false, baseline: null, state },
    ...more,
  };
  const run: Run = {
    ...{ id: 'RUN-1', incident: null, playbook: 'quick-fix', title: 'Quick fix', service: 'checkout' },
    ...{
      definition: '0'.repeat(64),
      authority: 'each',
      channel: 'C1',
      startedAt: at,
      startedBy: 'U0ONCALL001',
      reason: null,
    },
    ...{ steps: { [step.id]: record }, at: step.id, whole: null, ledger: [], result: null },
  };
  return { kind: 'step', incident: null, view: { run, definition }, step, record, superseded: false };
}

const words = (view: View): string => {
  const card = render(view, frame);
  return `${card.text}\n${JSON.stringify(card.blocks)}`;
};

const observe: Step = { id: '1', kind: 'observe', action: 'errors', actions: ['errors', 'warm'] };
const look = (command: number, title: string, end: Look['end']): Look => ({
  ...{ command, title, output: `${title} <!channel>\n`, cut: false, end },
});

describe('what the messages say of several observations', () => {
  const looks = [
    look(0, 'Errors', { at, unseen: null }),
    look(1, 'Disk', { at, unseen: 'It did not end in 5 s.' }),
  ];
  const done = { kind: 'done', tookMs: 10, code: null, verified: null } as const;

  it('counts those that were seen and names the others, each under its own heading', () => {
    const view = shown(
      observe,
      { kind: 'settled', at, by: null, how: { ...done, looks: { all: 2, unseen: ['Disk'] } } },
      { looks },
    );
    expect(words(view)).toMatch(
      /1 of 2 seen.*Could not be seen: \*Disk\*\. It did not end in 5 s\..*Look Again/s,
    );
    const output = words({ ...view, kind: 'output' });
    expect(output).toMatch(/Output of \*Errors\*, 1 line.*Errors <!channel>.*Output of \*Disk\*/s);
  });

  it('shows while they run which of them are over', () => {
    const view = shown(
      observe,
      { kind: 'observing', since: at },
      { looks: [looks[0] as Look, look(1, 'Disk', null)] },
    );
    expect(words(view)).toMatch(/✓ Errors.*… Disk/s);
  });

  it('says of an action what was kept before it', () => {
    const step: Step = { id: '1', kind: 'do', action: 'wipe' };
    const view = shown(step, { kind: 'settled', at, by: 'U0ONCALL001', how: done }, { looks });
    expect(words(view)).toContain(
      'Evidence in the thread: Errors. Evidence that could not be kept: Disk (It did not end in 5 s)',
    );
  });
});

describe('what the messages say of tries, values, offers and waits', () => {
  const step: Step = { id: '1', kind: 'do', action: 'quick' };
  const plan = planStep(quickFix, step);
  const planned = plan.commands[0];
  if (!planned) throw new Error('no command');
  const tried = {
    ...plan,
    commands: [{ ...planned, idempotent: true as const, retries: { times: 2, afterMs: 10_000 } }],
  };
  const running = {
    kind: 'running',
    by: 'U0ONCALL001',
    since: at,
    plan: tried,
    command: 0,
    commandSince: at,
    stopping: false,
  } as const;

  it('numbers the tries and says when the next one begins', () => {
    expect(words(shown(step, { ...running, try: 2 }))).toContain('Try 2 of 3');
    const waiting = words(
      shown(step, { ...running, retry: { at: at + 10_000, try: 2, why: 'Exit 1 after 1 s.' } }),
    );
    expect(waiting).toMatch(/Exit 1 after 1 s\. Try 2 of 3 begins by itself at.*step\.stop/s);
  });

  it('offers to answer again where a value cannot be used, and nothing that would run', () => {
    const state = {
      kind: 'failed',
      at,
      by: null,
      code: 'bad-value',
      message: 'It cannot be used.',
      plan: null,
    } as const;
    expect(words(shown(step, state))).toMatch(/Answer Again/);
    expect(words(shown(step, state))).not.toMatch(/step\.try-again/);
  });

  it('offers a procedure, and links the run that came of it', () => {
    const offer: Step = {
      id: '1',
      kind: 'offer',
      procedure: 'wipe-cache',
      title: 'Wipe it',
      why: 'It may help.',
    };
    expect(words(shown(offer, { kind: 'asking', since: at }))).toMatch(
      /It may help\..*Start Wipe it.*Not Now/s,
    );
    const how = { kind: 'started', playbook: 'wipe-cache', run: 'RUN-2' } as const;
    expect(words(shown(offer, { kind: 'settled', at, by: 'U0ONCALL001', how }))).toContain(
      '<https://chat.test/run-2|RUN-2>',
    );
  });

  it('says who did not wait to the end', () => {
    const wait: Step = { id: '1', kind: 'wait', ms: 60_000, why: 'It settles.' };
    expect(words(shown(wait, { kind: 'waiting', since: at, until: at + 60_000 }))).toContain('Go On');
    const over = shown(wait, { kind: 'settled', at, by: 'U0ONCALL001', how: { kind: 'skipped' } });
    expect(words(over)).toMatch(/Went on before the end: \*Wait 1 min\* · <@U0ONCALL001>/);
  });

  it('says what a typed question wants', () => {
    const ask: Step = {
      id: '1',
      kind: 'ask',
      question: 'How many?',
      input: { kind: 'integer', min: 1, max: 20 },
    };
    expect(words(shown(ask, { kind: 'asking', since: at }))).toContain(
      'Wanted is a whole number from 1 to 20.',
    );
  });
});
