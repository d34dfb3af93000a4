import { randomUUID } from 'node:crypto';
import { RE2JS } from 're2js';
import { z } from 'zod';
import type { Labels } from './labels.ts';

const silenceSchema = z.object({
  id: z.string().optional(),
  matchers: z
    .array(
      z.object({
        name: z.string().min(1),
        value: z.string(),
        isRegex: z.boolean(),
        isEqual: z.boolean().default(true),
      }),
    )
    .min(1),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  createdBy: z.string(),
  comment: z.string(),
});

type Silence = z.infer<typeof silenceSchema> & { id: string; updatedAt: string };

export type Silences = Readonly<{
  /** @throws ZodError or a RE2JS syntax error when the silence cannot be read */
  put: (body: unknown) => string;
  /** False when there is none of that id. */
  expire: (id: string) => boolean;
  list: () => readonly (Silence & { status: { state: 'pending' | 'active' | 'expired' } })[];
  /** The ids of the silences that hold these labels back now. */
  silencing: (labels: Labels) => string[];
}>;

/** What people have muted for a while, in Alertmanager's shapes. */
export function createSilences(now: () => number): Silences {
  const silences = new Map<string, Silence>();
  const stateOf = ({ startsAt, endsAt }: Silence): 'pending' | 'active' | 'expired' => {
    if (Date.parse(endsAt) <= now()) return 'expired';
    return Date.parse(startsAt) > now() ? 'pending' : 'active';
  };
  return {
    put(body) {
      const silence = silenceSchema.parse(body);
      for (const { isRegex, value } of silence.matchers) if (isRegex) RE2JS.compile(value);
      const id = silence.id === undefined || !silences.has(silence.id) ? randomUUID() : silence.id;
      silences.set(id, { ...silence, id, updatedAt: new Date(now()).toISOString() });
      return id;
    },
    expire(id) {
      const silence = silences.get(id);
      if (silence === undefined) return false;
      const at = new Date(now()).toISOString();
      silences.set(id, { ...silence, endsAt: at, updatedAt: at });
      return true;
    },
    list: () =>
      [...silences.values()].map((silence) => ({ ...silence, status: { state: stateOf(silence) } })),
    silencing: (labels) =>
      [...silences.values()]
        .filter(
          (silence) =>
            stateOf(silence) === 'active' && silence.matchers.every((matcher) => matches(matcher, labels)),
        )
        .map(({ id }) => id),
  };
}

function matches({ name, value, isRegex, isEqual }: Silence['matchers'][number], labels: Labels): boolean {
  const found = labels[name] ?? '';
  return (isRegex ? RE2JS.compile(value).matches(found) : found === value) === isEqual;
}
