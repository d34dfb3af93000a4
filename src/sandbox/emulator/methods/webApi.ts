import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from '../faults.ts';
import { readBody, sendJson, sendText } from '../httpBody.ts';
import type { RateLimits } from '../rateLimits.ts';
import { SlackError } from '../slackError.ts';
import type { SocketMode } from '../socketMode.ts';
import type { Triggers } from '../triggers.ts';
import type { Workspace } from '../workspace.ts';
import { readArguments } from './arguments.ts';
import type { CallOutcome, CallRecord } from './callRecord.ts';
import { canvasMethods } from './canvases.ts';
import type { MethodSpec } from './catalog.ts';
import { catalog } from './catalog.ts';
import { channelExtraMethods } from './channelExtras.ts';
import { chatMethods } from './chat.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import { historyMethods } from './history.ts';
import type { Method } from './method.ts';
import { peopleMethods } from './people.ts';
import { viewMethods } from './views.ts';

/**
 * `POST /api/<method>`. In this order: the method has to exist, the token be good, the rate limit not be spent,
 * a scope be granted, the arguments be of their types; then the method itself. Every answer but a rate limit and
 * a server error is HTTP 200.
 */

const methods: Readonly<Record<string, Method>> = {
  ...peopleMethods,
  ...chatMethods,
  ...conversationMethods,
  ...historyMethods,
  ...channelExtraMethods,
  ...fileMethods,
  ...viewMethods,
  ...canvasMethods,
};

const maxBody = 4 * 1024 * 1024;

/** A sandbox may run for days. */
const maxCalls = 10_000;

export interface WebApi {
  readonly calls: CallRecord[];
  handle(request: IncomingMessage, response: ServerResponse, method: string): Promise<void>;
}

interface Parts {
  workspace: Workspace;
  triggers: Triggers;
  socketMode: SocketMode;
  faults: Faults;
  rateLimits: RateLimits;
  botToken: string;
  appToken: string;
  url: () => string;
  wait: (milliseconds: number) => Promise<void>;
}

async function readForm(body: Buffer, contentType: string): Promise<Record<string, unknown>> {
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    return Object.fromEntries(form.entries());
  }
  return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
}

function readJson(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch (error) {
    throw new SlackError('invalid_json', { detail: (error as Error).message });
  }
  throw new SlackError('json_not_object');
}

async function rawArguments(request: IncomingMessage, spec: MethodSpec): Promise<Record<string, unknown>> {
  const query = URL.parse(request.url ?? '', 'http://api')?.searchParams ?? new URLSearchParams();
  if (request.method === 'GET') return Object.fromEntries(query);
  const body = await readBody(request, maxBody);
  if (body.length === 0) return Object.fromEntries(query);
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.startsWith('application/json')) {
    if (!spec.takesJson) return Object.fromEntries(query);
    // A token in JSON counts for nothing: it has to come in the header.
    const { token: _, ...args } = readJson(body);
    return args;
  }
  if (/^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(contentType)) {
    return readForm(body, contentType);
  }
  throw new SlackError(contentType === '' ? 'missing_post_type' : 'invalid_post_type');
}

/** JSON in text is easier to look at parsed. */
function legible(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([name]) => name !== 'token')
      .map(([name, value]) => {
        if (typeof value !== 'string' || !/^[[{]/.test(value)) return [name, value];
        try {
          return [name, JSON.parse(value)];
        } catch {
          return [name, value]; // Text that only looks like JSON stays text.
        }
      }),
  );
}

function checkToken(
  request: IncomingMessage,
  args: Record<string, unknown>,
  given: { spec: MethodSpec; parts: Parts },
): void {
  const { spec, parts } = given;
  if (spec.token === 'none') return;
  const header = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const token = header ?? (typeof args.token === 'string' ? args.token : '');
  if (token === '') throw new SlackError('not_authed');
  if (token !== parts.botToken && token !== parts.appToken) throw new SlackError('invalid_auth');
  const wanted = spec.token === 'app' ? parts.appToken : parts.botToken;
  if (token !== wanted) throw new SlackError('not_allowed_token_type');
}

function checkScope(spec: MethodSpec, scopes: readonly string[]): void {
  if (spec.token !== 'bot' || spec.scopes.length === 0) return;
  if (spec.scopes.some((scope) => scopes.includes(scope))) return;
  throw new SlackError('missing_scope', { needed: spec.scopes.join(','), provided: scopes.join(',') });
}

/** What any method may refuse with once the call has been let in. */
const everywhere = new Set(['invalid_arguments', 'missing_scope']);

