import { formsOf, type SecretForm, shortestSecret } from './secretForms.ts';

const replacement = '[redacted]';

/** Takes known secret values out of text, in every form in which programs usually print them. */
export type Redactor = {
  redact(text: string): string;
  holdsSecret(text: string): boolean;
  /**
   * The largest length up to `text.length` at which the text may be cut without splitting a secret, were more text
   * to follow.
   */
  safeCut(text: string): number;
  /** For the very end of a text that may have been cut off anywhere: half a secret there is taken out too. */
  redactEnd(text: string): string;
};

/** Values of less than six characters are left alone. */
export function createRedactor(values: readonly string[]): Redactor {
  const unique = new Map(values.flatMap(formsOf).map((form) => [form.pattern, form]));
  // At one place the longest form wins, so that no rest of it is left over.
  const forms = [...unique.values()].sort((one, other) => other.text.length - one.text.length);
  if (forms.length === 0) {
    return {
      redact: (text) => text,
      holdsSecret: () => false,
      safeCut: (text) => text.length,
      redactEnd: (text) => text,
    };
  }
  const pattern = forms.map((form) => form.pattern).join('|');
  const longest = Math.max(...forms.map((form) => form.longest));
  const find = () => new RegExp(pattern, 'g');
  const redact = (text: string) => text.replace(find(), replacement);
  return {
    redact,
    holdsSecret: (text) => find().test(text),
    safeCut(text) {
      // Before this place no secret can begin that is not already here in whole.
      const cut = Math.max(0, text.length - (longest - 1));
      for (const match of text.matchAll(find())) {
        const end = match.index + match[0].length;
        if (match.index < cut && end > cut) return end;
      }
      return cut;
    },
    redactEnd(text) {
      const clean = redact(text);
      const half = Math.max(...forms.map((form) => beginningAtEnd(form, clean)));
      return half === 0 ? clean : clean.slice(0, clean.length - half) + replacement;
    },
  };
}

/** How many characters at the end of the text are the beginning of this form; 0 where it is too short to tell. */
function beginningAtEnd({ text: form, wrapped, longest }: SecretForm, text: string): number {
  const tail = text.slice(-longest);
  const compared = wrapped ? tail.replaceAll(/[\r\n]/g, '') : tail;
  for (let length = Math.min(form.length - 1, compared.length); length >= shortestSecret; length -= 1) {
    if (!compared.endsWith(form.slice(0, length))) continue;
    let characters = 0;
    for (let seen = 0; seen < length; characters += 1) {
      const mark = tail[tail.length - 1 - characters];
      if (!wrapped || (mark !== '\r' && mark !== '\n')) seen += 1;
    }
    return characters;
  }
  return 0;
}
