import type { Severity } from '../../severity.ts';
import type { Block, Document } from './document.ts';
import type { Drafting } from './draftCode.ts';
import { textOf } from './draftList.ts';
import { draftSection } from './draftSection.ts';
import { freeName, kebabName, oneLine } from './names.ts';
import { alertOf, hasWork, outline, type Section, shortTitle, statement, statements } from './outline.ts';
import { type PlaybookDraft, playbookEntries } from './playbookYaml.ts';
import type { HostFolder } from './script.ts';
import { createServiceDraft } from './serviceDraft.ts';
import { countSteps } from './stepDraft.ts';
import { withoutBudget } from './times.ts';
import { yamlText } from './yamlText.ts';

export type ImportOptions = {
  /** File name of the runbook, for the comments. */
  readonly source: string;
  /** Name of the service; guessed from the commands where it is null. */
  readonly service: string | null;
  /** A name from hosts.yml, with the directory in which its commands run. */
  readonly host: { readonly name: string; readonly directory: string } | null;
};

export type ImportedRunbook = {
  /** Paths are relative to the playbooks' folder. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly counts: {
    readonly playbooks: number;
    readonly steps: number;
    readonly commands: number;
    /** Commands that stayed comments, with the reason. */
    readonly left: number;
    /** Lines of code blocks that are no commands: output, data, configuration. */
    readonly data: number;
    readonly actions: number;
    readonly indicators: number;
  };
};

/**
 * Drafts playbooks and their service from a runbook: one playbook for each alert that it names, and a procedure for
 * the rest. Null where there is nothing that could be a step.
 */
export function draftRunbook(document: Document, options: ImportOptions): ImportedRunbook | null {
  const root = outline(document);
  if (!hasWork(root)) return null;
  const service = createServiceDraft();
  const folder: HostFolder = folderIn(document) ?? options.host?.directory ?? null;
  const drafting: Drafting = { service, folder, tally: { commands: 0, left: 0, data: 0 } };
  const name = options.service ?? kebabName(serviceIn(document) ?? titleOf(root), 'service');
  const { alerts, rest } = divided(root);
  const taken = new Set<string>();
  const playbooks = [
    ...alerts.map((section) =>
      draftPlaybook(section, { kind: 'alert', service: name, options, drafting, taken }),
    ),
    ...(hasWork(rest)
      ? [draftPlaybook(rest, { kind: 'procedure', service: name, options, drafting, taken })]
      : []),
  ];
  const head = { service: name, host: options.host?.name ?? 'local', hostKnown: options.host !== null };
  const about = [
    `Drafted from ${oneLine(options.source)}. Read every line before it is used: risks are guessed, verify and undo are not in the runbook.`,
    'Each action says above it from which line of the runbook it comes.',
  ];
  const [first, ...others] = service.entries(head);
  return {
    files: [
      ...playbooks.map((draft) => ({
        path: `${draft.kind === 'alert' ? 'alerts' : 'procedures'}/${draft.name}.yml`,
        text: yamlText(playbookEntries(draft)),
      })),
      {
        path: `services/${name}.yml`,
        text: yamlText(first ? [{ ...first, comments: about }, ...others] : []),
      },
    ],
    counts: {
      playbooks: playbooks.length,
      steps: playbooks.reduce((sum, { steps }) => sum + countSteps(steps), 0),
      ...drafting.tally,
      ...service.counts(),
    },
  };
}

/** The title of the first heading of the highest rank. */
const titleOf = (root: Section): string => root.sections[0]?.title ?? '';

/** Sections that answer an alert leave the tree and stand alone; the same alert twice is one of them. */
function divided(root: Section): { alerts: readonly Section[]; rest: Section } {
  const alerts = new Map<string, Section>();
  const without = (section: Section): Section => ({
    ...section,
    sections: section.sections.flatMap((child) => {
      const alert = hasWork(child) ? alertOf(child) : undefined;
      if (alert === undefined) return [without(child)];
      const known = alerts.get(alert);
      alerts.set(alert, known ? { ...known, sections: [...known.sections, child] } : child);
      return [];
    }),
  });
  const rest = without(root);
  return { alerts: [...alerts.values()], rest };
}

type Making = {
  readonly kind: PlaybookDraft['kind'];
  readonly service: string;
  readonly options: ImportOptions;
  readonly drafting: Drafting;
  readonly taken: Set<string>;
};

