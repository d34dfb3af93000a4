import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { topicOf } from '../../../src/adapters/slack/channels.ts';
import { markModal, markPrivate } from '../../../src/adapters/slack/drillMark.ts';
import { drillForm } from '../../../src/adapters/slack/modals/drillForm.ts';
import { severityForm } from '../../../src/adapters/slack/modals/incidentForms.ts';
import { overview } from '../../../src/adapters/slack/slash/overview.ts';
import { drillReport } from '../../../src/core/drill/report.ts';
import type { View } from '../../../src/core/view.ts';
import {
  blockTextLength,
  checkMessageBlocks,
  maxBlockText,
} from '../../../src/sandbox/emulator/blockKit/payload.ts';
import { fakeDesk } from './fakeDesk.ts';
import { definition, everyView, incident, now, oncall, run } from './views.ts';

const frame: Frame = { now, linkTo: () => null, channelUrl: () => null, canRollBack: () => true };

/** The same view in a drill: its incident and its run are practice. */
function practised(view: View): View {
  const drill = { drill: true } as const;
  const incidentOf = 'incident' in view && view.incident ? { incident: { ...view.incident, ...drill } } : {};
  const runOf = 'view' in view ? { view: { ...view.view, run: { ...view.view.run, ...drill } } } : {};
  return { ...view, ...incidentOf, ...runOf } as View;
}

const over = incident({ drill: true, phase: 'resolved', resolved: { by: oncall, at: now, note: null } });
const reportView: View = {
  kind: 'drill-report',
  incident: over,
  report: drillReport([], { incident: over, runs: [{ run: run({ drill: true }), definition }] }),
};
const views = Object.entries({ ...everyView, 'the report of a drill': reportView }).filter(
  // What is said of the playbooks' own files belongs to no incident.
  ([, view]) => 'incident' in view || 'view' in view,
);

type Json = Readonly<Record<string, unknown>>;

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  const json = value as Json;
  if (typeof json.text === 'string') return [json.text];
  return Object.values(json).flatMap(textsIn);
}

function confirmTitles(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(confirmTitles);
  if (typeof value !== 'object' || value === null) return [];
  const json = value as { readonly confirm?: { readonly title?: { readonly text: string } } };
  const own = json.confirm?.title ? [json.confirm.title.text] : [];
  return [...own, ...Object.values(value).flatMap(confirmTitles)];
}

describe('every message of a drill says so', () => {
  it('knows a view of every kind', () => {
    const kinds = new Set(views.map(([, { kind }]) => kind));
    for (const kind of [
      ...['announcement', 'card', 'note', 'quiet', 'resolved', 'unattended', 'unresolved'],
      ...['plan', 'run', 'step', 'output', 'drill-report'],
    ] as const)
      expect(kinds, kind).toContain(kind);
  });

  it.each(views)('%s', (_, view) => {
    const card = render(practised(view), frame);
    expect(card.text).toMatch(/^DRILL/);
    expect(textsIn(card.blocks)[0]).toMatch(/^DRILL/);
    for (const title of confirmTitles(card.blocks)) expect(title).toMatch(/^DRILL/);
    expect(checkMessageBlocks(card.blocks, '/blocks', () => false)).toEqual([]);
    expect(blockTextLength(card.blocks)).toBeLessThanOrEqual(maxBlockText);
  });

  it('and no other does', () => {
    for (const [name, view] of Object.entries(everyView))
      expect(JSON.stringify(render(view, frame)), name).not.toContain('DRILL');
  });

  it('in the topic, in forms and in private answers', async () => {
    expect(topicOf(incident({ drill: true }))).toMatch(/^DRILL · P1/);
    expect(topicOf(incident())).not.toContain('DRILL');
    const desk = fakeDesk();
    desk.incidents.push(incident({ drill: true }));
    const origin = { channel: 'C0OTHER0001', responseUrl: null, value: { incident: 'INC-42' } } as const;
    const form = severityForm(origin, incident());
    expect(form.title.text).toBe('Change Severity');
    expect((await markModal(desk, form)).title.text).toBe('DRILL · Change Severity');
    const asked = { user: oncall, channel: 'C0INCIDENT9', responseUrl: null, once: 'x' };
    expect(await markPrivate(desk, asked, { text: 'You have it.' })).toEqual({
      text: 'DRILL · You have it.',
    });
    expect(await markPrivate(desk, { ...asked, channel: 'C0OTHER0001' }, { text: 'You have it.' })).toEqual({
      text: 'You have it.',
    });
  });

  it('in the list of what is open, apart from it', () => {
    const text = overview(fakeDesk().homeOf(oncall), [], [incident({ drill: true })], now);
    expect(text).toContain('No incident is open.');
    expect(text).toMatch(/\*Drills, which are practice\*\n• \*DRILL · P1/);
  });
});

describe('the card of a drill', () => {
  it('has End Drill instead of Resolve, and nothing to open it again', () => {
    const card = (more: Parameters<typeof incident>[0]) =>
      textsIn(
        render({ kind: 'card', incident: incident({ drill: true, ...more }), current: null }, frame).blocks,
      );
    expect(card({})).toEqual(expect.arrayContaining(['Acknowledge', 'End Drill']));
    expect(card({})).not.toContain('Resolve');
    expect(card({ phase: 'resolved' })).not.toContain('Reopen');
  });
});

describe('the form that starts a drill', () => {
  const origin = { channel: 'C0OTHER0001', responseUrl: null, value: {} };
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...definition,
      playbook: { ...definition.playbook, name: `playbook-${String(index).padStart(3, '0')}` },
    }));
  const select = (count: number) => {
    const found = drillForm(origin, many(count)).blocks.find(
      (block) => 'block_id' in block && block.block_id === 'playbook',
    );
    return (found as unknown as { element: { options?: Json[]; option_groups?: { options: Json[] }[] } })
      .element;
  };

  it('lists up to a hundred playbooks, and more than that in groups of a hundred', () => {
    expect(select(100).options).toHaveLength(100);
    expect(select(250).options).toBeUndefined();
    expect(select(250).option_groups?.map(({ options }) => options.length)).toEqual([100, 100, 50]);
  });
});
