import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { render } from '../../../src/adapters/slack/cards/render.ts';
import { planWhole } from '../../../src/core/run/resolve.ts';
import type { View } from '../../../src/core/view.ts';
import { channelIds, people } from '../../../src/sandbox/emulator/seed.ts';
import { approval, definition, everyView, hash, incident, run } from './views.ts';
import { type Setting, setting } from './workspace.ts';

const { oncall, responder, visitor } = people;

let at: Setting;

const view = (name: string): View => everyView[name] as View;

/** Shows a card in #genesis-incidents and answers where. */
const shown = (name: string, channel: string = channelIds.incidents) =>
  at.client.chat.show({
    key: `subject/${name}`,
    view: view(name),
    channel,
    thread: null,
    known: null,
    uncertain: false,
  });

/** What a person alone was told, oldest first. */
const told = (user: string) => at.slack.workspace.ephemerals(user).map((message) => message.text);
const toldText = async (user: string, count = 1): Promise<string> => {
  await vi.waitFor(() => expect(told(user).length).toBeGreaterThanOrEqual(count));
  return told(user).at(-1) ?? '';
};
const openView = async (user: string, callbackId: string) => {
  await vi.waitFor(() => expect(at.slack.workspace.openView(user)?.callbackId).toBe(callbackId));
  const found = at.slack.workspace.openView(user);
  if (!found) throw new Error('no view');
  return found;
};
const acted = async (count = 1) => {
  await vi.waitFor(() => expect(at.desk.acted).toHaveLength(count));
  return at.desk.acted;
};
const say = (user: string, text: string, channel: string = channelIds.general) =>
  at.slack.person(user).slash(channel, '/genesis', text);

