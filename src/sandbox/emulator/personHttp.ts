import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { FaultRule } from './faultRules.ts';
import type { Faults } from './faults.ts';
import { loopbackOrigin, readBody, sendJson, sendText } from './httpBody.ts';
import type { User } from './model.ts';
import type { ClickOptions, ClickTarget, Person } from './person.ts';
import type { FaultsState, PersonEvent, PersonReply } from './personApi.ts';
import { fail } from './personCall.ts';
import { faultsRequest, requests } from './personRequests.ts';
import { personState } from './personState.ts';
import type { SocketMode } from './socketMode.ts';
import type { Workspace } from './workspace.ts';

/** The browser page's side of the workspace; `personApi.ts` says what is asked and answered. */

const maxBody = 1024 * 1024;

/** Keeps proxies and browsers from giving up a quiet stream. */
const keepAlive = 20_000;

export interface PersonHttp {
  /** False if the path is none of its own. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>;
  stop(): void;
}

interface Parts {
  workspace: Workspace;
  faults: Faults;
  socketMode: SocketMode;
  person: (userId: string) => Person;
  isConnected: () => boolean;
}

/** Leaves out what is undefined, which exact optional properties do not allow to be passed on. */
function defined<Given extends object>(
  given: Given,
): { [Key in keyof Given]: Exclude<Given[Key], undefined> } {
  const kept = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof Given]: Exclude<Given[Key], undefined> };
}

type Act = keyof typeof requests;
type Body<Name extends Act> = z.infer<(typeof requests)[Name]>;

const acts: { [Name in Act]: (person: Person, body: Body<Name>) => Promise<PersonReply> } = {
  say: (person, { channelId, text, threadTs }) => person.say(channelId, text, defined({ threadTs })),
  slash: (person, { channelId, command, text }) => person.slash(channelId, command, text),
  click: (person, { at, actionId, blockId, input, state, confirmed }) =>
    person.click(
      at,
      defined({ actionId, blockId, input }) as ClickTarget,
      defined({ state, confirmed }) as ClickOptions,
    ),
  submit: (person, { viewId, values }) => person.submit(viewId, values),
  close: (person, { viewId }) => person.closeView(viewId),
  home: (person) => person.openHome(),
  shortcut: (person, { callbackId, channelId, ts }) =>
    channelId === undefined || ts === undefined
      ? person.globalShortcut(callbackId)
      : person.messageShortcut(channelId, ts, callbackId),
  suggest: (person, { at, actionId, blockId, query }) =>
    person.suggest(at, defined({ actionId, blockId }) as ClickTarget, query),
  react: (person, { channelId, ts, name, remove = false }) => person.react(channelId, ts, { name, remove }),
  read: (person, { channelId, ts }) => person.read(channelId, ts),
  join: (person, { channelId }) => person.join(channelId),
  leave: (person, { channelId }) => person.leave(channelId),
  direct: (person, { userId }) => person.direct(userId),
};

function isAct(name: string): name is Act {
  return Object.hasOwn(acts, name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Refused as an invalid request, like every other wrong body.
  }
}

