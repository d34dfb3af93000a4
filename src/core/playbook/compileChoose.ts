import type { Option, Step } from './definition.ts';
import type { Reporter } from './reporting.ts';
import type { CompileList, Inside } from './stepContext.ts';
import { refuseInWhole } from './stepNames.ts';
import type { OptionSource, StepSource } from './stepSource.ts';

/** A question with buttons, and the steps behind each of its answers. */

/** Slack shows at most 75 characters on a button and 25 buttons in a row; a message with more options is unreadable. */
const longestLabel = 75;
const mostOptions = 20;

export function compileChoose(
  source: Extract<StepSource, { kind: 'choose' }>,
  id: string,
  inside: Inside,
  compileList: CompileList,
): Step {
  const { report } = inside;
  const { path, among } = source;
  refuseInWhole('choose', path, inside);
  if (among.length < 2) report.error([...path, 'among'], 'A question needs at least two options.', 'key');
  if (among.length > mostOptions)
    report.error(
      [...path, 'among'],
      `${among.length} options are more than anybody reads; at most ${mostOptions}.`,
      'key',
    );
  const taken = new Map<string, string>();
  const options = among.map((option): Option => {
    const slug = slugOf(option.label);
    const other = taken.get(slug);
    if (other !== undefined)
      report.error(
        option.path,
        `"${option.label}" and "${other}" begin too much alike to tell them apart.`,
        'key',
      );
    taken.set(slug, option.label);
    checkLabel(option, report);
    return {
      id: slug,
      label: option.label.trim(),
      ...(option.hint !== undefined && { hint: option.hint }),
      steps: compileList(option.steps, { ...inside, prefix: `${id}.${slug}.` }),
    };
  });
  return { id, kind: 'choose', question: source.choose, options };
}

function checkLabel({ label, path }: OptionSource, report: Reporter): void {
  if (slugOf(label) === '') report.error(path, 'An option needs a label with letters or digits.', 'key');
  if (label.length > longestLabel)
    report.error(
      path,
      `A button holds ${longestLabel} characters, and this label has ${label.length}; the rest fits into \`hint\`.`,
      'key',
    );
}

/** `LLM rate limits or timeouts` becomes `llm-rate-limits-or`; whole words, at most 20 characters where that leaves one. */
function slugOf(label: string): string {
  const words = label.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  let slug = '';
  for (const word of words) {
    const longer = slug === '' ? word : `${slug}-${word}`;
    if (longer.length > 20) return slug === '' ? word.slice(0, 20) : slug;
    slug = longer;
  }
  return slug;
}
