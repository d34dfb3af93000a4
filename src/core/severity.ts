/** P0 is the whole service gone, P1 an objective broken for users, P2 and P3 lesser trouble, P4 a note in the log. */
export const severities = ['P0', 'P1', 'P2', 'P3', 'P4'] as const;
export type Severity = (typeof severities)[number];

/** The more urgent of two severities. */
export function moreUrgent(a: Severity, b: Severity): Severity {
  return severities.indexOf(a) <= severities.indexOf(b) ? a : b;
}

const fromWord: Record<string, Severity> = {
  critical: 'P1',
  error: 'P1',
  page: 'P1',
  high: 'P1',
  warning: 'P2',
  warn: 'P2',
  info: 'P4',
  none: 'P4',
};

/** Severity from an alert's `severity` label; a label that says nothing we know counts as P2, never as harmless. */
export function severityFromLabel(label: string | undefined): Severity {
  if (label === undefined) return 'P2';
  const upper = label.toUpperCase();
  return severities.find((known) => known === upper) ?? fromWord[label.toLowerCase()] ?? 'P2';
}
