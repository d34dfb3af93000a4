/** A place in a YAML document: keys and indexes from the top, as in `['steps', 2, 'do']`. */
export type Path = readonly (string | number)[];

/** Lines and columns count from 1. */
export type Position = { readonly line: number; readonly column: number };

/**
 * `key` points at the name of an entry, `value` at what stands behind it, `into` at a character of a text, counted from 0;
 * where the text is not written as it stands, on one line, that is the beginning of the text.
 */
export type Part = 'key' | 'value' | { readonly into: number };

/** Where a path is written; a path that does not exist gives the place of its nearest ancestor. */
export type Locate = (path: Path, part: Part) => Position;

/** One mistake, at one place, in one sentence that says what was meant. Errors make the playbooks unusable. */
export type Problem = Position & {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly message: string;
};

/** A mistake before its place has been looked up. */
export type Complaint = {
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  readonly part: Part;
  readonly message: string;
};

/** `file:line:column: message`, the form that terminals and editors turn into a link. */
export function formatProblem(problem: Problem): string {
  const kind = problem.severity === 'warning' ? 'warning: ' : '';
  return `${problem.file}:${problem.line}:${problem.column}: ${kind}${problem.message}`;
}

/** A GitHub Actions annotation; its values escape what would end them early. */
export function formatAnnotation(problem: Problem): string {
  const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const { severity, file, line, column, message } = problem;
  return `::${severity} file=${property(file)},line=${line},col=${column}::${data(message)}`;
}

/** By file, then by line and column; what stands first in a file is usually the cause of what follows. */
export function inReadingOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.message < b.message ? -1 : 1),
  );
}
