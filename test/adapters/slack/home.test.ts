import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { homeView } from '../../../src/adapters/slack/cards/home.ts';
import { subjectKey } from '../../../src/core/effect.ts';
import type { Home, Need } from '../../../src/core/home/home.ts';
import { planWhole } from '../../../src/core/run/resolve.ts';
import type { HomeReading, Posted } from '../../../src/engine/ports.ts';
import { checkView } from '../../../src/sandbox/emulator/blockKit/payload.ts';
import { people } from '../../../src/sandbox/emulator/seed.ts';
import { approval, incident, now, rollback, run, start } from './views.ts';
import { type Setting, setting } from './workspace.ts';

const { oncall, responder } = people;

const empty: Home = {
  needs: [],
  incidents: [],
  unseen: 0,
  drills: [],
  requests: [],
  procedures: [],
  ahead: [],
  watches: [],
  unread: [],
};

const reading = (home: Partial<Home>, places: readonly [string, Posted][] = []): HomeReading => ({
  kind: 'home',
  now,
  home: { ...empty, ...home },
  places: new Map(places),
});

const frame = { url: 'https://team.slack.com/', said: null };
const wordsOf = (given: HomeReading, said: { text: string } | null = null): string =>
  JSON.stringify(homeView(given, { ...frame, said }));

const rollingBack = {
  run: run({
    id: 'INC-42.2',
    playbook: 'rollback-genesis-orchestration',
    title: rollback.playbook.title,
    whole: approval(planWhole(rollback)),
  }),
  definition: rollback,
};
const request = {
  view: rollingBack,
  step: null,
  approval: approval(planWhole(rollback)),
  subject: { kind: 'plan', run: 'INC-42.2' },
} as const;

describe('the Home tab', () => {
  it('says so when nothing needs anybody, and what can be begun', () => {
    const words = wordsOf(reading({}));
    expect(words).toContain('Nothing needs you right now.');
    expect(words).toContain('No incident is open.');
    expect(words).toContain('Declare Incident');
    expect(words).toContain('Start Drill');
  });

  it('leads from an approval to the message where it is given', () => {
    const need: Need = { kind: 'approval', incident: incident(), ...request };
    const at = { channel: 'C0INCIDENT9', ts: '1795269728.000100' };
    const words = wordsOf(reading({ needs: [need] }, [[subjectKey(need.subject), at]]));
    expect(words).toContain('waits for your approval until');
    expect(words).toContain('https://team.slack.com/archives/C0INCIDENT9/p1795269728000100');
    // Where the message is not known there is no button that leads nowhere.
    expect(wordsOf(reading({ needs: [need] }))).not.toContain('"url"');
  });

  it('says what is not known', () => {
    const words = wordsOf(
      reading({ incidents: [incident({ staleSince: start })], unseen: 2, unread: ['INC-42.1'] }),
    );
    expect(words).toContain('Not known: what waits in INC-42.1');
    expect(words).toContain('its alerts are not known since');
    expect(words).toContain('2 more of services that you may not look at');
    expect(wordsOf({ kind: 'refused', why: 'Guests may look but not act.' })).toContain('Guests may look');
  });

  it('marks practice, and keeps hostile text text', () => {
    const hostile = incident({ title: '<!channel> <https://evil.example|x>', service: null });
    const words = wordsOf(reading({ incidents: [hostile], drills: [incident({ drill: true })] }));
    expect(words).toContain('DRILL');
    expect(words).not.toContain('<!channel>');
    expect(words).not.toContain('<https://evil.example');
  });

  it('holds to Slack’s limits however much there is, and counts what does not fit', () => {
    const long = 'w'.repeat(3_000);
    const many = Array.from({ length: 60 }, (_, index) =>
      incident({ id: `INC-${index + 1}`, number: index + 1, title: long, summary: long }),
    );
    const view = homeView(
      reading(
        {
          needs: many.flatMap((each): Need[] => [
            { kind: 'free', incident: each, subject: { kind: 'card', incident: each.id } },
            { kind: 'approval', incident: each, ...request },
            {
              kind: 'overdue',
              incident: each,
              view: rollingBack,
              step: 'gone',
              item: long,
              dueAt: now,
              subject: { kind: 'step', run: 'INC-42.2', step: 'gone', attempt: 1 },
            },
          ]),
          incidents: many,
          unseen: 7,
          drills: many.map((each) => ({ ...each, drill: true as const })),
          requests: many.map(() => request),
          procedures: many.map(() => rollingBack),
          ahead: many.map((each) => ({
            at: now,
            incident: each,
            view: null,
            what: { kind: 'call' } as const,
          })),
          unread: many.map(({ id }) => `${id}.1`),
        },
        many.map(({ id }) => [`card/${id}`, { channel: 'C0INCIDENT9', ts: '1795269728.000100' }]),
      ),
      { ...frame, said: { text: long } },
    );
    expect(checkView(view, '/view', () => false)).toEqual([]);
    expect(view.blocks.length).toBeLessThanOrEqual(100);
    expect(JSON.stringify(view).length).toBeLessThan(250_000);
    expect(JSON.stringify(view)).toContain('and 45 more');
    // The last line, with the time of the reading, is there as well.
    expect(JSON.stringify(view.blocks.at(-1))).toContain('As of');
  });
});

