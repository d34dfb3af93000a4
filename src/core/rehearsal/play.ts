import type { CommandBody } from '../command.ts';
import { attachedAlerts } from '../incident/incident.ts';
import type { Step } from '../playbook/definition.ts';
import { unknownName } from '../playbook/nearest.ts';
import type { Problem } from '../playbook/problem.ts';
import type { Room } from '../playbook/room.ts';
import { lookedAt } from '../run/stepValues.ts';
import { standingEntries, undoOf } from '../run/undo.ts';
import { findStep } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import { checkEnd } from './expectation.ts';
import { handleStep } from './handleStep.ts';
import { decideStarted, type Playing, person, refusal } from './playing.ts';
import type { Entry, Scenario, StartWish } from './scenario.ts';
import { createStage, type Happened, type StepAt } from './stage.ts';
import { expectedWords, wordsOf } from './words.ts';

/** What came of a scenario, and which steps were entered on the way, failed or not. */
export type Played = {
  readonly scenario: Scenario;
  readonly failure: Problem | null;
  readonly entered: readonly { readonly playbook: string; readonly step: string }[];
  /** All that happened, in order, and the runs as they stood in the end. */
  readonly log: readonly Happened[];
  readonly views: readonly RunView[];
};

export function play(scenario: Scenario, room: Room): Played {
  const stage = createStage(room);
  const playing: Playing = { scenario, room, stage, people: new Map() };
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
    log: stage.log,
    views: stage.views(),
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

/** What is generated to take something back, such as `undo-1` and `undo-1.restart`. */
const ofUndo = /^undo-\d+(?:\.|$)/;

/** A value of an indicator that nobody reads, and an end of a command that nobody runs, are slips of the pen. */
function unknownNames({ scenario, room }: Playing): Failure | null {
  const services = Object.values(room.definitions).map(({ service }) => service);
  const indicators = new Set(services.flatMap((service) => Object.keys(service.indicators)));
  const actions = new Set(services.flatMap((service) => Object.keys(service.actions)));
  const places = [{ at: scenario.at, set: scenario.indicators }, ...scenario.walk];
  for (const { at, set } of places)
    for (const name of Object.keys(set))
      if (!indicators.has(name) && !ofUndo.test(name))
        return { at, message: unknownName('indicator', name, [...indicators]) };
  for (const entry of scenario.walk)
    if (entry.kind === 'do' || entry.kind === 'observe')
      for (const name of entry.commands.exits.keys())
        if (name !== null && !actions.has(name) && !ofUndo.test(name))
          return { at: entry.at, message: unknownName('action', name, [...actions]) };
  return null;
}

function begin(playing: Playing): string | null {
  const { scenario } = playing;
  if (scenario.begins.kind === 'procedure')
    return startProcedure(playing, scenario.begins.playbook, { ...scenario.begins, by: scenario.by });
  return alert(playing, scenario.begins.labels);
}

type Labels = Readonly<Record<string, string>>;

const fingerprintOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());

function alert({ stage }: Playing, labels: Labels): string | null {
  const fingerprint = fingerprintOf(labels);
  const startsAt = stage.now();
  const of = { fingerprint, groupKey: fingerprint, labels, annotations: {} };
  const notice = { ...of, status: 'firing', startsAt } as const;
  return refusal(stage.give({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice }));
}

function alertResolved({ stage }: Playing, labels: Labels): string | null {
  const fingerprint = fingerprintOf(labels);
  const firing = stage
    .incidents()
    .flatMap((incident) => attachedAlerts(incident))
    .find((each) => each.fingerprint === fingerprint && each.endsAt === null);
  if (!firing) return 'no alert with these labels is firing.';
  const of = { fingerprint, groupKey: fingerprint, labels, annotations: {} };
  const notice = { ...of, status: 'resolved', startsAt: firing.startsAt, endsAt: stage.now() } as const;
  return refusal(stage.give({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice }));
}

