import { isUndo, standingEntries } from '../run/undo.ts';
import { findStep } from '../run/walk.ts';
import type { Playing } from './playing.ts';
import { wordsOf } from './words.ts';

/** Compares how everything stands in the end with what the test expects; a sentence where it differs. */
export function checkEnd(playing: Playing): string | null {
  const { stage, scenario } = playing;
  const { expects } = scenario;
  const run = stage.runs().at(-1);
  const end = run ? (run.result?.kind ?? 'walking') : 'none';
  if (end !== expects.run) {
    const [next] = stage.entered;
    const step = next && findStep(stage.definition(next.run).playbook.steps, next.step);
    const more = step ? `; it goes on with \`${wordsOf(step)}\`` : '';
    const why = run?.result?.why ? ` (${run.result.why})` : '';
    return `in the end the run is ${end}${why}, not ${expects.run}${more}.`;
  }
  const why = run?.result?.why ?? '';
  if (expects.why !== null && !why.includes(expects.why))
    return `the reason is "${why}", which does not say "${expects.why}".`;
  const [first] = stage.runs();
  const incident = stage.incidents()[0];
  const playbook = first?.playbook ?? incident?.playbook ?? 'none';
  const offer = incident?.unresolvedSaid ? (unresolvedOffer(playing) ?? 'nothing') : 'nothing';
  const changed = stage
    .views()
    .filter(({ definition }) => !isUndo(definition))
    .flatMap(({ run: { ledger } }) => ledger.map(({ action }) => action));
  const inEffect = standingEntries(stage.views())
    .filter(({ entry }) => entry.undo !== 'none')
    .toReversed()
    .map(({ entry }) => entry.action);
  const facts: readonly (readonly [string, string | null, string])[] = [
    ['the playbook', expects.playbook, playbook],
    ['the severity', expects.severity, incident?.severity ?? 'none'],
    ['the incident', expects.incident, incident?.phase ?? 'none'],
    ['what is offered', expects.offers, offer],
    ['what was changed', expects.changed?.join(', ') ?? null, changed.join(', ')],
    ['what is still in effect', expects.inEffect?.join(', ') ?? null, inEffect.join(', ')],
  ];
  const wrong = facts.find(([, expected, found]) => expected !== null && expected !== found);
  return wrong ? `in the end ${wrong[0]} is ${wrong[2] || 'nothing'}, not ${wrong[1] || 'nothing'}.` : null;
}

function unresolvedOffer({ stage, room }: Playing): string | undefined {
  const name = stage.incidents()[0]?.playbook;
  return name === undefined ? undefined : room.definitions[name]?.playbook.onUnresolved?.offer;
}
