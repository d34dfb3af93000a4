import { z } from 'zod';
import { WorkFailed } from '../../engine/ports.ts';
import type { SilenceRequest, Silencer, SilenceSeen } from '../../engine/silencePort.ts';
import { endpointOf, readCapped, tooLong, unreachable } from './api.ts';

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const silenceSchema = z.object({
  id: z.string().min(1).max(100),
  comment: z.string(),
  createdBy: z.string(),
  startsAt: moment,
  endsAt: moment,
  status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
  matchers: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      isRegex: z.boolean(),
      isEqual: z.boolean().default(true),
    }),
  ),
});

const madeSchema = z.object({ silenceID: z.string().min(1).max(100) });

/** What Alertmanager says of a refusal is worth a line and no more. */
const maxRefusal = 200;

/**
 * The silences of Alertmanager's interface, version 2. Only equality is ever asked for, label values as they are: a
 * value is foreign text, and as a pattern it could silence anything.
 */
export function createSilencer(options: { readonly baseUrl: string; readonly timeoutMs: number }): Silencer {
  const { baseUrl, timeoutMs } = options;

  async function call(path: string, request: RequestInit): Promise<{ text: string; response: Response }> {
    const changes = request.method !== undefined && request.method !== 'GET';
    const { url, headers } = endpointOf(baseUrl, path);
    let response: Response;
    let text: string | null;
    try {
      response = await fetch(url, {
        ...request,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { ...headers, ...(request.body ? { 'content-type': 'application/json' } : {}) },
      });
      text = await readCapped(response);
    } catch (error) {
      throw new WorkFailed('alertmanager', unreachable(error, timeoutMs), {
        retry: { afterMs: null },
        uncertain: changes,
        cause: error,
      });
    }
    if (text === null) throw new WorkFailed('alertmanager', tooLong('silences'));
    if (response.ok) return { text, response };
    const mayHelp = response.status >= 500 || response.status === 429 || response.status === 408;
    const said = reasonIn(text);
    throw new WorkFailed('alertmanager', `Alertmanager answered ${response.status}${said}.`, {
      retry: mayHelp ? { afterMs: null } : null,
      uncertain: changes && response.status >= 500,
    });
  }

  return {
    async list() {
      const { text, response } = await call('api/v2/silences', {});
      const silences = read(z.array(silenceSchema), text).map(toSeen);
      const date = Date.parse(response.headers.get('date') ?? '');
      return { now: Number.isNaN(date) ? null : date, silences };
    },
    async put({ id, matchers, startsAt, endsAt, comment }: SilenceRequest) {
      const body = JSON.stringify({
        ...(id === null ? {} : { id }),
        matchers: Object.entries(matchers).map(([name, value]) => ({
          name,
          value,
          isRegex: false,
          isEqual: true,
        })),
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        createdBy: 'genesis',
        comment,
      });
      const { text } = await call('api/v2/silences', { method: 'POST', body });
      return { id: read(madeSchema, text, { changed: true }).silenceID };
    },
    async expire(id) {
      await call(`api/v2/silence/${encodeURIComponent(id)}`, { method: 'DELETE' });
    },
  };
}

function read<T>(schema: z.ZodType<T>, text: string, { changed = false } = {}): T {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // Something else may answer in its place while it is being started.
  throw new WorkFailed('alertmanager', 'Alertmanager answered in a form that is not understood.', {
    retry: { afterMs: null },
    uncertain: changed,
  });
}

/** Sent as a JSON text, or as an object with a message. */
function reasonIn(text: string): string {
  let said: unknown = text;
  try {
    said = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof said === 'object' && said !== null && 'message' in said) said = said.message;
  if (typeof said !== 'string') return '';
  const line = said.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line === '' || line.startsWith('<') ? '' : `: ${line.slice(0, maxRefusal)}`;
}

function toSeen(silence: z.infer<typeof silenceSchema>): SilenceSeen {
  const { id, comment, createdBy, startsAt, endsAt, status, matchers } = silence;
  const exact = matchers.every(({ isRegex, isEqual }) => !isRegex && isEqual);
  return {
    ...{ id, comment, createdBy, startsAt, endsAt },
    state: status.state,
    matchers: exact ? Object.fromEntries(matchers.map(({ name, value }) => [name, value])) : null,
  };
}
