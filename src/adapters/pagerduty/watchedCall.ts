import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import type { Socket } from 'node:net';

/**
 * One call through the library, with what the library lacks: a deadline, an eye on the answer's status and headers, and
 * no attempts of its own.
 *
 * The library waits 20 s after a 429 and tries again, three times, and there is no setting against it. So the agent looks
 * at the head of each answer before the library does and breaks the call off at a 429: the library then sees a call that
 * failed, and sets no timer. node-fetch in turn waits for ever for the rest of an answer whose connection was closed in its
 * middle; the agent breaks that off too.
 */
export type Outcome =
  | { readonly kind: 'answered'; readonly head: Head; readonly data: unknown }
  /** `head` is there where an answer began, yet what came was too long, broken or no JSON. */
  | {
      readonly kind: 'failed';
      readonly head: Head | null;
      /** Whether the request may have reached the other side: a connection for it was there. */
      readonly sent: boolean;
      readonly late: boolean;
      readonly error: unknown;
    };

export type Head = { readonly status: number; readonly headers: IncomingHttpHeaders };

/** What the library hands on to node-fetch, most of it against or beyond its types. */
export type CallOptions = {
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly requestTimeout: 0;
  readonly redirect: 'manual';
  readonly size: number;
};

/** Bytes. A hundred users or incidents with everything about them take a few hundred kilobytes. */
const largestAnswer = 8 * 1024 * 1024;

export async function watchedCall(
  options: { readonly agent: Agent; readonly timeoutMs: number; readonly signal?: AbortSignal },
  call: (own: CallOptions) => Promise<{ readonly data: unknown }>,
): Promise<Outcome> {
  const broken = new AbortController();
  const deadlines = [AbortSignal.timeout(options.timeoutMs), ...(options.signal ? [options.signal] : [])];
  let head: Head | null = null;
  let sent = false;
  const agent = watching(options.agent, {
    connected() {
      sent = true;
    },
    answered(response) {
      const { statusCode: status = 0, headers } = response;
      head = { status, headers };
      if (status === 429) broken.abort();
      response.once('close', () => {
        if (!response.complete) broken.abort();
      });
    },
  });
  const signal = AbortSignal.any([...deadlines, broken.signal]);
  try {
    const { data } = await call({
      agent,
      signal,
      requestTimeout: 0,
      redirect: 'manual',
      size: largestAnswer,
    });
    if (head === null) throw new Error('There was an answer without a status.');
    return { kind: 'answered', head, data };
  } catch (error) {
    return { kind: 'failed', head, sent, late: deadlines.some(({ aborted }) => aborted), error };
  }
}

/** Node takes anything for an agent that has `addRequest`; that is where a request and its connection meet. */
type AgentLike = Agent & { addRequest(request: ClientRequest, ...rest: unknown[]): void };

function watching(
  agent: Agent,
  on: { connected(): void; answered(response: IncomingMessage): void },
): AgentLike {
  const inner = agent as AgentLike;
  return Object.assign(Object.create(inner) as AgentLike, {
    addRequest(request: ClientRequest, ...rest: unknown[]) {
      // Before those of node-fetch, so that a call that is broken off here is no answer there.
      request.prependOnceListener('response', on.answered);
      request.prependOnceListener('socket', (socket: Socket & { encrypted?: boolean }) => {
        if (!socket.connecting && !socket.encrypted) on.connected();
        else socket.once(socket.encrypted ? 'secureConnect' : 'connect', on.connected);
      });
      inner.addRequest(request, ...rest);
    },
  });
}