for (const mode of ['socket', 'http'] as const) {
  describe(`people in Slack, heard by ${mode}`, () => {
    beforeEach(async () => {
      at = await setting(mode);
    });
    afterEach(() => at.stop());

    it('a click becomes a command of the person who clicked, once', async () => {
      const message = await shown('card, new');
      const reply = await at.slack.person(oncall).click(message, 'incident.acknowledge');
      expect(reply).toMatchObject({ ok: true });
      expect(await acted()).toMatchObject([
        { user: oncall, body: { type: 'incident.acknowledge', incident: 'INC-42' } },
      ]);
      expect(at.desk.acted[0]?.once).toMatch(/^slack:/);
    });

    it('buttons of steps carry what they were drawn for', async () => {
      const asking = await shown('step, asking which');
      await at.slack.person(oncall).click(asking, 'step.choose:1');
      const offered = await shown('step, offering disruptive');
      await at.slack.person(responder).click(offered, 'step.perform', { confirmed: true });
      const approving = await shown('step, approving');
      await at.slack.person(oncall).click(approving, 'approval.approve', { confirmed: true });
      const plan = await shown('plan, pending');
      await at.slack.person(oncall).click(plan, 'plan.refuse');
      const unknown = await shown('step, unknown', channelIds.alerts);
      await at.slack.person(oncall).click(unknown, 'step.claim:2');
      const done = await acted(5);
      expect(done.map((each) => [each.user, each.body])).toEqual([
        [oncall, { type: 'run.choose', run: 'INC-42.1', step: 'which', attempt: 1, option: 'llm' }],
        [responder, { type: 'run.perform', run: 'INC-42.1', step: 'restart', attempt: 1 }],
        [
          oncall,
          {
            type: 'run.approval-decide',
            run: 'INC-42.1',
            step: 'wipe',
            attempt: 1,
            hash,
            verdict: 'approve',
          },
        ],
        [oncall, { type: 'run.plan-decide', run: 'INC-42.2', hash, verdict: 'refuse' }],
        [oncall, { type: 'run.claim', run: 'INC-42.1', step: 'restart', attempt: 1, claim: 'did-not' }],
      ]);
    });

    it('a refusal is told to that person alone', async () => {
      at.desk.answer = () => ({
        kind: 'refused',
        code: 'already',
        message: `<@${oncall}> already chose *LLM rate limits* at <!date^1795269728^{time_secs}|14:02:08 UTC>.`,
      });
      const message = await shown('step, asking which');
      await at.slack.person(responder).click(message, 'step.choose:2');
      expect(await toldText(responder)).toBe(
        `<@${oncall}> already chose *LLM rate limits* at <!date^1795269728^{time_secs}|14:02:08 UTC>.`,
      );
      expect(told(oncall)).toEqual([]);
    });

    it('no run is started where the bot could not say anything', async () => {
      const direct = await at.slack.person(oncall).direct(responder);
      const channel = direct.ok ? (direct.channelId ?? '') : '';
      await say(oncall, `playbook run ${definition.playbook.name}`, channel);
      expect(await toldText(oncall)).toMatch(/cannot post in this channel.*Nothing was started/);
      expect(at.desk.acted).toEqual([]);
    });

    it('hostile text in a refusal stays text', async () => {
      at.desk.answer = () => ({
        kind: 'refused',
        code: 'invalid',
        message: 'No <!channel> <https://evil.example|here>',
      });
      const message = await shown('card, new');
      await at.slack.person(oncall).click(message, 'incident.acknowledge');
      expect(await toldText(oncall)).toBe('No &lt;!channel&gt; &lt;https://evil.example|here&gt;');
    });

    it('an incident is declared by a form or in one line', async () => {
      await say(oncall, 'declare');
      const form = await openView(oncall, 'genesis.declare');
      await at.slack.person(oncall).submit(form.id, {
        title: { title: 'Checkout is slow' },
        service: { service: 'genesis-orchestration' },
        severity: { severity: 'P1' },
      });
      expect(await acted()).toMatchObject([
        {
          user: oncall,
          body: {
            type: 'incident.declare',
            title: 'Checkout is slow',
            service: 'genesis-orchestration',
            severity: 'P1',
            playbook: null,
            summary: '',
          },
        },
      ]);
      expect(await toldText(oncall)).toBe('INC-43 is open.');
      await say(oncall, 'declare P0 genesis-orchestration Nothing answers');
      expect((await acted(2))[1]?.body).toEqual({
        type: 'incident.declare',
        title: 'Nothing answers',
        service: 'genesis-orchestration',
        severity: 'P0',
        playbook: null,
        summary: '',
      });
    });

    it('a mistyped word gets the nearest right one and does nothing', async () => {
      await say(oncall, 'reslove INC-42');
      expect(await toldText(oncall)).toContain('Did you mean `/genesis resolve INC-42`?');
      expect(at.desk.acted).toEqual([]);
    });

    it('the words that change an incident know it by its channel or by its number', async () => {
      at.desk.incidents = [incident({ channel: { id: channelIds.incidents, name: 'genesis-incidents' } })];
      await say(oncall, 'ack', channelIds.incidents);
      await say(oncall, 'severity INC-42 p0 everything is down');
      await say(oncall, 'update inc-42 the fallback is on');
      await say(oncall, 'role commander <@U0RESPOND01|responder>', channelIds.incidents);
      await say(oncall, 'resolve the provider recovered', channelIds.incidents);
      const done = await acted(5);
      expect(new Set(done.map((each) => JSON.stringify(each.body)))).toEqual(
        new Set(
          [
            { type: 'incident.acknowledge', incident: 'INC-42' },
            { type: 'incident.severity', incident: 'INC-42', severity: 'P0', why: 'everything is down' },
            { type: 'incident.note', incident: 'INC-42', kind: 'update', text: 'the fallback is on' },
            { type: 'incident.role', incident: 'INC-42', role: 'commander', user: responder },
            { type: 'incident.resolve', incident: 'INC-42', note: 'the provider recovered' },
          ].map((body) => JSON.stringify(body)),
        ),
      );
      await say(visitor, 'resolve');
      expect(await toldText(visitor)).toContain('Which incident?');
    });

    it('without arguments each of them asks by a form', async () => {
      at.desk.incidents = [incident({ channel: { id: channelIds.incidents, name: 'genesis-incidents' } })];
      const filled = {
        severity: { severity: { severity: 'P2' } },
        role: { user: { user: responder } },
        update: { text: { text: 'better' } },
        resolve: {},
      };
      for (const [word, values] of Object.entries(filled)) {
        await say(oncall, word, channelIds.incidents);
        const form = await openView(oncall, `genesis.${word}`);
        expect(await at.slack.person(oncall).submit(form.id, values)).toMatchObject({ ok: true });
      }
      const done = await acted(4);
      expect(done.map((each) => each.body.type)).toEqual([
        'incident.severity',
        'incident.role',
        'incident.note',
        'incident.resolve',
      ]);
    });

    it('the overflow menu of the card leads to the forms', async () => {
      at.desk.incidents = [incident()];
      const message = await shown('card, new');
      const more = (message2: string) => JSON.stringify({ i: 'INC-42', o: message2 });
      await at.slack.person(oncall).click(message, { actionId: 'incident.more', input: more('note') });
      const form = await openView(oncall, 'genesis.note');
      await at.slack.person(oncall).submit(form.id, { text: { text: 'seen before' } });
      expect((await acted())[0]?.body).toEqual({
        type: 'incident.note',
        incident: 'INC-42',
        kind: 'note',
        text: 'seen before',
      });
    });

    it('a rollback shows its plan, then starts as a run', async () => {
      await say(responder, 'rollback');
      const choose = await openView(responder, 'genesis.rollback');
      await at.slack.person(responder).submit(choose.id, {
        service: { service: 'genesis-orchestration' },
      });
      const form = await openView(responder, 'genesis.run');
      const text = JSON.stringify(form.blocks);
      expect(text).toContain('Stop traffic* · 1 min');
      expect(text).toContain('One other person who may approve');
      expect(form.submit).toMatchObject({ text: 'Request Rollback' });
      await at.slack.person(responder).submit(form.id, { reason: { reason: 'errors since 1.4' } });
      expect((await acted())[0]?.body).toEqual({
        type: 'run.start',
        run: null,
        incident: null,
        playbook: 'rollback-genesis-orchestration',
        place: { kind: 'channel', channel: channelIds.general },
        reason: 'errors since 1.4',
        shown: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    });

    it('in an incident channel the rollback belongs to the incident', async () => {
      at.desk.incidents = [incident({ channel: { id: channelIds.incidents, name: 'genesis-incidents' } })];
      await say(responder, 'rollback', channelIds.incidents);
      const form = await openView(responder, 'genesis.run');
      await at.slack.person(responder).submit(form.id, {});
      expect((await acted())[0]?.body).toEqual({
        type: 'incident.start-run',
        incident: 'INC-42',
        playbook: 'rollback-genesis-orchestration',
        reason: null,
        shown: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    });

    it('breaking the glass asks for a reason', async () => {
      at.desk.runs = [{ run: run({ id: 'INC-42.2', whole: approval(planWhole(definition)) }), definition }];
      const message = await shown('plan, pending');
      await at.slack.person(oncall).click(message, 'plan.break-glass');
      const form = await openView(oncall, 'genesis.glass');
      await at.slack.person(oncall).submit(form.id, { reason: { reason: 'nobody answers' } });
      expect((await acted())[0]?.body).toEqual({
        type: 'run.plan-break-glass',
        run: 'INC-42.2',
        hash,
        reason: 'nobody answers',
      });
    });

    it('Why? and Not Sure are answered privately and decide nothing', async () => {
      const offered = view('step, offering disruptive');
      if (offered.kind !== 'step') throw new Error('not a step');
      at.desk.runs = [offered.view];
      await at.slack.person(oncall).click(await shown('step, offering disruptive'), 'step.why');
      const told = await toldText(oncall);
      // What the offer does not say; what it says stands above it.
      expect(told).toContain('Because the answer was *The process crashes*');
      expect(told).not.toContain('About 10 s without answers.');
      await at.slack.person(responder).click(await shown('step, asking which'), 'step.not-sure');
      expect(await toldText(responder)).toContain('Which kind of error dominates?');
      expect(at.desk.acted).toEqual([]);
    });

    it('a forged or outdated button changes nothing', async () => {
      const message = await shown('card, new');
      const forged = ['{"i":"INC-1; drop"}', '{}', 'x', '{"i":"INC-42","admin":true}'];
      for (const [index, value] of forged.entries()) {
        const reply = await at.slack
          .person(oncall)
          .click(message, { actionId: 'incident.acknowledge', value }, { stale: true });
        expect(reply).toMatchObject({ ok: true });
        expect(await toldText(oncall, index + 1)).toContain('of an older version');
      }
      expect(at.desk.acted).toEqual([]);
    });

    it('a private answer finds another way where its address has expired', async () => {
      at.slack.faults.set({ kind: 'expired_response_url' });
      await say(visitor, 'help', channelIds.incidents);
      expect(await toldText(visitor)).toContain('/genesis declare');
    });

    it('a form that cannot be opened in time says so', async () => {
      at.slack.faults.set({ kind: 'expired_trigger' });
      await say(oncall, 'declare');
      expect(await toldText(oncall)).toBe('The form could not be opened in time. Try again.');
    });

    it('a fault of the engine is told privately, and the next request is heard', async () => {
      at.desk.answer = () => {
        throw new Error('disk full');
      };
      const message = await shown('card, new');
      await at.slack.person(oncall).click(message, 'incident.acknowledge');
      expect(await toldText(oncall)).toContain('That did not work');
      at.desk.answer = () => ({ kind: 'accepted', stream: null, events: [] });
      await at.slack.person(oncall).click(message, 'incident.acknowledge');
      await acted(2);
    });

    it('status, help and playbooks are told privately', async () => {
      at.desk.incidents = [incident({ summary: 'see <!channel>' })];
      await say(visitor, '');
      const overview = await toldText(visitor, 1);
      expect(overview).toContain('Nothing needs you right now.');
      expect(overview).toContain('INC-42 · open · nobody has it yet');
      await say(visitor, 'status INC-42');
      expect(await toldText(visitor, 2)).toContain('see &lt;!channel&gt;');
      await say(visitor, 'playbook show rollback-genesis-orchestratoin');
      expect(await toldText(visitor, 3)).toContain('did you mean `rollback-genesis-orchestration`');
      await say(visitor, 'help resolve');
      expect(await toldText(visitor, 4)).toContain('/genesis resolve');
      await say(visitor, 'help reslove');
      expect(await toldText(visitor, 5)).toMatch(
        /There is no `reslove`\. Did you mean `\/genesis help resolve`\?/,
      );
      await say(visitor, 'help nothing-like-it');
      expect(await toldText(visitor, 6)).toMatch(/There is no `nothing-like-it`\..*\/genesis declare/s);
      expect(at.desk.acted).toEqual([]);
    });

    it('of many playbooks none is cut off the list', async () => {
      const room = at.desk.room();
      const [definition] = Object.values(room.definitions);
      if (!definition) throw new Error('the room has no playbook');
      const names = Array.from({ length: 90 }, (_, index) => `restart-of-service-number-${index}`);
      at.desk.room = () => ({
        ...room,
        definitions: Object.fromEntries(
          names.map((name) => [name, { ...definition, playbook: { ...definition.playbook, name } }]),
        ),
      });
      await say(visitor, 'playbook list');
      await toldText(visitor);
      const list = JSON.stringify(at.slack.workspace.ephemerals(visitor).at(-1)?.blocks);
      for (const name of names) expect(list).toContain(`\`${name}\``);
      expect(list).not.toContain('(cut)');
    });

    it('a mention is answered with help, once, even when Slack delivers it twice', async () => {
      at.slack.faults.set({ kind: 'duplicate_event', event: 'app_mention', count: 1 });
      await at.slack.person(visitor).mention('genesis-incidents', 'what can you do');
      expect(await toldText(visitor)).toContain('/genesis declare');
      await at.slack.settled();
      expect(told(visitor)).toHaveLength(1);
    });

    it('stopping waits for what was begun', async () => {
      const gate = Promise.withResolvers<void>();
      let finished = false;
      at.desk.answer = async () => {
        await gate.promise;
        finished = true;
        return { kind: 'accepted', stream: null, events: [] };
      };
      const message = await shown('card, new');
      await at.slack.person(oncall).click(message, 'incident.acknowledge');
      await acted();
      const stopped = at.app.stop();
      gate.resolve();
      await stopped;
      expect(finished).toBe(true);
    });

    it('is healthy once it hears people', async () => {
      expect(await at.app.health()).toEqual({ ok: true });
    });
  });
}

it('cards are the same for the same view', () => {
  const frame = { now: 0, linkTo: () => null, channelUrl: () => null, canRollBack: () => true };
  for (const each of Object.values(everyView)) expect(render(each, frame)).toEqual(render(each, frame));
});
