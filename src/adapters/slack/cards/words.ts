import { clockDuration, spokenDuration } from '../../../core/duration.ts';
import { attachedAlerts, type Incident } from '../../../core/incident/incident.ts';
import { formatObjective, formatValue } from '../../../core/indicator/format.ts';
import { time } from '../../../core/moment.ts';
import { sha256Hex } from '../../../core/playbook/canonical.ts';
import type { Definition, Doing, Duty, Indicator, Risk, Step } from '../../../core/playbook/definition.ts';
import type { Plan, PlannedCommand } from '../../../core/run/plan.ts';
import type { Gate, Reading, Run, Verified } from '../../../core/run/run.ts';
import { lookedAt } from '../../../core/run/stepValues.ts';
import { allSteps, callsAround, stageOf } from '../../../core/run/walk.ts';
import { fit, foreign, foreignLines, spelledOut } from '../escape.ts';

/** How things are said on every card, so that one thing is said one way. */

export const phaseWord: Readonly<Record<Incident['phase'], string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  mitigating: 'Mitigating',
  resolved: 'Resolved',
};

/** `P1 · High error rate on genesis-orchestration`; without markup. */
export function headline(incident: Incident): string {
  const on =
    incident.service === null || incident.title.includes(incident.service) ? '' : ` on ${incident.service}`;
  return `${incident.severity} · ${incident.title}${on}`;
}

/** What is wrong and since when, or from when until when; `max` code points of what the alert says. */
export function troubleText(incident: Incident, max: number): string {
  // One by one: as the arguments of one call, the alerts of a storm would be too many.
  const alerts = attachedAlerts(incident);
  const from = alerts.reduce(
    (first, { startsAt }) => (startsAt > 0 ? Math.min(first, startsAt) : first),
    incident.openedAt,
  );
  const isQuiet = alerts.length > 0 && incident.alerts.firing === 0;
  const over = isQuiet ? alerts.reduce((last, { endsAt }) => Math.max(last, endsAt ?? 0), 0) : null;
  const until = over ?? incident.resolved?.at ?? null;
  const when =
    until === null
      ? `since ${moment(from, incident.openedAt)}`
      : `from ${moment(from, incident.openedAt)} until ${moment(until, incident.openedAt)}`;
  const said = foreignLines(incident.summary, max).replace(/[.\s]+$/, '');
  if (said === '' || said.includes('\n')) {
    return `${said === '' ? '' : `${said}\n`}${when.slice(0, 1).toUpperCase()}${when.slice(1)}.`;
  }
  // Only what an alert says can go on with the time of the alert; any other sentence would change its meaning.
  if (alerts.length === 0) return `${said}.`;
  return `${said}${until === null ? ' ' : ', '}${when}.`;
}