export function createPersonHttp(parts: Parts): PersonHttp {
  const { workspace, faults, socketMode } = parts;
  const streams = new Set<ServerResponse>();

  function someone(userId: string | null): User | undefined {
    const user = workspace.users.get(userId ?? '');
    return user?.isBot === true ? undefined : user;
  }

  function faultsState(): FaultsState {
    return { rules: faults.rules(), connections: socketMode.connections() };
  }

  function stream(request: IncomingMessage, response: ServerResponse, user: User): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const send = (event: PersonEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`);
    const listener: Parameters<typeof workspace.changeListeners.add>[0] = (change, userId) => {
      if (userId === null || userId === user.id) send(change);
    };
    workspace.changeListeners.add(listener);
    streams.add(response);
    const beat = setInterval(() => response.write(': \n\n'), keepAlive);
    request.on('close', () => {
      clearInterval(beat);
      workspace.changeListeners.delete(listener);
      streams.delete(response);
    });
    send({ type: 'hello', seq: workspace.seq });
  }

  async function act<Name extends Act>(
    name: Name,
    given: unknown,
  ): Promise<{ status: number; reply: PersonReply }> {
    const parsed = requests[name].safeParse(given);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const reply = fail(
        'invalid_request',
        `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
      );
      return { status: 400, reply };
    }
    const body = parsed.data as Body<Name>;
    const user = someone(body.as);
    if (user === undefined) return { status: 404, reply: fail('user_not_found') };
    return { status: 200, reply: await acts[name](parts.person(user.id), body) };
  }

  function changeFaults(given: unknown): { status: number; body: unknown } {
    const parsed = faultsRequest.safeParse(given);
    if (!parsed.success) {
      return { status: 400, body: fail('invalid_request', parsed.error.issues[0]?.message ?? 'not valid') };
    }
    const { data } = parsed;
    switch (data.act) {
      case 'set':
        faults.set(...data.rules.map((rule) => defined(rule) as FaultRule));
        break;
      case 'clear':
        faults.clear();
        break;
      case 'drop_sockets':
        socketMode.drop();
        break;
      case 'disconnect':
        socketMode.disconnect(data.reason);
        break;
      default: {
        const never: never = data;
        return never;
      }
    }
    return { status: 200, body: faultsState() };
  }

  async function post(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    // A form on a foreign page cannot send this type without asking first.
    if (request.headers['content-type']?.split(';')[0] !== 'application/json') {
      sendJson(response, 415, { body: fail('invalid_request', 'Send application/json.') });
      return;
    }
    const given = parseJson((await readBody(request, maxBody)).toString('utf8'));
    if (name === 'faults') {
      const { status, body } = changeFaults(given);
      sendJson(response, status, { body });
      return;
    }
    if (!isAct(name)) {
      sendJson(response, 404, { body: fail('invalid_request', 'There is no such act.') });
      return;
    }
    const { status, reply } = await act(name, given);
    sendJson(response, status, { body: reply });
  }

  function get(request: IncomingMessage, response: ServerResponse, url: URL): void {
    if (url.pathname === '/person/faults') {
      sendJson(response, 200, { body: faultsState() });
      return;
    }
    const user = someone(url.searchParams.get('as'));
    if (user === undefined) {
      sendJson(response, 404, { body: fail('user_not_found') });
      return;
    }
    switch (url.pathname) {
      case '/person/state':
        sendJson(response, 200, { body: personState(workspace, user, parts.isConnected()) });
        return;
      case '/person/events':
        stream(request, response, user);
        return;
      default:
        sendText(response, 404, 'Not found');
    }
  }

  function sendFile(response: ServerResponse, id: string): void {
    const file = workspace.files.get(id);
    if (file === undefined || file.state === 'awaiting_upload') {
      sendText(response, 404, 'Not found');
      return;
    }
    response.writeHead(200, {
      'content-type': file.mimetype,
      'content-length': file.bytes.length,
      'x-content-type-options': 'nosniff',
      // Uploaded pages and pictures must not run scripts as part of this server.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    });
    response.end(file.bytes);
  }

  return {
    async handle(request, response, url) {
      const isFile = url.pathname.startsWith('/files/');
      if (!isFile && !url.pathname.startsWith('/person/')) return false;
      const origin = loopbackOrigin(request);
      if (origin === null) {
        sendText(response, 403, 'Only pages of this machine may ask.');
        return true;
      }
      if (origin !== '') {
        response.setHeader('access-control-allow-origin', origin);
        response.setHeader('vary', 'origin');
      }
      switch (request.method) {
        case 'OPTIONS':
          response.setHeader('access-control-allow-methods', 'GET, POST');
          response.setHeader('access-control-allow-headers', 'content-type');
          response.writeHead(204).end();
          break;
        case 'GET':
          if (isFile) sendFile(response, url.pathname.slice('/files/'.length));
          else get(request, response, url);
          break;
        case 'POST':
          await post(request, response, url.pathname.slice('/person/'.length));
          break;
        default:
          sendText(response, 405, 'Method not allowed');
      }
      return true;
    },
    stop() {
      for (const response of streams) response.end();
    },
  };
}
