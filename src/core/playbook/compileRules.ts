import { nearest } from './nearest.ts';
import type { Path } from './problem.ts';
import { faultsInQuery, placeInQuery } from './promql.ts';
import { readSource } from './readSource.ts';
import type { Reporter, RoomFile } from './reporting.ts';
import { alertRulesSource } from './source.ts';

/**
 * Alert rules beside the playbooks. Prometheus reads them, not the bot, so nothing in them keeps a room from being used:
 * what does not fit together is a warning.
 */

type Rule = {
  readonly file: RoomFile;
  readonly path: Path;
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** One set of labels, with the way to where it stands. */
type Answers = {
  readonly file: RoomFile;
  readonly answers: Readonly<Record<string, string>>;
  readonly path: Path;
};

type ReporterOf = (file: RoomFile) => Reporter;

/** Alerts about the bot itself go to somebody else than the bot; their rules say so by this label. */
const ofTheBot = { label: 'team', value: 'genesis-bot' } as const;

export function checkRules(
  rulesFiles: readonly RoomFile[],
  { alerts, services }: { readonly alerts: readonly RoomFile[]; readonly services: readonly RoomFile[] },
  reporterOf: ReporterOf,
): void {
  if (rulesFiles.length === 0) return;
  const rules: Rule[] = [];
  for (const file of rulesFiles) {
    const read = rulesIn(file, reporterOf(file));
    if (!read) return;
    rules.push(...read);
  }
  const answering = alerts.flatMap((file) =>
    answersIn(file.value).map((each): Answers => ({ file, ...each })),
  );
  const where = rulesFiles.length === 1 ? (rulesFiles[0]?.file ?? '') : 'prometheus/';
  for (const each of answering) checkShadowed(each, answering, { rules, report: reporterOf(each.file) });
  for (const each of answering) checkRaised(each, rules, { report: reporterOf(each.file), where });
  for (const rule of rules) checkAnswered(rule, answering, reporterOf(rule.file));
  for (const file of services)
    for (const { name, path } of silencedIn(file.value))
      warnUnraised(name, path, rules, { report: reporterOf(file), where });
}

function rulesIn(file: RoomFile, report: Reporter): Rule[] | undefined {
  // Other files of Prometheus and Alertmanager may stand in the same folder.
  if (!/(?:^|[/.])rules\.ya?ml$/.test(file.file) && !hasGroups(file.value)) return [];
  const read = readSource(alertRulesSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  return read.value.groups.flatMap((group, at) =>
    group.rules.flatMap(({ alert, expr, labels }, index): Rule[] => {
      const path = ['groups', at, 'rules', index];
      if (typeof expr === 'string')
        for (const { offset, message } of faultsInQuery(expr, '[5m]'))
          report.warning(
            [...path, 'expr'],
            `The expression cannot be read at ${placeInQuery(expr, offset)}: ${message}`,
          );
      return alert === undefined ? [] : [{ file, path, alert, labels: labels ?? {} }];
    }),
  );
}

/** As it is written, whether or not the rest of the file can be understood. */
function answersIn(value: unknown): readonly Omit<Answers, 'file'>[] {
  const answers = (value as { answers?: unknown } | null)?.answers;
  const sets = Array.isArray(answers)
    ? answers.map((each: unknown, index) => [each, ['answers', index]] as const)
    : [[answers, ['answers']] as const];
  return sets.flatMap(([set, path]) => {
    if (typeof set !== 'object' || set === null) return [];
    const labels = Object.entries(set).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return labels.length === 0 ? [] : [{ answers: Object.fromEntries(labels), path }];
  });
}

/** The alerts that actions silence by name, as they are written. */
function silencedIn(value: unknown): readonly { readonly name: string; readonly path: Path }[] {
  const actions = (value as { actions?: unknown } | null)?.actions;
  if (typeof actions !== 'object' || actions === null) return [];
  return Object.entries(actions).flatMap(([action, written]) => {
    const named = (written as { silences?: { alerts?: unknown } } | null)?.silences?.alerts;
    return (Array.isArray(named) ? named : []).flatMap((name: unknown, index) =>
      typeof name === 'string' && /^\w+$/.test(name)
        ? [{ name, path: ['actions', action, 'silences', 'alerts', index] }]
        : [],
    );
  });
}

function warnUnraised(
  name: string,
  path: Path,
  rules: readonly Rule[],
  { report, where }: { readonly report: Reporter; readonly where: string },
): void {
  if (rules.some((rule) => rule.alert === name)) return;
  const meant = nearest(
    name,
    rules.map((rule) => rule.alert),
  );
  report.warning(
    path,
    `No rule in ${where} raises \`${name}\`${meant === undefined ? '.' : `; did you mean \`${meant}\`?`}`,
  );
}

/** A playbook for an alert that no rule raises waits for ever; only a warning, since rules may live elsewhere. */
function checkRaised(
  { answers, path }: Answers,
  rules: readonly Rule[],
  { report, where }: { readonly report: Reporter; readonly where: string },
): void {
  const name = answers.alertname;
  if (name === undefined) return;
  const raised = rules.filter((rule) => rule.alert === name);
  warnUnraised(name, [...path, 'alertname'], rules, { report, where });
  for (const [label, value] of Object.entries(answers)) {
    const said = raised.map((rule) => rule.labels[label]);
    if (
      label !== 'alertname' &&
      said.length > 0 &&
      said.every((each) => each !== undefined && !isTemplate(each) && each !== value)
    )
      report.warning(
        [...path, label],
        `The rule for \`${name}\` gives \`${label}\` the value \`${said[0]}\`, so this is never answered.`,
      );
  }
}

