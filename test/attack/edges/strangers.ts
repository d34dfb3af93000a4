import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stops } from '../../scenarios/rehearsal.ts';

/**
 * People who are in a workspace or its shared channels and may not act, as Slack's directory describes each: it stands
 * between the bot and the emulated workspace, answers `users.info` for them, and passes everything else on.
 */
export const strangers = {
  guest: { id: 'U0GUEST0001', is_restricted: true },
  'guest of one channel': { id: 'U0GUEST0002', is_restricted: true, is_ultra_restricted: true },
  'somebody by Slack Connect': { id: 'U0CONNECT01', team_id: 'T0ELSEWHERE', is_stranger: true },
  'somebody of another workspace': { id: 'U0ELSEWHERE', team_id: 'T0ELSEWHERE' },
  'a bot': { id: 'U0OTHERBOT1', is_bot: true },
  'an ex-member': { id: 'U0EXMEMBER1', deleted: true },
} as const;

export type StrangerKind = keyof typeof strangers;

export type Front = {
  /** Base of the Web API, with its slash. */
  readonly apiUrl: string;
  /** An address for one private answer. */
  responseUrl(): string;
  /** What was told in private at this address, once something was. */
  told(responseUrl: string): string | undefined;
};

/** `teamId`: of the workspace behind it. */
export async function standInFront(stops: Stops, behind: string, teamId: string): Promise<Front> {
  const told = new Map<string, string>();
  let origin = '';
  let answers = 0;

  const pass = async (request: IncomingMessage, body: Buffer, response: ServerResponse) => {
    const headers = new Headers();
    for (const name of ['content-type', 'authorization']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const answer = await fetch(new URL(request.url ?? '', behind), {
      method: request.method ?? 'POST',
      headers,
      ...(request.method === 'GET' ? {} : { body: new Uint8Array(body) }),
    });
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      ...(answer.headers.get('retry-after') === null
        ? {}
        : { 'retry-after': answer.headers.get('retry-after') ?? '' }),
    });
    // Addresses for files have to lead here as well: the bot sends nothing anywhere else.
    response.end((await answer.text()).replaceAll(new URL(behind).origin, origin));
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const body = Buffer.concat(chunks);
      if (request.url?.startsWith('/respond/')) {
        const { text = '' } = JSON.parse(body.toString('utf8')) as { text?: string };
        told.set(`${origin}${request.url}`, text);
        response.end('ok');
        return;
      }
      const user = new URLSearchParams(body.toString('utf8')).get('user');
      const stranger = Object.values(strangers).find(({ id }) => id === user);
      if (request.url?.endsWith('/users.info') && stranger) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ok: true, user: { team_id: teamId, ...stranger } }));
        return;
      }
      pass(request, body, response).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    apiUrl: `${origin}/api/`,
    told: (responseUrl) => told.get(responseUrl),
    responseUrl() {
      answers += 1;
      return `${origin}/respond/${answers}`;
    },
  };
}
