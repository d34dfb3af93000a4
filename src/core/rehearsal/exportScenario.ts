import type { Incident } from '../incident/incident.ts';
import { type Entry, entry, type ListItem, type Node, yamlText } from '../playbook/import/yamlText.ts';
import { isUndo, standingEntries, undoneByAll } from '../run/undo.ts';
import type { RunView } from '../view.ts';
import { approvalOf, inputsOf, item, labelsNode, plain, yes } from './exportNodes.ts';
import { type ExportGiven, isWatchedBeside, type Telling, writeStep, writtenIn } from './exportStep.ts';
import { recordOf, type Tried } from './record.ts';
import { undoAll } from './scenarioEntry.ts';
import { durationText, wordsOf } from './words.ts';

/**
 * Writes a scenario test of what happened: from the log of an incident and its runs, or of runs that stand alone. The
 * test says what the commands did, what was measured and what people chose; who they were, what they wrote to each
 * other and how the chat behaved is no part of it.
 */

export type Exported = {
  readonly text: string;
  /** What could not be carried over, a sentence each. */
  readonly left: readonly string[];
};

/** The whole file, or null where nothing happened that a test could begin with. */
export function exportScenario(given: ExportGiven): Exported | null {
  const writing = new Writing(given);
  const begins = writing.begins();
  if (!begins) return null;
  const walk = writing.walk();
  const test: Entry[] = [
    entry('test', given.name.replaceAll(/\s+/g, ' ').slice(0, 300)),
    ...begins,
    ...writing.initial(),
    entry('walk', { kind: 'list', items: walk, after: [] }),
    entry('expect', { kind: 'map', entries: writing.expects() }),
  ];
  const left = [...new Set(writing.left)];
  const heading = [
    ...given.about,
    ...(left.length === 0
      ? ['All of it was carried over.']
      : ['What could not be carried over:', ...left.map((each) => `- ${each}`)]),
  ];
  const tests: Node = {
    kind: 'list',
    items: [{ value: { kind: 'map', entries: test }, comments: [] }],
    after: [],
  };
  return { text: yamlText([entry('tests', tests, heading)]), left };
}

/** Local to one export; gathers what it writes and what it leaves out. */
class Writing {
  readonly left: string[] = [];
  readonly #given: ExportGiven;
  readonly #tried: readonly Tried[];
  readonly #telling: Telling;
  readonly #start: number;
  /** Where the clock of the test stands, in milliseconds after its beginning. */
  #clock = 0;

  constructor(given: ExportGiven) {
    this.#given = given;
    this.#tried = recordOf(given.log, given.views);
    this.#telling = { given, tried: this.#tried, left: this.left };
    this.#start = given.log[0]?.event.at ?? 0;
  }

  begins(): readonly Entry[] | null {
    const { log, incident, views } = this.#given;
    const [first] = views;
    if (!incident) {
      if (!first) return null;
      return [entry('procedure', first.run.playbook), ...inputsOf(first), ...approvalOf(first)];
    }
    const fired = log.map(({ event }) => event).find((event) => event.type === 'AlertFired');
    if (log[0]?.event.by === 'alertmanager' && fired) {
      return [entry('alert', labelsNode(fired.data.alert.labels))];
    }
    const { answers = {} } = first?.definition.playbook ?? {};
    this.left.push('A person declared the incident; the test begins with an alert instead.');
    const labels = {
      alertname: 'Declared',
      ...(incident.service !== null && { service: incident.service }),
      ...answers,
    };
    return [entry('alert', labelsNode(labels))];
  }

