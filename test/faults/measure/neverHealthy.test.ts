import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGauge } from '../../../src/adapters/prometheus/gauge.ts';
import type { Indicator } from '../../../src/core/playbook/definition.ts';
import type { RunId } from '../../../src/core/stream.ts';
import { createRig, eventually, type Rig } from '../../engine/rig.ts';
import { hour } from '../../fakes/room.ts';
import {
  type Answer,
  cap,
  contentFaults,
  type Fault,
  goodAnswer,
  slowFaults,
  startSpoiledPrometheus,
  transportFaults,
} from './badAnswers.ts';

const numRuns = process.env.SOAK ? 10_000 : 1_000;
const now = Date.parse('2026-11-21T14:02:00Z');
const faults = [...contentFaults, ...transportFaults, ...slowFaults];

const errorRatio: Indicator = {
  name: 'error_ratio',
  title: 'Error rate',
  query: 'ratio',
  unit: 'ratio',
  objective: { kind: 'below', value: 0.001 },
  enough: { query: 'operations', above: 1_000 },
};

const gaugeOn = (baseUrl: string | null, timeoutMs: number) =>
  createGauge({ baseUrl, timeoutMs, windowMs: 300_000, staleMs: 300_000, maxBytes: cap });

const spoiled = (answer: Answer, by: readonly Fault[]): Answer =>
  by.reduce((before, { spoil }) => spoil(before), answer);

describe('Prometheus in every bad state', { tags: ['trust-18'] }, () => {
  it('1,000 answers, mostly spoiled: those pass that are good, and no other', { timeout: 120_000 }, async ({
    onTestFinished,
    annotate,
  }) => {
    const told: { ratio: Answer; operations: Answer } = {
      ratio: goodAnswer('0', 0),
      operations: goodAnswer('0', 0),
    };
    const server = await startSpoiledPrometheus((query) =>
      query === 'operations' ? told.operations : told.ratio,
    );
    onTestFinished(server.stop);
    // Long enough for a busy machine to answer, since an answer that comes late is no answer.
    const gauge = gaugeOn(server.url, 1_500);
    const anyFault = fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(...contentFaults) },
      { weight: 30, arbitrary: fc.constantFrom(...transportFaults) },
    );
    // Mostly one fault: what is wrong in every way is easily refused. Two are not always possible in one answer.
    const given = fc.record({
      value: fc.double({ min: -0.002, max: 0.002, noNaN: true }),
      operations: fc.integer({ min: 0, max: 3_000 }),
      fault: fc.option(anyFault, { freq: 4 }),
      faultOfOperations: fc.option(anyFault, { freq: 1 }),
    });
    const counts = { pass: 0, fail: 0, inconclusive: 0 };
    await fc.assert(
      fc.asyncProperty(given, async ({ value, operations, fault, faultOfOperations }) => {
        const at = now / 1_000;
        told.ratio = spoiled(goodAnswer(String(value), at), fault ? [fault] : []);
        told.operations = spoiled(
          goodAnswer(String(operations), at),
          faultOfOperations ? [faultOfOperations] : [],
        );
        const isKnown = fault === null && faultOfOperations === null && operations > 1_000;
        const expected = !isKnown ? 'inconclusive' : value < 0.001 ? 'pass' : 'fail';
        const reading = await gauge.read(errorRatio, now);
        expect(reading.verdict, `${fault?.name} / ${faultOfOperations?.name}`).toBe(expected);
        if (reading.verdict === 'inconclusive') expect(reading.why).toMatch(/^[A-Z].*\.?$/s);
        counts[reading.verdict] += 1;
      }),
      { numRuns },
    );
    // Where nothing ever passes, nothing is shown.
    expect(counts.pass).toBeGreaterThan(10);
    expect(counts.fail).toBeGreaterThan(0);
    await annotate(
      `${numRuns} answers: ${counts.inconclusive} worthless ones all inconclusive, ${counts.pass} good ones passed, 0 wrong`,
      'figure',
    );
  });

  it('a Prometheus that is not there, does not answer or stands still', async ({ onTestFinished }) => {
    let spoil = slowFaults[0]!;
    const server = await startSpoiledPrometheus((_query, at) => spoiled(goodAnswer('0', at), [spoil]));
    onTestFinished(server.stop);
    const plain: Indicator = { ...errorRatio, enough: undefined as never };
    for (spoil of slowFaults) {
      const reading = await gaugeOn(server.url, 50).read(plain, now);
      expect(reading, spoil.name).toMatchObject({
        verdict: 'inconclusive',
        why: 'Prometheus did not answer within 0.05 s.',
      });
    }
    for (const nowhere of ['http://127.0.0.1:1', 'http://no-such-host.invalid', null]) {
      const reading = await gaugeOn(nowhere, 2_000).read(plain, now);
      expect(reading.verdict, String(nowhere)).toBe('inconclusive');
    }
  });
});