/** A time of day alone misleads where an alert had fired for days before anybody was told. */
function moment(at: number, near: number): string {
  if (Math.abs(at - near) < 20 * 3_600_000) return time(at);
  const utc = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time_secs}|${utc} UTC>`;
}

/** Whose an item of a checklist is and by when; nothing for one that is nobody's in particular. */
export function dutyText(duty: Duty | undefined, since: number, now: number): string {
  const { owner, withinMs } = duty ?? {};
  const due = withinMs === undefined ? null : since + withinMs;
  const said = [
    ...(owner === undefined ? [] : [foreign(owner, 80)]),
    ...(due === null ? [] : [`by ${dateTime(due)}${now > due ? ' (overdue)' : ''}`]),
  ];
  return said.length === 0 ? '' : ` — ${said.join(', ')}`;
}

const dateTime = (at: number): string =>
  `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time}|${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC>`;

/** What an indicator has to be like, and for how long, before the incident is a reason to take back what was put in place. */
export function triggerText(indicator: Indicator | null, last: Reading | null): string | null {
  const triggers = (indicator?.rollback ?? []).filter(({ during }) => during === 'incident');
  if (!indicator || triggers.length === 0) return null;
  const value = last?.value ?? null;
  const lines = triggers.map(({ kind, value: limit, forMs }) => {
    const beyond = value !== null && (kind === 'above' ? value > limit : value < limit);
    const said = `the rollback trigger of ${formatValue(indicator.unit, limit)} for ${spokenDuration(forMs)}`;
    if (beyond) return `Now ${kind} ${said}`;
    return kind === 'above' ? `Below ${said}` : `Above ${said}`;
  });
  return value === null ? null : lines.join(' · ');
}

/** How long ago that was, told anew whenever somebody looks: `6 minutes ago`. */
export const ago = (at: number): string =>
  `<!date^${Math.floor(at / 1_000)}^{ago}|at ${new Date(at).toISOString().slice(11, 19)} UTC>`;

/** How long a command took; most are over at once, and `0 s` would look like one that did not run. */
export const tookText = (ms: number): string => (ms < 1_000 ? 'under 1 s' : spokenDuration(ms));

/** A title with the service it is for, where it does not name it by itself; marked up. */
export const titleOn = (title: string, service: string): string =>
  title.includes(service)
    ? `*${foreign(title, 200)}*`
    : `*${foreign(title, 200)}* on ${foreign(service, 100)}`;

export const riskWord: Readonly<Record<Risk, string>> = {
  observe: 'only looks',
  change: 'changes something',
  disruptive: 'disrupts users for a moment',
  destructive: 'cannot simply be undone: a second person decides',
};

export function indicatorOf(definition: Definition, name: string): Indicator | null {
  const { indicators } = definition.service;
  return Object.hasOwn(indicators, name) ? (indicators[name] ?? null) : null;
}

export const indicatorTitle = (definition: Definition, name: string): string =>
  indicatorOf(definition, name)?.title ?? name;

/** With the service where that is not the playbook's. */
function indicatorOn(definition: Definition, name: string): string {
  const service = indicatorOf(definition, name)?.service;
  return `${indicatorTitle(definition, name)}${service === undefined ? '' : ` of ${service}`}`;
}

export function actionTitle(definition: Definition, name: string): string {
  const { actions } = definition.service;
  return (Object.hasOwn(actions, name) ? actions[name]?.title : undefined) ?? name;
}

/** What a step is called, without markup. */
export function stepTitle(definition: Definition, step: Step): string {
  switch (step.kind) {
    case 'chart':
      return `Chart of ${indicatorOn(definition, step.indicator)}`;
    case 'observe':
      return lookedAt(step)
        .map((name) => actionTitle(definition, name))
        .join(', ');
    case 'do':
      return actionTitle(definition, step.action);
    case 'offer':
      return step.title;
    case 'choose':
    case 'ask':
      return step.question;
    case 'verify':
      return `Verify ${indicatorOn(definition, step.target.indicator)}`;
    case 'wait':
      return `Wait ${spokenDuration(step.ms)}`;
    case 'checklist':
    case 'stage':
    case 'call':
      return step.title;
    default: {
      const never: never = step;
      return never;
    }
  }
}

/** Where in the run a step stands: `Step 3 · High error rate · stage Verify (2 of 5)`. */
export function placeInRun(run: Run, definition: Definition, step: Step): string {
  const entered = Object.entries(run.steps).sort(([, a], [, b]) => a.enteredAt - b.enteredAt);
  const number = entered.findIndex(([id]) => id === step.id) + 1;
  const { steps } = definition.playbook;
  const stages = steps.filter((each) => each.kind === 'stage');
  const stage = stageOf(steps, step.id);
  const within = stage
    ? [
        `stage ${foreign(stage.title, 80)} (${stages.findIndex((each) => each.id === stage.id) + 1} of ${stages.length})`,
      ]
    : [];
  const attempt = run.steps[step.id]?.attempt ?? 1;
  return [
    number > 0 ? `Step ${number}` : 'Step',
    foreign(run.title, 80),
    ...within,
    ...callsAround(steps, step.id).map(({ title }) => `part of ${foreign(title, 80)}`),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    run.id,
  ].join(' · ');
}

export const readingText = (indicator: Indicator | null, reading: Reading | null): string =>
  reading === null
    ? 'no reading yet'
    : reading.value === null
      ? 'no data'
      : valueText(indicator, reading.value);

export const valueText = (indicator: Indicator | null, value: number): string =>
  indicator ? formatValue(indicator.unit, value) : String(value);

export const objectiveText = (indicator: Indicator | null): string =>
  indicator ? escapedObjective(indicator) : 'its objective';

const escapedObjective = (indicator: Indicator): string =>
  foreign(formatObjective(indicator.unit, indicator.objective));

/** `Error rate 0.9 % → 0.08 % (objective < 0.1 %), held 10 min`. */
export function verifiedText(definition: Definition, verified: Verified): string {
  const indicator = indicatorOf(definition, verified.indicator);
  const before = verified.before === null ? '' : `${valueText(indicator, verified.before)} → `;
  const held = verified.heldMs > 0 ? `, held ${spokenDuration(verified.heldMs)}` : '';
  return `${foreign(indicatorTitle(definition, verified.indicator), 80)} ${before}${valueText(indicator, verified.after)} (objective ${objectiveText(indicator)})${held}`;
}

/** Ten cells: `▓▓▓░░░░░░░`. */
export function bar(done: number, whole: number): string {
  const filled = whole <= 0 ? 10 : Math.max(0, Math.min(10, Math.floor((done / whole) * 10)));
  return '▓'.repeat(filled) + '░'.repeat(10 - filled);
}

/** The hold of a gate: what was read, what it must do, and how much of the time is behind it. */
export function gateText(definition: Definition, gate: Gate, now: number): string {
  const indicator = indicatorOf(definition, gate.indicator);
  const title = foreign(indicatorTitle(definition, gate.indicator), 80);
  const objective = objectiveText(indicator);
  const said = `${title} ${readingText(indicator, gate.last)} → must ${gate.holdMs > 0 ? `stay ${objective} for ${spokenDuration(gate.holdMs)}` : `be ${objective}`}`;
  return `${said}: ${holdText(gate, now)}`;
}

/** How much of a gate's hold is behind it: `3:20 held ▓▓▓░░░░░░░`. */
export function holdText(gate: Gate, now: number): string {
  if (gate.heldSince === null) return `not met yet, must begin by ${time(gate.beginBy)}`;
  const held = Math.min(gate.holdMs, Math.max(0, now - gate.heldSince));
  return `${clockDuration(held)} held ${bar(held, gate.holdMs)}`;
}

export function hostText({ host, service }: PlannedCommand): string {
  const login = host.kind === 'local' ? '' : `${host.user}@${host.address}:`;
  const of = service === undefined ? '' : `, service ${service}`;
  return `${host.name} (${login}${host.directory})${of}`;
}

/** Where a plan acts, in as few words as tell hosts apart; the directory belongs to what is approved. */
export const places = (plan: Plan): string =>
  [
    ...new Set(
      plan.commands.map(({ host, service }) => {
        const where = host.kind === 'local' ? host.name : `${host.name} (${host.user}@${host.address})`;
        // Said only where it is not the service that all of this is about.
        return service === undefined ? where : `${service}, ${where}`;
      }),
    ),
  ].join(', ');

/** Where a plan acts exactly, each host once. */
export const targets = (plan: Plan): string => [...new Set(plan.commands.map(hostText))].join(', ');

/** An argument vector as one would type it; quoted only where that is needed to see where an argument ends. */
export const commandLine = (argv: readonly string[]): string =>
  argv
    .map((word) =>
      /^[\w./:=@%+,-]+$/.test(word)
        ? word
        : `'${spelledOut(word).replaceAll('\n', '\\n').replaceAll("'", "'\\''")}'`,
    )
    .join(' ');

/** Exactly what a plan does, line by line: the command, or the file with every line that will be in it. */
export function planLines(plan: Plan): string {
  return plan.commands
    .map((command, index) => {
      const before = plan.commands[index - 1];
      // Said where it changes: a long plan has to fit, as nobody can approve what is cut off.
      const on = before && hostText(before) === hostText(command) ? '' : `# on ${hostText(command)}\n`;
      switch (command.does.kind) {
        case 'run':
          return `${on}${remarks(command)}${commandLine(command.does.argv)}`;
        case 'write':
          return `${on}# writes ${command.does.file}\n${command.does.content
            .replace(/\n$/, '')
            .split('\n')
            .map((line) => `+ ${line}`)
            .join('\n')}`;
        case 'put-back':
          return `${on}${putBackLines(command.does)}`;
        default: {
          const never: never = command.does;
          return never;
        }
      }
    })
    .join('\n');
}

