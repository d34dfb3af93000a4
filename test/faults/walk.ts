import { join } from 'node:path';
import { vi } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { runningWith } from '../scenarios/processes.ts';
import { eventsOfService, knownResets, readLog } from './account.ts';
import { alertToken, type Stage } from './stage.ts';

/** How the sources and the people around the bot behave: they come again until they got through. */

export type Patience = { readonly timeout: number; readonly interval: number };

const notice = (service: string, status: 'firing' | 'resolved') => ({
  version: '4',
  groupKey: `{}:{service="${service}"}`,
  truncatedAlerts: 0,
  status,
  receiver: 'genesis',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://127.0.0.1:9093',
  alerts: [
    {
      status,
      labels: { alertname: 'ServiceErrors', service },
      annotations: { summary: `The ${service} fails` },
      startsAt: '2026-11-21T23:49:39.119Z',
      endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-11-21T23:59:39.119Z',
      generatorURL: 'http://127.0.0.1:9090/graph',
      fingerprint: Buffer.from(service.padEnd(8, '.')).toString('hex').slice(0, 16),
    },
  ],
});

/** Sends it once; whether it was acknowledged. */
export async function send(url: string, service: string, status: 'firing' | 'resolved'): Promise<boolean> {
  try {
    const response = await fetch(`${url}/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alertToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(notice(service, status)),
      signal: AbortSignal.timeout(5_000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch (error) {
    // Nobody listens, or whoever did is gone.
    if (error instanceof Error) return false;
    throw error;
  }
}

/** As Alertmanager does it: again and again until it is taken. */
export async function deliver(
  stage: Stage,
  service: string,
  status: 'firing' | 'resolved',
  patience: Patience,
) {
  await vi.waitFor(async () => {
    if (!(await send(stage.url, service, status))) throw new Error(`${service} ${status} is not taken`);
  }, patience);
}

/** Walks the incident of one service from its alert to the draft of its post-mortem, whatever happens on the way. */
export async function walkIncident(stage: Stage, service: string, patience: Patience): Promise<void> {
  await deliver(stage, service, 'firing', patience);
  await walkInChannel(stage, service, patience);
}

/** The same for one that begins in a thread and is raised as soon as something is asked there. */
export async function walkRaised(stage: Stage, service: string, patience: Patience): Promise<void> {
  const { slack, emulator } = stage;
  await deliver(stage, service, 'firing', patience);
  await vi.waitFor(async () => {
    const { events } = await readLog(stage);
    if (events.some(({ type }) => type === 'SeverityChanged')) return;
    if (slack.offers(channelIds.monitoring, 'The drawer is stuck'))
      await emulator.person(people.oncall).slash('general', '/genesis', 'severity INC-1 P1 Nobody can pay');
    throw new Error(`the incident of ${service} is not raised yet`);
  }, patience);
  await walkInChannel(stage, service, patience);
}

async function walkInChannel(stage: Stage, service: string, patience: Patience): Promise<void> {
  const { slack, emulator } = stage;
  const channel = await vi.waitFor(() => {
    const found = emulator.workspace.channels().find(({ name }) => name.includes(`-${service}-errors-`));
    if (!found) throw new Error(`the incident of ${service} has no channel yet`);
    return found.id;
  }, patience);
  let last = 'nothing';
  const untilOver = async (isOver: () => boolean | Promise<boolean>, act: () => Promise<string | null>) => {
    await vi.waitFor(async () => {
      if (await isOver()) return;
      const pressed = await act();
      if (pressed !== null) {
        last = pressed;
        await changed(stage, channel);
      }
      throw new Error(`${service}: the last click was "${last}"; offered are ${offered(stage, channel)}`);
    }, patience);
  };
  await untilOver(
    async () => (await eventsOfService(stage, service)).some(({ type }) => type === 'RunEnded'),
    () => help(stage, service, channel),
  );
  await deliver(stage, service, 'resolved', patience);
  await untilOver(
    () => slack.says(channel, /post-mortem draft/),
    () => resolve(stage, channel),
  );
}

/** Waits until the channel looks different, though not for long: a click may have reached nobody. */
async function changed({ emulator }: Stage, channel: string): Promise<void> {
  const look = () => JSON.stringify(emulator.workspace.allMessages(channel));
  const before = look();
  await reaches(() => look() !== before, 400);
}

/** Whether it becomes true within this time. */
export async function reaches(condition: () => boolean, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  return vi
    .waitUntil(() => condition() || (performance.now() >= until ? 'late' : false), {
      timeout: withinMs + 5_000,
      interval: 20,
    })
    .then((answer) => answer === true);
}

async function resolve({ slack }: Stage, channel: string): Promise<string> {
  const view = slack.openModal(people.oncall);
  if (view) await slack.submit(people.oncall, view.id);
  else await slack.clickIfThere(people.oncall, channel, 'Resolve');
  return view ? 'the form of Resolve' : 'Resolve';
}

const offered = ({ emulator }: Stage, channel: string): string =>
  [
    ...new Set(
      [
        ...JSON.stringify(emulator.workspace.allMessages(channel)).matchAll(
          /"type":"button","text":\{[^}]*"text":"([^"]*)"/g,
        ),
      ].map(([, text]) => text),
    ),
  ].join(', ');

/** What a responder does with what is offered: clicks that reach nobody are lost, and come again. */
async function help(stage: Stage, service: string, channel: string): Promise<string | null> {
  const { slack } = stage;
  const press = async (button: string) => {
    await slack.clickIfThere(people.oncall, channel, button);
    return button;
  };
  if (slack.offers(channel, 'It Worked')) {
    const happened = await hasHappened(stage, service);
    return happened === null ? null : press(happened ? 'It Worked' : 'It Did Not');
  }
  const wanted = ['Check Again', 'Try Again', titleOf(service), 'The drawer is stuck', 'Acknowledge'].find(
    (button) => slack.offers(channel, button),
  );
  return wanted === undefined ? null : press(wanted);
}

const titleOf = (service: string): string => `Reset the ${service[0]?.toUpperCase()}${service.slice(1)}`;

/**
 * What a person sees who looks at the service after an outcome that nobody knows: whether it was reset once more than
 * the log accounts for. Null while the program may still be at it.
 */
async function hasHappened(stage: Stage, service: string): Promise<boolean | null> {
  if (runningWith(join(stage.directory, 'bin', 'mark')) > 0) return null;
  const known = knownResets(await eventsOfService(stage, service));
  return (await stage.room.count(`reset-${service}`)) > known;
}