/** A step that must be offered now. */
function follow(playing: Playing, entry: Entry, met: StepAt[]): string | null {
  const { stage } = playing;
  const expected = expectedWords(entry) ?? '';
  const at = nextOf(playing, expected);
  if (!at) return `the walk does not offer \`${expected}\` here: ${standing(playing)}.`;
  stage.entered.splice(stage.entered.indexOf(at), 1);
  met.push(at);
  const step = findStep(stage.definition(at.run).playbook.steps, at.step);
  if (!step) return `the walk entered a step that its playbook does not have, ${at.step}.`;
  if (wordsOf(step) !== expected)
    return `the walk offers \`${wordsOf(step)}\` here, not \`${expected}\`${whence(playing, at)}.`;
  return handleStep(playing, { entry, step, at });
}

/**
 * The step that was entered first, unless another run's next one is the one that is named: the steps of one run come in
 * their order, and a question that nobody answers does not hold up the run beside it.
 */
function nextOf({ stage }: Playing, expected: string): StepAt | undefined {
  const { entered } = stage;
  const nextOfRuns = entered.filter(
    ({ run }, index) => entered.findIndex((each) => each.run === run) === index,
  );
  const named = nextOfRuns.find(({ run, step: id }) => {
    const step = findStep(stage.definition(run).playbook.steps, id);
    return step !== null && wordsOf(step) === expected;
  });
  return named ?? entered[0];
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
      return { ...every, kind: 'observe', action: lookedAt(step).join(', '), ...carried };
    case 'do':
      return { ...every, kind: 'do', action: step.action, skip: false, approval: 'approve', ...carried };
    case 'verify':
      return { ...every, kind: 'verify', indicator: step.target.indicator, ends: null, followUps: [] };
    case 'wait':
      return { ...every, kind: 'wait', ms: step.ms, skip: false };
    case 'checklist':
      return { ...every, kind: 'checklist', title: step.title, skip: false, tick: [], open: false };
    case 'choose':
    case 'ask':
    case 'offer':
    case 'stage':
    case 'call':
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
      return done(startProcedure(playing, entry.playbook, { ...entry, by }));
    case 'undo':
      return done(startUndo(playing, entry.through, by));
    case 'alert':
      return done(alert(playing, entry.labels));
    case 'alert-resolved':
      return done(alertResolved(playing, entry.labels));
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

/** Starts the run that takes back what was changed; its steps then follow in the walk as `do: undo-1` and so on. */
function startUndo(playing: Playing, action: string | null, by: readonly string[] | null): string | null {
  const { stage } = playing;
  const incident = stage.incidents()[0]?.id ?? null;
  const views = stage.views();
  const changed = standingEntries(views);
  const newest = action === null ? changed[0] : changed.find(({ entry }) => entry.action === action);
  if (!newest)
    return action === null
      ? 'nothing is in effect that could be taken back.'
      : `nothing that \`${action}\` changed is in effect.`;
  const { run, definition } = newest.view;
  const service = run.service;
  const through = action === null ? null : { run: run.id, entry: newest.index };
  const undo = undoOf(views, { service, through });
  if (!undo) return `\`${action ?? definition.playbook.name}\` says that it is not taken back.`;
  const wish = { service, through, hash: undo.hash };
  const actor = person(playing, 'responder', by, service);
  const { name: playbook } = undo.definition.playbook;
  const channel = run.channel ?? rehearsalChannel;
  return refusal(
    stage.give(
      incident === null
        ? {
            ...{ actor, type: 'run.start', run: null, incident, playbook },
            ...{ place: { kind: 'channel', channel }, reason: null, undo: wish },
          }
        : { actor, type: 'incident.start-run', incident, playbook, reason: null, undo: wish },
    ),
  );
}

const rehearsalChannel = 'C0REHEARSAL';

function startProcedure(
  playing: Playing,
  playbook: string,
  { inputs, by, ...approving }: StartWish & { readonly by: readonly string[] | null },
): string | null {
  const { stage, room } = playing;
  const more = inputs === undefined ? {} : { inputs };
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
          place: { kind: 'channel', channel: rehearsalChannel },
          reason: null,
          ...more,
        }
      : { actor, type: 'incident.start-run', incident, playbook, reason: null, ...more },
  );
  const refused = refusal(answer);
  if (refused !== null) return refused;
  const run = stage.runs().at(-1);
  if (!run || run.playbook !== playbook) return `\`${playbook}\` was not started.`;
  return decideStarted(playing, run.id, { approving, by });
}