/** What is special about a command, in lines before it. */
function remarks({ evidence, retries }: PlannedCommand): string {
  const again = retries
    ? `# tried again up to ${retries.times === 1 ? 'once' : `${retries.times} times`}, ${spokenDuration(retries.afterMs)} after it has failed\n`
    : '';
  return `${evidence ? '# evidence, whatever comes of it\n' : ''}${again}`;
}

/** The file and the digests of what is put back and of what it takes the place of; content may be long, digests are not. */
function putBackLines({ file, content, expects }: Extract<Doing, { kind: 'put-back' }>): string {
  const only = `# only while it holds SHA-256 ${expects}`;
  return content === null
    ? `# removes ${file}, which was not there before\n${only}`
    : `# puts back ${file}: ${new TextEncoder().encode(content).length} bytes, SHA-256 ${sha256Hex(content)}\n${only}`;
}

/** The last lines of an output that fit, and how many there were. */
export function lastLines(output: string, lines: number): { text: string; shown: number; all: number } {
  const every = output.replace(/\n+$/, '').split('\n');
  const shown = every.slice(-lines);
  return { text: shown.join('\n'), shown: shown.length, all: every.length };
}

/** The beginning and the end of an output: what is counted stands first, what happened last stands last. */
export function excerpt(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.length <= 8
    ? lines.join('\n')
    : [...lines.slice(0, 3), `… ${lines.length - 6} lines …`, ...lines.slice(-3)]
        .map((line) => fit(line, 180))
        .join('\n');
}

export function firstLines(output: string, lines: number): string {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, lines)
    .join('\n');
}

/** The last title of a step's identity in the playbook, for a run that names only the id. */
export function titleOf(definition: Definition, stepId: string): string {
  const step = allSteps(definition.playbook.steps).find((each) => each.id === stepId);
  return step ? stepTitle(definition, step) : stepId;
}