function draftPlaybook(section: Section, { kind, service, options, drafting, taken }: Making): PlaybookDraft {
  const alert = kind === 'alert' ? (alertOf(section) ?? null) : null;
  const heading = kind === 'alert' ? shortTitle(section) : titleOf(section);
  const title = oneLine(withoutBudget(heading), 150) || 'Imported runbook';
  const name = freeName(kebabName(alert ?? title, 'runbook'), taken).replaceAll('_', '-');
  taken.add(name);
  const { symptoms, rest } = withSymptoms(section);
  const goal = statements(section).find(({ key }) => ['slo', 'objective', 'target'].includes(key));
  const primary = goal && drafting.service.thresholds(goal.value, goal.line)[0];
  const steps = draftSection(rest, { drafting, primary: primary ?? null }, 'top');
  return {
    kind,
    name,
    title,
    alert,
    service,
    severity: severityOf(statement(section, 'severity', 'priority')),
    summary: summaryOf(kind === 'alert' ? section : (section.sections[0] ?? section)),
    symptoms,
    comments: [
      `Drafted from ${oneLine(options.source)}, line ${kind === 'alert' ? section.line : 1} on. Read every line before it is used.`,
      '`line 12: …` is what stands there in the runbook; what could not become a step says why.',
    ],
    steps,
  };
}

/** The list under `Symptoms` belongs to the head of the playbook, not to its steps. */
function withSymptoms(section: Section): { symptoms: readonly string[]; rest: Section } {
  const found = section.sections.find(
    ({ title, blocks, sections }) =>
      /^symptoms?\W*$/i.test(title) && sections.length === 0 && blocks.length === 1,
  );
  const list = found?.blocks[0];
  if (list?.kind !== 'list' || list.items.length > 20 || list.items.some(({ blocks }) => blocks.length !== 1))
    return { symptoms: [], rest: section };
  const symptoms = list.items.map((item) => oneLine(textOf(item))).filter((text) => text !== '');
  if (symptoms.length < list.items.length) return { symptoms: [], rest: section };
  return { symptoms, rest: { ...section, sections: section.sections.filter((each) => each !== found) } };
}

function severityOf(said: string | undefined): Severity | null {
  const found = /\bP([0-4])\b/i.exec(said ?? '');
  if (found) return `P${found[1]}` as Severity;
  if (/critical|high/i.test(said ?? '')) return 'P1';
  return /warning|medium/i.test(said ?? '') ? 'P2' : null;
}

/** The first text without bold words in front, which tell of authors, dates and states. */
function summaryOf(section: Section): string | null {
  const text = [section, ...section.sections.slice(0, 1)]
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) =>
      block.kind === 'paragraph' && block.lines.every(({ lead }) => lead === null)
        ? [block.lines.map((each) => each.text).join(' ')]
        : [],
    )
    .map((each) => oneLine(each))
    .find((each) => each.length > 20);
  return text ?? null;
}

const codeIn = (blocks: readonly Block[]): readonly string[] =>
  blocks.flatMap((block) => {
    if (block.kind === 'code') return block.lines.map(({ text }) => text);
    return block.kind === 'list' ? block.items.flatMap((item) => codeIn(item.blocks)) : [];
  });

/** The folder that the runbook enters most often, if it is a whole path. */
function folderIn({ blocks }: Document): string | null {
  return mostFrequent(
    codeIn(blocks).flatMap((text) => /^\s*cd\s+(\/[\w./-]*[\w-])\s*$/.exec(text)?.[1] ?? []),
  );
}

/** The unit, container or app that commands act upon most often. */
function serviceIn({ blocks }: Document): string | null {
  const patterns = [
    /\bsystemctl\s+(?:--\S+\s+)*(?:start|stop|restart|status|is-active|reload)\s+([a-z][\w.-]*)/,
    /\bjournalctl\b.*\s-u\s+([a-z][\w.-]*)/,
    /\bdocker\s+(?:restart|start|stop|logs)\s+([a-z][\w.-]*)/,
    /\bfly(?:ctl)?\b.*\s(?:-a|--app)\s+([a-z][\w.-]*)/,
    /\bkubectl\b.*\s(?:deployment|deploy)\/([a-z][\w.-]*)/,
  ];
  const text = codeIn(blocks);
  return mostFrequent(
    text.flatMap((each) =>
      patterns.flatMap((pattern) => pattern.exec(each)?.[1]?.replace(/\.service$/, '') ?? []),
    ),
  );
}

function mostFrequent(words: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