/** A refusal that Slack does not know would teach an app to handle what never comes, so it is a fault of ours. */
function documented(error: SlackError, spec: MethodSpec, method: string): Error {
  if (everywhere.has(error.code) || spec.errors.has(error.code)) return error;
  return new Error(`${method} refused with "${error.code}", which Slack does not document for it`, {
    cause: error,
  });
}

export function createWebApi(parts: Parts): WebApi {
  const { workspace, triggers, socketMode, faults, rateLimits } = parts;
  const calls: CallRecord[] = [];

  const all: Readonly<Record<string, Method>> = {
    ...methods,
    'apps.connections.open': () => ({ url: socketMode.newUrl() }),
  };

  function run(
    spec: MethodSpec,
    { record, raw }: { record: CallRecord; raw: Record<string, unknown> },
  ): Record<string, unknown> {
    const method = Object.hasOwn(all, record.method) ? all[record.method] : undefined;
    if (method === undefined) throw new SlackError('unknown_method');
    checkScope(spec, workspace.app.scopes);
    const args = readArguments(spec, raw);
    record.ignored = args.ignored;
    try {
      return { ok: true, ...method({ workspace, triggers, args, url: parts.url() }) };
    } catch (error) {
      throw error instanceof SlackError ? documented(error, spec, record.method) : error;
    }
  }

  function attempt(
    spec: MethodSpec,
    { record, raw }: { record: CallRecord; raw: Record<string, unknown> },
  ): CallOutcome {
    const name = record.method;
    const refused = faults.take(['api_error'], name);
    if (refused !== null) throw new SlackError(refused.error);
    const done = run(spec, { record, raw });
    if (faults.take(['lost_reply'], name) !== null) return { kind: 'reply_lost', response: done };
    if (faults.take(['failed_after_success'], name) !== null) throw new SlackError('internal_error');
    return { kind: 'ok', response: done };
  }

  /** What stops a call before anything is done, if anything does. */
  function obstacle(name: string, spec: MethodSpec, record: CallRecord): CallOutcome | null {
    const limited = faults.take(['rate_limited'], name);
    if (limited !== null) return { kind: 'rate_limited', retryAfter: limited.retryAfter };
    const broken = faults.take(['server_error'], name);
    if (broken !== null) return { kind: 'server_error', status: broken.status };
    const channel = typeof record.args.channel === 'string' ? record.args.channel : null;
    const wait = rateLimits.take({ method: name, tier: spec.tier, channel });
    return wait === null ? null : { kind: 'rate_limited', retryAfter: wait };
  }

  function answer(
    { response, spec }: { response: ServerResponse; spec: MethodSpec },
    { outcome }: CallRecord,
  ): void {
    switch (outcome.kind) {
      case 'rate_limited':
        sendJson(response, 429, {
          body: { ok: false, error: 'ratelimited' },
          headers: { 'retry-after': String(outcome.retryAfter) },
        });
        break;
      case 'server_error':
        sendText(response, outcome.status, 'Something went wrong on our side.');
        break;
      case 'reply_lost':
        response.destroy();
        break;
      case 'ok':
      case 'error':
        sendJson(response, 200, {
          body: outcome.response,
          headers: {
            'x-oauth-scopes': workspace.app.scopes.join(','),
            ...(spec.scopes.length === 0 ? {} : { 'x-accepted-oauth-scopes': spec.scopes.join(',') }),
          },
        });
        break;
      case 'pending':
        throw new Error('A call was answered before it had an outcome');
      default:
        outcome satisfies never;
    }
  }

  function refusal(error: SlackError): CallOutcome {
    return { kind: 'error', error: error.code, response: { ok: false, error: error.code, ...error.extra } };
  }

  const unknownSpec: MethodSpec = {
    tier: 't5',
    token: 'none',
    takesJson: true,
    scopes: [],
    args: new Map(),
    errors: new Set(),
  };

  return {
    calls,
    async handle(request, response, name) {
      const spec = Object.hasOwn(catalog, name) ? (catalog[name] ?? unknownSpec) : unknownSpec;
      const record: CallRecord = {
        method: name,
        args: {},
        ignored: [],
        at: workspace.now(),
        outcome: { kind: 'pending' },
      };
      calls.push(record);
      if (calls.length > maxCalls) calls.shift();
      try {
        const raw = await rawArguments(request, spec);
        record.args = legible(raw);
        checkToken(request, raw, { spec, parts });
        const late = faults.take(['delay'], name);
        if (late !== null) await parts.wait(late.delay);
        record.outcome = obstacle(name, spec, record) ?? attempt(spec, { record, raw });
      } catch (error) {
        record.outcome = { kind: 'server_error', status: 500 };
        if (!(error instanceof SlackError)) throw error;
        record.outcome = refusal(error);
      }
      answer({ response, spec }, record);
    },
  };
}
