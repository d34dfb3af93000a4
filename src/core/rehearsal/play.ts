import type { CommandBody } from '../command.ts';
import type { Step } from '../playbook/definition.ts';
import { unknownName } from '../playbook/nearest.ts';
import type { Problem } from '../playbook/problem.ts';
import type { Room } from '../playbook/room.ts';
import { findStep } from '../run/walk.ts';
import { checkEnd } from './expectation.ts';
import { handleStep } from './handleStep.ts';
import { decide, type Playing, person, refusal } from './playing.ts';
import type { ApprovalWish, Entry, Scenario } from './scenario.ts';
import { createStage, type StepAt } from './stage.ts';
import { expectedWords, wordsOf } from './words.ts';

/** What came of a scenario, and which steps were entered on the way, failed or not. */
export type Played = {
  readonly scenario: Scenario;
  readonly failure: Problem | null;
  readonly entered: readonly { readonly playbook: string; readonly step: string }[];
};

export function play(scenario: Scenario, room: Room): Played {
  const stage = createStage(room);
  const playing: Playing = { scenario, room, stage };
  const met: StepAt[] = [];
  const failure = playSafely(playing, met);
  // What was entered without being named counts as well: coverage is about the playbook, not about the test.
  const entered = [...met, ...stage.entered].map(({ run, step }) => ({
    playbook: stage.run(run).playbook,
    step,
  }));
  const message = failure && `${scenario.name}: ${failure.message}`;
  return {
    scenario,
    failure: failure && { severity: 'error', file: scenario.file, ...failure.at, message: message ?? '' },
    entered,
  };
}

type Failure = { readonly at: Scenario['at']; readonly message: string };

/** A defect that one scenario runs into must not hide what the others have to say. */
function playSafely(playing: Playing, met: StepAt[]): Failure | null {
  try {
    return playAll(playing, met);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { at: playing.scenario.at, message: `it cannot be played: ${why}.` };
  }
}

function playAll(playing: Playing, met: StepAt[]): Failure | null {
  const { scenario, stage } = playing;
  stage.set(scenario.indicators);
  const unknown = unknownNames(playing);
  if (unknown) return unknown;
  const begun = begin(playing);
  if (begun !== null) return { at: scenario.at, message: begun };
  for (const entry of scenario.walk) {
    const message =
      entry.kind === 'until'
        ? goOnUntil(playing, entry, met)
        : expectedWords(entry) === null
          ? beside(playing, entry)
          : follow(playing, entry, met);
    if (message !== null) return { at: entry.at, message };
  }
  const message = checkEnd(playing);
  return message === null ? null : { at: scenario.expects.at, message };
}

/** A value of an indicator that nobody reads, and an end of a command that nobody runs, are slips of the pen. */
function unknownNames({ scenario, room }: Playing): Failure | null {
  const services = Object.values(room.definitions).map(({ service }) => service);
  const indicators = new Set(services.flatMap((service) => Object.keys(service.indicators)));
  const actions = new Set(services.flatMap((service) => Object.keys(service.actions)));
  const places = [{ at: scenario.at, set: scenario.indicators }, ...scenario.walk];
  for (const { at, set } of places)
    for (const name of Object.keys(set))
      if (!indicators.has(name)) return { at, message: unknownName('indicator', name, [...indicators]) };
  for (const entry of scenario.walk)
    if (entry.kind === 'do' || entry.kind === 'observe')
      for (const name of entry.commands.exits.keys())
        if (name !== null && !actions.has(name))
          return { at: entry.at, message: unknownName('action', name, [...actions]) };
  return null;
}

function begin(playing: Playing): string | null {
  const { scenario } = playing;
  if (scenario.begins.kind === 'procedure')
    return startProcedure(playing, scenario.begins.playbook, {
      approval: scenario.begins.approval,
      by: scenario.by,
    });
  return alert(playing, scenario.begins.labels);
}

function alert({ stage }: Playing, labels: Readonly<Record<string, string>>): string | null {
  const text = JSON.stringify(Object.entries(labels).sort());
  const notice = {
    fingerprint: text,
    status: 'firing',
    startsAt: stage.now(),
    labels,
    annotations: {},
    groupKey: text,
  } as const;
  return refusal(stage.give({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice }));
}

/** A step that must be offered now. */
function follow(playing: Playing, entry: Entry, met: StepAt[]): string | null {
  const { stage } = playing;
  const expected = expectedWords(entry) ?? '';
  const at = stage.entered.shift();
  if (!at) return `the walk does not offer \`${expected}\` here: ${standing(playing)}.`;
  met.push(at);
  const step = findStep(stage.definition(at.run).playbook.steps, at.step);
  if (!step) return `the walk entered a step that its playbook does not have, ${at.step}.`;
  if (wordsOf(step) !== expected)
    return `the walk offers \`${wordsOf(step)}\` here, not \`${expected}\`${whence(playing, at)}.`;
  return handleStep(playing, { entry, step, at });
}