/** The playbook with the most labels wins, so one that names fewer may never be walked. */
function checkShadowed(
  own: Answers,
  all: readonly Answers[],
  { rules, report }: { readonly rules: readonly Rule[]; readonly report: Reporter },
): void {
  const count = Object.keys(own.answers).length;
  const raised = rules.filter((rule) => rule.alert === own.answers.alertname);
  const winners = raised.map((rule) =>
    all.find(
      (other) =>
        Object.keys(other.answers).length > count &&
        Object.entries(other.answers).every(([label, value]) =>
          label === 'alertname' ? value === rule.alert : rule.labels[label] === value,
        ),
    ),
  );
  const [winner] = winners;
  if (winner && winners.every((each) => each !== undefined))
    report.warning(
      own.path,
      `Every \`${own.answers.alertname}\` has the labels that ${winner.file.file} asks for, so the steps of this playbook are never reached.`,
      own.path.length > 1 ? 'value' : 'key',
    );
}

/** An alert without a playbook of its own gets the generic one, which is rarely what whoever wrote its rule meant. */
function checkAnswered(rule: Rule, answering: readonly Answers[], report: Reporter): void {
  if (rule.labels[ofTheBot.label] === ofTheBot.value) return;
  const answered = answering.some(({ answers }) =>
    Object.entries(answers).every(([label, value]) => {
      if (label === 'alertname') return value === rule.alert;
      const given = rule.labels[label];
      // What the rule does not say comes from the series, or from Alertmanager, and may be anything.
      return given === undefined || isTemplate(given) || given === value;
    }),
  );
  if (answered) return;
  const named = answering.filter(({ answers }) => answers.alertname === rule.alert);
  const meant = nearest(
    rule.alert,
    answering.flatMap(({ answers }) => answers.alertname ?? []).filter((name) => name !== rule.alert),
  );
  const hint =
    named.length > 0
      ? ` ${named[0]?.file.file} wants other labels.`
      : meant === undefined
        ? ''
        : ` Did you mean \`${meant}\`?`;
  report.warning(
    [...rule.path, 'alert'],
    `No playbook answers \`${rule.alert}\`, so it gets the one named \`generic\`.${hint}`,
  );
}

const hasGroups = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'groups');

const isTemplate = (text: string): boolean => text.includes('{{');
