import { z } from 'zod';
import type { Complaint, Path } from '../playbook/problem.ts';
import { strict } from '../playbook/readSource.ts';
import { line, reference } from '../playbook/values.ts';
import { writtenAs } from '../playbook/writtenAs.ts';
import { type Approving, approvalWishes, type Saying, sayingEnds, sayings } from './scenario.ts';

/** How a scenario test says what comes of a request: who says yes, and what they type with it. */

export const words = writtenAs(
  z.union([reference, z.array(reference).min(1)]),
  z.preprocess((each) => (typeof each === 'string' ? [each] : each), z.array(reference).min(1)),
);

const typed = z
  .string({ error: '`confirms` is the word that is typed, in quotes, such as `confirms: "yes"`.' })
  .max(200);

const saying = strict({
  who: line.optional(),
  by: words.optional(),
  says: z.enum(sayings).optional(),
  confirms: typed.optional(),
  ends: z.enum(sayingEnds).optional(),
});
const wish = z.enum(approvalWishes);
/** More people than any demand asks for, with those whose word does not count. */
const list = z.array(saying).min(1).max(20);

const approval = writtenAs(
  z.union([wish, list]),
  z.unknown().transform((value, context): z.infer<typeof wish> | z.infer<typeof list> => {
    const read = Array.isArray(value) ? list.safeParse(value) : wish.safeParse(value);
    if (read.success) return read.data;
    for (const issue of read.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  }),
);

export const approving = { approval: approval.optional(), confirms: typed.optional() };

export type ApprovingSource = {
  readonly approval?: z.infer<typeof approval> | undefined;
  readonly confirms?: string | undefined;
};

export const ofApproving = ({ approval: written = 'approve', confirms }: ApprovingSource): Approving => ({
  approval: typeof written === 'string' ? written : written.map(sayingOf),
  ...(confirms !== undefined && { confirms }),
});

const sayingOf = ({ who, by, says, confirms, ends }: z.infer<typeof saying>): Saying => ({
  who: who ?? null,
  by: by ?? null,
  says: says ?? 'approve',
  confirms: confirms ?? null,
  ends: ends ?? 'counted',
});

/** Complains about a word that nobody would type. */
export function checkApproving(
  { approval: written = 'approve', confirms, skip }: ApprovingSource & { readonly skip?: true | undefined },
  path: Path,
  complaints: Complaint[],
): void {
  const complain = (message: string, at: Path) =>
    complaints.push({ severity: 'error', path: at, part: 'key', message });
  if (typeof written !== 'string') {
    if (confirms !== undefined)
      complain('Each of `approval` types a word of their own: write `confirms` there.', [
        ...path,
        'confirms',
      ]);
    for (const [index, { says, confirms: word }] of written.entries())
      if (word !== undefined && says !== undefined && says !== 'approve')
        complain(`Nobody types a word to ${says}.`, [...path, 'approval', index, 'confirms']);
    return;
  }
  if (confirms === undefined) return;
  const at = [...path, 'confirms'];
  if (skip) complain('What is skipped is not confirmed by anybody.', at);
  else if (written !== 'approve')
    complain(`A word is typed with a yes, and with \`approval: ${written}\` nobody says yes.`, at);
}
