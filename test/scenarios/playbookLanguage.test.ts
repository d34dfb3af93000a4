import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { eventsOf, rehearse, type Stops, stopAll } from './rehearsal.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { responder } = people;

/** The shipped room with one service more, whose commands only print. */
async function roomOfTrials(stops: Stops): Promise<string> {
  const room = await mkdtemp(join(tmpdir(), 'genesis-room-'));
  stops.push(() => rm(room, { recursive: true, force: true }));
  await cp('playbooks', room, { recursive: true });
  await writeFile(
    join(room, 'services', 'trial.yml'),
    `service: trial
host: genesis
indicators:
  up: { title: Service, query: min(up), objective: { equals: 1 } }
actions:
  first: { title: First look, risk: observe, run: [printf, 'one sees this'] }
  second: { title: Second look, risk: observe, run: [cat, there-is-no-such-file] }
  third: { title: Third look, risk: observe, run: [printf, 'and that'] }
  announce:
    title: Announce the image
    risk: change
    run: [printf, '%s', { parameter: image }]
    parameters: { image: { title: Image, pattern: '[a-z]+:v[0-9]+' } }
    verify: exit
    undo: { none: It was only said. }
`,
  );
  await writeFile(
    join(room, 'procedures', 'trial.yml'),
    `playbook: trial
title: Trial of the language
service: trial
severity: P3
steps:
  - observe: [first, second, third]
  - ask: How many?
    type: integer
    min: 1
    max: 20
  - ask: Which image?
    as: image
    pattern: '[a-z0-9:$()]+'
    example: shop:v7
  - do: announce
    with: { image: answer.image }
  - offer: announce-later
    why: It may be wanted again.
  - ask: What is left?
`,
  );
  await writeFile(
    join(room, 'procedures', 'announce-later.yml'),
    `playbook: announce-later
title: Announce it later
service: trial
severity: P3
authority: whole
inputs:
  image: { ask: Which image?, pattern: '[a-z]+:v[0-9]+', example: shop:v7 }
steps:
  - do: announce
    with: { image: input.image }
`,
  );
  return room;
}

describe('the language of playbooks, in the chat', { timeout: 120_000 }, () => {
  it('looks at several things at once, asks for values with a type, runs with them, and offers a procedure', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const sandbox = await rehearse(stops, { playbooks: await roomOfTrials(stops) });
    const { emulator, env } = sandbox;
    const slack = createWorkspaceDriver(emulator, 40_000);
    const channel = '#genesis-monitoring';
    const person = emulator.person(responder);
    await vi.waitFor(() => expect(emulator.sockets.count()).toBe(1), 10_000);
    expect(await person.slash(channel, '/genesis', 'playbook run trial')).toMatchObject({ ok: true });

    const seen = await slack.message(channel, /2 of 3 seen/);
    expect(wordsOf(seen)).toMatch(/Could not be seen: \*Second look\*/);
    const output = await slack.message(channel, /Output of \*First look\*/);
    expect(wordsOf(output)).toMatch(/one sees this.*Output of \*Third look\*.*and that/s);

    // What does not fit is said below the field, and the form stays open.
    await slack.click(responder, channel, 'Answer');
    const number = await slack.modal(responder);
    expect(await person.submit(number.id, { answer: { answer: 'forty' } })).toMatchObject({
      ok: false,
      errors: { answer: 'Wanted is a whole number from 1 to 20.' },
    });
    expect(await person.submit(number.id, { answer: { answer: '4' } })).toMatchObject({ ok: true });
    await slack.message(channel, /Answered: How many\? — 4/);

    const answer = async (image: string) => {
      await slack.click(responder, channel, 'Answer');
      const form = await slack.modal(responder);
      expect(await person.submit(form.id, { answer: { answer: image } })).toMatchObject({ ok: true });
    };
    await answer('$(reboot)');
    await slack.message(channel, /cannot be used as Image\. Wanted is text that matches/);
    await slack.click(responder, channel, 'Answer Again');
    await slack.message(channel, /attempt 2/);
    await slack.message(channel, /Which image\?.*Wanted is.*attempt 2/s);
    await answer('shop:v7');
    const offer = await slack.withButton(channel, 'Announce the Image');
    expect(wordsOf(offer.message)).toContain('shop:v7');
    await slack.click(responder, channel, 'Announce the Image');
    await slack.message(channel, /✓ Done: \*Announce the image\*/);

    await slack.click(responder, channel, 'Start Announce it later');
    const start = await slack.modal(responder);
    expect(await person.submit(start.id, { 'input.image': { 'input.image': '--force' } })).toMatchObject({
      ok: false,
      errors: { 'input.image': expect.stringMatching(/^Wanted is text that matches/) },
    });
    expect(await person.submit(start.id, { 'input.image': { 'input.image': 'shop:v8' } })).toMatchObject({
      ok: true,
    });
    await slack.message(channel, /✓ Started: \*Announce it later\*.*RUN-2/);
    await slack.message(channel, /\*Announce it later\* completed/);
    await slack.message(channel, /What is left\?/);

    const commands = (await eventsOf(env)).flatMap(({ event }) =>
      event.type === 'CommandStarted' ? [event.data.plan.commands[event.data.command]?.does] : [],
    );
    expect(commands).toEqual([
      { kind: 'run', argv: ['printf', '%s', 'shop:v7'] },
      { kind: 'run', argv: ['printf', '%s', 'shop:v8'] },
    ]);
  });
});
