/**
 * Calls the address of a dead-man's alarm. The engine asks only for whether it was taken: a 2xx answer within the time,
 * from that very address. A redirect is an answer of somebody else and is not followed.
 */
export function createHeartbeat({ url, timeoutMs }: { readonly url: string; readonly timeoutMs: number }) {
  const target = new URL(url);
  const credentials = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
  target.username = '';
  target.password = '';
  const headers = credentials === ':' ? {} : { authorization: `Basic ${btoa(credentials)}` };

  return {
    async send(): Promise<{ readonly kind: 'sent' } | { readonly kind: 'failed'; readonly why: string }> {
      try {
        const response = await fetch(target, {
          redirect: 'manual',
          headers,
          signal: AbortSignal.timeout(timeoutMs),
        });
        await response.body?.cancel();
        return response.ok ? { kind: 'sent' } : { kind: 'failed', why: `it answered ${response.status}.` };
      } catch (error) {
        if (error instanceof DOMException && error.name === 'TimeoutError')
          return { kind: 'failed', why: `no answer within ${timeoutMs / 1_000} s.` };
        // The address may hold a secret, as those of most alarms do, so only the code of the failure is told.
        const cause = error instanceof Error ? error.cause : undefined;
        const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
        return { kind: 'failed', why: `it cannot be reached${code}.` };
      }
    },
  };
}