function goOnUntil(playing: Playing, entry: Extract<Entry, { kind: 'until' }>, met: StepAt[]): string | null {
  const { stage } = playing;
  for (;;) {
    const [at] = stage.entered;
    if (!at) return `the walk does not come to \`${entry.words}\`: ${standing(playing)}.`;
    const step = findStep(stage.definition(at.run).playbook.steps, at.step);
    if (!step || wordsOf(step) === entry.words) break;
    const usual = usualEntry(step, entry);
    if (usual === null)
      return `\`${wordsOf(step)}\` stands before \`${entry.words}\`, and somebody has to answer it.`;
    const message = follow(playing, usual, met);
    if (message !== null) return `on the way to \`${entry.words}\`: \`${wordsOf(step)}\`: ${message}`;
  }
  stage.set(entry.set);
  return null;
}

/** What a step comes to on a good day; null for a question. */
function usualEntry(step: Step, { at, by }: Entry): Entry | null {
  const every = { at, by, set: {} };
  const carried = {
    commands: { exits: new Map(), prints: '', takesMs: 1_000 },
    ends: null,
    followUps: [],
  };
  switch (step.kind) {
    case 'chart':
      return { ...every, kind: 'chart', indicator: step.indicator };
    case 'observe':
      return { ...every, kind: 'observe', action: step.action, ...carried };
    case 'do':
      return { ...every, kind: 'do', action: step.action, skip: false, approval: 'approve', ...carried };
    case 'verify':
      return { ...every, kind: 'verify', indicator: step.target.indicator, ends: null, followUps: [] };
    case 'wait':
      return { ...every, kind: 'wait', ms: step.ms, skip: false };
    case 'checklist':
      return { ...every, kind: 'checklist', title: step.title };
    case 'choose':
    case 'ask':
    case 'stage':
      return null;
    default: {
      const never: never = step;
      return never;
    }
  }
}

const whence = ({ stage }: Playing, { run, step }: StepAt): string =>
  ` (step ${step} of ${stage.run(run).playbook})`;

/** Where everything stands when nothing more is offered. */
function standing({ stage }: Playing): string {
  const run = stage.runs().at(-1);
  if (!run) return 'no run was started';
  if (run.result) return `the run is ${run.result.kind}${run.result.why ? ` (${run.result.why})` : ''}`;
  if (run.at === null) return 'its plan is not approved';
  const step = findStep(stage.definition(run.id).playbook.steps, run.at);
  const state = run.steps[run.at]?.state.kind ?? 'not entered';
  return `\`${step ? wordsOf(step) : run.at}\` is ${state}, and nothing follows before that is decided`;
}

/** What happens beside the steps. */
function beside(playing: Playing, entry: Entry): string | null {
  const { stage, scenario } = playing;
  const incident = stage.incidents()[0];
  const by = entry.by ?? scenario.by;
  const done = (message: string | null): string | null => {
    stage.set(entry.set);
    return message;
  };
  switch (entry.kind) {
    case 'pass':
      stage.moveTo(stage.now() + entry.ms);
      return done(null);
    case 'start':
      return done(startProcedure(playing, entry.playbook, { approval: entry.approval, by }));
    case 'alert':
      return done(alert(playing, entry.labels));
    case 'acknowledge':
    case 'resolve': {
      if (!incident) return `there is no incident to ${entry.kind}.`;
      const body: CommandBody =
        entry.kind === 'resolve'
          ? { type: 'incident.resolve', incident: incident.id, note: null }
          : { type: 'incident.acknowledge', incident: incident.id };
      const service = incident.service ?? '';
      return done(refusal(stage.give({ actor: person(playing, 'responder', by, service), ...body })));
    }
    default:
      return null;
  }
}

function startProcedure(
  playing: Playing,
  playbook: string,
  { approval, by }: { readonly approval: ApprovalWish; readonly by: readonly string[] | null },
): string | null {
  const { stage, room } = playing;
  const incident = stage.incidents()[0]?.id ?? null;
  const service = room.definitions[playbook]?.playbook.service ?? '';
  const actor = person(playing, 'responder', by, service);
  const answer = stage.give(
    incident === null
      ? {
          actor,
          type: 'run.start',
          run: null,
          incident,
          playbook,
          place: { kind: 'channel', channel: 'C0REHEARSAL' },
          reason: null,
        }
      : { actor, type: 'incident.start-run', incident, playbook, reason: null },
  );
  const refused = refusal(answer);
  if (refused !== null) return refused;
  const run = stage.runs().at(-1);
  if (!run || run.playbook !== playbook) return `\`${playbook}\` was not started.`;
  return run.whole?.state.kind === 'pending' ? decide(playing, { run: run.id, wish: approval, by }) : null;
}