  /** What was measured before anything was done. */
  initial(): readonly Entry[] {
    const values = new Map<string, Node>();
    for (const { gate, run } of this.#tried) {
      if (gate?.before == null || values.has(gate.indicator)) continue;
      values.set(gate.indicator, plain(writtenIn(this.#telling, run, gate.indicator, gate.before)));
    }
    const entries = [...values].map(([name, value]) => entry(name, value));
    return entries.length === 0 ? [] : [entry('indicators', { kind: 'map', entries })];
  }

  /** All that happened, in the order in which somebody or something took it up. */
  walk(): readonly ListItem[] {
    const items: ListItem[] = [];
    for (const [index, { stream, event }] of this.#given.log.entries()) {
      const beside = this.#beside(index);
      if (beside.length > 0) items.push(...this.#until(event.at), ...beside);
      if (event.type === 'UnresolvedForLong') items.push(...this.#until(event.at, 'reaching it'));
      // What was left to be watched is over by then, and what follows it is offered.
      if (this.#tried.some((each) => each.gateEndIndex === index && isWatchedBeside(this.#telling, each)))
        items.push(...this.#until(event.at, 'reaching it'));
      for (const tried of this.#tried) {
        if (tried.handledIndex !== index || tried.run !== stream) continue;
        for (const type of new Set(tried.unknown))
          this.left.push(`What the log calls ${type}, at \`${wordsOf(tried.step)}\`.`);
        const written = writeStep(this.#telling, tried);
        if (written) items.push(...this.#until(event.at), written.item);
        if (written) this.#clock += written.tookMs;
        // An approval that expires moves the clock by itself.
        if (tried.expiredAt !== null) this.#clock = this.#after(tried.expiredAt);
      }
    }
    return items;
  }

  expects(): readonly Entry[] {
    const { incident, views } = this.#given;
    const last = views.at(-1);
    const changed = views
      .filter(({ definition }) => !isUndo(definition))
      .flatMap(({ run }) => run.ledger.map(({ action }) => action));
    const inEffect = standingEntries(views)
      .filter(({ entry: { undo } }) => undo !== 'none')
      .toReversed()
      .map(({ entry: { action } }) => action);
    return [
      entry('run', last ? (last.run.result?.kind ?? 'walking') : 'none'),
      ...(views[0] ? [entry('playbook', views[0].run.playbook)] : []),
      ...(incident && !this.#severityByHand() ? [entry('severity', incident.severity)] : []),
      ...(incident ? [entry('incident', incident.phase)] : []),
      ...(incident && !this.#given.simple ? this.#offers(incident) : []),
      entry('changed', { kind: 'words', words: changed }),
      ...(views.some(({ definition }) => isUndo(definition))
        ? [entry('in_effect', { kind: 'words', words: inEffect })]
        : []),
    ];
  }

  #offers(incident: Incident): readonly Entry[] {
    const said = this.#given.log
      .map(({ event }) => event)
      .findLast((each) => each.type === 'UnresolvedForLong');
    return [entry('offers', incident.unresolvedSaid ? (said?.data.offer ?? 'nothing') : 'nothing')];
  }

  #severityByHand(): boolean {
    const set = this.#given.log.findLast(({ event }) => event.type === 'SeverityChanged');
    return set !== undefined && isPerson(set.event.by);
  }

  /** What happened beside the steps at this place of the log. */
  #beside(index: number): readonly ListItem[] {
    const { log, incident } = this.#given;
    const happened = log[index];
    if (!happened) return [];
    const { event, stream } = happened;
    switch (event.type) {
      case 'AlertFired': {
        const first = log.findIndex((each) => each.event.type === 'AlertFired');
        if (index === first && log[0]?.event.by === 'alertmanager') return [];
        return [item(entry('alert', labelsNode(event.data.alert.labels)))];
      }
      case 'AlertResolved': {
        const fired = log
          .map((each) => each.event)
          .findLast((each) => each.type === 'AlertFired' && each.data.episode === event.data.episode);
        if (fired?.type !== 'AlertFired') return [];
        return [item(entry('alert_resolved', labelsNode(fired.data.alert.labels)))];
      }
      case 'IncidentAcknowledged':
        return [item(entry('acknowledge', yes))];
      case 'IncidentResolved':
        return [item(entry('resolve', yes))];
      case 'IncidentReopened':
        if (isPerson(event.by)) this.left.push('A person opened the incident again after it was resolved.');
        return [];
      case 'SeverityChanged':
        if (isPerson(event.by)) this.left.push(`A person set the severity to ${event.data.severity}.`);
        return [];
      case 'AlertsMoved':
        this.left.push(`Alerts were moved to ${event.data.to}.`);
        return [];
      case 'RunStarted': {
        const view = this.#given.views.find(({ run }) => run.id === stream);
        if (!view) return [];
        const begun = incident === null && view === this.#given.views[0];
        if (begun || this.#tried.some(({ started }) => started === stream)) return [];
        if (isUndo(view.definition)) return [item(entry('undo', this.#through(view)))];
        // What the bot starts by itself follows from the alerts.
        if (incident !== null && !isPerson(event.by)) {
          if (view.run.whole) this.left.push(`Who decided about the plan of ${view.run.id}.`);
          return [];
        }
        return [item(entry('start', view.run.playbook), ...inputsOf(view), ...approvalOf(view))];
      }
      case 'RunEnded':
        if (event.data.kind === 'stopped' && isPerson(event.by) && incident?.resolved?.at !== event.at)
          this.left.push(`A person ended ${stream} before it was over.`);
        return [];
      default:
        return [];
    }
  }

  /** The action down to which was taken back. */
  #through(view: RunView): string {
    const taken = undoneByAll(view.definition).map(
      ({ run, entry: at }) => this.#given.views.find((each) => each.run.id === run)?.run.ledger[at]?.action,
    );
    const last = taken.at(-1);
    return last === undefined || taken.indexOf(last) !== taken.length - 1 ? undoAll : last;
  }

  /** A line that moves the clock to this moment; a few seconds of thinking change nothing. */
  #until(at: number, reaching?: 'reaching it'): readonly ListItem[] {
    const gap = this.#after(at) - this.#clock;
    const ms = (reaching ? Math.ceil(gap / 1_000) + 1 : Math.floor(gap / 1_000)) * 1_000;
    if (this.#given.simple || ms < (reaching ? 1_000 : leastPassMs)) return [];
    this.#clock += ms;
    return [item(entry('pass', durationText(ms)))];
  }

  #after(at: number): number {
    return (at - this.#start) * this.#given.pace;
  }
}

/** Less than this is thinking, and no moment of its own. */
const leastPassMs = 10_000;

const isPerson = (by: string): boolean => /^[UW]/.test(by);
