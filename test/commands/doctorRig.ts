import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { doctor } from '../../src/commands/doctor.ts';
import { type Emulator, startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import type { WorkspaceSeed } from '../../src/sandbox/emulator/seed.ts';
import type { Stops } from '../scenarios/rehearsal.ts';
import { workingDirectory } from '../scenarios/servedProcess.ts';
import { shopFiles } from '../scenarios/smallBot.ts';

export const manifest = resolve(import.meta.dirname, '../../manifest.yml');

/** What the app asks for, as the emulated workspace then grants it. */
export const manifestScopes: readonly string[] = (
  parse(readFileSync(manifest, 'utf8')) as { oauth_config: { scopes: { bot: string[] } } }
).oauth_config.scopes.bot;

export type Said = {
  readonly level: string;
  readonly of: string;
  readonly says: string;
  readonly fix?: string;
};

export type Surgery = {
  readonly directory: string;
  readonly room: string;
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
  /** What doctor says, with variables changed; null takes one away. */
  examine(more?: Readonly<Record<string, string | null>>): Promise<{ code: number; said: readonly Said[] }>;
  /** The lines as an operator sees them. */
  read(more?: Readonly<Record<string, string | null>>): Promise<{ code: number; lines: readonly string[] }>;
};

/** Everything that a small room needs, in order: each test breaks one part of it. */
export async function surgery(
  stops: Stops,
  options: { readonly files?: Readonly<Record<string, string>>; readonly seed?: WorkspaceSeed } = {},
): Promise<Surgery> {
  const directory = await workingDirectory(stops);
  const room = join(directory, 'room');
  for (const [name, text] of Object.entries({ ...shopFiles, ...options.files })) {
    await mkdir(dirname(join(room, name)), { recursive: true });
    await writeFile(join(room, name), text.replaceAll('DIRECTORY', directory));
  }
  const emulator = await startEmulator({
    delivery: { kind: 'socket' },
    rateLimits: 'off',
    seed: { app: { scopes: [...manifestScopes] }, ...options.seed },
  });
  stops.push(() => emulator.stop());
  const env = {
    SLACK_BOT_TOKEN: emulator.botToken,
    SLACK_APP_TOKEN: emulator.appToken,
    SLACK_API_URL: emulator.apiUrl,
    ALERTMANAGER_TOKEN: 'alertmanager-token-of-the-test',
    DATABASE_URL: `sqlite:${join(directory, 'genesis.db')}`,
    PLAYBOOKS: room,
  };
  const run = async (more: Readonly<Record<string, string | null>>, json: boolean) => {
    const lines: string[] = [];
    const changed = Object.entries({ ...env, ...more }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value]],
    );
    const asked = { env: Object.fromEntries(changed), manifest, json };
    const code = await doctor(asked, (line) => void lines.push(line));
    return { code, lines };
  };
  return {
    directory,
    room,
    emulator,
    env,
    async examine(more = {}) {
      const { code, lines } = await run(more, true);
      return { code, said: lines.map((line) => JSON.parse(line) as Said) };
    },
    read: (more = {}) => run(more, false),
  };
}

export const failures = (said: readonly Said[]): readonly Said[] =>
  said.filter(({ level }) => level === 'failed');
export const warnings = (said: readonly Said[], of: string): readonly Said[] =>
  said.filter((each) => each.level === 'warning' && each.of === of);

async function listening(stops: Stops, server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  stops.push(
    () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** The emulated Slack with some of its answers changed on the way; answers the address of its Web API. */
export async function slackThrough(
  stops: Stops,
  emulator: Emulator,
  change: {
    readonly body?: (method: string, body: Record<string, unknown>) => unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const server = createServer(async (request, response) => {
    const method = (request.url ?? '').replace(/^\/api\//, '');
    const answer = await fetch(`${emulator.apiUrl}${method}`, {
      method: 'POST',
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? 'text/plain',
      },
      body: new Uint8Array(await bodyOf(request)),
    });
    const body = (await answer.json()) as Record<string, unknown>;
    const scopes = answer.headers.get('x-oauth-scopes');
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(scopes === null ? {} : { 'x-oauth-scopes': scopes }),
      ...change.headers,
    });
    response.end(JSON.stringify(change.body?.(method, body) ?? body));
  });
  return `${await listening(stops, server)}/api/`;
}

/** A server that answers paths with JSON; a number is a status without a body. */
export const answering = (stops: Stops, answers: (path: string, body: string) => unknown): Promise<string> =>
  listening(
    stops,
    createServer(async (request, response) => {
      const found = answers(request.url ?? '', String(await bodyOf(request)));
      response.writeHead(typeof found === 'number' ? found : 200, { 'content-type': 'application/json' });
      response.end(typeof found === 'number' ? '{}' : JSON.stringify(found));
    }),
  );

/** A program that does nothing. */
export async function program(directory: string, name: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), '#!/bin/sh\n');
  await chmod(join(directory, name), 0o755);
}