/** Waits until nothing due is left undone. Time goes on a little meanwhile, as it does: a timer set just now must fire. */
const settled = (rig: Rig) =>
  eventually(async () => {
    rig.clock.advance(1);
    const { waiting } = await rig.store.backlog();
    return waiting + rig.performer.inFlight();
  }).toBe(0);

/** Performs the mitigation of a run, so that its gate is open and asks this Prometheus. */
async function untilTheGateIsOpen(rig: Rig): Promise<void> {
  rig.start();
  await rig.alert();
  await eventually(() => rig.step('kind')).toBe('asking');
  const at = { run: 'INC-1.1' as RunId, attempt: 1 };
  await rig.desk.act('U1ENGINEER', { type: 'run.choose', step: 'kind', option: 'limits', ...at });
  await rig.desk.act('U1ENGINEER', { type: 'run.perform', step: 'fallback', ...at });
  await eventually(() => rig.runner.started.length).toBeGreaterThan(0);
  const started = rig.runner.started.find(({ request }) => request.argv.includes('fallback'));
  started?.end();
  await eventually(() => rig.step('fallback')).toBe('verifying');
}

describe('a gate that learns nothing', { tags: ['trust-18'] }, () => {
  const kinds = [
    'no data',
    'the value "NaN"',
    'the value "+Inf"',
    'two series',
    'a matrix',
    'a sample of six minutes ago',
    'a warning',
    'a page of HTML',
    'status 503',
    'an answer longer than the cap',
    'a connection that is reset',
  ];

  it('stands still, asks a person, and does nothing by itself, for as long as it takes', {
    timeout: 120_000,
  }, async ({ onTestFinished, annotate }) => {
    for (const kind of kinds) {
      const fault = faults.find(({ name }) => name === kind)!;
      const server = await startSpoiledPrometheus((_query, at) => spoiled(goodAnswer('0', at), [fault]));
      onTestFinished(server.stop);
      const rig = createRig();
      Object.assign(rig.gauge.port, gaugeOn(server.url, 5_000));
      await untilTheGateIsOpen(rig);
      const started = rig.runner.started.length;
      await eventually(async () => {
        rig.clock.advance(15_000);
        return rig.step('fallback');
      }).toBe('inconclusive');
      await settled(rig);
      expect(server.asks(), kind).toBeGreaterThanOrEqual(4);
      for (let passed = 0; passed < 6; passed++) {
        rig.clock.advance(hour);
        await settled(rig);
      }
      expect(await rig.step('fallback'), kind).toBe('inconclusive');
      expect(await rig.step('verify'), kind).toBeUndefined();
      expect(rig.runner.started.length, kind).toBe(started);
      // The person reads what is not known, at the step and with its buttons.
      const shown = JSON.stringify(
        rig.chat.calls.filter((call) => call.kind === 'show').map((call) => call.request.view),
      );
      expect(shown, kind).toContain('"kind":"inconclusive"');
      await rig.stop();
    }
    await annotate(
      `${kinds.length} kinds of bad answers over six hours: 0 gates passed, 0 actions by themselves, each time a person is asked`,
      'figure',
    );
  });

  it('holds on good answers: what is shown above is no gate that never opens', async ({ onTestFinished }) => {
    const server = await startSpoiledPrometheus((_query, at) => goodAnswer('0', at));
    onTestFinished(server.stop);
    const rig = createRig();
    Object.assign(rig.gauge.port, gaugeOn(server.url, 5_000));
    await untilTheGateIsOpen(rig);
    // The first reading is over and the time of the next one is known.
    await settled(rig);
    for (let reading = 0; reading < 60 && (await rig.step('fallback')) === 'verifying'; reading++) {
      const before = server.asks();
      rig.clock.advance(15_000);
      await eventually(() => {
        rig.clock.advance(1);
        return server.asks();
      }).toBeGreaterThan(before);
      await settled(rig);
    }
    expect(await rig.step('fallback')).toBe('settled');
  });
});
