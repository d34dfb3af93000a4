import { describe, expect, it } from 'vitest';
import { approvalBlocks } from '../../../src/adapters/slack/cards/approval.ts';
import { callForm } from '../../../src/adapters/slack/modals/callForm.ts';
import { freeze, windowNow } from '../../../src/adapters/slack/slash/freeze.ts';
import { overview } from '../../../src/adapters/slack/slash/overview.ts';
import { askedOf } from '../../../src/core/access/asked.ts';
import { explain, spokenPlace } from '../../../src/core/access/explain.ts';
import { approversOf } from '../../../src/core/run/approvers.ts';
import { planWhole } from '../../../src/core/run/resolve.ts';
import { roster } from '../../fakes/called.ts';
import { room } from '../../fakes/room.ts';
import { fakeDesk } from './fakeDesk.ts';
import { approval, incident, now, oncall, rollback } from './views.ts';

/** What somebody is told who says the words for the first time. */

const asked = { user: oncall, channel: 'C0ALERTS001', responseUrl: null, once: 'a' };
const origin = { channel: null, responseUrl: null, value: {} };

describe('a freeze without a reason', () => {
  it('opens the form with the end that was said', async () => {
    const desk = fakeDesk();
    for (const args of [
      ['all', 'until', '03:00'],
      ['all', 'for', '4h'],
    ]) {
      const form = JSON.stringify(await freeze({ desk, asked, args }, origin));
      expect(form).toContain(`"initial_value":"${args[2]}"`);
      expect(form).toContain('"initial_option":{"text":{"type":"plain_text","text":"All services"');
    }
  });
});

describe('the list of windows', () => {
  it('has no line for playbooks without a service', async () => {
    expect(JSON.stringify(await windowNow({ desk: fakeDesk(), asked, args: [] }))).not.toContain('**');
  });
});

describe('the overview', () => {
  it('says of what needs somebody what the Home tab says', () => {
    const reading = fakeDesk().homeOf(oncall);
    const free = incident({});
    const standings = [{ incident: free, current: null }];
    expect(overview(reading, standings, [], now)).toMatch(/^Nothing needs you right now\.\n\*Open incidents/);
    if (reading.kind !== 'home') throw new Error('nothing was read');
    const need = { kind: 'free', incident: free, subject: { kind: 'card', incident: free.id } } as const;
    const needed = { ...reading, home: { ...reading.home, needs: [need] } };
    expect(overview(needed, standings, [], now)).toContain(`*Needs you*\n• ${free.id}`);
  });
});

describe('who can approve', () => {
  it('stands in the request, as text', () => {
    const groups = approversOf(planWhole(rollback), 'shop', room);
    expect(groups.length).toBeGreaterThan(0);
    const blocks = approvalBlocks(approval(planWhole(rollback)), {
      service: 'shop',
      incident: null,
      ids: { approve: 'a', standIn: 'b', refuse: 'c', withdraw: 'd', glass: 'e' },
      glass: { open: false, why: '' } as never,
      edited: false,
      approvers: groups,
      value: {},
    });
    expect(JSON.stringify(blocks)).toContain(` ${groups.join(', ')} can approve.`);
  });
});

describe('a right alone', () => {
  it('is asked about on the service of the incident around it, elsewhere on any', () => {
    const within = askedOf(room, 'destroy', 'shop');
    expect(within).toMatchObject({ questions: [{ right: 'destroy', service: 'shop' }] });
    expect(askedOf(room, 'destroy')).toMatchObject({ questions: [{ right: 'destroy', service: null }] });
    const nobody = { user: 'U0', groups: [] };
    expect(spokenPlace(explain(room.access, nobody, { right: 'destroy', service: null }))).toBe(
      'any service',
    );
  });
});

describe('the form that calls somebody', () => {
  it('says which group stands behind a duty, and for which nobody is entered', () => {
    const duties = Object.values(roster);
    const form = JSON.stringify(
      callForm(origin, incident({}), {
        choices: duties.filter(({ name }) => name === 'on-call').map((duty) => ({ duty, as: 'other' })),
        vacant: duties.filter(({ name }) => name === 'security'),
      }),
    );
    expect(form).toContain('On-call engineer · @oncall');
    expect(form).toContain('Nobody is entered in `roster.yml` for Security.');
  });
});
