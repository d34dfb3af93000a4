import type {
  ClickRequest,
  CloseRequest,
  DirectRequest,
  FaultsRequest,
  FaultsState,
  HomeRequest,
  JoinRequest,
  PersonReply,
  PersonState,
  ReactRequest,
  ReadRequest,
  SayRequest,
  ShortcutRequest,
  SlashRequest,
  SubmitRequest,
  SuggestRequest,
} from '../../emulator/personApi.ts';

/** Talking to the emulated workspace. */

type Requests = {
  say: SayRequest;
  slash: SlashRequest;
  click: ClickRequest;
  submit: SubmitRequest;
  close: CloseRequest;
  home: HomeRequest;
  shortcut: ShortcutRequest;
  suggest: SuggestRequest;
  react: ReactRequest;
  read: ReadRequest;
  join: JoinRequest;
  leave: JoinRequest;
  direct: DirectRequest;
};

/** Does something as the person whose page this is; never rejects. */
export type Act = <Name extends keyof Requests>(
  name: Name,
  body: Omit<Requests[Name], 'as'>,
) => Promise<PersonReply>;

async function postJson(path: string, body: unknown): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export function actAs(userId: string): Act {
  return async (name, body) => {
    try {
      const response = await postJson(`/person/${name}`, { as: userId, ...body });
      return (await response.json()) as PersonReply;
    } catch {
      // The network's own words would say nothing to the reader; the page's banner tells the state of the connection.
      return { ok: false, error: 'not_sent', message: 'The sandbox does not answer. Is it still running?' };
    }
  };
}

export type Fetched = { kind: 'state'; state: PersonState } | { kind: 'unknown_person' };

/** @throws when the workspace does not answer */
export async function fetchState(userId: string): Promise<Fetched> {
  const response = await fetch(`/person/state?as=${encodeURIComponent(userId)}`);
  if (response.status === 404) return { kind: 'unknown_person' };
  if (!response.ok) throw new Error(`The workspace answered with HTTP status ${response.status}`);
  return { kind: 'state', state: (await response.json()) as PersonState };
}

/** @throws when the workspace does not answer */
export async function fetchFaults(): Promise<FaultsState> {
  const response = await fetch('/person/faults');
  if (!response.ok) throw new Error(`The workspace answered with HTTP status ${response.status}`);
  return (await response.json()) as FaultsState;
}

/** @throws when the workspace does not answer or refuses */
export async function changeFaults(request: FaultsRequest): Promise<FaultsState> {
  const response = await postJson('/person/faults', request);
  if (!response.ok) throw new Error(`The workspace answered with HTTP status ${response.status}`);
  return (await response.json()) as FaultsState;
}
