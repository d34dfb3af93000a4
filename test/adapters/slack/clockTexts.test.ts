import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/adapters/slack/cards/blocks.ts';
import { runCard } from '../../../src/adapters/slack/cards/procedure.ts';
import { troubleText } from '../../../src/adapters/slack/cards/words.ts';
import { bookOf } from '../../../src/core/incident/alertBook.ts';
import type { View } from '../../../src/core/view.ts';
import { everyView, incident, lead, now } from './views.ts';

const frame: Frame = { now, linkTo: () => null, channelUrl: () => null, canRollBack: () => true };
type RunCard = Extract<View, { kind: 'run' }>;

describe('the clock of a procedure that is approved as a whole', () => {
  const { view, incident: its } = everyView['run, second stage'] as RunCard;
  const { whole } = (everyView['plan, approved'] as Extract<View, { kind: 'plan' }>).view.run;
  const textWith = (state: NonNullable<typeof whole>['state'], budgetMs: number): string => {
    const playbook = { ...view.definition.playbook, budgetMs };
    const run = { ...view.run, startedAt: now - 600_000, whole: whole && { ...whole, state } };
    const definition = { ...view.definition, playbook };
    return JSON.stringify(runCard({ kind: 'run', incident: its, view: { run, definition } }, frame).blocks);
  };

  it('does not count how long it waited for its approval', () => {
    expect(textWith({ kind: 'approved', by: lead, at: now - 110_000 }, 300_000)).toContain(
      '3:10 left of 5:00',
    );
  });

  it('says that it was started when it was approved', () => {
    const text = textWith({ kind: 'approved', by: lead, at: now - 110_000 }, 300_000);
    expect(text).toContain(`at <!date^${Math.floor((now - 110_000) / 1_000)}^`);
    expect(text).not.toContain(`at <!date^${Math.floor((now - 600_000) / 1_000)}^`);
  });

  it('stands still while nobody has decided', () => {
    expect(textWith({ kind: 'pending' }, 300_000)).toContain('5:00 left of 5:00');
  });
});

describe('what is wrong, on the card', () => {
  const practice = { alerts: bookOf([]), summary: 'Nothing reaches a host, and nobody is called.' };

  it('goes on with the time of the alert only where an alert said it', () => {
    expect(troubleText(incident(), 500)).toMatch(/\(objective 0\.1 %\) since <!date/);
    expect(troubleText(incident(practice), 500)).toBe('Nothing reaches a host, and nobody is called.');
    const resolved = { by: lead, at: now, note: null };
    expect(troubleText(incident({ ...practice, phase: 'resolved', resolved }), 500)).toBe(
      'Nothing reaches a host, and nobody is called.',
    );
  });
});
