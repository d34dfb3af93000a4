import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { planAction } from '../../../src/core/run/resolve.ts';
import type { Announced, StepRecord } from '../../../src/core/run/run.ts';
import type { View } from '../../../src/core/view.ts';
import { checkMessageBlocks } from '../../../src/sandbox/emulator/blockKit/payload.ts';
import { definition, now, oncall, stepView } from './views.ts';

const frame: Frame = { now, linkTo: () => null, channelUrl: () => null, canRollBack: () => true };
const reading = { at: now, verdict: 'fail', value: 0.05 } as const;
const noData = { at: now, verdict: 'inconclusive', why: 'No <data>.', value: null } as const;

function shown(
  automatic: Announced,
  baseline: StepRecord['baseline'] = reading,
): { text: string; buttons: string[] } {
  const plan = planAction(definition, 'llm_fallback', null);
  const view = stepView('fallback', { kind: 'offering', since: now, plan });
  if (view.kind !== 'step') throw new Error('no step');
  const card = render({ ...view, record: { ...view.record, automatic, baseline } } as View, frame);
  expect(checkMessageBlocks(card.blocks, '/blocks', () => false)).toEqual([]);
  const words = JSON.stringify(card.blocks);
  return {
    text: `${card.text} ${words}`,
    buttons: [
      ...words.matchAll(/"action_id":"([\w.:-]+)","text":\{"type":"plain_text","text":"([^"]+)"/g),
    ].map(([, , label]) => label ?? ''),
  };
}

const dueAt = now + 60_000;
const end = { indicator: 'error_ratio', reading, at: dueAt };

describe('the offer of a step that the bot may carry out by itself', () => {
  it('is announced with its evidence, and can be taken up or held', () => {
    const { text, buttons } = shown({ mode: 'live', dueAt, state: { kind: 'pending' } });
    expect(text).toMatch(
      /The bot carries this out at <!date\^\d+\^\{time_secs\}\|14:09:00 UTC> unless someone holds it/,
    );
    expect(text).toMatch(
      /5 %, objective &lt; 0\.1 %\. It acts only if a reading at that moment still misses it/,
    );
    expect(buttons).toEqual(['Run Now', 'Hold', 'Skip', 'Why?']);
  });

  it('says before that it does nothing without data', { tags: ['trust-18'] }, () => {
    const { text } = shown({ mode: 'live', dueAt, state: { kind: 'pending' } }, noData);
    expect(text).toContain('could not be read: No &lt;data&gt;. Without data it does nothing.');
  });

  it.each<[string, Announced, RegExp]>([
    [
      'pending as a shadow',
      { mode: 'shadow', dueAt, state: { kind: 'pending' } },
      /Shadow: the bot would carry this out by itself at /,
    ],
    [
      'held',
      { mode: 'live', dueAt, state: { kind: 'held', by: oncall, at: now } },
      new RegExp(`<@${oncall}> held this at `),
    ],
    [
      'over as a shadow',
      { mode: 'shadow', dueAt, state: { kind: 'would-run', ...end } },
      /would have carried this out at .*Nothing was run\./,
    ],
    [
      'left for want of data',
      { mode: 'live', dueAt, state: { kind: 'left', mode: 'live', why: 'no-data', ...end, reading: noData } },
      /The bot did not carry this out by itself.*could not be read: No &lt;data&gt;\. Please decide\./,
    ],
    [
      'left because another run is at work',
      { mode: 'live', dueAt, state: { kind: 'left', mode: 'live', why: 'busy', holder: 'INC-3.1', ...end } },
      /INC-3\.1 is at work on genesis-orchestration\. Please decide\./,
    ],
    [
      'left because its moment was missed',
      { mode: 'live', dueAt, state: { kind: 'left', mode: 'live', why: 'late', ...end } },
      /that was too long ago\. Please decide\./,
    ],
  ])('is a plain offer when it is %s', (_, automatic, said) => {
    const { text, buttons } = shown(automatic);
    expect(text).toMatch(said);
    expect(buttons).not.toContain('Hold');
    expect(buttons).not.toContain('Run Now');
    expect(buttons).toContain('Skip');
  });
});

describe('the message about an edit of the playbooks', () => {
  it('shows the first problems as they are, and how many more there are', () => {
    const problems = ['playbooks/alerts/x.yml:3:5: There is no action `<!channel>`.'];
    const view: View = {
      kind: 'room',
      notice: { kind: 'broken', at: now, problems, more: 4, since: now - 60_000 },
    };
    const card = render(view, frame);
    expect(checkMessageBlocks(card.blocks, '/blocks', () => false)).toEqual([]);
    expect(card.text).toMatch(/were edited at .* and do not lint\. Those of .* stay in use\./);
    expect(card.text).not.toContain('<!channel>');
    expect(JSON.stringify(card.blocks)).toContain('x.yml:3:5');
    expect(JSON.stringify(card.blocks)).toContain('and 4 more');
  });

  it('names at most five playbooks of each kind', () => {
    const changed = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const change = { changed, added: ['new-one'], gone: [], others: ['routing'] };
    const card = render(
      { kind: 'room', notice: { kind: 'reloaded', at: now, change, mended: false } },
      frame,
    );
    expect(card.text).toBe(
      'Playbooks reloaded: 7 changed (a, b, c, d, e and 2 more), 1 new (new-one), routing changed.',
    );
  });
});
