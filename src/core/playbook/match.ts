import type { Definition } from './definition.ts';

/** The playbook for an alert that nobody wrote a playbook for; every room has it. */
export const genericName = 'generic';

/**
 * The playbook that answers an alert: all labels it names are equal, and it names the most of them. Among equally
 * specific ones the first by name wins, so that the same alert always finds the same playbook.
 */
export function matchPlaybook(definitions: Definitions, labels: Labels): Definition {
  const { named, unnamed } = answering(definitions);
  const found = best(unnamed, best(named.get(labels[byName] ?? '') ?? [], undefined, labels), labels);
  const generic = found?.definition ?? definitions[genericName];
  if (!generic) throw new Error(`the room has no playbook named ${genericName}`);
  return generic;
}

/** Every set of labels that a playbook answers; none for one that answers what no other one does. */
export const answersOf = ({ answers, alsoAnswers = [] }: Definition['playbook']): readonly Labels[] =>
  [answers, ...alsoAnswers].filter((labels) => Object.keys(labels).length > 0);

type Definitions = Readonly<Record<string, Definition>>;
type Labels = Readonly<Record<string, string>>;

type Candidate = {
  readonly definition: Definition;
  readonly answers: readonly (readonly [string, string])[];
  /** The name of the alert, where the labels say one. */
  readonly name: string | undefined;
};

/** Candidates by the name of the alert that they answer, the better ones first; nearly all of them name one. */
type Answering = {
  readonly named: ReadonlyMap<string, readonly Candidate[]>;
  readonly unnamed: readonly Candidate[];
};

const byName = 'alertname';

/** A room's definitions never change, and every alert asks several times. */
const known = new WeakMap<Definitions, Answering>();

function answering(definitions: Definitions): Answering {
  const before = known.get(definitions);
  if (before) return before;
  const all = Object.values(definitions)
    .filter(({ playbook }) => playbook.kind === 'alert')
    .flatMap((definition) =>
      answersOf(definition.playbook).map(
        (labels): Candidate => ({ definition, answers: Object.entries(labels), name: labels[byName] }),
      ),
    )
    .sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const named = new Map<string, Candidate[]>();
  const unnamed: Candidate[] = [];
  for (const each of all) {
    const { name } = each;
    if (name === undefined) unnamed.push(each);
    else named.set(name, [...(named.get(name) ?? []), each]);
  }
  const made = { named, unnamed };
  known.set(definitions, made);
  return made;
}

/** The first of the candidates that answers, where it is better than the one found so far. */
function best(
  candidates: readonly Candidate[],
  found: Candidate | undefined,
  labels: Labels,
): Candidate | undefined {
  const first = candidates.find(({ answers }) =>
    answers.every(([label, value]) => Object.hasOwn(labels, label) && labels[label] === value),
  );
  return first === undefined || (found !== undefined && isBefore(found, first)) ? found : first;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  const specific = a.answers.length - b.answers.length;
  const [one, other] = [a.definition.playbook.name, b.definition.playbook.name];
  return specific > 0 || (specific === 0 && one < other);
}