describe('the Home tab in Slack', () => {
  let at: Setting;
  const published = () => at.slack.calls.filter(({ method }) => method === 'views.publish').length;
  const shows = async (user: string, words: string): Promise<void> =>
    vi.waitFor(() => expect(JSON.stringify(at.slack.workspace.home(user)?.blocks ?? [])).toContain(words), {
      timeout: 10_000,
    });
  const homeId = (user: string): string => at.slack.workspace.home(user)?.id ?? '';

  beforeEach(async () => {
    at = await setting('socket');
  });
  afterEach(() => at.stop());

  it('is drawn when it is opened, and again for whoever looked when something has changed', async () => {
    await at.slack.person(oncall).openHome();
    await shows(oncall, 'No incident is open.');
    expect(published()).toBe(1);
    at.desk.incidents = [incident()];
    for (let index = 0; index < 50; index += 1) at.app.changed();
    await shows(oncall, 'High error rate');
    expect(published()).toBe(2);
    expect(at.slack.workspace.home(responder)).toBeUndefined();
  });

  it('is not published where it shows the same as before', async () => {
    await at.slack.person(oncall).openHome();
    await shows(oncall, 'No incident is open.');
    let read = 0;
    const before = at.desk.homeOf;
    at.desk.homeOf = (user) => {
      read += 1;
      return { ...(before(user) as Extract<HomeReading, { kind: 'home' }>), now: now + read };
    };
    at.app.changed();
    await vi.waitFor(() => expect(read).toBe(1), { timeout: 10_000 });
    await at.slack.person(responder).openHome();
    await shows(responder, 'No incident is open.');
    expect(published()).toBe(2);
  });

  it('takes clicks, and shows there what only that person is told', async () => {
    const one = incident();
    at.desk.homeOf = () =>
      reading({ needs: [{ kind: 'free', incident: one, subject: { kind: 'card', incident: one.id } }] });
    await at.slack.person(oncall).openHome();
    await shows(oncall, 'Nobody has it');
    at.desk.answer = () => ({ kind: 'refused', code: 'already', message: `<@${responder}> already has it.` });
    await at.slack.person(oncall).click({ view: homeId(oncall) }, 'incident.acknowledge');
    await shows(oncall, `<@${responder}> already has it.`);
    expect(at.desk.acted).toMatchObject([
      { user: oncall, body: { type: 'incident.acknowledge', incident: 'INC-42' } },
    ]);
    await at.slack.person(oncall).openHome();
    await vi.waitFor(() =>
      expect(JSON.stringify(at.slack.workspace.home(oncall)?.blocks)).not.toContain('already has it'),
    );
  });

  it('opens the forms, and answers what was filled in there', async () => {
    await at.slack.person(oncall).openHome();
    await shows(oncall, 'Declare Incident');
    await at.slack.person(oncall).click({ view: homeId(oncall) }, 'home.declare');
    await vi.waitFor(() => expect(at.slack.workspace.openView(oncall)?.callbackId).toBe('genesis.declare'));
    await at.slack.person(oncall).submit(at.slack.workspace.openView(oncall)?.id ?? '', {
      title: { title: 'Checkout is slow' },
      severity: { severity: 'P1' },
    });
    await shows(oncall, 'INC-43 is open.');
    await at.slack.person(oncall).click({ view: homeId(oncall) }, 'home.drill');
    await vi.waitFor(() => expect(at.slack.workspace.openView(oncall)?.callbackId).toBe('genesis.drill'));
  });
});
