/** An answer over HTTP, or one sentence why there is none. Neither holds the address, which may carry a password. */
export type Asked =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Headers;
      readonly body: unknown;
      /** Our own clock in the middle between question and answer, milliseconds since the epoch. */
      readonly at: number;
    }
  | { readonly kind: 'silent'; readonly why: string };

const largestBytes = 20 * 1024 * 1024;

/** Asks for JSON. Redirects are not followed: what the configuration names is what is looked at. */
export async function ask(
  base: string,
  path: string,
  options: {
    readonly timeoutMs: number;
    readonly token?: string;
    readonly form?: Readonly<Record<string, string>>;
  },
): Promise<Asked> {
  const url = new URL(base);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = options.token
    ? `Bearer ${options.token}`
    : username === '' && password === ''
      ? null
      : `Basic ${Buffer.from(pair).toString('base64')}`;
  const before = Date.now();
  try {
    const response = await fetch(`${(url.origin + url.pathname).replace(/\/+$/, '')}${path}`, {
      ...(options.form ? { method: 'POST', body: new URLSearchParams(options.form) } : {}),
      headers: { accept: 'application/json', ...(authorization ? { authorization } : {}) },
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    const at = (before + Date.now()) / 2;
    const text = await response.text();
    if (text.length > largestBytes) return { kind: 'silent', why: 'its answer is too large to be one.' };
    return { kind: 'answered', status: response.status, headers: response.headers, body: parsed(text), at };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      return { kind: 'silent', why: `it did not answer within ${options.timeoutMs / 1_000} s.` };
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code';
    return { kind: 'silent', why: `it cannot be reached (${code}).` };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A page of a proxy in between, for example: the status then has to do.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
