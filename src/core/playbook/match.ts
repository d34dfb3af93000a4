import type { Definition } from './definition.ts';

/** The playbook for an alert that nobody wrote a playbook for; every room has it. */
export const genericName = 'generic';

/**
 * The playbook that answers an alert: all labels it names are equal, and it names the most of them. Among equally
 * specific ones the first by name wins, so that the same alert always finds the same playbook.
 */
export function matchPlaybook(
  definitions: Readonly<Record<string, Definition>>,
  labels: Readonly<Record<string, string>>,
): Definition {
  let best: Definition | undefined;
  for (const candidate of Object.values(definitions)) {
    const answers = Object.entries(candidate.playbook.answers);
    if (candidate.playbook.kind !== 'alert' || answers.length === 0) continue;
    if (!answers.every(([label, value]) => Object.hasOwn(labels, label) && labels[label] === value)) continue;
    if (best === undefined || isBefore(candidate, best)) best = candidate;
  }
  const found = best ?? definitions[genericName];
  if (!found) throw new Error(`the room has no playbook named ${genericName}`);
  return found;
}

function isBefore(a: Definition, b: Definition): boolean {
  const specific = Object.keys(a.playbook.answers).length - Object.keys(b.playbook.answers).length;
  return specific > 0 || (specific === 0 && a.playbook.name < b.playbook.name);
}
