import { describe, expect, it } from 'vitest';
import { WorkFailed } from '../../../src/engine/ports.ts';
import { metricsOf } from '../../engine/metricsOf.ts';
import { createRig, eventually } from '../../engine/rig.ts';
import { calledRoom, roster } from '../../fakes/called.ts';
import { minute } from '../../fakes/room.ts';

const canary = 'Canary <@U1ENGINEER> {why="x"} 555';

/** The engine with a paging service that fails as the test says, and the metrics that it tells. */
function counted() {
  let fault: WorkFailed | null = null;
  const send = async (): Promise<void> => {
    if (fault) throw fault;
  };
  const rig = createRig({
    room: {
      ...calledRoom,
      // Titles and names are the operators' words, and no label either.
      roster: { ...roster, platform: { ...roster.platform!, title: canary } },
    },
    paging: { sender: () => ({ trigger: send, acknowledge: send, resolve: send }) },
  });
  const metrics = metricsOf(rig);
  rig.start();
  const value = async (series: string): Promise<number> => {
    const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  };
  return { rig, metrics, value, fails: (now: WorkFailed | null) => (fault = now) };
}

const outcome = (name: string) => `genesis_bot_call_outcomes_total{outcome="${name}"}`;
const placed = (why: string) => `genesis_bot_calls_total{why="${why}"}`;

describe('the metrics of calls', { tags: ['trust-16', 'trust-17'] }, () => {
  it('count those that are placed, also by timers, those that are late, and those that are answered', async () => {
    const { rig, value } = counted();
    await rig.alert();
    await rig.idle();
    expect(await value(placed('opened'))).toBe(1);
    // Nobody acknowledges: the next level is called by a timer, which is nobody's command.
    rig.clock.advance(6 * minute);
    await eventually(() => value(placed('unanswered'))).toBe(1);
    expect(await value(outcome('late'))).toBe(1);
    expect(await value(outcome('answered'))).toBe(0);
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(await value(outcome('answered'))).toBe(1);
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.call', incident: 'INC-1', duty: 'platform', why: canary },
    } as const);
    rig.directory.members.set('U6PLATFORM', { kind: 'member', groups: [] });
    await rig.desk.act('U6PLATFORM', { type: 'incident.answer-call', incident: 'INC-1', call: 2 });
    expect(await value(placed('by-hand'))).toBe(1);
    expect(await value(outcome('answered'))).toBe(2);
    expect(await value('genesis_bot_acknowledge_seconds_count{severity="P1"}')).toBe(1);
  });

  it('count pages that do not get through, and wait for those alone that somebody still needs', async () => {
    const { rig, value, fails } = counted();
    fails(new WorkFailed('unavailable', canary, { retry: { afterMs: 1_000 } }));
    await rig.alert();
    await eventually(() => value(outcome('failed'))).toBe(1);
    expect(await value('genesis_pages_waiting')).toBe(1);
    // However often it is tried, it failed to get through once.
    rig.clock.advance(10_000);
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(await value(outcome('failed'))).toBe(1);
    expect(await value('genesis_pages_waiting')).toBe(0);

    fails(new WorkFailed('refused', canary));
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.call', incident: 'INC-1', duty: 'executives', why: null },
    } as const);
    await eventually(() => value(outcome('refused'))).toBe(1);
    expect(await value('genesis_pages_waiting')).toBe(1);
  });

  it('have labels from closed sets alone: no name, no text, whatever people and alerts say', async () => {
    const { rig, metrics, value, fails } = counted();
    fails(new WorkFailed('unavailable', canary, { retry: { afterMs: 1_000 } }));
    await rig.alert({ name: 'HighErrorRate', annotations: { summary: canary } });
    await eventually(() => value(outcome('failed'))).toBe(1);
    await rig.desk.handle({
      ...{ actor: { kind: 'pagerduty', name: canary }, type: 'incident.acknowledge', incident: 'INC-1' },
    } as const);
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.call', incident: 'INC-1', duty: 'platform', why: canary },
    } as const);
    const text = await metrics.text();
    expect(text).not.toMatch(/canary|U1ENGINEER|555/i);
    const labels = [...text.matchAll(/^genesis_bot_call(?:s|_outcomes)_total\{(.*?)\} /gm)].map(
      ([, all]) => all,
    );
    expect(labels.length).toBeGreaterThan(2);
    for (const label of labels) expect(label).toMatch(/^(why|outcome)="[a-z-]{1,16}"$/);
  });
});
